//! Whether a specialist goes on in its context when a new brief arrives, or starts afresh on the prefix that all its windows
//! share.

use cache::TokenCounter;
use cache::economics::context::{ContextChoice, ContextInput, keep_context};
use protocol::{AgentId, Brief, Decision, DecisionKind, Item, ReportStatus, Usd};
use store::DelegationRecord;
use team::ContextMode;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::compaction::{self, Standing, Why};
use crate::error::RuntimeError;
use crate::session::Core;

/// Calls of a delegation where nothing was measured yet.
const CALLS: u64 = 8;

/// Output tokens per token that is acquired again (the cost model's assumption).
const OUTPUT_PER_TOKEN: f64 = 0.16;

/// Share of a context that is taken to be of use to a brief that names no place: within a turn work goes on about the same
/// thing, between turns it rarely does.
const SAME_TURN: f64 = 0.5;
const OTHER_TURN: f64 = 0.1;

/// A fresh window has to save at least this much: what a context knows is worth something that no price list tells.
const FRESH_SAVES: Usd = Usd::from_picos(Usd::PICOS / 500);

/// Makes the specialist's window the right one for this brief: the open one, a compacted one, or a fresh one.
pub(super) async fn prepare(
    core: &Core,
    agent: &mut Agent,
    from: &AgentId,
    brief: &Brief,
    cancel: &CancellationToken,
) -> Result<(), RuntimeError> {
    if agent.calls_in_window() == 0 && agent.wanted.is_none() {
        return Ok(());
    }
    let last = last_delegation(core, from, agent.id())?;
    let needed = needed_again(core, agent, brief);
    agent.needed_again = needed.unwrap_or(agent.needed_again);
    if choose(core, agent, needed, last.as_ref())? {
        return compaction::start_afresh(core, agent);
    }
    if agent.wanted.as_ref().is_some_and(|wanted| wanted.now || wanted.urgent) {
        compaction::compact(core, agent, Why::Switch, cancel).await?;
    }
    Ok(())
}

fn last_delegation(core: &Core, from: &AgentId, to: &AgentId) -> Result<Option<DelegationRecord>, RuntimeError> {
    let records = core.store.delegations(&core.session)?;
    Ok(records.into_iter().rev().find(|record| record.from == *from && record.to == *to))
}

/// Whether to start afresh.
fn choose(
    core: &Core,
    agent: &Agent,
    needed: Option<u64>,
    last: Option<&DelegationRecord>,
) -> Result<bool, RuntimeError> {
    let decided = |fresh: bool, because: &str, choice: Option<&ContextChoice>| -> Result<bool, RuntimeError> {
        core.decide(Decision {
            kind: DecisionKind::Context,
            chosen: if fresh { "fresh" } else { "persistent" }.to_owned(),
            because: because.to_owned(),
            formula: choice.map(|_| ContextChoice::FORMULA.to_owned()).unwrap_or_default(),
            numbers: choice.map(ContextChoice::numbers).unwrap_or_default(),
            ..core.blank_decision(agent)
        })?;
        Ok(fresh)
    };
    if agent.calls_in_window() == 0 {
        return Ok(false);
    }
    if last.is_some_and(asked_back) {
        return decided(false, "the brief answers the specialist's own question", None);
    }
    match agent.spec.context {
        ContextMode::Persistent => return decided(false, "the team asks for it", None),
        ContextMode::Fresh => return decided(true, "the team asks for it", None),
        ContextMode::Auto => {}
    }
    if last.is_some_and(|last| last.opened_at >= core.turn_started_at() && !is_verified(last)) {
        return decided(
            false,
            "the last delegation of this turn did not pass its checks: this one goes on with it",
            None,
        );
    }
    let Some(choice) = by_cost(core, agent, needed, last) else {
        return decided(false, "prices are not known", None);
    };
    let because = format!(
        "{:.0} % of its context is of use to this brief; going on pays from {:.0} %",
        choice.useful_share * 100.0,
        choice.break_even_share * 100.0
    );
    decided(!choice.keep && choice.keep_usd - choice.fresh_usd >= FRESH_SAVES, &because, Some(&choice))
}

fn asked_back(last: &DelegationRecord) -> bool {
    let report = last.closed.as_ref().and_then(|closed| closed.report.as_ref());
    report.is_some_and(|report| report.status == ReportStatus::NeedsDecision)
}

