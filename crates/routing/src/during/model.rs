//! The fitted monitor: how probable it is that a run fails, and why.

use serde::{Deserialize, Serialize};

use crate::learned::LearnError;

use super::checkpoint::{Checkpoint, Moment};
use super::feature::Feature;
use super::features::RunFeatures;

/// Version of the format of a stored model.
const VERSION: u32 = 1;
/// The model that comes with the program; its own first lines say from what it was fitted and how.
const BUILTIN: &str = include_str!("../../data/during.json");
/// How many reasons are given.
const REASONS: usize = 3;

/// Looks at runs after several numbers of steps, and at their end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunModel {
    version: u32,
    /// For a person: fitted from what, with which command.
    pub about: String,
    /// Runs that it was fitted on.
    pub trained_on: usize,
    /// By number of steps, at least one.
    checkpoints: Vec<Checkpoint>,
    /// For runs that are over and left a patch.
    end: Checkpoint,
    /// Probability that a run fails that left none.
    without_patch: f64,
}

/// What a feature says, for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Which; none for the repository.
    pub feature: Option<Feature>,
    /// Its value.
    pub value: f64,
    /// What it adds to the log odds of failing, against the average run.
    pub log_odds: f64,
    /// In words.
    pub words: String,
}

/// What is to be expected of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Steps that it is made from.
    pub steps: u32,
    /// Probability that the run fails, 0 to 1.
    pub failure: f64,
    /// The run is over and left nothing.
    pub no_patch: bool,
    /// The run is over.
    pub over: bool,
    /// What speaks most for failing, at most three, most first.
    pub reasons: Vec<Reason>,
}

impl Forecast {
    /// `12 % of the steps asked for nothing; no edit yet`.
    pub fn because(&self) -> String {
        self.reasons.iter().map(|reason| reason.words.as_str()).collect::<Vec<_>>().join("; ")
    }
}

impl RunModel {
    /// From its parts. `without_patch` is the share of runs without a patch that failed.
    ///
    /// # Errors
    /// No checkpoint that looks after steps, an end that is none, a share outside 0 to 1, parts that do not fit together.
    pub fn new(
        about: String,
        trained_on: usize,
        mut checkpoints: Vec<Checkpoint>,
        end: Checkpoint,
        without_patch: f64,
    ) -> Result<Self, LearnError> {
        checkpoints.sort_by_key(steps_of);
        let model = Self { version: VERSION, about, trained_on, checkpoints, end, without_patch };
        model.check()?;
        Ok(model)
    }

    /// The one that comes with the program.
    ///
    /// # Errors
    /// The program was built with a broken file; a test says so before.
    pub fn builtin() -> Result<Self, LearnError> {
        Self::from_json(BUILTIN)
    }

    /// A stored one.
    ///
    /// # Errors
    /// Not JSON of this version, or parts that do not fit together.
    pub fn from_json(text: &str) -> Result<Self, LearnError> {
        let model: Self = serde_json::from_str(text)
            .map_err(|error| LearnError::Model { problem: format!("cannot be read: {error}") })?;
        model.check()?;
        Ok(model)
    }

    /// What is to be expected of a run: between two checkpoints in a straight line of log odds, before the first and after the last
    /// that one. `home` as for [`Checkpoint::log_odds`].
    pub fn forecast(&self, run: &RunFeatures, home: Option<&str>) -> Forecast {
        let over = run.ended().is_some();
        let no_patch = run.ended().is_some_and(|end| end.patch_chars == 0);
        let forecast =
            Forecast { steps: run.steps(), failure: self.without_patch, no_patch, over, reasons: Vec::new() };
        if no_patch {
            let words = "the run is over and left no patch".to_owned();
            let reason = Reason { feature: Some(Feature::PatchSize), value: 0.0, log_odds: 0.0, words };
            return Forecast { reasons: vec![reason], ..forecast };
        }
        let looks = self.looks(run);
        let odds: f64 = looks.iter().map(|look| look.part * look.checkpoint.log_odds(&look.values, home)).sum();
        Forecast { failure: chance(odds), reasons: reasons(&looks, over, home), ..forecast }
    }

