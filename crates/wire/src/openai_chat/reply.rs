//! Whole answers, read and written.

use protocol::{Block, Reply, StreamEvent};

use super::stream::{Chunk, Machine, stop_word};
use super::{render, usage};
use crate::codec::WireError;
use crate::json::{Object, array, object_text, string};
use crate::node::invalid;

/// Reads a whole answer.
pub(super) fn read(body: &[u8]) -> Result<Reply, WireError> {
    let text = std::str::from_utf8(body).map_err(|error| invalid("body", format!("not UTF-8: {error}")))?;
    let chunk: Chunk =
        serde_json::from_str(text).map_err(|error| invalid("body", format!("not an answer: {error}")))?;
    let answered = chunk.choices.as_ref().is_some_and(|choices| !choices.is_empty());
    let mut machine = Machine::default();
    let mut events = Vec::new();
    machine.chunk(chunk, text, &mut events)?;
    machine.complete(&mut events);
    match events.pop() {
        Some(StreamEvent::Finished { reply }) if answered => Ok(reply),
        _ => Err(invalid("choices", "is required, and is missing or empty")),
    }
}

/// Writes a whole answer.
pub(super) fn write(reply: &Reply) -> Vec<u8> {
    let choice = Object::new()
        .number("index", 0)
        .raw("message", &message(&reply.blocks))
        .raw("logprobs", "null")
        .text("finish_reason", stop_word(&reply.stop))
        .end();
    let answer = head(&reply.id, "chat.completion", &reply.model).raw("choices", &array([choice]));
    answer.raw("usage", &usage::write(&reply.usage)).end().into_bytes()
}

/// What an answer and a chunk begin with. There is no clock here, so the time of creation is always 0.
pub(super) fn head(id: &str, object: &str, model: &str) -> Object {
    Object::new().text("id", id).text("object", object).number("created", 0).text("model", model)
}

fn message(blocks: &[Block]) -> String {
    let mut reasoning = String::new();
    let mut texts = Vec::new();
    let mut calls = Vec::new();
    for block in blocks {
        match block {
            Block::Text { text } => texts.push(text.as_str()),
            Block::Thinking { text, .. } => reasoning.push_str(text),
            Block::ToolCall { id, name, arguments } => {
                calls.push(render::tool_call(id, name, object_text(arguments)));
            }
            _ => {}
        }
    }
    let content = if texts.is_empty() { "null".to_owned() } else { string(&texts.concat()) };
    let mut message = Object::new().text("role", "assistant").raw("content", &content).raw("refusal", "null");
    if !reasoning.is_empty() {
        message = message.text("reasoning_content", &reasoning);
    }
    if !calls.is_empty() {
        message = message.raw("tool_calls", &array(calls));
    }
    message.end()
}
