//! Attempts for tests.

use protocol::Signals;

use super::experience::Experience;
use super::features::{Features, TaskFacts, ToolNeeds};

pub(crate) fn features(text: &str, task_type: &str, repository: &str) -> Features {
    let signals = Signals::default();
    let tools = ToolNeeds::default();
    Features::of(&TaskFacts {
        text,
        context_tokens: 0,
        tools,
        latency: 0.0,
        task_type,
        repository,
        signals: &signals,
        score: 0,
    })
}

pub(crate) fn attempt(lane: &str, task_type: &str, text: &str, success: bool) -> Experience {
    Experience {
        features: features(text, task_type, "acme/shop"),
        task_type: task_type.to_owned(),
        lane: lane.to_owned(),
        success: f64::from(u8::from(success)),
        cost: if lane == "strong" { 1.0 } else { 0.1 },
        weight: 1.0,
        propensity: 1.0,
    }
}

/// `rows` of each type, of which this share succeeds, evenly spread.
pub(crate) fn attempts(lane: &str, types: &[(&str, f64)], rows: u32) -> Vec<Experience> {
    let won = |at: u32, share: f64| (f64::from(at + 1) * share).floor() > (f64::from(at) * share).floor();
    (0..rows).flat_map(|at| types.iter().map(move |(kind, share)| attempt(lane, kind, "", won(at, *share)))).collect()
}