    /// The checkpoints that count now.
    fn looks(&self, run: &RunFeatures) -> Vec<Look<'_>> {
        self.parts(run).into_iter().map(|(checkpoint, part)| Look::new(checkpoint, part, run)).collect()
    }

    fn parts(&self, run: &RunFeatures) -> Vec<(&Checkpoint, f64)> {
        if run.ended().is_some() {
            return vec![(&self.end, 1.0)];
        }
        let before = self.checkpoints.iter().rfind(|look| steps_of(look) <= run.steps());
        let after = self.checkpoints.iter().find(|look| steps_of(look) > run.steps());
        match (before, after) {
            (Some(one), Some(other)) => {
                let (from, to) = (f64::from(steps_of(one)), f64::from(steps_of(other)));
                let part = (f64::from(run.steps()) - from) / (to - from);
                vec![(one, 1.0 - part), (other, part)]
            }
            (Some(only), None) | (None, Some(only)) => vec![(only, 1.0)],
            (None, None) => Vec::new(),
        }
    }

    fn check(&self) -> Result<(), LearnError> {
        let problem = |problem: &str| Err(LearnError::Model { problem: problem.to_owned() });
        if self.version != VERSION {
            return problem(&format!("has version {}, this program knows {VERSION}", self.version));
        }
        if self.checkpoints.is_empty() || self.checkpoints.iter().any(|look| look.moment == Moment::End) {
            return problem("needs at least one checkpoint, each after a number of steps");
        }
        if !self.checkpoints.is_sorted_by(|one, other| steps_of(one) < steps_of(other)) {
            return problem("has checkpoints out of order, or two after as many steps");
        }
        if self.end.moment != Moment::End {
            return problem("has an end that looks before the end");
        }
        if !(0.0..=1.0).contains(&self.without_patch) {
            return problem("has a share of failures without a patch that is not within 0 to 1");
        }
        self.checkpoints.iter().chain([&self.end]).try_for_each(Checkpoint::check)
    }
}

/// A checkpoint with its part of one, and the run as it sees it.
struct Look<'a> {
    checkpoint: &'a Checkpoint,
    part: f64,
    values: Vec<f64>,
}

impl<'a> Look<'a> {
    fn new(checkpoint: &'a Checkpoint, part: f64, run: &RunFeatures) -> Self {
        let mut values = run.vector();
        if let (Moment::After(steps), None) = (checkpoint.moment, run.ended()) {
            Feature::as_long_as(&mut values, steps);
        }
        Self { checkpoint, part, values }
    }
}

/// The features that speak most for failing, and the repository where it does. The length of a run that goes on says nothing.
fn reasons(looks: &[Look<'_>], over: bool, home: Option<&str>) -> Vec<Reason> {
    let mut sums: Vec<(Option<Feature>, f64)> = Vec::new();
    for look in looks {
        let (features, repository) = look.checkpoint.contributions(&look.values, home);
        let all = features.into_iter().map(|(feature, odds)| (Some(feature), odds));
        for (feature, odds) in all.chain([(None, repository)]) {
            match sums.iter_mut().find(|(known, _)| *known == feature) {
                Some((_, sum)) => *sum += look.part * odds,
                None => sums.push((feature, look.part * odds)),
            }
        }
    }
    let silent = |feature| !over && matches!(feature, Some(Feature::Length | Feature::Short));
    sums.retain(|(feature, odds)| *odds > 0.0 && !silent(*feature));
    // Stable: features that say as much stand in their own order.
    sums.sort_by(|one, other| other.1.total_cmp(&one.1));
    let mut reasons: Vec<Reason> = Vec::new();
    for (feature, log_odds) in sums {
        let values = looks.first().map(|look| look.values.as_slice()).unwrap_or_default();
        let value = feature.and_then(|feature| values.get(feature as usize).copied()).unwrap_or_default();
        let words = feature.map_or("runs in this repository fail more often".to_owned(), |f| f.in_words(value));
        // Two features may say one thing: `no edit yet`.
        if reasons.iter().all(|reason| reason.words != words) {
            reasons.push(Reason { feature, value, log_odds, words });
        }
        if reasons.len() == REASONS {
            break;
        }
    }
    reasons
}

fn steps_of(look: &Checkpoint) -> u32 {
    match look.moment {
        Moment::After(steps) => steps,
        Moment::End => u32::MAX,
    }
}

/// 1 / (1 + e^-x) without overflow.
fn chance(odds: f64) -> f64 {
    if odds >= 0.0 { 1.0 / (1.0 + (-odds).exp()) } else { odds.exp() / (1.0 + odds.exp()) }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
