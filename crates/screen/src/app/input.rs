//! What comes to the screen, and what it wants of the terminal.

use crossterm::event::KeyEvent;

use crate::feed::Feed;

/// What happened.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "an input is handed over once and never kept")]
pub(crate) enum Input {
    /// A key was pressed. Releases are not told.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The window got (or lost) the focus.
    Focus(bool),
    /// The terminal has another size: [`App::draw`](super::App::draw) is told which.
    Resize,
    /// The time asked for by [`App::next_tick_ms`](super::App::next_tick_ms) has come.
    Tick,
    /// The session has something to show.
    Feed(Feed),
}

/// Longest text for the clipboard, in bytes: terminals ignore more (xterm: 100,000 characters of base64).
pub(crate) const LONGEST_COPY: usize = 74_000;

/// What the terminal is asked to do besides drawing. Texts are plain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// The person should look here.
    Notify(String),
    /// The window's title.
    Title(String),
    /// To the clipboard: [`LONGEST_COPY`] bytes at most.
    Copy(String),
    /// The program is put to sleep, as the shell's Ctrl-Z does.
    Suspend,
    /// Everything is drawn anew.
    Clear,
}
