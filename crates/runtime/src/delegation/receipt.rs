//! What the runtime saw: files by content, commands with exit codes, tokens and dollars; and what does not fit the report.

use std::path::Path;

use protocol::{Receipt, Report, ReportStatus};
use store::DelegationRecord;
use tools::CheckResult;

use crate::agent::Agent;
use crate::error::RuntimeError;
use crate::session::Core;
use crate::verification::all_passed;

/// Puts the receipt of a delegation together.
pub(super) async fn make(
    core: &Core,
    agent: &Agent,
    record: &DelegationRecord,
    report: Option<&Report>,
    results: &[CheckResult],
    remarks: &mut Vec<String>,
) -> Result<Receipt, RuntimeError> {
    let cost = core.store.delegation_cost(&core.session, &record.id)?;
    let runs = core.store.tool_runs_from(&core.session, agent.id(), record.first_item_seq)?;
    let mut commands: Vec<_> =
        runs.iter().filter_map(|run| run.done.as_ref()).flat_map(|done| done.commands.clone()).collect();
    commands.extend(results.iter().map(|result| result.receipt.clone()));
    let files = match &record.baseline {
        Some(baseline) => core.changes_since(baseline).await,
        None => None,
    };
    let files = files.unwrap_or_else(|| {
        remarks.push(
            "changed files are those the tools reported: the state of the folder could not be compared".to_owned(),
        );
        runs.iter().filter_map(|run| run.done.as_ref()).flat_map(|done| done.files.clone()).collect()
    });
    let verified = all_passed(results);
    doubts(record, report, &files, results, runs.len(), remarks);
    Ok(Receipt {
        files,
        commands,
        tool_calls: runs.len() as u32,
        steps: cost.steps,
        verified,
        remarks: std::mem::take(remarks),
        usage: cost.usage,
        usd: cost.usd,
    })
}

/// Where the report and what was seen do not fit.
fn doubts(
    record: &DelegationRecord,
    report: Option<&Report>,
    files: &[protocol::FileChange],
    results: &[CheckResult],
    tool_calls: usize,
    remarks: &mut Vec<String>,
) {
    let complete = report.is_some_and(|report| report.status == ReportStatus::Complete);
    if record.brief.explore {
        if !files.is_empty() {
            remarks.push("files changed during an exploration".to_owned());
        }
        return;
    }
    if complete && tool_calls <= 1 {
        remarks.push("reported complete without having done anything".to_owned());
    }
    if complete && files.is_empty() {
        remarks.push("reported complete, but no file changed".to_owned());
    }
    for result in results.iter().filter(|result| result.receipt.exit_code != Some(0)) {
        remarks.push(format!("acceptance failed: {}", result.receipt.command));
    }
    if results.is_empty() && complete {
        remarks.push("no check was run: unverified".to_owned());
    }
    if report.is_some_and(|report| report.confidence.is_some_and(|confidence| confidence < 50)) {
        remarks.push("low confidence, by the specialist's own word".to_owned());
    }
}

/// Places a report names that do not exist, in its own words.
pub(super) fn missing_evidence(root: &Path, report: &Report) -> Vec<String> {
    report.evidence.iter().map(|evidence| evidence.at.clone()).filter(|at| !tools::place_exists(root, at)).collect()
}
