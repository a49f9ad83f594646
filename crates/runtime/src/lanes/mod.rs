//! A task in its lane: routed before the main agent has a window, judged by its checks, tried again, escalated to the next lane
//! with a clean context, or handed to a person. Every attempt is a row in the store; what is decided is `routing`'s.
//!
//! A lane is the main agent's brain for one task. Moving to another lane opens the main agent's next window with the task, what
//! failed and the diff: nothing of the failed lane's transcript crosses.

mod attempt;
mod choose;
mod classify;
mod review;

use std::sync::{Mutex, PoisonError};

use protocol::event::{EventBody, SessionStatus};
use protocol::{Attempt, Route, Signals};
use protocol::{Brain, Decision, DecisionKind, Item, Timestamp};
use routing::learned::Advisers;
use routing::{Hints, Label, Next, RunResult, Trigger, is_question, next};
use store::{AttemptFilter, AttemptRecord, Write};
use tokio_util::sync::CancellationToken;

use self::attempt::Running;
pub use self::attempt::fingerprint;
pub use self::choose::{Known, choose};
use crate::agent::{Agent, Opening};
use crate::compaction::{Why, compact};
use crate::error::RuntimeError;
use crate::fragments;
use crate::run::Scope;
use crate::session::{Core, Judged, TurnOutcome};
use crate::switching::Wanted;

/// A lane that can be used here.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Its name in the policy.
    pub name: String,
    /// Who works in it.
    pub brain: Brain,
    /// An independent reviewer looks at what passed its checks.
    pub review: bool,
}

/// Where tasks may go, and what is known of them before they begin. Given for sessions that are routed.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    /// Cheap to strong.
    pub lanes: Vec<Lane>,
    /// Who reviews, where that is somebody else than the last lane's brain.
    pub verifier: Option<Brain>,
    /// What the repository shows.
    pub signals: Signals,
    /// Touched files, for the checks that belong to them.
    pub paths: Vec<String>,
    /// What the caller says: may only raise.
    pub hints: Hints,
    /// The person named the lane.
    pub forced: Option<String>,
    /// Versions of the learned router.
    pub advisers: Advisers,
}

impl Lanes {
    /// Every brain that may be asked.
    pub fn brains(&self) -> impl Iterator<Item = &Brain> {
        self.lanes.iter().map(|lane| &lane.brain).chain(&self.verifier)
    }
}

/// The lanes of a session with what is going on in them.
#[derive(Default)]
pub(crate) struct Routed {
    pub(crate) setup: Option<Lanes>,
    running: Mutex<Option<Running>>,
}

impl Routed {
    pub(crate) fn new(setup: Option<Lanes>) -> Self {
        Self { setup, running: Mutex::default() }
    }

    /// Whether tasks of this session are sent to lanes.
    pub(crate) fn is_routed(&self) -> bool {
        self.setup.is_some()
    }

    fn running(&self) -> Option<Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, running: Option<Running>) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = running;
    }

    /// The lane that work is going on in.
    fn lane(&self) -> Option<&Lane> {
        let name = self.running()?.attempt.route.lane;
        self.setup.as_ref()?.lanes.iter().find(|lane| lane.name == name)
    }

    /// The run looks like one that fails.
    pub(crate) fn doubt(&self, because: &str) {
        if let Some(running) = self.running.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            running.doubt = Some(because.to_owned());
        }
    }

    /// Why somebody else should go on.
    pub(crate) fn doubted(&self) -> Option<String> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.doubt.take()
    }

    /// What a check came to, for the attempt's row.
    pub(crate) fn checked(&self, command: &str, passed: bool) {
        if let Some(running) = self.running.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            running.checks.insert(command.to_owned(), passed);
        }
    }
}

/// What follows an answer.
pub(crate) enum After {
    /// The turn is over.
    Over(TurnOutcome),
    /// The main agent was given something to go on with.
    Again,
}

impl Core {
    /// Routes a task, before anybody works on it. Nothing happens in a session without lanes.
    pub(crate) async fn route(&self, task: &str, cancel: &CancellationToken) -> Result<(), RuntimeError> {
        let Some(lanes) = &self.lanes.setup else { return Ok(()) };
        if let Some(open) = self.attempts()?.pop().filter(|last| last.end.is_none()) {
            let same = open.attempt.task == fingerprint(task);
            self.lanes.set(Some(Running::again(open.id, open.attempt)));
            if same {
                // A process decided this, and died before the task was saved.
                return Ok(());
            }
            self.attempt_broke_off("interrupted")?;
        }
        // What the classifier takes and costs is the task's.
        let at = self.clock.now();
        let cached = self.cached(task)?;
        let label = match cached.as_ref().and_then(|cached| cached.classifier.as_deref()) {
            Some(label) => Some(Label::read(label)),
            None => classify::label(self, lanes, task, cancel).await?,
        };
        let last = self.attempts()?.pop().map(|last| last.attempt);
        let route = self.decided(lanes, task, cached, label, last.as_ref())?;
        let Some(brain) = lanes.lanes.iter().find(|lane| lane.name == route.lane).map(|lane| lane.brain.clone()) else {
            let known: Vec<&str> = lanes.lanes.iter().map(|lane| lane.name.as_str()).collect();
            let words = format!("there is no lane `{}`; the policy has {}", route.lane, known.join(", "));
            return Err(RuntimeError::Setup(words));
        };
        self.begin_attempt(Attempt {
            session: self.session.clone(),
            turn: last.map_or(0, |last| last.turn) + 1,
            number: 1,
            task: fingerprint(task),
            repository: self.root.display().to_string(),
            route,
            brain,
            at,
            escalated_from: None,
        })
    }

