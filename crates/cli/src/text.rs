//! Everything that is written to the terminal goes through here: nothing of it steers the terminal, and errors carry no secrets. What
//! is printed because it was asked for (a new token, a diff that waits for a yes) is printed as it is.

use std::cell::RefCell;
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

pub(crate) use redact::inert;
use redact::redact_for_record;

/// A text on one line, with what cannot be seen spelled out: for names that somebody else chose.
pub(crate) fn one_line(text: &str) -> String {
    text.split('\n').map(|line| redact::visible(line).text).collect::<Vec<_>>().join("^J")
}

/// A line on standard output. A closed pipe ends the program quietly.
pub(crate) fn line(text: &str) {
    if !elsewhere(text, true) {
        answer(put(&mut std::io::stdout().lock(), text, true));
    }
}

/// A line of JSON on standard output. What must not steer a terminal is escaped as JSON does it, so that nothing is lost.
pub(crate) fn json(text: &str) {
    line(&redact::inert_json(text));
}

/// Text on standard output without a line break, shown at once.
pub(crate) fn part(text: &str) {
    if !elsewhere(text, false) {
        answer(put(&mut std::io::stdout().lock(), text, false));
    }
}

/// A line on standard error.
pub(crate) fn note(text: &str) {
    // Nobody reads it: there is no one to tell.
    let _ = elsewhere(text, true) || put(&mut std::io::stderr().lock(), text, true).is_ok();
}

/// Text on standard error without a line break.
pub(crate) fn note_part(text: &str) {
    let _ = elsewhere(text, false) || put(&mut std::io::stderr().lock(), text, false).is_ok();
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

/// Where lines go instead of the terminal.
type Sink = Arc<dyn Fn(&str) + Send + Sync>;

static SINK: RwLock<Option<Sink>> = RwLock::new(None);

thread_local! {
    /// What is said on this thread, as long as somebody collects it.
    static COLLECTED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From now on a screen owns the terminal: whatever is said is given to it, and nothing is written beside it.
pub(crate) fn divert(sink: impl Fn(&str) + Send + Sync + 'static) {
    *SINK.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(sink));
}

/// The terminal is nobody's any more.
pub(crate) fn restore() {
    if MARKED.swap(false, Ordering::Relaxed) {
        // Whoever comes next did not ask for marks. Nobody is there to be told of a failure.
        std::io::stderr().write_all(UNMARK).ok();
    }
    // A panic may hold it at this moment; then what follows is said to a screen that is gone, and not to nobody.
    if let Ok(mut sink) = SINK.try_write() {
        *sink = None;
    }
}

/// What `work` says, collected instead of written: a command whose text is shown elsewhere.
pub(crate) fn collect<T>(work: impl FnOnce() -> T) -> (T, String) {
    let before = COLLECTED.replace(Some(String::new()));
    let done = work();
    let said = COLLECTED.replace(before).unwrap_or_default();
    (done, said.trim_end().to_owned())
}

/// Whether the text went elsewhere than to the terminal.
fn elsewhere(text: &str, end: bool) -> bool {
    let collected = COLLECTED.with_borrow_mut(|collected| {
        let Some(collected) = collected else { return false };
        collected.push_str(&inert(text));
        if end {
            collected.push('\n');
        }
        true
    });
    if collected {
        return true;
    }
    // Taken out first: whoever is told may itself have something to say.
    let Some(sink) = SINK.read().unwrap_or_else(PoisonError::into_inner).clone() else { return false };
    let text = inert(text);
    if !text.trim().is_empty() {
        sink(text.trim_matches('\n'));
    }
    true
}

/// Log lines: on standard error, or wherever lines go.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if SINK.read().unwrap_or_else(PoisonError::into_inner).is_none() {
            return std::io::stderr().write(bytes);
        }
        note(String::from_utf8_lossy(bytes).trim_end());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
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
    restore();
    #[expect(clippy::exit, reason = "nobody is left to read what would follow")]
    std::process::exit(code);
}

/// The terminal was asked to mark what is pasted.
static MARKED: AtomicBool = AtomicBool::new(false);

const MARK: &[u8] = b"\x1b[?2004h";
const UNMARK: &[u8] = b"\x1b[?2004l";

/// The terminal marks what is pasted, or no longer does. What is told it is an order to the terminal: nothing that comes from elsewhere.
pub(crate) fn mark_pastes(on: bool) {
    let mut terminal = std::io::stderr().lock();
    let free = SINK.read().unwrap_or_else(PoisonError::into_inner).is_none();
    if free && terminal.is_terminal() {
        MARKED.store(on, Ordering::Relaxed);
        terminal.write_all(if on { MARK } else { UNMARK }).and_then(|()| terminal.flush()).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::{collect, line, note, one_line, part, put};

    #[test]
    fn what_a_command_says_can_be_collected_in_its_order() {
        let (done, said) = collect(|| {
            line("one");
            part("two ");
            let ((), inner) = collect(|| note("aside"));
            note(&format!("{inner}!\u{1b}[2J"));
            3
        });
        assert_eq!((done, said.as_str()), (3, "one\ntwo aside!"));
    }

    #[test]
    fn sec_49_a_name_stays_on_its_line() {
        assert_eq!(one_line("a\n\nb\u{1b}[2J\r\u{202e}c d"), "a^J^Jb^[[2J^M\\u{202e}c d");
    }

    #[test]
    fn sec_49_what_is_written_is_shown_and_not_obeyed() {
        let mut out = Vec::new();
        put(&mut out, "\u{1b}]0;mine\u{7}\u{1b}[2Jred\u{202e}txt \u{1b}[\r\nä 漢", true).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "red\u{fffd}txt \u{241b}[\nä 漢\n");
    }
}
