//! Tool schemas for servers that take only a part of JSON Schema: sent as they came first, and reduced where that was refused.

use protocol::{ErrorKind, ProviderError, Request};
use serde_json::{Map, Value, json};

/// How deep references are followed. A schema that refers to itself ends here.
const DEEPEST: usize = 8;

/// The server refused the request because of a tool's schema.
pub fn blames_schema(error: &ProviderError) -> bool {
    let text = error.message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let about_tools = says(&["tool", "function"]) && says(&["parameters", "properties"]);
    error.kind == ErrorKind::InvalidRequest && (about_tools || says(&["schema", "function_declaration"]))
}

/// Reduces every tool's schema to what all servers take: types, properties, required ones, items, texts to choose from,
/// descriptions; references are put in place. False where nothing changed: sending it again would not help.
pub fn degrade_schemas(request: &mut Request) -> bool {
    let mut changed = false;
    for tool in &mut request.tools {
        let mut plain = reduced(&tool.schema, &tool.schema, 0);
        plain.insert("type".to_owned(), json!("object"));
        plain.entry("properties").or_insert_with(|| json!({}));
        let plain = Value::Object(plain);
        changed |= plain != tool.schema;
        tool.schema = plain;
    }
    // As they came they would still have their old schemas.
    if changed {
        request.settings.extra.retain(|(name, _)| name != "tools");
    }
    changed
}

fn reduced(schema: &Value, root: &Value, depth: usize) -> Map<String, Value> {
    let Some(members) = schema.as_object().filter(|_| depth < DEEPEST) else { return anything() };
    if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
        let target = reference.strip_prefix('#').and_then(|path| root.pointer(path));
        return target.map_or_else(anything, |target| reduced(target, root, depth + 1));
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        let is_null = |variant: &&Value| variant.get("type").and_then(Value::as_str) == Some("null");
        let variants = members.get(choice).and_then(Value::as_array);
        if let Some(first) = variants.and_then(|variants| variants.iter().find(|variant| !is_null(variant)))
            && !members.contains_key("properties")
        {
            let mut plain = reduced(first, root, depth + 1);
            if let Some(description) = members.get("description") {
                plain.insert("description".to_owned(), description.clone());
            }
            return plain;
        }
    }
    object(members, root, depth)
}

fn object(members: &Map<String, Value>, root: &Value, depth: usize) -> Map<String, Value> {
    let mut plain = Map::new();
    let kind = kind(members);
    plain.insert("type".to_owned(), json!(kind));
    if let Some(description) = members.get("description").filter(|text| text.is_string()) {
        plain.insert("description".to_owned(), description.clone());
    }
    if kind == "string" {
        let one = members.get("const").map(std::slice::from_ref);
        let words = members.get("enum").and_then(Value::as_array).map(Vec::as_slice).or(one);
        if let Some(words) = words.filter(|words| !words.is_empty() && words.iter().all(Value::is_string)) {
            plain.insert("enum".to_owned(), json!(words));
        }
    }
    if kind == "array" {
        let items = members.get("items").filter(|items| items.is_object());
        let items = items.map_or_else(anything, |items| reduced(items, root, depth + 1));
        plain.insert("items".to_owned(), Value::Object(items));
    }
    if kind == "object" {
        let empty = Map::new();
        let properties = members.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let reduce =
            |(name, property): (&String, &Value)| (name.clone(), Value::Object(reduced(property, root, depth + 1)));
        plain.insert("properties".to_owned(), Value::Object(properties.iter().map(reduce).collect()));
        let required = members.get("required").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let known = |name: &&Value| name.as_str().is_some_and(|name| properties.contains_key(name));
        let required: Vec<&Value> = required.iter().filter(known).collect();
        if !required.is_empty() {
            plain.insert("required".to_owned(), json!(required));
        }
    }
    plain
}

/// The type, the first that is not null of several, and what the other members imply where there is none.
fn kind(members: &Map<String, Value>) -> &str {
    let named = match members.get("type") {
        Some(Value::String(kind)) => Some(kind.as_str()),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ => None,
    };
    match named {
        Some(kind) => kind,
        None if members.contains_key("properties") => "object",
        None if members.contains_key("items") => "array",
        None => "string",
    }
}

/// What is said of a value of which nothing is known.
fn anything() -> Map<String, Value> {
    Map::from_iter([("type".to_owned(), json!("string"))])
}
