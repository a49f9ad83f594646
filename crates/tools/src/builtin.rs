//! The tools that ship with the program, by name.

use std::sync::Arc;

use crate::agents::{Delegate, ReportTool, TakeOver};
use crate::ask_user::AskUser;
use crate::filesystem::{Edit, Glob, Grep, List, Read, Write};
use crate::git::{GitCommit, GitDiff, GitStatus};
use crate::plan::Plan;
use crate::shell::{Bash, ProcessesTool};
use crate::tool::{Registry, Tool};
use crate::verify::Verify;

/// A name that is no tool's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown tool `{name}`; known tools: {}", known_tools().join(", "))]
pub struct UnknownTool {
    /// The name.
    pub name: String,
}

const KNOWN: &[&str] = &[
    "read",
    "list",
    "glob",
    "grep",
    "edit",
    "write",
    "bash",
    "processes",
    "git_diff",
    "git_status",
    "git_commit",
    "delegate",
    "report",
    "take_over",
    "verify",
    "ask_user",
    "plan",
];

/// The names of all tools.
pub fn known_tools() -> &'static [&'static str] {
    KNOWN
}

/// The named tools, in that order. `agents` are those that `delegate` may address: id and a line on what each is good at.
///
/// # Errors
/// [`UnknownTool`] for the first name that is not in [`known_tools`].
pub fn registry(names: &[String], agents: &[(String, String)]) -> Result<Registry, UnknownTool> {
    let mut registry = Registry::default();
    for name in names {
        let tool = tool(name, agents).ok_or_else(|| UnknownTool { name: name.clone() })?;
        registry.add(tool);
    }
    Ok(registry)
}

fn tool(name: &str, agents: &[(String, String)]) -> Option<Arc<dyn Tool>> {
    Some(match name {
        "read" => Arc::new(Read),
        "list" => Arc::new(List),
        "glob" => Arc::new(Glob),
        "grep" => Arc::new(Grep),
        "edit" => Arc::new(Edit),
        "write" => Arc::new(Write),
        "bash" => Arc::new(Bash),
        "processes" => Arc::new(ProcessesTool),
        "git_diff" => Arc::new(GitDiff),
        "git_status" => Arc::new(GitStatus),
        "git_commit" => Arc::new(GitCommit),
        "delegate" => Arc::new(Delegate::new(agents)),
        "report" => Arc::new(ReportTool),
        "take_over" => Arc::new(TakeOver),
        "verify" => Arc::new(Verify),
        "ask_user" => Arc::new(AskUser),
        "plan" => Arc::new(Plan),
        _ => return None,
    })
}

#[cfg(test)]
#[path = "builtin_tests.rs"]
mod tests;