fn is_verified(last: &DelegationRecord) -> bool {
    last.brief.explore || last.closed.as_ref().is_some_and(|closed| closed.receipt.verified)
}

/// Tokens of its context that the brief needs, by the places that it names; none where it names none.
fn needed_again(core: &Core, agent: &Agent, brief: &Brief) -> Option<u64> {
    let places = places(brief);
    (!places.is_empty()).then(|| core.tokens(&agent.brain.model, seen_of(agent, &places)))
}

/// The rule of the cost model, from what the context holds and what the brief names.
fn by_cost(core: &Core, agent: &Agent, needed: Option<u64>, last: Option<&DelegationRecord>) -> Option<ContextChoice> {
    let standing = Standing::of(core, agent);
    let held = standing.context.saturating_sub(standing.shape.static_tokens);
    let same_turn = last.is_some_and(|last| last.opened_at >= core.turn_started_at());
    let guessed = (held as f64 * if same_turn { SAME_TURN } else { OTHER_TURN }) as u64;
    let useful = needed.unwrap_or(guessed).min(held);
    let warm = !core.is_cold(agent);
    Some(keep_context(&ContextInput {
        prices: standing.prices?,
        fresh_prices: core.prices(&agent.brain, standing.shape.static_tokens),
        held: standing.context,
        useful,
        calls: usual_calls(core, agent),
        warm,
        harness: standing.shape.static_tokens,
        harness_warm: warm,
        output_per_token: OUTPUT_PER_TOKEN,
    }))
}

/// Model calls that this specialist's delegations took on average.
fn usual_calls(core: &Core, agent: &Agent) -> u64 {
    let records = core.store.delegations(&core.session).unwrap_or_default();
    let steps: Vec<u64> = records
        .iter()
        .filter(|record| record.to == *agent.id())
        .filter_map(|record| record.closed.as_ref().map(|closed| u64::from(closed.receipt.steps)))
        .collect();
    let taken: u64 = steps.iter().sum();
    taken.checked_div(steps.len() as u64).unwrap_or(CALLS).max(1)
}

/// Paths that a brief names.
fn places(brief: &Brief) -> Vec<String> {
    let said = brief.user_said.iter().chain(&brief.scope).chain(&brief.facts).chain([&brief.objective]);
    let mut places: Vec<String> = said.flat_map(|text| paths_in(text)).collect();
    places.sort();
    places.dedup();
    places
}

/// Words that look like a path within a repository: with a slash or a file's ending, without a line number.
fn paths_in(text: &str) -> Vec<String> {
    let is_path = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    text.split(|c: char| !is_path(c))
        .map(|word| word.trim_matches(|c| matches!(c, '.' | '-' | '/')))
        .filter(|word| word.contains('/') || has_ending(word))
        .map(str::to_owned)
        .collect()
}

fn has_ending(word: &str) -> bool {
    word.rsplit_once('.').is_some_and(|(stem, ending)| {
        stem.len() > 1 && (1..=5).contains(&ending.len()) && ending.chars().all(|c| c.is_ascii_alphabetic())
    })
}

/// Tokens, in our count, of the steps in this window that concern one of these places: what would have to be read again.
fn seen_of(agent: &Agent, places: &[String]) -> u64 {
    let mut seen = 0;
    for pair in agent.items.windows(2) {
        let [asked, Item::ToolResults { results }] = pair else { continue };
        for (id, _, arguments) in asked.tool_calls() {
            let concerned = paths_in(arguments).iter().any(|path| places.iter().any(|place| same_place(path, place)));
            let result = results.iter().find(|result| result.call.as_str() == id).filter(|_| concerned);
            if let Some(result) = result {
                seen += TokenCounter::count(&serde_json::to_string(&result.content).unwrap_or_default());
            }
        }
    }
    seen
}

/// The same file, or one within a folder that is named.
fn same_place(path: &str, place: &str) -> bool {
    let inside = |outer: &str, inner: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
    path == place || inside(place, path) || path.ends_with(&format!("/{place}")) || place.ends_with(&format!("/{path}"))
}

#[cfg(test)]
#[path = "context_tests.rs"]
mod tests;
