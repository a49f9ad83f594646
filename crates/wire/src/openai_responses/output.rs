//! Output items: what a server's item says, and a block of an answer as an item for a client.

use protocol::request::{NativeKind, NativeTools};
use protocol::{Block, Dialect};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::names::{self, TOOL_SEARCH};
use super::seal::{self, Sealed};
use crate::json::{Object, array};

/// The members of an item that are looked at. A member of another type than expected makes it an item of the server's own.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Item<'a> {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) id: Option<String>,
    pub(super) call_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) phase: Option<String>,
    execution: Option<String>,
    input: Option<String>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

/// A part of a message.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Part {
    text: Option<String>,
    refusal: Option<String>,
}

/// What an item is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Reasoning,
    Call(NativeKind),
    /// Anything else.
    Own,
}

impl Item<'_> {
    pub(super) fn kind(&self) -> Kind {
        match self.kind.as_deref() {
            Some("message") => Kind::Message,
            Some("reasoning") => Kind::Reasoning,
            Some("function_call") => Kind::Call(NativeKind::Function),
            Some("custom_tool_call") => Kind::Call(NativeKind::Custom),
            Some("tool_search_call") if self.execution.as_deref() == Some("client") => {
                Kind::Call(NativeKind::ToolSearch)
            }
            _ => Kind::Own,
        }
    }

    /// The name of the tool that is called; none while it is not known.
    pub(super) fn called(&self) -> Option<String> {
        if self.kind() == Kind::Call(NativeKind::ToolSearch) {
            return Some(TOOL_SEARCH.to_owned());
        }
        let name = self.name.as_deref().filter(|name| !name.is_empty())?;
        Some(names::flat(self.namespace.as_deref(), name))
    }

    /// The arguments of a call, `{}` where it has none.
    pub(super) fn arguments(&self) -> String {
        let text = match (&self.input, self.arguments) {
            (Some(input), _) if self.kind() == Kind::Call(NativeKind::Custom) => names::wrap(input),
            (_, Some(raw)) => serde_json::from_str::<Option<String>>(raw.get())
                .map_or_else(|_| raw.get().to_owned(), Option::unwrap_or_default),
            _ => String::new(),
        };
        if text.trim().is_empty() { "{}".to_owned() } else { text }
    }

    /// The texts of a message, without empty ones, and whether one of them is a refusal.
    pub(super) fn texts(&self) -> (Vec<String>, bool) {
        let parts: Vec<Part> =
            self.content.and_then(|content| serde_json::from_str(content.get()).ok()).unwrap_or_default();
        let refused = parts.iter().any(|part| part.refusal.is_some());
        let texts = parts.into_iter().filter_map(|part| part.text.or(part.refusal));
        (texts.filter(|text| !text.is_empty()).collect(), refused)
    }
}

/// Reads an item; one that is unlike what its type says is the server's own.
pub(super) fn read(json: &str) -> Item<'_> {
    serde_json::from_str(json).unwrap_or_default()
}

/// An item that has no neutral form.
pub(super) fn own(json: &str) -> Block {
    Block::Opaque { dialect: Dialect::OpenaiResponses, json: json.to_owned() }
}

/// An id for an item, by the answer and the item's number in it. Servers check what an id begins with.
pub(super) fn id(kind: Kind, reply_id: &str, number: usize) -> String {
    let prefix = match kind {
        Kind::Message => "msg",
        Kind::Reasoning => "rs",
        Kind::Call(NativeKind::Function) => "fc",
        Kind::Call(NativeKind::Custom) => "ctc",
        Kind::Call(NativeKind::ToolSearch) => "tsc",
        Kind::Own => "item",
    };
    let hash = blake3::hash(format!("{reply_id}\n{number}").as_bytes()).to_hex();
    format!("{prefix}_{}", hash.chars().take(32).collect::<String>())
}

/// A text part of an answer.
pub(super) fn text_part(text: &str) -> String {
    Object::of_type("output_text").raw("annotations", "[]").raw("logprobs", "[]").text("text", text).end()
}

/// A message; none for the text while it has only begun.
pub(super) fn message(id: &str, text: Option<&str>, phase: Option<&str>) -> String {
    let (status, content) = match text {
        Some(text) => ("completed", array([text_part(text)])),
        None => ("in_progress", "[]".to_owned()),
    };
    let item = Object::new()
        .text("id", id)
        .text("type", "message")
        .text("status", status)
        .text("role", "assistant")
        .raw("content", &content);
    match phase {
        Some(phase) => item.text("phase", phase).end(),
        None => item.end(),
    }
}

/// The arguments of a finished call as they are said: an object, be it empty, and what the model wrote where it is none.
pub(super) fn said_arguments(arguments: &str) -> &str {
    if arguments.trim().is_empty() { "{}" } else { arguments }
}

/// A block as a finished item. `phase` is what the block before said of the next message. None where the block is not
/// shown: it says nothing, or only another dialect knows it.
pub(super) fn write(
    block: &Block,
    reply_id: &str,
    number: usize,
    names: &NativeTools,
    phase: &mut Option<String>,
) -> Option<String> {
    let id = |kind| id(kind, reply_id, number);
    match block {
        Block::Text { text } if text.is_empty() => None,
        Block::Text { text } => Some(message(&id(Kind::Message), Some(text), phase.take().as_deref())),
        Block::Thinking { text, signature } => match signature.as_deref().and_then(seal::open) {
            Some(Sealed::Phase(named)) => {
                *phase = Some(named);
                None
            }
            Some(Sealed::Item(json)) => Some(json.to_owned()),
            None if text.is_empty() && signature.is_none() => None,
            None => Some(seal::thinking(&id(Kind::Reasoning), text, signature.as_deref())),
        },
        Block::RedactedThinking { data } => Some(seal::redacted(&id(Kind::Reasoning), data)),
        Block::ToolCall { id: call_id, name, arguments } => {
            let kind = Kind::Call(names::native(names, name).0);
            let arguments = said_arguments(arguments);
            Some(names::call(names, Some(&id(kind)), &crate::ids::call_id(call_id), name, Some(arguments)))
        }
        Block::Opaque { dialect: Dialect::OpenaiResponses, json } => Some(json.clone()),
        Block::Opaque { .. } | Block::ToolResult { .. } | Block::Image { .. } => None,
    }
}
