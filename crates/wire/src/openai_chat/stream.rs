//! A streamed answer, chunk by chunk. A whole answer is read as a stream of one chunk, so that both give the same blocks.

use protocol::{Block, ErrorKind, ProviderError, Reply, StopReason, StreamEvent, Usage};
use serde::Deserialize;
use serde_json::Value;
use sse_stream::Sse;

use super::tool_calls::{Calls, Piece};
use super::usage;
use crate::codec::WireError;
use crate::errors;
use crate::reader;
use crate::sse::malformed;
use crate::words::is_blank;

/// A chunk, or a whole answer.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Chunk {
    id: Option<String>,
    object: Option<String>,
    model: Option<String>,
    pub(super) choices: Option<Vec<Choice>>,
    usage: Option<Value>,
    error: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    index: Option<i64>,
    #[serde(alias = "message")]
    delta: Option<Delta>,
    finish_reason: Option<String>,
    usage: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Delta {
    content: Option<Value>,
    refusal: Option<String>,
    reasoning_content: Option<String>,
    reasoning: Option<Value>,
    reasoning_text: Option<String>,
    tool_calls: Option<Vec<Piece>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Thinking,
}

/// What the reader knows between two chunks.
#[derive(Default)]
pub(super) struct Machine {
    started: bool,
    id: String,
    model: String,
    usage: Usage,
    blocks: Vec<Block>,
    open: Option<(Kind, String)>,
    calls: Calls,
    /// Said after a call began: it follows the calls, because blocks do not interleave.
    late: Vec<(Kind, String)>,
    refused: bool,
    stop: Option<String>,
    finished: bool,
}

impl reader::Machine for Machine {
    fn take(&mut self, sse: &Sse, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        let data = sse.data.as_deref().unwrap_or_default().trim();
        if data.is_empty() {
            return Ok(());
        }
        if data == "[DONE]" {
            if self.started || self.stop.is_some() {
                self.complete(out);
                return Ok(());
            }
            return Err(ProviderError::new(ErrorKind::Truncated, "stream ended without an answer").into());
        }
        if sse.event.as_deref() == Some("error") {
            return Err(errors::in_answer(data).into());
        }
        let chunk = serde_json::from_str(data)
            .map_err(|error| malformed(format!("a chunk that is not this dialect's: {error}")))?;
        self.chunk(chunk, data, out)
    }

    fn end(&mut self, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        if self.stop.is_none() {
            let message = "stream ended before a finish_reason or [DONE]";
            return Err(ProviderError::new(ErrorKind::Truncated, message).into());
        }
        self.complete(out);
        Ok(())
    }

    fn finished(&self) -> bool {
        self.finished
    }
}

impl Machine {
    /// Takes a chunk, with its text for what an error in it says.
    pub(super) fn chunk(&mut self, chunk: Chunk, text: &str, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        if chunk.error.is_some_and(|error| !error.is_null()) || chunk.object.as_deref() == Some("error") {
            return Err(errors::in_answer(text).into());
        }
        let newer = |known: &mut String, told: Option<String>| {
            if let Some(told) = told.filter(|told| !told.is_empty()) {
                *known = told;
            }
        };
        newer(&mut self.id, chunk.id);
        newer(&mut self.model, chunk.model);
        for choice in chunk.choices.unwrap_or_default() {
            if choice.index.unwrap_or_default() == 0 {
                self.choice(choice, out)?;
            }
        }
        self.count(chunk.usage);
        Ok(())
    }

    fn count(&mut self, reported: Option<Value>) {
        if let Some(reported) = reported.filter(Value::is_object) {
            self.usage = usage::read(&reported);
        }
    }

