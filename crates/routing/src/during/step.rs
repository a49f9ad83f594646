//! The alphabet that a run is written in.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facts::CallFacts;

use super::command;

/// What a step was for. A step is here one tool call, or an answer without one: a step of the runtime with three calls is three of
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Listed a folder, or looked at a file's size or a program's version.
    List,
    /// Searched contents or names.
    Search,
    /// Read a file from beginning to end.
    ReadWhole,
    /// Read a part of a file.
    ReadPart,
    /// Read a test or a configuration file.
    ReadContext,
    /// Wrote or ran something that shows the problem.
    Reproduce,
    /// Changed a source file with an edit tool.
    Edit,
    /// Changed files by a shell command or a script.
    ScriptEdit,
    /// Wrote or changed a test.
    WriteTest,
    /// Built, tested, linted; whether or not that passed.
    Check,
    /// Looked at or moved the state of the version control.
    Git,
    /// Cleaned up, wrote documentation, installed something, started a service.
    Housekeeping,
    /// A call that failed as such (no check that ran and did not pass).
    Failed,
    /// Asked for nothing.
    Idle,
    /// Said that it is done.
    Submit,
    /// Anything else.
    Other,
}

impl StepKind {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 16] = [
        Self::List,
        Self::Search,
        Self::ReadWhole,
        Self::ReadPart,
        Self::ReadContext,
        Self::Reproduce,
        Self::Edit,
        Self::ScriptEdit,
        Self::WriteTest,
        Self::Check,
        Self::Git,
        Self::Housekeeping,
        Self::Failed,
        Self::Idle,
        Self::Submit,
        Self::Other,
    ];

    /// The kind by a label of recorded runs, coarse (`read`) or fine (`read-file-range`). The labels are those of the published
    /// analysis of SWE-bench Pro runs. None for one that is not known.
    pub fn of_label(label: &str) -> Option<Self> {
        if label.ends_with("(failed)") {
            return Some(Self::Failed);
        }
        Some(match label {
            "list-directory" | "view-directory" | "inspect-file-metadata" | "check-version" | "check-tool-exists" => {
                Self::List
            }
            "search" | "search-keyword" | "search-files-by-content" | "search-files-by-name" => Self::Search,
            "read" | "read-file-full" | "read-via-bash" | "read-via-inline-script" => Self::ReadWhole,
            "read-file-range" | "read-file-full(truncated)" => Self::ReadPart,
            "read-config-file" | "read-test-file" => Self::ReadContext,
            "reproduce" | "create-repro-script" | "run-repro-script" | "run-inline-snippet" => Self::Reproduce,
            "edit" | "edit-source" | "insert-source" | "create-file" | "apply-patch" => Self::Edit,
            "edit-via-inline-script" | "create-file-via-inline-script" => Self::ScriptEdit,
            "create-test-script" | "create-verify-script" | "edit-test-or-repro" => Self::WriteTest,
            "verify" | "run-test-suite" | "run-test-specific" | "run-custom-script" | "run-inline-verify"
            | "run-verify-script" | "compile-build" | "syntax-check" => Self::Check,
            "git" | "git-diff" | "git-stash" | "git-status-log" => Self::Git,
            "housekeeping" | "create-documentation" | "file-cleanup" | "install-deps" | "start-service" => {
                Self::Housekeeping
            }
            "failed" => Self::Failed,
            "empty" => Self::Idle,
            "submit" => Self::Submit,
            "other" | "bash-other" | "echo" | "undo-edit" => Self::Other,
            _ => return None,
        })
    }

    /// The kind of a call that the runtime saw, from its facts and its arguments as JSON text. `edited`: something was edited
    /// before it, so that a script that runs is a check and no reproduction.
    pub fn of_call(facts: &CallFacts, arguments: &str, edited: bool) -> Self {
        if facts.check.is_some() {
            return Self::Check;
        }
        if facts.error {
            return Self::Failed;
        }
        let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
        match facts.tool.as_str() {
            "edit" | "write" => edit_of(facts.edits.as_deref().unwrap_or_default()),
            "read" => read_of(&arguments),
            "grep" | "glob" => Self::Search,
            "list" => Self::List,
            "git_diff" | "git_status" | "git_commit" => Self::Git,
            "verify" => Self::Check,
            "report" => Self::Submit,
            "bash" => {
                arguments.get("command").and_then(Value::as_str).map_or(Self::Other, |line| command::kind(line, edited))
            }
            _ if facts.edited().is_some() => edit_of(facts.edits.as_deref().unwrap_or_default()),
            _ => Self::Other,
        }
    }

    /// For a person: what such a step does.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::List => "listed folders",
            Self::Search => "searched",
            Self::ReadWhole => "read whole files",
            Self::ReadPart => "read parts of files",
            Self::ReadContext => "read tests or configuration",
            Self::Reproduce => "reproduced the problem",
            Self::Edit => "edited",
            Self::ScriptEdit => "edited by a shell command",
            Self::WriteTest => "wrote tests",
            Self::Check => "checked",
            Self::Git => "used git",
            Self::Housekeeping => "kept house",
            Self::Failed => "failed",
            Self::Idle => "asked for nothing",
            Self::Submit => "handed in",
            Self::Other => "did something else",
        }
    }

    /// Changes what is worked on.
    pub(super) fn changes(self) -> bool {
        matches!(self, Self::Edit | Self::ScriptEdit)
    }

    /// Says whether what was changed works.
    pub(super) fn tries(self) -> bool {
        matches!(self, Self::Check | Self::Reproduce)
    }

    /// Its place in [`StepKind::ALL`].
    pub(super) fn number(self) -> usize {
        self as usize
    }
}

fn edit_of(path: &str) -> StepKind {
    if is_test(path) { StepKind::WriteTest } else { StepKind::Edit }
}

/// The `read` tool takes several files: a part of any is a part, all of them tests or configuration is context.
fn read_of(arguments: &Value) -> StepKind {
    let files = arguments.get("files").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let path = |file: &Value| file.get("path").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !files.is_empty() && files.iter().all(|file| is_context(&path(file))) {
        StepKind::ReadContext
    } else if files.iter().any(|file| file.get("offset").is_some() || file.get("limit").is_some()) {
        StepKind::ReadPart
    } else {
        StepKind::ReadWhole
    }
}

/// A test or a configuration file, by its name.
pub(super) fn is_context(path: &str) -> bool {
    const CONFIGURATION: [&str; 7] = [".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".lock"];
    is_test(path) || CONFIGURATION.iter().any(|ending| path.to_ascii_lowercase().ends_with(ending))
}

fn is_test(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let part = |part: &str| matches!(part, "test" | "tests" | "spec" | "specs" | "__tests__" | "testdata");
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    path.split(['/', '\\']).any(part)
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || name.contains(".test.")
        || name.contains(".spec.")
}

#[cfg(test)]
#[path = "step_tests.rs"]
mod tests;
