//! What follows an answer: done, once more, the next lane, or a person. The checks decide, and where the lane asks for it an independent
//! reviewer; what is decided is `routing`'s.

use protocol::event::{EventBody, SessionStatus};
use protocol::{Attempt, Item};
use routing::{Next, RunResult, is_question, next};

use super::attempt::{self, Running};
use super::escalate::Way;
use super::{After, review};
use crate::agent::Agent;
use crate::error::RuntimeError;
use crate::fragments;
use crate::run::Scope;
use crate::session::{Core, Judged, TurnOutcome};

impl Core {
    /// Judges an answer: done, once more, the next lane, or a person.
    pub(crate) async fn after_attempt(
        &self,
        main: &mut Agent,
        judged: Judged,
        scope: &Scope,
    ) -> Result<After, RuntimeError> {
        let Judged { mut outcome, failing, checks, touched } = judged;
        let Some(running) = self.lanes.running() else { return self.judged_before(outcome).map(After::Over) };
        let running = Running { checks, ..running };
        let mut failing = failing.unwrap_or_default();
        let mut result = attempt::result(self, &running, &outcome)?;
        result.risk_lane = self.lane_of_paths(&running, &touched);
        result.patch |= is_question(&attempt::task_words(self, main));
        if outcome.status == SessionStatus::Verified
            && let Some(objections) = review::review(self, main, &running, scope).await?
        {
            result.review_rejected = true;
            failing = objections;
            outcome.status = SessionStatus::Unverified;
        }
        let next =
            self.unless_it_is_the_same(next(&self.policy, &running.attempt.route.lane, &result), &running, &result);
        let fault = self.plan_at_fault(&running, &result)?;
        let (word, mut because) = match &next {
            Next::Done => ("done".to_owned(), "passed".to_owned()),
            Next::Retry => ("retry".to_owned(), attempt::failure(&result).unwrap_or_default().to_owned()),
            Next::Escalate { lane, trigger } => (lane.clone(), trigger.to_string()),
            Next::Person(reason) => ("person".to_owned(), reason.clone()),
        };
        if let Some(fault) = &fault {
            because.push_str(&format!("; the plan was at fault: {fault}"));
        }
        let (note, decided) = self.lane_decision(main, &running.attempt, &word, &because);
        // One write with what follows from it.
        let mut writes = vec![note, self.ended(&running, &result, fault.is_some())?];
        match next {
            // Nothing was decided: the row says it.
            Next::Done => {
                main.append(self, Vec::new(), writes.split_off(1), Vec::new())?;
                self.lanes.set(None);
                Ok(After::Over(outcome))
            }
            Next::Person(reason) => {
                let told = EventBody::Error {
                    code: "needs_person".to_owned(),
                    message: format!("{reason}: a person has to look at it"),
                    hint: format!(
                        "see what changed with `git diff`; `agent why {}` shows what was tried",
                        self.session
                    ),
                };
                main.append(self, Vec::new(), writes, vec![decided, told])?;
                self.lanes.set(None);
                Ok(After::Over(TurnOutcome { status: SessionStatus::Blocked, ..outcome }))
            }
            Next::Retry => {
                let again = Attempt { number: running.attempt.number + 1, at: self.clock.now(), ..running.attempt };
                let (begun, routed) = attempt::begun(again);
                writes.push(begun);
                main.append(self, vec![once_more(&result, &failing)], writes, vec![decided, routed])?;
                self.resume_attempt()?;
                Ok(After::Again)
            }
            Next::Escalate { lane, trigger } => {
                let way = Way::escalated(&lane, trigger, &failing);
                self.change_lane(main, running.attempt, &way, (writes, decided)).await?;
                Ok(After::Again)
            }
        }
    }

    /// The most demanding lane that a path rule asks for, of the files that the run touched: what it would touch was not known before. The
    /// rules have no say where a person named the lane.
    fn lane_of_paths(&self, running: &Running, touched: &[String]) -> Option<String> {
        if running.attempt.route.reasons.iter().any(|reason| reason.starts_with("forced:")) {
            return None;
        }
        self.policy.lane_of_paths(touched).map(str::to_owned)
    }

    /// A lane with the very brain that did not do is no stronger one: who works alone has nobody to hand over to. A failure then goes
    /// to a person, and a doubt stays one.
    fn unless_it_is_the_same(&self, next: Next, running: &Running, result: &RunResult) -> Next {
        let Next::Escalate { lane, trigger } = &next else { return next };
        if self.lanes.named(lane).is_none_or(|other| other.brain != running.attempt.brain) {
            return next;
        }
        match attempt::failure(result) {
            None | Some("no_checks") => Next::Done,
            Some(failure) => Next::Person(format!("{failure} ({trigger}): lane {lane} has the same model")),
        }
    }

    /// An answer that was judged already, as a session gives it again: what was left to a person still is.
    fn judged_before(&self, outcome: TurnOutcome) -> Result<TurnOutcome, RuntimeError> {
        let failed = self.attempts()?.pop().and_then(|last| last.end).is_some_and(|end| end.passed == Some(false));
        let blocked = failed && outcome.status == SessionStatus::Unverified;
        Ok(if blocked { TurnOutcome { status: SessionStatus::Blocked, ..outcome } } else { outcome })
    }
}

/// What the main agent is told before it tries again.
fn once_more(result: &RunResult, failing: &str) -> Item {
    match result.review_rejected || !result.patch {
        true => fragments::not_yet(failing),
        false => fragments::verification_failed(failing),
    }
}
