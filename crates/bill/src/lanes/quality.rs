//! Retries and overrides: what people think of a lane, against what they thought before.

use std::collections::BTreeMap;

use protocol::Timestamp;
use serde::Serialize;

use super::task::Task;
use super::warning::{Behind, Warning, top};
use super::{Frame, place, share};

/// Retries and overrides of a lane in the last window, and in the one of the same length before it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quality {
    /// The lane.
    pub lane: String,
    /// Tasks that it had the last word on, or from which a person took them away.
    pub tasks: u64,
    /// Of these: asked for again within a day, and taken away.
    pub complaints: u64,
    /// Retries and overrides for a hundred tasks; none without tasks.
    pub per_hundred: Option<f64>,
    /// Tasks in the window before.
    pub tasks_before: u64,
    /// Retries and overrides in the window before.
    pub complaints_before: u64,
    /// For a hundred tasks in the window before; none without tasks.
    pub per_hundred_before: Option<f64>,
}

/// The lane's tasks in the last window, and in the one before.
fn windows<'a, 't>(tasks: &'t [Task<'a>], lane: &str, frame: &Frame<'_>) -> [Vec<&'t Task<'a>>; 2] {
    let length = u64::try_from(frame.window.as_millis()).unwrap_or(u64::MAX);
    let begins = frame.now.0.saturating_sub(length);
    let before = begins.saturating_sub(length);
    let between = |from: u64, until: u64| {
        let holds = move |at: Timestamp| (from..until).contains(&at.0);
        tasks.iter().filter(|task| task.home() == lane && holds(task.begun())).collect()
    };
    // What began in this very millisecond is in the last window.
    [between(begins, frame.now.0.saturating_add(1)), between(before, begins)]
}

fn complaints(tasks: &[&Task<'_>]) -> u64 {
    tasks.iter().map(|task| task.complaints()).sum()
}

pub(super) fn of_lane(tasks: &[Task<'_>], lane: &str, frame: &Frame<'_>) -> Quality {
    let [last, before] = windows(tasks, lane, frame);
    let hundred = |tasks: &[&Task<'_>]| share(complaints(tasks) * 100, tasks.len() as u64);
    Quality {
        lane: lane.to_owned(),
        tasks: last.len() as u64,
        complaints: complaints(&last),
        per_hundred: hundred(&last),
        tasks_before: before.len() as u64,
        complaints_before: complaints(&before),
        per_hundred_before: hundred(&before),
    }
}

/// The warning of a rate that rose too much. A window before without any complaint counts as one with a single one: twice nothing would
/// be an alarm at the first.
pub(super) fn spike(tasks: &[Task<'_>], quality: &Quality, frame: &Frame<'_>) -> Option<Warning> {
    let least = u64::from(frame.limits.min_sample.max(1));
    if quality.tasks < least || quality.tasks_before < least {
        return None;
    }
    let before = share(quality.complaints_before.max(1) * 100, quality.tasks_before)?;
    let now = quality.per_hundred.filter(|now| *now >= before * frame.limits.spike)?;
    Some(Warning::Spike {
        lane: quality.lane.clone(),
        per_hundred: now,
        per_hundred_before: quality.per_hundred_before.unwrap_or_default(),
        tasks: quality.tasks,
        complaints: quality.complaints,
        task_types: behind(tasks, &quality.lane, frame),
    })
}

/// The types whose complaints, for each task of the lane, rose most.
fn behind(tasks: &[Task<'_>], lane: &str, frame: &Frame<'_>) -> Vec<Behind> {
    let [last, before] = windows(tasks, lane, frame);
    let mut rise: BTreeMap<usize, f64> = BTreeMap::new();
    for (window, sign) in [(&last, 1.0), (&before, -1.0)] {
        for task in window {
            *rise.entry(place(task.kind())).or_default() += sign * task.complaints() as f64 / window.len() as f64;
        }
    }
    top(rise)
}
