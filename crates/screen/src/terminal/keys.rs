//! Bytes of a terminal as what a person did there, and as its answers. Pure: it gets bytes, wherever their pieces were cut.
//!
//! A reader that owns standard input itself (crossterm's) waits for the rest of a sequence that never comes, holds a lock while it does,
//! and spins when the terminal goes away. This one is asked for what there is by now.

use std::collections::VecDeque;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use memchr::memmem;
use ratatui::layout::Position;
use termina::escape::csi::{Csi, Cursor, Keyboard};
use termina::{Event, Parser, event};

use crate::app::Input;

const PASTE: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

/// How long the rest of an escape sequence may take, in milliseconds; then it was the key.
const ESCAPE_MS: u64 = 20;
/// Text that is closer together than this comes from no keyboard, in milliseconds.
const BURST_MS: u64 = 2;
/// So long after one such paste more of it may come, in milliseconds.
const BURSTS_MS: u64 = 50;
/// How long a paste may stop in its middle, in milliseconds; then its end is lost.
const PASTE_MS: u64 = 2_000;
/// Bytes of a paste that are kept.
const LARGEST_PASTE: usize = 16 << 20;
/// Bytes of a sequence that holds a text.
const LARGEST_STRING: usize = 65_536;

/// What came.
#[derive(Debug)]
pub(super) enum Heard {
    /// A key, a paste, the focus.
    Input(Input),
    /// Where the cursor stands, from 0.
    Cursor(Position),
    /// The terminal knows the kitty keyboard protocol.
    Keyboard,
}

/// Reads input.
#[derive(Default)]
pub(super) struct Keys {
    parser: Parser,
    /// The begin of a sequence, or of a character.
    held: Vec<u8>,
    /// Text with a line break in it that came at once: typed, or pasted by a terminal that does not mark what is pasted.
    burst: Option<Vec<u8>>,
    /// A paste whose end has not come.
    paste: Option<Vec<u8>>,
    /// When the last bytes came.
    last_ms: u64,
    /// When the last text came, and when the last one that was a paste.
    text_ms: Option<u64>,
    burst_ms: Option<u64>,
    heard: VecDeque<Heard>,
}

/// The next thing in a number of bytes, and how many it takes.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// Characters, blanks and line breaks.
    Text(usize),
    /// A sequence, or a control character.
    Sequence(usize),
    /// The begin of one of them.
    Unfinished,
}

impl Keys {
    /// More bytes.
    pub(super) fn take(&mut self, bytes: &[u8], now_ms: u64) {
        self.last_ms = now_ms;
        let mut rest = std::mem::take(&mut self.held);
        rest.extend_from_slice(bytes);
        while !rest.is_empty() {
            rest = if self.paste.is_some() { self.pasted(rest) } else { self.typed(&rest, now_ms) };
        }
    }

    /// Nothing came for a while: what is due was all.
    pub(super) fn flush(&mut self, now_ms: u64) {
        let quiet = now_ms.checked_sub(self.last_ms);
        let is_due = |limit| quiet.is_none_or(|quiet| quiet >= limit);
        if self.burst.is_some() && is_due(BURST_MS) {
            self.end_burst();
        }
        if !self.held.is_empty() && is_due(ESCAPE_MS) {
            match *std::mem::take(&mut self.held).as_slice() {
                [0x1b] => self.key(KeyCode::Esc, KeyModifiers::NONE),
                [0x1b, char] => self.broken_off(char),
                _ => {}
            }
        }
        if is_due(PASTE_MS)
            && let Some(paste) = self.paste.take()
        {
            self.paste_text(&paste);
        }
    }

    /// Milliseconds until [`Keys::flush`] is wanted if nothing comes; none: it is not.
    pub(super) fn wait_ms(&self, now_ms: u64) -> Option<u64> {
        let held = (!self.held.is_empty()).then_some(ESCAPE_MS);
        let limits = [held, self.burst.as_ref().map(|_| BURST_MS), self.paste.as_ref().map(|_| PASTE_MS)];
        let limit = limits.into_iter().flatten().min()?;
        Some(now_ms.checked_sub(self.last_ms).map_or(0, |quiet| limit.saturating_sub(quiet)))
    }

    /// The oldest thing that was heard.
    pub(super) fn next(&mut self) -> Option<Heard> {
        self.heard.pop_front()
    }

