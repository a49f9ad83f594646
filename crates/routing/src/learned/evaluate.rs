//! Whether another way of choosing would have done better on what was logged, and whether that is enough to take it.

use serde::{Deserialize, Serialize};

use super::error::LearnError;
use super::experience::Experience;
use super::measure::Interval;
use super::model::RouterModel;
use super::normal::below;

/// No single attempt counts more often than this: rare draws would decide alone.
const MOST: f64 = 20.0;

/// When a version is taken, and when it goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PromotionRules {
    /// How sure it has to be that the candidate is better, 0.5 to 1.
    pub confidence: f64,
    /// How sure it has to be that the serving version is worse than what it replaced. Lower: going back is cheap.
    pub roll_back_confidence: f64,
    /// Logged attempts that are needed.
    pub min_rows: usize,
    /// Attempts on which the two would have chosen differently and the logged lane is the candidate's: without them the estimate
    /// only repeats what a model believes.
    pub min_matched: usize,
}

impl Default for PromotionRules {
    fn default() -> Self {
        Self { confidence: 0.95, roll_back_confidence: 0.8, min_rows: 100, min_matched: 20 }
    }
}

/// How much more useful one way of choosing would have been than another, by the doubly robust estimate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Attempts looked at.
    pub rows: usize,
    /// Those on which the two choose differently.
    pub differing: usize,
    /// Those of them in which the lane of the first was the one that ran.
    pub matched: usize,
    /// Utility of the first for each attempt.
    pub candidate: f64,
    /// Utility of the second.
    pub current: f64,
    /// First less second.
    pub gain: f64,
    /// Standard error of the gain.
    pub error: f64,
    /// Its 95 % interval.
    pub interval: Interval,
}

impl Estimate {
    /// The chance that the first is better.
    pub fn chance_of_better(&self) -> f64 {
        if self.differing == 0 { 0.5 } else { below(self.gain / self.error.max(1e-12)) }
    }
}

/// What is to be done with a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is asked and written down, and not followed.
    Shadow,
    /// It is followed.
    Serving,
    /// It was followed and no longer is.
    RolledBack,
}

/// A decision about a version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Promotion {
    /// What it is from now on.
    pub standing: Standing,
    /// Why, in a sentence.
    pub because: String,
}

/// What a success and a dollar are worth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Worth {
    /// Of a success.
    pub a: f64,
    /// Of a dollar.
    pub b: f64,
}

/// Compares two ways of choosing a lane on logged attempts. `by` only says what lanes that did not run would have done, and is put
/// right by the attempts that did (doubly robust, Dudik, Langford and Li 2011): with logged propensities that are true the
/// estimate is right on average even where `by` is wrong. The attempts must be younger than the candidate.
///
/// # Errors
/// No attempts, a propensity outside 0 to 1, a lane that `by` does not know.
pub fn compare(
    attempts: &[Experience],
    by: &RouterModel,
    candidate: impl Fn(&Experience) -> String,
    current: impl Fn(&Experience) -> String,
    worth: Worth,
) -> Result<Estimate, LearnError> {
    if attempts.is_empty() {
        return Err(LearnError::TooFew { what: "comparing two versions".to_owned(), found: 0, needed: 1 });
    }
    let (mut first, mut second, mut gains) = (0.0, 0.0, Vec::with_capacity(attempts.len()));
    let (mut differing, mut matched) = (0, 0);
    for attempt in attempts {
        let believed = Believed::of(attempt, by, worth)?;
        let (wanted, held) = (candidate(attempt), current(attempt));
        let (one, other) = (believed.utility(&wanted)?, believed.utility(&held)?);
        differing += usize::from(wanted != held);
        matched += usize::from(wanted != held && wanted == attempt.lane);
        first += one;
        second += other;
        gains.push(one - other);
    }
    let rows = attempts.len() as f64;
    let gain = gains.iter().sum::<f64>() / rows;
    let variance = gains.iter().map(|one| (one - gain) * (one - gain)).sum::<f64>() / (rows - 1.0).max(1.0);
    let error = (variance / rows).sqrt();
    Ok(Estimate {
        rows: attempts.len(),
        differing,
        matched,
        candidate: first / rows,
        current: second / rows,
        gain,
        error,
        interval: Interval { low: gain - 1.96 * error, high: gain + 1.96 * error },
    })
}

