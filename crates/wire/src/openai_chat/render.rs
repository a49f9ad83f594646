//! Neutral pieces as Chat Completions JSON. Each piece is rendered from itself alone, so that what was sent stays sent.

use protocol::request::ChatFlavor;
use protocol::{Block, Dialect, ImageSource, Message, ResultPart, Role, ToolSpec};

use crate::codec::{Rendered, WireError};
use crate::ids::call_id;
use crate::json::{Object, array, object_text, string};
use crate::openai;
use crate::words::is_blank;

/// A tool.
pub(super) fn tool(tool: &ToolSpec) -> String {
    Object::of_type("function").raw("function", &openai::function(Object::new(), tool).end()).end()
}

/// Texts are parts, not strings, where they may carry a marker: the bytes are the same with one and without.
pub(super) fn in_parts(flavor: &ChatFlavor) -> bool {
    flavor.cache_control || flavor.cache_breakpoints
}

/// A message. One that is left with nothing to say has no blocks.
pub(super) fn message(message: &Message, flavor: &ChatFlavor) -> Result<Rendered, WireError> {
    match message.role {
        Role::Assistant => assistant(message, flavor),
        Role::User => spoken("user", message, flavor),
        Role::System => spoken("system", message, flavor),
    }
}

/// For each rendered piece of a message, the number of the neutral block that it ends with.
pub(super) fn order(message: &Message) -> Vec<usize> {
    let numbers = |wanted: fn(&Block) -> bool| {
        message.blocks.iter().enumerate().filter(move |(_, block)| wanted(block)).map(|(index, _)| index)
    };
    let is_part = |block: &Block| match block {
        Block::Text { text } => !is_blank(text),
        Block::Image { .. } | Block::Opaque { .. } => true,
        _ => false,
    };
    let results: Vec<usize> = numbers(|block| matches!(block, Block::ToolResult { .. })).collect();
    match (message.role, results.is_empty()) {
        (Role::Assistant, _) => message.blocks.len().checked_sub(1).into_iter().collect(),
        (_, true) => numbers(is_part).collect(),
        // What follows the results is one message, and so one piece.
        (_, false) => results.into_iter().chain(numbers(is_part).next_back()).collect(),
    }
}

