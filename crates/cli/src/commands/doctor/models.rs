//! Models: which providers are set up, which models the team would think with, and whether they answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use brains::{Client, Policy};
use futures::future::join_all;
use protocol::{Brain, Clock, ErrorKind, ProviderError};
use team::{ModelRef, Team};

use super::check::{Check, Level};
use crate::args::TeamArgs;
use crate::commands::brains_of;
use crate::config::providers::{CUSTOM, Providers};
use crate::config::teams::{self, Chosen, TeamText};
use crate::config::trust::{Trust, Verdict};
use crate::config::{Context, files};

/// How long a provider may take to list its models.
const PATIENCE: Duration = Duration::from_secs(10);

/// Picodollars per token and dollars per million tokens differ by this factor.
const PICOS_PER_USD_PER_MILLION: f64 = 1e6;

/// Looks at providers and team. Providers are asked only when `online`, except for the server that `--base-url` names.
pub(super) async fn checks(context: &Context, flags: &TeamArgs, online: bool) -> Vec<Check> {
    let providers = Providers::find(&context.environment, &context.catalogue, flags);
    let names: Vec<String> = providers.configured().map(str::to_owned).collect();
    let mut checks: Vec<Check> = names.iter().filter_map(|name| set_up(context, &providers, name)).collect();
    if checks.is_empty() {
        checks.push(Check::failed("providers", &providers.nothing_set_up()));
    }
    let aliases = match providers.aliases(&context.catalogue, flags) {
        Ok(aliases) => aliases,
        Err(error) => {
            checks.push(Check::failed("models", &error));
            return checks;
        }
    };
    checks.extend(
        ["premium", "fast"].into_iter().filter_map(|alias| model(context, &providers, alias, aliases.get(alias)?)),
    );
    let team = match team(context, flags, aliases, &providers) {
        Ok((team, check)) => {
            checks.push(check);
            Some(team)
        }
        Err(error) => {
            checks.push(Check::failed("team", &error));
            None
        }
    };
    let asked = names.iter().filter(|name| online || *name == CUSTOM);
    checks.extend(join_all(asked.map(|name| answer(context, &providers, name, team.as_ref()))).await);
    checks
}

/// A provider's address and where its key was found; the key itself is never looked at.
fn set_up(context: &Context, providers: &Providers, name: &str) -> Option<Check> {
    let endpoint = providers.endpoint(name)?;
    let origin = match providers.found.get(name) {
        Some(_) if name == CUSTOM => "--base-url",
        Some(origin) => origin,
        None => return None,
    };
    let title = format!("provider {name}");
    Some(match client(endpoint.clone(), Policy::default(), &context.clock) {
        Ok(_) => Check::ok(title, format!("{} (from {origin})", endpoint.shown_url())),
        // Whether the team needs this provider is seen when its clients are made.
        Err(error) => Check::warn(title, error.message, "set the variable anew, or unset it"),
    })
}

fn client(endpoint: brains::Endpoint, policy: Policy, clock: &Arc<dyn Clock>) -> Result<Client, ProviderError> {
    Client::new(endpoint, policy, clock.clone(), None)
}

fn model(context: &Context, providers: &Providers, alias: &str, at: &ModelRef) -> Option<Check> {
    let dialect = providers.dialect_for(&context.catalogue, at);
    let spoken = dialect.map(|dialect| format!("; asked in {}", dialect.name())).unwrap_or_default();
    let found = match context.catalogue.model(&at.provider, &at.model) {
        Some(model) => {
            let price = model.price(context.clock.now(), 0);
            let dollars = |picos: i64| picos as f64 / PICOS_PER_USD_PER_MILLION;
            format!("{at}, ${} in, ${} out per million tokens{spoken}", dollars(price.input), dollars(price.output))
        }
        None => format!("{at}, price unknown: its cost is shown as unknown{spoken}"),
    };
    Some(Check::ok(alias, found))
}