/// Whether a candidate is taken.
pub fn promote(estimate: &Estimate, rules: &PromotionRules) -> Promotion {
    let stay = |because: String| Promotion { standing: Standing::Shadow, because };
    if estimate.rows < rules.min_rows {
        return stay(format!("{} attempts were logged since, {} are needed", estimate.rows, rules.min_rows));
    }
    if estimate.matched < rules.min_matched {
        return stay(format!(
            "its own choices ran in {} attempts where it differs, {} are needed: allow some exploration",
            estimate.matched, rules.min_matched
        ));
    }
    let sure = estimate.chance_of_better();
    let numbers = format!("gain {:+.4}, {:.1} % sure", estimate.gain, sure * 100.0);
    if sure >= rules.confidence {
        Promotion { standing: Standing::Serving, because: format!("better on what was logged: {numbers}") }
    } else {
        stay(format!("not shown to be better: {numbers}, {:.1} % needed", rules.confidence * 100.0))
    }
}

/// Whether a serving version goes: `estimate` compares it with what it replaced, on attempts since it serves.
pub fn roll_back(estimate: &Estimate, rules: &PromotionRules) -> Promotion {
    let worse = 1.0 - estimate.chance_of_better();
    let numbers = format!("gain {:+.4}, {:.1} % sure that it is worse", estimate.gain, worse * 100.0);
    if estimate.rows >= rules.min_rows && estimate.gain < 0.0 && worse >= rules.roll_back_confidence {
        Promotion { standing: Standing::RolledBack, because: format!("worse than what it replaced: {numbers}") }
    } else {
        Promotion { standing: Standing::Serving, because: format!("not shown to be worse: {numbers}") }
    }
}

/// What is believed of an attempt's lanes.
struct Believed<'a> {
    attempt: &'a Experience,
    /// Utility of each lane.
    utilities: Vec<(&'a str, f64)>,
    /// What the attempt itself was worth beyond what was believed, as often as it counts.
    surprise: f64,
}

impl<'a> Believed<'a> {
    fn of(attempt: &'a Experience, by: &'a RouterModel, worth: Worth) -> Result<Self, LearnError> {
        let propensity = attempt.propensity;
        if !(propensity > 0.0 && propensity <= 1.0) {
            return Err(LearnError::value("propensity of an attempt", propensity, "above 0, at most 1"));
        }
        let predictions = by.predict(attempt.features.as_slice(), &attempt.task_type);
        let utilities = by.lanes().iter().zip(predictions);
        let utilities = utilities.map(|(lane, one)| (lane.lane.as_str(), worth.a * one.success - worth.b * one.cost));
        let mut believed = Self { attempt, utilities: utilities.collect(), surprise: 0.0 };
        let real = worth.a * attempt.success - worth.b * attempt.cost;
        believed.surprise = (real - believed.of_lane(&attempt.lane)?) * (1.0 / propensity).min(MOST);
        Ok(believed)
    }

    fn of_lane(&self, lane: &str) -> Result<f64, LearnError> {
        let found = self.utilities.iter().find(|(name, _)| *name == lane);
        found.map(|(_, utility)| *utility).ok_or_else(|| {
            let known: Vec<&str> = self.utilities.iter().map(|(name, _)| *name).collect();
            LearnError::value("lane", lane, &known.join(", "))
        })
    }

    fn utility(&self, lane: &str) -> Result<f64, LearnError> {
        let surprise = if lane == self.attempt.lane { self.surprise } else { 0.0 };
        Ok(self.of_lane(lane)? + surprise)
    }
}

#[cfg(test)]
#[path = "evaluate_tests.rs"]
mod tests;
