//! Input items of a request body as neutral messages. What the model said in one turn is one message, and so are the
//! results of the tools that it asked for; every item that has no neutral form stays where it stood, as it came.

use protocol::request::NativeKind;
use protocol::{Block, Breakpoint, Dialect, ImageSource, Message, Position, Request, ResultPart, Role, Ttl};

use super::names::{self, TOOL_SEARCH};
use super::{seal, tools};
use crate::codec::WireError;
use crate::json::Object;
use crate::node::{Fields, Node};

/// Reads the input: a text, or items in order. Messages of the system that lead become the system prompt.
pub(super) fn read(node: &Node<'_>, request: &mut Request) -> Result<(), WireError> {
    if node.is_string() {
        request.messages.push(Message { role: Role::User, blocks: vec![Block::text(node.string()?)] });
        return Ok(());
    }
    if !node.raw().starts_with('[') {
        return Err(node.invalid(format!("expected a string or an array of items, found {}", node.kind())));
    }
    node.items()?.iter().try_for_each(|node| item(node, request))
}

fn item(node: &Node<'_>, request: &mut Request) -> Result<(), WireError> {
    let fields = node.fields()?;
    let kind = fields.string("type")?;
    let is_client = |fields: &Fields<'_>| Ok::<_, WireError>(fields.string("execution")?.as_deref() != Some("server"));
    match kind.as_deref().unwrap_or("message") {
        "message" => message(&fields, request),
        "reasoning" => {
            if let Some(block) = seal::read(node.raw()) {
                said(block, request);
            }
            Ok(())
        }
        "function_call" => call(NativeKind::Function, &fields, request),
        "custom_tool_call" => call(NativeKind::Custom, &fields, request),
        "tool_search_call" if fields.get("call_id").is_some() && is_client(&fields)? => {
            call(NativeKind::ToolSearch, &fields, request)
        }
        "function_call_output" => output(NativeKind::Function, node, &fields, request),
        "custom_tool_call_output" => output(NativeKind::Custom, node, &fields, request),
        "tool_search_output" if fields.get("call_id").is_some() && is_client(&fields)? => found(&fields, request),
        "additional_tools" => {
            if let Some(offered) = fields.get("tools") {
                tools::read(&offered, request)?;
            }
            request.messages.push(Message { role: Role::System, blocks: vec![opaque(node)] });
            Ok(())
        }
        kind => {
            let block = opaque(node);
            if is_said(kind) {
                said(block, request);
            } else {
                request.messages.push(Message { role: Role::User, blocks: vec![block] });
            }
            Ok(())
        }
    }
}

/// Whether an item of a kind that is not known here is the model's.
fn is_said(kind: &str) -> bool {
    kind.ends_with("_call") || matches!(kind, "compaction" | "program" | "mcp_list_tools" | "mcp_approval_request")
}

fn opaque(node: &Node<'_>) -> Block {
    Block::Opaque { dialect: Dialect::OpenaiResponses, json: node.raw().to_owned() }
}

/// Adds to the model's turn.
fn said(block: Block, request: &mut Request) {
    match request.messages.last_mut() {
        Some(last) if last.role == Role::Assistant => last.blocks.push(block),
        _ => request.messages.push(Message { role: Role::Assistant, blocks: vec![block] }),
    }
}

fn message(fields: &Fields<'_>, request: &mut Request) -> Result<(), WireError> {
    let role = fields.need("role")?;
    let role = match role.string()?.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" | "developer" => Role::System,
        _ => {
            let allowed = "\"user\", \"assistant\", \"system\" or \"developer\"";
            return Err(role.invalid(format!("expected {allowed}, found {}", role.raw())));
        }
    };
    let parts = content(&fields.need("content")?)?;
    if role == Role::Assistant {
        let phase = fields.string("phase")?;
        for part in parts {
            let phased = phase.as_deref().filter(|_| matches!(part.block, Block::Text { .. }));
            phased.map(seal::phase).into_iter().chain([part.block]).for_each(|block| said(block, request));
        }
        return Ok(());
    }
    let is_text = |part: &Part| matches!(part.block, Block::Text { .. });
    if role == Role::System && leads(request) && parts.iter().all(is_text) {
        for part in parts {
            note(part.mark, Position::System(request.system.len()), request);
            if let Block::Text { text } = part.block {
                request.system.push(text);
            }
        }
        return Ok(());
    }
    let message = request.messages.len();
    let mut blocks = Vec::new();
    for (block, part) in parts.into_iter().enumerate() {
        note(part.mark, Position::Message { message, block }, request);
        blocks.push(part.block);
    }
    request.messages.push(Message { role, blocks });
    Ok(())
}

/// Nobody has spoken yet; offered tools are not speech.
fn leads(request: &Request) -> bool {
    let is_offer = |message: &Message| {
        message.role == Role::System && message.blocks.iter().all(|block| matches!(block, Block::Opaque { .. }))
    };
    request.messages.iter().all(is_offer)
}

fn call_id(fields: &Fields<'_>) -> Result<String, WireError> {
    match fields.string("call_id")? {
        Some(id) => Ok(id),
        None => fields.need("id")?.string(),
    }
}