/// A message of the user's: text and images as parts; tool results as messages of their own, then whatever else there is
/// (their images, and what the user says) as one more message.
fn spoken(role: &str, message: &Message, flavor: &ChatFlavor) -> Result<Rendered, WireError> {
    let mut blocks = Vec::new();
    let mut images = Vec::new();
    let mut parts = Vec::new();
    for block in &message.blocks {
        match block {
            Block::ToolResult { call_id, content, is_error } => {
                blocks.push(tool_result(call_id, content, *is_error, flavor));
                images.extend(content.iter().filter_map(|part| match part {
                    ResultPart::Image { source } => Some(image(source)),
                    ResultPart::Text { .. } => None,
                }));
            }
            Block::Text { text } if is_blank(text) => {}
            Block::Text { text: said } => parts.push(text(said)),
            Block::Image { source } => parts.push(image(source)),
            Block::Opaque { dialect, json } => parts.push(own(*dialect, json)?),
            Block::Thinking { .. } | Block::RedactedThinking { .. } => {}
            Block::ToolCall { .. } => {
                return Err(WireError::Untranslatable(format!("a tool call in a message of role {role}")));
            }
        }
    }
    let plain = |said: &str| Object::new().text("role", role).raw("content", said).end();
    if blocks.is_empty() {
        return Ok(match (in_parts(flavor), as_string(&parts)) {
            (false, Some(said)) => Rendered { open: String::new(), blocks: vec![plain(said)], close: String::new() },
            _ => Rendered { open: format!(r#"{{"role":"{role}","content":["#), blocks: parts, close: "]}".to_owned() },
        });
    }
    parts.splice(0..0, images);
    match (in_parts(flavor), as_string(&parts)) {
        (false, Some(said)) => blocks.push(plain(said)),
        _ if parts.is_empty() => {}
        _ => blocks.push(plain(&array(&parts))),
    }
    Ok(Rendered { open: String::new(), blocks, close: String::new() })
}

/// The JSON string of a content that is one text part: every server takes a string, not every one takes parts.
fn as_string(parts: &[String]) -> Option<&str> {
    match parts {
        [part] => part.strip_prefix(TEXT_PART).and_then(|rest| rest.strip_suffix('}')),
        _ => None,
    }
}

/// How a text part begins; no string inside can hold these bytes, because its quotes are escaped.
pub(super) const TEXT_PART: &str = r#"{"type":"text","text":"#;

fn text(text: &str) -> String {
    format!("{TEXT_PART}{}}}", string(text))
}

fn image(source: &ImageSource) -> String {
    let url = match source {
        ImageSource::Base64 { media_type, data } => format!("data:{media_type};base64,{data}"),
        ImageSource::Url { url } => url.clone(),
    };
    Object::of_type("image_url").raw("image_url", &Object::new().text("url", &url).end()).end()
}

/// A tool's answer. The dialect has no word for a failure, so the text says it; images follow in the next message.
fn tool_result(id: &str, content: &[ResultPart], is_error: bool, flavor: &ChatFlavor) -> String {
    let mut said: Vec<&str> = content
        .iter()
        .filter_map(|part| match part {
            ResultPart::Text { text } => Some(text.as_str()),
            ResultPart::Image { .. } => None,
        })
        .collect();
    if content.len() > said.len() {
        said.push("[the image follows in the next message]");
    }
    let said = said.join("\n");
    let said = if is_error { format!("Error: {said}") } else { said };
    let content = if in_parts(flavor) { array([text(&said)]) } else { string(&said) };
    Object::new().text("role", "tool").text("tool_call_id", &call_id(id)).raw("content", &content).end()
}

/// A model's turn: one message, whatever it holds. Reasoning goes back only to servers that ask for it, and only what came
/// without a provider's seal.
fn assistant(message: &Message, flavor: &ChatFlavor) -> Result<Rendered, WireError> {
    let mut texts: Vec<&str> = Vec::new();
    let mut reasoning = String::new();
    let mut calls = Vec::new();
    for block in &message.blocks {
        match block {
            Block::Text { text } if is_blank(text) => {}
            Block::Text { text } => texts.push(text),
            Block::Thinking { text, signature: None } => reasoning.push_str(text),
            Block::Thinking { .. } | Block::RedactedThinking { .. } => {}
            Block::ToolCall { id, name, arguments } => calls.push(tool_call(id, name, object_text(arguments))),
            Block::Opaque { dialect, .. } => {
                return Err(WireError::Untranslatable(format!("a block of {dialect:?} in an assistant's turn")));
            }
            Block::ToolResult { .. } | Block::Image { .. } => {
                return Err(WireError::Untranslatable("a tool result or an image in an assistant's turn".to_owned()));
            }
        }
    }
    let reasoning = Some(reasoning).filter(|_| flavor.replay_reasoning_content);
    if texts.is_empty() && calls.is_empty() && reasoning.as_deref().is_none_or(str::is_empty) {
        return Ok(Rendered { open: String::new(), blocks: Vec::new(), close: String::new() });
    }
    let content = if texts.is_empty() { "null".to_owned() } else { string(&texts.join("\n\n")) };
    let mut said = Object::new().text("role", "assistant").raw("content", &content);
    if let Some(reasoning) = reasoning {
        said = said.text("reasoning_content", &reasoning);
    }
    if !calls.is_empty() {
        said = said.raw("tool_calls", &array(calls));
    }
    Ok(Rendered { open: String::new(), blocks: vec![said.end()], close: String::new() })
}

/// A call, in a request and in a reply alike.
pub(super) fn tool_call(id: &str, name: &str, arguments: &str) -> String {
    let function = Object::new().text("name", name).text("arguments", arguments).end();
    Object::new().text("id", &call_id(id)).text("type", "function").raw("function", &function).end()
}

fn own(dialect: Dialect, json: &str) -> Result<String, WireError> {
    match dialect {
        Dialect::OpenaiChat => Ok(json.to_owned()),
        _ => Err(WireError::Untranslatable(format!("a part of {}, in Chat Completions", dialect.name()))),
    }
}
