//! Bytes of a terminal as what a person did there, and as its answers. Pure: it gets bytes, wherever their pieces were cut.
//!
//! A reader that owns standard input itself (crossterm's) waits for the rest of a sequence that never comes, holds a lock while it does,
//! and spins when the terminal goes away. This one is asked for what there is by now.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::Position;
use termina::escape::csi::{Csi, Cursor, Keyboard};
use termina::{Event, Parser, event};

use crate::app::Input;

const PASTE: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

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
    /// What may be the begin of a paste, or of any other sequence: a lone escape above all.
    held: Vec<u8>,
    /// A paste whose end has not come.
    paste: Option<Vec<u8>>,
    heard: std::collections::VecDeque<Heard>,
}

impl Keys {
    /// More bytes.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        let mut rest = std::mem::take(&mut self.held);
        rest.extend_from_slice(bytes);
        while !rest.is_empty() {
            rest = if self.paste.is_some() { self.pasted(rest) } else { self.typed(rest) };
        }
    }

    /// Nothing came for a while: what was held was all.
    pub(super) fn flush(&mut self) {
        let held = std::mem::take(&mut self.held);
        match held.as_slice() {
            [] => {}
            // Neither is the begin of a sequence that somebody still sends.
            [0x1b, b'['] => self.key(KeyCode::Char('['), KeyModifiers::ALT),
            _ => self.parse(&held),
        }
    }

    /// Whether [`Keys::flush`] is wanted when nothing comes.
    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// The oldest thing that was heard.
    pub(super) fn next(&mut self) -> Option<Heard> {
        self.heard.pop_front()
    }

    fn typed(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        if let Some(at) = find(&bytes, PASTE) {
            self.parse(&bytes[..at]);
            self.paste = Some(Vec::new());
            return bytes[at + PASTE.len()..].to_vec();
        }
        let held = (1..PASTE.len()).rev().find(|length| bytes.ends_with(&PASTE[..*length])).unwrap_or(0);
        let (now, later) = bytes.split_at(bytes.len() - held);
        self.parse(now);
        self.held = later.to_vec();
        Vec::new()
    }

    fn pasted(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        let Some(paste) = &mut self.paste else { return bytes };
        // The end may be cut in two.
        let from = paste.len().saturating_sub(PASTE_END.len() - 1);
        paste.extend_from_slice(&bytes);
        let Some(at) = find(&paste[from..], PASTE_END).map(|at| from + at) else { return Vec::new() };
        let rest = paste.split_off(at + PASTE_END.len());
        let text = String::from_utf8_lossy(&paste[..at]).replace("\r\n", "\n").replace('\r', "\n");
        self.paste = None;
        self.heard.push_back(Heard::Input(Input::Paste(text)));
        rest
    }

    fn parse(&mut self, bytes: &[u8]) {
        self.parser.parse(bytes, false);
        while let Some(event) = self.parser.pop() {
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
    }

    fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        let key = KeyEvent::new_with_kind(code, modifiers, KeyEventKind::Press);
        self.heard.push_back(Heard::Input(Input::Key(key)));
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, what)
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
