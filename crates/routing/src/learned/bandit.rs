//! Learning from what comes out, one outcome at a time: Thompson sampling over the lanes, within a budget.
//!
//! Each lane has a Bayesian logistic regression with a diagonal covariance (Chapelle and Li 2011, "An empirical evaluation of
//! Thompson sampling") over the columns that do not come from the task's text, on top of what the trained router says. Its score
//! is normally distributed, so the chance that each lane is the best is an integral over one variable: it is computed, not
//! sampled, and the lane is then drawn with exactly the chances that are logged.

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use super::error::LearnError;
use super::features::Features;
use super::logistic::sigmoid;
use super::normal::{below, log_odds};

/// Points of the integral, from -5 to 5 standard deviations: chances are right to about 0.001.
const POINTS: u32 = 61;

/// What may be spent on finding out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exploration {
    /// Share of the tasks, 0 to 1, that may be sent elsewhere.
    pub share: f64,
    /// Dollars left for it.
    pub dollars_left: f64,
    /// The task has to go to the strong lane: nothing is tried on it.
    pub always_strong: bool,
    /// The place of the lowest lane that the rules leave open: none below is drawn.
    pub lowest: usize,
}

/// The lane that was drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    /// Its place among the lanes.
    pub lane: usize,
    /// The chance with which it was drawn: to be logged with the attempt.
    pub propensity: f64,
    /// The chances of all lanes; their sum is 1.
    pub propensities: Vec<f64>,
    /// It is another than the one that would have been chosen.
    pub explored: bool,
    /// Dollars that this may cost beyond that one, at most, expected costs taken for true: to be set aside from the budget.
    pub at_most: f64,
}

/// What every lane is expected to do, and what counts; one entry for each lane in each list.
#[derive(Clone, Copy, Debug)]
pub struct Prospects<'a> {
    /// Probability of success by the trained router; 0.5 where there is none.
    pub success: &'a [f64],
    /// Dollars.
    pub cost: &'a [f64],
    /// What a success is worth.
    pub a: f64,
    /// What a dollar is worth.
    pub b: f64,
}

/// What was learned of each lane beside the trained router. It is not kept: it learns anew from the outcomes that are.
#[derive(Clone, Debug, PartialEq)]
pub struct Bandit {
    arms: Vec<Arm>,
}

#[derive(Clone, Debug, PartialEq)]
struct Arm {
    lane: String,
    mean: Vec<f64>,
    precision: Vec<f64>,
    outcomes: u64,
}

impl Bandit {
    /// Knows nothing yet. `precision` is how much it believes at first that the trained router is right (10 is usual): the larger,
    /// the longer it takes to be taught otherwise.
    ///
    /// # Errors
    /// No lanes; a precision that is not above 0.
    pub fn new(lanes: &[String], precision: f64) -> Result<Self, LearnError> {
        if lanes.is_empty() {
            return Err(LearnError::value("lanes", "none", "at least one"));
        }
        if !precision.is_finite() || precision <= 0.0 {
            return Err(LearnError::value("precision", precision, "a finite number above 0"));
        }
        let width = columns();
        let arm = |lane: &String| Arm {
            lane: lane.clone(),
            mean: vec![0.0; width],
            precision: vec![precision; width],
            outcomes: 0,
        };
        Ok(Self { arms: lanes.iter().map(arm).collect() })
    }

    /// Outcomes that it has learned from, by lane.
    pub fn outcomes(&self) -> Vec<(String, u64)> {
        self.arms.iter().map(|arm| (arm.lane.clone(), arm.outcomes)).collect()
    }

    /// Learns from an outcome in a lane: `expected` is what the trained router had said of it, `success` what came out (0 to 1),
    /// `weight` how often it counts. A lane that it does not know is left alone.
    pub fn learn(&mut self, lane: &str, features: &Features, expected: f64, success: f64, weight: f64) {
        if !success.is_finite() || !weight.is_finite() || weight <= 0.0 {
            return;
        }
        let row = row(features);
        if let Some(arm) = self.arms.iter_mut().find(|arm| arm.lane == lane) {
            arm.learn(&row, log_odds(expected), success.clamp(0.0, 1.0), weight);
        }
    }

    /// Probability of success in each lane, by the trained router and by what was learned since.
    pub fn success(&self, features: &Features, expected: &[f64]) -> Vec<f64> {
        self.scores(features, expected).into_iter().map(|(mean, _)| sigmoid(mean)).collect()
    }

