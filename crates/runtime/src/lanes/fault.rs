//! Whose fault a failure was: of the plan, or of who carried it out. Receipts say so, no report's own words.

use protocol::ReportStatus;
use routing::{Policy, RunResult};
use store::DelegationRecord;

use super::attempt::{self, Running};
use crate::error::RuntimeError;
use crate::session::Core;

impl Core {
    /// Why the plan of a failed attempt was at fault, where it was. Only what the checks or a reviewer refused is a failure of that kind.
    pub(super) fn plan_at_fault(&self, running: &Running, result: &RunResult) -> Result<Option<String>, RuntimeError> {
        if !matches!(attempt::failure(result), Some("failed_tests" | "review_rejected")) {
            return Ok(None);
        }
        let since = running.attempt.at;
        let own: Vec<DelegationRecord> =
            self.store.delegations(&self.session)?.into_iter().filter(|record| record.opened_at >= since).collect();
        Ok(fault(&self.policy, &own))
    }
}

/// The first rule that holds of the delegations of a failed attempt, in words:
///
/// 1. the last word of a specialist was that something has to be decided: the brief left open what it should have settled;
/// 2. a brief asked for judgement, by the words of the policy: choosing is the plan's part;
/// 3. all work that was delegated is verified by the acceptance of its brief, and the whole fails all the same: what was asked for was
///    not what was needed.
///
/// Looking around is no work, and neither is what a specialist did not get done: then it was at fault, or nobody can tell.
fn fault(policy: &Policy, delegations: &[DelegationRecord]) -> Option<String> {
    let last_words = delegations
        .iter()
        .enumerate()
        .filter(|(at, record)| !delegations[at + 1..].iter().any(|later| later.to == record.to));
    let status = |record: &DelegationRecord| Some(record.closed.as_ref()?.report.as_ref()?.status);
    for (_, record) in last_words {
        if status(record) == Some(ReportStatus::NeedsDecision) {
            return Some(format!("{} was left with a decision that its brief should have made", record.to));
        }
    }
    let work: Vec<&DelegationRecord> = delegations.iter().filter(|record| !record.brief.explore).collect();
    if let Some(record) = work.iter().find(|record| policy.monitor.judgement_brief(&record.brief.objective)) {
        return Some(format!("a brief asked {} for judgement", record.to));
    }
    let verified = |record: &&DelegationRecord| record.closed.as_ref().is_some_and(|closed| closed.receipt.verified);
    (!work.is_empty() && work.iter().all(verified))
        .then(|| "all that was delegated was done as its briefs asked (their acceptance passed)".to_owned())
}

#[cfg(test)]
#[path = "fault_tests.rs"]
mod tests;
