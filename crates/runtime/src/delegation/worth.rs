//! Is it worth it? Estimated before a delegation, stored with it, and the truth beside it afterwards.

use cache::economics::{Work, estimate};
use cache::{Prices, TokenCounter};
use protocol::{AgentId, Brief, Usd};

use crate::agent::Agent;
use crate::session::Core;

/// What a delegation takes when nothing is known of the agent yet: steps, tokens that enter per step, tokens generated per
/// step, tokens of a report. Medians of scripted and recorded sessions are of this order; the ledger replaces them.
const STEPS: u64 = 8;
const ENTERED_PER_STEP: u64 = 2_500;
const OUTPUT_PER_STEP: u64 = 400;
const REPORT: u64 = 700;
/// Calls of the caller that still follow and carry what entered.
const REMAINING_CALLS: u64 = 6;

impl Core {
    /// What delegating this brief should save against doing it in the caller's context; none where a price is unknown.
    pub(crate) fn estimate_delegation(&self, from: &AgentId, to: &Agent, brief: &Brief) -> Option<Usd> {
        let caller = &self.team.agent(from)?.brain;
        let brief_text = crate::fragments::brief(brief, &[]);
        let caller_context = self.context_of(from);
        let specialist_context = self.tokens(&to.brain.model, to.window.counted_tokens());
        let work = Work {
            steps: STEPS,
            entered: STEPS * ENTERED_PER_STEP,
            output: STEPS * OUTPUT_PER_STEP,
            brief: TokenCounter::count(&brief_text),
            report: REPORT,
            caller_context,
            specialist_context,
            remaining_calls: REMAINING_CALLS,
        };
        let prices = |provider: &str, model: &str, prompt: u64| {
            let price = self.catalogue.model(provider, model)?.price(self.clock.now(), prompt);
            Some(Prices {
                input: price.input,
                output: price.output,
                write: price.cache_write_short,
                read: price.cache_read,
            })
        };
        let own = prices(&caller.provider, &caller.model, caller_context)?;
        let other = prices(&to.brain.provider, &to.brain.model, specialist_context)?;
        Some(estimate(&own, &other, &work).gain())
    }

    /// Prompt tokens of an agent's last answered call.
    fn context_of(&self, agent: &AgentId) -> u64 {
        let rows = self.store.ledger(&self.session).unwrap_or_default();
        rows.iter().rev().find(|row| row.agent == *agent).map_or(0, |row| row.usage.prompt())
    }
}
