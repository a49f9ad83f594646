//! What the runtime saw of a step.

use serde::{Deserialize, Serialize};

/// A tool call and its result, as far as the monitor needs them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallFacts {
    /// Name of the tool.
    pub tool: String,
    /// Hash of tool and arguments: equal for equal calls.
    pub signature: u64,
    /// Hash of the result's text.
    pub result: u64,
    /// The tool answered with an error.
    pub error: bool,
    /// The file it edited, relative to the workspace.
    pub edits: Option<String>,
    /// It was a test or lint command: whether it passed.
    pub check: Option<bool>,
}

impl CallFacts {
    /// An error, or a check that did not pass.
    pub(crate) fn failed(&self) -> bool {
        self.error || self.check == Some(false)
    }

    /// The file that was really edited.
    pub(crate) fn edited(&self) -> Option<&str> {
        self.edits.as_deref().filter(|_| !self.error)
    }
}

/// One step of one agent: one model call, the tool calls it asked for, and what the runtime did right after. Everything is
/// true of this step only (a report counts in the step that ended with it), except for the diff, which is as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepFacts {
    /// In the order asked.
    pub calls: Vec<CallFacts>,
    /// Checks that the runtime ran after this step: whether each passed.
    pub checks: Vec<bool>,
    /// Lines added and removed by the diff so far.
    pub changed_lines: u64,
    /// Files in the diff so far, relative to the workspace.
    pub changed_paths: Vec<String>,
    /// Confidence of the report that ended the step, 0 to 100.
    pub confidence: Option<u8>,
    /// That report asks for a decision.
    pub needs_decision: bool,
    /// Edits by main of what this agent had reported as done.
    pub corrective_edits: u32,
    /// The brief that began with this step asks for judgement ([`crate::MonitorPolicy::judgement_brief`]).
    pub judgement_brief: bool,
}

impl StepFacts {
    /// All checks of the step, whoever ran them: none where there were none, else whether all passed.
    pub(crate) fn round(&self) -> Option<bool> {
        self.passes().reduce(|one, other| one && other)
    }

    /// Whether a check passed, whatever else failed.
    pub(crate) fn something_passed(&self) -> bool {
        self.passes().any(|passed| passed)
    }

    /// Nothing happened that could be judged: the model only spoke.
    pub(crate) fn is_talk(&self) -> bool {
        self.calls.is_empty() && self.checks.is_empty()
    }

    fn passes(&self) -> impl Iterator<Item = bool> {
        self.calls.iter().filter_map(|call| call.check).chain(self.checks.iter().copied())
    }
}
