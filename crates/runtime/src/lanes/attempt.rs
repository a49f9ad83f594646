//! The row of an attempt: how it began, what the runtime saw of it, how it ended.

use std::collections::BTreeMap;

use protocol::event::{EventBody, SessionStatus};
use protocol::{Attempt, AttemptEnd, Block, Brain, FragmentKind, Item, LedgerRow, RowOutcome, Usage, Usd};
use routing::{RunResult, Trigger, asks_for_a_change};
use store::{AttemptFilter, AttemptRecord, Write};

use crate::agent::Agent;
use crate::error::RuntimeError;
use crate::session::{Core, TurnOutcome};
use crate::telemetry;

/// An attempt that is under way.
#[derive(Clone, Debug)]
pub(super) struct Running {
    /// Its row.
    pub(super) id: i64,
    pub(super) attempt: Attempt,
    /// The commands that its work was judged by, with what each came to; empty before.
    pub(super) checks: BTreeMap<String, bool>,
    /// Why the run looks like one that fails.
    pub(super) doubt: Option<String>,
}

impl Running {
    pub(super) fn again(id: i64, attempt: Attempt) -> Self {
        Self { id, attempt, checks: BTreeMap::new(), doubt: None }
    }
}

/// Fingerprint of a task: like ones share it, whatever their spaces and case.
pub fn fingerprint(task: &str) -> String {
    let words: Vec<String> = task.split_whitespace().map(str::to_lowercase).collect();
    blake3::hash(words.join(" ").as_bytes()).to_hex()[..16].to_owned()
}

/// What the user asked for in this turn, with what was said meanwhile.
pub(super) fn task_words(core: &Core, main: &Agent) -> String {
    let since = main.items.iter().rposition(|item| matches!(item, Item::User { .. })).unwrap_or_default();
    let mut words: Vec<String> = main.items[since..]
        .iter()
        .filter(|item| matches!(item, Item::User { .. } | Item::Fragment { kind: FragmentKind::Steering, .. }))
        .map(Item::plain_text)
        .collect();
    if words.is_empty() {
        // The window was closed since: what was asked is in the store.
        let inputs = core.store.inputs(&core.session, false).unwrap_or_default();
        words.extend(inputs.into_iter().next_back().map(|input| input.text));
    }
    words.join("\n\n")
}

/// The same as the first entry of another brain's window, with the images that were shown with it.
pub(super) fn task_item(core: &Core, main: &Agent, brain: &Brain) -> Item {
    let asked = main.items.iter().rfind(|item| matches!(item, Item::User { .. }));
    let shown = match asked {
        Some(Item::User { blocks }) => blocks.iter().filter(|block| matches!(block, Block::Image { .. })).cloned(),
        _ => return Item::user(task_words(core, main)),
    };
    let blocks = std::iter::once(Block::text(task_words(core, main))).chain(shown).collect();
    core.seen_by(brain, Item::User { blocks })
}

/// What a policy is told of an attempt.
pub(super) fn result(core: &Core, running: &Running, outcome: &TurnOutcome) -> Result<RunResult, RuntimeError> {
    let changed = matches!(outcome.status, SessionStatus::Verified | SessionStatus::Unverified);
    let seen = |command: &str, passed: bool| {
        let entry = core.team.verify.iter().find(|entry| entry.command == command);
        let name = entry.map_or(command, |entry| entry.name.as_str());
        (name.to_owned(), passed, core.policy.is_weak(name, command))
    };
    let checks: Vec<_> = running.checks.iter().map(|(command, passed)| seen(command, *passed)).collect();
    let since = running.attempt.at;
    let reports = core.store.delegations(&core.session)?.into_iter().filter(|record| record.opened_at >= since);
    let confidence = reports
        .filter_map(|record| record.closed)
        .filter_map(|closed| closed.report.and_then(|report| report.confidence))
        .map(|confidence| f64::from(confidence) / 100.0)
        .reduce(f64::min);
    let route = &running.attempt.route;
    let whole = core.attempts()?.into_iter().filter(|record| !record.end.as_ref().is_some_and(broke_off));
    let in_lane = whole.map(|record| record.attempt);
    let in_lane = in_lane.filter(|other| other.turn == running.attempt.turn && other.route.lane == route.lane).count();
    Ok(RunResult {
        changed,
        checks,
        confidence,
        review_rejected: false,
        attempts_in_lane: u32::try_from(in_lane).unwrap_or(u32::MAX),
        monitor: false,
        patch: changed || !asks_for_a_change(route.task_type),
        risk_lane: None,
    })
}

/// The row of an attempt as a write, with what is told of it.
pub(super) fn begun(attempt: Attempt) -> (Write, EventBody) {
    let routed = EventBody::RouteDecided {
        attempt: attempt.number,
        brain: attempt.brain.to_string(),
        route: attempt.route.clone(),
    };
    (Write::AttemptBegun(Box::new(attempt)), routed)
}

/// Whether an attempt ended before its work could be judged: it was interrupted, or its provider or its budget was gone.
pub(super) fn broke_off(end: &AttemptEnd) -> bool {
    const JUDGED: [&str; 5] = ["review_rejected", "failed_tests", "no_patch", "no_checks", "monitor"];
    end.failure.as_deref().is_some_and(|failure| !JUDGED.contains(&failure))
}

