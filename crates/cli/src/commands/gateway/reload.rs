//! What the router is made of: policy, keys, addresses. Made at the start and again whenever the user says so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use catalogue::Catalogue;
use gateway::route::RouterConfig;
use secrecy::SecretString;

use super::{ServeArgs, disk};
use crate::args::TeamArgs;
use crate::config::providers::{CUSTOM, Providers};
use crate::config::{Context, policy};
use crate::failure::Failure;

/// What was read.
pub(super) struct Read {
    pub(super) config: RouterConfig,
    /// Each provider with where its key and its address came from, for people.
    pub(super) origins: String,
}

/// Reads policy and keys as they are now.
///
/// # Errors
/// Anything in them that cannot be used (exit code 2); no provider at all.
pub(super) fn config(context: &Context, asked: &ServeArgs) -> anyhow::Result<Read> {
    let flags = TeamArgs {
        base_url: asked.base_url.clone(),
        dialect: asked.dialect,
        key_env: asked.key_env.clone(),
        // A repository that happens to be the current folder has no say in where other tools' requests go.
        without_project: true,
        ..TeamArgs::default()
    };
    let policy = policy::find(context, asked.policy.as_deref(), &flags)?;
    let keys = asked.keys.as_deref().map(disk::keys).transpose()?.unwrap_or_default();
    let of_file: BTreeSet<String> = keys.iter().map(|(name, _)| name.clone()).collect();
    keys.iter().for_each(|(_, key)| {
        redact::global().learn(key);
    });
    let environment = context.environment.with(keys);
    if let Some(name) = asked.key_env.as_deref().filter(|name| environment.get(name).is_none()) {
        return Err(Failure::usage_with(
            format!("--key-env {name}: this environment variable is not set"),
            "set it, put it into --keys FILE, or leave --key-env out for a server that wants no key",
        ));
    }
    let providers = Providers::find(&environment, &context.catalogue, &flags);
    let names = names(&providers, &context.catalogue);
    if names.is_empty() {
        return Err(providers.nothing_set_up());
    }
    let variables = policy
        .key_variables()
        .into_iter()
        .filter_map(|name| environment.get(name).map(|value| (name.to_owned(), SecretString::from(value))));
    let keys: BTreeMap<String, SecretString> = variables.collect();
    let origins = names.iter().filter_map(|name| {
        let origin = providers.found.get(name)?;
        let (variable, _) = origin.split_once(',').unwrap_or((origin, ""));
        let of_file = asked.keys.as_deref().filter(|_| of_file.contains(variable));
        let file = of_file.map(|file| format!(" of {}", file.display())).unwrap_or_default();
        Some(format!("{name} ({variable}{file}{})", &origin[variable.len()..]))
    });
    let of_bindings = keys.keys().map(|name| format!("bindings ({name})"));
    let origins = origins.chain(of_bindings).collect::<Vec<_>>().join(", ");
    let config = RouterConfig {
        keys,
        endpoints: names.iter().filter_map(|name| providers.endpoint(name).cloned()).collect(),
        aliases: providers.known_aliases(&context.catalogue),
        catalogue: context.catalogue.clone(),
        policy: Arc::new(policy),
        calls: brains::Policy::default(),
        seed: None,
        force: asked.lane.clone(),
    };
    Ok(Read { config, origins })
}

/// Providers that are set up: what the flags name first, makers of models before those who sell others'.
fn names(providers: &Providers, catalogue: &Catalogue) -> Vec<String> {
    let mut names: Vec<String> = providers.configured().map(str::to_owned).collect();
    let resells = |name: &str| catalogue.provider(name).is_some_and(|provider| provider.resells);
    names.sort_by_key(|name| (name != CUSTOM, resells(name)));
    names
}
