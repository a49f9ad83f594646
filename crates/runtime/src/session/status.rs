//! What a person sees of the agents' windows, and what a person can ask of them.

use std::sync::PoisonError;

use cache::economics::switching::SwitchCost;
use protocol::{AgentId, Brain, Decision, DecisionKind, Timestamp, Usage, Usd, WindowId};
use tokio_util::sync::CancellationToken;

use super::{Core, Session, settle_dangling};
use crate::agent::Agent;
use crate::compaction::{Compacted, KEEP, Standing, Why, again_at, compact};
use crate::error::RuntimeError;
use crate::switching::Wanted;

/// Where an agent's open window stands.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentStatus {
    /// Who.
    pub agent: AgentId,
    /// The window's name.
    pub window: WindowId,
    /// Its number, from 1.
    pub number: u64,
    /// Who serves it.
    pub brain: Brain,
    /// Who is to serve the next one, where that is another.
    pub wanted: Option<Brain>,
    /// Why.
    pub wanted_because: Option<String>,
    /// The brains it may move along.
    pub ladder: Vec<Brain>,
    /// Prompt tokens of its next request.
    pub context: u64,
    /// Prompt tokens at which it is closed at the next break.
    pub closes_at: u64,
    /// Most prompt tokens its model takes beside an answer.
    pub full: u64,
    /// Why the last try to close it came to nothing; none where it was not tried, or there was nothing to close.
    pub kept_because: Option<String>,
    /// Prompt tokens from which on that is tried again by itself; none where this process has not tried.
    pub again_at: Option<u64>,
    /// Tokens that should be in the provider's cache; 0 when it is cold.
    pub cached: u64,
    /// What is left of the cache's life, in milliseconds; none where it is cold or nothing is known.
    pub cache_left_ms: Option<u64>,
    /// How hard it has it, by the difficulty monitor.
    pub score: f64,
    /// Calls and bill of this session, as the ledger has them.
    pub usage: Usage,
    /// Dollars; none where a price is unknown.
    pub usd: Option<Usd>,
}

/// What became of a wish for another model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelWish {
    /// Who serves the open window.
    pub from: Brain,
    /// Who is to serve the next one.
    pub to: Brain,
    /// What it costs; none where a price is unknown.
    pub cost: Option<SwitchCost>,
    /// The next window is open already.
    pub done: bool,
    /// Why it is not, where it was to be opened at once.
    pub kept: Option<String>,
}

impl Session {
    /// Where an agent's window stands, of one that works right now as it was at its last step. Of the bill it says nothing: the store is not
    /// asked. None before its first window.
    pub fn standing(&self, agent: &AgentId) -> Option<AgentStatus> {
        let idle = self.core.idle_agents();
        let idle = idle.iter().find(|idle| idle.id() == agent).map(|idle| self.core.status_of(idle));
        idle.or_else(|| self.core.noted(agent))
    }

    /// Where the window of every agent stands that has worked so far; of one that works right now as it was at its last step.
    ///
    /// # Errors
    /// [`RuntimeError::Store`].
    pub fn status(&self) -> Result<Vec<AgentStatus>, RuntimeError> {
        let totals = self.core.store.totals(&self.core.session)?;
        // A session that was resumed has windows that nobody has woken yet.
        for spec in &self.core.team.agents {
            if !self.core.store.windows(&self.core.session, &spec.id)?.is_empty() {
                self.core.agent(spec)?;
            }
        }
        let agents = self.core.idle_agents();
        let mut all: Vec<AgentStatus> = agents.iter().map(|agent| self.core.status_of(agent)).collect();
        let idle: Vec<AgentId> = all.iter().map(|status| status.agent.clone()).collect();
        let busy = self.core.team.agents.iter().filter(|spec| !idle.contains(&spec.id));
        all.extend(busy.filter_map(|spec| self.core.noted(&spec.id)));
        for status in &mut all {
            if let Some(total) = totals.iter().find(|total| total.id == status.agent) {
                (status.usage, status.usd) = (total.usage, total.usd);
            }
            status.kept_because = self.core.kept_because(&status.agent, &status.window)?;
        }
        Ok(all)
    }

