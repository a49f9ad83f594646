//! From one lane to another: the next window begins with the task, what failed and the diff. Nothing else of the lane that was left
//! crosses, neither its transcript nor what it was granted, nor what its run looked like.

use protocol::event::EventBody;
use protocol::{Attempt, Decision, DecisionKind, Item, Route};
use routing::{CHECKS_BY_PATH, Trigger};
use store::Write;

use super::attempt;
use crate::agent::{Agent, Opening};
use crate::error::RuntimeError;
use crate::fragments;
use crate::session::Core;

/// Why a lane is left, and for which.
pub(super) struct Way<'a> {
    /// The lane that goes on.
    pub(super) to: &'a str,
    /// In a word: a trigger of the policy, or the kind of a provider's error.
    pub(super) why: &'a str,
    /// What it is called in a route's reasons and as the reason of the window.
    pub(super) word: &'static str,
    /// What failed, for the one who goes on.
    pub(super) failing: &'a str,
}

impl<'a> Way<'a> {
    /// The work was not good enough, or looks as if it will not be.
    pub(super) fn escalated(to: &'a str, trigger: Trigger, failing: &'a str) -> Self {
        Self { to, why: trigger.as_str(), word: fragments::ESCALATED, failing }
    }

    /// Nobody answered.
    pub(super) fn fallback(to: &'a str, why: &'a str) -> Self {
        Self { to, why, word: fragments::FALLBACK, failing: "" }
    }

    fn told(&self, diff: &str) -> Item {
        match self.word {
            fragments::FALLBACK => fragments::fell_back(self.why, diff),
            _ => fragments::escalated(self.why, self.failing, diff),
        }
    }
}

impl Core {
    /// A run that looks like one that fails goes on in the next lane, where the policy escalates on that and there is one.
    pub(crate) async fn escalate_doubted(&self, main: &mut Agent, because: &str) -> Result<(), RuntimeError> {
        let Some(running) = self.lanes.running() else { return Ok(()) };
        let listed = self.policy.routing.escalate_on.contains(&Trigger::Monitor);
        let above = self.policy.lane_above(&running.attempt.route.lane).filter(|_| listed);
        let Some(lane) = above.map(|lane| lane.name.clone()) else { return Ok(()) };
        if self.lanes.named(&lane).is_some_and(|other| other.brain == main.brain) {
            return Ok(());
        }
        let (note, decided) = self.lane_decision(main, &running.attempt, &lane, because);
        let writes = vec![note, self.doubted(&running)?];
        let way = Way::escalated(&lane, Trigger::Monitor, "");
        self.change_lane(main, running.attempt, &way, (writes, decided)).await
    }

    /// A decision about the lane of an attempt, as a write and as what is told of it.
    pub(super) fn lane_decision(
        &self,
        main: &Agent,
        attempt: &Attempt,
        chosen: &str,
        because: &str,
    ) -> (Write, EventBody) {
        self.decision(&Decision {
            kind: DecisionKind::Escalate,
            chosen: chosen.to_owned(),
            because: format!("lane {}: {because}", attempt.route.lane),
            policy: self.policy.hash().to_owned(),
            ..self.blank_decision(main)
        })
    }

    /// Another lane starts with the task, what failed and the diff. They are the head of its window: one task goes on, with what its
    /// steps have used up so far. The writes and the event go into the same transaction.
    pub(super) async fn change_lane(
        &self,
        main: &mut Agent,
        left: Attempt,
        way: &Way<'_>,
        (mut writes, decided): (Vec<Write>, EventBody),
    ) -> Result<(), RuntimeError> {
        let Some(target) = self.lanes.named(way.to).cloned() else {
            let words = format!("the policy leads to the lane `{}`, which is not set up", way.to);
            return Err(RuntimeError::Setup(words));
        };
        let diff = match self.turn_start().and_then(|start| start.tree) {
            Some(tree) => self.diff_since(&tree).await.unwrap_or_default(),
            None => String::new(),
        };
        let mut head = vec![attempt::task_item(self, main, &target.brain), way.told(&diff)];
        head.extend(self.output_schema.as_ref().map(fragments::answer_schema));
        head.extend(self.opens_hands(&target).filter(|_| !main.spec.takes_over.is_empty()));
        let mut reasons = vec![format!("{}:{}:{}", way.word, left.route.lane, way.why)];
        reasons.extend(left.route.reasons.iter().filter(|reason| reason.starts_with(CHECKS_BY_PATH)).cloned());
        let next = Attempt {
            number: left.number + 1,
            brain: target.brain.clone(),
            at: self.clock.now(),
            escalated_from: Some((left.route.lane.clone(), way.why.to_owned())),
            route: Route { lane: target.name.clone(), reasons, ..left.route.clone() },
            ..left
        };
        let (begun, routed) = attempt::begun(next);
        writes.push(begun);
        let events = vec![decided, routed];
        main.open_next(self, Opening { brain: target.brain, reason: way.word, head, writes, events })?;
        main.turn.lane_left();
        self.resume_attempt()
    }
}
