//! A trained router: one version, what it rests on, and which lane it would choose.

use serde::{Deserialize, Serialize};

use super::error::LearnError;
use super::experience::Experience;
use super::features::{Features, features_hash};
use super::lane::{LaneModel, Prediction, chance_of_at_least};
use super::normal::below;

/// How it is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainSettings {
    /// Weight that keeps coefficients small ([`super::Logistic::fit`]).
    pub ridge: f64,
    /// Parts of the rows that are held out in turn for calibration, from 2.
    pub folds: usize,
    /// A lane with fewer attempts stands for its share of successes alone.
    pub min_rows: usize,
}

impl Default for TrainSettings {
    fn default() -> Self {
        Self { ridge: 30.0, folds: 5, min_rows: 40 }
    }
}

/// What a lane has to reach to be chosen instead of the strong one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// A probability of success, 0 to 1.
    AtLeast(f64),
    /// This share of the strong lane's own probability of success (1 is "as good").
    OfStrong(f64),
    /// More of `success x a - dollars x b` than the strong lane.
    Utility {
        /// What a success is worth.
        a: f64,
        /// What a dollar is worth.
        b: f64,
    },
}

/// Why a lane was chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// It passes the aim with the confidence asked for.
    Confident,
    /// No cheaper lane does.
    NotConfident,
    /// No cheaper lane does, and the features do not tell successes from failures in any lane: there is nothing to go by.
    NoSignal,
    /// With the task's text a cheaper lane would have been chosen; the text may not do that.
    TextMayNotLower,
}

impl Because {
    /// For a person.
    pub fn in_words(&self) -> &'static str {
        match self {
            Self::Confident => "confident that it is good enough",
            Self::NotConfident => "not confident that a cheaper lane is good enough",
            Self::NoSignal => "no signal: what is known before the run does not tell successes from failures",
            Self::TextMayNotLower => "the task's text alone may not choose a cheaper lane",
        }
    }
}

/// The lane that the router would choose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Its place in [`RouterModel::lanes`].
    pub lane: usize,
    /// Its name.
    pub name: String,
    /// How sure it is that the lane passes the aim, 0 to 1; for the strong lane: that no cheaper one does.
    pub confidence: f64,
    /// Why.
    pub because: Because,
    /// What every lane is expected to do, in their order.
    pub predictions: Vec<Prediction>,
}

impl Choice {
    /// How sure it is that any lane, by its place, passes the aim; for the strong one: that no cheaper one does.
    pub fn confidence_in(&self, lane: usize, aim: Aim) -> f64 {
        let strong = self.predictions.len().saturating_sub(1);
        if lane < strong {
            return chance(&self.predictions, lane, aim);
        }
        1.0 - (0..strong).map(|lane| chance(&self.predictions, lane, aim)).fold(0.0, f64::max)
    }
}

/// A trained version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RouterModel {
    /// Counts up with every training, from 1.
    pub version: u32,
    /// Attempts that it was trained on.
    pub trained_on: usize,
    /// Meaning of the features it was trained with ([`features_hash`]).
    pub features: String,
    lanes: Vec<LaneModel>,
}

impl RouterModel {
    /// Trains a version on attempts in these lanes (from cheap to strong; attempts in others do not count).
    ///
    /// # Errors
    /// No lanes, no attempts, rows or settings that cannot be used.
    pub fn train(
        version: u32,
        lanes: &[String],
        attempts: &[Experience],
        settings: &TrainSettings,
    ) -> Result<Self, LearnError> {
        check(lanes, attempts, settings)?;
        let mut trained_on = 0;
        let mut models = Vec::with_capacity(lanes.len());
        for lane in lanes {
            let own: Vec<&Experience> = attempts.iter().filter(|one| one.lane == *lane).collect();
            trained_on += own.len();
            models.push(LaneModel::train(lane, &own, settings)?);
        }
        if trained_on == 0 {
            let what = format!("the learned router for the lanes {}", lanes.join(", "));
            return Err(LearnError::TooFew { what, found: 0, needed: settings.min_rows });
        }
        Ok(Self { version, trained_on, features: features_hash(), lanes: models })
    }

    /// The version as it is kept.
    ///
    /// # Errors
    /// Never in practice: all its numbers are finite.
    pub fn to_json(&self) -> Result<String, LearnError> {
        serde_json::to_string(self)
            .map_err(|error| LearnError::Model { problem: format!("cannot be written: {error}") })
    }

    /// Reads a version.
    ///
    /// # Errors
    /// Not such a model, one that was trained with features of another meaning, or one that does not fit together.
    pub fn from_json(text: &str) -> Result<Self, LearnError> {
        let model: Self = serde_json::from_str(text)
            .map_err(|error| LearnError::Model { problem: format!("cannot be read: {error}") })?;
        let now = features_hash();
        if model.features != now {
            let problem = format!("was trained with features {}, this program makes {now}", model.features);
            return Err(LearnError::Model { problem });
        }
        if model.lanes.is_empty() {
            return Err(LearnError::Model { problem: "has no lanes".to_owned() });
        }
        model.lanes.iter().try_for_each(|lane| lane.check(Features::WIDTH))?;
        Ok(model)
    }

