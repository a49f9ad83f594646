//! Names of tools, and calls that are not calls of functions. In a neutral request every tool is a function with one name;
//! here is how a tool in a namespace, or one that takes plain text, becomes one, and how it is said to its client again.

use protocol::request::{NativeKind, NativeTool, NativeTools};
use serde_json::{Map, Value, json};

use crate::json::{Object, object_text, string};

/// The name of the search for tools, which has none of its own.
pub(super) const TOOL_SEARCH: &str = "tool_search";

/// One name for a tool in a namespace: both, joined by two underscores, in the characters and the length that every
/// dialect takes. It depends on nothing else, so that each reader gives the same one.
pub(super) fn flat(namespace: Option<&str>, name: &str) -> String {
    let Some(namespace) = namespace.filter(|namespace| !namespace.is_empty()) else { return name.to_owned() };
    let joint = if namespace.ends_with("__") { "" } else { "__" };
    let joined = format!("{namespace}{joint}{name}");
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if joined.len() <= 64 && joined.chars().all(legal) {
        return joined;
    }
    hashed(&joined)
}

/// A name of its own for what has been cut, changed, or has a namesake.
pub(super) fn hashed(name: &str) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let head: String = name.chars().map(legal).take(55).collect();
    let hash: String = blake3::hash(name.as_bytes()).to_hex().chars().take(8).collect();
    format!("{head}_{hash}")
}

/// The name by which a call in the conversation is known here; what the tool is called is noted, whether it was offered or
/// not (a client may leave its tools out where it only wants a summary).
pub(super) fn called(native: &mut NativeTools, kind: NativeKind, namespace: Option<&str>, own_name: &str) -> String {
    let namespace = namespace.filter(|namespace| !namespace.is_empty());
    let known = native
        .tools
        .iter()
        .find(|tool| tool.kind == kind && tool.own_name == own_name && tool.namespace.as_deref() == namespace);
    if let Some(known) = known {
        return known.name.clone();
    }
    let name = flat(namespace, own_name);
    if kind != NativeKind::Function || namespace.is_some() {
        note(native, kind, namespace, own_name, &name);
    }
    name
}

/// Notes what a tool is called by its client.
pub(super) fn note(native: &mut NativeTools, kind: NativeKind, namespace: Option<&str>, own_name: &str, name: &str) {
    native.tools.push(NativeTool {
        name: name.to_owned(),
        kind,
        namespace: namespace.map(str::to_owned),
        own_name: own_name.to_owned(),
    });
}

/// Notes what kind of call an id belongs to: its result has to be of the same kind.
pub(super) fn note_call(native: &mut NativeTools, call_id: &str, kind: NativeKind) {
    if kind != NativeKind::Function && kind_of(native, call_id) == NativeKind::Function {
        native.calls.push((call_id.to_owned(), kind));
    }
}

/// What a call of this name is to the client: kind, namespace and own name.
pub(super) fn native<'a>(native: &'a NativeTools, name: &'a str) -> (NativeKind, Option<&'a str>, &'a str) {
    match native.tools.iter().find(|tool| tool.name == name) {
        Some(tool) => (tool.kind, tool.namespace.as_deref(), tool.own_name.as_str()),
        None => (NativeKind::Function, None, name),
    }
}

/// What kind of call an id belongs to.
pub(super) fn kind_of(native: &NativeTools, call_id: &str) -> NativeKind {
    native.calls.iter().find(|(id, _)| id == call_id).map_or(NativeKind::Function, |(_, kind)| *kind)
}

/// How the arguments of a tool begin that takes plain text, and how they end.
pub(super) const INPUT: (&str, &str) = (r#"{"input":""#, r#""}"#);

/// Plain text as arguments.
pub(super) fn wrap(input: &str) -> String {
    format!(r#"{{"input":{}}}"#, string(input))
}

/// Plain text as the inside of a JSON string. What is escaped in pieces is the same as what is escaped at once.
pub(super) fn escaped(input: &str) -> String {
    let quoted = string(input);
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

/// The plain text in a function's arguments. A model that was not made for such tools may leave the object out, or put
/// another value into it: then what it wrote is the text.
pub(super) fn unwrap(arguments: &str) -> String {
    match serde_json::from_str::<Map<String, Value>>(arguments) {
        Ok(members) => match members.get("input") {
            Some(Value::String(input)) => input.clone(),
            Some(other) => other.to_string(),
            None if members.is_empty() => String::new(),
            None => arguments.to_owned(),
        },
        Err(_) => arguments.to_owned(),
    }
}

/// The schema of a tool that takes plain text.
pub(super) fn input_schema() -> Value {
    json!({
        "type": "object",
        "properties": {"input": {"type": "string", "description": "The whole input of the tool, as plain text."}},
        "required": ["input"],
        "additionalProperties": false,
    })
}

/// A call as an item. With an id it is an answer's item, with a status; without, a piece of history. `arguments` is none
/// where the call has only begun.
pub(super) fn call(
    names: &NativeTools,
    id: Option<&str>,
    call_id: &str,
    name: &str,
    arguments: Option<&str>,
) -> String {
    let (kind, namespace, own_name) = native(names, name);
    let word = match kind {
        NativeKind::Function => "function_call",
        NativeKind::Custom => "custom_tool_call",
        NativeKind::ToolSearch => "tool_search_call",
    };
    let mut item = Object::of_type(word);
    if let Some(id) = id {
        item = item.text("id", id).text("status", if arguments.is_some() { "completed" } else { "in_progress" });
    }
    item = item.text("call_id", call_id);
    if kind == NativeKind::ToolSearch {
        let item = item.text("execution", "client");
        return item.raw("arguments", arguments.map_or("{}", object_text)).end();
    }
    item = item.text("name", own_name);
    if let Some(namespace) = namespace {
        item = item.text("namespace", namespace);
    }
    let arguments = arguments.unwrap_or_default();
    match kind {
        NativeKind::Custom => item.text("input", &unwrap(arguments)).end(),
        _ => item.text("arguments", arguments).end(),
    }
}
