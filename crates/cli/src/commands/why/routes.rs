//! Where the tasks of a session were sent, by which rules, and what came of each attempt.

use serde_json::{Value, json};
use store::AttemptRecord;

use super::{INDENT, wrapped};

/// The attempts as JSON, in the order they were made.
pub(super) fn as_json(attempts: &[AttemptRecord]) -> Vec<Value> {
    let one = |record: &AttemptRecord| {
        let attempt = &record.attempt;
        let from = attempt.escalated_from.as_ref();
        json!({
            "turn": attempt.turn,
            "attempt": attempt.number,
            "at_ms": attempt.at,
            "brain": bill::account::brain_name(&attempt.brain),
            "route": attempt.route,
            "escalated_from": from.map(|(lane, _)| lane),
            "escalated_because": from.map(|(_, because)| because),
            "result": result(record),
            "usd": record.end.as_ref().and_then(|end| end.usd),
            "outcome": record.outcome.map(|(outcome, _)| outcome.as_str()),
        })
    };
    attempts.iter().map(one).collect()
}

/// The attempts for a person: lane, model, what came of it, and the reasons; with `verbose` what each of them means.
pub(super) fn lines(attempts: &[AttemptRecord], verbose: bool) -> Vec<String> {
    attempts.iter().flat_map(|record| of_attempt(record, verbose)).collect()
}

fn of_attempt(record: &AttemptRecord, verbose: bool) -> Vec<String> {
    let attempt = &record.attempt;
    let route = &attempt.route;
    let outcome = record.outcome.map(|(outcome, _)| format!(", later {}", outcome.as_str())).unwrap_or_default();
    let brain = bill::account::brain_name(&attempt.brain);
    let said = format!(
        "lane {} with {brain}: {}{outcome}; because of {}",
        route.lane,
        result(record),
        if route.reasons.is_empty() { "nothing in particular".to_owned() } else { route.reasons.join(", ") }
    );
    let place = format!("turn {}, {}", attempt.turn, attempt.number);
    let mut lines = vec![format!("{place:<width$}{}", wrapped(&said, INDENT), width = INDENT)];
    if !verbose {
        return lines;
    }
    let mut details: Vec<(&str, String)> =
        route.reasons.iter().map(|reason| ("because", format!("{reason}: {}", routing::in_words(reason)))).collect();
    let signals = &route.signals;
    details.push((
        "signals",
        format!(
            "files={} schema_change={} auth_code={} failures={} new_code={} production_incident={}, score {}",
            signals.files,
            signals.schema_change,
            signals.auth_code,
            signals.failures,
            signals.new_code,
            signals.production_incident,
            route.score
        ),
    ));
    details.extend(route.verification.iter().map(|command| ("checks", command.clone())));
    details.push(("policy", route.policy.clone()));
    let detail = |(head, text): &(&str, String)| format!("{:INDENT$}{head:<9}{}", "", wrapped(text, INDENT + 9));
    lines.extend(details.iter().map(detail));
    lines
}

/// What came of an attempt, in a word or two.
fn result(record: &AttemptRecord) -> String {
    match record.end.as_ref().map(|end| (end.failure.clone(), end.passed)) {
        None => "not ended".to_owned(),
        Some((Some(failure), _)) => failure,
        Some((None, Some(true))) => "passed".to_owned(),
        Some((None, Some(false))) => "failed".to_owned(),
        Some((None, None)) => "answered".to_owned(),
    }
}
