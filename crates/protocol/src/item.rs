//! What a transcript is made of.

use serde::{Deserialize, Serialize};

use crate::ids::CallId;
use crate::reply::StopReason;
use crate::request::{Block, Message, ResultPart, Role};

/// What a fragment tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FragmentKind {
    /// Where the agent works: folder, platform, branch. Sent once, with the first message.
    Environment,
    /// The repository's own instructions (`AGENTS.md`, `CLAUDE.md`).
    ProjectInstructions,
    /// The runtime reminds an agent of its duty (end by a report, an answer that fits a schema, ...).
    Reminder,
    /// How much of the budget is gone.
    Budget,
    /// The user's words in the middle of a turn.
    Steering,
    /// What changed since the agent last looked (permissions, files, take-over).
    Drift,
    /// Work was interrupted: a crash, a cancel, a limit.
    Interrupted,
    /// What a closed window held.
    Summary,
}

/// The answer to one tool call, as the model is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolOutcome {
    /// Which call.
    pub call: CallId,
    /// Which tool.
    pub tool: String,
    /// The answer.
    pub content: Vec<ResultPart>,
    /// The tool failed, was refused, or was interrupted.
    pub is_error: bool,
}

impl ToolOutcome {
    /// A text answer.
    pub fn text(call: &str, tool: &str, text: impl Into<String>, is_error: bool) -> Self {
        Self {
            call: CallId::new(call),
            tool: tool.to_owned(),
            content: vec![ResultPart::Text { text: text.into() }],
            is_error,
        }
    }
}

/// One entry of an agent's append-only transcript. Each item becomes exactly one message of a request, so that adding an
/// item never changes the bytes of those before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Item {
    /// The user's words (for a specialist: a brief).
    User {
        /// Text and images.
        blocks: Vec<Block>,
    },
    /// Context that the runtime adds.
    Fragment {
        /// What it tells.
        kind: FragmentKind,
        /// The text, already capped.
        text: String,
    },
    /// A model's answer, block by block as it came.
    Assistant {
        /// Thinking, text and tool calls.
        blocks: Vec<Block>,
        /// Why it stopped.
        stop: StopReason,
    },
    /// The answers to all tool calls of the assistant item before it, in the order asked.
    ToolResults {
        /// One per call.
        results: Vec<ToolOutcome>,
    },
}

impl Item {
    /// A user's text.
    pub fn user(text: impl Into<String>) -> Self {
        Self::User { blocks: vec![Block::text(text)] }
    }

    /// The item as the message that a request carries.
    pub fn to_message(&self) -> Message {
        match self {
            Self::User { blocks } => Message { role: Role::User, blocks: blocks.clone() },
            Self::Fragment { text, .. } => Message { role: Role::User, blocks: vec![Block::text(text.clone())] },
            Self::Assistant { blocks, .. } => Message { role: Role::Assistant, blocks: blocks.clone() },
            Self::ToolResults { results } => Message {
                role: Role::User,
                blocks: results
                    .iter()
                    .map(|result| Block::ToolResult {
                        call_id: result.call.0.clone(),
                        content: result.content.clone(),
                        is_error: result.is_error,
                    })
                    .collect(),
            },
        }
    }

    /// The tool calls an assistant item asks for, as `(id, name, arguments)`.
    pub fn tool_calls(&self) -> Vec<(&str, &str, &str)> {
        let Self::Assistant { blocks, .. } = self else { return Vec::new() };
        blocks
            .iter()
            .filter_map(|block| match block {
                Block::ToolCall { id, name, arguments } => Some((id.as_str(), name.as_str(), arguments.as_str())),
                _ => None,
            })
            .collect()
    }

    /// All text of the item, joined by line breaks. Empty for tool results.
    pub fn plain_text(&self) -> String {
        let blocks = match self {
            Self::User { blocks } | Self::Assistant { blocks, .. } => blocks,
            Self::Fragment { text, .. } => return text.clone(),
            Self::ToolResults { .. } => return String::new(),
        };
        let texts: Vec<&str> = blocks
            .iter()
            .filter_map(|block| match block {
                Block::Text { text } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        texts.join("\n")
    }
}
