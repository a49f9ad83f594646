//! Everything that is written to the terminal goes through here: nothing of it steers the terminal, and errors carry no secrets. What
//! is printed because it was asked for (a new token, a diff that waits for a yes) is printed as it is.

use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) use redact::inert;
use redact::redact_for_record;

/// A line on standard output. A closed pipe ends the program quietly.
pub(crate) fn line(text: &str) {
    answer(put(&mut std::io::stdout().lock(), text, true));
}

/// A line of JSON on standard output. What must not steer a terminal is escaped as JSON does it, so that nothing is lost.
pub(crate) fn json(text: &str) {
    line(&redact::inert_json(text));
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
    note(&redact_for_record(&format!("error: {text}")));
}

/// Something that is probably not meant.
pub(crate) fn warn(text: &str) {
    note(&redact_for_record(&format!("warning: {text}")));
}

/// What to do about it.
pub(crate) fn hint(text: &str) {
    note(&redact_for_record(&format!("hint: {text}")));
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

/// The terminal marks what is pasted, or no longer does. What is told it is an order to the terminal: nothing that comes from elsewhere.
pub(crate) fn mark_pastes(on: bool) {
    let mut terminal = std::io::stderr().lock();
    if terminal.is_terminal() {
        terminal.write_all(if on { b"\x1b[?2004h" } else { b"\x1b[?2004l" }).and_then(|()| terminal.flush()).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::put;

    #[test]
    fn sec_49_what_is_written_is_shown_and_not_obeyed() {
        let mut out = Vec::new();
        put(&mut out, "\u{1b}]0;mine\u{7}\u{1b}[2Jred\u{202e}txt \u{1b}[\r\nä 漢", true).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "red\u{fffd}txt \u{241b}[\nä 漢\n");
    }
}
