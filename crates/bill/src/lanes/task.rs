//! Attempts put together to tasks.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::{Outcome, TaskType, Timestamp};
use store::AttemptRecord;

/// The reason that a route has where a person set the policy's choice aside; behind it stands the lane that the policy had chosen.
pub const OVERRIDE: &str = "override:";

/// The same task begun anew so soon is a retry: somebody was not content. Later it is a task that comes again.
const RETRY_WITHIN: Duration = Duration::from_secs(24 * 3_600);

/// A turn's attempts at its task, in their order. Never empty.
#[derive(Clone, Debug)]
pub(super) struct Task<'a> {
    pub(super) attempts: Vec<&'a AttemptRecord>,
    /// Somebody asked for the same again, soon.
    pub(super) retried: bool,
}

/// All tasks, in the order they began.
pub(super) fn all(records: &[AttemptRecord]) -> Vec<Task<'_>> {
    let mut places: BTreeMap<(&str, u32), usize> = BTreeMap::new();
    let mut tasks: Vec<Task<'_>> = Vec::new();
    for record in records {
        let place = *places.entry((record.attempt.session.as_str(), record.attempt.turn)).or_insert_with(|| {
            tasks.push(Task { attempts: Vec::new(), retried: false });
            tasks.len() - 1
        });
        if let Some(task) = tasks.get_mut(place) {
            task.attempts.push(record);
        }
    }
    mark_retries(&mut tasks);
    tasks
}

/// A task is retried by the next one of the same fingerprint in the same repository.
fn mark_retries(tasks: &mut [Task<'_>]) {
    let mut newest: BTreeMap<(&str, &str), (usize, Timestamp)> = BTreeMap::new();
    let mut retried = Vec::new();
    for (place, task) in tasks.iter().enumerate() {
        let (Some(first), Some(last)) = (task.attempts.first(), task.attempts.last()) else { continue };
        let key = (first.attempt.task.as_str(), first.attempt.repository.as_str());
        let earlier = newest.insert(key, (place, last.attempt.at));
        retried.extend(earlier.filter(|(_, at)| first.attempt.at.since(*at) <= RETRY_WITHIN).map(|(place, _)| place));
    }
    for place in retried {
        if let Some(task) = tasks.get_mut(place) {
            task.retried = true;
        }
    }
}

impl<'a> Task<'a> {
    /// Only the attempts begun then or later; none where there are none.
    pub(super) fn since(&self, since: Option<Timestamp>) -> Option<Task<'a>> {
        let begun = |record: &&AttemptRecord| since.is_none_or(|since| record.attempt.at >= since);
        let attempts: Vec<&'a AttemptRecord> = self.attempts.iter().copied().filter(begun).collect();
        (!attempts.is_empty()).then_some(Task { attempts, retried: self.retried })
    }

    pub(super) fn begun(&self) -> Timestamp {
        self.attempts.first().map_or(Timestamp(0), |record| record.attempt.at)
    }

    /// The type that the first decision took it for.
    pub(super) fn kind(&self) -> TaskType {
        self.attempts.first().map_or(TaskType::Unknown, |record| record.attempt.route.task_type)
    }

    pub(super) fn in_lane(&self, lane: &str) -> impl Iterator<Item = &'a AttemptRecord> {
        self.attempts.iter().copied().filter(move |record| record.attempt.route.lane == lane)
    }

    pub(super) fn escalated_from(&self, lane: &str) -> bool {
        self.attempts.iter().any(|record| record.attempt.escalated_from.as_ref().is_some_and(|(from, _)| from == lane))
    }

    /// The lane that the policy had chosen, where a person set it aside.
    pub(super) fn overridden(&self) -> Option<&'a str> {
        let reasons = self.attempts.iter().flat_map(|record| &record.attempt.route.reasons);
        reasons.filter_map(|reason| reason.strip_prefix(OVERRIDE)).next()
    }

    /// The lane that retries and overrides speak of: the one that was set aside, else the one that had the last word.
    pub(super) fn home(&self) -> &'a str {
        let last = self.attempts.last().map_or("", |record| record.attempt.route.lane.as_str());
        self.overridden().unwrap_or(last)
    }

    /// Retries and overrides.
    pub(super) fn complaints(&self) -> u64 {
        u64::from(self.retried) + u64::from(self.overridden().is_some())
    }
}

/// Its checks passed.
pub(super) fn passed(record: &AttemptRecord) -> bool {
    record.end.as_ref().is_some_and(|end| end.passed == Some(true))
}

/// Rejected in a review, or rejected or reverted later. The newest word outranks the review.
pub(super) fn rejected(record: &AttemptRecord) -> bool {
    match record.outcome {
        Some((outcome, _)) => matches!(outcome, Outcome::Rejected | Outcome::Reverted),
        None => record.end.as_ref().is_some_and(|end| end.failure.as_deref() == Some("review_rejected")),
    }
}

/// Its checks passed, and nobody took that back.
pub(super) fn stands(record: &AttemptRecord) -> bool {
    passed(record) && !rejected(record)
}

/// What went wrong, in a word.
pub(super) fn failure(record: &AttemptRecord) -> Option<&str> {
    let late = match record.outcome {
        Some((outcome @ (Outcome::Rejected | Outcome::Reverted), _)) => Some(outcome.as_str()),
        _ => None,
    };
    record.end.as_ref().and_then(|end| end.failure.as_deref()).or(late)
}
