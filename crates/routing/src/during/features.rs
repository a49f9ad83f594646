//! What is remembered of a run, step by step.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::feature::Feature;
use super::step::StepKind;

/// How many steps "lately" is.
pub(super) const LATELY: usize = 10;

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// The agent said that it is done.
    Submitted,
    /// Its context was full.
    ContextFull,
    /// Anything else that ended it: time, money, an error.
    CutOff,
}

/// What is known when a run is over. What is not known counts as average.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEnd {
    /// Why.
    pub stop: Stop,
    /// Characters of the patch; 0 where there is none.
    pub patch_chars: u64,
    /// Characters of what the model asked for: commands and arguments.
    #[serde(default)]
    pub asked_chars: Option<u64>,
    /// Characters of the results that it got.
    #[serde(default)]
    pub seen_chars: Option<u64>,
    /// Tokens that it generated.
    #[serde(default)]
    pub output_tokens: Option<u64>,
}

/// A run so far. Plain data: it is stored with the session and goes on after a restart. Pushing the same steps gives the same
/// state, however often it was stored and read in between.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunFeatures {
    pub(super) steps: u32,
    counts: [u32; StepKind::ALL.len()],
    lately: VecDeque<StepKind>,
    /// Steps before the first edit.
    pub(super) first_edit: Option<u32>,
    /// Steps up to and with the last edit.
    pub(super) last_edit: u32,
    /// Edits since the last check.
    pub(super) unchecked: u32,
    /// Checks since the last edit; all of them where there was none.
    pub(super) checks_since: u32,
    /// Checks and tests written since the first edit.
    pub(super) tried_after: u32,
    pub(super) end: Option<RunEnd>,
}

impl RunFeatures {
    /// Takes a step in. Steps after the end count no more.
    pub fn push(&mut self, kind: StepKind) {
        if self.end.is_some() {
            return;
        }
        if kind.changes() {
            self.first_edit = self.first_edit.or(Some(self.steps));
            self.last_edit = self.steps.saturating_add(1);
            self.unchecked = self.unchecked.saturating_add(1);
            self.checks_since = 0;
        }
        if kind.tries() {
            self.unchecked = 0;
            self.checks_since = self.checks_since.saturating_add(1);
        }
        if self.first_edit.is_some() && (kind.tries() || kind == StepKind::WriteTest) {
            self.tried_after = self.tried_after.saturating_add(1);
        }
        self.steps = self.steps.saturating_add(1);
        if let Some(count) = self.counts.get_mut(kind.number()) {
            *count = count.saturating_add(1);
        }
        if self.lately.len() >= LATELY {
            self.lately.pop_front();
        }
        self.lately.push_back(kind);
    }

    /// The run is over.
    pub fn end(&mut self, end: RunEnd) {
        self.end = Some(end);
    }

    /// The same from a whole sequence.
    pub fn of(steps: &[StepKind], end: Option<RunEnd>) -> Self {
        let mut run = Self::default();
        for kind in steps {
            run.push(*kind);
        }
        run.end = end;
        run
    }

    /// Steps so far.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// How it ended, once it is over.
    pub fn ended(&self) -> Option<&RunEnd> {
        self.end.as_ref()
    }

    /// Something was edited.
    pub fn edited(&self) -> bool {
        self.first_edit.is_some()
    }

    /// Every feature, in the order of [`Feature::ALL`]. NaN is what is not known (yet).
    pub fn vector(&self) -> Vec<f64> {
        Feature::ALL.iter().map(|feature| feature.of(self)).collect()
    }

    /// How many steps were of one of these kinds.
    pub(super) fn count(&self, kinds: &[StepKind]) -> f64 {
        kinds.iter().filter_map(|kind| self.counts.get(kind.number())).map(|count| f64::from(*count)).sum()
    }

    /// Their share of all steps.
    pub(super) fn share(&self, kinds: &[StepKind]) -> f64 {
        self.count(kinds) / self.total()
    }

    /// How many of the last ten steps were of one of these kinds, as a share of ten.
    pub(super) fn lately(&self, kinds: &[StepKind]) -> f64 {
        self.lately.iter().filter(|kind| kinds.contains(kind)).count() as f64 / LATELY as f64
    }

    /// Entropy of the kinds, in nats.
    pub(super) fn mixture(&self) -> f64 {
        let shares = self.counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / self.total());
        -shares.map(|share| share * share.ln()).sum::<f64>()
    }

    /// Steps, at least one: what shares are of.
    pub(super) fn total(&self) -> f64 {
        f64::from(self.steps.max(1))
    }
}

#[cfg(test)]
#[path = "features_tests.rs"]
pub(super) mod tests;
