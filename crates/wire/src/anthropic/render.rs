//! Neutral pieces as Anthropic JSON. Each piece is rendered from itself alone, so that what was sent stays sent.

use protocol::{Block, Dialect, ImageSource, Message, ResultPart, Role, ToolSpec};

use crate::codec::{Rendered, WireError};
use crate::ids::call_id;
use crate::json::{Object, array, object_text};
use crate::openai_responses::is_seal;
use crate::words::is_blank;

/// A tool.
pub(super) fn tool(tool: &ToolSpec) -> String {
    let described = Object::new().text("name", &tool.name);
    let described =
        if is_blank(&tool.description) { described } else { described.text("description", &tool.description) };
    described.raw("input_schema", &tool.schema.to_string()).end()
}

/// The system prompt's blocks, without those that are empty.
pub(super) fn system(system: &[String]) -> Vec<String> {
    system_order(system).into_iter().filter_map(|index| system.get(index)).map(|block| text(block)).collect()
}

/// Numbers of the system blocks that are rendered.
pub(super) fn system_order(system: &[String]) -> Vec<usize> {
    (0..system.len()).filter(|&index| system.get(index).is_some_and(|text| !is_blank(text))).collect()
}

/// A message. One that is left with nothing to say has no blocks.
pub(super) fn message(message: &Message) -> Result<Rendered, WireError> {
    let role = match message.role {
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::System => "system",
    };
    let blocks = order(message).into_iter().filter_map(|index| message.blocks.get(index)).map(block);
    Ok(Rendered {
        open: format!(r#"{{"role":"{role}","content":["#),
        blocks: blocks.collect::<Result<_, _>>()?,
        close: "]}".to_owned(),
    })
}

/// Numbers of the blocks that are rendered, in that order: tool results first (what comes before them is refused), the
/// rest as it stands.
pub(super) fn order(message: &Message) -> Vec<usize> {
    let is_result = |block: &Block| matches!(block, Block::ToolResult { .. });
    let kept = |results: bool| {
        let chosen = move |(_, block): &(usize, &Block)| is_result(block) == results && is_rendered(block);
        message.blocks.iter().enumerate().filter(chosen).map(|(index, _)| index)
    };
    kept(true).chain(kept(false)).collect()
}

/// Empty text is refused by the provider. Thinking without a seal, or with OpenAI's, is another provider's or was cut: it is
/// refused too.
fn is_rendered(block: &Block) -> bool {
    match block {
        Block::Text { text } => !is_blank(text),
        Block::Thinking { signature, .. } => {
            signature.as_deref().is_some_and(|seal| !seal.is_empty() && !is_seal(seal))
        }
        _ => true,
    }
}

fn text(text: &str) -> String {
    Object::of_type("text").text("text", text).end()
}

/// A block, in a request and in a reply alike.
pub(super) fn block(block: &Block) -> Result<String, WireError> {
    Ok(match block {
        Block::Text { text: said } => text(said),
        Block::Thinking { text, signature } => Object::of_type("thinking")
            .text("thinking", text)
            .text("signature", signature.as_deref().unwrap_or_default())
            .end(),
        Block::RedactedThinking { data } => Object::of_type("redacted_thinking").text("data", data).end(),
        Block::ToolCall { id, name, arguments } => Object::of_type("tool_use")
            .text("id", &call_id(id))
            .text("name", name)
            .raw("input", object_text(arguments))
            .end(),
        Block::ToolResult { call_id, content, is_error } => tool_result(call_id, content, *is_error),
        Block::Image { source } => image(source),
        Block::Opaque { dialect: Dialect::AnthropicMessages, json } => json.clone(),
        Block::Opaque { dialect, .. } => {
            return Err(WireError::Untranslatable(format!("a part of {}, in Anthropic Messages", dialect.name())));
        }
    })
}

/// What stands in for an image in a failed tool's answer: the provider refuses images there.
const IMAGE_LEFT_OUT: &str = "[an image was left out: a failed tool's answer carries text only]";

fn tool_result(id: &str, content: &[ResultPart], is_error: bool) -> String {
    let result = Object::of_type("tool_result").text("tool_use_id", &call_id(id));
    let said = content.iter().filter_map(|part| match part {
        ResultPart::Text { text } if is_blank(text) => None,
        ResultPart::Text { text } => Some(Ok(text.as_str())),
        ResultPart::Image { .. } if is_error => Some(Ok(IMAGE_LEFT_OUT)),
        ResultPart::Image { source } => Some(Err(source)),
    });
    let result = match said.collect::<Vec<_>>().as_slice() {
        [] => result,
        [Ok(only)] => result.text("content", only),
        parts => result.raw("content", &array(parts.iter().map(|part| part.map_or_else(image, text)))),
    };
    if is_error { result.flag("is_error", true).end() } else { result.end() }
}

fn image(source: &ImageSource) -> String {
    let source = match source {
        ImageSource::Base64 { media_type, data } => {
            Object::of_type("base64").text("media_type", media_type).text("data", data).end()
        }
        ImageSource::Url { url } => Object::of_type("url").text("url", url).end(),
    };
    Object::of_type("image").raw("source", &source).end()
}
