//! JSON text put together by hand, in the order it is said: request bytes are cache keys, so nothing may reorder them.

use serde_json::{Map, Value};

/// A string as a JSON string.
pub(crate) fn string(text: &str) -> String {
    // Writing a string into memory has no way to fail.
    serde_json::to_string(text).unwrap_or_default()
}

/// An array of JSON values.
pub(crate) fn array<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> String {
    let mut text = String::from("[");
    for value in values {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(value.as_ref());
    }
    text.push(']');
    text
}

/// The arguments of a tool call as the text of a JSON object: as the model wrote them where they are one, else `{}`.
///
/// The text itself is kept, because a value that was read and written again would not give the same bytes. What does not
/// parse is replaced: a provider refuses the whole request over it, and the tool's answer says what was wrong.
pub(crate) fn object_text(arguments: &str) -> &str {
    let text = arguments.trim();
    match serde_json::from_str::<Map<String, Value>>(text) {
        Ok(_) => text,
        Err(_) => "{}",
    }
}

/// A JSON object under construction.
pub(crate) struct Object {
    text: String,
}

impl Object {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self { text: String::from("{") }
    }

    /// One whose first member says its type.
    pub(crate) fn of_type(kind: &str) -> Self {
        Self::new().text("type", kind)
    }

    /// Adds a member that is JSON text already.
    pub(crate) fn raw(mut self, name: &str, json: &str) -> Self {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.text.push_str(&string(name));
        self.text.push(':');
        self.text.push_str(json);
        self
    }

    /// Adds a string.
    pub(crate) fn text(self, name: &str, text: &str) -> Self {
        let json = string(text);
        self.raw(name, &json)
    }

    /// Adds a whole number.
    pub(crate) fn number(self, name: &str, number: u64) -> Self {
        self.raw(name, &number.to_string())
    }

    /// Adds a fraction, unless JSON has no word for it (infinite, not a number).
    pub(crate) fn fraction(self, name: &str, number: Option<f64>) -> Self {
        match number.and_then(serde_json::Number::from_f64) {
            Some(number) => self.raw(name, &number.to_string()),
            None => self,
        }
    }

    /// Adds true or false.
    pub(crate) fn flag(self, name: &str, flag: bool) -> Self {
        self.raw(name, if flag { "true" } else { "false" })
    }

    /// Adds a member where there is one.
    pub(crate) fn raw_if(self, name: &str, json: Option<&str>) -> Self {
        match json {
            Some(json) => self.raw(name, json),
            None => self,
        }
    }

    /// The object, closed.
    pub(crate) fn end(mut self) -> String {
        self.text.push('}');
        self.text
    }

    /// The object so far, still open.
    pub(crate) fn open(self) -> String {
        self.text
    }
}