    fn choice(&mut self, choice: Choice, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        self.start(out);
        let delta = choice.delta.unwrap_or_default();
        self.say(Kind::Thinking, &reasoning(&delta), out);
        for (kind, text) in content(delta.content.as_ref()) {
            self.say(kind, text, out);
        }
        if let Some(refusal) = delta.refusal.filter(|refusal| !refusal.is_empty()) {
            self.refused = true;
            self.say(Kind::Text, &refusal, out);
        }
        for piece in delta.tool_calls.unwrap_or_default() {
            self.close(out);
            self.calls.take(piece, self.blocks.len(), out);
        }
        self.count(choice.usage);
        match choice.finish_reason.as_deref() {
            Some(word @ ("error" | "network_error" | "insufficient_system_resource")) => {
                let message = format!("the provider ended the answer with finish_reason \"{word}\"");
                Err(ProviderError::new(ErrorKind::Server, message).into())
            }
            Some(word) if !word.is_empty() => {
                self.stop = Some(word.to_owned());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, out: &mut Vec<StreamEvent>) {
        if !self.started {
            self.started = true;
            out.push(StreamEvent::Started { id: self.id.clone(), model: self.model.clone(), usage: self.usage });
        }
    }

    fn say(&mut self, kind: Kind, text: &str, out: &mut Vec<StreamEvent>) {
        if text.is_empty() {
            return;
        }
        if self.calls.any() {
            match self.late.last_mut() {
                Some((last, said)) if *last == kind => said.push_str(text),
                _ => self.late.push((kind, text.to_owned())),
            }
            return;
        }
        if self.open.as_ref().is_some_and(|(open, _)| *open != kind) {
            self.close(out);
        }
        out.push(delta_of(kind, self.blocks.len(), text));
        self.open.get_or_insert_with(|| (kind, String::new())).1.push_str(text);
    }

    fn close(&mut self, out: &mut Vec<StreamEvent>) {
        if let Some((kind, text)) = self.open.take() {
            let block = block_of(kind, text);
            self.blocks.push(block.clone());
            out.push(StreamEvent::BlockFinished { index: self.blocks.len() - 1, block });
        }
    }

    /// The answer is whole.
    pub(super) fn complete(&mut self, out: &mut Vec<StreamEvent>) {
        self.start(out);
        self.close(out);
        self.calls.finish(&self.id, &mut self.blocks, out);
        for (kind, text) in std::mem::take(&mut self.late) {
            if !is_blank(&text) {
                out.push(delta_of(kind, self.blocks.len(), &text));
                self.open = Some((kind, text));
                self.close(out);
            }
        }
        self.finished = true;
        let blocks = std::mem::take(&mut self.blocks);
        let stop = stop_reason(self.stop.as_deref(), self.refused, &blocks);
        let reply = Reply { id: self.id.clone(), model: self.model.clone(), blocks, stop, usage: self.usage };
        out.push(StreamEvent::Finished { reply });
    }
}

fn delta_of(kind: Kind, index: usize, text: &str) -> StreamEvent {
    match kind {
        Kind::Text => StreamEvent::TextDelta { index, text: text.to_owned() },
        Kind::Thinking => StreamEvent::ThinkingDelta { index, text: text.to_owned() },
    }
}

fn block_of(kind: Kind, text: String) -> Block {
    match kind {
        Kind::Text => Block::Text { text },
        Kind::Thinking => Block::Thinking { text, signature: None },
    }
}

/// Servers name it differently, and some say the same under two names: the first that says anything counts.
fn reasoning(delta: &Delta) -> String {
    let fields = [
        delta.reasoning_content.as_deref(),
        delta.reasoning.as_ref().and_then(Value::as_str),
        delta.reasoning_text.as_deref(),
    ];
    fields.into_iter().flatten().find(|text| !text.is_empty()).unwrap_or_default().to_owned()
}

/// Text; or parts, among which Mistral's thinking, which is made of parts again.
fn content(content: Option<&Value>) -> Vec<(Kind, &str)> {
    let parts = match content {
        Some(Value::String(text)) => return vec![(Kind::Text, text.as_str())],
        Some(Value::Array(parts)) => parts,
        _ => return Vec::new(),
    };
    let mut said = Vec::new();
    for part in parts {
        if let Some(words) = part.get("text").and_then(Value::as_str) {
            said.push((Kind::Text, words));
        }
        match part.get("thinking") {
            Some(Value::String(words)) => said.push((Kind::Thinking, words.as_str())),
            Some(Value::Array(inner)) => {
                let words = inner.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
                said.extend(words.map(|words| (Kind::Thinking, words)));
            }
            _ => {}
        }
    }
    said
}

/// Why the model stopped. Servers say `stop` with calls open, `tool_calls` with none left, or nothing: the calls decide.
fn stop_reason(word: Option<&str>, refused: bool, blocks: &[Block]) -> StopReason {
    let calls = blocks.iter().any(|block| matches!(block, Block::ToolCall { .. }));
    match word {
        Some("length" | "max_tokens") => StopReason::MaxTokens,
        Some("content_filter" | "sensitive" | "refusal") => StopReason::Refusal,
        Some("model_context_window_exceeded") => StopReason::ContextWindow,
        None | Some("stop" | "end" | "eos" | "end_turn" | "tool_calls" | "tool_use" | "function_call") => {
            match (calls, refused) {
                (true, _) => StopReason::ToolUse,
                (false, true) => StopReason::Refusal,
                (false, false) => StopReason::EndTurn,
            }
        }
        Some(other) => StopReason::Other(other.to_owned()),
    }
}

/// The dialect's word.
pub(super) fn stop_word(stop: &StopReason) -> &str {
    match stop {
        StopReason::EndTurn | StopReason::StopSequence | StopReason::Pause => "stop",
        StopReason::ToolUse => "tool_calls",
        StopReason::MaxTokens | StopReason::ContextWindow => "length",
        StopReason::Refusal => "content_filter",
        StopReason::Other(word) => word,
    }
}
