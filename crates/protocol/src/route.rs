//! Where a task was sent, and what came of it: the words of routing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::brain::Brain;
use crate::clock::Timestamp;
use crate::ids::SessionId;
use crate::money::Usd;
use crate::usage::Usage;

/// What kind of work a task is.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TaskType {
    /// Finding one's way: listing, explaining where something is.
    Navigation,
    /// Searching for a name, a text, a use.
    Search,
    /// Writing comments or documentation of what is there.
    Docstring,
    /// Formatting, lint, renaming without a change of behaviour.
    Reformat,
    /// Tests after a known pattern.
    Tests,
    /// Mending what is wrong.
    BugFix,
    /// Something new.
    Feature,
    /// Judging a change.
    Review,
    /// Deciding how things hang together.
    Architecture,
    /// A change that goes through the whole code base.
    Refactor,
    /// An algorithm that has to be found.
    Algorithm,
    /// None of these could be told; counted apart.
    #[default]
    Unknown,
}

impl TaskType {
    /// All, in the order of the format.
    pub const ALL: [Self; 12] = [
        Self::Navigation,
        Self::Search,
        Self::Docstring,
        Self::Reformat,
        Self::Tests,
        Self::BugFix,
        Self::Feature,
        Self::Review,
        Self::Architecture,
        Self::Refactor,
        Self::Algorithm,
        Self::Unknown,
    ];

    /// As written in policies and the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Navigation => "navigation",
            Self::Search => "search",
            Self::Docstring => "docstring",
            Self::Reformat => "reformat",
            Self::Tests => "tests",
            Self::BugFix => "bug_fix",
            Self::Feature => "feature",
            Self::Review => "review",
            Self::Architecture => "architecture",
            Self::Refactor => "refactor",
            Self::Algorithm => "algorithm",
            Self::Unknown => "unknown",
        }
    }

    /// The type of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl std::fmt::Display for TaskType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known of a task before it runs. The risk score is made of the first four and `new_code`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Signals {
    /// Files that the change touches, as far as they are known.
    pub files: u32,
    /// A schema or a migration is touched.
    pub schema_change: bool,
    /// Code that decides who may do what is touched.
    pub auth_code: bool,
    /// Attempts at this task that have failed.
    pub failures: u32,
    /// Code that did not exist before.
    pub new_code: bool,
    /// Production is down, or may be.
    pub production_incident: bool,
    /// Names of the policy's path rules that a touched path matches, in the policy's order.
    pub paths: Vec<String>,
}

/// A decision about where a task goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Route {
    /// What kind of work it is taken for.
    pub task_type: TaskType,
    /// What was known.
    pub signals: Signals,
    /// Risk score of the signals.
    pub score: u32,
    /// The lane chosen.
    pub lane: String,
    /// Every rule that had a say, in the order in which they were asked: `task_type:docstring`, `score:7`,
    /// `always_strong:schema_change`, `path:auth`, `hint:files`, `context:fast`, `learned:0.97`.
    pub reasons: Vec<String>,
    /// Commands that decide whether the work is done.
    pub verification: Vec<String>,
    /// Hash of the policy.
    pub policy: String,
    /// What the classifier said, where it was asked: `low`, `medium`, `high`, `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classifier: Option<String>,
    /// What the learned router said, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learned: Option<Learned>,
}

/// What the learned router said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Learned {
    /// Version of the model that was asked.
    pub version: u32,
    /// It would have gone there.
    pub lane: String,
    /// Calibrated chance of success, by lane.
    pub success: BTreeMap<String, f64>,
    /// How sure it is of that, 0 to 1.
    pub confidence: f64,
    /// Chance with which this lane was drawn; 1 where nothing was explored.
    pub propensity: f64,
    /// It was only written down.
    pub shadow: bool,
}

/// One attempt at a task in a lane, as it began. A row of its own, never changed; what came of it is an [`AttemptEnd`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Session it belongs to.
    pub session: SessionId,
    /// Turn of the session, from 1.
    pub turn: u32,
    /// Counts the attempts of that turn, from 1.
    pub number: u32,
    /// Fingerprint of task text and repository: like tasks share it.
    pub task: String,
    /// The workspace.
    pub repository: String,
    /// The decision.
    pub route: Route,
    /// The main agent's brain.
    pub brain: Brain,
    /// When it began.
    pub at: Timestamp,
    /// The lane that failed before, and what failed.
    pub escalated_from: Option<(String, String)>,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptEnd {
    /// From the beginning of the attempt to the last check, in milliseconds.
    pub ms: u64,
    /// Dollars of all calls of the attempt; none where a price is unknown.
    pub usd: Option<Usd>,
    /// Tokens of all calls of the attempt.
    pub usage: Usage,
    /// Commands that were run as checks, and whether each passed.
    pub checks: Vec<(String, bool)>,
    /// Whether the work passed; none where nothing could tell.
    pub passed: Option<bool>,
    /// What went wrong, in a word or two: `failed_tests`, `weak_checks`, `no_patch`, `review_rejected`, `interrupted`.
    pub failure: Option<String>,
    /// The plan was at fault, not who carried it out.
    pub plan_at_fault: bool,
}

/// What a person, or the repository, said of it afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was taken.
    Accepted,
    /// It was not.
    Rejected,
    /// It was reverted in git.
    Reverted,
}

impl Outcome {
    /// As written in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Reverted => "reverted",
        }
    }
}
