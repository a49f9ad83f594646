//! Neutral pieces as Responses JSON. Each piece is rendered from itself alone, so that what was sent stays sent.

use protocol::request::NativeKind;
use protocol::{Block, Dialect, ImageSource, Message, ResultPart, Role, Settings, ToolSpec};
use serde::Deserialize;
use serde_json::Value;

use super::names;
use super::seal::{self, Sealed};
use crate::codec::{Rendered, WireError};
use crate::ids::call_id;
use crate::json::{Object, array, object_text, string};
use crate::openai;
use crate::words::is_blank;

/// A tool. Unless it is said otherwise this dialect makes every schema strict, and refuses those that cannot be.
pub(super) fn tool(tool: &ToolSpec) -> String {
    openai::function(Object::of_type("function"), tool).flag("strict", false).end()
}

/// Texts are parts, not strings, where they may carry a marker: the bytes are the same with one and without.
pub(super) fn in_parts(settings: &Settings) -> bool {
    settings.chat.cache_breakpoints
}

/// How a text part begins; no string inside can hold these bytes, because its quotes are escaped.
pub(super) const TEXT_PART: &str = r#"{"type":"input_text","text":"#;

/// A piece, and the number of the neutral block that it ends with.
type Piece = (usize, String);

/// A message. One that is left with nothing to say has no blocks.
pub(super) fn message(message: &Message, settings: &Settings) -> Result<Rendered, WireError> {
    Ok(pieces(message, settings)?.0)
}

/// A message, and for each of its pieces the number of the neutral block that it ends with.
pub(super) fn pieces(message: &Message, settings: &Settings) -> Result<(Rendered, Vec<usize>), WireError> {
    match message.role {
        Role::Assistant => assistant(message, settings).map(|pieces| rendered("", pieces)),
        Role::User => spoken("user", message, settings),
        Role::System => spoken("developer", message, settings),
    }
}

fn rendered(open: &str, pieces: Vec<Piece>) -> (Rendered, Vec<usize>) {
    let (order, blocks) = pieces.into_iter().unzip();
    let close = if open.is_empty() { String::new() } else { "]}".to_owned() };
    (Rendered { open: open.to_owned(), blocks, close }, order)
}

