//! What can be wrong with a team file.

use catalogue::yaml::{Path, Place};

/// The kinds of mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TeamErrorKind {
    /// Not YAML.
    Syntax,
    /// A field that does not exist, a value of a wrong type, a field that is missing.
    Shape,
    /// A key that stands twice.
    DuplicateKey,
    /// Something a team file may not say (a key, or anything but behaviour in a project's own file).
    Forbidden,
    /// A version of the format that this program does not know.
    Version,
    /// A module or tool that does not exist.
    UnknownTool,
    /// A tool that this role cannot have.
    ToolNotForRole,
    /// An agent that does not exist.
    UnknownAgent,
    /// An alias that does not exist, or names no model.
    UnknownModel,
    /// Aliases or agents that lead back to themselves.
    Cycle,
    /// Two things of the same name.
    DuplicateName,
    /// No coordinator, or more than one.
    Coordinator,
    /// A value that is not allowed.
    Value,
}

/// A team file that cannot be used. The text names file, line, column, field, what was found and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {}{problem}", if field.is_empty() { String::new() } else { format!("{field}: ") })]
pub struct TeamError {
    /// The kind of mistake.
    pub kind: TeamErrorKind,
    /// The file, as the caller named it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The field, for example `agents[1].brain.model`; empty for the file as a whole.
    pub field: String,
    /// What was found, what is allowed, what to do.
    pub problem: String,
}

/// A mistake found after reading, before its place in the text is known.
#[derive(Clone, Debug)]
pub(crate) struct Mistake {
    pub(crate) kind: TeamErrorKind,
    pub(crate) path: Path,
    /// Point at the key (or entry), not at its value.
    pub(crate) at_key: bool,
    pub(crate) problem: String,
}

impl Mistake {
    pub(crate) fn at(kind: TeamErrorKind, path: Path, problem: impl Into<String>) -> Self {
        Self { kind, path, at_key: false, problem: problem.into() }
    }

    pub(crate) fn at_key(kind: TeamErrorKind, path: Path, problem: impl Into<String>) -> Self {
        Self { at_key: true, ..Self::at(kind, path, problem) }
    }

    /// The error with its place. What is not in the text itself (a default that cannot hold) is blamed on what holds it.
    pub(crate) fn placed(self, text: &str, file: &str) -> TeamError {
        let mut path = self.path.clone();
        let found = if self.at_key { catalogue::yaml::place_of_key } else { catalogue::yaml::place_of };
        let mut place = found(text, &path);
        while place.is_none() && path.0.pop().is_some() && !path.0.is_empty() {
            place = catalogue::yaml::place_of_key(text, &path);
        }
        let place = place.unwrap_or(Place::START);
        TeamError {
            kind: self.kind,
            file: file.to_owned(),
            line: place.line,
            column: place.column,
            field: self.path.to_string(),
            problem: self.problem,
        }
    }
}

/// `; did you mean `read`?` when one of the allowed names is close to what was found.
pub(crate) fn did_you_mean<'a>(found: &str, allowed: impl IntoIterator<Item = &'a str>) -> String {
    let likeness = |name: &str| similar::TextDiff::from_chars(found, name).ratio();
    let best = allowed.into_iter().map(|name| (likeness(name), name)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((ratio, name)) if ratio >= 0.6 => format!("; did you mean `{name}`?"),
        _ => String::new(),
    }
}
