//! Everything that is written to the terminal goes through here.

use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// A line on standard output. A closed pipe ends the program quietly.
pub(crate) fn line(text: &str) {
    answer(put(&mut std::io::stdout().lock(), text, true));
}

/// A line of JSON on standard output. What must not steer a terminal is escaped as JSON does it, so that nothing is lost.
pub(crate) fn json(text: &str) {
    line(&escaped(text));
}

fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if shown(c) == c { escaped.push(c) } else { escaped.push_str(&format!("\\u{:04x}", c as u32)) }
    }
    escaped
}

/// Text on standard output without a line break, shown at once.
pub(crate) fn part(text: &str) {
    answer(put(&mut std::io::stdout().lock(), text, false));
}

/// A line on standard error.
pub(crate) fn note(text: &str) {
    // Nobody reads it: there is no one to tell.
    put(&mut std::io::stderr().lock(), text, true).ok();
}

/// Text on standard error without a line break.
pub(crate) fn note_part(text: &str) {
    put(&mut std::io::stderr().lock(), text, false).ok();
}

/// An error.
pub(crate) fn complain(text: &str) {
    note(&format!("error: {text}"));
}

/// Something that is probably not meant.
pub(crate) fn warn(text: &str) {
    note(&format!("warning: {text}"));
}

/// What to do about it.
pub(crate) fn hint(text: &str) {
    note(&format!("hint: {text}"));
}

fn put(out: &mut dyn Write, text: &str, end: bool) -> std::io::Result<()> {
    let clean = inert(text);
    if end {
        writeln!(out, "{clean}")?
    } else {
        write!(out, "{clean}")?
    }
    out.flush()
}

/// From now on a reader that leaves interrupts work: the end is not a success.
pub(crate) fn work_began() {
    WORKING.store(true, Ordering::Relaxed);
}

static WORKING: AtomicBool = AtomicBool::new(false);

/// Ends the program where what it was asked for cannot be written: quietly when the reader is gone (`| head`), with an error
/// otherwise (a full disk).
fn answer(written: std::io::Result<()>) {
    let Err(error) = written else { return };
    let code = match error.kind() {
        ErrorKind::BrokenPipe if WORKING.load(Ordering::Relaxed) => 130,
        ErrorKind::BrokenPipe => 0,
        _ => {
            complain(&format!("standard output cannot be written: {error}"));
            70
        }
    };
    #[expect(clippy::exit, reason = "nobody is left to read what would follow")]
    std::process::exit(code);
}

/// Text that comes from models, files and tools must not steer the terminal: control characters other than tab and line
/// break are shown as symbols, and so are the invisible characters that reorder or hide text.
pub(crate) fn inert(text: &str) -> String {
    text.chars().map(shown).collect()
}

fn shown(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => '\u{fffd}',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::{escaped, inert};

    #[test]
    fn json_keeps_every_character_and_shows_none_that_steers_a_terminal() {
        let text = "\u{1f469}\u{200d}\u{1f4bb} \u{9b}2J \u{202e}";
        let written = escaped(&serde_json::to_string(text).unwrap());
        assert_eq!(inert(&written), written);
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }

    #[test]
    fn escape_sequences_and_hidden_characters_are_shown_not_obeyed() {
        assert_eq!(inert("\u{1b}[2Jred\u{202e}txt\r\n"), "\u{241b}[2Jred\u{fffd}txt\u{240d}\n");
        assert_eq!(inert("a\tb\nä 漢"), "a\tb\nä 漢");
    }
}
