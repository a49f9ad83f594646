//! Tools of a request body, wherever they are offered: at the top, inside the conversation, or as what a search has found.

use protocol::request::NativeKind;
use protocol::{Request, ToolSpec};
use serde_json::json;

use super::names::{self, TOOL_SEARCH};
use crate::codec::WireError;
use crate::node::{Fields, Node};

/// Reads a list of tools behind those that are known already, so that what was offered first stays first. A tool that only
/// a server of this dialect can run has no form here; the text it was read from is kept by the caller.
pub(super) fn read(node: &Node<'_>, request: &mut Request) -> Result<(), WireError> {
    for node in node.items()? {
        tool(&node, None, request)?;
    }
    Ok(())
}

fn tool(node: &Node<'_>, namespace: Option<&str>, request: &mut Request) -> Result<(), WireError> {
    let fields = node.fields()?;
    match fields.need("type")?.string()?.as_str() {
        "function" => {
            let schema = schema(&fields)?;
            offer(NativeKind::Function, namespace, &fields, fields.string("description")?, schema, request)
        }
        "custom" => {
            let described = custom_description(&fields)?;
            offer(NativeKind::Custom, namespace, &fields, Some(described), names::input_schema(), request)
        }
        "namespace" if namespace.is_none() => {
            let name = fields.need("name")?.string()?;
            for node in fields.need("tools")?.items()? {
                tool(&node, Some(&name), request)?;
            }
            Ok(())
        }
        "tool_search" if fields.string("execution")?.as_deref() == Some("client") => {
            let described = fields.string("description")?.unwrap_or_default();
            add(NativeKind::ToolSearch, None, TOOL_SEARCH, described, schema(&fields)?, request);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn schema(fields: &Fields<'_>) -> Result<serde_json::Value, WireError> {
    match fields.get("parameters") {
        Some(schema) if schema.is_object() => schema.value(),
        Some(other) => Err(other.invalid(format!("expected a JSON Schema of an object, found {}", other.kind()))),
        None => Ok(json!({"type": "object", "properties": {}})),
    }
}

/// What the tool does and, because no other dialect can hold a model to a grammar, the grammar in words.
fn custom_description(fields: &Fields<'_>) -> Result<String, WireError> {
    let described = fields.string("description")?.unwrap_or_default();
    let Some(format) = fields.get("format") else { return Ok(described) };
    let format = format.fields()?;
    let Some(grammar) = format.string("definition")? else { return Ok(described) };
    let syntax = format.string("syntax")?.unwrap_or_default();
    Ok(format!("{described}\n\nThe input is plain text that matches this {syntax} grammar:\n{grammar}")
        .trim_start()
        .to_owned())
}

fn offer(
    kind: NativeKind,
    namespace: Option<&str>,
    fields: &Fields<'_>,
    description: Option<String>,
    schema: serde_json::Value,
    request: &mut Request,
) -> Result<(), WireError> {
    let name = fields.need("name")?.string()?;
    add(kind, namespace, &name, description.unwrap_or_default(), schema, request);
    Ok(())
}

/// Adds a tool, unless it was offered already.
fn add(
    kind: NativeKind,
    namespace: Option<&str>,
    own_name: &str,
    description: String,
    schema: serde_json::Value,
    request: &mut Request,
) {
    let native = &mut request.settings.native;
    let mut name = names::flat(namespace, own_name);
    let same = |name: &str| names::native(native, name) == (kind, namespace, own_name);
    if request.tools.iter().any(|tool| tool.name == name) {
        if same(&name) {
            return;
        }
        // A namesake of another kind, or a function whose own name looks like one in a namespace.
        name = names::hashed(&format!("{}/{own_name}/{kind:?}", namespace.unwrap_or_default()));
        if request.tools.iter().any(|tool| tool.name == name) {
            return;
        }
        names::note(native, kind, namespace, own_name, &name);
    } else if kind != NativeKind::Function || namespace.is_some() {
        names::note(native, kind, namespace, own_name, &name);
    }
    request.tools.push(ToolSpec { name, description, schema });
}
