//! What a run shows while it goes on: the kinds of its steps so far, as a chance that it fails. Where the policy gives it a say, a main
//! agent in a lane goes on in the next one, and any other agent wants the next rung of its ladder for its next window.

use std::sync::LazyLock;

use protocol::{Decision, DecisionKind};
use routing::during::{Escalation, Forecast, RunFeatures, RunModel, StepKind};
use routing::{Mode, StepFacts};
use serde::{Deserialize, Serialize};
use store::Write;

use crate::agent::Agent;
use crate::error::RuntimeError;
use crate::session::Core;
use crate::switching::{Wanted, neighbour};

/// Name of the note that keeps an agent's run so far.
pub(crate) const RUN_NOTE: &str = "in_run";

/// Parsed once: it is part of the program, and a test reads it.
static MODEL: LazyLock<Option<RunModel>> = LazyLock::new(|| RunModel::builtin().ok());

/// One agent's run, from a task or brief on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct InRun {
    features: RunFeatures,
    escalation: Escalation,
}

impl Core {
    /// Takes the step that has just ended into account. Gives what is to be kept; none where the policy does not ask for it.
    pub(crate) fn run_shows(&self, agent: &mut Agent, facts: &StepFacts) -> Result<Option<Write>, RuntimeError> {
        let policy = self.policy.in_run;
        let Some(model) = MODEL.as_ref().filter(|_| policy.mode != Mode::Off) else { return Ok(None) };
        if agent.turn.steps <= 1 {
            agent.in_run = InRun::default();
        }
        let asked = agent.items.last().map(protocol::Item::tool_calls).unwrap_or_default();
        for (call, (_, _, arguments)) in facts.calls.iter().zip(&asked) {
            let kind = StepKind::of_call(call, arguments, agent.in_run.features.edited());
            agent.in_run.features.push(kind);
        }
        let forecast = model.forecast(&agent.in_run.features, None);
        let wish = agent.in_run.escalation.observe(&policy.rule(), &forecast);
        if wish.changed {
            let followed = policy.mode == Mode::On && wish.cause.is_some();
            let chosen = if followed { "up" } else { "stay" };
            self.decide(self.forecast_decision(agent, &forecast, chosen, &wish.because))?;
            if followed {
                self.follow(agent, wish.because)?;
            }
        }
        Ok(Some(self.note(agent.id(), RUN_NOTE, &agent.in_run)))
    }

    fn follow(&self, agent: &mut Agent, because: String) -> Result<(), RuntimeError> {
        if self.is_main(agent.id()) && self.lanes.is_routed() {
            self.lanes.doubt(&because);
            return Ok(());
        }
        if agent.wanted.is_some() {
            return Ok(());
        }
        let Some(brain) = neighbour(&agent.spec.ladder, &agent.brain, true) else { return Ok(()) };
        let decision = Decision { chosen: brain.to_string(), because: because.clone(), ..self.blank_decision(agent) };
        let at = self.clock.now();
        let wanted = Wanted { brain, urgent: false, now: false, by_monitor: true, because, at };
        self.want(agent, wanted, decision)
    }

    fn forecast_decision(&self, agent: &Agent, forecast: &Forecast, chosen: &str, because: &str) -> Decision {
        Decision {
            kind: DecisionKind::Escalate,
            chosen: chosen.to_owned(),
            because: because.to_owned(),
            formula: "failure_share >= from_share after at least least_calls".to_owned(),
            numbers: [
                ("failure_share".to_owned(), forecast.failure),
                ("from_share".to_owned(), self.policy.in_run.from),
                ("least_calls".to_owned(), f64::from(self.policy.in_run.min_steps)),
                ("run_calls".to_owned(), f64::from(forecast.steps)),
            ]
            .into(),
            policy: self.policy.hash().to_owned(),
            ..self.blank_decision(agent)
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_model_that_is_part_of_the_program_can_be_read() {
        assert!(super::MODEL.is_some());
    }
}
