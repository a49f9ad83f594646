//! `/context`, `/compact` and `/model`: where windows stand, and what a person asks of them.

use anyhow::anyhow;
use protocol::{AgentId, Brain, Effort};
use runtime::{AgentStatus, ModelWish, Session};
use tokio_util::sync::CancellationToken;

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
        lines.push(format!("  cache    {}", cache_words(status)));
        let usd = status.usd.map_or("cost unknown".to_owned(), |usd| usd.to_string());
        lines.push(format!("  so far   {usd}, cache hits {:.0} %", status.usage.hit_rate() * 100.0));
    }
    if lines.is_empty() { "no window is open yet: nothing was asked of a model".to_owned() } else { lines.join("\n") }
}

/// `[AGENT] [focus ...]`
pub(super) async fn compact(
    session: &Session,
    main: &AgentId,
    agents: &[AgentId],
    words: &str,
    cancel: &CancellationToken,
) -> anyhow::Result<()> {
    let (agent, focus) = addressed(words, main, agents);
    let focus = (!focus.is_empty()).then(|| focus.to_owned());
    let told = session.compact(&agent, focus, cancel).await?;
    text::note(&told);
    Ok(())
}

/// `[AGENT] MODEL[@EFFORT] [now]`
pub(super) async fn model(
    session: &Session,
    names: &Names,
    main: &AgentId,
    agents: &[AgentId],
    words: &str,
    cancel: &CancellationToken,
) -> anyhow::Result<()> {
    let (agent, rest) = addressed(words, main, agents);
    let mut rest = rest.split_whitespace();
    let usage = "/model [AGENT] MODEL[@EFFORT] [now]; MODEL is an alias or PROVIDER/MODEL";
    let name = rest.next().ok_or_else(|| anyhow!(usage))?;
    let now = match (rest.next(), rest.next()) {
        (None, _) => false,
        (Some("now"), None) => true,
        (Some("now"), Some(other)) | (Some(other), _) => {
            return Err(anyhow!("found `{other}` behind the model; allowed is `now`. {usage}"));
        }
    };
    let brain = named(names, name, session.brain_of(&agent).await?)?;
    if !names.is_known(&brain) {
        text::note(&format!(
            "{brain} is not a model known here (`agent models` lists them): its provider may refuse it"
        ));
    }
    let wish = session.want_model(&agent, brain, now, cancel).await?;
    text::note(&wish_words(&agent, &wish));
    Ok(())
}

/// A brain by its name, otherwise as the one it follows.
fn named(names: &Names, name: &str, like: Brain) -> anyhow::Result<Brain> {
    let (name, effort) = match name.split_once('@') {
        Some((name, word)) => (name, Some(effort(word)?)),
        None => (name, None),
    };
    let model = names.model(name)?;
    // The same model keeps its effort, another one begins with its own.
    let same = (model.provider.as_str(), model.model.as_str()) == (like.provider.as_str(), like.model.as_str());
    let effort = effort.or(like.effort.filter(|_| same));
    // Headers are a provider's own.
    let headers = if model.provider == like.provider { like.headers } else { Default::default() };
    Ok(Brain { provider: model.provider, model: model.model, effort, headers, ..like })
}

fn effort(word: &str) -> anyhow::Result<Effort> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|_| anyhow!("found effort `{word}`; allowed are none, minimal, low, medium, high, xhigh, max"))
}

/// The agent that the first word names, and what follows; the main agent where it names none.
fn addressed<'a>(words: &'a str, main: &AgentId, agents: &[AgentId]) -> (AgentId, &'a str) {
    let words = words.trim();
    let (first, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    match agents.iter().find(|agent| agent.as_str() == first) {
        Some(agent) => (agent.clone(), rest.trim()),
        None => (main.clone(), words),
    }
}

fn wish_words(agent: &AgentId, wish: &ModelWish) -> String {
    let (from, to) = (brain_words(&wish.from), brain_words(&wish.to));
    if wish.from == wish.to {
        return format!("{agent} works with {to} already");
    }
    let price = match &wish.cost {
        Some(cost) => format!(
            "now {} more than staying, at the next compaction {}{}",
            cost.now,
            cost.at_compaction,
            cost.pays_back_after
                .map_or(", never paid back".to_owned(), |calls| format!(", paid back after {calls} calls"))
        ),
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

fn brain_words(brain: &Brain) -> String {
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
