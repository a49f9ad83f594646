//! A change of a file, and the way back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Edit, Format, SetupError, apply, at, read};

/// What is kept beside a file that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Whether there was a file before.
    existed: bool,
    /// Hash of the file as it was written.
    wrote: String,
    /// Whether the file was as it had been written whenever it was written again: only then nothing of anybody else is in it.
    exact: bool,
    /// Names of the settings that were set.
    set: Vec<Vec<String>>,
}

impl Record {
    /// As text.
    pub fn text(&self) -> String {
        // Strings and booleans always have a form.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// From its text.
    ///
    /// # Errors
    /// Not one.
    pub fn parse(text: &str) -> Result<Self, SetupError> {
        serde_json::from_str(text).map_err(|error| SetupError::Record(error.to_string()))
    }
}

/// What a change is taken back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// The file as it was before, to the byte.
    Restored(String),
    /// No file, as before.
    Removed,
    /// The file was changed by somebody else since: only the settings of ours are as before.
    Edited(String),
}

/// The file with the settings, and the record to keep. `last` is the record of an earlier change that was not taken back.
///
/// # Errors
/// A file that is not in its format, or cannot be changed safely.
pub fn write(
    format: Format,
    text: Option<&str>,
    last: Option<&Record>,
    edits: &[Edit],
) -> Result<(String, Record), SetupError> {
    let after = apply(format, text.unwrap_or_default(), edits)?;
    let settings = read(format, &after)?;
    if let Some(edit) = edits.iter().find(|edit| at(&settings, &edit.path) != edit.value.as_ref()) {
        return Err(SetupError::Unsafe(edit.path.join(".")));
    }
    let mut set: Vec<Vec<String>> = last.map(|last| last.set.clone()).unwrap_or_default();
    set.extend(edits.iter().map(|edit| edit.path.clone()));
    set.sort();
    set.dedup();
    let ours = |last: &Record| last.exact && text.is_some_and(|text| hash(text) == last.wrote);
    let record = Record {
        existed: last.map_or(text.is_some(), |last| last.existed),
        wrote: hash(&after),
        exact: last.is_none_or(ours),
        set,
    };
    Ok((after, record))
}

/// Takes a change back. `before` is the file from before, where there was one.
///
/// # Errors
/// A file that is no longer in its format.
pub fn undo(format: Format, text: Option<&str>, before: Option<&str>, record: &Record) -> Result<Undone, SetupError> {
    let untouched = text.is_some_and(|text| record.exact && hash(text) == record.wrote);
    match (text, before) {
        (None, _) => Ok(Undone::Removed),
        (Some(_), Some(before)) if untouched && record.existed => Ok(Undone::Restored(before.to_owned())),
        (Some(_), _) if untouched && !record.existed => Ok(Undone::Removed),
        (Some(text), before) => {
            let old = read(format, before.unwrap_or_default())?;
            let text = apply(format, text, &back(&old, &record.set))?;
            let text = apply(format, &text, &emptied(&old, &read(format, &text)?, &record.set))?;
            Ok(Undone::Edited(text))
        }
    }
}

/// Each setting as it was.
fn back(old: &Value, set: &[Vec<String>]) -> Vec<Edit> {
    set.iter().map(|path| Edit { path: path.clone(), value: at(old, path).cloned() }).collect()
}

/// Sections that were made for the settings and are empty now, innermost first.
fn emptied(old: &Value, now: &Value, set: &[Vec<String>]) -> Vec<Edit> {
    let outer = set.iter().flat_map(|path| (1..path.len()).map(|length| &path[..length]));
    let mut sections: Vec<Vec<String>> = outer.filter(|path| at(old, path).is_none()).map(<[String]>::to_vec).collect();
    sections.sort_by_key(|path| std::cmp::Reverse(path.len()));
    sections.dedup();
    let mut now = now.clone();
    let mut edits = Vec::new();
    for path in sections {
        let is_empty = at(&now, &path).and_then(Value::as_object).is_some_and(serde_json::Map::is_empty);
        if !is_empty || edits.iter().any(|edit: &Edit| edit.path == path) {
            continue;
        }
        if let Some((name, outer)) = path.split_last()
            && let Some(section) =
                outer.iter().try_fold(&mut now, |inner, name| inner.get_mut(name)).and_then(Value::as_object_mut)
        {
            section.remove(name);
        }
        edits.push(Edit { path, value: None });
    }
    edits
}

fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}