    /// Its lanes, from cheap to strong.
    pub fn lanes(&self) -> &[LaneModel] {
        &self.lanes
    }

    /// The version with only these lanes (in its own order): those that a task may go to. None where it knows none of them.
    pub fn among(&self, lanes: &[String]) -> Option<Self> {
        let kept: Vec<LaneModel> = self.lanes.iter().filter(|lane| lanes.contains(&lane.lane)).cloned().collect();
        let (version, trained_on, features) = (self.version, self.trained_on, self.features.clone());
        (!kept.is_empty()).then_some(Self { version, trained_on, features, lanes: kept })
    }

    /// Whether the features say anything in any lane.
    pub fn has_signal(&self) -> bool {
        self.lanes.iter().any(|lane| lane.evidence.signal)
    }

    /// What every lane is expected to do, in their order.
    pub fn predict(&self, features: &[f64], task_type: &str) -> Vec<Prediction> {
        self.lanes.iter().map(|lane| lane.predict(features, task_type)).collect()
    }

    /// The lane for a task: the cheapest (under [`Aim::Utility`] the most useful) that passes the aim with this confidence, else the
    /// strong one. The task's text can only make the choice stronger: it is made with the text and without, and the stronger of
    /// the two holds.
    pub fn choose(&self, features: &Features, task_type: &str, aim: Aim, confidence: f64) -> Choice {
        let with = self.choose_by(features.as_slice(), task_type, aim, confidence);
        let without = self.choose_by(&features.trusted(), task_type, aim, confidence);
        if with.lane >= without.lane {
            return with;
        }
        Choice { because: Because::TextMayNotLower, ..without }
    }

    fn choose_by(&self, features: &[f64], task_type: &str, aim: Aim, confidence: f64) -> Choice {
        let predictions = self.predict(features, task_type);
        let strong = predictions.len().saturating_sub(1);
        let sure: Vec<f64> = (0..strong).map(|lane| chance(&predictions, lane, aim)).collect();
        let passing = (0..strong).filter(|lane| sure[*lane] >= confidence);
        let by_value =
            |one: &usize, other: &usize| value(&predictions[*one], aim).total_cmp(&value(&predictions[*other], aim));
        let chosen = passing.max_by(|one, other| by_value(one, other).then(other.cmp(one)));
        let (lane, sure_of_it, because) = match chosen {
            Some(lane) => (lane, sure[lane], Because::Confident),
            None => {
                let nearest = sure.iter().copied().fold(0.0, f64::max);
                let because = if self.has_signal() { Because::NotConfident } else { Because::NoSignal };
                (strong, 1.0 - nearest, because)
            }
        };
        let name = self.lanes.get(lane).map(|lane| lane.lane.clone()).unwrap_or_default();
        Choice { lane, name, confidence: sure_of_it, because, predictions }
    }
}

/// The chance that a lane passes the aim.
fn chance(predictions: &[Prediction], lane: usize, aim: Aim) -> f64 {
    let (Some(one), Some(strong)) = (predictions.get(lane), predictions.last()) else { return 0.0 };
    let above = |gap: f64, one: f64, strong: f64| below(gap / one.hypot(strong).max(1e-9));
    match aim {
        Aim::AtLeast(bar) => chance_of_at_least(one, bar),
        Aim::OfStrong(share) => above(one.success - share * strong.success, one.spread(), share * strong.spread()),
        Aim::Utility { a, .. } => above(value(one, aim) - value(strong, aim), a * one.spread(), a * strong.spread()),
    }
}

/// What is made large among the lanes that pass.
fn value(prediction: &Prediction, aim: Aim) -> f64 {
    match aim {
        Aim::Utility { a, b } => a * prediction.success - b * prediction.cost,
        Aim::AtLeast(_) | Aim::OfStrong(_) => -prediction.cost,
    }
}

fn check(lanes: &[String], attempts: &[Experience], settings: &TrainSettings) -> Result<(), LearnError> {
    if lanes.is_empty() {
        return Err(LearnError::value("lanes", "none", "at least one"));
    }
    if settings.folds < 2 {
        return Err(LearnError::value("folds", settings.folds, "2 or more"));
    }
    for one in attempts {
        if !one.features.fits() {
            return Err(LearnError::shape("features of an attempt", one.features.as_slice().len(), Features::WIDTH));
        }
        if !one.cost.is_finite() || one.cost < 0.0 {
            return Err(LearnError::value("cost of an attempt", one.cost, "dollars from 0"));
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
