//! Reads a tool call's arguments. Every error names the tool, the field, what was found and what is allowed, so that the
//! model can repeat the call correctly.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::tool::ToolError;

/// One JSON object of a call: the arguments themselves, or an element of a list among them.
pub(crate) struct Fields<'a> {
    tool: &'static str,
    at: String,
    map: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// The arguments of a call; no other fields than `allowed`.
    pub(crate) fn of(tool: &'static str, arguments: &'a Value, allowed: &[&str]) -> Result<Self, ToolError> {
        Self::object(tool, String::new(), arguments, allowed)
    }

    fn object(tool: &'static str, at: String, value: &'a Value, allowed: &[&str]) -> Result<Self, ToolError> {
        let place = if at.is_empty() { "the arguments".to_owned() } else { at.clone() };
        let Value::Object(map) = value else {
            return Err(wrong(tool, &place, &format!("must be an object with {}", list(allowed)), Some(value)));
        };
        if let Some(unknown) = map.keys().find(|key| !allowed.contains(&key.as_str())) {
            let name = if at.is_empty() { unknown.clone() } else { format!("{at}.{unknown}") };
            let allowed = if allowed.is_empty() { "none".to_owned() } else { list(allowed) };
            return Err(ToolError::RespondToModel(format!("{tool}: unknown field `{name}`; allowed: {allowed}")));
        }
        Ok(Self { tool, at, map })
    }

    /// An error about one field, in the form of all others.
    pub(crate) fn wrong(&self, name: &str, must: &str) -> ToolError {
        wrong(self.tool, &self.name(name), must, self.map.get(name))
    }

    /// A string that has to be there; it may be empty.
    pub(crate) fn text(&self, name: &str) -> Result<&'a str, ToolError> {
        self.optional_text(name)?.ok_or_else(|| self.wrong(name, "must be a string"))
    }

    /// A string that has to be there and say something.
    pub(crate) fn words(&self, name: &str) -> Result<&'a str, ToolError> {
        let text = self.text(name)?.trim();
        if text.is_empty() { Err(self.wrong(name, "must not be empty")) } else { Ok(text) }
    }

    /// A string that may be left out (or null).
    pub(crate) fn optional_text(&self, name: &str) -> Result<Option<&'a str>, ToolError> {
        match self.map.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "must be a string")),
        }
    }

    /// A whole number within a range, which may be left out.
    pub(crate) fn number(&self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, ToolError> {
        let value = match self.map.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value,
        };
        // Some models write whole numbers as `5.0`.
        let whole =
            value.as_u64().or_else(|| value.as_f64().filter(|n| n.fract() == 0.0 && *n >= 0.0).map(|n| n as u64));
        match whole {
            Some(number) if range.contains(&number) => Ok(Some(number)),
            _ => Err(self.wrong(name, &format!("must be a whole number from {} to {}", range.start(), range.end()))),
        }
    }

    /// True or false; false when it is left out.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, ToolError> {
        match self.map.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.wrong(name, "must be true or false")),
        }
    }

    /// A list of strings, empty when it is left out. Empty strings are refused.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, ToolError> {
        let items = match self.map.get(name) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(self.wrong(name, "must be a list of strings")),
        };
        let text = |(index, item): (usize, &Value)| match item {
            Value::String(text) if !text.trim().is_empty() => Ok(text.clone()),
            _ => {
                let at = format!("{}[{index}]", self.name(name));
                Err(wrong(self.tool, &at, "must be a string that is not empty", Some(item)))
            }
        };
        items.iter().enumerate().map(text).collect()
    }

    /// A list of objects, empty when it is left out.
    pub(crate) fn objects(&self, name: &str, allowed: &[&str]) -> Result<Vec<Fields<'a>>, ToolError> {
        let items = match self.map.get(name) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(self.wrong(name, &format!("must be a list of objects with {}", list(allowed)))),
        };
        let object = |(index, item)| Self::object(self.tool, format!("{}[{index}]", self.name(name)), item, allowed);
        items.iter().enumerate().map(object).collect()
    }

    /// A list of objects with a bounded number of elements.
    pub(crate) fn some_objects(
        &self,
        name: &str,
        allowed: &[&str],
        count: RangeInclusive<usize>,
    ) -> Result<Vec<Fields<'a>>, ToolError> {
        let objects = self.objects(name, allowed)?;
        if count.contains(&objects.len()) {
            return Ok(objects);
        }
        let must = format!(
            "must be a list of {} to {} objects with {}; it has {}",
            count.start(),
            count.end(),
            list(allowed),
            objects.len()
        );
        Err(ToolError::RespondToModel(format!("{}: `{}` {must}", self.tool, self.name(name))))
    }

    /// One of a few words, which may be left out.
    pub(crate) fn choice<T: Copy>(&self, name: &str, choices: &[(&str, T)]) -> Result<Option<T>, ToolError> {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let must = format!("must be one of {}", list(&names));
        match self.map.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => match choices.iter().find(|(name, _)| name == text) {
                Some((_, choice)) => Ok(Some(*choice)),
                None => Err(self.wrong(name, &must)),
            },
            Some(_) => Err(self.wrong(name, &must)),
        }
    }

    fn name(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }
}

fn wrong(tool: &str, name: &str, must: &str, found: Option<&Value>) -> ToolError {
    let found = match found {
        None => "nothing".to_owned(),
        Some(value) => cut(&value.to_string(), 80),
    };
    let name = if name.contains(' ') { name.to_owned() } else { format!("`{name}`") };
    ToolError::RespondToModel(format!("{tool}: {name} {must}; found {found}"))
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The beginning of a text, at most `bytes` long, with `…` where something is missing.
pub(crate) fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(bytes)])
}

/// A field for a summary line: whatever the model sent there, on one line, short; empty when it is missing.
pub(crate) fn glimpse(arguments: &Value, name: &str) -> String {
    let text = match arguments.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    cut(&text.split_whitespace().collect::<Vec<_>>().join(" "), 100)
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;
