//! When nobody answers in a lane: once the client's own tries are over, the policy's `fallbacks` say who goes on. Whoever that is begins
//! an attempt of its own with a clean context; a window never changes its brain.

use protocol::{LedgerRow, ProviderError, Purpose, RowOutcome};
use routing::{AllDown, Descent, Resort, Tried, Trouble};

use super::attempt::Running;
use super::escalate::Way;
use crate::agent::Agent;
use crate::error::RuntimeError;
use crate::machine::{self, Next};
use crate::session::Core;

/// How a fallback is called in a route's reasons.
const REASON: &str = "fallback:";

impl Core {
    /// Goes on in the lane, or in the next one that the policy names, after a provider did not answer the main agent.
    ///
    /// # Errors
    /// The same error, where it is about something else or the policy names nobody; one that lists every lane's tries, where several
    /// were asked.
    pub(crate) async fn fall_back(&self, main: &mut Agent, error: RuntimeError) -> Result<(), RuntimeError> {
        let Some(running) = self.lanes.running() else { return Err(error) };
        let RuntimeError::Provider { brain, error } = error else { return Err(error) };
        // Between two steps only: a call that waits for its result belongs to this window.
        if brain != main.brain.to_string()
            || main.brain != running.attempt.brain
            || machine::next(&main.items) != Next::Infer
        {
            return Err(RuntimeError::Provider { brain, error });
        }
        let chain = self.chain(&running)?;
        let resort = self.resort(&chain, main, &running, &error)?;
        let lane = match resort {
            Resort::Retry => return Ok(()),
            Resort::Lane(lane) => lane,
            Resort::Nothing if chain.len() > 1 => {
                let all = self.all_down(&running, &error)?;
                return Err(RuntimeError::Provider { brain, error: ProviderError::new(error.kind, all.to_string()) });
            }
            Resort::Nothing => return Err(RuntimeError::Provider { brain, error }),
        };
        let because = format!("{brain} did not answer: {error}");
        let (note, decided) = self.lane_decision(main, &running.attempt, &lane, &because);
        let writes = vec![note, self.left(&running, error.kind.as_str())?];
        let way = Way::fallback(&lane, error.kind.as_str());
        self.change_lane(main, running.attempt, &way, (writes, decided)).await
    }

    /// The lanes that were entered one after the other because nobody answered in the one before; the last one is the present one.
    fn chain(&self, running: &Running) -> Result<Vec<String>, RuntimeError> {
        let mut lanes: Vec<String> = Vec::new();
        for record in self.attempts()?.into_iter().filter(|record| record.attempt.turn == running.attempt.turn) {
            let route = record.attempt.route;
            if !route.reasons.iter().any(|reason| reason.starts_with(REASON)) {
                lanes.clear();
            }
            if lanes.last() != Some(&route.lane) {
                lanes.push(route.lane);
            }
        }
        Ok(lanes)
    }

    /// What the policy says after as many tries as there were. The client has tried several times already.
    fn resort(
        &self,
        chain: &[String],
        main: &Agent,
        running: &Running,
        error: &ProviderError,
    ) -> Result<Resort, RuntimeError> {
        let Some(mut descent) = Descent::after(&self.policy, chain) else { return Ok(Resort::Nothing) };
        let trouble = Trouble::of(error.kind);
        let mut resort = Resort::Nothing;
        for _ in 0..self.tries(main, running)?.max(1) {
            resort = descent.failed(trouble, error.to_string());
            if resort != Resort::Retry {
                break;
            }
        }
        // A lane with the very brain that does not answer is no way out.
        while let Resort::Lane(lane) = &resort
            && self.lanes.named(lane).is_none_or(|other| other.brain == main.brain)
        {
            resort = loop {
                match descent.failed(trouble, "the same model") {
                    Resort::Retry => {}
                    other => break other,
                }
            };
        }
        Ok(resort)
    }

    /// Tries in a row, up to now, that got no answer in this attempt.
    fn tries(&self, main: &Agent, running: &Running) -> Result<usize, RuntimeError> {
        let rows = self.store.ledger(&self.session)?;
        let own = |row: &&LedgerRow| row.agent == *main.id() && row.purpose == Purpose::Step;
        let since = rows.iter().rev().filter(own).take_while(|row| row.at >= running.attempt.at);
        Ok(since.take_while(|row| row.outcome != RowOutcome::Ok).count())
    }

    /// Every lane that was asked, with what it said.
    fn all_down(&self, running: &Running, error: &ProviderError) -> Result<AllDown, RuntimeError> {
        let mut attempts: Vec<Tried> = Vec::new();
        for record in self.attempts()?.into_iter().filter(|record| record.attempt.turn == running.attempt.turn) {
            if !record.attempt.route.reasons.iter().any(|reason| reason.starts_with(REASON)) {
                attempts.clear();
            }
            let problem = match record.end.and_then(|end| end.failure) {
                Some(failure) => failure,
                None => error.to_string(),
            };
            let lane = format!("{} ({})", record.attempt.route.lane, record.attempt.brain);
            attempts.push(Tried { lane, problem });
        }
        Ok(AllDown { attempts })
    }
}
