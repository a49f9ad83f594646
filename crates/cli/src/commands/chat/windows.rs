//! `/context`, `/compact` and `/model`: where windows stand, and what a person asks of them.

use std::cmp::Ordering;

use protocol::{AgentId, Brain, Usd};
use runtime::{AgentStatus, ModelWish, Session};
use team::{Choice, Team};
use tokio_util::sync::CancellationToken;

use super::words;
use crate::commands::count;
use crate::commands::start::Names;
use crate::text;

/// `main: window 2, gpt-6.1-sol, 41k of 118k tokens, cache 3:20 left`
pub(super) fn line(status: &AgentStatus) -> String {
    let wanted = status.wanted.as_ref().map(|brain| format!(", next {}", brain_words(brain))).unwrap_or_default();
    format!(
        "{}: window {}, {}{wanted}, {} of {} tokens, cache {}",
        status.agent,
        status.number,
        brain_words(&status.brain),
        thousands(status.context),
        thousands(status.closes_at),
        cache_words(status)
    )
}

/// Everything that is known of an agent's window.
pub(super) fn context(statuses: &[AgentStatus]) -> String {
    let mut lines = Vec::new();
    for status in statuses {
        let share = status.context * 100 / status.closes_at.max(1);
        lines.push(format!("{} (window {})", status.agent, status.number));
        lines.push(format!("  brain    {}", brain_words(&status.brain)));
        let wanted = match (&status.wanted, &status.wanted_because) {
            (Some(brain), Some(why)) => format!("{}: {why}", brain_words(brain)),
            (Some(brain), None) => brain_words(brain),
            (None, _) => "the same".to_owned(),
        };
        lines.push(format!("  next     {wanted}"));
        if !status.ladder.is_empty() {
            let rungs: Vec<String> = status.ladder.iter().map(brain_words).collect();
            lines.push(format!("  ladder   {} (difficulty {:.1})", rungs.join(" < "), status.score));
        }
        lines.push(format!(
            "  context  {} of {} tokens ({share} %): closed at the next break from there on; the model takes {}",
            thousands(status.context),
            thousands(status.closes_at),
            thousands(status.full)
        ));
        if let Some(reason) = &status.kept_because {
            lines.push(format!("  kept     {}", kept_words(status, reason)));
        }
        lines.push(format!("  cache    {}", cache_words(status)));
        let usd = status.usd.map_or("cost unknown".to_owned(), |usd| usd.to_string());
        lines.push(format!("  so far   {usd}, cache hits {:.0} %", status.usage.hit_rate() * 100.0));
    }
    if lines.is_empty() { "no window is open yet: nothing was asked of a model".to_owned() } else { lines.join("\n") }
}

/// Why the last try to close the window came to nothing, and what can be done.
fn kept_words(status: &AgentStatus, reason: &str) -> String {
    let agent = &status.agent;
    let again = match status.again_at {
        Some(at) => format!("it is tried again from {} tokens on", thousands(at)),
        None => "it is tried again at the next break".to_owned(),
    };
    format!(
        "the last try to close it failed: {reason}; the history is whole, and {again}. /compact {agent} tries now, with other \
         words behind it a summary of something else; /model {agent} MODEL now has another model go on"
    )
}

/// Closes a window by hand; what came of it.
pub(super) async fn compact(
    session: &Session,
    wanted: words::Compact,
    cancel: &CancellationToken,
) -> anyhow::Result<String> {
    Ok(session.compact(&wanted.agent, wanted.focus, cancel).await?)
}

/// Wants another model for an agent; what came of it.
pub(super) async fn model(
    session: &Session,
    names: &Names,
    team: &Team,
    wanted: words::Model,
    cancel: &CancellationToken,
) -> anyhow::Result<String> {
    let (choice, told) = names.choice("/model", &wanted.name)?;
    let own = team.agent(&wanted.agent).map(|spec| spec.ladder.iter().chain([&spec.brain]));
    let own: Vec<&Brain> = own.into_iter().flatten().collect();
    let brain = as_brain(choice, session.brain_of(&wanted.agent).await?, &own);
    if let Some(told) = told {
        text::warn(&told);
    }
    let wish = session.want_model(&wanted.agent, brain, wanted.now, cancel).await?;
    Ok(wish_words(&wanted.agent, &wish))
}

