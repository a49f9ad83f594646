//! A streamed answer, event by event. Items may overlap, come late, or come only with the last event; blocks do not overlap,
//! so an item is shown as it comes in only while it is the first one that is not whole.

use std::collections::VecDeque;

use protocol::{Block, ErrorKind, ProviderError, Reply, StopReason, StreamEvent, Usage};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sse_stream::Sse;

use super::output::{self, Kind};
use super::slot::{Blocks, Delta, Slot};
use super::usage;
use crate::codec::WireError;
use crate::errors;
use crate::reader;
use crate::sse::malformed;

/// An event's data.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    output_index: Option<u64>,
    item_id: Option<String>,
    content_index: Option<u64>,
    summary_index: Option<u64>,
    #[serde(borrow)]
    delta: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    refusal: Option<&'a RawValue>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    item: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// An answer, begun or ended.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Response<'a> {
    id: Option<String>,
    model: Option<String>,
    status: Option<String>,
    #[serde(borrow)]
    output: Option<Vec<&'a RawValue>>,
    incomplete_details: Option<Details>,
    usage: Option<Value>,
    error: Option<Value>,
    /// Error objects of other dialects say so here.
    object: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    reason: Option<String>,
}

/// What the reader knows between two events.
#[derive(Default)]
pub(super) struct Machine {
    started: bool,
    id: String,
    model: String,
    usage: Usage,
    blocks: Blocks,
    /// Items that are not whole yet, in the order in which they began.
    slots: VecDeque<Slot>,
    /// Numbers of all items that were met.
    seen: Vec<u64>,
    finished: bool,
}

impl reader::Machine for Machine {
    fn take(&mut self, sse: &Sse, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        let data = sse.data.as_deref().unwrap_or_default().trim();
        // Not a word of this dialect, but some servers cannot help it.
        if data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        let event: Event<'_> = parse(data)?;
        let kind = event.kind.as_deref().or(sse.event.as_deref()).unwrap_or_default();
        match kind {
            "response.created" | "response.in_progress" | "response.queued" => self.begin(&event, out)?,
            "response.output_item.added" => self.added(&event, out),
            "response.output_item.done" => self.done(&event, out),
            "response.completed" | "response.incomplete" => {
                let response = event.response.ok_or_else(|| malformed(format!("{kind} without response")))?;
                self.terminal(response.get(), out)?;
            }
            "response.failed" | "response.cancelled" => return Err(self.failure(&event, data).into()),
            "error" => return Err(errors::in_answer(data).into()),
            "keepalive" | "ping" | "response.heartbeat" => out.push(StreamEvent::Ping),
            "" if event.error.is_some_and(|error| error.get() != "null") => return Err(errors::in_answer(data).into()),
            kind => self.progress(kind, &event, out),
        }
        Ok(())
    }

    fn end(&mut self, _: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        Err(ProviderError::new(ErrorKind::Truncated, "stream ended before response.completed").into())
    }

    fn finished(&self) -> bool {
        self.finished
    }
}

fn parse<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, WireError> {
    serde_json::from_str(json)
        .map_err(|error| malformed(format!("an event that is not this dialect's: {error}")).into())
}

fn text(raw: Option<&RawValue>) -> Option<String> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
}

impl Machine {
    /// Takes a whole answer.
    pub(super) fn whole(&mut self, json: &str, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        let response: Response<'_> = parse(json)?;
        let status = response.status.as_deref();
        if response.error.as_ref().is_some_and(|error| !error.is_null()) || response.object.as_deref() == Some("error")
        {
            return Err(errors::in_answer(json).into());
        }
        match status {
            Some("failed" | "cancelled" | "queued" | "in_progress") => {
                let message = format!("the answer's status is \"{}\"", status.unwrap_or_default());
                Err(ProviderError::new(ErrorKind::Server, message).into())
            }
            _ if response.output.is_none() => Ok(()),
            _ => self.terminal(json, out),
        }
    }

