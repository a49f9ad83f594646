//! The only things that cross between agents: a brief, a report, and the runtime's own receipt.

use serde::{Deserialize, Serialize};

use crate::usage::Usage;

/// What is asked of a specialist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Brief {
    /// What has to be true afterwards.
    pub objective: String,
    /// The user's words, verbatim, where they constrain the work.
    pub user_said: Option<String>,
    /// How the runtime will check it: names of `verify` entries, or shell commands. Empty only for exploration.
    pub acceptance: Vec<String>,
    /// Acceptance in words, beside the checks. Alone it never yields `verified`.
    pub acceptance_notes: Option<String>,
    /// Files and folders to work in, and what not to touch.
    pub scope: Option<String>,
    /// What is known already, with `file:line`.
    pub facts: Vec<String>,
    /// What the report should contain.
    pub return_form: Option<String>,
    /// Only looking: no changes, no acceptance; the report must carry `file:line` evidence.
    pub explore: bool,
}

/// How a specialist says it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportStatus {
    /// All of it.
    Complete,
    /// Some of it.
    Partial,
    /// Something outside the brief is in the way.
    Blocked,
    /// A choice has to be made that is not the specialist's.
    NeedsDecision,
}

/// A place in the repository that a report points to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Evidence {
    /// `path:line`, relative to the workspace.
    pub at: String,
    /// What is there.
    pub note: String,
}

/// What a specialist says came out. A claim, not a fact: the receipt outranks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Report {
    /// How it went.
    pub status: ReportStatus,
    /// The answer in a few sentences.
    pub summary: String,
    /// What was changed, a line each.
    #[serde(default)]
    pub changes: Vec<String>,
    /// Places that show it.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// What remains doubtful, or the question to decide.
    #[serde(default)]
    pub doubts: Vec<String>,
    /// 0 to 100.
    #[serde(default)]
    pub confidence: Option<u8>,
}

/// A file the runtime saw changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FileChange {
    /// Relative to the workspace, `/` between parts.
    pub path: String,
    /// Lines added.
    pub added: u32,
    /// Lines removed.
    pub removed: u32,
}

/// A command the runtime ran or saw run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CommandReceipt {
    /// The command line.
    pub command: String,
    /// Its exit code; none when it was killed or timed out.
    pub exit_code: Option<i32>,
    /// How long it took.
    pub ms: u64,
    /// The runtime ran it as a check (not the agent as a tool call).
    pub check: bool,
}

/// What the runtime saw a specialist do during one delegation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Receipt {
    /// Files changed on disk since the delegation began, by content.
    pub files: Vec<FileChange>,
    /// Commands with their exit codes, in order.
    pub commands: Vec<CommandReceipt>,
    /// Tool calls made.
    pub tool_calls: u32,
    /// Model calls made.
    pub steps: u32,
    /// The acceptance of the brief, run by the runtime, all passed (false with none to run).
    pub verified: bool,
    /// Why not, or what does not fit the report (evidence that does not exist, "done" without a diff, ...).
    pub remarks: Vec<String>,
    /// Tokens of the delegation.
    pub usage: Usage,
    /// Dollars of the delegation; none where a price is unknown.
    pub usd: Option<crate::money::Usd>,
}
