//! A streamed answer, written: a chunk with the role, deltas, the finish, usage where it was asked for, `[DONE]`.

use protocol::{Block, ProviderError, Reply, StreamEvent};

use super::stream::stop_word;
use super::{errors, reply, usage};
use crate::codec::ReplyWriter;
use crate::ids::call_id;
use crate::json::{Object, array, string};
use crate::sse::frame;

/// What the writer knows between two events.
pub(super) struct Writer {
    include_usage: bool,
    started: bool,
    id: String,
    model: String,
    /// Calls begun: the dialect numbers calls, not blocks.
    calls: u64,
    /// The last block of which anything was said, and the last one that was begun as a call.
    said: Option<usize>,
    begun: Option<usize>,
}

impl Writer {
    pub(super) fn new(include_usage: bool) -> Self {
        Self {
            include_usage,
            started: false,
            id: String::new(),
            model: String::new(),
            calls: 0,
            said: None,
            begun: None,
        }
    }

    fn start(&mut self, id: &str, model: &str, out: &mut Vec<u8>) {
        if !self.started {
            self.started = true;
            id.clone_into(&mut self.id);
            model.clone_into(&mut self.model);
            self.delta(Object::new().text("role", "assistant").text("content", ""), out);
        }
    }

    fn delta(&self, delta: Object, out: &mut Vec<u8>) {
        self.choice(&delta.end(), "null", out);
    }

    fn choice(&self, delta: &str, finish: &str, out: &mut Vec<u8>) {
        let choice = Object::new().number("index", 0).raw("delta", delta).raw("logprobs", "null");
        self.chunk(&array([choice.raw("finish_reason", finish).end()]), "null", out);
    }

    fn chunk(&self, choices: &str, usage: &str, out: &mut Vec<u8>) {
        let chunk = reply::head(&self.id, "chat.completion.chunk", &self.model).raw("choices", choices);
        let chunk = if self.include_usage { chunk.raw("usage", usage) } else { chunk };
        out.extend(frame(None, &chunk.end()));
    }

    fn say(&mut self, index: usize, member: &str, text: &str, out: &mut Vec<u8>) {
        self.said = Some(index);
        self.delta(Object::new().text(member, text), out);
    }

    fn begin_call(&mut self, index: usize, id: &str, name: &str, out: &mut Vec<u8>) {
        let function = Object::new().text("name", name).text("arguments", "").end();
        let call = Object::new().number("index", self.calls).text("id", &call_id(id)).text("type", "function");
        self.calls += 1;
        self.begun = Some(index);
        self.delta(Object::new().raw("tool_calls", &array([call.raw("function", &function).end()])), out);
    }

    fn arguments(&mut self, index: usize, json: &str, out: &mut Vec<u8>) {
        if let Some(number) = self.calls.checked_sub(1) {
            self.said = Some(index);
            let function = Object::new().text("arguments", json).end();
            let call = Object::new().number("index", number).raw("function", &function).end();
            self.delta(Object::new().raw("tool_calls", &array([call])), out);
        }
    }

    /// Says what the deltas have not said.
    fn finish_block(&mut self, index: usize, block: &Block, out: &mut Vec<u8>) {
        if let Block::ToolCall { id, name, .. } = block
            && self.begun != Some(index)
        {
            self.begin_call(index, id, name, out);
        }
        if self.said == Some(index) {
            return;
        }
        match block {
            Block::Text { text } => self.say(index, "content", text, out),
            Block::Thinking { text, .. } if !text.is_empty() => self.say(index, "reasoning_content", text, out),
            Block::ToolCall { arguments, .. } => self.arguments(index, arguments, out),
            // Sealed reasoning and another provider's own blocks have no form here.
            _ => {}
        }
    }

    fn finish(&mut self, reply: &Reply, out: &mut Vec<u8>) {
        self.start(&reply.id, &reply.model, out);
        self.choice("{}", &string(stop_word(&reply.stop)), out);
        if self.include_usage {
            self.chunk("[]", &usage::write(&reply.usage), out);
        }
        out.extend(frame(None, "[DONE]"));
    }
}

impl ReplyWriter for Writer {
    fn push(&mut self, event: &StreamEvent) -> Vec<u8> {
        let mut out = Vec::new();
        match event {
            StreamEvent::Started { id, model, .. } => self.start(id, model, &mut out),
            StreamEvent::TextDelta { index, text } => self.say(*index, "content", text, &mut out),
            StreamEvent::ThinkingDelta { index, text } => self.say(*index, "reasoning_content", text, &mut out),
            StreamEvent::ToolCallStarted { index, id, name } => self.begin_call(*index, id, name, &mut out),
            StreamEvent::ArgumentsDelta { index, json } => self.arguments(*index, json, &mut out),
            StreamEvent::BlockFinished { index, block } => self.finish_block(*index, block, &mut out),
            // The dialect has no ping; a comment keeps the connection alive.
            StreamEvent::Ping => out.extend_from_slice(b": ping\n\n"),
            StreamEvent::Finished { reply } => self.finish(reply, &mut out),
        }
        out
    }

    fn error(&mut self, error: &ProviderError) -> Vec<u8> {
        frame(None, &errors::body(error))
    }
}
