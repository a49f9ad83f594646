//! Settings in YAML, as far as they stand on a line of their own at the outermost level. What a line is taken for is checked with a
//! parser afterwards: a change that changes anything else is refused.

use serde_json::{Map, Value};

use super::{Edit, SetupError};

pub(super) fn apply(text: &str, edits: &[Edit]) -> Result<String, SetupError> {
    let mut wanted = read(text)?;
    let mut after = text.to_owned();
    for edit in edits {
        let [name] = edit.path.as_slice() else { return Err(SetupError::Unsafe(edit.path.join("."))) };
        after = with(&after, name, edit.value.as_ref());
        match (&mut wanted, &edit.value) {
            (Value::Object(fields), Some(value)) => {
                fields.insert(name.clone(), value.clone());
            }
            (Value::Object(fields), None) => {
                fields.shift_remove(name);
            }
            _ => return Err(SetupError::NoSection("the whole file".to_owned())),
        }
        if read(&after).as_ref() != Ok(&wanted) {
            return Err(SetupError::Unsafe(name.clone()));
        }
    }
    Ok(after)
}

pub(super) fn read(text: &str) -> Result<Value, SetupError> {
    let unreadable = |error: serde_yaml::Error| SetupError::Unreadable { format: "YAML", detail: error.to_string() };
    let value: Value = serde_yaml::from_str(text).map_err(unreadable)?;
    // Nothing, or comments only.
    Ok(if value.is_null() { Value::Object(Map::new()) } else { value })
}

/// The text with one line replaced, added at the end, or taken out.
fn with(text: &str, name: &str, value: Option<&Value>) -> String {
    // JSON is YAML: a string in quotation marks is the same in both.
    let line = value.map(|value| format!("{name}: {value}\n"));
    let is_it = |line: &str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'));
    let mut after = String::with_capacity(text.len() + 80);
    let mut done = false;
    for old in text.split_inclusive('\n') {
        if !done && is_it(old) {
            after.push_str(line.as_deref().unwrap_or_default());
            done = true;
        } else {
            after.push_str(old);
        }
    }
    if !done && let Some(line) = line {
        if !after.is_empty() && !after.ends_with('\n') {
            after.push('\n');
        }
        after.push_str(&line);
    }
    after
}
