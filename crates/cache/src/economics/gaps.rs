//! How long a person takes to come back: what is known beforehand, and what a session has shown.

use std::time::Duration;

/// Share of gaps that have ended after so many seconds, of those that end at all. From 880 gaps between the last call of a
/// turn and the next call that began with words of a person, in 174 recorded sessions of another coding agent (January and
/// February 2026). Between the points the share grows with the logarithm of the time.
const ENDED: [(f64, f64); 14] = [
    (15.0, 0.022),
    (30.0, 0.098),
    (60.0, 0.245),
    (120.0, 0.480),
    (180.0, 0.605),
    (300.0, 0.736),
    (600.0, 0.858),
    (1_200.0, 0.923),
    (1_800.0, 0.941),
    (2_700.0, 0.961),
    (3_600.0, 0.974),
    (7_200.0, 0.983),
    (28_800.0, 0.992),
    (86_400.0, 1.0),
];

/// Share of turns after which nobody comes back while the program stays open. A setting, not a measurement: sessions in the
/// same recordings end after 16.5 % of their turns, but who closes the program ends its pings too, and most do.
const NEVER: f64 = 0.05;

/// Observed gaps that weigh as much as all that is known beforehand.
const PRIOR_WEIGHT: f64 = 20.0;

/// The distribution of how long a person takes to come back, "never" included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    observed: Vec<Duration>,
}

impl Gaps {
    /// What is known before anything was observed.
    pub fn prior() -> Self {
        Self::default()
    }

    /// Takes a gap into account that has ended. It counts as one against the twenty of the prior, and makes "never" rarer.
    pub fn observe(&mut self, gap: Duration) {
        self.observed.push(gap);
    }

    /// Number of observed gaps.
    pub fn observed(&self) -> usize {
        self.observed.len()
    }

    /// `P(back in (waited, waited + window] | not back after waited)`.
    pub fn chance_within(&self, waited: Duration, window: Duration) -> f64 {
        1.0 - self.not_back(waited.saturating_add(window)) / self.not_back(waited)
    }

    /// `P(ever back | not back after waited)`.
    pub fn chance_ever_after(&self, waited: Duration) -> f64 {
        1.0 - self.never() / self.not_back(waited)
    }

    /// `P(not back after waited)`: never zero, since some never come back.
    fn not_back(&self, waited: Duration) -> f64 {
        let longer = self.observed.iter().filter(|gap| **gap > waited).count() as f64;
        let prior = NEVER + (1.0 - NEVER) * (1.0 - ended(waited.as_secs_f64()));
        (PRIOR_WEIGHT * prior + longer) / self.weight()
    }

    fn never(&self) -> f64 {
        PRIOR_WEIGHT * NEVER / self.weight()
    }

    fn weight(&self) -> f64 {
        PRIOR_WEIGHT + self.observed.len() as f64
    }
}

/// Share of the prior's ending gaps that have ended after so many seconds.
fn ended(seconds: f64) -> f64 {
    let (first, share) = ENDED[0];
    if seconds <= first {
        return share * (seconds / first).max(0.0);
    }
    let between = ENDED.windows(2).find(|pair| seconds <= pair[1].0);
    between.map_or(1.0, |pair| {
        let ((from, low), (to, high)) = (pair[0], pair[1]);
        low + (high - low) * (seconds / from).ln() / (to / from).ln()
    })
}

#[cfg(test)]
#[path = "gaps_tests.rs"]
mod tests;
