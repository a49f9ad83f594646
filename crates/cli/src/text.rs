//! Everything that is written to the terminal goes through here.

use std::io::Write;

/// A line on standard output. A closed pipe ends the program quietly.
pub(crate) fn line(text: &str) {
    put(&mut std::io::stdout().lock(), text, true);
}

/// Text on standard output without a line break, shown at once.
pub(crate) fn part(text: &str) {
    put(&mut std::io::stdout().lock(), text, false);
}

/// A line on standard error.
pub(crate) fn note(text: &str) {
    put(&mut std::io::stderr().lock(), text, true);
}

/// Text on standard error without a line break.
pub(crate) fn note_part(text: &str) {
    put(&mut std::io::stderr().lock(), text, false);
}

/// An error.
pub(crate) fn complain(text: &str) {
    note(&format!("error: {text}"));
}

/// What to do about it.
pub(crate) fn hint(text: &str) {
    note(&format!("hint: {text}"));
}

fn put(out: &mut dyn Write, text: &str, end: bool) {
    let clean = inert(text);
    let written = if end { writeln!(out, "{clean}") } else { write!(out, "{clean}") };
    if written.and_then(|()| out.flush()).is_err() {
        // The reader is gone (`| head`): there is nobody to tell.
        std::process::exit(0);
    }
}

/// Text that comes from models, files and tools must not steer the terminal: control characters other than tab and line
/// break are shown as symbols, and so are the invisible characters that reorder or hide text.
pub(crate) fn inert(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
            '\u{7f}' => '\u{2421}',
            '\u{80}'..='\u{9f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => '\u{fffd}',
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn escape_sequences_and_hidden_characters_are_shown_not_obeyed() {
        assert_eq!(inert("\u{1b}[2Jred\u{202e}txt\r\n"), "\u{241b}[2Jred\u{fffd}txt\u{240d}\n");
        assert_eq!(inert("a\tb\nä 漢"), "a\tb\nä 漢");
    }
}