    /// Bytes outside of a paste; those that come behind the begin of one.
    fn typed(&mut self, bytes: &[u8], now_ms: u64) -> Vec<u8> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match next(rest) {
                Next::Text(length) => {
                    self.text(&rest[..length], now_ms);
                    rest = &rest[length..];
                }
                Next::Sequence(length) => {
                    self.end_burst();
                    self.burst_ms = None;
                    let (sequence, behind) = rest.split_at(length);
                    rest = behind;
                    match sequence {
                        PASTE => {
                            self.paste = Some(Vec::new());
                            return rest.to_vec();
                        }
                        // Of a paste that was given up.
                        PASTE_END => {}
                        [0x1b, char] if begins(*char) => self.broken_off(*char),
                        _ => self.parse(sequence),
                    }
                }
                Next::Unfinished => {
                    self.held = rest.to_vec();
                    break;
                }
            }
        }
        Vec::new()
    }

    /// A sequence that nobody goes on with: only its begin came, which is what a key with Alt sends.
    fn broken_off(&mut self, char: u8) {
        if begins(char) {
            self.key(KeyCode::Char(char::from(char)), KeyModifiers::ALT);
        }
    }

    fn text(&mut self, text: &[u8], now_ms: u64) {
        let within = |since: Option<u64>, limit| since.is_some_and(|since| now_ms.saturating_sub(since) < limit);
        if let Some(burst) = &mut self.burst {
            burst.extend_from_slice(text);
        } else if text.iter().copied().any(breaks) && (!breaks(text[0]) || within(self.text_ms, BURST_MS)) {
            self.burst = Some(text.to_vec());
        } else {
            self.parse(text);
        }
        if !text.iter().copied().all(breaks) {
            self.text_ms = Some(now_ms);
        }
        if self.burst.is_some() && within(self.burst_ms, BURSTS_MS) {
            self.end_burst_as(true);
        }
    }

    /// What came at once is a paste where something follows its first line; where it only ends with a line break it was typed by
    /// something quick, or by somebody whose keys came late.
    fn end_burst(&mut self) {
        let Some(burst) = &self.burst else { return };
        let lines = unix(&String::from_utf8_lossy(burst));
        let is_paste = lines.find('\n').is_some_and(|at| at + 1 < lines.len());
        self.end_burst_as(is_paste);
    }

    fn end_burst_as(&mut self, is_paste: bool) {
        let Some(burst) = self.burst.take() else { return };
        if is_paste {
            self.burst_ms = Some(self.last_ms);
            self.paste_text(&burst);
        } else {
            self.parse(&burst);
        }
    }

    fn paste_text(&mut self, bytes: &[u8]) {
        self.heard.push_back(Heard::Input(Input::Paste(unix(&String::from_utf8_lossy(bytes)))));
    }

    fn pasted(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        let Some(paste) = &mut self.paste else { return bytes };
        // The end may be cut in two.
        let from = paste.len().saturating_sub(PASTE_END.len() - 1);
        paste.extend_from_slice(&bytes);
        let Some(at) = memmem::find(&paste[from..], PASTE_END).map(|at| from + at) else {
            if paste.len() > LARGEST_PASTE + PASTE_END.len() {
                let tail = paste.split_off(paste.len() - PASTE_END.len());
                paste.truncate(LARGEST_PASTE);
                paste.extend(tail);
            }
            return Vec::new();
        };
        let rest = paste.split_off(at + PASTE_END.len());
        paste.truncate(at.min(LARGEST_PASTE));
        let paste = self.paste.take().unwrap_or_default();
        self.paste_text(&paste);
        rest
    }

    /// What is complete. Nothing of it stays behind: the parser would go on with it for ever.
    fn parse(&mut self, bytes: &[u8]) {
        for chunk in bytes.utf8_chunks() {
            self.parser.parse(chunk.valid().as_bytes(), false);
        }
        let mut is_read = false;
        while let Some(event) = self.parser.pop() {
            is_read = true;
            match event {
                Event::Key(key) if key.kind != event::KeyEventKind::Release => {
                    if let Some(code) = code(key.code) {
                        self.key(code, modifiers(key.modifiers));
                    }
                }
                Event::FocusIn => self.heard.push_back(Heard::Input(Input::Focus(true))),
                Event::FocusOut => self.heard.push_back(Heard::Input(Input::Focus(false))),
                Event::Paste(text) => self.heard.push_back(Heard::Input(Input::Paste(text))),
                Event::Csi(Csi::Cursor(Cursor::ActivePositionReport { line, col })) => {
                    let at = Position { x: col.get_zero_based(), y: line.get_zero_based() };
                    self.heard.push_back(Heard::Cursor(at));
                }
                Event::Csi(Csi::Keyboard(Keyboard::ReportFlags(_))) => self.heard.push_back(Heard::Keyboard),
                _ => {}
            }
        }
        if !is_read {
            self.parser = Parser::default();
        }
    }

    fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        let key = KeyEvent::new_with_kind(code, modifiers, KeyEventKind::Press);
        self.heard.push_back(Heard::Input(Input::Key(key)));
    }
}

