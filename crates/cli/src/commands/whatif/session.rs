//! A recorded session under another team, other prices or another compaction setting.

use bill::account::records::Records;
use bill::reprice::Delegated;
use bill::reprice::session::{Replay, ReplayError, replay};
use catalogue::Catalogue;
use protocol::Usd;
use serde_json::{Value, json};
use team::Team;

use super::{WhatifArgs, sentences};
use crate::args::TeamArgs;
use crate::config::providers::Providers;
use crate::config::{Context, teams};
use crate::failure::Failure;
use crate::table::table;
use crate::text;

/// Plays the session again and prints both.
pub(super) fn run(
    context: &Context,
    session: Option<&str>,
    asked: &WhatifArgs,
    catalogue: &Catalogue,
) -> anyhow::Result<u8> {
    let store = context.store()?;
    let session = context.session(&store, session)?;
    let team = asked.team.as_deref().map(|name| load(context, name, catalogue)).transpose()?;
    let records = Records::load(&store, &session)?;
    let replay = replay(&records, team.as_ref(), catalogue).map_err(|error| explained(&error))?;
    if asked.json {
        text::json(&as_json(&replay).to_string());
    } else {
        print(&replay);
    }
    Ok(0)
}

/// A team by name or file. No key is needed: nothing is asked.
fn load(context: &Context, name: &str, catalogue: &Catalogue) -> anyhow::Result<Team> {
    let flags = TeamArgs::default();
    let mut aliases = Providers::find(&context.environment, catalogue, &flags).aliases(catalogue, &flags)?;
    if let Some(presets) = catalogue.presets("anthropic") {
        aliases.entry("premium".to_owned()).or_insert(presets.premium);
        aliases.entry("fast".to_owned()).or_insert(presets.fast);
    }
    teams::load_with(&teams::named(name)?, aliases, teams::Chosen::default(), catalogue)
}

fn explained(error: &ReplayError) -> anyhow::Error {
    let hint = match error {
        ReplayError::Empty(_) => "`agent sessions list` shows those there are",
        ReplayError::NoAgent { .. } => {
            "give it an agent of that name, or take a team of one agent, which does everything itself"
        }
        ReplayError::NoPrice { .. } => "--catalogue FILE gives it one, in the format of models.yaml",
    };
    Failure::usage_with(error.to_string(), hint)
}

fn as_json(replay: &Replay) -> Value {
    let agents: Vec<Value> = replay
        .agents
        .iter()
        .map(|part| {
            json!({
                "agent": part.agent,
                "calls": part.calls,
                "recorded_brain": part.recorded_brain,
                "brain": part.brain,
                "context": part.context,
                "recorded_usd": part.recorded,
                "whatif_usd": part.whatif,
            })
        })
        .collect();
    let of = |pick: fn(&(Delegated, Delegated)) -> Usd| replay.delegated.as_ref().map(pick);
    json!({
        "session": replay.session,
        "team": replay.team,
        "recorded_usd": replay.recorded,
        "replayed_usd": replay.replayed,
        "whatif_usd": replay.whatif,
        "agents": agents,
        "compactions": { "recorded": replay.compactions.0, "whatif": replay.compactions.1 },
        "delegated_usd": of(|(some, _)| some.usual),
        "delegated_low_usd": of(|(some, _)| some.low),
        "delegated_high_usd": of(|(some, _)| some.high),
        "delegated_with_edits_usd": of(|(_, all)| all.usual),
        "assumptions": replay.assumptions,
    })
}

fn dollars(usd: Option<Usd>) -> String {
    usd.map_or_else(|| "unknown".to_owned(), |usd| usd.to_string())
}

fn print(replay: &Replay) {
    text::line(&format!("session {}", replay.session));
    let mut table = table(&["", "calls", "recorded", "cost", "would be", "cost"], 1);
    for part in &replay.agents {
        let brain = |brain: &str| brain.split_once('/').map_or(brain, |(_, model)| model).to_owned();
        let own = part.context == part.agent;
        table.add_row([
            part.agent.to_string(),
            part.calls.to_string(),
            brain(&part.recorded_brain),
            dollars(part.recorded),
            if own { brain(&part.brain) } else { format!("in {}", part.context) },
            if own { part.whatif.to_string() } else { String::new() },
        ]);
    }
    let calls: u64 = replay.agents.iter().map(|part| part.calls).sum();
    let total = ["= total".to_owned(), calls.to_string(), String::new(), dollars(replay.recorded), String::new()];
    table.add_row(total.into_iter().chain([replay.whatif.to_string()]));
    text::line(&table.trim_fmt());
    let what = replay.team.as_ref().map_or_else(|| "These prices".to_owned(), |team| format!("Team {team}"));
    if let Some(recorded) = replay.recorded.filter(|usd| usd.picos() > 0) {
        let change = (replay.whatif.dollars() / recorded.dollars() - 1.0) * 100.0;
        text::line(&format!("{what}: {change:+.0} % against what was recorded."));
    }
    if let Some(replayed) = replay.replayed {
        text::line(&format!("The session as it was, by the same method: {replayed}."));
    }
    if replay.compactions != (0, 0) {
        text::line(&format!("Windows closed: {} then, {} so.", replay.compactions.0, replay.compactions.1));
    }
    if let Some((some, all)) = &replay.delegated {
        text::line(&format!(
            "With exploration and tests delegated: {} ({} to {}); edits too: {} ({} to {}).",
            some.usual, some.low, some.high, all.usual, all.low, all.high
        ));
    }
    sentences("Assumptions", &replay.assumptions);
}
