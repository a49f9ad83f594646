//! A recorded session under another team, other prices or another compaction setting.

use std::path::Path;

use bill::account::records::Records;
use bill::reprice::Delegated;
use bill::reprice::session::{Replay, ReplayError, replay};
use catalogue::Catalogue;
use protocol::Usd;
use serde_json::{Value, json};
use team::Team;

use super::{WhatifArgs, sentences};
use crate::args::TeamArgs;
use crate::commands::sessions::named;
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
    let session = named(context, &store, session)?;
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
    let path = Path::new(name);
    let is_path = name.contains(std::path::MAIN_SEPARATOR) || name.ends_with(".yaml") || name.ends_with(".yml");
    if path.is_dir() || (is_path && !path.exists()) {
        let what = if path.is_dir() { "is a folder" } else { "there is no such file" };
        return Err(Failure::usage_with(
            format!("--team {name}: {what}; a team file or a built-in team is expected"),
            "`agent team list` shows the teams there are; `agent init` writes a team file, .agent/team.yaml",
        ));
    }
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
                "recorded_brain": part.recorded_brains.last(),
                "recorded_brains": part.recorded_brains,
                "brain": part.brains.last(),
                "brains": part.brains,
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
        "change_share": change(replay).map(|(change, _)| change),
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

/// How much dearer (cheaper: below 0) than the session as it was, played by the same method, with that one's dollars. Against
/// the ledger it would compare two methods.
fn change(replay: &Replay) -> Option<(f64, Usd)> {
    let replayed = replay.replayed.filter(|usd| usd.picos() > 0)?;
    Some((replay.whatif.dollars() / replayed.dollars() - 1.0, replayed))
}

fn compared(change: f64) -> String {
    let percent = format!("{:.0}", change.abs() * 100.0);
    match percent.as_str() {
        "0" => "as much as the session as it was".to_owned(),
        _ if change < 0.0 => format!("{percent} % less than the session as it was"),
        _ => format!("{percent} % more than the session as it was"),
    }
}

/// How far the method is from what was recorded.
fn off(replayed: Usd, recorded: Option<Usd>) -> String {
    match recorded {
        Some(recorded) if recorded.picos() > 0 => {
            let off = (replayed.dollars() / recorded.dollars() - 1.0).abs() * 100.0;
            format!(" Recorded were {recorded}: the method is {off:.0} % off.")
        }
        _ => String::new(),
    }
}

/// The models of an agent without their providers, a line each.
fn models(brains: &[String]) -> String {
    let model = |brain: &String| brain.split_once('/').map_or(brain.as_str(), |(_, model)| model).to_owned();
    brains.iter().map(model).collect::<Vec<_>>().join("\n")
}

fn print(replay: &Replay) {
    text::line(&format!("session {}", replay.session));
    let mut table = table(&["", "calls", "recorded", "cost", "would be", "cost"], 1);
    for part in &replay.agents {
        let own = part.context == part.agent;
        table.add_row([
            part.agent.to_string(),
            part.calls.to_string(),
            models(&part.recorded_brains),
            dollars(part.recorded),
            if own { models(&part.brains) } else { format!("in {}", part.context) },
            if own { part.whatif.to_string() } else { String::new() },
        ]);
    }
    let calls: u64 = replay.agents.iter().map(|part| part.calls).sum();
    let total = ["= total".to_owned(), calls.to_string(), String::new(), dollars(replay.recorded), String::new()];
    table.add_row(total.into_iter().chain([replay.whatif.to_string()]));
    text::line(&table.trim_fmt());
    let what = replay.team.as_ref().map_or_else(|| "These prices".to_owned(), |team| format!("Team {team}"));
    text::line(&match change(replay) {
        Some((change, replayed)) => format!(
            "{what}: {}, {} against {replayed},\nboth by the same method.{}",
            compared(change),
            replay.whatif,
            off(replayed, replay.recorded)
        ),
        None => format!("{what}: {}; the session as it was cannot be priced by the same method.", replay.whatif),
    });
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
