//! Blocks that only the client's dialect knows: what they say, in words that the target knows. What cannot be said is an
//! error and not left out, where leaving it out would change the conversation.

use protocol::{Block, Dialect, ResultPart};
use serde_json::Value;

use super::documents::{self, instead_of};
use super::talk::{Piece, Talk};
use super::target::Target;
use crate::codec::WireError;

/// What stands in a tool's answer for a document.
const FOLLOWS: &str = "[the document follows in the user's next message]";

/// Translates the blocks of other dialects.
pub(super) fn convert(talk: &mut Talk, target: &Target) -> Result<(), WireError> {
    for said in &mut talk.said {
        let mut pieces = Vec::with_capacity(said.pieces.len());
        for piece in std::mem::take(&mut said.pieces) {
            match &piece.block {
                Block::Opaque { dialect, json } if *dialect != target.dialect => {
                    let blocks = blocks(*dialect, json, target)?;
                    let last = blocks.len().saturating_sub(1);
                    let marked = |(nth, block)| if nth == last { instead_of(&piece, block) } else { Piece::new(block) };
                    pieces.extend(blocks.into_iter().enumerate().map(marked));
                }
                _ => pieces.push(piece),
            }
        }
        said.pieces = pieces;
    }
    Ok(())
}

fn blocks(dialect: Dialect, json: &str, target: &Target) -> Result<Vec<Block>, WireError> {
    let part: Value = serde_json::from_str(json).unwrap_or_default();
    let kind = word(&part, "type");
    let impossible = || {
        let (from, to) = (dialect.name(), target.dialect.name());
        WireError::Untranslatable(format!("a part of {from} of type \"{kind}\", in {to}"))
    };
    match (dialect, kind.as_str()) {
        (Dialect::AnthropicMessages, _) => of_anthropic(&kind, &part, target).ok_or_else(impossible),
        (_, "file" | "input_file") => {
            let document = documents::read(&part).ok_or_else(impossible)?;
            Ok(vec![documents::write(&document, target)])
        }
        (_, "function_call_output" | "custom_tool_call_output") => output(&part, target).ok_or_else(impossible),
        // What else there is of Responses has been looked at before, by the dialect itself.
        (Dialect::OpenaiResponses, _) => Ok(vec![Block::Opaque { dialect, json: json.to_owned() }]),
        _ => Err(impossible()),
    }
}

/// A tool's answer in Responses that holds a file.
fn output(part: &Value, target: &Target) -> Option<Vec<Block>> {
    let mut content = Vec::new();
    let mut behind = Vec::new();
    for piece in part.get("output")?.as_array()? {
        match word(piece, "type").as_str() {
            "input_text" | "output_text" => content.push(ResultPart::Text { text: word(piece, "text") }),
            "input_image" => content.push(ResultPart::Image { source: documents::image_of(&word(piece, "image_url")) }),
            "input_file" => {
                content.push(ResultPart::Text { text: FOLLOWS.to_owned() });
                behind.push(documents::write(&documents::read(piece)?, target));
            }
            _ => return None,
        }
    }
    let mut blocks = vec![Block::ToolResult { call_id: word(part, "call_id"), content, is_error: false }];
    blocks.append(&mut behind);
    Some(blocks)
}

fn of_anthropic(kind: &str, part: &Value, target: &Target) -> Option<Vec<Block>> {
    Some(match kind {
        "text" => vec![Block::text(word(part, "text"))],
        "document" => document(part, target)?,
        "search_result" => vec![Block::text(found(part))],
        "tool_result" => tool_result(part, target)?,
        // The provider's own tools: what they found is told, that they were asked is not.
        "server_tool_use" | "fallback" => Vec::new(),
        _ if kind.ends_with("_tool_result") => vec![Block::text(server_result(kind, part))],
        // A summary in plain words; a sealed one can only be read by who made it.
        "compaction" => vec![Block::text(part.get("content").and_then(Value::as_str)?)],
        _ => return None,
    })
}

/// A document: text as text, the rest in the target's own form.
fn document(part: &Value, target: &Target) -> Option<Vec<Block>> {
    let source = part.get("source")?;
    let title = part.get("title").and_then(Value::as_str);
    let titled = |text: String| Block::text(title.map_or_else(|| text.clone(), |title| format!("{title}\n{text}")));
    match word(source, "type").as_str() {
        "text" => Some(vec![titled(word(source, "data"))]),
        "content" => match source.get("content")? {
            Value::String(text) => Some(vec![titled(text.clone())]),
            parts => Some(vec![titled(texts(parts))]),
        },
        _ => Some(vec![documents::write(&documents::read(part)?, target)]),
    }
}

/// A tool's answer that holds more than text and images. Its documents follow it as the user's.
fn tool_result(part: &Value, target: &Target) -> Option<Vec<Block>> {
    let mut content = Vec::new();
    let mut behind = Vec::new();
    for piece in part.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default() {
        let kind = word(piece, "type");
        match kind.as_str() {
            "image" => content.push(ResultPart::Image { source: documents::image(piece)? }),
            "document" => {
                for block in document(piece, target)? {
                    match block {
                        Block::Text { text } => content.push(ResultPart::Text { text }),
                        block => {
                            content.push(ResultPart::Text { text: FOLLOWS.to_owned() });
                            behind.push(block);
                        }
                    }
                }
            }
            "text" => content.push(ResultPart::Text { text: word(piece, "text") }),
            "search_result" => content.push(ResultPart::Text { text: found(piece) }),
            "tool_reference" => {
                content.push(ResultPart::Text { text: format!("Tool found: {}", word(piece, "tool_name")) });
            }
            _ => return None,
        }
    }
    let is_error = part.get("is_error").and_then(Value::as_bool).unwrap_or_default();
    let mut blocks = vec![Block::ToolResult { call_id: word(part, "tool_use_id"), content, is_error }];
    blocks.append(&mut behind);
    Some(blocks)
}

fn found(part: &Value) -> String {
    let texts = part.get("content").map(texts).unwrap_or_default();
    [word(part, "title"), word(part, "source"), texts].join("\n")
}

/// What a tool of the provider's found, in a few lines.
fn server_result(kind: &str, part: &Value) -> String {
    let tool = kind.trim_end_matches("_tool_result");
    let lines = match part.get("content") {
        Some(Value::Array(results)) => {
            let line = |result: &Value| format!("- {} {}", word(result, "title"), word(result, "url"));
            results.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        Some(Value::Object(one)) => ["url", "error_code", "stdout", "stderr"]
            .iter()
            .filter_map(|name| one.get(*name)?.as_str())
            .collect::<Vec<_>>()
            .join("\n"),
        _ => String::new(),
    };
    format!("[Result of {tool}]\n{lines}")
}

fn texts(parts: &Value) -> String {
    let parts = parts.as_array().map(Vec::as_slice).unwrap_or_default();
    parts.iter().map(|part| word(part, "text")).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

fn word(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}
