//! A model's answer in neutral form, whole and as it streams in.

use serde::{Deserialize, Serialize};

use crate::request::Block;
use crate::usage::Usage;

/// Why the model stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// It had said what it wanted to say.
    EndTurn,
    /// It asks for tools.
    ToolUse,
    /// The output limit was reached: the last block may be cut.
    MaxTokens,
    /// A stop sequence was met.
    StopSequence,
    /// It refused, or a filter did.
    Refusal,
    /// The server's own tool loop paused: send the conversation back as it is.
    Pause,
    /// The model's context window was full.
    ContextWindow,
    /// Something this program does not know, in the provider's words.
    Other(String),
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The provider's id of the answer.
    pub id: String,
    /// The model that answered, as the provider names it.
    pub model: String,
    /// What it said, in order.
    pub blocks: Vec<Block>,
    /// Why it stopped.
    pub stop: StopReason,
    /// What was billed.
    pub usage: Usage,
}

/// A step of a streamed answer. Blocks come one after the other, never interleaved; `index` counts them from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// The answer began. Usage is what is known so far.
    Started {
        /// The provider's id of the answer.
        id: String,
        /// The model that answers.
        model: String,
        /// Usage so far.
        usage: Usage,
    },
    /// More text.
    TextDelta {
        /// Block number.
        index: usize,
        /// The text.
        text: String,
    },
    /// More reasoning.
    ThinkingDelta {
        /// Block number.
        index: usize,
        /// The reasoning.
        text: String,
    },
    /// A tool call began.
    ToolCallStarted {
        /// Block number.
        index: usize,
        /// The model's id of the call.
        id: String,
        /// The tool's name.
        name: String,
    },
    /// More of a tool call's arguments.
    ArgumentsDelta {
        /// Block number.
        index: usize,
        /// JSON text.
        json: String,
    },
    /// A block is whole. Authoritative: deltas are for the screen.
    BlockFinished {
        /// Block number.
        index: usize,
        /// The block.
        block: Block,
    },
    /// A sign of life without content.
    Ping,
    /// The answer is whole. The last event, exactly once.
    Finished {
        /// The answer.
        reply: Reply,
    },
}
