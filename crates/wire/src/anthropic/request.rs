//! A request body as a neutral request. The shape is checked here; the provider's rules about it are not.

use protocol::request::Thinking;
use protocol::{Block, Breakpoint, Message, Position, Request, Role, Settings, ToolChoice, ToolSpec, Ttl};

use super::blocks;
use crate::codec::WireError;
use crate::node::{Fields, Node};
use crate::words::read_effort;

/// The fields that have a place in a neutral request. All others are carried along as they came.
const KNOWN: &[&str] = &[
    "model",
    "max_tokens",
    "stream",
    "temperature",
    "top_p",
    "stop_sequences",
    "thinking",
    "output_config",
    "tool_choice",
    "tools",
    "system",
    "messages",
    "cache_control",
];

/// Reads a body.
pub(super) fn read(body: &[u8]) -> Result<Request, WireError> {
    let fields = Node::document(body)?.fields()?;
    let mut request = Request { model: fields.need("model")?.string()?, ..Request::default() };
    request.settings = settings(&fields)?;
    if let Some(tools) = fields.get("tools") {
        read_tools(&tools, &mut request)?;
    }
    if let Some(system) = fields.get("system") {
        read_system(&system, &mut request)?;
    }
    for (number, node) in fields.need("messages")?.items()?.iter().enumerate() {
        read_message(number, node, &mut request)?;
    }
    if let Some(ttl) = blocks::mark(&fields)?
        && let Some(at) = last_cacheable(&request)
        && request.breakpoints.iter().all(|breakpoint| breakpoint.at != at)
    {
        request.breakpoints.push(Breakpoint { at, ttl });
    }
    Ok(request)
}

/// What is known of a tool that the client runs.
const TOOL_FIELDS: &[&str] = &["type", "name", "description", "input_schema", "cache_control"];

/// Tools. The provider's own ones have no neutral form, and the client's may say more than one has (deferred loading, strict
/// arguments): then the list goes back to this dialect as it came, and another dialect gets the client's tools alone.
fn read_tools(node: &Node<'_>, request: &mut Request) -> Result<(), WireError> {
    let mut whole = true;
    for node in node.items()? {
        let fields = node.fields()?;
        whole &= fields.only(TOOL_FIELDS);
        let kind = fields.string("type")?.unwrap_or_else(|| "custom".to_owned());
        if kind != "custom" {
            whole = false;
            continue;
        }
        let schema = fields.need("input_schema")?;
        if !schema.is_object() {
            return Err(schema.invalid(format!("expected a JSON Schema of an object, found {}", schema.kind())));
        }
        request.tools.push(ToolSpec {
            name: fields.need("name")?.string()?,
            description: fields.string("description")?.unwrap_or_default(),
            schema: schema.value()?,
        });
        note(blocks::mark(&fields)?, Position::Tool(request.tools.len() - 1), request);
    }
    if !whole {
        request.settings.extra.push(("tools".to_owned(), node.raw().to_owned()));
    }
    Ok(())
}

fn read_system(node: &Node<'_>, request: &mut Request) -> Result<(), WireError> {
    if node.is_string() {
        request.system.push(node.string()?);
        return Ok(());
    }
    for (number, node) in node.items()?.iter().enumerate() {
        let fields = node.fields()?;
        let kind = fields.need("type")?;
        if kind.string()? != "text" {
            return Err(kind.invalid(format!("expected \"text\", found {}", kind.raw())));
        }
        request.system.push(fields.need("text")?.string()?);
        note(blocks::mark(&fields)?, Position::System(number), request);
    }
    Ok(())
}

fn read_message(message: usize, node: &Node<'_>, request: &mut Request) -> Result<(), WireError> {
    let fields = node.fields()?;
    let role = fields.need("role")?;
    let role = match role.string()?.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        _ => {
            let found = role.raw();
            return Err(role.invalid(format!("expected \"user\", \"assistant\" or \"system\", found {found}")));
        }
    };
    let mut blocks = Vec::new();
    for (block, read) in blocks::content(&fields.need("content")?)?.into_iter().enumerate() {
        note(read.mark, Position::Message { message, block }, request);
        blocks.push(read.block);
    }
    request.messages.push(Message { role, blocks });
    Ok(())
}

