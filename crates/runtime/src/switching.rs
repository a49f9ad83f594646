//! Which brain an agent's next window shall have. Wishes come from the monitor, from failed delegations and from the person; none
//! of them changes the open window.

use cache::economics::switching::{SwitchCost, SwitchInput, switch_cost};
use protocol::{Brain, Decision, DecisionKind, Timestamp};
use routing::{StepFacts, Want};
use serde::{Deserialize, Serialize};
use store::Write;

use crate::agent::Agent;
use crate::compaction::Standing;
use crate::error::RuntimeError;
use crate::session::Core;

/// Name of the note that keeps a wanted brain; its JSON is null when the wish was granted.
pub(crate) const WANTED_NOTE: &str = "wanted_brain";

/// Name of the note that keeps the difficulty monitor's state.
pub(crate) const MONITOR_NOTE: &str = "monitor";

/// Tokens generated per call where a switch is priced (the cost model's assumption).
const OUTPUT_PER_CALL: u64 = 500;

/// A brain wanted for the next window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    /// Which.
    pub(crate) brain: Brain,
    /// It may bring the compaction forward, where that pays.
    pub(crate) urgent: bool,
    /// It brings the compaction forward whatever it costs: a person said so, or safety asks for it.
    pub(crate) now: bool,
    /// The difficulty monitor wants it, and may take it back.
    pub(crate) by_monitor: bool,
    /// Why, in a sentence.
    pub(crate) because: String,
    /// Since when.
    pub(crate) at: Timestamp,
}

impl Core {
    /// Queues a brain for an agent's next window. The brain it has takes a wish back; where there is none, nothing changes and
    /// nothing is recorded.
    pub(crate) fn want(&self, agent: &mut Agent, wanted: Wanted, mut decision: Decision) -> Result<(), RuntimeError> {
        let granted = wanted.brain == agent.brain;
        if granted && agent.wanted.is_none() {
            return Ok(());
        }
        let wanted = (!granted).then_some(wanted);
        decision.numbers.extend(self.switch_cost(agent, wanted.as_ref().map(|wanted| &wanted.brain)));
        let (note, event) = self.decision(&decision);
        let writes = vec![self.note(agent.id(), WANTED_NOTE, &wanted), note];
        self.journal.commit(writes, vec![(Some(agent.id().clone()), event)])?;
        agent.wanted = wanted;
        Ok(())
    }

    /// Takes back the wish for a brain whose provider is not set up in this process: the window goes on with the one it has.
    pub(crate) fn forget_unreachable(&self, agent: &mut Agent) -> Result<(), RuntimeError> {
        let Some(brain) = agent.wanted.as_ref().map(|wanted| wanted.brain.clone()) else { return Ok(()) };
        if self.client(&brain).is_ok() {
            return Ok(());
        }
        let words =
            format!("{} stays with {}: no provider is set up here for the wanted {brain}", agent.id(), agent.brain);
        self.notice(&words);
        let decision = Decision { chosen: "stay".to_owned(), because: words, ..self.blank_decision(agent) };
        let (note, event) = self.decision(&decision);
        let writes = vec![self.note(agent.id(), WANTED_NOTE, &None::<Wanted>), note];
        self.journal.commit(writes, vec![(Some(agent.id().clone()), event)])?;
        agent.wanted = None;
        Ok(())
    }

    fn switch_cost(&self, agent: &Agent, to: Option<&Brain>) -> std::collections::BTreeMap<String, f64> {
        let standing = Standing::of(self, agent);
        to.and_then(|to| self.price_switch(agent, &standing, to)).map(|cost| cost.numbers()).unwrap_or_default()
    }

    /// What another brain would cost, now and at the next compaction; none where a price is unknown.
    pub(crate) fn price_switch(&self, agent: &Agent, standing: &Standing, to: &Brain) -> Option<SwitchCost> {
        let until_compaction = standing.closes_at().saturating_sub(standing.context) / standing.shape.per_call.max(1);
        Some(switch_cost(&SwitchInput {
            from: standing.prices?,
            to: self.prices(to, standing.shape.base)?,
            kappa: self.ratio(&to.model) / self.ratio(&agent.brain.model),
            context: standing.context,
            per_call: standing.shape.per_call,
            output: OUTPUT_PER_CALL,
            remaining_calls: until_compaction,
            warm: !self.is_cold(agent),
            shape: standing.shape_now(),
            static_hit: 0,
        }))
    }

    /// Whether an urgent wish is worth closing the window for.
    pub(crate) fn switch_pays_now(&self, agent: &Agent, standing: &Standing, to: &Brain) -> bool {
        self.price_switch(agent, standing, to).is_some_and(|cost| cost.pays)
    }

    /// Scores the step that has just ended. What the monitor wants becomes a wish for the next window; what it no longer wants
    /// is taken back. A person's wish stands.
    pub(crate) fn watch(&self, agent: &mut Agent, facts: &StepFacts) -> Result<Write, RuntimeError> {
        let verdict = agent.monitor.observe(&self.policy.monitor, facts);
        let state = self.note(agent.id(), MONITOR_NOTE, &agent.monitor);
        if agent.wanted.as_ref().is_some_and(|wanted| !wanted.by_monitor) {
            return Ok(state);
        }
        let brain = match verdict.wants {
            Want::Stay => agent.wanted.as_ref().map(|_| agent.brain.clone()),
            Want::Up => neighbour(&agent.spec.ladder, &agent.brain, true),
            Want::Down => neighbour(&agent.spec.ladder, &agent.brain, false),
        };
        let standing = agent.wanted.as_ref().map(|wanted| (&wanted.brain, wanted.urgent));
        if let Some(brain) = brain.filter(|brain| standing != Some((brain, verdict.urgent))) {
            let decision = Decision {
                kind: DecisionKind::Escalate,
                chosen: verdict.wants.as_str().to_owned(),
                because: verdict.because.clone(),
                formula: routing::FORMULA.to_owned(),
                numbers: verdict.numbers(),
                policy: self.policy.hash().to_owned(),
                ..self.blank_decision(agent)
            };
            let because = format!("{}: {}", agent.brain, verdict.because);
            let (urgent, at) = (verdict.urgent, self.clock.now());
            let wanted = Wanted { brain, urgent, now: false, by_monitor: true, because, at };
            self.want(agent, wanted, decision)?;
        }
        Ok(state)
    }

    /// A decision about an agent with nothing in it yet.
    pub(crate) fn blank_decision(&self, agent: &Agent) -> Decision {
        Decision {
            kind: DecisionKind::Switch,
            agent: agent.id().clone(),
            step: agent.steps,
            window: agent.window_id.clone(),
            delegation: None,
            chosen: String::new(),
            because: String::new(),
            formula: String::new(),
            policy: String::new(),
            numbers: std::collections::BTreeMap::new(),
        }
    }
}

/// The next rung, in either direction.
pub(crate) fn neighbour(ladder: &[Brain], from: &Brain, up: bool) -> Option<Brain> {
    let at = ladder.iter().position(|rung| rung == from)?;
    let next = if up { at.checked_add(1)? } else { at.checked_sub(1)? };
    ladder.get(next).cloned()
}
