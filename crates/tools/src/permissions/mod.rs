//! Who may do what without a person's yes. Decided when a tool runs; a prompt has no part in it.

mod commands;
mod line;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::host::{Approval, ApprovalRequest};
use crate::tool::{ToolContext, ToolError};

pub use commands::Kind;

/// When a person is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalMode {
    /// Before every change of a file and every command that is not on the list.
    #[default]
    Ask,
    /// Before what is not an edit inside the workspace and not on the list of commands.
    Auto,
    /// Never: everything but reading is refused.
    Deny,
}

impl ApprovalMode {
    /// As written on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Auto => "auto",
            Self::Deny => "deny",
        }
    }
}

impl std::str::FromStr for ApprovalMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "ask" => Ok(Self::Ask),
            "auto" => Ok(Self::Auto),
            "deny" => Ok(Self::Deny),
            other => Err(format!("unknown approval mode `{other}`; allowed: ask, auto, deny")),
        }
    }
}

/// What decisions are made by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The mode in force.
    pub mode: ApprovalMode,
    /// The workspace: canonical, absolute.
    pub root: PathBuf,
    /// Command lines that are allowed as they stand: the team's checks.
    pub allowed_commands: Vec<String>,
}

/// What is about to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// A file is written or changed; the path is relative to the workspace, its symlinks resolved.
    Change {
        /// Which file.
        path: &'a Path,
    },
    /// A shell runs a command line in the workspace.
    Command {
        /// The line.
        line: &'a str,
    },
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allow,
    /// A person has to say yes, for this reason.
    Ask(String),
    /// No, and what is allowed instead: words for the model.
    Refuse(String),
}

/// Decides. What is not understood is never allowed.
pub fn decide(policy: &Policy, action: &Action<'_>) -> Decision {
    match action {
        Action::Change { path } => decide_change(policy.mode, path),
        Action::Command { line } => decide_command(policy, line),
    }
}

fn decide_change(mode: ApprovalMode, path: &Path) -> Decision {
    match (mode, guarded(path)) {
        (ApprovalMode::Deny, _) => Decision::Refuse(format!(
            "{} cannot be changed: this session only reads (approval mode deny). Allowed: reading, searching, \
             git_diff, git_status, and read-only commands such as `ls` or `git log`. Say what you would change instead",
            path.display()
        )),
        (_, Some(part)) => Decision::Ask(format!("{part} can make other programs run commands")),
        (ApprovalMode::Ask, None) => Decision::Ask("changes of files are asked for (approval mode ask)".to_owned()),
        (ApprovalMode::Auto, None) => Decision::Allow,
    }
}

/// Folders and files by which other programs (git, editors, build tools, this one) can be made to run something.
const GUARDED: &[&str] = &[
    ".git",
    ".gitmodules",
    ".gitattributes",
    ".agent",
    ".vscode",
    ".idea",
    ".husky",
    ".cargo",
    ".devcontainer",
    ".envrc",
    ".npmrc",
    ".mcp.json",
    ".pre-commit-config.yaml",
];

/// The part of a path that is guarded. File systems that ignore case make `.Git` the same folder as `.git`.
fn guarded(path: &Path) -> Option<&'static str> {
    path.components().find_map(|part| {
        let part = part.as_os_str().to_string_lossy().to_lowercase();
        GUARDED.iter().find(|name| **name == part).copied()
    })
}

fn decide_command(policy: &Policy, command: &str) -> Decision {
    let judged = commands::judge(command, &policy.root, &policy.allowed_commands);
    match (policy.mode, judged) {
        (_, Ok(Kind::ReadOnly)) | (ApprovalMode::Ask | ApprovalMode::Auto, Ok(Kind::Listed)) => Decision::Allow,
        (ApprovalMode::Deny, Ok(Kind::Listed)) => refuse_command("it may change files"),
        (ApprovalMode::Deny, Err(why)) => refuse_command(&why),
        (ApprovalMode::Ask | ApprovalMode::Auto, Err(why)) => Decision::Ask(why),
    }
}

fn refuse_command(why: &str) -> Decision {
    Decision::Refuse(format!(
        "the command was not run: {why}, and this session only reads (approval mode deny). Allowed are read-only \
         commands such as `ls`, `cat FILE`, `git log`, and the tools that read and search"
    ))
}

/// Decides, and asks the person where that is the decision. `what` is everything that a yes would allow.
pub(crate) async fn enforce(
    context: &ToolContext,
    tool: &'static str,
    action: &Action<'_>,
    what: String,
) -> Result<(), ToolError> {
    let why = match decide(&context.session.policy(), action) {
        Decision::Allow => return Ok(()),
        Decision::Refuse(words) => return Err(ToolError::RespondToModel(words)),
        Decision::Ask(why) => why,
    };
    let request =
        ApprovalRequest { agent: context.agent.clone(), tool: tool.to_owned(), call: context.call.clone(), what, why };
    let why = request.why.clone();
    let answer = tokio::select! {
        () = context.cancel.cancelled() => Approval::No("cancelled".to_owned()),
        answer = context.host.approve(request) => answer,
    };
    match answer {
        Approval::Yes => Ok(()),
        Approval::No(reason) => Err(ToolError::RespondToModel(format!(
            "not allowed: {reason} (a yes was needed: {why}). Nothing was done. Do it another way, or say what you need"
        ))),
    }
}

#[cfg(test)]
#[path = "permissions_tests.rs"]
mod tests;
