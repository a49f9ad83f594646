//! What the premium model alone would have cost: an estimate from the session's own tokens.

use std::collections::{BTreeMap, BTreeSet};

use catalogue::Catalogue;
use protocol::event::{Baseline, BaselineKind};
use protocol::{AgentId, DelegationId, LedgerRow, Purpose, RowOutcome, Usage, Usd};

/// What "estimated" means, in the words users are shown.
const HOW: &str = "every step of every agent played in one context at the main agent's prices: what entered a specialist's \
context is written there once and re-read by each later step; a specialist's work counts 1 / 1.3, because it takes more calls \
than the one that knows why; steps that only delegate or report, and the specialists' system prompts and tools, are left out";

/// Calls that a specialist makes where one model makes one. Source: the cost model's scenario, `docs/cost.md`.
const CALLS_PER_CALL: f64 = 1.3;

/// Estimates the baseline; none for a session in which only the main agent worked, or nothing happened.
pub fn estimate(catalogue: &Catalogue, main: &AgentId, rows: &[LedgerRow], spent: Option<Usd>) -> Option<Baseline> {
    let brain = rows.iter().find(|row| row.agent == *main)?.brain.clone();
    if rows.iter().all(|row| row.agent == *main) {
        return None;
    }
    let steps: Vec<&LedgerRow> =
        rows.iter().filter(|row| row.outcome == RowOutcome::Ok && row.purpose == Purpose::Step).collect();
    let crossing = crossing(main, &steps);
    let mut context = 0_u64;
    let mut usd = Some(Usd::ZERO);
    let mut seen: Vec<(&AgentId, u64)> = Vec::new();
    // Briefs and reports that the lead's next prompt holds: one model writes neither.
    let mut crossed = 0_u64;
    for (at, row) in steps.iter().enumerate() {
        let prompt = row.usage.prompt();
        let entered = match seen.iter_mut().find(|(agent, _)| *agent == &row.agent) {
            Some((_, before)) => prompt.saturating_sub(std::mem::replace(before, prompt)),
            None => {
                seen.push((&row.agent, prompt));
                // A specialist's first prompt is its own system prompt and tools, and the brief: one model needs neither.
                if row.agent == *main { prompt } else { 0 }
            }
        };
        let is_one = !crossing.contains(&at);
        let entered = match row.agent == *main {
            true => entered.saturating_sub(std::mem::take(&mut crossed)),
            false => entered,
        };
        if !is_one {
            crossed += row.usage.output;
        }
        let share = if row.agent == *main { 1.0 } else { 1.0 / CALLS_PER_CALL };
        let part = |tokens: u64| (tokens as f64 * share).round() as u64;
        let usage = Usage {
            cache_read: if is_one { part(context) } else { 0 },
            cache_write_short: part(entered),
            output: if is_one { part(row.usage.output) } else { 0 },
            ..Usage::default()
        };
        let cost = catalogue.cost(&brain.provider, &brain.model, &usage, row.at);
        usd = usd.zip(cost).map(|(sum, cost)| sum + cost);
        context += part(entered);
    }
    let saving = usd
        .zip(spent)
        .filter(|(alone, _)| alone.picos() > 0)
        .map(|(alone, spent)| 1.0 - spent.dollars() / alone.dollars());
    Some(Baseline { kind: BaselineKind::Estimated, brain: brain.to_string(), usd, saving, how: HOW.to_owned() })
}

/// Steps that only carry work to a specialist and back: the lead's before a delegation, the specialist's last one.
fn crossing(main: &AgentId, steps: &[&LedgerRow]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut first: BTreeMap<&DelegationId, usize> = BTreeMap::new();
    let mut last: BTreeMap<&DelegationId, usize> = BTreeMap::new();
    for (at, row) in steps.iter().enumerate().filter(|(_, row)| row.agent != *main) {
        if let Some(delegation) = &row.delegation {
            first.entry(delegation).or_insert(at);
            last.insert(delegation, at);
        }
    }
    found.extend(last.into_values());
    found.extend(first.into_values().filter_map(|at| steps[..at].iter().rposition(|row| row.agent == *main)));
    found
}