/// What went wrong, in a word; none where nothing did.
pub(super) fn failure(result: &RunResult) -> Option<&'static str> {
    if result.review_rejected {
        Some("review_rejected")
    } else if result.checks.iter().any(|(_, passed, _)| !passed) {
        Some("failed_tests")
    } else if !result.patch {
        Some("no_patch")
    } else if result.changed && result.checks.is_empty() {
        Some("no_checks")
    } else {
        None
    }
}

impl Core {
    /// The session's attempts, in order.
    pub(crate) fn attempts(&self) -> Result<Vec<AttemptRecord>, RuntimeError> {
        let of_session = AttemptFilter { session: Some(self.session.clone()), ..AttemptFilter::default() };
        Ok(self.store.attempts(&of_session)?)
    }

    /// Goes on with the attempt that a process before this one was at.
    pub(crate) fn resume_attempt(&self) -> Result<(), RuntimeError> {
        if self.lanes.setup.is_none() {
            return Ok(());
        }
        let Some(last) = self.attempts()?.pop() else { return Ok(()) };
        match last.end {
            None => self.lanes.set(Some(Running::again(last.id, last.attempt))),
            // What follows is an attempt of its own.
            Some(end) if broke_off(&end) => {
                let again = Attempt { number: last.attempt.number + 1, at: self.clock.now(), ..last.attempt };
                return self.begin_attempt(again);
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// Writes the row, and says where the task goes.
    pub(super) fn begin_attempt(&self, attempt: Attempt) -> Result<(), RuntimeError> {
        let (begun, routed) = begun(attempt);
        self.journal.commit(vec![begun], vec![(None, routed)])?;
        self.resume_attempt()
    }

    /// How it ended, as a write. It goes with what follows into one transaction: a process that dies has done both or neither.
    pub(super) fn ended(
        &self,
        running: &Running,
        result: &RunResult,
        plan_at_fault: bool,
    ) -> Result<Write, RuntimeError> {
        let failure = failure(result);
        let passed = match failure {
            // Nothing could tell, or there was nothing to check.
            Some("no_checks") => None,
            None if result.checks.is_empty() => None,
            failure => Some(failure.is_none()),
        };
        let end = self.end_of(running, passed, failure.map(str::to_owned))?;
        let end = AttemptEnd { plan_at_fault, ..end };
        Ok(Write::AttemptEnded { attempt: running.id, end: Box::new(end) })
    }

    /// The end of one that was left because its run looked like one that fails, as a write.
    pub(super) fn doubted(&self, running: &Running) -> Result<Write, RuntimeError> {
        self.left(running, Trigger::Monitor.as_str())
    }

    /// The end of one that was left before its work was judged, as a write.
    pub(super) fn left(&self, running: &Running, why: &str) -> Result<Write, RuntimeError> {
        let end = self.end_of(running, None, Some(why.to_owned()))?;
        Ok(Write::AttemptEnded { attempt: running.id, end: Box::new(end) })
    }

    /// The same where there is nothing to judge: the attempt broke off.
    pub(crate) fn attempt_broke_off(&self, why: &str) -> Result<(), RuntimeError> {
        let Some(running) = self.lanes.running() else { return Ok(()) };
        let end = self.end_of(&running, None, Some(why.to_owned()))?;
        self.store.end_attempt(running.id, &end)?;
        self.lanes.set(None);
        Ok(())
    }

    /// How an attempt ended; telemetry is told.
    fn end_of(
        &self,
        running: &Running,
        passed: Option<bool>,
        failure: Option<String>,
    ) -> Result<AttemptEnd, RuntimeError> {
        let since = running.attempt.at;
        let rows = self.store.ledger(&self.session)?;
        let rows: Vec<_> = rows.into_iter().filter(|row| row.at >= since).collect();
        // A call that failed without a token costs nothing, whatever its price.
        let free = |row: &LedgerRow| row.outcome != RowOutcome::Ok && row.usage == Usage::default();
        let usd: Option<Usd> = rows.iter().map(|row| row.usd.or(free(row).then_some(Usd::ZERO))).sum();
        let usage = rows.iter().fold(Usage::default(), |sum, row| sum + row.usage);
        let end = AttemptEnd {
            ms: u64::try_from(self.clock.now().since(since).as_millis()).unwrap_or(u64::MAX),
            usd,
            usage,
            checks: running.checks.iter().map(|(command, passed)| (command.clone(), *passed)).collect(),
            passed,
            failure,
            plan_at_fault: false,
        };
        telemetry::routed(&self.team.main().id, &running.attempt, &end, || self.in_the_last_lane(&rows));
        Ok(end)
    }

    /// What the same calls would have cost with the last lane's brain; none where its price is unknown.
    fn in_the_last_lane(&self, rows: &[LedgerRow]) -> Option<Usd> {
        let brain = &self.lanes.setup.as_ref()?.lanes.last()?.brain;
        rows.iter().map(|row| self.catalogue.cost(&brain.provider, &brain.model, &row.usage, row.at)).sum()
    }
}