fn next(bytes: &[u8]) -> Next {
    let is_text = |byte: &u8| !byte.is_ascii_control() || matches!(byte, b'\r' | b'\n' | b'\t');
    match bytes.iter().position(|byte| !is_text(byte)) {
        Some(0) => sequence(bytes),
        Some(length) => Next::Text(length),
        None => match bytes.utf8_chunks().last().map(|chunk| chunk.invalid()) {
            Some(cut) if is_begin(cut) && cut.len() == bytes.len() => Next::Unfinished,
            Some(cut) if is_begin(cut) => Next::Text(bytes.len() - cut.len()),
            _ => Next::Text(bytes.len()),
        },
    }
}

/// Whether more bytes may make a character of it.
fn is_begin(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

fn sequence(bytes: &[u8]) -> Next {
    let length = match bytes {
        [0x1b] => None,
        // Two keys, or one and a sequence.
        [0x1b, 0x1b, ..] => Some(1),
        [0x1b, b'[', rest @ ..] => control(rest).map(|length| 2 + length),
        [0x1b, b'O', rest @ ..] => match rest {
            [] => None,
            [0x20..0x7f, ..] => Some(3),
            _ => Some(2),
        },
        [0x1b, b']' | b'P' | b'X' | b'^' | b'_', rest @ ..] => string(rest).map(|length| 2 + length),
        [0x1b, rest @ ..] => {
            let length = (1..=rest.len().min(4)).find(|length| !is_begin(&rest[..*length]));
            length.map(|length| 1 + length)
        }
        _ => Some(1),
    };
    length.map_or(Next::Unfinished, Next::Sequence)
}

/// Length of the rest of a control sequence; one with something else in it ends before that.
fn control(rest: &[u8]) -> Option<usize> {
    // The function keys of the Linux console.
    let from = usize::from(rest.first() == Some(&b'['));
    let at = from + rest.get(from..)?.iter().position(|byte| !(0x20..0x40).contains(byte))?;
    Some(if (0x40..0x7f).contains(&rest[at]) { at + 1 } else { at })
}

/// Length of the rest of a sequence that holds a text. Longer ones than this nobody sends us.
fn string(rest: &[u8]) -> Option<usize> {
    let end = rest.iter().position(|byte| matches!(byte, 0x07 | 0x1b));
    match end {
        Some(at) if rest[at] == 0x07 => Some(at + 1),
        Some(at) => match rest.get(at + 1) {
            Some(b'\\') => Some(at + 2),
            Some(_) => Some(at),
            None => None,
        },
        None => (rest.len() > LARGEST_STRING).then_some(rest.len()),
    }
}

/// Whether it begins a sequence behind an escape.
fn begins(byte: u8) -> bool {
    matches!(byte, b'[' | b'O' | b']' | b'P' | b'X' | b'^' | b'_')
}

fn breaks(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

fn unix(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn code(code: event::KeyCode) -> Option<KeyCode> {
    Some(match code {
        event::KeyCode::Char(char) => KeyCode::Char(char),
        event::KeyCode::Enter => KeyCode::Enter,
        event::KeyCode::Backspace => KeyCode::Backspace,
        event::KeyCode::Tab => KeyCode::Tab,
        event::KeyCode::Escape => KeyCode::Esc,
        event::KeyCode::Left => KeyCode::Left,
        event::KeyCode::Right => KeyCode::Right,
        event::KeyCode::Up => KeyCode::Up,
        event::KeyCode::Down => KeyCode::Down,
        event::KeyCode::Home => KeyCode::Home,
        event::KeyCode::End => KeyCode::End,
        event::KeyCode::BackTab => KeyCode::BackTab,
        event::KeyCode::PageUp => KeyCode::PageUp,
        event::KeyCode::PageDown => KeyCode::PageDown,
        event::KeyCode::Insert => KeyCode::Insert,
        event::KeyCode::Delete => KeyCode::Delete,
        event::KeyCode::Function(number) => KeyCode::F(number),
        _ => return None,
    })
}

fn modifiers(modifiers: event::Modifiers) -> KeyModifiers {
    let mut all = KeyModifiers::NONE;
    for (one, other) in [
        (event::Modifiers::SHIFT, KeyModifiers::SHIFT),
        (event::Modifiers::CONTROL, KeyModifiers::CONTROL),
        (event::Modifiers::ALT, KeyModifiers::ALT),
        (event::Modifiers::SUPER, KeyModifiers::SUPER),
        (event::Modifiers::HYPER, KeyModifiers::HYPER),
        (event::Modifiers::META, KeyModifiers::META),
    ] {
        if modifiers.contains(one) {
            all |= other;
        }
    }
    all
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
