//! A request body as a neutral request. The shape is checked here; the provider's rules about it are not.

use protocol::request::ChatFlavor;
use protocol::{Request, Settings, ToolChoice, ToolSpec};
use serde_json::json;

use super::messages;
use crate::codec::WireError;
use crate::node::{Fields, Node};
use crate::words::read_effort;

/// The fields that have a place in a neutral request. All others are carried along as they came.
const KNOWN: &[&str] = &[
    "model",
    "max_completion_tokens",
    "max_tokens",
    "stream",
    "stream_options",
    "temperature",
    "top_p",
    "stop",
    "reasoning_effort",
    "parallel_tool_calls",
    "tool_choice",
    "prompt_cache_key",
    "response_format",
    "tools",
    "messages",
];

/// Reads a body.
pub(super) fn read(body: &[u8]) -> Result<Request, WireError> {
    let fields = Node::document(body)?.fields()?;
    let model = fields.need("model")?.string()?;
    let mut request = Request { model, settings: settings(&fields)?, ..Request::default() };
    if let Some(tools) = fields.get("tools") {
        let items = tools.items()?;
        request.tools = items.iter().map(tool).collect::<Result<_, _>>()?;
        if !items.iter().all(is_whole) {
            request.settings.extra.push(("tools".to_owned(), tools.raw().to_owned()));
        }
    }
    messages::read(&fields.need("messages")?.items()?, &mut request)?;
    Ok(request)
}

/// Whether a tool says no more than a neutral one can. Where one does (strict arguments), the list goes back to this dialect
/// as it came.
fn is_whole(node: &Node<'_>) -> bool {
    let Ok(fields) = node.fields() else { return false };
    let Some(Ok(function)) = fields.get("function").map(|node| node.fields()) else { return false };
    let strict = function.get("strict").is_some_and(|strict| strict.raw() != "false");
    fields.only(&["type", "function"]) && function.only(&["name", "description", "parameters", "strict"]) && !strict
}

fn tool(node: &Node<'_>) -> Result<ToolSpec, WireError> {
    let fields = node.fields()?;
    let kind = fields.need("type")?;
    if kind.string()? != "function" {
        return Err(kind.invalid(format!("only function tools are supported, found {}", kind.raw())));
    }
    let function = fields.need("function")?.fields()?;
    let schema = match function.get("parameters") {
        Some(schema) if schema.is_object() => schema.value()?,
        Some(other) => {
            return Err(other.invalid(format!("expected a JSON Schema of an object, found {}", other.kind())));
        }
        None => json!({"type": "object", "properties": {}}),
    };
    Ok(ToolSpec {
        name: function.need("name")?.string()?,
        description: function.string("description")?.unwrap_or_default(),
        schema,
    })
}

/// What is understood only in part goes, beside its typed form, to `extra` whole: the same dialect then gets it back as it
/// came, and another one gets what could be understood.
fn settings(fields: &Fields<'_>) -> Result<Settings, WireError> {
    let mut settings = Settings { chat: flavor(fields), ..Settings::default() };
    settings.max_tokens = fields.get(&settings.chat.max_tokens_field).map(|node| node.whole()).transpose()?;
    settings.stream = fields.get("stream").map(|node| node.boolean()).transpose()?.unwrap_or_default();
    settings.temperature = fields.get("temperature").map(|node| node.fraction()).transpose()?;
    settings.top_p = fields.get("top_p").map(|node| node.fraction()).transpose()?;
    settings.parallel_tool_calls = fields.get("parallel_tool_calls").map(|node| node.boolean()).transpose()?;
    settings.cache_key = fields.string("prompt_cache_key")?;
    settings.stop = match fields.get("stop") {
        None => Vec::new(),
        Some(node) if node.is_string() => vec![node.string()?],
        Some(node) => node.items()?.iter().map(Node::string).collect::<Result<_, _>>()?,
    };
    let partly = [
        ("stream_options", read_stream_options as fn(&Node<'_>, &mut Settings) -> Result<bool, WireError>),
        ("reasoning_effort", read_reasoning_effort),
        ("tool_choice", read_tool_choice),
        ("response_format", read_response_format),
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

/// What the sender's spelling tells about the server it takes us for.
fn flavor(fields: &Fields<'_>) -> ChatFlavor {
    let mut flavor = ChatFlavor { include_usage: false, ..ChatFlavor::default() };
    if fields.get("max_completion_tokens").is_none() && fields.get("max_tokens").is_some() {
        flavor.max_tokens_field = "max_tokens".to_owned();
    }
    flavor
}

/// Whether all of it was understood.
fn read_stream_options(node: &Node<'_>, settings: &mut Settings) -> Result<bool, WireError> {
    let fields = node.fields()?;
    settings.chat.include_usage =
        fields.get("include_usage").map(|node| node.boolean()).transpose()?.unwrap_or_default();
    Ok(fields.only(&["include_usage"]))
}

fn read_reasoning_effort(node: &Node<'_>, settings: &mut Settings) -> Result<bool, WireError> {
    settings.effort = read_effort(&node.string()?);
    Ok(settings.effort.is_some())
}

fn read_tool_choice(node: &Node<'_>, settings: &mut Settings) -> Result<bool, WireError> {
    if node.is_object() {
        let fields = node.fields()?;
        if fields.need("type")?.string()? != "function" {
            return Ok(false);
        }
        settings.tool_choice = ToolChoice::Tool(fields.need("function")?.fields()?.need("name")?.string()?);
        return Ok(true);
    }
    settings.tool_choice = match node.string()?.as_str() {
        "auto" => ToolChoice::Auto,
        "none" => ToolChoice::None,
        "required" => ToolChoice::Any,
        _ => {
            let found = node.raw();
            return Err(node.invalid(format!("expected \"auto\", \"none\", \"required\" or an object, found {found}")));
        }
    };
    Ok(true)
}

fn read_response_format(node: &Node<'_>, settings: &mut Settings) -> Result<bool, WireError> {
    let fields = node.fields()?;
    if fields.need("type")?.string()? != "json_schema" {
        return Ok(false);
    }
    let named = fields.need("json_schema")?.fields()?;
    let Some(schema) = named.get("schema") else { return Ok(false) };
    settings.response_schema = Some(schema.value()?);
    Ok(named.only(&["name", "schema"]) && named.string("name")?.as_deref() == Some("answer"))
}
