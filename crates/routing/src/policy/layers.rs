//! One file over another: a map adds to a map, a list replaces a list, and lists of named things are matched by name.

use catalogue::yaml;
use serde_json::{Map, Value};

/// Lists whose entries have names. Entries of the file take what they leave out from the entry of that name below.
enum Named {
    /// The file's list replaces the one below, in its own order: the order is what it says.
    Replaced,
    /// The file's entries replace and add; those below stay. A rule that raises is not lost by being left out.
    Added,
}

fn named(path: &[&str]) -> Option<Named> {
    match path {
        ["lanes"] => Some(Named::Replaced),
        ["path_rules"] | ["drift"] | ["routing", "task_words"] => Some(Named::Added),
        _ => None,
    }
}

/// What a text says, without version and monitor. It was read strictly before: whatever cannot be read now is nothing.
pub(super) fn said(text: &str) -> Map<String, Value> {
    let Ok(Value::Object(mut said)) = yaml::read::<Value>(text) else { return Map::new() };
    said.retain(|key, value| !matches!(key.as_str(), "version" | "monitor") && !value.is_null());
    said
}

/// Lays values over others.
pub(super) fn lay(over: &Map<String, Value>, below: &mut Map<String, Value>) {
    lay_map(&[], over, below);
}

fn lay_map(path: &[&str], over: &Map<String, Value>, below: &mut Map<String, Value>) {
    for (key, value) in over {
        let here = [path, &[key.as_str()]].concat();
        match (value, below.get_mut(key)) {
            (Value::Object(value), Some(Value::Object(known))) => lay_map(&here, value, known),
            (Value::Array(entries), Some(Value::Array(known))) => match named(&here) {
                Some(kind) => *known = by_name(&here, entries, known, &kind),
                None => known.clone_from(entries),
            },
            _ => {
                below.insert(key.clone(), value.clone());
            }
        }
    }
}

fn by_name(path: &[&str], over: &[Value], below: &[Value], kind: &Named) -> Vec<Value> {
    let name = |entry: &Value| entry.get("name").and_then(Value::as_str).map(str::to_owned);
    let of_name = |entries: &[Value], wanted: &Option<String>| entries.iter().position(|entry| name(entry) == *wanted);
    let merged = |entry: &Value, known: Option<usize>| match (entry, known.and_then(|at| below.get(at))) {
        (Value::Object(fields), Some(Value::Object(known))) => {
            let mut known = known.clone();
            lay_map(&[path, &["*"]].concat(), fields, &mut known);
            Value::Object(known)
        }
        _ => entry.clone(),
    };
    match kind {
        Named::Replaced => over.iter().map(|entry| merged(entry, of_name(below, &name(entry)))).collect(),
        Named::Added => {
            let mut entries = below.to_vec();
            for entry in over {
                match of_name(below, &name(entry)) {
                    Some(at) => entries[at] = merged(entry, Some(at)),
                    None => entries.push(entry.clone()),
                }
            }
            entries
        }
    }
}
