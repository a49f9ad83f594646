//! The lines of the tables.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use protocol::{TaskType, Usd};
use serde::Serialize;
use store::AttemptRecord;

use super::task::{Task, failure, rejected, stands};
use super::{Spent, place, share};

/// A lane, or all of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its name; empty for all lanes.
    pub lane: String,
    /// Attempts begun.
    pub attempts: u64,
    /// Tasks that had an attempt here.
    pub tasks: u64,
    /// Attempts of which something could tell whether they passed.
    pub judged: u64,
    /// Those whose checks passed, and that nobody rejected since.
    pub passed: u64,
    /// Their share of the judged, 0 to 1; none without any.
    pub pass_rate: Option<f64>,
    /// Tasks that went on in a stronger lane.
    pub escalated: u64,
    /// Their share of the tasks, 0 to 1; none without any.
    pub escalation_rate: Option<f64>,
    /// Median of the time from the beginning to the last check, in milliseconds; none where no attempt has ended.
    pub median_ms: Option<u64>,
    /// Attempts that a review, a person or the repository rejected.
    pub rejected: u64,
    /// Their share of the attempts that ended, 0 to 1; none without any.
    pub rejection_rate: Option<f64>,
    /// Dollars of the attempts that ended, failed ones as well; none where a price is unknown.
    pub usd: Option<Usd>,
    /// The part of it whose price is known.
    pub usd_at_least: Usd,
    /// Dollars for each task that passed here and was not rejected since; none without any, or where a price is unknown.
    pub usd_per_passed_task: Option<Usd>,
    /// Share of all attempts, 0 to 1.
    pub attempt_share: Option<f64>,
    /// Share of all dollars whose price is known, 0 to 1.
    pub usd_share: Option<f64>,
    /// The most frequent type of task.
    pub typical_use: Option<TaskType>,
    /// The most frequent failure.
    pub common_failure: Option<String>,
}

/// A type of task, over all lanes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TypeRow {
    /// The type.
    pub task_type: TaskType,
    /// Tasks.
    pub tasks: u64,
    /// Attempts at them.
    pub attempts: u64,
    /// Tasks that passed and were not rejected since.
    pub passed: u64,
    /// Dollars; none where a price is unknown.
    pub usd: Option<Usd>,
    /// The part of it whose price is known.
    pub usd_at_least: Usd,
    /// Dollars for each task; none where a price is unknown.
    pub usd_per_task: Option<Usd>,
    /// Dollars for each task that passed; none without any, or where a price is unknown.
    pub usd_per_passed_task: Option<Usd>,
}

/// The middle of the values, the mean of the two middle ones of an even count, none of none.
pub fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    let half = values.len() / 2;
    let upper = *values.get(half)?;
    match values.len() % 2 {
        1 => Some(upper),
        _ => values.get(half - 1).map(|lower| lower.midpoint(upper)),
    }
}

/// The line of one lane. `all` is that of all lanes.
pub(super) fn of_lane<'a>(tasks: &[Task<'a>], lane: &str, all: &Row) -> Row {
    let of_it = |task: &Task<'a>| -> Vec<&'a AttemptRecord> { task.in_lane(lane).collect() };
    let mut row = row(lane, tasks, of_it, |task| task.escalated_from(lane));
    row.attempt_share = share(row.attempts, all.attempts);
    row.usd_share = dollar_share(row.usd_at_least, all.usd_at_least);
    row
}

