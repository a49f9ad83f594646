//! What can be wrong with a policy file.

use catalogue::yaml::{self, Path, Place};

/// The kinds of mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyErrorKind {
    /// Not YAML.
    Syntax,
    /// A field or a signal that does not exist, a value of a wrong type.
    Shape,
    /// A key that stands twice, or is not plain text.
    Key,
    /// A version of the format that this program does not know.
    Version,
    /// A value that is not allowed.
    Value,
}

/// A policy file that cannot be used. The text names file, line, column, field, what was found and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {}{problem}", if field.is_empty() { String::new() } else { format!("{field}: ") })]
pub struct PolicyError {
    /// The kind of mistake.
    pub kind: PolicyErrorKind,
    /// The file, as the caller named it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The field, for example `monitor.signals.error_streak.weight`; empty for the file as a whole.
    pub field: String,
    /// What was found, what is allowed, what to do.
    pub problem: String,
}

/// A mistake found after reading, before its place in the text is known.
#[derive(Clone, Debug)]
pub(crate) struct Mistake {
    pub(crate) kind: PolicyErrorKind,
    pub(crate) path: Path,
    pub(crate) problem: String,
}

impl Mistake {
    pub(crate) fn value(path: Path, problem: impl Into<String>) -> Self {
        Self { kind: PolicyErrorKind::Value, path, problem: problem.into() }
    }

    /// The error with its place. What is not in the text itself (a built-in value) is blamed on what holds it.
    pub(crate) fn placed(self, text: &str, file: &str) -> PolicyError {
        let mut path = self.path.clone();
        let mut place = yaml::place_of(text, &path);
        while place.is_none() && path.0.pop().is_some() && !path.0.is_empty() {
            place = yaml::place_of_key(text, &path);
        }
        let place = place.unwrap_or(Place::START);
        PolicyError {
            kind: self.kind,
            file: file.to_owned(),
            line: place.line,
            column: place.column,
            field: self.path.to_string(),
            problem: self.problem,
        }
    }
}

/// `; did you mean `weight`?` when one of the allowed names is close to what was found.
pub(crate) fn did_you_mean<'a>(found: &str, allowed: impl IntoIterator<Item = &'a str>) -> String {
    let likeness = |name: &str| similar::TextDiff::from_chars(found, name).ratio();
    let best = allowed.into_iter().map(|name| (likeness(name), name)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((ratio, name)) if ratio >= 0.6 => format!("; did you mean `{name}`?"),
        _ => String::new(),
    }
}
