//! What happens to a task after a run in a lane: verification decides, never what the worker says of itself.

use crate::lanes::{ConfidenceUse, OnFailure, Trigger, place_of};
use crate::policy::Policy;

/// What a run showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunResult {
    /// Files changed.
    pub changed: bool,
    /// Checks that the program ran: name or command, whether it passed, and whether it proves little ([`Policy::is_weak`]).
    pub checks: Vec<(String, bool, bool)>,
    /// What the worker says of its own work, 0 to 1. It can lead to a stronger lane and to nothing else: it never stands in for
    /// a check.
    pub confidence: Option<f64>,
    /// The verifier, or a person, refused the patch.
    pub review_rejected: bool,
    /// Attempts in this lane, this one included.
    pub attempts_in_lane: u32,
    /// The monitor wants a stronger lane.
    pub monitor: bool,
    /// There is a patch where one was asked for ([`crate::asks_for_a_change`]); true where none was.
    pub patch: bool,
    /// The lane that the touched files ask for ([`Policy::lane_of_paths`]).
    pub risk_lane: Option<String>,
}

/// What happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the work stands.
    Done,
    /// One more try in the same lane, with what failed.
    Retry,
    /// On in a stronger lane, with the failing output and the diff, never with the transcript.
    Escalate {
        /// The lane.
        lane: String,
        /// What led there.
        trigger: Trigger,
    },
    /// A person has to look; why, in words.
    Person(String),
}

/// What happens next after a run in a lane.
pub fn next(policy: &Policy, lane: &str, result: &RunResult) -> Next {
    let listed = |trigger: &&Trigger| policy.routing.escalate_on.contains(trigger);
    let last = policy.lanes.len().saturating_sub(1);
    let place = place_of(&policy.lanes, lane).unwrap_or(last);
    let wanted = result.risk_lane.as_ref().and_then(|lane| place_of(&policy.lanes, lane));
    let risk = wanted.filter(|wanted| *wanted > place);
    let triggers = triggers(policy, result, risk.is_some());
    let failure = triggers.iter().find(|trigger| is_failure(**trigger));
    if place >= last {
        return failure.map_or(Next::Done, |failure| in_the_last_lane(policy, result, *failure));
    }
    let to = |place: usize, trigger: Trigger| match policy.lanes.get(place) {
        Some(lane) => Next::Escalate { lane: lane.name.clone(), trigger },
        None => Next::Person(format!("{trigger}: there is no stronger lane")),
    };
    // Nobody tries again in a lane that may not have these files.
    let risk = risk.filter(|_| listed(&&Trigger::RiskPath));
    let above = risk.unwrap_or(place + 1);
    let Some(failure) = failure else {
        return triggers.iter().find(listed).map_or(Next::Done, |trigger| to(above, *trigger));
    };
    let may_retry = policy.routing.on_failure == OnFailure::Retry && *failure != Trigger::NoPatch && risk.is_none();
    if may_retry && result.attempts_in_lane < 2 {
        return Next::Retry;
    }
    match triggers.iter().find(listed) {
        Some(trigger) if policy.routing.on_failure == OnFailure::Escalate => to(last, *trigger),
        Some(trigger) => to(above, *trigger),
        None => Next::Person(format!("{failure} in lane {lane}, and the policy does not escalate on that")),
    }
}

fn in_the_last_lane(policy: &Policy, result: &RunResult, failure: Trigger) -> Next {
    // Who was asked for a change and saw no need for one sees none when it is asked again.
    if failure != Trigger::NoPatch && result.attempts_in_lane < policy.routing.strong_attempts {
        return Next::Retry;
    }
    let times =
        if result.attempts_in_lane == 1 { "once".to_owned() } else { format!("{} times", result.attempts_in_lane) };
    Next::Person(format!("{failure}: the strongest lane failed {times}"))
}

/// What holds of a run, failures first. `risk`: it touched what asks for a stronger lane.
fn triggers(policy: &Policy, result: &RunResult, risk: bool) -> Vec<Trigger> {
    let holds = |trigger: &Trigger| match trigger {
        Trigger::FailedTests => result.checks.iter().any(|(_, passed, _)| !passed),
        Trigger::PatchRejected => result.review_rejected,
        Trigger::NoPatch => !result.patch,
        Trigger::RiskPath => risk,
        Trigger::NoChecks => result.changed && result.checks.is_empty(),
        Trigger::WeakChecks => result.changed && result.checks.iter().any(|(_, _, weak)| *weak),
        Trigger::LowConfidenceSummary => result.changed && is_unsure(policy, result.confidence),
        Trigger::Monitor => result.monitor,
    };
    Trigger::ALL.into_iter().filter(holds).collect()
}

/// The work itself is not there or not right; the other triggers only doubt it.
fn is_failure(trigger: Trigger) -> bool {
    matches!(trigger, Trigger::FailedTests | Trigger::PatchRejected | Trigger::NoPatch)
}

/// What is no number is no confidence at all.
fn is_unsure(policy: &Policy, confidence: Option<f64>) -> bool {
    let said = match (confidence, policy.routing.confidence) {
        (None, ConfidenceUse::Reported) => return false,
        (None, ConfidenceUse::Required) => 0.0,
        (Some(said), _) if !said.is_finite() => 0.0,
        (Some(said), _) => said,
    };
    said < policy.routing.min_confidence
}