/// The team that the same flags would work with, its models and clients; nothing is trusted by looking.
fn team(
    context: &Context,
    flags: &TeamArgs,
    aliases: BTreeMap<String, ModelRef>,
    providers: &Providers,
) -> anyhow::Result<(Team, Check)> {
    let text = text(context, flags)?;
    let without_models = aliases.is_empty();
    let aliases = if without_models { stand_ins() } else { aliases };
    let chosen = if without_models { Chosen::default() } else { providers.chosen(&context.catalogue, flags)? };
    teams::check_chosen(&text, &chosen, &providers.known_aliases(&context.catalogue))?;
    let team = teams::load_with(&text, aliases, chosen, &context.catalogue)?;
    let agents: Vec<String> = team.agents.iter().map(|agent| format!("{} ({})", agent.id, agent.brain)).collect();
    if without_models && providers.configured().next().is_none() {
        // Said already, by its cause.
        let names: Vec<&str> = team.agents.iter().map(|agent| agent.id.as_str()).collect();
        return Ok((team.clone(), Check::ok("team", format!("{}: {}; no models yet", text.source, names.join(", ")))));
    }
    providers.clients(brains_of(&team), &context.clock)?;
    let checks: Vec<&str> = team.verify.iter().map(|entry| entry.name.as_str()).collect();
    let found = format!("{}: {}", text.source, agents.join(", "));
    let check = match checks.as_slice() {
        [] => Check::ok("team", format!("{found}; no verification"))
            .with_hint("without `verify` entries no work ends as verified; `agent init` looks for commands"),
        some => Check::ok("team", format!("{found}; verification: {}", some.join(", "))),
    };
    Ok((team, check))
}

fn text(context: &Context, flags: &TeamArgs) -> anyhow::Result<TeamText> {
    let project = teams::project_file(&context.root);
    if flags.team.is_none()
        && !matches!(Trust::load(&context.home)?.check(&context.root)?, Verdict::Trusted)
        && let Some(text) = files::read_if_there(&project)?
    {
        return Ok(TeamText { text, source: ".agent/team.yaml".to_owned(), from_project: true });
    }
    teams::find(context, flags)
}

/// Something for the aliases to lead to, so that a file can be checked where no provider is set up.
pub(super) fn stand_ins() -> BTreeMap<String, ModelRef> {
    ["premium", "fast"].into_iter().map(|alias| (alias.to_owned(), ModelRef::new("anthropic", alias))).collect()
}

/// Asks a provider for its models.
async fn answer(context: &Context, providers: &Providers, name: &str, team: Option<&Team>) -> Check {
    let title = format!("online {name}");
    let wanted: Vec<&Brain> =
        team.map(|team| brains_of(team).filter(|brain| brain.provider == name).collect()).unwrap_or_default();
    let Some(endpoint) = providers.endpoint(name) else { return Check::ok(title, "not set up") };
    let policy = Policy { max_retries: 0, ..Policy::default() };
    let asked = async { client(endpoint.clone(), policy, &context.clock)?.models().await };
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(models)) => listed(title, &models, &wanted),
        Ok(Err(error)) => unanswered(title, &error, !wanted.is_empty()),
        Err(_) => {
            let message = format!("no answer within {} s", PATIENCE.as_secs());
            unanswered(title, &ProviderError::new(ErrorKind::Timeout, message), !wanted.is_empty())
        }
    }
}

fn listed(title: String, models: &[String], wanted: &[&Brain]) -> Check {
    // A list may name dated snapshots only, or put a folder in front.
    let there = |brain: &Brain| models.iter().any(|model| model.contains(brain.model.as_str()));
    let mut missing: Vec<&str> =
        wanted.iter().filter(|brain| !there(brain)).map(|brain| brain.model.as_str()).collect();
    missing.sort_unstable();
    missing.dedup();
    let found = format!("answers, models: {}", models.len());
    if missing.is_empty() {
        return Check::ok(title, found);
    }
    let hint =
        "the team uses it; if that is no alias the provider knows, choose another with --model premium=... or fast=...";
    Check::warn(title, format!("{found}, but {} is not listed", missing.join(", ")), hint)
}

/// A provider that the team uses and that does not answer, or not to this key, means that nothing can run.
fn unanswered(title: String, error: &ProviderError, used: bool) -> Check {
    if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Malformed) {
        return Check::warn(title, error.to_string(), "some servers list no models and work all the same");
    }
    let hint = match error.kind {
        ErrorKind::Auth => "set a valid key in the variable named above",
        ErrorKind::Billing => "add credit at the provider",
        ErrorKind::RateLimit | ErrorKind::Overloaded | ErrorKind::Server => "try again later",
        _ => "check the network and the base URL; is the server running?",
    };
    let level = if used { Level::Fail } else { Level::Warn };
    Check { name: title, level, found: error.to_string(), hint: Some(hint.to_owned()) }
}

#[cfg(test)]
#[path = "models_tests.rs"]
mod tests;
