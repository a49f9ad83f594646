//! Messages of a request body as neutral ones.

use protocol::{Block, Breakpoint, Dialect, ImageSource, Message, Position, Request, ResultPart, Role, Ttl};

use crate::codec::WireError;
use crate::json::Object;
use crate::node::{Fields, Node};

/// Reads the messages in order; those of the system that lead become the system prompt.
pub(super) fn read(nodes: &[Node<'_>], request: &mut Request) -> Result<(), WireError> {
    for node in nodes {
        let fields = node.fields()?;
        let role = fields.need("role")?;
        match role.string()?.as_str() {
            "system" | "developer" if request.messages.is_empty() => lead(&fields, request)?,
            "system" | "developer" => spoken(Role::System, &fields, request)?,
            "user" => spoken(Role::User, &fields, request)?,
            "assistant" => assistant(&fields, request)?,
            "tool" => tool(&fields, request)?,
            _ => {
                let allowed = "\"system\", \"developer\", \"user\", \"assistant\" or \"tool\"";
                return Err(role.invalid(format!("expected {allowed}, found {}", role.raw())));
            }
        }
    }
    Ok(())
}

fn lead(fields: &Fields<'_>, request: &mut Request) -> Result<(), WireError> {
    for part in content(fields)? {
        let Block::Text { text } = part.block else {
            return Err(fields.need("content")?.invalid("a system message holds text only"));
        };
        let at = Position::System(request.system.len());
        request.system.push(text);
        note(part.mark, at, request);
    }
    Ok(())
}

fn spoken(role: Role, fields: &Fields<'_>, request: &mut Request) -> Result<(), WireError> {
    let message = request.messages.len();
    let mut blocks = Vec::new();
    for (block, part) in content(fields)?.into_iter().enumerate() {
        blocks.push(part.block);
        note(part.mark, Position::Message { message, block }, request);
    }
    request.messages.push(Message { role, blocks });
    Ok(())
}

/// A model's turn: reasoning, then text, then calls, the order in which they are said.
fn assistant(fields: &Fields<'_>, request: &mut Request) -> Result<(), WireError> {
    let mut blocks = Vec::new();
    if let Some(reasoning) = fields.string("reasoning_content")? {
        request.settings.chat.replay_reasoning_content = true;
        if !reasoning.is_empty() {
            blocks.push(Block::Thinking { text: reasoning, signature: None });
        }
    }
    if let Some(old) = fields.get("function_call") {
        return Err(old.invalid("is the old form of a call: use tool_calls"));
    }
    if fields.get("content").is_some() {
        let said = content(fields)?.into_iter().map(|part| part.block);
        blocks.extend(said.filter(|block| !matches!(block, Block::Text { text } if text.is_empty())));
    }
    blocks.extend(fields.string("refusal")?.map(Block::text));
    if let Some(calls) = fields.get("tool_calls") {
        for call in calls.items()? {
            blocks.push(tool_call(&call)?);
        }
    }
    request.messages.push(Message { role: Role::Assistant, blocks });
    Ok(())
}

/// A call, in a request and in a reply alike.
pub(super) fn tool_call(node: &Node<'_>) -> Result<Block, WireError> {
    let fields = node.fields()?;
    if let Some(kind) = fields.get("type")
        && kind.string()? != "function"
    {
        return Err(kind.invalid(format!("only function tools are supported, found {}", kind.raw())));
    }
    let function = fields.need("function")?.fields()?;
    let arguments = match function.get("arguments") {
        // Some servers send the object itself.
        Some(node) if node.is_object() => node.raw().to_owned(),
        Some(node) => node.string()?,
        None => String::new(),
    };
    Ok(Block::ToolCall {
        id: fields.string("id")?.unwrap_or_default(),
        name: function.need("name")?.string()?,
        arguments: if arguments.trim().is_empty() { "{}".to_owned() } else { arguments },
    })
}

/// JSON that is no text and no list of parts: some clients send what a tool returned as it is.
fn is_plain_json(node: &Node<'_>) -> bool {
    let is_part = |item: &Node<'_>| item.fields().is_ok_and(|fields| fields.get("type").is_some());
    match node.items() {
        Ok(items) => !items.iter().all(is_part),
        Err(_) => !node.is_string(),
    }
}

/// A tool's answer. Those that follow each other are one message: all of them answer one turn.
fn tool(fields: &Fields<'_>, request: &mut Request) -> Result<(), WireError> {
    let call_id = fields.need("tool_call_id")?.string()?;
    let mut said = Vec::new();
    let mut mark = None;
    if let Some(plain) = fields.get("content").filter(is_plain_json) {
        said.push(ResultPart::Text { text: plain.raw().to_owned() });
    } else if fields.get("content").is_some() {
        for part in content(fields)? {
            mark = mark.or(part.mark);
            said.push(match part.block {
                Block::Text { text } => ResultPart::Text { text },
                Block::Image { source } => ResultPart::Image { source },
                _ => return Err(fields.need("content")?.invalid("a tool message holds text only")),
            });
        }
    }
    let result = Block::ToolResult { call_id, content: said, is_error: false };
    let is_result = |block: &Block| matches!(block, Block::ToolResult { .. });
    match request.messages.last_mut() {
        Some(last) if !last.blocks.is_empty() && last.blocks.iter().all(is_result) => last.blocks.push(result),
        _ => request.messages.push(Message { role: Role::User, blocks: vec![result] }),
    }
    let message = request.messages.len() - 1;
    let block = request.messages.last().map_or(0, |last| last.blocks.len() - 1);
    note(mark, Position::Message { message, block }, request);
    Ok(())
}

/// A content part and the marker it carried.
struct Part {
    block: Block,
    mark: Option<Mark>,
}

/// A marker in one of its two spellings.
#[derive(Clone, Copy)]
enum Mark {
    CacheControl(Ttl),
    Breakpoint,
}

/// A string, or parts.
fn content(fields: &Fields<'_>) -> Result<Vec<Part>, WireError> {
    let node = fields.need("content")?;
    if node.is_string() {
        return Ok(vec![Part { block: Block::text(node.string()?), mark: None }]);
    }
    if !node.raw().starts_with('[') {
        return Err(node.invalid(format!("expected a string or an array of content parts, found {}", node.kind())));
    }
    node.items()?.iter().map(part).collect()
}

/// Members of a part that are markers.
const MARKERS: [&str; 2] = ["cache_control", "prompt_cache_breakpoint"];

/// One part. What this program does not know is kept as it came, without its marker.
fn part(node: &Node<'_>) -> Result<Part, WireError> {
    let fields = node.fields()?;
    let block = match fields.need("type")?.string()?.as_str() {
        "text" => Block::Text { text: fields.need("text")?.string()? },
        "refusal" => Block::Text { text: fields.need("refusal")?.string()? },
        "image_url" => {
            let url = fields.need("image_url")?.fields()?.need("url")?.string()?;
            Block::Image { source: image(url) }
        }
        _ => {
            let rest = fields.iter().filter(|(name, _)| !MARKERS.contains(name));
            let json = rest.fold(Object::new(), |object, (name, json)| object.raw(name, json)).end();
            Block::Opaque { dialect: Dialect::OpenaiChat, json }
        }
    };
    let mark = match fields.get("cache_control") {
        Some(marker) if marker.fields()?.string("ttl")?.as_deref() == Some("1h") => Some(Mark::CacheControl(Ttl::Long)),
        Some(_) => Some(Mark::CacheControl(Ttl::Short)),
        None => fields.get("prompt_cache_breakpoint").map(|_| Mark::Breakpoint),
    };
    Ok(Part { block, mark })
}

fn image(url: String) -> ImageSource {
    let inline = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    match inline {
        Some((media_type, data)) => ImageSource::Base64 { media_type: media_type.to_owned(), data: data.to_owned() },
        None => ImageSource::Url { url },
    }
}

fn note(mark: Option<Mark>, at: Position, request: &mut Request) {
    let chat = &mut request.settings.chat;
    let ttl = match mark {
        None => return,
        Some(Mark::CacheControl(ttl)) => {
            chat.cache_control = true;
            ttl
        }
        Some(Mark::Breakpoint) => {
            chat.cache_breakpoints = true;
            Ttl::Short
        }
    };
    request.breakpoints.push(Breakpoint { at, ttl });
}
