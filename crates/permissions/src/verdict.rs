//! What a judgement says.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What happens to a command. `Deny` outranks `Ask`, `Ask` outranks `Allow`; a line is as its worst part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Runs without a question.
    Allow,
    /// A person is asked; where there is none, refused.
    #[default]
    Ask,
    /// Refused.
    Deny,
}

impl Verdict {
    /// As written in rules and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// What an allowed line may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It reads beneath the workspace.
    Reads,
    /// It does what the repository's own build and tests do, or what a rule or the team's file names.
    Listed,
}

/// What was found out about a command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judgement {
    /// The worst of the parts', and `Ask` at least where the line is not understood.
    pub verdict: Verdict,
    /// The verdict holds inside a sandbox too: a rule, the floor, or a line that cannot be shown as it is.
    pub firm: bool,
    /// Refused by the floor, which no rule and no mode lifts.
    pub floor: bool,
    /// What the line may do, where it is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Every simple command of the line, those inside substitutions and functions too, in order.
    pub parts: Vec<Part>,
    /// Why, in words; empty where it is allowed.
    pub reasons: Vec<String>,
}

/// One simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// As written.
    pub text: String,
    /// The words as the program would get them (wildcards as written); none where a word is only known when it runs.
    pub argv: Option<Vec<String>>,
    /// Variables that it sets, as written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assignments: Vec<String>,
    /// Where its input comes from and its output goes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redirections: Vec<Redirection>,
    /// Its own verdict.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<String>,
}

/// A redirection of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Redirection {
    /// As written.
    pub text: String,
    /// It writes a file (also: creates, empties).
    pub writes: bool,
    /// Which file, absolute; none where that is only known when it runs, or where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<PathBuf>,
}
