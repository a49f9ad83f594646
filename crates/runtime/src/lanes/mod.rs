//! A task in its lane: routed before the main agent has a window, judged by its checks, tried again, escalated to the next lane
//! with a clean context, or handed to a person. Every attempt is a row in the store; what is decided is `routing`'s.
//!
//! A lane is the main agent's brain for one task. Moving to another lane opens the main agent's next window with the task, what
//! failed and the diff: nothing of the failed lane's transcript crosses.

mod attempt;
mod caps;
mod choose;
mod classify;
mod escalate;
mod fallback;
mod fault;
mod judge;
mod review;
mod sight;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use protocol::{Attempt, Brain, Decision, Item, Route, SessionId, Signals, Timestamp};
use routing::learned::Advisers;
use routing::{Hints, Label, drawn};
use tokio_util::sync::CancellationToken;

use self::attempt::Running;
pub use self::attempt::fingerprint;
pub use self::choose::{Known, choose};
pub use self::sight::{Look, Sight};
use crate::agent::Agent;
use crate::compaction::{Why, compact};
use crate::error::RuntimeError;
use crate::fragments;
use crate::session::{Core, TurnOutcome};
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
    /// Lanes with several brains: by name those among whom a session's is drawn, each with its weight.
    pub shuffle: BTreeMap<String, Vec<(Brain, u32)>>,
    /// Who reviews, where that is somebody else than the last lane's brain.
    pub verifier: Option<Brain>,
    /// What the repository shows.
    pub signals: Signals,
    /// Touched files, for the checks that belong to them.
    pub paths: Vec<String>,
    /// Gives signals, paths and advisers anew for every task; without it they stay as they are.
    pub look: Option<Look>,
    /// What the caller says of the first task: may only raise.
    pub hints: Hints,
    /// The lane that the person named for the first task.
    pub forced: Option<String>,
    /// Versions of the learned router.
    pub advisers: Advisers,
    /// How long a task waits for the classifier; none for ten seconds.
    pub patience: Option<Duration>,
}

impl Lanes {
    /// Every brain that may be asked.
    pub fn brains(&self) -> impl Iterator<Item = &Brain> {
        let shuffled = self.shuffle.values().flatten().map(|(brain, _)| brain);
        self.lanes.iter().map(|lane| &lane.brain).chain(shuffled).chain(&self.verifier)
    }

    /// The lanes as one session has them: of several brains of a lane it always has the same one, drawn by weight from its id, so that
    /// its caches stay and a resume finds the brain that it left.
    fn of_session(mut self, session: &SessionId) -> Self {
        for lane in &mut self.lanes {
            let Some(brains) = self.shuffle.get(&lane.name) else { continue };
            let weights: Vec<u32> = brains.iter().map(|(_, weight)| *weight).collect();
            let hash = blake3::hash(format!("{session} {}", lane.name).as_bytes());
            let number = hash.as_bytes().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
            if let Some((brain, _)) = drawn(&weights, number).and_then(|place| brains.get(place)) {
                lane.brain = brain.clone();
            }
        }
        self
    }
}

/// The lanes of a session with what is going on in them.
#[derive(Default)]
pub(crate) struct Routed {
    pub(crate) setup: Option<Lanes>,
    running: Mutex<Option<Running>>,
}

impl Routed {
    pub(crate) fn new(setup: Option<Lanes>, session: &SessionId) -> Self {
        Self { setup: setup.map(|lanes| lanes.of_session(session)), running: Mutex::default() }
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
        self.named(&self.running()?.attempt.route.lane)
    }

    fn named(&self, name: &str) -> Option<&Lane> {
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
        let last = self.attempts()?.pop().map(|last| last.attempt);
        let lanes = &lanes.for_task(last.is_none()).await?;
        let cached = self.cached(task)?;
        let label = match cached.as_ref().and_then(|cached| cached.classifier.as_deref()) {
            Some(label) => Some(Label::read(label)),
            None => classify::label(self, lanes, task, cancel).await?,
        };
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
        let repository = self.root.display().to_string();
        let last = self.store.last_route(&fingerprint(task), &repository, self.policy.hash(), since)?;
        // What a hint claimed, a person named or a draw was to find out was for that one run.
        const OF_ONE_RUN: [&str; 4] = ["hint:", "hint_refused:", "explored:", "forced:"];
        let of_one_run = |reason: &String| OF_ONE_RUN.iter().any(|rule| reason.starts_with(rule));
        Ok(last.filter(|route| !route.reasons.iter().any(of_one_run)))
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
}

#[cfg(test)]
#[path = "lanes_tests.rs"]
mod tests;