    /// Wants another brain for an agent's next window, and opens that window at once where `now` says so.
    ///
    /// # Errors
    /// [`RuntimeError::Setup`] for an agent or provider that is not there; what a compaction can fail with.
    pub async fn want_model(
        &self,
        agent: &AgentId,
        brain: Brain,
        now: bool,
        cancel: &CancellationToken,
    ) -> Result<ModelWish, RuntimeError> {
        let core = &self.core;
        core.client(&brain)?;
        let slot = core.agent(core.spec_of(agent)?)?;
        let mut agent = slot.lock().await;
        let cost = core.price_switch(&agent, &Standing::of(core, &agent), &brain);
        let from = agent.brain.clone();
        let because = "the user asked for it".to_owned();
        let decision = Decision {
            kind: DecisionKind::Switch,
            chosen: if now { "now" } else { "at_next_compaction" }.to_owned(),
            because: format!("{from} -> {brain}: {because}"),
            formula: SwitchCost::FORMULA.to_owned(),
            ..core.blank_decision(&agent)
        };
        let at = core.clock.now();
        let wanted = Wanted { brain: brain.clone(), urgent: now, now, by_monitor: false, because, at };
        core.want(&mut agent, wanted, decision)?;
        let (mut done, mut kept) = (false, None);
        if now && agent.wanted.is_some() {
            core.can_pay()?;
            settle_dangling(core, &mut agent)?;
            match compact(core, &mut agent, Why::Switch, cancel).await? {
                Compacted::Opened => done = true,
                Compacted::Kept(reason) => kept = Some(reason),
                Compacted::Nothing => {}
            }
        }
        Ok(ModelWish { from, to: brain, cost, done, kept })
    }

    /// Wants the team's own brains for the next windows of agents whose open window was begun with another: the models that a
    /// person names when a session goes on. Gives a sentence for each.
    ///
    /// # Errors
    /// [`RuntimeError::Store`]; [`RuntimeError::Setup`] for a provider that is not set up.
    pub fn want_own_brains(&self) -> Result<Vec<String>, RuntimeError> {
        let core = &self.core;
        let mut told = Vec::new();
        for spec in &core.team.agents {
            if core.store.windows(&core.session, &spec.id)?.is_empty() {
                continue;
            }
            let Ok(mut agent) = core.agent(spec)?.try_lock_owned() else { continue };
            if agent.brain == spec.brain || agent.wanted.as_ref().is_some_and(|wanted| wanted.brain == spec.brain) {
                continue;
            }
            let because = format!("{}: {} -> {} at the next compaction", spec.id, agent.brain, spec.brain);
            told.push(because.clone());
            let decision = Decision {
                kind: DecisionKind::Switch,
                chosen: "at_next_compaction".to_owned(),
                because: because.clone(),
                ..core.blank_decision(&agent)
            };
            let at = core.clock.now();
            let brain = spec.brain.clone();
            let wanted = Wanted { brain, urgent: false, now: false, by_monitor: false, because, at };
            core.want(&mut agent, wanted, decision)?;
        }
        Ok(told)
    }

    /// The brain of an agent's open window.
    ///
    /// # Errors
    /// [`RuntimeError::Setup`] for an agent that is not there.
    pub async fn brain_of(&self, agent: &AgentId) -> Result<Brain, RuntimeError> {
        let slot = self.core.agent(self.core.spec_of(agent)?)?;
        let agent = slot.lock().await;
        Ok(agent.brain.clone())
    }

