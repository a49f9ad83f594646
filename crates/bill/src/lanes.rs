//! What routing came to, lane by lane: how much passed, what it cost per task that passed, how long it took, what went wrong; and
//! when to look again. From the ledger of attempts and from nothing else; the moment is an argument.

mod boundary;
mod overhead;
mod quality;
mod row;
mod task;
mod warning;

use std::collections::BTreeSet;
use std::time::Duration;

use protocol::{TaskType, Timestamp, Usd};
use serde::Serialize;
use store::AttemptRecord;

pub use boundary::{Boundary, Judged};
pub use overhead::Overhead;
pub use quality::Quality;
pub use row::{Row, TypeRow, median};
pub use task::OVERRIDE;
pub use warning::{Behind, Measure, Warning};

use task::Task;

/// When a report warns. The policy says so (`warnings`); these are its defaults.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The last lane's share above which there is a warning, 0 to 1; exactly this much is none.
    pub tier_share: f64,
    /// Hours since the first attempt before a share is judged.
    pub after_hours: u32,
    /// Attempts (of a share) or tasks (of a rate, in each of the two windows) below which nothing is judged.
    pub min_sample: u32,
    /// Times the rate of the window before, from which on retries and overrides are a spike.
    pub spike: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { tier_share: 0.15, after_hours: 48, min_sample: 50, spike: 2.0 }
    }
}

/// What a report is about.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The policy's lanes, cheap to strong. Others that were used come after them.
    pub lanes: &'a [String],
    /// Attempts begun before are not in the tables.
    pub since: Option<Timestamp>,
    /// Retries and overrides of so long are compared with those of as long before.
    pub window: Duration,
    /// The end of that window.
    pub now: Timestamp,
    /// When to warn.
    pub limits: Limits,
}

/// What came of the attempts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// By lane, cheap to strong. A lane of the policy that was not used is here too.
    pub lanes: Vec<Row>,
    /// All lanes together.
    pub total: Row,
    /// By type of task, most dollars first. Unknown types are one of them.
    pub task_types: Vec<TypeRow>,
    /// Retries and overrides by lane, in the last window and in the one before.
    pub quality: Vec<Quality>,
    /// The classifier at the boundary of the first lane; none where it was never asked.
    pub boundary: Option<Boundary>,
    /// What to look at.
    pub warnings: Vec<Warning>,
}

/// Reports on the attempts. They are all there are, in the order they began: what is older than [`Frame::since`] still tells how long
/// the ledger has been kept, and what was tried again.
pub fn report(records: &[AttemptRecord], frame: &Frame<'_>) -> Report {
    let tasks = task::all(records);
    let shown: Vec<Task<'_>> = tasks.iter().filter_map(|task| task.since(frame.since)).collect();
    let names = names(&shown, frame.lanes);
    let all = row::total(&shown);
    let lanes: Vec<Row> = names.iter().map(|name| row::of_lane(&shown, name, &all)).collect();
    let quality: Vec<Quality> = names.iter().map(|name| quality::of_lane(&tasks, name, frame)).collect();
    let mut warnings = warning::shares(&shown, &lanes, records, frame);
    warnings.extend(quality.iter().filter_map(|one| quality::spike(&tasks, one, frame)));
    Report {
        lanes,
        total: all,
        task_types: row::of_types(&shown),
        quality,
        boundary: boundary::of(&shown, names.first()),
        warnings,
    }
}

/// The policy's lanes, then others in the order they were first used.
fn names(tasks: &[Task<'_>], lanes: &[String]) -> Vec<String> {
    let mut names = lanes.to_vec();
    let mut known: BTreeSet<&str> = lanes.iter().map(String::as_str).collect();
    for record in tasks.iter().flat_map(|task| &task.attempts) {
        let lane = record.attempt.route.lane.as_str();
        if known.insert(lane) {
            names.push(lane.to_owned());
        }
    }
    names
}

/// Dollars of attempts that have ended.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    known: Usd,
    unknown: bool,
}

impl Spent {
    fn of<'a>(records: impl IntoIterator<Item = &'a AttemptRecord>) -> Self {
        let mut spent = Self::default();
        for end in records.into_iter().filter_map(|record| record.end.as_ref()) {
            match end.usd {
                Some(usd) => spent.known += usd,
                None => spent.unknown = true,
            }
        }
        spent
    }

    /// None where a price is unknown.
    fn whole(self) -> Option<Usd> {
        (!self.unknown).then_some(self.known)
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Where a type stands in the policy's list: what breaks ties, so that a report is the same each time. Unknown is last.
fn place(kind: TaskType) -> usize {
    TaskType::ALL.iter().position(|one| *one == kind).unwrap_or(TaskType::ALL.len())
}

#[cfg(test)]
#[path = "lanes_tests.rs"]
mod tests;
