//! A streamed answer, written: the answer begins, each item is added, said and done, and one last event holds all of it.

use protocol::request::{NativeKind, NativeTools};
use protocol::{Block, ProviderError, Reply, StreamEvent};

use super::input::Input;
use super::output::{self, Kind};
use super::reply::{self, Response};
use super::seal::{self, Sealed};
use super::{errors, names};
use crate::codec::ReplyWriter;
use crate::ids::call_id;
use crate::json::Object;
use crate::sse::frame;

/// What the writer knows between two events.
pub(super) struct Writer {
    names: NativeTools,
    /// Number of the next event.
    sequence: u64,
    id: String,
    model: String,
    started: bool,
    ended: bool,
    /// Items that are done.
    items: Vec<String>,
    open: Option<Open>,
    /// What is said of the next message.
    phase: Option<String>,
}

/// The event that ends a stream of somebody else's that broke off: whose answer it was and which event of it this is.
pub fn failed_event(id: &str, model: &str, sequence: u64, error: &ProviderError) -> Vec<u8> {
    let mut writer = Writer::new(NativeTools::default());
    (writer.id, writer.model, writer.sequence) = (id.to_owned(), model.to_owned(), sequence);
    writer.error(error)
}

/// The item that is being said.
struct Open {
    kind: Kind,
    id: String,
    /// What was said of it.
    said: String,
    /// The text in the arguments of a call that takes plain text.
    input: Input,
}

impl Writer {
    pub(super) fn new(names: NativeTools) -> Self {
        Self {
            names,
            sequence: 0,
            id: String::new(),
            model: String::new(),
            started: false,
            ended: false,
            items: Vec::new(),
            open: None,
            phase: None,
        }
    }

    fn event(&mut self, kind: &str, rest: impl FnOnce(Object) -> Object, out: &mut Vec<u8>) {
        let event = Object::of_type(kind).number("sequence_number", self.sequence);
        self.sequence += 1;
        out.extend(frame(Some(kind), &rest(event).end()));
    }

    fn start(&mut self, id: &str, model: &str, out: &mut Vec<u8>) {
        if self.started {
            return;
        }
        self.started = true;
        id.clone_into(&mut self.id);
        model.clone_into(&mut self.model);
        let response = Response { id, model, status: "in_progress", reason: None, error: None }.write(&[], None);
        self.event("response.created", |event| event.raw("response", &response), out);
        self.event("response.in_progress", |event| event.raw("response", &response), out);
    }

    fn number(&self) -> u64 {
        self.items.len() as u64
    }

    fn added(&mut self, item: &str, out: &mut Vec<u8>) {
        let number = self.number();
        let event = |event: Object| event.number("output_index", number).raw("item", item);
        self.event("response.output_item.added", event, out);
    }

    fn done(&mut self, item: String, out: &mut Vec<u8>) {
        let number = self.number();
        let event = |event: Object| event.number("output_index", number).raw("item", &item);
        self.event("response.output_item.done", event, out);
        self.items.push(item);
    }

    /// An event about the open item.
    fn about(&mut self, kind: &str, rest: impl FnOnce(Object) -> Object, out: &mut Vec<u8>) {
        let number = self.number();
        let id = self.open.as_ref().map(|open| open.id.clone()).unwrap_or_default();
        self.event(kind, |event| rest(event.text("item_id", &id).number("output_index", number)), out);
    }

    fn is_open(&self, kind: Kind) -> bool {
        self.open.as_ref().is_some_and(|open| open.kind == kind)
    }

    fn begin(&mut self, kind: Kind) -> String {
        let id = output::id(kind, &self.id, self.items.len());
        self.open = Some(Open { kind, id: id.clone(), said: String::new(), input: Input::default() });
        id
    }

    fn said(&mut self, text: &str) {
        if let Some(open) = &mut self.open {
            open.said.push_str(text);
        }
    }