    /// Draws a lane. Without exploration it is `chosen`; within its share the lane is drawn with the chance that it is the best one,
    /// among those whose attempt and, should it fail, a second one in the strong lane, can be paid from what is left.
    pub fn draw(
        &self,
        features: &Features,
        chosen: usize,
        prospects: &Prospects<'_>,
        exploration: &Exploration,
        rng: &mut impl Rng,
    ) -> Draw {
        let strong = self.arms.len() - 1;
        let chosen = if exploration.always_strong { strong } else { chosen.min(strong) };
        let at_most = |lane: usize| beyond(prospects.cost, lane, chosen, strong);
        let share = if exploration.share.is_finite() { exploration.share.clamp(0.0, 1.0) } else { 0.0 };
        let open = |lane: usize| lane >= exploration.lowest && at_most(lane) <= exploration.dollars_left;
        let allowed: Vec<bool> = (0..=strong).map(|lane| lane == chosen || open(lane)).collect();
        let mut propensities = vec![0.0; strong + 1];
        if share > 0.0 && !exploration.always_strong {
            let best = self.chances(features, prospects, &allowed);
            propensities = best.into_iter().map(|chance| share * chance).collect();
        }
        let others: f64 = propensities.iter().enumerate().filter(|(lane, _)| *lane != chosen).map(|(_, one)| one).sum();
        propensities[chosen] = 1.0 - others;
        let mut left: f64 = rng.random();
        let mut lane = chosen;
        for (at, chance) in propensities.iter().enumerate() {
            if left < *chance {
                lane = at;
                break;
            }
            left -= chance;
        }
        Draw { lane, propensity: propensities[lane], explored: lane != chosen, at_most: at_most(lane), propensities }
    }

    /// The chance of each allowed lane to be the most useful one; 0 for the others.
    fn chances(&self, features: &Features, prospects: &Prospects<'_>, allowed: &[bool]) -> Vec<f64> {
        let scores = self.scores(features, prospects.success);
        let lanes: Vec<usize> = (0..scores.len()).filter(|lane| allowed[*lane]).collect();
        let cost = |lane: usize| prospects.b * prospects.cost.get(lane).copied().unwrap_or_default();
        let a = prospects.a.max(1e-12);
        let mut chances = vec![0.0; scores.len()];
        for point in 0..POINTS {
            let z = f64::from(point) * 10.0 / f64::from(POINTS - 1) - 5.0;
            let density = (-z * z / 2.0).exp();
            for lane in &lanes {
                let (mean, deviation) = scores[*lane];
                let utility = a * sigmoid(mean + deviation * z) - cost(*lane);
                let others = lanes.iter().filter(|other| *other != lane).map(|other| {
                    let needed = (utility + cost(*other)) / a;
                    let (mean, deviation) = scores[*other];
                    below((log_odds(needed) - mean) / deviation)
                });
                chances[*lane] += density * others.product::<f64>();
            }
        }
        let all: f64 = chances.iter().sum();
        if all > 0.0 { chances.into_iter().map(|chance| chance / all).collect() } else { chances }
    }

    /// Mean and deviation of the log odds in each lane.
    fn scores(&self, features: &Features, expected: &[f64]) -> Vec<(f64, f64)> {
        let row = row(features);
        let of = |(at, arm): (usize, &Arm)| arm.score(&row, log_odds(expected.get(at).copied().unwrap_or(0.5)));
        self.arms.iter().enumerate().map(of).collect()
    }
}

impl Arm {
    fn score(&self, row: &[f64], offset: f64) -> (f64, f64) {
        let mean: f64 = self.mean.iter().zip(row).map(|(one, x)| one * x).sum();
        (offset + mean, self.variance(row).sqrt().max(1e-6))
    }

    fn variance(&self, row: &[f64]) -> f64 {
        self.precision.iter().zip(row).map(|(one, x)| x * x / one).sum()
    }

    /// The best coefficients lie along the row, so that one number has to be found: the miss that is left after learning.
    fn learn(&mut self, row: &[f64], offset: f64, success: f64, weight: f64) {
        let (score, _) = self.score(row, offset);
        let variance = self.variance(row);
        let (mut low, mut high) = (-weight, weight);
        for _ in 0..50 {
            let miss = f64::midpoint(low, high);
            if miss < weight * (success - sigmoid(score + variance * miss)) { low = miss } else { high = miss }
        }
        let miss = f64::midpoint(low, high);
        let chance = sigmoid(score + variance * miss);
        for ((mean, precision), x) in self.mean.iter_mut().zip(&mut self.precision).zip(row) {
            *mean += x / *precision * miss;
            *precision += weight * chance * (1.0 - chance) * x * x;
        }
        self.outcomes += 1;
    }
}

/// Dollars that a lane may cost beyond the chosen one: should it fail, the strong lane comes after it.
fn beyond(cost: &[f64], lane: usize, chosen: usize, strong: usize) -> f64 {
    let cost = |lane: usize| cost.get(lane).copied().unwrap_or_default();
    if lane == chosen {
        return 0.0;
    }
    let second = if lane == strong { 0.0 } else { cost(strong) };
    (cost(lane) + second - cost(chosen)).max(0.0)
}

/// The trusted columns behind a 1.
fn row(features: &Features) -> Vec<f64> {
    std::iter::once(1.0).chain(features.trusted_part().iter().copied()).collect()
}

fn columns() -> usize {
    Features::WIDTH - Features::TAINTED.len() + 1
}

#[cfg(test)]
#[path = "bandit_tests.rs"]
mod tests;