fn note(mark: Option<Ttl>, at: Position, request: &mut Request) {
    if let Some(ttl) = mark {
        request.breakpoints.push(Breakpoint { at, ttl });
    }
}

/// Where automatic caching puts its breakpoint.
fn last_cacheable(request: &Request) -> Option<Position> {
    let cacheable = |block: &Block| match block {
        Block::Text { text } => !text.is_empty(),
        Block::Thinking { .. } | Block::RedactedThinking { .. } => false,
        _ => true,
    };
    for (message, said) in request.messages.iter().enumerate().rev() {
        if let Some(block) = said.blocks.iter().rposition(cacheable) {
            return Some(Position::Message { message, block });
        }
    }
    let system = request.system.len().checked_sub(1).map(Position::System);
    system.or(request.tools.len().checked_sub(1).map(Position::Tool))
}

/// What is understood only in part goes, beside its typed form, to `extra` whole: the same dialect then gets it back as it
/// came, and another one gets what could be understood.
fn settings(fields: &Fields<'_>) -> Result<Settings, WireError> {
    let mut settings = Settings { max_tokens: Some(fields.need("max_tokens")?.whole()?), ..Settings::default() };
    settings.stream = fields.get("stream").map(|node| node.boolean()).transpose()?.unwrap_or_default();
    settings.temperature = fields.get("temperature").map(|node| node.fraction()).transpose()?;
    settings.top_p = fields.get("top_p").map(|node| node.fraction()).transpose()?;
    if let Some(stop) = fields.get("stop_sequences") {
        settings.stop = stop.items()?.iter().map(Node::string).collect::<Result<_, _>>()?;
    }
    let partly = [
        ("thinking", read_thinking as fn(&Node<'_>, &mut Settings) -> Result<bool, WireError>),
        ("output_config", read_output_config),
        ("tool_choice", read_tool_choice),
    ];
    for (name, read) in partly {
        if let Some(node) = fields.get(name)
            && !read(&node, &mut settings)?
        {
            settings.extra.push((name.to_owned(), node.raw().to_owned()));
        }
    }
    for (name, json) in fields.iter().filter(|(name, _)| !KNOWN.contains(name)) {
        settings.extra.push((name.to_owned(), json.to_owned()));
    }
    Ok(settings)
}

/// Whether all of it was understood.
fn read_thinking(node: &Node<'_>, settings: &mut Settings) -> Result<bool, WireError> {
    let fields = node.fields()?;
    let (thinking, names): (_, &[&str]) = match fields.need("type")?.string()?.as_str() {
        "adaptive" => (Thinking::Adaptive, &["type"]),
        "disabled" => (Thinking::Disabled, &["type"]),
        "enabled" => (Thinking::Budget(fields.need("budget_tokens")?.whole()?), &["type", "budget_tokens"]),
        _ => return Ok(false),
    };
    settings.thinking = Some(thinking);
    Ok(fields.only(names))
}

fn read_output_config(node: &Node<'_>, settings: &mut Settings) -> Result<bool, WireError> {
    let fields = node.fields()?;
    let mut whole = fields.only(&["effort", "format"]);
    if let Some(name) = fields.string("effort")? {
        settings.effort = read_effort(&name);
        whole &= settings.effort.is_some();
    }
    if let Some(format) = fields.get("format") {
        let format = format.fields()?;
        if format.need("type")?.string()? == "json_schema" {
            settings.response_schema = Some(format.need("schema")?.value()?);
            whole &= format.only(&["type", "schema"]);
        } else {
            whole = false;
        }
    }
    Ok(whole)
}

fn read_tool_choice(node: &Node<'_>, settings: &mut Settings) -> Result<bool, WireError> {
    let fields = node.fields()?;
    settings.tool_choice = match fields.need("type")?.string()?.as_str() {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Any,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Tool(fields.need("name")?.string()?),
        _ => return Ok(false),
    };
    let disabled = fields.get("disable_parallel_tool_use").map(|node| node.boolean()).transpose()?;
    settings.parallel_tool_calls = disabled.map(|disabled| !disabled);
    Ok(fields.only(&["type", "name", "disable_parallel_tool_use"]))
}
