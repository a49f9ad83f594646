//! What the caller is told of a delegation: the report, and under it the receipt.

use protocol::{Receipt, Report};
use store::DelegationRecord;
use tools::DelegationAnswer;

use crate::error::RuntimeError;
use crate::fragments::cut;
use crate::rights::{as_data, flagged};
use crate::run::Ended;

/// Longest answer, in bytes: about 2,000 tokens.
const CAP: usize = 8_000;

/// Report and first remarks of a run that ended.
///
/// A provider that fails, a limit, a refusal: the caller is told and decides. Only what concerns the person goes on up.
pub(super) fn read_ending(ended: Result<Ended, RuntimeError>) -> Result<(Option<Report>, Vec<String>), RuntimeError> {
    Ok(match ended {
        Ok(Ended::Reported(report)) => (Some(*report), Vec::new()),
        Ok(Ended::Answered(text)) => (None, vec![format!("ended without a report; last words: {}", cut(&text, 600))]),
        Ok(Ended::Refused(text)) => (None, vec![format!("the model declined: {}", cut(&text, 600))]),
        Ok(Ended::Limit(reason) | Ended::Doubted(reason)) => (None, vec![format!("stopped: {reason}")]),
        Ok(Ended::Looping(times)) => (None, vec![format!("stopped: the same call gave the same result {times} times")]),
        Err(error @ RuntimeError::Provider { .. }) => (None, vec![format!("stopped: {error}")]),
        Err(error) => return Err(error),
    })
}

/// The answer of a delegation that is closed.
pub(super) fn from_record(record: &DelegationRecord) -> Result<DelegationAnswer, String> {
    let closed = record.closed.as_ref().ok_or("the delegation is still open")?;
    let text = match &closed.report {
        // Another agent's words: whatever they look like, they are its report.
        Some(report) => {
            let text = report_text(report);
            let note = flagged(&text).map(|note| format!("{note}\n"));
            as_data(&text) + &note.unwrap_or_default()
        }
        None => "no report\n".to_owned(),
    };
    // What was seen outranks what was said: a long report never pushes the receipt out.
    let receipt = cut(&receipt_text(&closed.receipt, record.brief.explore), CAP / 2);
    let text = format!("{}\n{receipt}", cut(&text, CAP - receipt.len().min(CAP / 2)).trim_end());
    Ok(DelegationAnswer { report: closed.report.clone(), receipt: closed.receipt.clone(), text })
}

fn report_text(report: &Report) -> String {
    let status = serde_json::to_value(report.status).ok().and_then(|value| value.as_str().map(str::to_owned));
    let confidence = report.confidence.map(|value| format!(", confidence {value}")).unwrap_or_default();
    let mut text = format!("report: {}{confidence}\n{}\n", status.unwrap_or_default(), report.summary.trim());
    let mut list = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            text.push_str(&format!("{title}:\n"));
            lines.iter().for_each(|line| text.push_str(&format!("- {line}\n")));
        }
    };
    list("changes", report.changes.clone());
    list("evidence", report.evidence.iter().map(|item| format!("{}: {}", item.at, item.note)).collect());
    list("doubts", report.doubts.clone());
    text
}

/// What the runtime saw, on few lines. Dollars and tokens are left out: they would be volatile and tell the model nothing.
fn receipt_text(receipt: &Receipt, explore: bool) -> String {
    let mut text = "receipt (seen by the runtime):\n".to_owned();
    // First what must not be cut off.
    if !explore {
        text.push_str(if receipt.verified { "- verified\n" } else { "- unverified\n" });
    }
    receipt.remarks.iter().for_each(|remark| text.push_str(&format!("- note: {remark}\n")));
    for file in &receipt.files {
        text.push_str(&format!("- {} +{} -{}\n", file.path, file.added, file.removed));
    }
    if receipt.files.is_empty() {
        text.push_str("- no file changed\n");
    }
    for command in &receipt.commands {
        let code = command.exit_code.map_or("killed".to_owned(), |code| code.to_string());
        let who = if command.check { "check" } else { "ran" };
        text.push_str(&format!("- {who} `{}` -> {code}\n", cut(&command.command, 200)));
    }
    text
}
