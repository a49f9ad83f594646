//! Briefs, reports and routes as text to be opened.

use std::fmt::Write as _;

use protocol::delegation::{Brief, CommandReceipt, Receipt, Report, ReportStatus};
use protocol::route::Route;

use crate::text::plain;
use crate::view::line::{count, time};

/// A brief, whole.
pub(super) fn brief(brief: &Brief) -> String {
    let mut text = format!("objective: {}\n", brief.objective);
    for (name, said) in [
        ("the user said", &brief.user_said),
        ("scope", &brief.scope),
        ("accepted when, in words", &brief.acceptance_notes),
        ("report", &brief.return_form),
    ] {
        if let Some(said) = said {
            writeln!(text, "{name}: {said}").ok();
        }
    }
    list(&mut text, "checks", brief.acceptance.iter().cloned());
    list(&mut text, "known", brief.facts.iter().cloned());
    if brief.explore {
        text.push_str("only looking: nothing is changed\n");
    }
    text
}

fn list(text: &mut String, name: &str, of: impl Iterator<Item = String>) {
    let lines: Vec<String> = of.map(|one| format!("  - {one}\n")).collect();
    if !lines.is_empty() {
        write!(text, "{name}:\n{}", lines.concat()).ok();
    }
}

/// How a specialist says it went, as words.
pub(super) fn status(report: Option<&Report>) -> &'static str {
    match report.map(|report| report.status) {
        None => "no report",
        Some(ReportStatus::Complete) => "complete",
        Some(ReportStatus::Partial) => "partial",
        Some(ReportStatus::Blocked) => "blocked",
        Some(ReportStatus::NeedsDecision) => "needs a decision",
    }
}

/// A report with what the runtime saw, whole.
pub(super) fn report(report: Option<&Report>, receipt: &Receipt) -> String {
    let mut text = String::new();
    if let Some(report) = report {
        writeln!(text, "{}", report.summary).ok();
        list(&mut text, "changes", report.changes.iter().cloned());
        list(&mut text, "evidence", report.evidence.iter().map(|one| format!("{}  {}", one.at, one.note)));
        list(&mut text, "doubts", report.doubts.iter().cloned());
        if let Some(confidence) = report.confidence {
            writeln!(text, "confidence: {confidence} of 100").ok();
        }
    }
    let calls = count(receipt.tool_calls as usize, "tool call", "tool calls");
    writeln!(text, "what the runtime saw: {calls}, {}", count(receipt.steps as usize, "step", "steps")).ok();
    let change = |file: &protocol::FileChange| format!("{} (+{} -{})", file.path, file.added, file.removed);
    list(&mut text, "files", receipt.files.iter().map(change));
    list(&mut text, "commands", receipt.commands.iter().map(command));
    list(&mut text, "remarks", receipt.remarks.iter().cloned());
    text
}

fn command(receipt: &CommandReceipt) -> String {
    let code = receipt.exit_code.map_or("killed".to_owned(), |code| format!("exit code {code}"));
    let check = if receipt.check { "check " } else { "" };
    format!("{check}{}: {code}, {}", receipt.command, time(receipt.ms))
}

/// A decision on where a task goes, whole.
pub(super) fn route(route: &Route, brain: &str) -> String {
    let signals = &route.signals;
    let mut text = format!(
        "task type: {}\nfiles: {}, schema change: {}, auth code: {}, failures: {}, new code: {}\n",
        route.task_type, signals.files, signals.schema_change, signals.auth_code, signals.failures, signals.new_code
    );
    if let Some(label) = &route.classifier {
        writeln!(text, "classifier: {label}").ok();
    }
    if let Some(learned) = &route.learned {
        let only = if learned.shadow { ", only written down" } else { "" };
        writeln!(text, "learned router: {}, confidence {:.2}{only}", learned.lane, learned.confidence).ok();
    }
    writeln!(text, "risk score: {}\nlane: {}\nmodel: {brain}", route.score, route.lane).ok();
    list(&mut text, "reasons", route.reasons.iter().cloned());
    list(&mut text, "verification", route.verification.iter().cloned());
    text
}

/// A decision on where a task goes, in a line.
pub(super) fn route_line(route: &Route, brain: &str, attempt: u32) -> String {
    let again = if attempt > 1 { format!("attempt {attempt}: ") } else { String::new() };
    let reasons = if route.reasons.is_empty() { "none".to_owned() } else { route.reasons.join(", ") };
    let checks = if route.verification.is_empty() { "none".to_owned() } else { route.verification.join(", ") };
    plain(&format!(
        "{again}lane {}, {brain}, risk score {} ({reasons}); verification: {checks}",
        route.lane, route.score
    ))
}
