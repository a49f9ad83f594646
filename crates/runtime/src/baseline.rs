//! What the premium model alone would have cost: an estimate from the session's own tokens.

use catalogue::Catalogue;
use protocol::event::{Baseline, BaselineKind};
use protocol::{AgentId, LedgerRow, Purpose, RowOutcome, Usage, Usd};

/// What "estimated" means, in the words users are shown.
const HOW: &str = "every step of every agent played in one context at the main agent's prices: what entered a specialist's \
context is written there once and re-read by each later step; the main agent's own delegating steps are left in, the \
specialists' system prompts and tools are left out";

/// Estimates the baseline; none for a session in which only the main agent worked, or nothing happened.
pub fn estimate(catalogue: &Catalogue, main: &AgentId, rows: &[LedgerRow], spent: Option<Usd>) -> Option<Baseline> {
    let brain = rows.iter().find(|row| row.agent == *main)?.brain.clone();
    if rows.iter().all(|row| row.agent == *main) {
        return None;
    }
    let mut context = 0_u64;
    let mut usd = Some(Usd::ZERO);
    let mut seen: Vec<(&AgentId, u64)> = Vec::new();
    for row in rows.iter().filter(|row| row.outcome == RowOutcome::Ok && row.purpose == Purpose::Step) {
        let prompt = row.usage.prompt();
        let entered = match seen.iter_mut().find(|(agent, _)| *agent == &row.agent) {
            Some((_, before)) => prompt.saturating_sub(std::mem::replace(before, prompt)),
            None => {
                seen.push((&row.agent, prompt));
                // A specialist's first prompt is its own system prompt and tools, and the brief: one model needs neither.
                if row.agent == *main { prompt } else { 0 }
            }
        };
        let usage =
            Usage { cache_read: context, cache_write_short: entered, output: row.usage.output, ..Usage::default() };
        let cost = catalogue.cost(&brain.provider, &brain.model, &usage, row.at);
        usd = usd.zip(cost).map(|(sum, cost)| sum + cost);
        context += entered;
    }
    let saving = usd
        .zip(spent)
        .filter(|(alone, _)| alone.picos() > 0)
        .map(|(alone, spent)| 1.0 - spent.dollars() / alone.dollars());
    Some(Baseline { kind: BaselineKind::Estimated, brain: brain.to_string(), usd, saving, how: HOW.to_owned() })
}