    /// What of a text the open item has not said.
    fn unsaid<'a>(&self, text: &'a str) -> &'a str {
        self.open.as_ref().and_then(|open| text.strip_prefix(open.said.as_str())).unwrap_or_default()
    }

    fn text(&mut self, text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        if !self.is_open(Kind::Message) {
            let phase = self.phase.clone();
            let id = self.begin(Kind::Message);
            self.added(&output::message(&id, None, phase.as_deref()), out);
            let part = output::text_part("");
            self.about("response.content_part.added", |event| event.number("content_index", 0).raw("part", &part), out);
        }
        self.said(text);
        let delta = |event: Object| event.number("content_index", 0).text("delta", text).raw("logprobs", "[]");
        self.about("response.output_text.delta", delta, out);
    }

    fn finish_text(&mut self, text: &str, item: String, out: &mut Vec<u8>) {
        let rest = self.unsaid(text).to_owned();
        self.text(&rest, out);
        let whole = |event: Object| event.number("content_index", 0).text("text", text).raw("logprobs", "[]");
        self.about("response.output_text.done", whole, out);
        let part = output::text_part(text);
        self.about("response.content_part.done", |event| event.number("content_index", 0).raw("part", &part), out);
        self.done(item, out);
    }

    fn thinking(&mut self, text: &str, out: &mut Vec<u8>) {
        if !self.is_open(Kind::Reasoning) {
            let id = self.begin(Kind::Reasoning);
            self.added(&seal::begun(&id), out);
        }
        if text.is_empty() {
            return;
        }
        if self.open.as_ref().is_some_and(|open| open.said.is_empty()) {
            let part = seal::summary_part("");
            let begun = |event: Object| event.number("summary_index", 0).raw("part", &part);
            self.about("response.reasoning_summary_part.added", begun, out);
        }
        self.said(text);
        let delta = |event: Object| event.number("summary_index", 0).text("delta", text);
        self.about("response.reasoning_summary_text.delta", delta, out);
    }

    fn finish_thinking(&mut self, text: &str, item: String, out: &mut Vec<u8>) {
        if !self.is_open(Kind::Reasoning) {
            self.thinking("", out);
        }
        let rest = self.unsaid(text).to_owned();
        self.thinking(&rest, out);
        let said = self.open.as_ref().map(|open| open.said.clone()).unwrap_or_default();
        if !said.is_empty() {
            let whole = |event: Object| event.number("summary_index", 0).text("text", &said);
            self.about("response.reasoning_summary_text.done", whole, out);
            let part = seal::summary_part(&said);
            let done = |event: Object| event.number("summary_index", 0).raw("part", &part);
            self.about("response.reasoning_summary_part.done", done, out);
        }
        self.done(item, out);
    }

    fn call(&mut self, id: &str, name: &str, out: &mut Vec<u8>) {
        let kind = Kind::Call(names::native(&self.names, name).0);
        let item_id = self.begin(kind);
        let item = names::call(&self.names, Some(&item_id), &call_id(id), name, None);
        self.added(&item, out);
    }

    /// A function's arguments go out as they come; of plain text, what stands in them.
    fn arguments(&mut self, json: &str, out: &mut Vec<u8>) {
        match &mut self.open {
            Some(Open { kind: Kind::Call(NativeKind::Function), .. }) => {
                self.piece("response.function_call_arguments.delta", json, out);
            }
            Some(Open { kind: Kind::Call(NativeKind::Custom), input, .. }) => {
                let text = input.push(json);
                self.piece("response.custom_tool_call_input.delta", &text, out);
            }
            _ => {}
        }
    }

    fn piece(&mut self, kind: &str, delta: &str, out: &mut Vec<u8>) {
        if !delta.is_empty() {
            self.said(delta);
            self.about(kind, |event| event.text("delta", delta), out);
        }
    }

    fn finish_call(&mut self, arguments: &str, item: String, out: &mut Vec<u8>) {
        let arguments = output::said_arguments(arguments);
        match self.open.as_ref().map(|open| open.kind) {
            Some(Kind::Call(NativeKind::Function)) => {
                let rest = self.unsaid(arguments).to_owned();
                self.piece("response.function_call_arguments.delta", &rest, out);
                let kind = "response.function_call_arguments.done";
                self.about(kind, |event| event.text("arguments", arguments), out);
            }
            Some(Kind::Call(NativeKind::Custom)) => {
                let input = names::unwrap(arguments);
                let rest = self.unsaid(&input).to_owned();
                self.piece("response.custom_tool_call_input.delta", &rest, out);
                self.about("response.custom_tool_call_input.done", |event| event.text("input", &input), out);
            }
            _ => {}
        }
        self.done(item, out);
    }

    /// Says what the deltas have not said, and the item as a whole. Nothing where the block is not shown.
    fn finish_block(&mut self, block: &Block, out: &mut Vec<u8>) {
        let written = output::write(block, &self.id, self.items.len(), &self.names, &mut self.phase);
        let Some(item) = written else {
            self.abandon(block, out);
            return;
        };
        match block {
            Block::Text { text } => {
                if !self.is_open(Kind::Message) {
                    self.text(text, out);
                }
                self.finish_text(text, item, out);
            }
            Block::Thinking { text, .. } => self.finish_thinking(text, item, out),
            Block::ToolCall { id, name, arguments } => {
                if !matches!(self.open, Some(Open { kind: Kind::Call(_), .. })) {
                    self.call(id, name, out);
                }
                self.finish_call(arguments, item, out);
            }
            _ => {
                self.added(&item, out);
                self.done(item, out);
            }
        }
        self.open = None;
    }

    /// A block that was begun and came to nothing is done as it stands, so that no number is left out.
    fn abandon(&mut self, block: &Block, out: &mut Vec<u8>) {
        let is_phase = matches!(block, Block::Thinking { signature: Some(seal), .. }
            if matches!(seal::open(seal), Some(Sealed::Phase(_))));
        if let (Some(open), false) = (&self.open, is_phase) {
            let said = open.said.clone();
            match open.kind {
                Kind::Message => {
                    let item = output::message(&open.id, Some(&said), self.phase.take().as_deref());
                    self.finish_text(&said, item, out);
                }
                Kind::Reasoning => {
                    let item = seal::thinking(&open.id, &said, None);
                    self.finish_thinking(&said, item, out);
                }
                Kind::Call(_) | Kind::Own => {}
            }
            self.open = None;
        }
    }

    fn finish(&mut self, reply: &Reply, out: &mut Vec<u8>) {
        self.start(&reply.id, &reply.model, out);
        self.ended = true;
        let (status, _) = reply::ending(&reply.stop);
        let response = reply::finished(reply, &self.items);
        self.event(&format!("response.{status}"), |event| event.raw("response", &response), out);
    }
}