/// How a message begins whose parts follow.
fn opening(role: &str) -> String {
    format!(r#"{{"type":"message","role":"{role}","content":["#)
}

/// A message of the user's or of the system's: text and images as parts of one message; tool results, and items that only
/// this dialect knows, as items of their own. The results come first, because they answer what was said before.
fn spoken(role: &str, message: &Message, settings: &Settings) -> Result<(Rendered, Vec<usize>), WireError> {
    let mut items = Vec::new();
    let mut rest = Vec::new();
    let mut parts = Vec::new();
    for (index, block) in message.blocks.iter().enumerate() {
        match block {
            Block::ToolResult { call_id, content, is_error } => {
                items.push((index, tool_result(call_id, content, *is_error, settings)));
            }
            Block::Text { text } if is_blank(text) => {}
            Block::Text { text: said } => parts.push((index, text(said))),
            Block::Image { source } => parts.push((index, image(source))),
            Block::Opaque { dialect, json } => {
                let json = own(*dialect, json)?;
                if is_part(&json) {
                    parts.push((index, json));
                } else {
                    flush(role, &mut parts, &mut rest);
                    rest.push((index, json));
                }
            }
            Block::Thinking { .. } | Block::RedactedThinking { .. } => {}
            Block::ToolCall { .. } => {
                return Err(WireError::Untranslatable(format!("a tool call in a message of role {role}")));
            }
        }
    }
    if items.is_empty() && rest.is_empty() {
        let open = opening(role);
        return Ok(rendered(&open, parts));
    }
    flush(role, &mut parts, &mut rest);
    items.extend(rest);
    Ok(rendered("", items))
}

/// Parts so far, as a message of their own.
fn flush(role: &str, parts: &mut Vec<Piece>, items: &mut Vec<Piece>) {
    if let Some((last, _)) = parts.last() {
        let texts: Vec<&str> = parts.iter().map(|(_, part)| part.as_str()).collect();
        items.push((*last, format!("{}{}]}}", opening(role), texts.join(","))));
        parts.clear();
    }
}

/// A model's turn: every piece an item. Reasoning goes back only where this dialect's servers sealed it, with the message's
/// phase where it had one, and only before what came of it: an answer that was cut off in its reasoning says nothing, and
/// reasoning without an item that follows is refused.
fn assistant(message: &Message, settings: &Settings) -> Result<Vec<Piece>, WireError> {
    let mut items = Vec::new();
    // Items up to the last one that is no reasoning.
    let mut whole = 0;
    let mut phase = None;
    for (index, block) in message.blocks.iter().enumerate() {
        let before = items.len();
        match block {
            Block::Text { text } if is_blank(text) => {}
            Block::Text { text } => items.push((index, assistant_text(text, phase.take().as_deref()))),
            Block::Thinking { signature, .. } => match signature.as_deref().and_then(seal::open) {
                Some(Sealed::Phase(named)) => phase = Some(named),
                Some(Sealed::Item(json)) if seal::is_replayable(json) => {
                    items.push((index, json.to_owned()));
                    continue;
                }
                _ => {}
            },
            Block::RedactedThinking { .. } => {}
            Block::ToolCall { id, name, arguments } => {
                let arguments = object_text(arguments);
                items.push((index, names::call(&settings.native, None, &call_id(id), name, Some(arguments))));
            }
            Block::Opaque { dialect, json } => items.push((index, own(*dialect, json)?)),
            Block::ToolResult { .. } | Block::Image { .. } => {
                return Err(WireError::Untranslatable("a tool result or an image in an assistant's turn".to_owned()));
            }
        }
        if items.len() > before {
            whole = items.len();
        }
    }
    items.truncate(whole);
    Ok(items)
}

fn assistant_text(text: &str, phase: Option<&str>) -> String {
    let part = Object::of_type("output_text").text("text", text).end();
    let message = Object::of_type("message").text("role", "assistant").raw("content", &array([part]));
    match phase {
        Some(phase) => message.text("phase", phase).end(),
        None => message.end(),
    }
}

fn text(text: &str) -> String {
    format!("{TEXT_PART}{}}}", string(text))
}

fn image(source: &ImageSource) -> String {
    let url = match source {
        ImageSource::Base64 { media_type, data } => format!("data:{media_type};base64,{data}"),
        ImageSource::Url { url } => url.clone(),
    };
    Object::of_type("input_image").text("image_url", &url).end()
}

/// A tool's answer. The dialect has no word for a failure, so the text says it.
fn tool_result(id: &str, content: &[ResultPart], is_error: bool, settings: &Settings) -> String {
    let kind = names::kind_of(&settings.native, id);
    if kind == NativeKind::ToolSearch {
        return search_result(id, content);
    }
    let word = if kind == NativeKind::Custom { "custom_tool_call_output" } else { "function_call_output" };
    let mut texts: Vec<ResultPart> = content.to_vec();
    if is_error {
        match texts.first_mut() {
            Some(ResultPart::Text { text }) => text.insert_str(0, "Error: "),
            _ => texts.insert(0, ResultPart::Text { text: "Error: ".to_owned() }),
        }
    }
    let output = match texts.as_slice() {
        [] if !in_parts(settings) => string(""),
        [ResultPart::Text { text }] if !in_parts(settings) => string(text),
        [] => array([text("")]),
        parts => array(parts.iter().map(|part| match part {
            ResultPart::Text { text: said } => text(said),
            ResultPart::Image { source } => image(source),
        })),
    };
    Object::of_type(word).text("call_id", &call_id(id)).raw("output", &output).end()
}

/// What a search has found: a list of tools, where the text is one.
fn search_result(id: &str, content: &[ResultPart]) -> String {
    let found = match content {
        [ResultPart::Text { text }] if serde_json::from_str::<Vec<Value>>(text).is_ok() => text.as_str(),
        _ => "[]",
    };
    Object::of_type("tool_search_output")
        .text("call_id", &call_id(id))
        .text("execution", "client")
        .text("status", "completed")
        .raw("tools", found)
        .end()
}

fn own(dialect: Dialect, json: &str) -> Result<String, WireError> {
    match dialect {
        Dialect::OpenaiResponses => Ok(json.to_owned()),
        _ => Err(WireError::Untranslatable(format!("a part of {}, in Responses", dialect.name()))),
    }
}

/// Whether it is a part of a message, and not an item.
pub(super) fn is_part(json: &str) -> bool {
    let kind = kind(json);
    kind.starts_with("input_") || kind.starts_with("output_")
}

/// The type that JSON text says it is; empty where it says none.
pub(super) fn kind(json: &str) -> String {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Kind {
        #[serde(rename = "type")]
        kind: String,
    }
    serde_json::from_str::<Kind>(json).unwrap_or_default().kind
}
