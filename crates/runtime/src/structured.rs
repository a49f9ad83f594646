//! A typed final answer: one JSON value that follows the schema the user gave.

use serde_json::Value;

/// Reads the answer as JSON, with or without a fence around it.
///
/// # Errors
/// What is not JSON about it.
pub(crate) fn parse(answer: &str) -> Result<Value, String> {
    let text = answer.trim();
    let inner = text
        .strip_prefix("```json")
        .or_else(|| text.strip_prefix("```"))
        .and_then(|rest| rest.strip_suffix("```"))
        .unwrap_or(text);
    serde_json::from_str(inner.trim()).map_err(|error| format!("it is not JSON: {error}"))
}

/// Whether an answer follows a schema.
///
/// # Errors
/// The first few places that do not fit.
pub(crate) fn check(schema: &Value, answer: &str) -> Result<(), String> {
    let value = parse(answer)?;
    let validator =
        jsonschema::validator_for(schema).map_err(|error| format!("the schema itself is not valid: {error}"))?;
    let problems: Vec<String> =
        validator.iter_errors(&value).take(5).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
}

/// Whether a schema can be used at all.
///
/// # Errors
/// What is wrong with it.
pub fn check_schema(schema: &Value) -> Result<(), String> {
    jsonschema::validator_for(schema).map(|_| ()).map_err(|error| format!("not a valid JSON Schema: {error}"))
}