    /// Closes an agent's window by hand. Tells what came of it in words.
    ///
    /// # Errors
    /// [`RuntimeError::Setup`] for an agent that is not there; what a compaction can fail with.
    pub async fn compact(
        &self,
        agent: &AgentId,
        focus: Option<String>,
        cancel: &CancellationToken,
    ) -> Result<String, RuntimeError> {
        let core = &self.core;
        let slot = core.agent(core.spec_of(agent)?)?;
        let mut agent = slot.lock().await;
        core.can_pay()?;
        settle_dangling(core, &mut agent)?;
        let before = core.context_tokens(&agent);
        Ok(match compact(core, &mut agent, Why::Manual(focus), cancel).await? {
            Compacted::Opened => format!(
                "window {} of {} is open with {} ({} tokens before, about {} now)",
                agent.window_seq,
                agent.id(),
                agent.brain,
                before,
                core.context_tokens(&agent)
            ),
            Compacted::Nothing => {
                format!("the history of {} is short ({before} tokens): nothing to compact", agent.id())
            }
            Compacted::Kept(reason) => format!("the history of {} stays: {reason}", agent.id()),
        })
    }
}

/// Where a window stood, and when.
#[derive(Debug)]
pub(crate) struct Noted {
    at: Timestamp,
    status: AgentStatus,
}

impl Core {
    /// Keeps where an agent's window stands, for whoever asks while it works.
    pub(crate) fn note_standing(&self, agent: &Agent) {
        let noted = Noted { at: self.clock.now(), status: self.status_of(agent) };
        self.standings.lock().unwrap_or_else(PoisonError::into_inner).insert(agent.id().clone(), noted);
    }

    /// Where an agent's window stood at its last step. A cache has lived on since.
    fn noted(&self, agent: &AgentId) -> Option<AgentStatus> {
        let standings = self.standings.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = standings.get(agent)?;
        let since = self.clock.now().since(noted.at).as_millis() as u64;
        let left = noted.status.cache_left_ms.and_then(|left| left.checked_sub(since));
        let cached = if left.is_some() || noted.status.cache_left_ms.is_none() { noted.status.cached } else { 0 };
        Some(AgentStatus { cache_left_ms: left, cached, ..noted.status.clone() })
    }

    fn status_of(&self, agent: &Agent) -> AgentStatus {
        let standing = Standing::of(self, agent);
        let now = self.clock.now();
        let expected = agent.forecast.expect(&agent.posture, now);
        let left = agent.forecast.life(&agent.posture).filter(|_| expected.cache_read > 0);
        let left = left.map(|life| agent.forecast.at.plus(life).since(now).as_millis() as u64);
        AgentStatus {
            agent: agent.id().clone(),
            window: agent.window_id.clone(),
            number: agent.window_seq,
            brain: agent.brain.clone(),
            wanted: agent.wanted.as_ref().map(|wanted| wanted.brain.clone()),
            wanted_because: agent.wanted.as_ref().map(|wanted| wanted.because.clone()),
            ladder: agent.spec.ladder.clone(),
            context: standing.context,
            closes_at: standing.closes_at(),
            full: standing.full,
            kept_because: None,
            again_at: again_at(agent, &standing),
            cached: expected.cache_read,
            cache_left_ms: left,
            score: agent.monitor.score(),
            usage: Usage::default(),
            usd: None,
        }
    }

    /// Why the window stayed when it was last tried to close it.
    fn kept_because(&self, agent: &AgentId, window: &WindowId) -> Result<Option<String>, RuntimeError> {
        let kept = self.store.last_decision(&self.session, agent, window, ("compact", KEEP))?;
        let kept = kept.and_then(|note| serde_json::from_str::<Decision>(&note.json).ok());
        Ok(kept.map(|decision| decision.because.trim_start_matches("the history stays: ").to_owned()))
    }

    /// What a person asks for by hand is paid from the same budget.
    pub(crate) fn can_pay(&self) -> Result<(), RuntimeError> {
        if self.has_dollars_left() {
            return Ok(());
        }
        Err(RuntimeError::Limit("the session's budget is used up: resume it with a higher --max-usd".to_owned()))
    }

    fn spec_of(&self, agent: &AgentId) -> Result<&team::AgentSpec, RuntimeError> {
        self.team.agent(agent).ok_or_else(|| {
            let known: Vec<&str> = self.team.agents.iter().map(|agent| agent.id.as_str()).collect();
            RuntimeError::Setup(format!("there is no agent `{agent}`; this team has {}", known.join(", ")))
        })
    }
}
