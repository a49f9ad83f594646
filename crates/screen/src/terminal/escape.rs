//! What a terminal is told besides text: notifications, title, clipboard, modes. Texts in them are inert.

use crossterm::Command as _;
use crossterm::clipboard::CopyToClipboard;

use crate::app::LONGEST_COPY;

/// How the person is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notify {
    /// Not at all.
    Off,
    /// By the terminal's bell.
    #[default]
    Bell,
    /// By a notification of the desktop (OSC 9).
    Desktop,
}

/// Longest text of a notification or a title, in characters.
const LONGEST: usize = 120;

/// Pasted text comes marked, the focus is told, the title is put aside, and whoever knows the kitty keyboard protocol says so.
pub(super) const ENTER: &[u8] = b"\x1b[?2004h\x1b[?1004h\x1b[22;2t\x1b[?u";
/// Undoes [`ENTER`].
pub(super) const LEAVE: &[u8] = b"\x1b[?2026l\x1b[?7h\x1b[0m\x1b[23;2t\x1b[?1004l\x1b[?2004l\x1b[?25h";
/// Keys that look alike otherwise (Shift-Enter and Enter, Ctrl-I and Tab) are told apart. Each screen has its own.
pub(super) const KEYBOARD: &[u8] = b"\x1b[>1u";
/// Undoes [`KEYBOARD`].
pub(super) const KEYBOARD_END: &[u8] = b"\x1b[<u";
/// Where is the cursor?
pub(super) const WHERE: &[u8] = b"\x1b[6n";
/// Where is the cursor in the last corner? That is the size that the terminal has when it reads this; what the system says comes earlier
/// or later than that (tmux: up to 250 ms).
pub(super) const HOW_LARGE: &[u8] = b"\x1b[?2026h\x1b7\x1b[9999;9999H\x1b[6n\x1b8\x1b[?2026l";
/// The alternate screen.
pub(super) const ALTERNATE: &[u8] = b"\x1b[?1049h";
/// Back from it.
pub(super) const ALTERNATE_END: &[u8] = b"\x1b[?1049l";

/// Calls the person.
pub(super) fn notify(how: Notify, tmux: bool, text: &str) -> Vec<u8> {
    match how {
        Notify::Off => Vec::new(),
        Notify::Bell => vec![0x07],
        Notify::Desktop => through(tmux, format!("\x1b]9;{}\x07", plain(text))),
    }
}

/// Sets the window's title.
pub(super) fn title(text: &str) -> Vec<u8> {
    format!("\x1b]2;{}\x07", plain(text)).into_bytes()
}

/// Puts text into the clipboard (OSC 52); nothing where it is longer than terminals take.
pub(super) fn copy(text: &str) -> Vec<u8> {
    if text.len() > LONGEST_COPY {
        return Vec::new();
    }
    let mut sequence = String::new();
    // A string takes everything.
    CopyToClipboard::to_clipboard_from(text).write_ansi(&mut sequence).ok();
    sequence.into_bytes()
}

/// tmux passes on what it does not know itself only where it is wrapped (`allow-passthrough`).
fn through(tmux: bool, sequence: String) -> Vec<u8> {
    if !tmux {
        return sequence.into_bytes();
    }
    format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")).into_bytes()
}

/// One line without anything that could end the sequence it stands in.
fn plain(text: &str) -> String {
    let inert = redact::inert(text);
    let line = inert.chars().map(|char| if char.is_control() { ' ' } else { char });
    line.take(LONGEST).collect()
}

#[cfg(test)]
#[path = "escape_tests.rs"]
mod tests;