/// The brain that a name stands for. One that the team gives the agent (a rung, or its own) is taken as the team writes it:
/// otherwise the ladder would not know it again. Any other one is like the one it follows.
fn as_brain(choice: Choice, like: Brain, own: &[&Brain]) -> Brain {
    let (at, effort) = (choice.at, choice.effort);
    let of_model = |brain: &Brain| (&brain.provider, &brain.model) == (&at.provider, &at.model);
    // Without an effort the model keeps the one it has; another model begins with the one that the team gives it.
    if of_model(&like) && effort.is_none() {
        return like;
    }
    let mut rungs = own.iter().copied().filter(|brain| of_model(brain));
    let rung = match effort {
        Some(_) => rungs.find(|brain| brain.effort == effort),
        None => rungs.clone().find(|brain| brain.effort.is_none()).or_else(|| rungs.next()),
    };
    if let Some(rung) = rung {
        return rung.clone();
    }
    // Headers are a provider's own.
    let headers = if at.provider == like.provider { like.headers } else { Default::default() };
    Brain { provider: at.provider, model: at.model, effort, headers, ..like }
}

fn wish_words(agent: &AgentId, wish: &ModelWish) -> String {
    let (from, to) = (brain_words(&wish.from), brain_words(&wish.to));
    if wish.from == wish.to {
        return format!("{agent} works with {to} already");
    }
    let price = match &wish.cost {
        Some(cost) => price_words(cost.now, cost.at_compaction, cost.pays_back_after),
        None => "what it costs is not known: a price is missing".to_owned(),
    };
    if let Some(reason) = &wish.kept {
        return format!("{agent}: {from} stays for now, {to} follows at the next compaction: {reason}");
    }
    match wish.done {
        true => format!("{agent}: {from} -> {to}, a new window is open ({price})"),
        false => format!(
            "{agent}: {from} -> {to} at the next compaction ({price}); `/model {agent} {to} now` does it at once"
        ),
    }
}

/// What a change of the model costs against staying. An amount below nothing is saved, and then nothing has to be paid back.
fn price_words(now: Usd, at_compaction: Usd, pays_back_after: Option<u64>) -> String {
    let words = |usd: Usd| match usd.cmp(&Usd::ZERO) {
        Ordering::Less => format!("saves {}", Usd::ZERO - usd),
        Ordering::Equal => "costs nothing more".to_owned(),
        Ordering::Greater => format!("costs {usd} more"),
    };
    let back = match pays_back_after {
        _ if now <= Usd::ZERO => String::new(),
        Some(calls) => format!(", paid back after {}", count(calls, "call")),
        None => ", never paid back".to_owned(),
    };
    format!("against staying it {} now, {} at the next compaction{back}", words(now), words(at_compaction))
}

pub(super) fn brain_words(brain: &Brain) -> String {
    match brain.effort.and_then(|effort| serde_json::to_value(effort).ok()) {
        Some(serde_json::Value::String(effort)) => format!("{brain}@{effort}"),
        _ => brain.to_string(),
    }
}

fn cache_words(status: &AgentStatus) -> String {
    match status.cache_left_ms {
        Some(ms) => {
            let seconds = ms / 1000;
            format!("{} tokens, {}:{:02} left", thousands(status.cached), seconds / 60, seconds % 60)
        }
        None => "cold".to_owned(),
    }
}

/// `950`, `41k`, `1.2M`
fn thousands(tokens: u64) -> String {
    match tokens {
        0..1_000 => tokens.to_string(),
        1_000..1_000_000 => format!("{}k", (tokens + 500) / 1_000),
        _ => format!("{:.1}M", tokens as f64 / 1e6),
    }
}

#[cfg(test)]
#[path = "windows_tests.rs"]
mod tests;