fn call(kind: NativeKind, fields: &Fields<'_>, request: &mut Request) -> Result<(), WireError> {
    let id = call_id(fields)?;
    let own_name = match kind {
        NativeKind::ToolSearch => TOOL_SEARCH.to_owned(),
        _ => fields.need("name")?.string()?,
    };
    let arguments = match kind {
        NativeKind::Custom => names::wrap(&fields.need("input")?.string()?),
        _ => match fields.get("arguments") {
            Some(node) if node.is_string() => node.string()?,
            Some(node) if node.is_object() => node.raw().to_owned(),
            Some(node) => return Err(node.invalid(format!("expected a string of JSON, found {}", node.kind()))),
            None => String::new(),
        },
    };
    let arguments = if arguments.trim().is_empty() { "{}".to_owned() } else { arguments };
    let namespace = fields.string("namespace")?;
    let native = &mut request.settings.native;
    let name = names::called(native, kind, namespace.as_deref(), &own_name);
    names::note_call(native, &id, kind);
    said(Block::ToolCall { id, name, arguments }, request);
    Ok(())
}

/// A tool's answer. One with parts that have no neutral form (files) is kept whole as it came.
fn output(kind: NativeKind, node: &Node<'_>, fields: &Fields<'_>, request: &mut Request) -> Result<(), WireError> {
    let call_id = call_id(fields)?;
    names::note_call(&mut request.settings.native, &call_id, kind);
    let output = fields.need("output")?;
    let mut parts = Vec::new();
    let mut mark = false;
    if output.is_string() {
        parts.push(ResultPart::Text { text: output.string()? });
    } else {
        for part in content(&output)? {
            mark |= part.mark;
            parts.push(match part.block {
                Block::Text { text } => ResultPart::Text { text },
                Block::Image { source } => ResultPart::Image { source },
                _ => {
                    request.messages.push(Message { role: Role::User, blocks: vec![opaque(node)] });
                    return Ok(());
                }
            });
        }
    }
    result(Block::ToolResult { call_id, content: parts, is_error: false }, mark, request);
    Ok(())
}

/// What the client's search has found: tools from here on, and their descriptions as its answer.
fn found(fields: &Fields<'_>, request: &mut Request) -> Result<(), WireError> {
    let call_id = call_id(fields)?;
    let text = match fields.get("tools") {
        Some(offered) => {
            tools::read(&offered, request)?;
            offered.raw().to_owned()
        }
        None => "[]".to_owned(),
    };
    names::note_call(&mut request.settings.native, &call_id, NativeKind::ToolSearch);
    let content = vec![ResultPart::Text { text }];
    result(Block::ToolResult { call_id, content, is_error: false }, false, request);
    Ok(())
}

/// Adds to the results of one turn's calls.
fn result(block: Block, mark: bool, request: &mut Request) {
    let is_result = |block: &Block| matches!(block, Block::ToolResult { .. });
    match request.messages.last_mut() {
        Some(last) if last.role == Role::User && !last.blocks.is_empty() && last.blocks.iter().all(is_result) => {
            last.blocks.push(block);
        }
        _ => request.messages.push(Message { role: Role::User, blocks: vec![block] }),
    }
    let message = request.messages.len() - 1;
    let block = request.messages.last().map_or(0, |last| last.blocks.len() - 1);
    note(mark, Position::Message { message, block }, request);
}

/// A content part, and whether it carried a marker.
struct Part {
    block: Block,
    mark: bool,
}

/// The marker's member.
const MARKER: &str = "prompt_cache_breakpoint";

/// A string, or parts.
fn content(node: &Node<'_>) -> Result<Vec<Part>, WireError> {
    if node.is_string() {
        return Ok(vec![Part { block: Block::text(node.string()?), mark: false }]);
    }
    if !node.raw().starts_with('[') {
        return Err(node.invalid(format!("expected a string or an array of content parts, found {}", node.kind())));
    }
    node.items()?.iter().map(part).collect()
}

/// One part. What this program does not know is kept as it came, without its marker.
fn part(node: &Node<'_>) -> Result<Part, WireError> {
    let fields = node.fields()?;
    let block = match fields.need("type")?.string()?.as_str() {
        "input_text" | "output_text" | "text" | "summary_text" => Block::Text { text: fields.need("text")?.string()? },
        "refusal" => Block::Text { text: fields.need("refusal")?.string()? },
        "input_image" if fields.get("image_url").is_some() => Block::Image { source: image(&fields)? },
        _ => {
            let rest = fields.iter().filter(|(name, _)| *name != MARKER);
            let json = rest.fold(Object::new(), |object, (name, json)| object.raw(name, json)).end();
            Block::Opaque { dialect: Dialect::OpenaiResponses, json }
        }
    };
    Ok(Part { block, mark: fields.get(MARKER).is_some() })
}

fn image(fields: &Fields<'_>) -> Result<ImageSource, WireError> {
    let node = fields.need("image_url")?;
    // Chat Completions' form, which some clients send here as well.
    let url = if node.is_object() { node.fields()?.need("url")?.string()? } else { node.string()? };
    let inline = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    Ok(match inline {
        Some((media_type, data)) => ImageSource::Base64 { media_type: media_type.to_owned(), data: data.to_owned() },
        None => ImageSource::Url { url },
    })
}

fn note(mark: bool, at: Position, request: &mut Request) {
    if mark {
        request.settings.chat.cache_breakpoints = true;
        request.breakpoints.push(Breakpoint { at, ttl: Ttl::Short });
    }
}
