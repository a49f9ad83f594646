//! A streamed answer, event by event.

use indexmap::IndexMap;
use protocol::{Block, Dialect, ErrorKind, ProviderError, Reply, StopReason, StreamEvent};
use serde::Deserialize;
use serde_json::value::RawValue;
use sse_stream::Sse;

use super::blocks;
use super::reply::stop_reason;
use super::usage::Reported;
use crate::codec::WireError;
use crate::errors;
use crate::json::Object;
use crate::node::Node;
use crate::reader;
use crate::sse::malformed;

/// An event's data. Everything but its type is parsed only where the type is known: unknown events are ignored whatever
/// they hold.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    index: Option<&'a RawValue>,
    #[serde(borrow, default)]
    content_block: Option<&'a RawValue>,
    #[serde(borrow, default)]
    delta: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Start {
    id: Option<String>,
    model: Option<String>,
    usage: Option<Reported>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Delta {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    thinking: Option<String>,
    signature: Option<String>,
    partial_json: Option<String>,
    stop_reason: Option<String>,
}

/// The deltas that are understood. What any other one holds is not looked at.
const BLOCK_DELTAS: &[&str] = &["text_delta", "thinking_delta", "signature_delta", "input_json_delta"];

impl Delta {
    fn of_block(raw: &RawValue) -> Result<Self, WireError> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Kind {
            #[serde(rename = "type")]
            kind: String,
        }
        let Kind { kind } = parse(raw.get())?;
        if BLOCK_DELTAS.contains(&kind.as_str()) { parse(raw.get()) } else { Ok(Self { kind, ..Self::default() }) }
    }
}

/// The block that is being said.
struct Open {
    /// The provider's number of it; ours is the count of blocks before it.
    index: u64,
    said: Said,
}

enum Said {
    Text(String),
    Thinking {
        text: String,
        signature: String,
    },
    Tool {
        id: String,
        name: String,
        at_start: String,
        json: String,
    },
    Whole(Block),
    /// A block of the provider's own: its members as they came, and what was streamed of its input.
    Unknown {
        members: IndexMap<String, Box<RawValue>>,
        json: String,
    },
}

/// What the reader knows between two events.
#[derive(Default)]
pub(super) struct Machine {
    started: bool,
    id: String,
    model: String,
    usage: Reported,
    blocks: Vec<Block>,
    open: Option<Open>,
    stop: Option<String>,
    finished: bool,
}

impl reader::Machine for Machine {
    fn take(&mut self, sse: &Sse, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        let Some(data) = sse.data.as_deref().filter(|data| !data.trim().is_empty()) else { return Ok(()) };
        let event: Event<'_> = parse(data)?;
        let kind = if event.kind.is_empty() { sse.event.as_deref().unwrap_or_default() } else { &event.kind };
        match kind {
            "message_start" => self.start(&event, out)?,
            "content_block_start" => self.open(&event, out)?,
            "content_block_delta" => self.delta(&event, out)?,
            "content_block_stop"
                if self.open.as_ref().is_some_and(|open| number(&event).is_ok_and(|n| n == open.index)) =>
            {
                self.close(out)?;
            }
            "message_delta" => self.message_delta(&event)?,
            "message_stop" => self.message_stop(out)?,
            "ping" => out.push(StreamEvent::Ping),
            "error" => return Err(errors::in_answer(data).into()),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, _: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        Err(ProviderError::new(ErrorKind::Truncated, "stream ended before message_stop").into())
    }

    fn finished(&self) -> bool {
        self.finished
    }
}

impl Machine {
    fn start(&mut self, event: &Event<'_>, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        if self.started {
            return Err(malformed("a second message_start").into());
        }
        let start: Start = parse(need(event.message, "message_start", "message")?)?;
        self.started = true;
        self.id = start.id.unwrap_or_default();
        self.model = start.model.unwrap_or_default();
        self.usage = start.usage.unwrap_or_default();
        out.push(StreamEvent::Started { id: self.id.clone(), model: self.model.clone(), usage: self.usage.usage() });
        Ok(())
    }

