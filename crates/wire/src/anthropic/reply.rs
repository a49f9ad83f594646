//! Whole answers, read and written.

use protocol::{Block, Reply, StopReason};

use super::usage::Reported;
use super::{blocks, render, usage};
use crate::codec::WireError;
use crate::errors;
use crate::json::{Object, array};
use crate::node::Node;
use crate::words::is_blank;

/// Reads a whole answer.
pub(super) fn read(body: &[u8]) -> Result<Reply, WireError> {
    let node = Node::document(body)?;
    let fields = node.fields()?;
    if fields.get("error").is_some() {
        return Err(errors::in_answer(node.raw()).into());
    }
    let mut said = Vec::new();
    for node in fields.need("content")?.items()? {
        let block = blocks::block(&node)?.block;
        if !matches!(&block, Block::Text { text } if text.is_empty()) {
            said.push(block);
        }
    }
    let reported: Reported = match fields.get("usage") {
        Some(node) => serde_json::from_str(node.raw()).map_err(|error| node.invalid(error.to_string()))?,
        None => Reported::default(),
    };
    let stop = fields.string("stop_reason")?;
    Ok(Reply {
        id: fields.string("id")?.unwrap_or_default(),
        model: fields.string("model")?.unwrap_or_default(),
        stop: stop_reason(stop.as_deref(), &said),
        blocks: said,
        usage: reported.usage(),
    })
}

/// Writes a whole answer.
pub(super) fn write(reply: &Reply) -> Vec<u8> {
    message(&reply.id, &reply.model, &content(&reply.blocks), Some(&reply.stop), &usage::write(&reply.usage))
        .into_bytes()
}

/// The message object of a whole answer and, without a stop, of a stream's start.
pub(super) fn message(id: &str, model: &str, content: &str, stop: Option<&StopReason>, usage: &str) -> String {
    let message = Object::new()
        .text("id", id)
        .text("type", "message")
        .text("role", "assistant")
        .text("model", model)
        .raw("content", content);
    let message = match stop {
        Some(stop) => message.text("stop_reason", stop_word(stop)),
        None => message.raw("stop_reason", "null"),
    };
    message.raw("stop_sequence", "null").raw("usage", usage).end()
}

/// What has no form in this dialect is left out: the caller is shown what can be shown.
fn content(said: &[Block]) -> String {
    let shown = said.iter().filter(|block| !matches!(block, Block::Text { text } if is_blank(text)));
    array(shown.filter_map(|block| render::block(block).ok()))
}

/// Why the model stopped; where it does not say, what the blocks imply.
pub(super) fn stop_reason(word: Option<&str>, said: &[Block]) -> StopReason {
    match word {
        Some("end_turn") => StopReason::EndTurn,
        Some("tool_use") => StopReason::ToolUse,
        Some("max_tokens") => StopReason::MaxTokens,
        Some("stop_sequence") => StopReason::StopSequence,
        Some("refusal") => StopReason::Refusal,
        Some("pause_turn") => StopReason::Pause,
        Some("model_context_window_exceeded") => StopReason::ContextWindow,
        Some(other) => StopReason::Other(other.to_owned()),
        None if said.iter().any(|block| matches!(block, Block::ToolCall { .. })) => StopReason::ToolUse,
        None => StopReason::EndTurn,
    }
}

/// The dialect's word.
pub(super) fn stop_word(stop: &StopReason) -> &str {
    match stop {
        StopReason::EndTurn => "end_turn",
        StopReason::ToolUse => "tool_use",
        StopReason::MaxTokens => "max_tokens",
        StopReason::StopSequence => "stop_sequence",
        StopReason::Refusal => "refusal",
        StopReason::Pause => "pause_turn",
        StopReason::ContextWindow => "model_context_window_exceeded",
        StopReason::Other(word) => word,
    }
}
