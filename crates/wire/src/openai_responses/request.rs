//! A request body as a neutral request. The shape is checked here; the provider's rules about it are not.

use protocol::request::{NativeKind, Thinking};
use protocol::{Request, Settings, ToolChoice};

use super::names::{self, TOOL_SEARCH};
use super::{items, render, tools};
use crate::codec::WireError;
use crate::json::array;
use crate::node::{Fields, Node};
use crate::words::read_effort;

/// The fields that have a place in a neutral request. All others are carried along as they came.
const KNOWN: &[&str] = &[
    "model",
    "instructions",
    "input",
    "tools",
    "tool_choice",
    "max_output_tokens",
    "stream",
    "temperature",
    "top_p",
    "reasoning",
    "text",
    "parallel_tool_calls",
    "prompt_cache_key",
];

/// The field that holds the tools.
pub(super) const TOOLS: &str = "tools";

/// Reads a body.
pub(super) fn read(body: &[u8]) -> Result<Request, WireError> {
    let fields = Node::document(body)?.fields()?;
    let mut request = Request { model: fields.need("model")?.string()?, ..Request::default() };
    let offered = fields.get("tools");
    if let Some(offered) = &offered {
        tools::read(offered, &mut request)?;
    }
    request.system.extend(fields.string("instructions")?.filter(|text| !text.is_empty()));
    if let Some(input) = fields.get("input") {
        items::read(&input, &mut request)?;
    }
    let mut extra = Vec::new();
    // Only a list of plain functions is written again as it came; of any other one, and of one that was added to within the
    // conversation, the text is kept.
    let offered = offered.map_or("[]", |offered| offered.raw());
    if array(request.tools.iter().map(render::tool)) != offered {
        extra.push((TOOLS.to_owned(), offered.to_owned()));
    }
    settings(&fields, &mut request.settings, &mut extra)?;
    request.settings.extra = extra;
    Ok(request)
}

/// What is understood only in part goes, beside its typed form, to `extra` whole: the same dialect then gets it back as it
/// came, and another one gets what could be understood.
fn settings(fields: &Fields<'_>, settings: &mut Settings, extra: &mut Vec<(String, String)>) -> Result<(), WireError> {
    settings.max_tokens = fields.get("max_output_tokens").map(|node| node.whole()).transpose()?;
    settings.stream = fields.get("stream").map(|node| node.boolean()).transpose()?.unwrap_or_default();
    settings.temperature = fields.get("temperature").map(|node| node.fraction()).transpose()?;
    settings.top_p = fields.get("top_p").map(|node| node.fraction()).transpose()?;
    settings.parallel_tool_calls = fields.get("parallel_tool_calls").map(|node| node.boolean()).transpose()?;
    settings.cache_key = fields.string("prompt_cache_key")?;
    let partly = [
        ("reasoning", read_reasoning as fn(&Node<'_>, &mut Settings) -> Result<bool, WireError>),
        ("text", read_text),
        ("tool_choice", read_tool_choice),
    ];
    for (name, read) in partly {
        if let Some(node) = fields.get(name)
            && !read(&node, settings)?
        {
            extra.push((name.to_owned(), node.raw().to_owned()));
        }
    }
    if fields.get("prompt_cache_options").is_some() {
        settings.chat.cache_breakpoints = true;
    }
    // Left out it means yes, and where we write, it would mean no.
    if fields.get("store").is_none() {
        extra.push(("store".to_owned(), "true".to_owned()));
    }
    let is_default = |name: &str, json: &str| name == "store" && json == "null";
    let unknown = fields.iter().filter(|(name, json)| !KNOWN.contains(name) && !is_default(name, json));
    extra.extend(unknown.map(|(name, json)| (name.to_owned(), json.to_owned())));
    Ok(())
}

/// Whether all of it was understood.
fn read_reasoning(node: &Node<'_>, settings: &mut Settings) -> Result<bool, WireError> {
    let fields = node.fields()?;
    let mut whole = fields.only(&["effort", "summary"]);
    if let Some(name) = fields.string("effort")? {
        settings.effort = read_effort(&name);
        whole &= settings.effort.is_some();
    }
    if let Some(summary) = fields.string("summary")? {
        // Whoever asks for a summary wants to see the model think.
        settings.thinking = Some(Thinking::Adaptive);
        whole &= summary == "auto";
    }
    Ok(whole)
}

fn read_text(node: &Node<'_>, settings: &mut Settings) -> Result<bool, WireError> {
    let fields = node.fields()?;
    let Some(format) = fields.get("format") else { return Ok(false) };
    let format = format.fields()?;
    if format.need("type")?.string()? != "json_schema" {
        return Ok(false);
    }
    let Some(schema) = format.get("schema") else { return Ok(false) };
    settings.response_schema = Some(schema.value()?);
    let ours = format.only(&["type", "name", "schema"]) && format.string("name")?.as_deref() == Some("answer");
    Ok(ours && fields.only(&["format"]))
}

fn read_tool_choice(node: &Node<'_>, settings: &mut Settings) -> Result<bool, WireError> {
    if node.is_object() {
        let fields = node.fields()?;
        let kind = match fields.need("type")?.string()?.as_str() {
            "function" => NativeKind::Function,
            "custom" => NativeKind::Custom,
            "tool_search" => NativeKind::ToolSearch,
            _ => return Ok(false),
        };
        let own_name = match kind {
            NativeKind::ToolSearch => TOOL_SEARCH.to_owned(),
            _ => fields.need("name")?.string()?,
        };
        let namespace = fields.string("namespace")?;
        let name = names::called(&mut settings.native, kind, namespace.as_deref(), &own_name);
        settings.tool_choice = ToolChoice::Tool(name);
        return Ok(fields.only(&["type", "name"]));
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
