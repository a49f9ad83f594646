//! From forecasts to the wish for a stronger brain.

use serde::{Deserialize, Serialize};

use crate::learned::LearnError;

use super::model::Forecast;

/// When a stronger brain is wanted. The numbers come from the policy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalationRule {
    /// Wanted from this probability of failing on.
    pub from: f64,
    /// Once wanted, no longer wanted below this one.
    pub until: f64,
    /// Not before so many steps, unless the run is over.
    pub min_steps: u32,
}

impl EscalationRule {
    /// Whether the numbers make sense.
    ///
    /// # Errors
    /// Not `0 <= until <= from <= 1`.
    pub fn check(&self) -> Result<(), LearnError> {
        let value = |what: &str, found: f64, allowed: &str| {
            Err(LearnError::Value { what: what.to_owned(), found: found.to_string(), allowed: allowed.to_owned() })
        };
        if !(0.0..=1.0).contains(&self.from) {
            return value("from", self.from, "0 to 1");
        }
        if !(0.0..=self.from).contains(&self.until) {
            return value("until", self.until, "0 to what `from` says");
        }
        Ok(())
    }
}

/// Why a stronger brain is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The run is over and left no patch: that alone is enough, whatever the rule's numbers say.
    NoPatch,
    /// It is likely to fail.
    LikelyToFail,
}

/// What is wanted after a forecast. It is about the state, not a change: said again until the reason is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wish {
    /// None: the same brain.
    pub cause: Option<Cause>,
    /// Another answer than the one before: the moment to store a decision.
    pub changed: bool,
    /// In a sentence for a person.
    pub because: String,
}

/// The state of one run's escalation. Plain data, stored with the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Escalation {
    cause: Option<Cause>,
}

impl Escalation {
    /// Takes a forecast in.
    pub fn observe(&mut self, rule: &EscalationRule, forecast: &Forecast) -> Wish {
        let early = forecast.steps < rule.min_steps && !forecast.over;
        let limit = if self.cause.is_some() { rule.until } else { rule.from };
        let cause = if forecast.no_patch {
            Some(Cause::NoPatch)
        } else if !early && forecast.failure >= limit {
            Some(Cause::LikelyToFail)
        } else {
            None
        };
        let changed = cause != self.cause;
        self.cause = cause;
        let because = match cause {
            Some(Cause::NoPatch) => "the run is over and left no patch".to_owned(),
            Some(Cause::LikelyToFail) => {
                let why = Some(forecast.because()).filter(|why| !why.is_empty()).map(|why| format!(": {why}"));
                let chance = format!("{} fails with probability {:.2}", subject(forecast), forecast.failure);
                format!("{chance}, the limit is {limit:.2}{}", why.unwrap_or_default())
            }
            None if early => format!("{} steps are too few to say, {} are needed", forecast.steps, rule.min_steps),
            None => format!("{} fails with probability {:.2}, below {limit:.2}", subject(forecast), forecast.failure),
        };
        Wish { cause, changed, because }
    }
}

fn subject(forecast: &Forecast) -> String {
    if forecast.over {
        "the finished run".to_owned()
    } else {
        format!("a run like this after {} steps", forecast.steps)
    }
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
