//! Anthropic content blocks as neutral ones, from requests and from replies.

use protocol::{Block, Dialect, ImageSource, ResultPart, Ttl};

use crate::codec::WireError;
use crate::json::Object;
use crate::node::{Fields, Node, invalid};

/// A block and the marker it carried.
pub(super) struct Read {
    pub(super) block: Block,
    pub(super) mark: Option<Ttl>,
}

/// A message's content: a string, or blocks.
pub(super) fn content(node: &Node<'_>) -> Result<Vec<Read>, WireError> {
    if node.is_string() {
        return Ok(vec![Read { block: Block::text(node.string()?), mark: None }]);
    }
    if !node.raw().starts_with('[') {
        return Err(node.invalid(format!("expected a string or an array of content blocks, found {}", node.kind())));
    }
    node.items()?.iter().map(block).collect()
}

/// One block. What this program does not know is kept as it came, without its marker.
pub(super) fn block(node: &Node<'_>) -> Result<Read, WireError> {
    let fields = node.fields()?;
    let mark = mark(&fields)?;
    let kind = fields.need("type")?.string()?;
    let block = match kind.as_str() {
        "text" if fields.get("citations").is_none_or(|citations| citations.raw() == "[]") => {
            Block::Text { text: fields.need("text")?.string()? }
        }
        "thinking" => Block::Thinking {
            text: fields.need("thinking")?.string()?,
            signature: fields.string("signature")?.filter(|seal| !seal.is_empty()),
        },
        "redacted_thinking" => Block::RedactedThinking { data: fields.need("data")?.string()? },
        "tool_use" => Block::ToolCall {
            id: fields.need("id")?.string()?,
            name: fields.need("name")?.string()?,
            arguments: arguments(&fields)?,
        },
        "tool_result" => tool_result(node, &fields)?,
        "image" => match image(&fields)? {
            Some(source) => Block::Image { source },
            None => opaque(node, &fields),
        },
        _ => opaque(node, &fields),
    };
    if mark.is_some() && matches!(block, Block::Thinking { .. } | Block::RedactedThinking { .. }) {
        return Err(invalid(format!("{}.cache_control", node.path()), "cannot be set on a thinking block"));
    }
    Ok(Read { block, mark })
}

/// The marker of a tool, a system block or a content block.
pub(super) fn mark(fields: &Fields<'_>) -> Result<Option<Ttl>, WireError> {
    let Some(node) = fields.present("cache_control") else { return Ok(None) };
    let marker = node.fields()?;
    let kind = marker.need("type")?;
    if kind.string()? != "ephemeral" {
        return Err(kind.invalid(format!("expected \"ephemeral\", found {}", kind.raw())));
    }
    let Some(ttl) = marker.get("ttl") else { return Ok(Some(Ttl::Short)) };
    match ttl.string()?.as_str() {
        "5m" => Ok(Some(Ttl::Short)),
        "1h" => Ok(Some(Ttl::Long)),
        _ => Err(ttl.invalid(format!("expected \"5m\" or \"1h\", found {}", ttl.raw()))),
    }
}

fn arguments(fields: &Fields<'_>) -> Result<String, WireError> {
    let input = fields.need("input")?;
    if input.is_object() {
        return Ok(input.raw().to_owned());
    }
    Err(input.invalid(format!("expected an object, found {}", input.kind())))
}

/// A tool's answer. One with parts that have no neutral form (documents, search results) is kept whole as it came.
fn tool_result(node: &Node<'_>, fields: &Fields<'_>) -> Result<Block, WireError> {
    let call_id = fields.need("tool_use_id")?.string()?;
    let is_error = fields.get("is_error").map(|flag| flag.boolean()).transpose()?.unwrap_or_default();
    let mut content = Vec::new();
    match fields.get("content") {
        None => {}
        Some(said) if said.is_string() => content.push(ResultPart::Text { text: said.string()? }),
        Some(parts) => {
            for part in parts.items()? {
                match result_part(&part)? {
                    Some(part) => content.push(part),
                    None => return Ok(opaque(node, fields)),
                }
            }
        }
    }
    Ok(Block::ToolResult { call_id, content, is_error })
}

fn result_part(node: &Node<'_>) -> Result<Option<ResultPart>, WireError> {
    let fields = node.fields()?;
    if fields.present("cache_control").is_some() {
        let place = format!("{}.cache_control", node.path());
        return Err(invalid(
            place,
            "cannot be set inside a tool_result's content: set it on the tool_result block itself",
        ));
    }
    Ok(match fields.need("type")?.string()?.as_str() {
        "text" => Some(ResultPart::Text { text: fields.need("text")?.string()? }),
        "image" => image(&fields)?.map(|source| ResultPart::Image { source }),
        _ => None,
    })
}

/// An image, unless its bytes are where only this dialect can find them (an uploaded file).
fn image(fields: &Fields<'_>) -> Result<Option<ImageSource>, WireError> {
    let source = fields.need("source")?.fields()?;
    Ok(match source.need("type")?.string()?.as_str() {
        "base64" => Some(ImageSource::Base64 {
            media_type: source.need("media_type")?.string()?,
            data: source.need("data")?.string()?,
        }),
        "url" => Some(ImageSource::Url { url: source.need("url")?.string()? }),
        _ => None,
    })
}

fn opaque(node: &Node<'_>, fields: &Fields<'_>) -> Block {
    let json = if fields.present("cache_control").is_none() {
        node.raw().to_owned()
    } else {
        let rest = fields.iter().filter(|(name, _)| *name != "cache_control");
        rest.fold(Object::new(), |object, (name, json)| object.raw(name, json)).end()
    };
    Block::Opaque { dialect: Dialect::AnthropicMessages, json }
}
