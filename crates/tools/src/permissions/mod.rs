//! Who may do what without a person's yes. Decided when a tool runs; a prompt has no part in it.

mod commands;
mod guards;
mod world;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::permissions::rights::Commands;
use permissions::rules::RuleSet;
use serde::{Deserialize, Serialize};

use crate::filesystem::guard::{guarded, warning};
use crate::host::{Approval, ApprovalRequest, Settled};
use crate::tool::{ToolContext, ToolError};

pub use guards::{DeniedHosts, Guards, Wall};
pub use world::Machine;

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
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// The mode in force.
    pub mode: ApprovalMode,
    /// The workspace: canonical, absolute.
    pub root: PathBuf,
    /// Command lines that are allowed as they stand: the team's checks.
    pub allowed_commands: Vec<String>,
    /// Where commands look for programs, as in `PATH`.
    pub search_path: String,
    /// What stands between commands and the machine.
    pub around: Around,
    /// Rules about commands.
    pub rules: Arc<RuleSet>,
    /// The user's home folder, where it is known.
    pub home: Option<PathBuf>,
    /// A secret was read in this session, and commands reach hosts: one could carry it there.
    pub leaky: bool,
}

/// What stands around commands, as far as decisions depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Around {
    /// The sandbox.
    Sandbox,
    /// Nothing: a person typed so.
    #[default]
    Nothing,
    /// Nothing, although a sandbox was wanted.
    Missing,
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
    /// Files are committed, outside of the sandbox.
    Commit {
        /// Which, relative to the workspace.
        paths: &'a [String],
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
        Action::Command { line } => commands::decide(policy, line),
        Action::Commit { .. } => decide_commit(policy.mode),
    }
}

/// A commit stays: it is asked for also where edits are not.
fn decide_commit(mode: ApprovalMode) -> Decision {
    match mode {
        ApprovalMode::Deny => Decision::Refuse(
            "nothing was committed: this session only reads (approval mode deny). Say what you would commit instead"
                .to_owned(),
        ),
        ApprovalMode::Ask | ApprovalMode::Auto => {
            Decision::Ask("a commit is asked for; `agent run --commit` makes one of a verified change".to_owned())
        }
    }
}

fn decide_change(mode: ApprovalMode, path: &Path) -> Decision {
    match (mode, guarded(path)) {
        (ApprovalMode::Deny, _) => Decision::Refuse(format!(
            "{} cannot be changed: this session only reads (approval mode deny). Allowed: reading, searching, \
             git_diff, git_status, and read-only commands such as `ls` or `git log`. Say what you would change instead",
            path.display()
        )),
        (_, Some(part)) => Decision::Ask(warning(part)),
        (ApprovalMode::Ask, None) => Decision::Ask("changes of files are asked for (approval mode ask)".to_owned()),
        (ApprovalMode::Auto, None) => Decision::Allow,
    }
}

/// Decides, and asks the person where that is the decision. `what` is everything that a yes would allow.
pub(crate) async fn enforce(
    context: &ToolContext,
    tool: &'static str,
    action: &Action<'_>,
    what: String,
) -> Result<(), ToolError> {
    let (agent, call) = (context.agent.clone(), context.call.clone());
    let mut request = ApprovalRequest { agent, tool: tool.to_owned(), call, what, why: String::new() };
    let tell = |settled| context.host.decided(&request, &settled).map_err(ToolError::RespondToModel);
    let decision = match decide(&context.session.policy(), action) {
        Decision::Refuse(words) => Decision::Refuse(words),
        allowed_or_asked => lacking(context, action).map_or(allowed_or_asked, Decision::Refuse),
    };
    request.why = match decision {
        Decision::Allow => return tell(Settled::Allowed(action.rule().to_owned())),
        Decision::Refuse(words) => {
            tell(Settled::Refused(words.clone()))?;
            return Err(ToolError::RespondToModel(words));
        }
        Decision::Ask(why) => why,
    };
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

impl Action<'_> {
    /// Why it is allowed, where it is allowed without a question.
    fn rule(&self) -> &'static str {
        match self {
            Self::Change { .. } => "files of the workspace may be changed (approval mode auto)",
            Self::Commit { .. } => "commits are asked for",
            Self::Command { .. } => "the command reads, is on a list, or stays inside of the sandbox",
        }
    }
}

/// Whether a command line does nothing but read, whatever the mode in force would make of it.
pub fn reads_only(policy: Policy, line: &str) -> bool {
    let mut reading = Policy { mode: ApprovalMode::Deny, ..policy };
    // That every command has to be asked for, for want of a wall, says nothing of what it does.
    if reading.around == Around::Missing {
        reading.around = Around::Nothing;
    }
    decide(&reading, &Action::Command { line }) == Decision::Allow
}

/// What the caller lacks for this, at this moment, whatever the rules say: its rights are those that were handed down to it.
fn lacking(context: &ToolContext, action: &Action<'_>) -> Option<String> {
    let rights = context.host.rights();
    let lacking = match action {
        Action::Change { path } => rights.writes(&context.root.join(path)),
        Action::Commit { paths } => paths.iter().try_for_each(|path| rights.writes(&context.root.join(path))),
        Action::Command { line } => {
            rights.runs(rights.commands == Commands::ReadOnly && reads_only(context.session.policy(), line))
        }
    };
    let missing = lacking.err()?;
    Some(format!("not allowed: {missing}. Nothing was done. Do it another way, or say what you need"))
}

#[cfg(test)]
#[path = "permissions_tests.rs"]
mod tests;