    fn open(&mut self, event: &Event<'_>, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        if !self.started {
            return Err(malformed("content_block_start before message_start").into());
        }
        // Blocks do not interleave; some imitations forget to say that one has ended.
        self.close(out)?;
        let raw = event.content_block.ok_or_else(|| malformed("content_block_start without content_block"))?;
        let said = begin(raw)?;
        let index = self.blocks.len();
        match &said {
            Said::Tool { id, name, .. } => {
                out.push(StreamEvent::ToolCallStarted { index, id: id.clone(), name: name.clone() });
            }
            Said::Text(text) if !text.is_empty() => out.push(StreamEvent::TextDelta { index, text: text.clone() }),
            Said::Thinking { text, .. } if !text.is_empty() => {
                out.push(StreamEvent::ThinkingDelta { index, text: text.clone() });
            }
            _ => {}
        }
        self.open = Some(Open { index: number(event)?, said });
        Ok(())
    }

    fn delta(&mut self, event: &Event<'_>, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        let raw = event.delta.ok_or_else(|| malformed("content_block_delta without delta"))?;
        let delta = Delta::of_block(raw)?;
        let wanted = number(event)?;
        let index = self.blocks.len();
        let Some(open) = self.open.as_mut().filter(|open| open.index == wanted) else {
            return Err(malformed(format!("a delta for content block {wanted}, which is not open")).into());
        };
        match (delta.kind.as_str(), &mut open.said) {
            ("text_delta", Said::Text(said)) => {
                let text = delta.text.unwrap_or_default();
                said.push_str(&text);
                if !text.is_empty() {
                    out.push(StreamEvent::TextDelta { index, text });
                }
            }
            ("thinking_delta", Said::Thinking { text: said, .. }) => {
                let text = delta.thinking.unwrap_or_default();
                said.push_str(&text);
                if !text.is_empty() {
                    out.push(StreamEvent::ThinkingDelta { index, text });
                }
            }
            ("signature_delta", Said::Thinking { signature, .. }) => {
                signature.push_str(&delta.signature.unwrap_or_default());
            }
            ("input_json_delta", Said::Tool { json: said, .. }) => {
                let json = delta.partial_json.unwrap_or_default();
                said.push_str(&json);
                if !json.is_empty() {
                    out.push(StreamEvent::ArgumentsDelta { index, json });
                }
            }
            ("input_json_delta", Said::Unknown { json, .. }) => json.push_str(&delta.partial_json.unwrap_or_default()),
            (_, Said::Unknown { members, .. }) => merge(members, raw)?,
            (kind, _) if BLOCK_DELTAS.contains(&kind) => {
                return Err(malformed(format!("a {kind} in content block {wanted}, which is of another type")).into());
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        if let Some(block) = whole(open.said)? {
            self.blocks.push(block.clone());
            out.push(StreamEvent::BlockFinished { index: self.blocks.len() - 1, block });
        }
        Ok(())
    }

    fn message_delta(&mut self, event: &Event<'_>) -> Result<(), WireError> {
        if let Some(delta) = event.delta {
            let delta: Delta = parse(delta.get())?;
            self.stop = delta.stop_reason.or(self.stop.take());
        }
        if let Some(usage) = event.usage {
            self.usage.update(parse(usage.get())?);
        }
        Ok(())
    }

    fn message_stop(&mut self, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        if !self.started {
            return Err(malformed("message_stop before message_start").into());
        }
        self.close(out)?;
        self.finished = true;
        let stop: StopReason = stop_reason(self.stop.as_deref(), &self.blocks);
        out.push(StreamEvent::Finished {
            reply: Reply {
                id: std::mem::take(&mut self.id),
                model: std::mem::take(&mut self.model),
                blocks: std::mem::take(&mut self.blocks),
                stop,
                usage: self.usage.usage(),
            },
        });
        Ok(())
    }
}

/// What a block is at its start.
fn begin(raw: &RawValue) -> Result<Said, WireError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Begun<'a> {
        #[serde(rename = "type")]
        kind: String,
        text: Option<String>,
        thinking: Option<String>,
        signature: Option<String>,
        id: Option<String>,
        name: Option<String>,
        #[serde(borrow)]
        input: Option<&'a RawValue>,
    }
    let begun: Begun<'_> = parse(raw.get())?;
    Ok(match begun.kind.as_str() {
        "text" => Said::Text(begun.text.unwrap_or_default()),
        "thinking" => {
            Said::Thinking { text: begun.thinking.unwrap_or_default(), signature: begun.signature.unwrap_or_default() }
        }
        "tool_use" => Said::Tool {
            id: begun.id.unwrap_or_default(),
            name: begun.name.unwrap_or_default(),
            at_start: begun.input.map(|input| input.get().to_owned()).unwrap_or_default(),
            json: String::new(),
        },
        "redacted_thinking" => {
            let read =
                blocks::block(&Node::piece(raw, "content_block")).map_err(|error| malformed(error.to_string()))?;
            Said::Whole(read.block)
        }
        _ => Said::Unknown { members: parse(raw.get())?, json: String::new() },
    })
}

