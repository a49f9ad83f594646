//! What a tool call is part of: looking around, changing, checking, planning. Told from its name and, for a shell, from the
//! command line; for this program's own tools and for those of other agents.

mod shell;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a tool call is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// Reading and searching.
    Explore,
    /// Changing files.
    Edit,
    /// Building, testing, linting.
    Test,
    /// Planning, delegating, asking, reporting.
    Plan,
    /// Anything else.
    Other,
}

impl Activity {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 5] = [Self::Explore, Self::Edit, Self::Test, Self::Plan, Self::Other];

    /// As written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Explore => "explore",
            Self::Edit => "edit",
            Self::Test => "test",
            Self::Plan => "plan",
            Self::Other => "other",
        }
    }

    /// The activity of a call, from the tool's name and its arguments as JSON text.
    pub fn of_tool(name: &str, arguments: &str) -> Self {
        // Tools of servers are called `mcp__server__tool`.
        let (server, short) = name.rsplit_once("__").map_or(("", name), |(server, short)| (server, short));
        let short = short.to_ascii_lowercase();
        match short.as_str() {
            "read"
            | "grep"
            | "glob"
            | "list"
            | "ls"
            | "git_diff"
            | "git_status"
            | "notebookread"
            | "webfetch"
            | "websearch"
            | "web_search"
            | "toolsearch"
            | "lsp"
            | "view_image"
            | "read_file"
            | "list_dir"
            | "grep_files"
            | "search"
            | "taskoutput"
            | "bashoutput"
            | "listmcpresourcestool"
            | "readmcpresourcetool" => Self::Explore,
            "edit" | "write" | "multiedit" | "notebookedit" | "apply_patch" => Self::Edit,
            "verify" => Self::Test,
            "plan" | "delegate" | "report" | "take_over" | "ask_user" | "todowrite" | "todoread" | "taskcreate"
            | "taskupdate" | "tasklist" | "taskget" | "exitplanmode" | "enterplanmode" | "askuserquestion"
            | "skill" | "slashcommand" | "update_plan" | "request_user_input" => Self::Plan,
            "task" | "agent" => of_helper(arguments),
            "bash" | "shell" | "local_shell" | "local_shell_call" | "shell_command" | "exec_command"
            | "unified_exec" | "container.exec" => {
                command_of(arguments).map_or(Self::Other, |line| Self::of_command(&line))
            }
            _ if !server.is_empty() && only_looks(&short) => Self::Explore,
            _ => Self::Other,
        }
    }

    /// The activity of a shell command line: the weightiest of its commands (a test after a search is a test).
    pub fn of_command(line: &str) -> Self {
        shell::activity(line)
    }

    /// The activity by the name that a file of calls gives it; anything but the first four is [`Activity::Other`].
    pub fn of_class(class: &str) -> Self {
        Self::ALL.into_iter().find(|activity| activity.as_str() == class).unwrap_or(Self::Other)
    }
}

/// A sub-agent that was started does what its kind says.
fn of_helper(arguments: &str) -> Activity {
    let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
    match arguments.get("subagent_type").and_then(Value::as_str).map(str::to_ascii_lowercase).as_deref() {
        Some("explore") => Activity::Explore,
        Some("plan") => Activity::Plan,
        _ => Activity::Other,
    }
}

/// A server's tool whose name says that it changes nothing.
fn only_looks(tool: &str) -> bool {
    let first = tool.split(['_', '-']).next().unwrap_or(tool);
    ["get", "list", "search", "read", "query", "find", "fetch", "resolve", "getdiagnostics"].contains(&first)
}

/// The command of a shell tool's arguments: a text, or a list of words (whose last one is the line, for `bash -lc LINE`).
fn command_of(arguments: &str) -> Option<String> {
    let arguments: Value = serde_json::from_str(arguments).ok()?;
    match arguments.get("command").or_else(|| arguments.get("cmd"))? {
        Value::String(line) => Some(line.clone()),
        Value::Array(words) => {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            match words.as_slice() {
                [_, flag, line] if flag.starts_with('-') && flag.ends_with('c') => Some((*line).to_owned()),
                words => Some(words.join(" ")),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
#[path = "activity_tests.rs"]
mod tests;
