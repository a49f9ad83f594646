//! The shadow classifier: a cheap model's one-word guess at how demanding a task is. Here is what it is asked and how its answer
//! is read; who asks and pays is `runtime`.

use serde::{Deserialize, Serialize};

/// What it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// The first lane.
    Low,
    /// The one in the middle.
    Medium,
    /// The last lane.
    High,
    /// Nothing that could be used: an empty answer, a refusal, two labels at once, no answer in time. Counted, and never in the
    /// way.
    None,
}

/// Longest task that is shown to it, in bytes: a guess is not worth more.
const LONGEST: usize = 4_000;

/// What it is told, as its system prompt.
pub const CLASSIFIER_PROMPT: &str = include_str!("classifier.md");

impl Label {
    /// Reads an answer, whatever stands around the word. Two different labels are none: an answer that a task's text bent.
    pub fn read(answer: &str) -> Self {
        let upper = answer.to_uppercase();
        let mut said = upper.split(|c: char| !c.is_alphanumeric()).map(Self::of).filter(|label| *label != Self::None);
        let Some(first) = said.next() else { return Self::None };
        if said.all(|label| label == first) { first } else { Self::None }
    }

    fn of(word: &str) -> Self {
        match word {
            "LOW" => Self::Low,
            "MEDIUM" => Self::Medium,
            "HIGH" => Self::High,
            _ => Self::None,
        }
    }

    /// As stored: `low`, `medium`, `high`, `none`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::None => "none",
        }
    }

    /// The lane it means, of so many: the first, the last, the one in the middle (of two the last). A label that failed means
    /// the middle.
    pub(crate) fn place(self, lanes: usize) -> usize {
        match self {
            Self::Low => 0,
            Self::High => lanes.saturating_sub(1),
            Self::Medium | Self::None => lanes / 2,
        }
    }
}

/// The task as it is shown to the classifier: between two lines with a mark that the text itself cannot hold, so that nothing in
/// it passes for an instruction. `mark` is the caller's, new for each call.
pub fn classifier_input(task: &str, mark: &str) -> String {
    let shown = &task[..task.floor_char_boundary(LONGEST)];
    let clean = shown.replace(mark, "");
    format!("task-{mark}\n{clean}\nend-{mark}")
}
