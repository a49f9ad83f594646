//! Caps of the policy on model steps. A team's own limits hold beside them: the smaller one ends the work.

use protocol::{Purpose, RowOutcome};

use crate::agent::Agent;
use crate::error::RuntimeError;
use crate::session::Core;

impl Core {
    /// Why an agent may take no further step, where the policy has a cap of its own and it is reached. Of main the steps of the turn
    /// count, whatever lanes they were taken in; of a specialist those of the turn in all its delegations, so that a further
    /// delegation does not begin anew. Steps of the model are counted, not calls of tools.
    pub(crate) fn iteration_limit(&self, agent: &Agent) -> Result<Option<String>, RuntimeError> {
        let caps = self.policy.iterations;
        let (cap, taken, place) = if self.is_main(agent.id()) {
            let Some(cap) = caps.of_main() else { return Ok(None) };
            (cap, agent.turn.steps, "in a turn")
        } else {
            let Some(cap) = caps.of_specialist() else { return Ok(None) };
            (cap, self.steps_in_turn(agent)?, "of a specialist for one task")
        };
        if taken < cap {
            return Ok(None);
        }
        let task = self.lanes.running().map_or_else(String::new, |running| format!(" (task {})", running.attempt.task));
        Ok(Some(format!(
            "iteration_limit: {} has taken the {cap} steps that the policy allows {place}{task}, and is not done",
            agent.id()
        )))
    }

    fn steps_in_turn(&self, agent: &Agent) -> Result<u32, RuntimeError> {
        let since = self.turn_started_at();
        let rows = self.store.ledger(&self.session)?;
        let own = rows.iter().filter(|row| row.agent == *agent.id() && row.at >= since);
        let steps = own.filter(|row| row.purpose == Purpose::Step && row.outcome == RowOutcome::Ok).count();
        Ok(u32::try_from(steps).unwrap_or(u32::MAX))
    }

    /// What the cap of main leads to: never on without a word, and to a person.
    pub(crate) fn over_to_a_person(&self, reason: String) -> Result<RuntimeError, RuntimeError> {
        self.attempt_broke_off("iteration_limit")?;
        Ok(RuntimeError::Blocked(format!("{reason}: a person has to look at it")))
    }
}
