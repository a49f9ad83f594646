//! Untrusted text for a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::characters::{self, Class, JOINER, MARKS, class};
use crate::sequence;

/// Text that a terminal only shows: whatever it was, printing the result moves no cursor, changes no title, colour or clipboard, draws
/// no answer from the terminal and reorders nothing.
///
/// Whole escape sequences are dropped. Other control characters, and the beginning of a sequence without an end, are shown as their
/// symbols (`␛`); line breaks and tabs stay, and a carriage return before a line break is dropped. Each run of characters without a
/// shape (bidirectional controls, zero-width characters, tags, stray variation selectors) becomes one `U+FFFD`. Joiners and selectors
/// stay inside emoji, and marks stay up to [`MARKS`] on one character. Takes time in proportion to the text; what is plain already is
/// not copied.
///
/// Use [`visible`](crate::visible) instead where a person decides about the text.
pub fn inert(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b'\n' | b'\t' | b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut written = Written::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(length) = sequence::length(rest) {
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        written.put(c, rest.chars().next());
    }
    if written.text == text { Cow::Borrowed(text) } else { Cow::Owned(written.text) }
}

/// JSON for a terminal: what [`inert`] would take out or show as a symbol is escaped as JSON does it, so that nothing is lost. The text
/// has to be JSON already; such characters stand in its strings only.
pub fn inert_json(json: &str) -> Cow<'_, str> {
    let is_plain = |c: char| matches!(class(c), Class::Plain | Class::Mark);
    if json.chars().all(is_plain) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if is_plain(c) {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(escaped, "\\u{unit:04x}").ok();
            }
        }
    }
    Cow::Owned(escaped)
}

/// What has been written, and how it ends.
struct Written {
    text: String,
    /// Last character that stands in the text.
    before: Option<char>,
    /// Marks on the last base character.
    marks: usize,
    /// The last character that was read had no shape, and its place is taken.
    in_gap: bool,
}

impl Written {
    fn with_capacity(bytes: usize) -> Self {
        // Marks can make up nearly all of a text and are dropped.
        Self { text: String::with_capacity(bytes.min(1 << 20)), before: None, marks: 0, in_gap: false }
    }

    fn put(&mut self, c: char, next: Option<char>) {
        let class = class(c);
        let was_in_gap = std::mem::take(&mut self.in_gap);
        match class {
            Class::Plain => self.base(c),
            Class::Control if c == '\r' && next == Some('\n') => {}
            Class::Control => self.base(symbol(c)),
            Class::Mark if self.marks < MARKS => {
                self.marks += 1;
                self.push(c);
            }
            Class::Mark => {}
            Class::Hidden if may_stay(self.before, c, next) => self.push(c),
            Class::Hidden if characters::is_spelling(c, self.before) => {}
            Class::Hidden => {
                if !was_in_gap {
                    self.base(char::REPLACEMENT_CHARACTER);
                }
                self.in_gap = true;
            }
        }
    }

    fn base(&mut self, c: char) {
        self.marks = 0;
        self.push(c);
    }

    fn push(&mut self, c: char) {
        self.text.push(c);
        self.before = Some(c);
    }
}

/// Whether a character without a shape belongs to a picture.
fn may_stay(before: Option<char>, c: char, next: Option<char>) -> bool {
    let Some(before) = before else { return false };
    if c == JOINER {
        let is_picture = characters::is_pictograph(before) || characters::chooses_a_shape(before);
        is_picture && next.is_some_and(characters::is_pictograph)
    } else {
        characters::chooses_a_shape(c) && characters::has_two_shapes(before)
    }
}

/// The picture that Unicode has for a control character.
fn symbol(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

#[cfg(test)]
#[path = "inert_tests.rs"]
mod tests;
