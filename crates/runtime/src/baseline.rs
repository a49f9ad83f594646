//! What the premium model alone would have cost: an estimate from the session's own tokens.

use std::collections::{BTreeMap, BTreeSet};

use catalogue::Catalogue;
use protocol::event::{Baseline, BaselineKind};
use protocol::{AgentId, Decision, DecisionKind, DelegationId, LedgerRow, Purpose, RowOutcome, Usage, Usd, WindowId};

/// What "estimated" means, in the words users are shown.
const HOW: &str = "every step of every agent played in one context at the main agent's prices: what entered a specialist's \
context is written there once and re-read by each later step; a specialist's work counts 1 / 1.3, because it takes more calls \
than the one that knows why; steps that only delegate or report, the specialists' system prompts and tools, and what a \
specialist that started afresh looked up again are left out";

/// Calls that a specialist makes where one model makes one. Source: the cost model's scenario, `docs/cost.md`.
const CALLS_PER_CALL: f64 = 1.3;

/// Estimates the baseline; none for a session in which only the main agent worked, or nothing happened.
///
/// `decisions` are the session's: those for a fresh window say how much of the old one the work needed again.
pub fn estimate(
    catalogue: &Catalogue,
    main: &AgentId,
    rows: &[LedgerRow],
    decisions: &[Decision],
    spent: Option<Usd>,
) -> Option<Baseline> {
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
    let mut again = Again::of(decisions);
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
        let share = if row.agent == *main { 1.0 } else { again.new_share(row, entered) / CALLS_PER_CALL };
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

/// What specialists look up again because they started afresh: one model still has it in its context.
struct Again<'a> {
    /// Tokens that were useful again, by the window that was closed.
    useful: BTreeMap<&'a WindowId, u64>,
    /// Each specialist's open window, and what of `useful` is still to come in it.
    open: BTreeMap<&'a AgentId, (&'a WindowId, u64)>,
}

impl<'a> Again<'a> {
    fn of(decisions: &'a [Decision]) -> Self {
        let fresh = decisions.iter().filter(|made| made.kind == DecisionKind::Context && made.chosen == "fresh");
        let useful =
            fresh.filter_map(|made| Some((&made.window, *made.numbers.get("useful_tokens")? as u64))).collect();
        Self { useful, open: BTreeMap::new() }
    }

    /// Share of what entered with this step that is new.
    fn new_share(&mut self, row: &'a LedgerRow, entered: u64) -> f64 {
        let open = self.open.entry(&row.agent).or_insert((&row.window, 0));
        if *open.0 != row.window {
            *open = (&row.window, self.useful.get(open.0).copied().unwrap_or_default());
        }
        let known = entered.min(open.1);
        open.1 -= known;
        if entered == 0 { 1.0 } else { 1.0 - known as f64 / entered as f64 }
    }
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

#[cfg(test)]
#[path = "baseline_tests.rs"]
mod tests;
