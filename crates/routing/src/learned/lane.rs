//! The probability of success in one lane, calibrated, with how sure it is, and whether the features say anything at all.

use serde::{Deserialize, Serialize};

use super::cost::CostModel;
use super::error::LearnError;
use super::experience::Experience;
use super::features::mixed;
use super::logistic::{Logistic, sigmoid};
use super::measure::{Interval, auc};
use super::model::TrainSettings;
use super::normal::log_odds;

/// Standard deviations on each side of the middle 95 % and 99 %.
const NORMAL_95: f64 = 1.96;
const NORMAL_99: f64 = 2.576;

/// What the rows of a lane say about whether its features tell successes from failures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Attempts that it was trained on.
    pub rows: usize,
    /// Share of them that succeeded; none without rows.
    pub success: Option<f64>,
    /// Area under the curve on rows that were held out; none where it could not be measured.
    pub auc: Option<f64>,
    /// Its 95 % interval (Hanley and McNeil).
    pub interval: Option<Interval>,
    /// The 99 % interval lies above 0.5: the features say something. Else only the share of successes is used. Stricter than the
    /// interval that is shown, because it is asked anew for every lane in every training.
    pub signal: bool,
}

/// What a lane is expected to do with a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Calibrated probability of success.
    pub success: f64,
    /// Standard deviation of its log odds.
    pub deviation: f64,
    /// Dollars expected.
    pub cost: f64,
    /// It rests on the features of the task, not only on how the lane did so far.
    pub by_features: bool,
}

impl Prediction {
    /// Standard deviation of the probability itself (by the delta method).
    pub fn spread(&self) -> f64 {
        self.deviation * self.success * (1.0 - self.success)
    }
}

/// How one lane did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaneModel {
    /// Its name.
    pub lane: String,
    /// What it rests on.
    pub evidence: Evidence,
    /// Log odds of success of all its attempts, and their standard deviation.
    overall: (f64, f64),
    /// Score from features, and from the score what held-out rows say that it means (Platt's scaling). Used only where there is
    /// signal.
    fitted: Option<(Logistic, Logistic)>,
    cost: CostModel,
}

impl LaneModel {
    /// Trains it on the attempts of this lane.
    ///
    /// # Errors
    /// As [`Logistic::fit`]; too few rows, and rows with one outcome, are none: the lane then stands for its share of successes.
    pub(crate) fn train(lane: &str, attempts: &[&Experience], settings: &TrainSettings) -> Result<Self, LearnError> {
        let weight: f64 = attempts.iter().map(|one| one.weight).sum();
        let won: f64 = attempts.iter().map(|one| one.weight * one.success).sum();
        // Half a success and half a failure that nobody saw: with no rows it says 0.5 and that it does not know.
        let (yes, no) = (won + 0.5, weight - won + 0.5);
        let mut model = Self {
            lane: lane.to_owned(),
            evidence: Evidence { rows: attempts.len(), ..Evidence::default() },
            overall: ((yes / no).ln(), (1.0 / yes + 1.0 / no).sqrt()),
            fitted: None,
            cost: CostModel::of(attempts),
        };
        if weight > 0.0 {
            model.evidence.success = Some(won / weight);
        }
        if attempts.len() >= settings.min_rows {
            model.learn(&Rows::of(attempts), settings)?;
        }
        Ok(model)
    }

    fn learn(&mut self, rows: &Rows, settings: &TrainSettings) -> Result<(), LearnError> {
        let Some(scores) = rows.held_out(settings)? else { return Ok(()) };
        let labels: Vec<bool> = rows.targets.iter().map(|target| *target >= 0.5).collect();
        let Some(area) = auc(&scores, &labels) else { return Ok(()) };
        let interval = interval_of_auc(area, &labels);
        self.evidence.auc = Some(area);
        self.evidence.interval = Some(interval);
        self.evidence.signal = area - (area - interval.low) * NORMAL_99 / NORMAL_95 > 0.5;
        let scores: Vec<Vec<f64>> = scores.into_iter().map(|score| vec![score]).collect();
        let meaning = Logistic::fit_shares(&scores, &rows.targets, Some(&rows.weights), 1.0)?;
        self.fitted = Some((rows.fit(None, settings)?, meaning));
        Ok(())
    }

