//! Lanes: where a task may be sent, from cheap to strong, and the settings by which one is chosen.

mod brain;
pub(crate) mod check;
mod fallback;
mod rules;
mod settings;

use protocol::Effort;
use serde::{Deserialize, Serialize};

pub use brain::LaneBrain;
pub(crate) use fallback::cycle;
pub use fallback::{AllDown, Descent, Fallbacks, Resort, Tried, Trouble};
pub use rules::{Condition, PathChecks, PathRule, RuleSignal};
pub use settings::{
    ClassifierPolicy, CompactionPolicy, ConfidenceUse, Exploring, InRunPolicy, Iterations, LearnedPolicy, Mode,
    OnFailure, RoutingPolicy, ScoreWeights, Stickiness, Trigger, WarningLimits,
};

/// The word for the first lane, in any policy.
pub const FAST: &str = "fast";

/// The word for the last lane, in any policy.
pub const STRONG: &str = "strong";

/// A lane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// What main thinks with there; none for what the team has: the cheapest brain of a specialist or of main's ladder in the
    /// first lane, main's own in the last, the rungs between in the lanes between.
    pub brain: Option<LaneBrain>,
    /// How hard it thinks, where the brain does not say.
    pub effort: Option<Effort>,
    /// Other brains among which the tasks of this lane are drawn, by weight. Empty: always `brain`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shuffle: Vec<Share>,
    /// Largest prompt, in tokens; a larger one makes the lane ineligible.
    pub max_context_tokens: u64,
    /// Whether an independent verifier looks at the work before it counts as done.
    pub review: bool,
}

/// One of several brains of a lane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Share {
    /// The brain.
    pub brain: LaneBrain,
    /// How often it is drawn, against the weights of the others.
    pub weight: u32,
    /// Environment variable that holds its key, where the file names one. Never the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_env: Option<String>,
}

/// Who looks at the work.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Verifier {
    /// What it thinks with; none for the last lane's.
    pub brain: Option<LaneBrain>,
    /// How hard it thinks, where the brain does not say.
    pub effort: Option<Effort>,
    /// Largest prompt, in tokens.
    pub max_context_tokens: u64,
}

impl Lane {
    /// The brain as it would be written behind `--model`, with the lane's effort; none where the team decides.
    pub fn written(&self) -> Option<String> {
        self.brain.as_ref().map(|brain| brain.written(self.effort))
    }

    /// The brain for one task, drawn by weight where the lane has several. The same random numbers draw the same ones.
    pub fn draw(&self, random: &mut impl rand::Rng) -> Option<&LaneBrain> {
        let weights: Vec<u32> = self.shuffle.iter().map(|share| share.weight).collect();
        let place = drawn(&weights, rand::RngExt::random(random));
        place.and_then(|place| self.shuffle.get(place)).map(|share| &share.brain).or(self.brain.as_ref())
    }
}

/// The place that a number draws among weights, where all numbers are as likely as each other. None where nothing weighs anything.
pub fn drawn(weights: &[u32], number: u64) -> Option<usize> {
    let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    let mut left = number.checked_rem(total)?;
    weights.iter().position(|weight| match left.checked_sub(u64::from(*weight)) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    })
}

impl Verifier {
    /// The brain as it would be written behind `--model`; none where the last lane's is meant.
    pub fn written(&self) -> Option<String> {
        self.brain.as_ref().map(|brain| brain.written(self.effort))
    }
}

/// The place of a lane, from 0. Where no lane has that name, `fast` is the first and `strong` the last.
pub(crate) fn place_of(lanes: &[Lane], name: &str) -> Option<usize> {
    let named = lanes.iter().position(|lane| lane.name == name);
    named.or(match name {
        FAST if !lanes.is_empty() => Some(0),
        STRONG => lanes.len().checked_sub(1),
        _ => None,
    })
}
