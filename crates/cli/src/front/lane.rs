//! What is printed when a task in a lane is over. What is printed before is [`routing::lines`].

use store::AttemptRecord;

/// What came of all attempts of a turn; the words of the last one.
pub(crate) fn ended(attempts: &[AttemptRecord]) -> Vec<String> {
    let Some(end) = attempts.last().and_then(|last| last.end.as_ref()) else { return Vec::new() };
    let result = match (end.passed, end.failure.as_deref()) {
        (_, Some(failure)) => failure,
        (Some(true), None) => "passed",
        (Some(false), None) => "failed",
        (None, None) => "answered",
    };
    let usd =
        attempts.iter().map(|attempt| attempt.end.as_ref().and_then(|end| end.usd)).sum::<Option<protocol::Usd>>();
    let ms: u64 = attempts.iter().filter_map(|attempt| attempt.end.as_ref()).map(|end| end.ms).sum();
    vec![
        format!("result: {result}"),
        format!("cost_usd_estimate: {}", usd.map_or("unknown".to_owned(), |usd| format!("{:.4}", usd.dollars()))),
        format!("latency_seconds: {:.1}", ms as f64 / 1_000.0),
    ]
}