    /// A later task of a session may need another lane than the one its window was opened in.
    pub(crate) async fn enter_lane(&self, main: &mut Agent, cancel: &CancellationToken) -> Result<(), RuntimeError> {
        let Some(brain) = self.lane_brain().filter(|brain| *brain != main.brain) else { return Ok(()) };
        let because = "the task goes to another lane".to_owned();
        let decision = Decision { chosen: brain.to_string(), because: because.clone(), ..self.blank_decision(main) };
        let at = self.clock.now();
        let wanted = Wanted { brain, urgent: true, now: true, by_monitor: false, because, at };
        self.want(main, wanted, decision)?;
        compact(self, main, Why::Switch, cancel).await.map(|_| ())
    }

    /// The decision about the newest run of a like task, where the policy lets it stand for some time: the classifier and the learned
    /// router are not asked again.
    fn cached(&self, task: &str) -> Result<Option<Route>, RuntimeError> {
        let minutes = u64::from(self.policy.routing.cache_ttl_minutes);
        if minutes == 0 {
            return Ok(None);
        }
        let since = Timestamp(self.clock.now().0.saturating_sub(minutes * 60_000));
        Ok(self.store.last_route(&fingerprint(task), self.policy.hash(), since)?)
    }

    fn decided(
        &self,
        lanes: &Lanes,
        task: &str,
        cached: Option<Route>,
        label: Option<Label>,
        last: Option<&Attempt>,
    ) -> Result<Route, RuntimeError> {
        let repository = self.root.display().to_string();
        let failures = self.store.failures_of(&fingerprint(task), &repository, Timestamp(0))?;
        let checks: Vec<String> = self.team.verify.iter().map(|entry| entry.command.clone()).collect();
        let known = Known {
            task,
            repository: &repository,
            checks: &checks,
            failures,
            label,
            sticky: last.map(|last| last.route.lane.as_str()),
        };
        Ok(choose(&self.policy, lanes, &known, cached))
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
            Some(end) if attempt::broke_off(&end) => {
                let again = Attempt { number: last.attempt.number + 1, at: self.clock.now(), ..last.attempt };
                return self.begin_attempt(again);
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// The brain of the main agent's first window.
    pub(crate) fn lane_brain(&self) -> Option<Brain> {
        self.lanes.lane().map(|lane| lane.brain.clone())
    }

    /// Whether the main agent works with its own hands from the start: in every lane but the last one, where nobody cheaper than
    /// itself is there to send.
    pub(crate) fn hands_are_open(&self, agent: &Agent) -> bool {
        let lane = self.lanes.lane().filter(|lane| lane.brain == agent.brain);
        self.is_main(agent.id()) && agent.turn.asked && lane.is_some_and(|lane| self.opens_hands(lane).is_some())
    }

    /// What is told in a lane with open hands.
    fn opens_hands(&self, lane: &Lane) -> Option<Item> {
        let last = self.lanes.setup.as_ref()?.lanes.last()?;
        (lane.name != last.name).then(fragments::open_hands)
    }

    /// What the main agent is told of its lane, once, behind the task.
    pub(crate) fn lane_words(&self, agent: &Agent) -> Option<Item> {
        let lane = self.lanes.lane().filter(|lane| self.is_main(agent.id()) && lane.brain == agent.brain)?;
        self.opens_hands(lane).filter(|_| !agent.spec.takes_over.is_empty())
    }

    /// Judges an answer: done, once more, the next lane, or a person.
    pub(crate) async fn after_attempt(
        &self,
        main: &mut Agent,
        judged: Judged,
        scope: &Scope,
    ) -> Result<After, RuntimeError> {
        let Judged { mut outcome, failing } = judged;
        let Some(running) = self.lanes.running() else { return self.judged_before(outcome).map(After::Over) };
        let mut failing = failing.unwrap_or_default();
        let mut result = attempt::result(self, &running, &outcome)?;
        result.patch |= is_question(&attempt::task_words(self, main));
        if outcome.status == SessionStatus::Verified
            && let Some(objections) = review::review(self, &running, scope).await?
        {
            result.review_rejected = true;
            failing = objections;
            outcome.status = SessionStatus::Unverified;
        }
        let next =
            self.unless_it_is_the_same(next(&self.policy, &running.attempt.route.lane, &result), &running, &result);
        let (word, because) = match &next {
            Next::Done => ("done".to_owned(), "passed".to_owned()),
            Next::Retry => ("retry".to_owned(), attempt::failure(&result).unwrap_or_default().to_owned()),
            Next::Escalate { lane, trigger } => (lane.clone(), trigger.to_string()),
            Next::Person(reason) => ("person".to_owned(), reason.clone()),
        };
        let (note, decided) = self.decision(&Decision {
            kind: DecisionKind::Escalate,
            chosen: word,
            because: format!("lane {}: {because}", running.attempt.route.lane),
            policy: self.policy.hash().to_owned(),
            ..self.blank_decision(main)
        });
        // One write with what follows from it.
        let mut writes = vec![note, self.ended(&running, &result)?];
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
                self.escalate(main, running.attempt, (&lane, trigger), &failing, (writes, decided)).await?;
                Ok(After::Again)
            }
        }
    }

