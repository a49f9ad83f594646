//! Untrusted text for a person who decides about it.

use std::fmt::{self, Display, Formatter, Write as _};

use crate::characters::{self, Class, MARKS, class};

/// Spaces and tabs in a row that are shown as they are. Deeper indentation than this is rare; longer runs push what follows out of
/// sight.
const SPACES: usize = 40;

/// Line breaks in a row that are shown as they are.
const BREAKS: usize = 3;

/// All of a text, with what cannot be seen spelled out, and its size in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visible {
    /// To be shown. Contains nothing that steers a terminal.
    pub text: String,
    /// Characters of the original.
    pub characters: usize,
    /// Lines of the original.
    pub lines: usize,
    /// Characters of the original that cannot be seen and are spelled out.
    pub hidden: usize,
    /// Runs of blanks that are told by their length, because they would push the rest out of sight.
    pub folded: usize,
}

impl Visible {
    /// Size and what was done, for example `4012 characters in 1 line; 1 long run of blanks is shown by length`.
    pub fn summary(&self) -> String {
        let mut said = format!("{} in {}", count(self.characters, "character"), count(self.lines, "line"));
        if self.hidden > 0 {
            let verb = if self.hidden == 1 { "is" } else { "are" };
            write!(said, "; {} that cannot be seen {verb} spelled out", count(self.hidden, "character")).ok();
        }
        if self.folded > 0 {
            let verb = if self.folded == 1 { "is" } else { "are" };
            write!(said, "; {} of blanks {verb} shown by length", count(self.folded, "long run")).ok();
        }
        said
    }

    /// Whether something in it is not what it looks like; a reason not to offer "always".
    pub fn is_deceptive(&self) -> bool {
        self.hidden > 0 || self.folded > 0
    }
}

impl Display for Visible {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The whole of a text for a person to approve: nothing is dropped. Control characters are spelled `^[`, others that cannot be seen
/// (and spaces that are none to a shell) `\u{202e}`; runs of more than 40 blanks or 3 line breaks are told by their length.
pub fn visible(text: &str) -> Visible {
    let mut shown = Visible {
        text: String::with_capacity(text.len()),
        characters: text.chars().count(),
        lines: text.lines().count().max(1),
        hidden: 0,
        folded: 0,
    };
    let mut marks = 0;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let run = run(rest, c);
        if run > limit(c) {
            shown.fold(c, run);
            // A run is of one ASCII character.
            rest = rest.get(run..).unwrap_or_default();
            marks = 0;
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        marks = if class(c) == Class::Mark { marks + 1 } else { 0 };
        shown.put(c, marks);
    }
    shown
}

/// How often the blank that a text begins with is repeated; 1 for anything else.
fn run(text: &str, c: char) -> usize {
    if limit(c) == usize::MAX { 1 } else { text.chars().take_while(|next| *next == c).count() }
}

fn limit(c: char) -> usize {
    match c {
        ' ' | '\t' => SPACES,
        '\n' => BREAKS,
        _ => usize::MAX,
    }
}

impl Visible {
    fn fold(&mut self, c: char, run: usize) {
        self.folded += 1;
        let what = match c {
            '\n' => "line breaks",
            '\t' => "tabs",
            _ => "spaces",
        };
        let around = if c == '\n' { '\n' } else { ' ' };
        write!(self.text, "{around}\u{27e8}{run} {what}\u{27e9}{around}").ok();
    }

    fn put(&mut self, c: char, marks: usize) {
        match class(c) {
            Class::Plain if !characters::is_odd_space(c) => self.text.push(c),
            Class::Mark if marks <= MARKS => self.text.push(c),
            Class::Control if c.is_ascii() => {
                self.hidden += 1;
                self.text.push('^');
                // `^[` for escape, `^?` for delete: as every terminal writes them.
                self.text.push(char::from((c as u8) ^ 0x40));
            }
            _ => {
                self.hidden += 1;
                write!(self.text, "{}", c.escape_unicode()).ok();
            }
        }
    }
}

#[cfg(test)]
#[path = "visible_tests.rs"]
mod tests;
