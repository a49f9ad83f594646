//! The classifier against what happened, at the one boundary where it saves or costs most: between the first lane and the next.

use serde::Serialize;

use super::task::{Task, stands};

/// What became of the tasks that the classifier labelled alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// Tried in the first lane, and passed there for good.
    pub enough: u64,
    /// Tried in the first lane, and it was not: failed, escalated, rejected, or taken away by a person.
    pub not_enough: u64,
    /// Never tried in the first lane, or nothing could tell: nobody knows.
    pub unknown: u64,
}

/// Confusion at the boundary between the first lane and the second, over tasks with a label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Boundary {
    /// Labelled `low`: the first lane was said to be enough.
    pub low: Judged,
    /// Labelled `medium` or `high`: it was said not to be.
    pub above: Judged,
    /// No label could be read (an empty or odd answer, a time-out): the classifier failed.
    pub failed: u64,
    /// Tasks with a label whose lane a person set aside.
    pub overridden: u64,
}

impl Boundary {
    /// Share of the labels that were right, of those where it is known, 0 to 1.
    pub fn right(&self) -> Option<f64> {
        let right = self.low.enough + self.above.not_enough;
        super::share(right, right + self.low.not_enough + self.above.enough)
    }
}

/// Counts it. None where the classifier was never asked.
pub(super) fn of(tasks: &[Task<'_>], first_lane: Option<&String>) -> Option<Boundary> {
    let first_lane = first_lane?;
    let mut boundary = Boundary::default();
    let mut asked = false;
    for task in tasks {
        let Some(label) = task.attempts.first().and_then(|record| record.attempt.route.classifier.as_deref()) else {
            continue;
        };
        asked = true;
        let judged = match label.to_ascii_lowercase().as_str() {
            "low" => &mut boundary.low,
            "medium" | "high" => &mut boundary.above,
            _ => {
                boundary.failed += 1;
                continue;
            }
        };
        match enough(task, first_lane) {
            Some(true) => judged.enough += 1,
            Some(false) => judged.not_enough += 1,
            None => judged.unknown += 1,
        }
        boundary.overridden += u64::from(task.overridden().is_some());
    }
    asked.then_some(boundary)
}

/// Whether the first lane was enough for a task.
fn enough(task: &Task<'_>, first_lane: &str) -> Option<bool> {
    if task.overridden() == Some(first_lane) {
        return Some(false);
    }
    let last = task.in_lane(first_lane).last()?;
    if task.escalated_from(first_lane) {
        return Some(false);
    }
    last.end.as_ref()?.passed?;
    Some(stands(last))
}