    /// What the lane is expected to do with a task of these features.
    pub fn predict(&self, features: &[f64], task_type: &str) -> Prediction {
        let cost = self.cost.expected(task_type);
        match self.fitted.as_ref().filter(|_| self.evidence.signal) {
            Some((model, meaning)) => {
                let score = [model.score(features)];
                let slope = meaning.coefficients().first().copied().unwrap_or_default();
                let of_score = slope * model.uncertainty(features).unwrap_or_default();
                let of_meaning = meaning.uncertainty(&score).unwrap_or_default();
                Prediction {
                    success: meaning.probability(&score),
                    deviation: of_score.hypot(of_meaning),
                    cost,
                    by_features: true,
                }
            }
            None => {
                let (odds, deviation) = self.overall;
                Prediction { success: sigmoid(odds), deviation, cost, by_features: false }
            }
        }
    }

    /// Log odds of success, whatever the evidence: the order that the features would give, for measuring them.
    pub fn score(&self, features: &[f64]) -> f64 {
        self.fitted.as_ref().map_or(self.overall.0, |(model, _)| model.score(features))
    }

    /// Whether a model that was read from somewhere fits together.
    pub(crate) fn check(&self, width: usize) -> Result<(), LearnError> {
        let Some((model, meaning)) = &self.fitted else { return Ok(()) };
        model.check()?;
        meaning.check()?;
        if model.columns() != width || meaning.columns() != 1 {
            let problem = format!("has {} columns in lane {}, not {width}", model.columns(), self.lane);
            return Err(LearnError::Model { problem });
        }
        Ok(())
    }
}

/// The attempts of a lane as columns.
struct Rows {
    features: Vec<Vec<f64>>,
    targets: Vec<f64>,
    weights: Vec<f64>,
}

impl Rows {
    fn of(attempts: &[&Experience]) -> Self {
        Self {
            features: attempts.iter().map(|one| one.features.as_slice().to_vec()).collect(),
            targets: attempts.iter().map(|one| one.success).collect(),
            weights: attempts.iter().map(|one| one.weight).collect(),
        }
    }

    /// Fits all rows, or those outside a fold.
    fn fit(&self, without: Option<usize>, settings: &TrainSettings) -> Result<Logistic, LearnError> {
        let kept = |row: &usize| without != Some(fold_of(*row, settings));
        let rows: Vec<usize> = (0..self.features.len()).filter(kept).collect();
        let features: Vec<Vec<f64>> = rows.iter().map(|row| self.features[*row].clone()).collect();
        let targets: Vec<f64> = rows.iter().map(|row| self.targets[*row]).collect();
        let weights: Vec<f64> = rows.iter().map(|row| self.weights[*row]).collect();
        Logistic::fit_shares(&features, &targets, Some(&weights), settings.ridge)
    }

    /// Each row's score by a model that did not see it; none where a fold has only one outcome.
    fn held_out(&self, settings: &TrainSettings) -> Result<Option<Vec<f64>>, LearnError> {
        let mut scores = vec![0.0; self.features.len()];
        for fold in 0..settings.folds {
            let model = match self.fit(Some(fold), settings) {
                Ok(model) => model,
                Err(LearnError::OneOutcome { .. }) => return Ok(None),
                Err(error) => return Err(error),
            };
            for (row, score) in scores.iter_mut().enumerate().filter(|(row, _)| fold_of(*row, settings) == fold) {
                *score = model.score(&self.features[row]);
            }
        }
        Ok(Some(scores))
    }
}

/// The fold of a row: always the same, and in no step with anything that comes round in the rows.
fn fold_of(row: usize, settings: &TrainSettings) -> usize {
    (mixed(row as u64 + 1) % settings.folds as u64) as usize
}

/// Hanley and McNeil 1982: the meaning and use of the area under a receiver operating characteristic curve.
fn interval_of_auc(area: f64, labels: &[bool]) -> Interval {
    let yes = labels.iter().filter(|label| **label).count() as f64;
    let no = labels.len() as f64 - yes;
    let (one, two) = (area / (2.0 - area), 2.0 * area * area / (1.0 + area));
    let variance =
        (area * (1.0 - area) + (yes - 1.0) * (one - area * area) + (no - 1.0) * (two - area * area)) / (yes * no);
    let half = NORMAL_95 * variance.max(0.0).sqrt();
    Interval { low: area - half, high: area + half }
}

/// The chance that a probability with this prediction is at least `bar`.
pub(crate) fn chance_of_at_least(prediction: &Prediction, bar: f64) -> f64 {
    let gap = log_odds(prediction.success) - log_odds(bar);
    super::normal::below(gap / prediction.deviation.max(1e-9))
}

#[cfg(test)]
#[path = "lane_tests.rs"]
mod tests;
