//! What both of OpenAI's dialects say in the same words.

use protocol::ToolSpec;
use serde_json::{Map, Value};

use crate::json::{Object, string};
use crate::words::is_blank;

/// Name, description and parameters of a function, added to what stands before them.
pub(crate) fn function(object: Object, tool: &ToolSpec) -> Object {
    let object = object.text("name", &tool.name);
    let object = if is_blank(&tool.description) { object } else { object.text("description", &tool.description) };
    object.raw("parameters", &parameters(&tool.schema))
}

/// An object's schema without `properties` is refused by some servers.
fn parameters(schema: &Value) -> String {
    let bare = |schema: &Map<String, Value>| {
        schema.get("type").and_then(Value::as_str) == Some("object") && !schema.contains_key("properties")
    };
    match schema {
        Value::Object(members) if bare(members) => {
            let mut members = members.clone();
            members.insert("properties".to_owned(), Value::Object(Map::new()));
            Value::Object(members).to_string()
        }
        schema => schema.to_string(),
    }
}

/// The system prompt's blocks, without those that are empty, as JSON strings.
pub(crate) fn system(system: &[String]) -> Vec<String> {
    system.iter().filter(|text| !is_blank(text)).map(|text| string(text)).collect()
}

/// Numbers of the system blocks that are rendered.
pub(crate) fn system_order(system: &[String]) -> Vec<usize> {
    (0..system.len()).filter(|&index| system.get(index).is_some_and(|text| !is_blank(text))).collect()
}
