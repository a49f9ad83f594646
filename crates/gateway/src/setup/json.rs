//! Settings in JSON, with comments and trailing commas where there are any.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use serde_json::Value;

use super::{Edit, SetupError};

pub(super) fn apply(text: &str, edits: &[Edit]) -> Result<String, SetupError> {
    let begun = text.trim().is_empty();
    let root = parse(if begun { "{}\n" } else { text })?;
    let outer = root.object_value().ok_or_else(|| SetupError::NoSection("the whole file".to_owned()))?;
    if begun {
        outer.ensure_multiline();
    }
    for edit in edits {
        let Some((name, sections)) = edit.path.split_last() else { continue };
        match (section(&outer, sections, edit.value.is_some())?, &edit.value) {
            (Some(object), Some(value)) => set(&object, name, value),
            (Some(object), None) => {
                if let Some(there) = object.get(name) {
                    there.remove();
                }
            }
            (None, _) => {}
        }
    }
    Ok(root.to_string())
}

pub(super) fn read(text: &str) -> Result<Value, SetupError> {
    if text.trim().is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    parse(text)?.value().map_or(Ok(Value::Null), |node| value_of(&node.to_string()))
}

/// What stands there, without comments.
fn value_of(text: &str) -> Result<Value, SetupError> {
    let parsed = jsonc_parser::parse_to_value(text, &ParseOptions::default()).map_err(|error| unreadable(&error))?;
    Ok(parsed.map_or(Value::Null, neutral))
}

fn neutral(value: jsonc_parser::JsonValue<'_>) -> Value {
    use jsonc_parser::JsonValue as Json;
    match value {
        Json::Null => Value::Null,
        Json::Boolean(value) => Value::Bool(value),
        Json::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
        Json::String(text) => Value::String(text.into_owned()),
        Json::Array(values) => values.into_iter().map(neutral).collect(),
        Json::Object(object) => object.into_iter().map(|(name, value)| (name, neutral(value))).collect(),
    }
}

fn parse(text: &str) -> Result<CstRootNode, SetupError> {
    CstRootNode::parse(text, &ParseOptions::default()).map_err(|error| unreadable(&error))
}

fn unreadable(error: &jsonc_parser::errors::ParseError) -> SetupError {
    SetupError::Unreadable { format: "JSON", detail: error.to_string() }
}

/// The section of these names; made where it is missing and wanted.
fn section(outer: &CstObject, names: &[String], make: bool) -> Result<Option<CstObject>, SetupError> {
    let mut object = outer.clone();
    for name in names {
        let there = object.get(name);
        let inner = match (&there, make) {
            (Some(there), _) => there.object_value(),
            (None, true) => Some(object.object_value_or_set(name)),
            (None, false) => return Ok(None),
        };
        object = inner.ok_or_else(|| SetupError::NoSection(name.clone()))?;
    }
    Ok(Some(object))
}

fn set(object: &CstObject, name: &str, value: &Value) {
    match object.get(name) {
        Some(there) => there.set_value(input(value)),
        None => {
            object.append(name, input(value));
        }
    }
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(value) => CstInputValue::Bool(*value),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(values) => CstInputValue::Array(values.iter().map(input).collect()),
        Value::Object(fields) => {
            CstInputValue::Object(fields.iter().map(|(name, value)| (name.clone(), input(value))).collect())
        }
    }
}