/// What a block is at its end; none for one that said nothing.
fn whole(said: Said) -> Result<Option<Block>, WireError> {
    Ok(match said {
        Said::Text(text) if text.is_empty() => None,
        Said::Text(text) => Some(Block::Text { text }),
        Said::Thinking { text, signature } if text.is_empty() && signature.is_empty() => None,
        Said::Thinking { text, signature } => {
            Some(Block::Thinking { text, signature: Some(signature).filter(|seal| !seal.is_empty()) })
        }
        Said::Tool { id, name, at_start, json } => {
            // Some imitations say the whole input at the start; an input that was never said is an empty object.
            let said = [json, at_start].into_iter().find(|text| !text.trim().is_empty());
            Some(Block::ToolCall { id, name, arguments: said.unwrap_or_else(|| "{}".to_owned()) })
        }
        Said::Whole(block) => Some(block),
        Said::Unknown { mut members, json } => {
            if !json.trim().is_empty() {
                let input =
                    RawValue::from_string(json).map_err(|error| malformed(format!("a block's input: {error}")))?;
                members.insert("input".to_owned(), input);
            }
            let object = members.iter().fold(Object::new(), |object, (name, json)| object.raw(name, json.get()));
            Some(Block::Opaque { dialect: Dialect::AnthropicMessages, json: object.end() })
        }
    })
}

/// A delta of a block that only the provider knows: strings grow, anything else is replaced.
fn merge(members: &mut IndexMap<String, Box<RawValue>>, delta: &RawValue) -> Result<(), WireError> {
    let delta: IndexMap<String, Box<RawValue>> = parse(delta.get())?;
    for (name, value) in delta.into_iter().filter(|(name, _)| name != "type") {
        let before = members.get(&name).and_then(|value| serde_json::from_str::<String>(value.get()).ok());
        let more = serde_json::from_str::<String>(value.get()).ok();
        let value = match (before, more) {
            (Some(before), Some(more)) => {
                serde_json::value::to_raw_value(&(before + &more)).map_err(|error| malformed(error.to_string()))?
            }
            _ => value,
        };
        members.insert(name, value);
    }
    Ok(())
}

fn parse<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, WireError> {
    serde_json::from_str(json)
        .map_err(|error| malformed(format!("an event that is not this dialect's: {error}")).into())
}

fn need<'a>(member: Option<&'a RawValue>, event: &str, name: &str) -> Result<&'a str, WireError> {
    member.map(RawValue::get).ok_or_else(|| malformed(format!("{event} without {name}")).into())
}

fn number(event: &Event<'_>) -> Result<u64, WireError> {
    parse(need(event.index, &event.kind, "index")?)
}