    /// A lane with the very brain that did not do is no stronger one: who works alone has nobody to hand over to. A failure then goes
    /// to a person, and a doubt stays one.
    fn unless_it_is_the_same(&self, next: Next, running: &Running, result: &RunResult) -> Next {
        let Next::Escalate { lane, trigger } = &next else { return next };
        let known = self.lanes.setup.iter().flat_map(|setup| &setup.lanes);
        if !known.into_iter().any(|other| other.name == *lane && other.brain == running.attempt.brain) {
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

    /// A run that looks like one that fails goes on in the next lane, where the policy escalates on that and there is one.
    pub(crate) async fn escalate_doubted(&self, main: &mut Agent, because: &str) -> Result<(), RuntimeError> {
        let Some(running) = self.lanes.running() else { return Ok(()) };
        let listed = self.policy.routing.escalate_on.contains(&Trigger::Monitor);
        let above = self.policy.lane_above(&running.attempt.route.lane).filter(|_| listed);
        let Some(lane) = above.map(|lane| lane.name.clone()) else { return Ok(()) };
        if self
            .lanes
            .setup
            .iter()
            .flat_map(|setup| &setup.lanes)
            .any(|other| other.name == lane && other.brain == main.brain)
        {
            return Ok(());
        }
        let (note, decided) = self.decision(&Decision {
            kind: DecisionKind::Escalate,
            chosen: lane.clone(),
            because: format!("lane {}: {because}", running.attempt.route.lane),
            policy: self.policy.hash().to_owned(),
            ..self.blank_decision(main)
        });
        let writes = vec![note, self.doubted(&running)?];
        self.escalate(main, running.attempt, (&lane, Trigger::Monitor), "", (writes, decided)).await
    }

    /// The next lane starts with the task, what failed and the diff. They are the head of its window: one task goes on, with what
    /// its steps have used up so far. `with` goes into the same write.
    async fn escalate(
        &self,
        main: &mut Agent,
        failed: Attempt,
        (lane, trigger): (&str, Trigger),
        failing: &str,
        (mut writes, decided): (Vec<Write>, EventBody),
    ) -> Result<(), RuntimeError> {
        let target = self.lanes.setup.iter().flat_map(|setup| &setup.lanes).find(|known| known.name == lane);
        let Some(target) = target.cloned() else {
            return Err(RuntimeError::Setup(format!("the policy escalates to the lane `{lane}`, which is not set up")));
        };
        let diff = match self.turn_start().and_then(|start| start.tree) {
            Some(tree) => self.diff_since(&tree).await.unwrap_or_default(),
            None => String::new(),
        };
        let task = attempt::task_words(self, main);
        let from = (failed.route.lane.clone(), trigger.to_string());
        let reasons = vec![format!("escalated:{}:{trigger}", failed.route.lane)];
        let route = Route { lane: lane.to_owned(), reasons, ..failed.route.clone() };
        let next = Attempt {
            number: failed.number + 1,
            brain: target.brain.clone(),
            at: self.clock.now(),
            escalated_from: Some(from),
            route,
            ..failed
        };
        let mut head = vec![Item::user(task), fragments::escalated(trigger.as_str(), failing, &diff)];
        head.extend(self.output_schema.as_ref().map(fragments::answer_schema));
        head.extend(self.opens_hands(&target).filter(|_| !main.spec.takes_over.is_empty()));
        let (begun, routed) = attempt::begun(next);
        writes.push(begun);
        let events = vec![decided, routed];
        main.open_next(self, Opening { brain: target.brain, reason: "escalated", head, writes, events })?;
        self.resume_attempt()
    }

    /// The session's attempts, in order.
    pub(crate) fn attempts(&self) -> Result<Vec<AttemptRecord>, RuntimeError> {
        let of_session = AttemptFilter { session: Some(self.session.clone()), ..AttemptFilter::default() };
        Ok(self.store.attempts(&of_session)?)
    }
}

/// What the main agent is told before it tries again.
fn once_more(result: &RunResult, failing: &str) -> Item {
    match result.review_rejected || !result.patch {
        true => fragments::not_yet(failing),
        false => fragments::verification_failed(failing),
    }
}
