//! What kind of call it is, by what real clients send. Decided by headers, by the form of the body and by what the client itself
//! writes: its system prompt, and the instruction that it appends. What tools bring back is never looked at.

use http::HeaderMap;

use super::Class;
use super::body::Body;
use super::text::most;

/// What is known of a request.
pub(super) struct Evidence<'a> {
    pub(super) counts: bool,
    pub(super) path: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a Body<'a>,
    /// Length of the body.
    pub(super) bytes: usize,
}

/// Most bytes of a block of a system prompt that are looked at.
const SYSTEM: usize = 2_000;

/// Most bytes of an instruction at the end that are looked at.
const LAST: usize = 4_000;

/// A probe is shorter than this.
const PROBE: usize = 4_000;

/// Headers by which clients name an agent that another one started: codex, Claude Code, opencode.
const SUB_AGENT: [&str; 5] = [
    "x-openai-subagent",
    "x-codex-parent-thread-id",
    "x-openai-memgen-request",
    "x-claude-code-agent-id",
    "x-parent-session-id",
];

/// Words of system prompts that ask for a title: Claude Code, opencode, crush.
const TITLE: [&str; 6] = [
    "title generator",
    "sentence-case title",
    "generate a short title",
    "summarize this coding conversation in under 50 characters",
    "new conversation topic",
    "generate a title for",
];

/// Words of instructions that ask for a summary of the history: Claude Code, codex, opencode, pi, aider.
const COMPACTION: [&str; 7] = [
    "your task is to create a detailed summary of",
    "context checkpoint compaction",
    "detailed prompt for continuing our conversation",
    "anchored summary",
    "structured context checkpoint",
    "*briefly* summarize this partial conversation",
    "provide a detailed summary of our conversation above",
];

/// Words of system prompts that do the same.
const SUMMARISER: [&str; 3] =
    ["context summarization assistant", "tasked with summarizing conversations", "anchored context summar"];

/// Words of system prompts of Claude Code's and opencode's own sub-agents.
const SPECIALIST: [&str; 3] =
    ["you are an agent for claude code", "specialist for claude code", "you are a file search specialist"];

/// Decides.
pub(super) fn of(evidence: &Evidence<'_>) -> Class {
    let Evidence { counts, path, headers, body, bytes } = evidence;
    if *counts {
        return Class::Count;
    }
    let said = |name: &str| {
        let value = headers.get(name).map(|value| value.as_bytes().trim_ascii()).unwrap_or_default();
        (!matches!(value, b"" | b"false" | b"0")).then_some(value)
    };
    if path.ends_with("/responses/compact") || said("x-openai-subagent") == Some(b"compact") {
        return Class::Compaction;
    }
    if SUB_AGENT.iter().any(|name| said(name).is_some()) {
        return Class::SubAgent;
    }
    let bare = body.is_without_tools();
    let least = if path.ends_with("/responses") { 16 } else { 1 };
    if bare && *bytes < PROBE && body.messages <= 1 && body.max_tokens.is_some_and(|most| most <= least) {
        return Class::Probe;
    }
    let system: Vec<String> = body.system().iter().map(|text| most(text, SYSTEM).to_lowercase()).collect();
    let system_says = |words: &[&str]| system.iter().any(|text| words.iter().any(|word| text.contains(word)));
    if bare && body.messages <= 3 && system_says(&TITLE) {
        return Class::Title;
    }
    let last = body.last();
    let instruction = last.filter(|message| message.role == "user").map(|message| message.texts()).unwrap_or_default();
    let asks_summary = instruction.iter().any(|text| {
        let text = most(text, LAST).to_lowercase();
        COMPACTION.iter().any(|word| text.contains(word))
    });
    if asks_summary || (bare && system_says(&SUMMARISER)) {
        return Class::Compaction;
    }
    if system_says(&SPECIALIST) {
        return Class::SubAgent;
    }
    if last.is_some_and(|message| message.is_tool_result()) { Class::ToolResult } else { Class::Main }
}
