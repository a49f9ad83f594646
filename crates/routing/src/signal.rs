//! What the monitor looks at.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A sign that a step went badly, or that the work is risky. All come from receipts; none from what a model says of itself
/// except its reported confidence, which can only raise the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Rounds of checks that failed, with none passed between. All checks of one step are one round.
    FailedChecksInARow,
    /// Steps that edited one and the same file, without a passed check.
    RepeatedEdits,
    /// Steps in a row in which as many calls failed as were of use, or more.
    ErrorStreak,
    /// Times that one call gave the same result, with no useful edit between.
    RepeatedCalls,
    /// Steps in a row without an edit, a new result or a passed check.
    NoProgress,
    /// Size of the diff, in blocks of `diff_block` lines.
    GrowingDiff,
    /// Changed files that match one of `risk_paths`.
    RiskPath,
    /// A report whose confidence is below `low_confidence`.
    LowConfidence,
    /// A report that asks for a decision.
    NeedsDecision,
    /// Edits by main of what this agent reported as done.
    CorrectiveEdits,
    /// A brief that asks for choosing, designing or interpreting.
    JudgementBrief,
}

impl Signal {
    /// All, in the order of the format.
    pub const ALL: [Self; 11] = [
        Self::FailedChecksInARow,
        Self::RepeatedEdits,
        Self::ErrorStreak,
        Self::RepeatedCalls,
        Self::NoProgress,
        Self::GrowingDiff,
        Self::RiskPath,
        Self::LowConfidence,
        Self::NeedsDecision,
        Self::CorrectiveEdits,
        Self::JudgementBrief,
    ];

    /// As written in the policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FailedChecksInARow => "failed_checks_in_a_row",
            Self::RepeatedEdits => "repeated_edits",
            Self::ErrorStreak => "error_streak",
            Self::RepeatedCalls => "repeated_calls",
            Self::NoProgress => "no_progress",
            Self::GrowingDiff => "growing_diff",
            Self::RiskPath => "risk_path",
            Self::LowConfidence => "low_confidence",
            Self::NeedsDecision => "needs_decision",
            Self::CorrectiveEdits => "corrective_edits",
            Self::JudgementBrief => "judgement_brief",
        }
    }

    /// A value of it in words for a person.
    pub(crate) fn in_words(self, value: u64) -> String {
        let times =
            |one: &str, many: &str| if value == 1 { one.to_owned() } else { many.replace('#', &value.to_string()) };
        match self {
            Self::FailedChecksInARow => times("checks failed", "checks failed # times in a row"),
            Self::RepeatedEdits => times("a file was edited", "one file was edited # times without a passed check"),
            Self::ErrorStreak => times("calls failed", "calls failed # steps in a row"),
            Self::RepeatedCalls => times("a call was made", "the same call gave the same result # times"),
            Self::NoProgress => times("a step without progress", "# steps in a row without progress"),
            Self::GrowingDiff => times("the diff is large", "the diff is # blocks large"),
            Self::RiskPath => times("a changed file is at a risk path", "# changed files are at risk paths"),
            Self::LowConfidence => "a report names low confidence".to_owned(),
            Self::NeedsDecision => "a report asks for a decision".to_owned(),
            Self::CorrectiveEdits => times("main corrected the work", "main corrected the work # times"),
            Self::JudgementBrief => "the brief asks for judgement".to_owned(),
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
