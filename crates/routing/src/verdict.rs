//! What the monitor says of a step.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::signal::Signal;

/// How a score is made, with the names of [`Verdict::numbers`]; for a stored decision.
pub const FORMULA: &str =
    "score = min(most, carried + sum of points); points = weight x min(max(value - free, 0), most of the signal)";

/// A signal that gave points in a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Which.
    pub signal: Signal,
    /// What was counted, before anything is taken off; its unit is the signal's ([`Signal`]).
    pub value: f64,
    /// Points for each unit, from the policy.
    pub weight: f64,
    /// What it added to the score.
    pub points: f64,
}

impl Reason {
    /// For a person: `checks failed 3 times in a row (+4.5)`.
    pub fn in_words(&self) -> String {
        // Values are counts: nothing is lost.
        format!("{} (+{})", self.signal.in_words(self.value as u64), short(self.points))
    }
}

/// Which rung is wanted, seen from the brain of the open window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// The same.
    #[default]
    Stay,
    /// The next stronger one.
    Up,
    /// The next cheaper one.
    Down,
}

impl Want {
    /// As written in a stored decision.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stay => "stay",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// What the monitor says after a step. It is about the state, not a change: [`Want::Up`] is said again after every step until
/// the move was made ([`crate::Monitor::moved`]) or the reason for it is gone. It never means two rungs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// The score after this step, 0 to `most`.
    pub score: f64,
    /// What earlier steps still count in it.
    pub carried: f64,
    /// What gave points in this step, most first.
    pub reasons: Vec<Reason>,
    /// The wanted rung.
    pub wants: Want,
    /// Another one than after the step before: the moment to store a decision.
    pub changed: bool,
    /// Up is wanted because of a signal that the policy lists as urgent.
    pub urgent: bool,
    /// Why, in a sentence for a person.
    pub because: String,
}

impl Verdict {
    /// The numbers of a stored decision: `score`, `carried`, and value, weight and points of each reason by its signal.
    pub fn numbers(&self) -> BTreeMap<String, f64> {
        let mut numbers = BTreeMap::from([("score".to_owned(), self.score), ("carried".to_owned(), self.carried)]);
        for reason in &self.reasons {
            for (name, number) in [("value", reason.value), ("weight", reason.weight), ("points", reason.points)] {
                numbers.insert(format!("{}.{name}", reason.signal), number);
            }
        }
        numbers
    }
}

/// A number in a sentence: at most one place behind the point.
pub(crate) fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
