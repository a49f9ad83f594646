//! What the router is made of: policy, keys, addresses. Made at the start and again whenever the user says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalogue::Catalogue;
use gateway::route::RouterConfig;
use secrecy::SecretString;

use super::{ServeArgs, disk};
use crate::args::TeamArgs;
use crate::config::providers::{CUSTOM, Providers};
use crate::config::{Context, policy};

/// Reads policy and keys as they are now.
///
/// # Errors
/// Anything in them that cannot be used (exit code 2); no provider at all.
pub(super) fn config(context: &Context, asked: &ServeArgs) -> anyhow::Result<RouterConfig> {
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
    let environment = context.environment.with(keys);
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
    Ok(RouterConfig {
        keys,
        endpoints: names.iter().filter_map(|name| providers.endpoint(name).cloned()).collect(),
        aliases: providers.known_aliases(&context.catalogue),
        catalogue: context.catalogue.clone(),
        policy: Arc::new(policy),
        calls: brains::Policy::default(),
        seed: None,
        force: asked.lane.clone(),
    })
}

/// Providers that are set up: what the flags name first, makers of models before those who sell others'.
fn names(providers: &Providers, catalogue: &Catalogue) -> Vec<String> {
    let mut names: Vec<String> = providers.configured().map(str::to_owned).collect();
    let resells = |name: &str| catalogue.provider(name).is_some_and(|provider| provider.resells);
    names.sort_by_key(|name| (name != CUSTOM, resells(name)));
    names
}