/// The line of all lanes together.
pub(super) fn total(tasks: &[Task<'_>]) -> Row {
    let escalated = |task: &Task<'_>| task.attempts.iter().any(|record| record.attempt.escalated_from.is_some());
    let mut row = row("", tasks, |task| task.attempts.clone(), escalated);
    row.attempt_share = share(row.attempts, row.attempts);
    row.usd_share = dollar_share(row.usd_at_least, row.usd_at_least);
    row
}

fn row<'a>(
    lane: &str,
    tasks: &[Task<'a>],
    of_it: impl Fn(&Task<'a>) -> Vec<&'a AttemptRecord>,
    escalated: impl Fn(&Task<'a>) -> bool,
) -> Row {
    let own: Vec<(&Task<'a>, Vec<&AttemptRecord>)> =
        tasks.iter().map(|task| (task, of_it(task))).filter(|(_, own)| !own.is_empty()).collect();
    let records: Vec<&AttemptRecord> = own.iter().flat_map(|(_, own)| own.iter().copied()).collect();
    let count = |wanted: &dyn Fn(&AttemptRecord) -> bool| records.iter().filter(|one| wanted(one)).count() as u64;
    let (attempts, tasks) = (records.len() as u64, own.len() as u64);
    let judged = count(&|one| one.end.as_ref().is_some_and(|end| end.passed.is_some()));
    let ended = count(&|one| one.end.is_some());
    let (passed, rejected) = (count(&stands), count(&rejected));
    let escalated = own.iter().filter(|(task, _)| escalated(task)).count() as u64;
    let standing = own.iter().filter(|(_, own)| own.iter().any(|one| stands(one))).count() as u64;
    let spent = Spent::of(records.iter().copied());
    Row {
        lane: lane.to_owned(),
        attempts,
        tasks,
        judged,
        passed,
        pass_rate: share(passed, judged),
        escalated,
        escalation_rate: share(escalated, tasks),
        median_ms: median(records.iter().filter_map(|one| one.end.as_ref()).map(|end| end.ms).collect()),
        rejected,
        rejection_rate: share(rejected, ended),
        usd: spent.whole(),
        usd_at_least: spent.known,
        usd_per_passed_task: spent.whole().and_then(|usd| each(usd, standing)),
        attempt_share: None,
        usd_share: None,
        typical_use: most(records.iter().map(|one| one.attempt.route.task_type), place),
        common_failure: most(records.iter().filter_map(|one| failure(one)), |name| name).map(str::to_owned),
    }
}

/// The lines of the types, most dollars first.
pub(super) fn of_types(tasks: &[Task<'_>]) -> Vec<TypeRow> {
    let mut by_type: BTreeMap<usize, Vec<&Task<'_>>> = BTreeMap::new();
    for task in tasks {
        by_type.entry(place(task.kind())).or_default().push(task);
    }
    let mut rows: Vec<TypeRow> = by_type.values().filter_map(|own| of_type(own)).collect();
    rows.sort_by_key(|row| Reverse(row.usd_at_least));
    rows
}

fn of_type(own: &[&Task<'_>]) -> Option<TypeRow> {
    let task_type = own.first()?.kind();
    let spent = Spent::of(own.iter().flat_map(|task| task.attempts.iter().copied()));
    let tasks = own.len() as u64;
    let passed = own.iter().filter(|task| task.attempts.iter().any(|one| stands(one))).count() as u64;
    Some(TypeRow {
        task_type,
        tasks,
        attempts: own.iter().map(|task| task.attempts.len() as u64).sum(),
        passed,
        usd: spent.whole(),
        usd_at_least: spent.known,
        usd_per_task: spent.whole().and_then(|usd| each(usd, tasks)),
        usd_per_passed_task: spent.whole().and_then(|usd| each(usd, passed)),
    })
}

/// An equal part for each of so many.
fn each(usd: Usd, of: u64) -> Option<Usd> {
    i64::try_from(of).ok().and_then(|of| usd.picos().checked_div(of)).map(Usd::from_picos)
}

fn dollar_share(part: Usd, whole: Usd) -> Option<f64> {
    (whole > Usd::ZERO).then(|| part.picos() as f64 / whole.picos() as f64)
}

/// The most frequent value; of several the one that stands first.
fn most<T: Copy, K: Ord>(values: impl Iterator<Item = T>, key: impl Fn(T) -> K) -> Option<T> {
    let mut counts: BTreeMap<K, (u64, T)> = BTreeMap::new();
    for value in values {
        counts.entry(key(value)).or_insert((0, value)).0 += 1;
    }
    counts.into_iter().min_by(|(a, (n, _)), (b, (m, _))| m.cmp(n).then(a.cmp(b))).map(|(_, (_, value))| value)
}
