//! Is it worth it? Estimated before a delegation, stored with it, and the truth beside it afterwards.

use std::collections::BTreeMap;

use cache::economics::{Work, estimate};
use cache::{DelegationEstimate, TokenCounter};
use protocol::{AgentId, Brain, Brief, Decision, DecisionKind, DelegationId, Receipt, Report, Usd};
use store::{DelegationRecord, NoteRecord, Write};

use crate::agent::Agent;
use crate::session::Core;

/// Name of the note that keeps a delegation's estimate with the truth beside it.
const WORTH_NOTE: &str = "delegation_worth";

/// The rule of the cost model, in the names of the numbers.
const FORMULA: &str = "gain_usd = alone_usd - overhead_usd - specialist_usd";

/// What a delegation takes when nothing is known of the agent yet: steps, tokens that enter per step, tokens generated per
/// step, tokens of a report. The order of magnitude of the scripted demo; measured numbers replace them afterwards.
const STEPS: u64 = 8;
const ENTERED_PER_STEP: u64 = 2_500;
const OUTPUT_PER_STEP: u64 = 400;
const REPORT: u64 = 700;
/// Calls of the caller that still follow and carry what entered.
const REMAINING_CALLS: u64 = 6;

impl Core {
    /// What delegating this brief should save against doing it in the caller's context, as a decision; none where a price is
    /// unknown.
    pub(super) fn estimate_delegation(
        &self,
        from: &AgentId,
        to: &Agent,
        brief: &Brief,
        id: &DelegationId,
    ) -> Option<(Usd, Decision)> {
        let work = Work {
            steps: STEPS,
            entered: STEPS * ENTERED_PER_STEP,
            output: STEPS * OUTPUT_PER_STEP,
            brief: TokenCounter::count(&crate::fragments::brief(brief, &[])),
            report: REPORT,
            caller_context: self.context_of(from),
            specialist_context: self.context_tokens(to),
            remaining_calls: REMAINING_CALLS,
        };
        let worth = self.worth(from, &to.brain, &work)?;
        let decision = Decision {
            kind: DecisionKind::Delegate,
            delegation: Some(id.clone()),
            chosen: "delegate".to_owned(),
            because: format!("{from} asks; expected to save {} against doing it itself", worth.gain()),
            formula: FORMULA.to_owned(),
            numbers: numbers(&work, &worth),
            ..self.blank_decision(to)
        };
        Some((worth.gain(), decision))
    }

    /// The truth about a delegation that is over; none where a price is unknown.
    pub(super) fn true_worth(
        &self,
        record: &DelegationRecord,
        to: &Agent,
        report: Option<&Report>,
        receipt: &Receipt,
    ) -> Option<DelegationEstimate> {
        let report = report.and_then(|report| serde_json::to_string(report).ok()).unwrap_or_default();
        let entered = self.entered_since(to, record);
        let work = Work {
            steps: u64::from(receipt.steps),
            entered,
            output: receipt.usage.output,
            brief: TokenCounter::count(&crate::fragments::brief(&record.brief, &[])),
            report: TokenCounter::count(&report),
            caller_context: self.context_of(&record.from),
            specialist_context: self.context_tokens(to).saturating_sub(entered),
            remaining_calls: REMAINING_CALLS,
        };
        self.worth(&record.from, &to.brain, &work)
    }

    /// Tokens that the work itself brought into the specialist's context: everything behind the brief. What the provider billed
    /// as written would count its tools and system prompt too, which the caller would not have needed.
    fn entered_since(&self, to: &Agent, record: &DelegationRecord) -> u64 {
        let items = self.store.items(&self.session, &record.to, record.first_item_seq + 1).unwrap_or_default();
        let counted = items.iter().map(|stored| TokenCounter::count(&stored.rendered)).sum();
        self.tokens(&to.brain.model, counted)
    }

    /// The estimate with what really happened beside it, for `why` and for better estimates.
    pub(super) fn worth_note(
        &self,
        record: &DelegationRecord,
        truth: Option<DelegationEstimate>,
        receipt: &Receipt,
    ) -> Write {
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
        let caller = self.store.last_answered(&self.session, from).ok()??.brain;
        let own = self.prices(&caller, work.caller_context)?;
        let other = self.prices(to, work.specialist_context)?;
        Some(estimate(&own, &other, work))
    }

    /// Prompt tokens of an agent's last answered call.
    fn context_of(&self, agent: &AgentId) -> u64 {
        let row = self.store.last_answered(&self.session, agent).ok().flatten();
        row.map_or(0, |row| row.usage.prompt())
    }
}

/// Told to the caller with the answer, where the work was too small to pay for its brief, report and review.
pub(super) fn too_small(truth: Option<DelegationEstimate>) -> Option<String> {
    let worth = truth?;
    (worth.gain() < Usd::ZERO).then(|| {
        "this unit was too small to be worth a delegation: brief, report and review cost more than doing it yourself would \
         have. Do such a thing yourself, or hand it over together with others"
            .to_owned()
    })
}

fn numbers(work: &Work, worth: &DelegationEstimate) -> BTreeMap<String, f64> {
    let tokens = [
        ("caller_context_tokens", work.caller_context),
        ("specialist_context_tokens", work.specialist_context),
        ("entered_tokens", work.entered),
        ("output_tokens", work.output),
        ("brief_tokens", work.brief),
        ("report_tokens", work.report),
        ("work_calls", work.steps),
        ("remaining_calls", work.remaining_calls),
    ];
    let dollars = [
        ("alone_usd", worth.alone),
        ("overhead_usd", worth.overhead),
        ("specialist_usd", worth.specialist),
        ("gain_usd", worth.gain()),
    ];
    let tokens = tokens.into_iter().map(|(name, tokens)| (name.to_owned(), tokens as f64));
    tokens.chain(dollars.into_iter().map(|(name, usd)| (name.to_owned(), usd.dollars()))).collect()
}
