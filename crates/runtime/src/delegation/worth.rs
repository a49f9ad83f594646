//! Is it worth it? Estimated before a delegation, stored with it, and the truth beside it afterwards.

use cache::economics::{Work, estimate};
use cache::{DelegationEstimate, TokenCounter};
use protocol::{AgentId, Brain, Brief, Receipt, Report, Usd};
use store::{DelegationRecord, NoteRecord, Write};

use crate::agent::Agent;
use crate::session::Core;

/// Name of the note that keeps a delegation's estimate with the truth beside it.
const WORTH_NOTE: &str = "delegation_worth";

/// What a delegation takes when nothing is known of the agent yet: steps, tokens that enter per step, tokens generated per
/// step, tokens of a report. The order of magnitude of the scripted demo; measured numbers replace them afterwards.
const STEPS: u64 = 8;
const ENTERED_PER_STEP: u64 = 2_500;
const OUTPUT_PER_STEP: u64 = 400;
const REPORT: u64 = 700;
/// Calls of the caller that still follow and carry what entered.
const REMAINING_CALLS: u64 = 6;

impl Core {
    /// What delegating this brief should save against doing it in the caller's context; none where a price is unknown.
    pub(super) fn estimate_delegation(&self, from: &AgentId, to: &Agent, brief: &Brief) -> Option<Usd> {
        let work = Work {
            steps: STEPS,
            entered: STEPS * ENTERED_PER_STEP,
            output: STEPS * OUTPUT_PER_STEP,
            brief: TokenCounter::count(&crate::fragments::brief(brief, &[])),
            report: REPORT,
            caller_context: self.context_of(from),
            specialist_context: self.tokens(&to.brain.model, to.window.counted_tokens()),
            remaining_calls: REMAINING_CALLS,
        };
        self.worth(from, &to.brain, &work).map(|worth| worth.gain())
    }

    /// The estimate with what really happened beside it, for `why` and for better estimates.
    pub(super) fn worth_note(
        &self,
        record: &DelegationRecord,
        to: &Agent,
        report: Option<&Report>,
        receipt: &Receipt,
    ) -> Write {
        let report = report.and_then(|report| serde_json::to_string(report).ok()).unwrap_or_default();
        let entered = receipt.usage.input + receipt.usage.cache_write();
        let work = Work {
            steps: u64::from(receipt.steps),
            entered,
            output: receipt.usage.output,
            brief: TokenCounter::count(&crate::fragments::brief(&record.brief, &[])),
            report: TokenCounter::count(&report),
            caller_context: self.context_of(&record.from),
            specialist_context: self.tokens(&to.brain.model, to.window.counted_tokens()).saturating_sub(entered),
            remaining_calls: REMAINING_CALLS,
        };
        let truth = self.worth(&record.from, &to.brain, &work);
        Write::Note(NoteRecord {
            agent: Some(record.to.clone()),
            kind: WORTH_NOTE.to_owned(),
            json: serde_json::json!({
                "delegation": record.id,
                "estimated_gain": record.estimate_usd,
                "gain": truth.map(|worth| worth.gain()),
                "numbers": truth,
                "spent": receipt.usd,
            })
            .to_string(),
            at: self.clock.now(),
        })
    }

    fn worth(&self, from: &AgentId, to: &Brain, work: &Work) -> Option<DelegationEstimate> {
        let own = self.prices(&self.team.agent(from)?.brain, work.caller_context)?;
        let other = self.prices(to, work.specialist_context)?;
        Some(estimate(&own, &other, work))
    }


    /// Prompt tokens of an agent's last answered call.
    fn context_of(&self, agent: &AgentId) -> u64 {
        let rows = self.store.ledger(&self.session).unwrap_or_default();
        rows.iter().rev().find(|row| row.agent == *agent).map_or(0, |row| row.usage.prompt())
    }
}
