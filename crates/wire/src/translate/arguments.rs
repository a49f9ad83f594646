//! Optional arguments that a model filled with nothing. Models that are trained on strict schemas, in which every argument is
//! required, say `null` or `""` where they mean to leave an argument out, and tools take that for a value.

use std::collections::{BTreeMap, BTreeSet};

use protocol::ToolSpec;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::json::Object;

/// For each tool, by the client's name, the arguments that may be left out and mean nothing when empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Optional {
    tools: BTreeMap<String, BTreeSet<String>>,
}

impl Optional {
    /// The optional arguments of these tools.
    pub(super) fn of(tools: &[ToolSpec]) -> Self {
        let named = tools.iter().map(|tool| (tool.name.clone(), optional(&tool.schema)));
        Self { tools: named.filter(|(_, arguments)| !arguments.is_empty()).collect() }
    }

    /// Whether calls of this tool have to be whole before they can be given on.
    pub(super) fn concerns(&self, tool: &str) -> bool {
        self.tools.contains_key(tool)
    }

    /// Takes out what says nothing. The rest keeps its bytes.
    pub(super) fn clean(&self, tool: &str, arguments: &mut String) {
        let Some(optional) = self.tools.get(tool) else { return };
        let Ok(members) = serde_json::from_str::<indexmap::IndexMap<String, &RawValue>>(arguments) else { return };
        let says = |name: &str, json: &str| !(optional.contains(name) && matches!(json, "null" | "\"\""));
        if members.iter().all(|(name, json)| says(name, json.get())) {
            return;
        }
        let kept = members.iter().filter(|(name, json)| says(name, json.get()));
        let clean = kept.fold(Object::new(), |object, (name, json)| object.raw(name, json.get())).end();
        *arguments = clean;
    }
}

fn optional(schema: &Value) -> BTreeSet<String> {
    let required: Vec<&str> = match schema.get("required") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let free = properties.iter().filter(|(name, _)| !required.contains(&name.as_str()));
    free.filter(|(_, property)| !takes_null(property)).map(|(name, _)| name.clone()).collect()
}

/// A property for which null is a value like any other.
fn takes_null(property: &Value) -> bool {
    let is_null = |kind: &Value| kind.as_str() == Some("null");
    match property.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(is_null),
        Some(kind) => is_null(kind),
        None => ["anyOf", "oneOf"]
            .iter()
            .filter_map(|name| property.get(*name)?.as_array())
            .flatten()
            .any(|variant| variant.get("type").is_some_and(is_null)),
    }
}