    fn begin(&mut self, event: &Event<'_>, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        if let Some(response) = event.response {
            let response: Response<'_> = parse(response.get())?;
            self.learn(&response);
        }
        self.start(out);
        Ok(())
    }

    fn learn(&mut self, response: &Response<'_>) {
        let newer = |known: &mut String, told: &Option<String>| {
            if let Some(told) = told.as_deref().filter(|told| !told.is_empty()) {
                told.clone_into(known);
            }
        };
        newer(&mut self.id, &response.id);
        newer(&mut self.model, &response.model);
        if let Some(reported) = response.usage.as_ref().filter(|usage| usage.is_object()) {
            self.usage = usage::read(reported);
        }
    }

    fn start(&mut self, out: &mut Vec<StreamEvent>) {
        if !self.started {
            self.started = true;
            self.blocks.reply_id.clone_from(&self.id);
            out.push(StreamEvent::Started { id: self.id.clone(), model: self.model.clone(), usage: self.usage });
        }
    }

    /// The item that an event speaks of: by number, else by id, else the last one.
    fn slot(&mut self, number: Option<u64>, id: Option<&str>) -> Option<&mut Slot> {
        let at = match (number, id) {
            (Some(number), _) => self.slots.iter().position(|slot| slot.number == Some(number)),
            (None, Some(id)) => self.slots.iter().position(|slot| slot.id.as_deref() == Some(id)),
            (None, None) => self.slots.len().checked_sub(1),
        };
        self.slots.get_mut(at?)
    }

    fn added(&mut self, event: &Event<'_>, out: &mut Vec<StreamEvent>) {
        self.start(out);
        let Some(item) = event.item else { return };
        let slot = Slot::new(event.output_index, &output::read(item.get()));
        self.admit(slot);
        self.pump(out);
    }

    /// Takes in an item; one without a number is the next one.
    fn admit(&mut self, mut slot: Slot) {
        let number = *slot.number.get_or_insert(self.seen.iter().max().map_or(0, |last| last + 1));
        self.seen.push(number);
        self.slots.push_back(slot);
    }

    fn done(&mut self, event: &Event<'_>, out: &mut Vec<StreamEvent>) {
        self.start(out);
        let Some(raw) = event.item else { return };
        let item = output::read(raw.get());
        let seen = event.output_index.is_some_and(|number| self.seen.contains(&number));
        match self.slot(event.output_index, item.id.as_deref()) {
            Some(slot) => slot.done = Some(raw.get().to_owned()),
            // What was given out once is not given out again.
            None if seen => return,
            None => {
                let mut slot = Slot::new(event.output_index, &item);
                slot.done = Some(raw.get().to_owned());
                self.admit(slot);
            }
        }
        self.pump(out);
    }

    /// A piece of an item, or the whole of a piece.
    fn progress(&mut self, kind: &str, event: &Event<'_>, out: &mut Vec<StreamEvent>) {
        let Some(word) = kind.strip_prefix("response.") else { return };
        let part = event.content_index.unwrap_or_default();
        let section = event.summary_index.unwrap_or_default();
        let delta = || text(event.delta);
        let piece = match word {
            "output_text.delta" => delta().map(|text| Delta::Text(part, text)),
            "refusal.delta" => delta().map(|text| Delta::Refusal(part, text)),
            "reasoning_summary_text.delta" => delta().map(|text| Delta::Summary(section, text)),
            "reasoning_text.delta" => delta().map(|text| Delta::Reasoning(part, text)),
            "function_call_arguments.delta" => delta().map(Delta::Arguments),
            "custom_tool_call_input.delta" => delta().map(Delta::Input),
            "output_text.done" => text(event.text).map(|text| Delta::WholeText(part, text)),
            "refusal.done" => text(event.refusal).map(|text| Delta::WholeText(part, text)),
            "function_call_arguments.done" => text(event.arguments).map(Delta::WholeArguments),
            "custom_tool_call_input.done" => text(event.input).map(Delta::WholeInput),
            _ => None,
        };
        let Some(piece) = piece else { return };
        self.start(out);
        if let Some(slot) = self.slot(event.output_index, event.item_id.as_deref()) {
            slot.take(piece);
        } else if event.output_index.is_none_or(|number| !self.seen.contains(&number)) {
            // A server that begins items without saying so.
            let mut slot = Slot::unnamed(event.output_index, event.item_id.clone(), piece.kind());
            slot.take(piece);
            self.admit(slot);
        }
        self.pump(out);
    }

    /// Gives out what is known of the first item that is not whole, and all whole ones before it.
    fn pump(&mut self, out: &mut Vec<StreamEvent>) {
        while let Some(first) = self.slots.front_mut() {
            first.show(&mut self.blocks, out);
            if first.done.is_none() {
                return;
            }
            first.close(&mut self.blocks, out);
            self.slots.pop_front();
        }
    }

    /// The answer is whole: what was never said stands in it.
    fn terminal(&mut self, json: &str, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        let response: Response<'_> = parse(json)?;
        self.learn(&response);
        self.start(out);
        for (number, raw) in (0..).zip(response.output.as_deref().unwrap_or_default()) {
            let item = output::read(raw.get());
            let seen = self.seen.contains(&number);
            match self.slot(Some(number), item.id.as_deref()) {
                Some(slot) => slot.done = slot.done.take().or_else(|| Some(raw.get().to_owned())),
                None if seen => {}
                None => {
                    let mut slot = Slot::new(Some(number), &item);
                    slot.done = Some(raw.get().to_owned());
                    self.admit(slot);
                }
            }
        }
        self.pump(out);
        for mut slot in std::mem::take(&mut self.slots) {
            slot.show(&mut self.blocks, out);
            slot.close(&mut self.blocks, out);
        }
        self.finished = true;
        let reason = response.incomplete_details.and_then(|details| details.reason);
        let incomplete = response.status.as_deref() == Some("incomplete") || reason.is_some();
        let refused = self.blocks.refused;
        let blocks = std::mem::take(&mut self.blocks.said);
        let stop = stop_reason(incomplete, reason.as_deref(), refused, &blocks);
        let reply = Reply { id: self.id.clone(), model: self.model.clone(), blocks, stop, usage: self.usage };
        out.push(StreamEvent::Finished { reply });
        Ok(())
    }

    /// What a failed answer says of its failure.
    fn failure(&self, event: &Event<'_>, data: &str) -> ProviderError {
        let error = errors::in_answer(event.response.map_or(data, RawValue::get));
        let cancelled = event.kind.as_deref() == Some("response.cancelled");
        if cancelled { ProviderError { kind: ErrorKind::Cancelled, ..error } } else { error }
    }
}

/// Why the model stopped.
fn stop_reason(incomplete: bool, reason: Option<&str>, refused: bool, blocks: &[Block]) -> StopReason {
    match (incomplete, reason) {
        (true, None | Some("max_output_tokens")) => StopReason::MaxTokens,
        (true, Some("content_filter")) => StopReason::Refusal,
        (true, Some(other)) => StopReason::Other(other.to_owned()),
        (false, _) if blocks.iter().any(|block| matches!(block, Block::ToolCall { .. })) => StopReason::ToolUse,
        (false, _) if refused => StopReason::Refusal,
        (false, _) => StopReason::EndTurn,
    }
}

impl Delta {
    /// The kind of item that has such pieces.
    fn kind(&self) -> Kind {
        use protocol::request::NativeKind::{Custom, Function};
        match self {
            Self::Text(..) | Self::Refusal(..) | Self::WholeText(..) => Kind::Message,
            Self::Summary(..) | Self::Reasoning(..) => Kind::Reasoning,
            Self::Arguments(_) | Self::WholeArguments(_) => Kind::Call(Function),
            Self::Input(_) | Self::WholeInput(_) => Kind::Call(Custom),
        }
    }
}
