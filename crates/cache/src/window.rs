//! A window: the stretch of a transcript between two compactions, as bytes that are rendered once.

use std::sync::OnceLock;

use wire::Rendered;

use crate::prefix::{PrefixLedger, Section};
use crate::tokens::TokenCounter;

/// What kind of block a piece of the conversation is: decides positions and where a breakpoint may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// A tool call: a run of them is one position.
    ToolCall,
    /// A tool result: a run of them is one position.
    ToolResult,
    /// Thinking: cached with its turn, but not markable.
    Thinking,
    /// Text, image, or anything else.
    Other,
}

/// A block of the conversation as breakpoint planning sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedBlock {
    /// Number of its message.
    pub message: usize,
    /// Number within the message.
    pub block: usize,
    /// Its kind.
    pub kind: BlockKind,
    /// Its position, counted from the first block of the conversation.
    pub position: usize,
}

/// Frozen tools and system prompt, and messages that are only ever added.
///
/// There is no way to change or remove what is in it: a different prefix is a different window.
#[derive(Clone, Debug)]
pub struct Window {
    tools: Vec<String>,
    system: Vec<String>,
    messages: Vec<Rendered>,
    blocks: Vec<PlacedBlock>,
    prefix: PrefixLedger,
    counted: u64,
    /// Counted once, when it can be counted exactly.
    head: OnceLock<u64>,
}

impl Window {
    /// Opens a window on rendered tools and system blocks.
    pub fn open(tools: Vec<String>, system: Vec<String>) -> Self {
        let mut prefix = PrefixLedger::default();
        tools.iter().for_each(|piece| prefix.push(Section::Tools, piece.as_bytes()));
        system.iter().for_each(|piece| prefix.push(Section::System, piece.as_bytes()));
        let counted = tools.iter().chain(&system).map(|piece| TokenCounter::count(piece)).sum();
        Self { tools, system, messages: Vec::new(), blocks: Vec::new(), prefix, counted, head: OnceLock::new() }
    }

    /// Adds a message. `kinds` says what its blocks are, one each.
    pub fn append(&mut self, message: Rendered, kinds: &[BlockKind]) {
        self.append_counted(message, kinds, TokenCounter::count);
    }

    /// The same where tokens are not those of the text: an image is sent as base64 and not billed as that.
    pub fn append_counted(&mut self, message: Rendered, kinds: &[BlockKind], count: impl Fn(&str) -> u64) {
        for (block, bytes) in message.blocks.iter().enumerate() {
            self.prefix.push(Section::Messages, bytes.as_bytes());
            self.counted += count(bytes);
            let kind = kinds.get(block).copied().unwrap_or(BlockKind::Other);
            let position = match self.blocks.last() {
                None => 0,
                Some(last) if continues_run(last.kind, kind) => last.position,
                Some(last) => last.position + 1,
            };
            self.blocks.push(PlacedBlock { message: self.messages.len(), block, kind, position });
        }
        self.messages.push(message);
    }

    /// Rendered tools.
    pub fn tools(&self) -> &[String] {
        &self.tools
    }

    /// Rendered system blocks.
    pub fn system(&self) -> &[String] {
        &self.system
    }

    /// Rendered messages.
    pub fn messages(&self) -> &[Rendered] {
        &self.messages
    }

    /// The conversation's blocks, in order.
    pub fn blocks(&self) -> &[PlacedBlock] {
        &self.blocks
    }

    /// The chained hash of everything so far.
    pub fn prefix(&self) -> &PrefixLedger {
        &self.prefix
    }

    /// Tokens of what the next window begins with too: tools, system prompt and first message, in our count.
    pub fn head_tokens(&self) -> u64 {
        if let Some(counted) = self.head.get() {
            return *counted;
        }
        let first = self.messages.first().map(|message| message.blocks.as_slice()).unwrap_or_default();
        let pieces = self.tools.iter().chain(&self.system).chain(first);
        // Exact from before the count on: it is kept.
        let exact = TokenCounter::is_loaded() && !self.messages.is_empty();
        let counted = pieces.map(|piece| TokenCounter::count(piece)).sum();
        if exact { *self.head.get_or_init(|| counted) } else { counted }
    }

    /// Tokens of everything so far, in our count (see [`crate::Calibration`] for the provider's).
    pub fn counted_tokens(&self) -> u64 {
        self.counted
    }
}

/// On Anthropic's API a run of consecutive tool calls, or of tool results, is one position.
fn continues_run(last: BlockKind, next: BlockKind) -> bool {
    last == next && matches!(next, BlockKind::ToolCall | BlockKind::ToolResult)
}
