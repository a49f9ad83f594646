//! A streamed answer, written: `message_start`, blocks with contiguous numbers, `message_delta`, `message_stop`.

use protocol::{Block, Dialect, ProviderError, Reply, StreamEvent, Usage};

use super::{errors, render, reply, usage};
use crate::codec::ReplyWriter;
use crate::ids::call_id;
use crate::json::Object;
use crate::sse::frame;
use crate::words::is_blank;

/// What the writer knows between two events.
#[derive(Default)]
pub(super) struct Writer {
    started: bool,
    /// Number of the block that is open, or comes next.
    number: u64,
    open: Option<Open>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Thinking,
    Tool,
}

struct Open {
    kind: Kind,
    /// Anything of its content was written.
    said: bool,
}

impl ReplyWriter for Writer {
    fn push(&mut self, event: &StreamEvent) -> Vec<u8> {
        let mut out = Vec::new();
        match event {
            StreamEvent::Started { id, model, usage } => self.start(id, model, usage, &mut out),
            StreamEvent::Ping => event_of(&mut out, "ping", Object::of_type("ping")),
            StreamEvent::TextDelta { text, .. } => self.text(Kind::Text, text, &mut out),
            StreamEvent::ThinkingDelta { text, .. } => self.text(Kind::Thinking, text, &mut out),
            StreamEvent::ToolCallStarted { id, name, .. } => self.tool(id, name, &mut out),
            StreamEvent::ArgumentsDelta { json, .. } => self.arguments(json, &mut out),
            StreamEvent::BlockFinished { block, .. } => self.finish_block(block, &mut out),
            StreamEvent::Finished { reply } => self.finish(reply, &mut out),
        }
        out
    }

    fn error(&mut self, error: &ProviderError) -> Vec<u8> {
        frame(Some("error"), &errors::body(error))
    }
}

impl Writer {
    fn start(&mut self, id: &str, model: &str, counts: &Usage, out: &mut Vec<u8>) {
        if !self.started {
            self.started = true;
            let message = reply::message(id, model, "[]", None, &usage::write(counts));
            event_of(out, "message_start", Object::of_type("message_start").raw("message", &message));
        }
    }

    fn begin(&mut self, kind: Kind, content_block: &str, out: &mut Vec<u8>) {
        self.close(out);
        self.open = Some(Open { kind, said: false });
        self.block_start(content_block, out);
    }

    fn block_start(&self, content_block: &str, out: &mut Vec<u8>) {
        let start = Object::of_type("content_block_start").number("index", self.number);
        event_of(out, "content_block_start", start.raw("content_block", content_block));
    }

    fn delta(&mut self, delta: Object, out: &mut Vec<u8>) {
        if let Some(open) = &mut self.open {
            open.said = true;
        }
        let event = Object::of_type("content_block_delta").number("index", self.number);
        event_of(out, "content_block_delta", event.raw("delta", &delta.end()));
    }

    fn is_open(&self, kind: Kind) -> bool {
        self.open.as_ref().is_some_and(|open| open.kind == kind)
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if self.open.take().is_some() {
            self.block_stop(out);
        }
    }

    fn block_stop(&mut self, out: &mut Vec<u8>) {
        event_of(out, "content_block_stop", Object::of_type("content_block_stop").number("index", self.number));
        self.number += 1;
    }

    fn text(&mut self, kind: Kind, text: &str, out: &mut Vec<u8>) {
        let (word, member, start) = match kind {
            Kind::Thinking => ("thinking_delta", "thinking", r#"{"type":"thinking","thinking":"","signature":""}"#),
            _ => ("text_delta", "text", r#"{"type":"text","text":""}"#),
        };
        if !self.is_open(kind) {
            self.begin(kind, start, out);
        }
        self.delta(Object::of_type(word).text(member, text), out);
    }

    fn tool(&mut self, id: &str, name: &str, out: &mut Vec<u8>) {
        let start = Object::of_type("tool_use").text("id", &call_id(id)).text("name", name).raw("input", "{}").end();
        self.begin(Kind::Tool, &start, out);
        // The provider's own streams begin a call's input with an empty piece.
        self.delta(Object::of_type("input_json_delta").text("partial_json", ""), out);
        if let Some(open) = &mut self.open {
            open.said = false;
        }
    }

    fn arguments(&mut self, json: &str, out: &mut Vec<u8>) {
        if self.is_open(Kind::Tool) {
            self.delta(Object::of_type("input_json_delta").text("partial_json", json), out);
        }
    }

    /// Says what the deltas have not said yet, and closes the block.
    fn finish_block(&mut self, block: &Block, out: &mut Vec<u8>) {
        match block {
            Block::Text { text } => {
                if !self.is_open(Kind::Text) && !is_blank(text) {
                    self.text(Kind::Text, text, out);
                }
            }
            Block::Thinking { text, signature } => {
                if !self.is_open(Kind::Thinking) {
                    self.begin(Kind::Thinking, r#"{"type":"thinking","thinking":"","signature":""}"#, out);
                    if !text.is_empty() {
                        self.text(Kind::Thinking, text, out);
                    }
                }
                if let Some(seal) = signature {
                    self.delta(Object::of_type("signature_delta").text("signature", seal), out);
                }
            }
            Block::ToolCall { id, name, arguments } => {
                if !self.is_open(Kind::Tool) {
                    self.tool(id, name, out);
                }
                if self.open.as_ref().is_some_and(|open| !open.said) {
                    self.arguments(arguments, out);
                }
            }
            Block::Opaque { dialect: Dialect::OpenaiChat, .. } => {}
            other => {
                if let Ok(json) = render::block(other) {
                    self.close(out);
                    self.block_start(&json, out);
                    self.block_stop(out);
                }
            }
        }
        self.close(out);
    }

    fn finish(&mut self, reply: &Reply, out: &mut Vec<u8>) {
        self.start(&reply.id, &reply.model, &reply.usage, out);
        self.close(out);
        let delta = Object::new().text("stop_reason", reply::stop_word(&reply.stop)).raw("stop_sequence", "null").end();
        let last = Object::of_type("message_delta").raw("delta", &delta).raw("usage", &usage::write(&reply.usage));
        event_of(out, "message_delta", last);
        event_of(out, "message_stop", Object::of_type("message_stop"));
    }
}

fn event_of(out: &mut Vec<u8>, kind: &str, data: Object) {
    out.extend(frame(Some(kind), &data.end()));
}
