//! A place in a JSON document that knows its path: what is read strictly is read through it, so that every complaint names
//! the place. Values are kept as the text they were, never re-serialised.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::codec::WireError;

/// A JSON value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node<'a> {
    raw: &'a RawValue,
    path: String,
}

/// A JSON object's members, in the order they came.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    members: IndexMap<String, &'a RawValue>,
    path: String,
}

/// [`WireError::Invalid`].
pub(crate) fn invalid(path: impl Into<String>, message: impl Into<String>) -> WireError {
    WireError::Invalid { path: path.into(), message: message.into() }
}

impl<'a> Node<'a> {
    /// The whole document.
    ///
    /// # Errors
    /// When the bytes are not JSON.
    pub(crate) fn document(body: &'a [u8]) -> Result<Self, WireError> {
        serde_json::from_slice(body)
            .map(|raw| Self { raw, path: String::new() })
            .map_err(|error| invalid("body", format!("not JSON: {error}")))
    }

    /// A piece of a document that has no path of its own.
    pub(crate) fn piece(raw: &'a RawValue, path: &str) -> Self {
        Self { raw, path: path.to_owned() }
    }

    /// The JSON text as it came.
    pub(crate) fn raw(&self) -> &'a str {
        self.raw.get()
    }

    /// Where it stands.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// A complaint about this value.
    pub(crate) fn invalid(&self, message: impl Into<String>) -> WireError {
        invalid(if self.path.is_empty() { "body" } else { &self.path }, message)
    }

    /// What kind of value it is, in words.
    pub(crate) fn kind(&self) -> &'static str {
        match self.raw().as_bytes().first() {
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            Some(b'"') => "a string",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "null",
            _ => "a number",
        }
    }

    pub(crate) fn is_string(&self) -> bool {
        self.raw().starts_with('"')
    }

    pub(crate) fn is_object(&self) -> bool {
        self.raw().starts_with('{')
    }

    pub(crate) fn is_null(&self) -> bool {
        self.raw() == "null"
    }

    fn parse<T: Deserialize<'a>>(&self, expected: &str) -> Result<T, WireError> {
        serde_json::from_str(self.raw())
            .map_err(|_| self.invalid(format!("expected {expected}, found {}", self.kind())))
    }

    /// An object's members.
    pub(crate) fn fields(&self) -> Result<Fields<'a>, WireError> {
        let members = self.parse("an object")?;
        Ok(Fields { members, path: self.path.clone() })
    }

    /// An array's elements.
    pub(crate) fn items(&self) -> Result<Vec<Node<'a>>, WireError> {
        let items: Vec<&'a RawValue> = self.parse("an array")?;
        Ok(items
            .into_iter()
            .enumerate()
            .map(|(index, raw)| Node { raw, path: join(&self.path, &index.to_string()) })
            .collect())
    }

    /// A string.
    pub(crate) fn string(&self) -> Result<String, WireError> {
        self.parse("a string")
    }

    /// True or false.
    pub(crate) fn boolean(&self) -> Result<bool, WireError> {
        self.parse("true or false")
    }

    /// A whole number from 0 to 4,294,967,295.
    pub(crate) fn whole(&self) -> Result<u32, WireError> {
        self.parse("a whole number from 0 to 4294967295")
    }

    /// A number. The standard library reads it to the last digit, where `serde_json` may be one digit off, and the bytes that
    /// are written again would differ.
    pub(crate) fn fraction(&self) -> Result<f64, WireError> {
        let number = self.raw().parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| self.invalid(format!("expected a number, found {}", self.kind())))
    }

    /// Any value.
    pub(crate) fn value(&self) -> Result<serde_json::Value, WireError> {
        self.parse("JSON")
    }
}

impl<'a> Fields<'a> {
    /// A member that is there and not null.
    pub(crate) fn get(&self, name: &str) -> Option<Node<'a>> {
        self.present(name).filter(|node| !node.is_null())
    }

    /// A member that is there, be it null.
    pub(crate) fn present(&self, name: &str) -> Option<Node<'a>> {
        self.members.get(name).map(|raw| Node { raw, path: join(&self.path, name) })
    }

    /// A member that has to be there.
    pub(crate) fn need(&self, name: &str) -> Result<Node<'a>, WireError> {
        self.get(name).ok_or_else(|| invalid(join(&self.path, name), "is required, and is missing"))
    }

    /// A string where there is one; an error where it is something else.
    pub(crate) fn string(&self, name: &str) -> Result<Option<String>, WireError> {
        self.get(name).map(|node| node.string()).transpose()
    }

    /// All members with their JSON text.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.members.iter().map(|(name, raw)| (name.as_str(), raw.get()))
    }

    /// Whether there are no members but these.
    pub(crate) fn only(&self, names: &[&str]) -> bool {
        self.members.keys().all(|name| names.contains(&name.as_str()))
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
