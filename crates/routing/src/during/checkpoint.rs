//! One fitted look at runs: after so many steps, or when they are over.

use serde::{Deserialize, Serialize};

use crate::learned::{LearnError, Logistic};

use super::feature::Feature;
use super::features::{RunEnd, RunFeatures};
use super::step::StepKind;

/// When runs are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// After so many steps, or as many as there were.
    After(u32),
    /// When it is over.
    End,
}

/// A recorded run as a look at one moment sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Every feature, in the order of [`Feature::ALL`].
    pub values: Vec<f64>,
    /// How it came out.
    pub failed: bool,
    /// Where it worked.
    pub repository: String,
    /// It was another brain's than the one that is asked about: it teaches what the features mean, and has its own share of failures.
    pub other_brain: bool,
}

impl Example {
    /// A run at a moment. A run that was over before is seen as one that is over, but at [`Moment::After`] nothing that is only
    /// known at the end is used.
    pub fn values_at(moment: Moment, steps: &[StepKind], end: RunEnd) -> Vec<f64> {
        let (shown, end) = match moment {
            Moment::After(most) if steps.len() > most as usize => (steps.get(..most as usize).unwrap_or(steps), None),
            Moment::After(_) | Moment::End => (steps, Some(end)),
        };
        RunFeatures::of(shown, end).vector()
    }
}

/// A logistic regression on some of the features, with a column for each repository that it was fitted on and one for other
/// brains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// When it looks.
    pub moment: Moment,
    features: Vec<Feature>,
    /// Columns behind the features.
    repositories: Vec<String>,
    logistic: Logistic,
}

impl Checkpoint {
    /// Fits it. Every repository of this brain's runs gets a column where `by_repository` is set; the ridge draws them all towards
    /// the average.
    ///
    /// # Errors
    /// No examples, one outcome only, rows that lack features, a ridge that is not allowed.
    pub fn fit(
        moment: Moment,
        examples: &[&Example],
        features: &[Feature],
        ridge: f64,
        by_repository: bool,
    ) -> Result<Self, LearnError> {
        let mut repositories: Vec<String> = examples
            .iter()
            .filter(|example| by_repository && !example.other_brain)
            .map(|example| example.repository.clone())
            .collect();
        repositories.sort_unstable();
        repositories.dedup();
        let rows: Vec<Vec<f64>> = examples
            .iter()
            .map(|example| {
                let home = (!example.other_brain).then_some(example.repository.as_str());
                let mut row = chosen(features, &example.values);
                row.extend(repositories.iter().map(|name| if home == Some(name.as_str()) { 1.0 } else { 0.0 }));
                row.push(if example.other_brain { 1.0 } else { 0.0 });
                row
            })
            .collect();
        let failed: Vec<bool> = examples.iter().map(|example| example.failed).collect();
        let logistic = Logistic::fit(&rows, &failed, None, ridge)?.without_uncertainty();
        Ok(Self { moment, features: features.to_vec(), repositories, logistic })
    }

    /// The log odds of failing. `home` is the repository, for a run of the brain that it was fitted for; without it the run is an
    /// average one of all brains and repositories, and so is a repository that it does not know.
    pub fn log_odds(&self, values: &[f64], home: Option<&str>) -> f64 {
        self.logistic.score(&self.row(values, home))
    }

    /// What each feature adds to the log odds against the average run, in the order of its features; the repository apart.
    pub(super) fn contributions(&self, values: &[f64], home: Option<&str>) -> (Vec<(Feature, f64)>, f64) {
        let parts = self.logistic.contributions(&self.row(values, home));
        let features = self.features.iter().copied().zip(parts.iter().copied()).collect();
        (features, parts.iter().skip(self.features.len()).sum())
    }

    /// Whether one that was read from somewhere fits together.
    ///
    /// # Errors
    /// A number of columns that is not that of the model, numbers that cannot be.
    pub(super) fn check(&self) -> Result<(), LearnError> {
        self.logistic.check()?;
        let (needed, found) = (self.features.len() + self.repositories.len() + 1, self.logistic.columns());
        if needed != found {
            return Err(LearnError::Model { problem: format!("names {needed} columns and has {found}") });
        }
        Ok(())
    }

    fn row(&self, values: &[f64], home: Option<&str>) -> Vec<f64> {
        let mut row = chosen(&self.features, values);
        if let Some(home) = home {
            let known = self.repositories.iter().any(|name| name == home);
            let column = |name: &String| match (known, name == home) {
                (false, _) => f64::NAN,
                (true, here) => f64::from(u8::from(here)),
            };
            row.extend(self.repositories.iter().map(column));
            row.push(0.0);
        }
        row
    }
}

fn chosen(features: &[Feature], values: &[f64]) -> Vec<f64> {
    features.iter().map(|feature| values.get(*feature as usize).copied().unwrap_or(f64::NAN)).collect()
}