impl ReplyWriter for Writer {
    fn push(&mut self, event: &StreamEvent) -> Vec<u8> {
        let mut out = Vec::new();
        if self.ended {
            return out;
        }
        match event {
            StreamEvent::Started { id, model, .. } => self.start(id, model, &mut out),
            StreamEvent::TextDelta { text, .. } => self.text(text, &mut out),
            StreamEvent::ThinkingDelta { text, .. } => self.thinking(text, &mut out),
            StreamEvent::ToolCallStarted { id, name, .. } => self.call(id, name, &mut out),
            StreamEvent::ArgumentsDelta { json, .. } => self.arguments(json, &mut out),
            StreamEvent::BlockFinished { block, .. } => self.finish_block(block, &mut out),
            // A comment keeps the connection alive, and is no event that would need a number.
            StreamEvent::Ping => out.extend_from_slice(b": ping\n\n"),
            StreamEvent::Finished { reply } => self.finish(reply, &mut out),
        }
        out
    }

    /// The answer has failed: its last event says so, and holds what was said before.
    fn error(&mut self, error: &ProviderError) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.ended {
            self.ended = true;
            let told = errors::failed(error);
            let (id, model) = (self.id.clone(), self.model.clone());
            let response = Response { id: &id, model: &model, status: "failed", reason: None, error: Some(&told) };
            let (kind, json) = (response.event(), response.write(&self.items, None));
            self.event(&kind, |event| event.raw("response", &json), &mut out);
        }
        out
    }
}
