//! What a report warns of, and the types of task behind it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use protocol::{TaskType, Usd};
use serde::Serialize;
use store::AttemptRecord;

use super::task::Task;
use super::{Frame, Row, place};

/// How many types of task a warning names.
const TOP: usize = 3;

/// What a share is a share of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Attempts.
    Calls,
    /// Dollars.
    Dollars,
}

/// A type of task behind a warning.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Behind {
    /// The type.
    pub task_type: TaskType,
    /// Its part of what the warning is about, 0 to 1.
    pub share: f64,
}

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Warning {
    /// The last lane has too large a share.
    TierShare {
        /// The lane.
        lane: String,
        /// Of what.
        by: Measure,
        /// Its share, 0 to 1.
        share: f64,
        /// The limit.
        limit: f64,
        /// Attempts of all lanes.
        attempts: u64,
        /// The types that make it up, at most three.
        task_types: Vec<Behind>,
    },
    /// Retries and overrides rose.
    Spike {
        /// The lane.
        lane: String,
        /// Retries and overrides for a hundred tasks in the last window.
        per_hundred: f64,
        /// And in the window before.
        per_hundred_before: f64,
        /// Tasks of the last window.
        tasks: u64,
        /// Their retries and overrides.
        complaints: u64,
        /// The types that rose most, at most three.
        task_types: Vec<Behind>,
    },
}

/// The warnings about the last lane's share, by attempts and by dollars. A share is judged when the ledger has been kept for long enough
/// and there are enough attempts.
pub(super) fn shares(tasks: &[Task<'_>], lanes: &[Row], records: &[AttemptRecord], frame: &Frame<'_>) -> Vec<Warning> {
    let limits = &frame.limits;
    let attempts: u64 = lanes.iter().map(|row| row.attempts).sum();
    let kept = records.iter().map(|record| record.attempt.at).min().map(|first| frame.now.since(first));
    let long_enough = Duration::from_secs(u64::from(limits.after_hours) * 3_600);
    let last = frame.lanes.last().and_then(|name| lanes.iter().find(|row| row.lane == *name));
    let (Some(last), Some(kept)) = (last, kept) else { return Vec::new() };
    // One lane has all there is, and nothing else was to be chosen.
    if kept < long_enough || attempts < u64::from(limits.min_sample) || frame.lanes.len() < 2 {
        return Vec::new();
    }
    let measures = [(Measure::Calls, last.attempt_share), (Measure::Dollars, last.usd_share)];
    let above = measures.into_iter().filter_map(|(by, share)| Some((by, share?)));
    above
        .filter(|(_, share)| *share > limits.tier_share)
        .map(|(by, share)| Warning::TierShare {
            lane: last.lane.clone(),
            by,
            share,
            limit: limits.tier_share,
            attempts,
            task_types: behind(tasks, &last.lane, by),
        })
        .collect()
}

/// The types that make up a lane's attempts, or its dollars.
fn behind(tasks: &[Task<'_>], lane: &str, by: Measure) -> Vec<Behind> {
    let mut amounts: BTreeMap<usize, f64> = BTreeMap::new();
    for record in tasks.iter().flat_map(|task| task.in_lane(lane)) {
        let dollars = || record.end.as_ref().and_then(|end| end.usd).unwrap_or(Usd::ZERO).dollars();
        let amount = match by {
            Measure::Calls => 1.0,
            Measure::Dollars => dollars(),
        };
        *amounts.entry(place(record.attempt.route.task_type)).or_default() += amount;
    }
    top(amounts)
}

/// The largest of them above nothing, as shares of all above nothing.
pub(super) fn top(amounts: BTreeMap<usize, f64>) -> Vec<Behind> {
    let mut above: Vec<(usize, f64)> = amounts.into_iter().filter(|(_, amount)| *amount > 0.0).collect();
    let all: f64 = above.iter().map(|(_, amount)| amount).sum();
    above.sort_by(|(a, one), (b, other)| other.partial_cmp(one).unwrap_or(Ordering::Equal).then(a.cmp(b)));
    let name = |place: usize| TaskType::ALL.get(place).copied().unwrap_or_default();
    above.into_iter().take(TOP).map(|(at, amount)| Behind { task_type: name(at), share: amount / all }).collect()
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task_types = match self {
            Self::TierShare { lane, by, share, limit, attempts, task_types } => {
                let of = match by {
                    Measure::Calls => "attempts",
                    Measure::Dollars => "dollars",
                };
                let (share, limit) = (share * 100.0, limit * 100.0);
                write!(
                    f,
                    "lane {lane} has {share:.1} % of the {of}, above the limit of {limit:.1} % ({attempts} attempts in all)"
                )?;
                task_types
            }
            Self::Spike { lane, per_hundred, per_hundred_before, tasks, complaints, task_types } => {
                write!(
                    f,
                    "lane {lane} had {per_hundred:.1} retries and overrides per 100 tasks ({complaints} of {tasks}), \
                     {per_hundred_before:.1} in the window before"
                )?;
                task_types
            }
        };
        let named: Vec<String> =
            task_types.iter().map(|one| format!("{} ({:.0} %)", one.task_type, one.share * 100.0)).collect();
        if named.is_empty() { Ok(()) } else { write!(f, "; behind it: {}", named.join(", ")) }
    }
}
