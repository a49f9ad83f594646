//! A terminal that is not one, for tests of everything above it: the real driver writes its bytes into a parser of terminal bytes, and
//! the test reads what a person would see, scrollback and all.
#![allow(dead_code, reason = "what a terminal can do: not every test asks for all of it")]

use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Size};

use super::driver::{Driver, Outside, Wish};
use super::escape::Notify;
use super::keys::{Heard, Keys};
use crate::app::{self, App, Input};
use crate::composer::{Files, History};
use crate::feed::{Act, Feed};
use crate::text::Colors;

#[path = "../../tests/support/reflow.rs"]
pub(crate) mod reflow;

/// Rows of scrollback that are kept.
const SCROLLBACK: usize = 20_000;

/// What a terminal was told besides text.
#[derive(Default)]
pub(crate) struct Told {
    /// Titles, in order.
    pub(crate) titles: Vec<String>,
    /// Base64 texts for the clipboard.
    pub(crate) copies: Vec<String>,
    /// How often the bell rang.
    pub(crate) bells: usize,
    /// Notifications (OSC 9).
    pub(crate) notes: Vec<String>,
    /// Control characters and sequences that no terminal need know.
    pub(crate) unknown: Vec<String>,
    /// Where the cursor was when it was asked for.
    asked: Vec<Position>,
    /// Lines are cut, not wrapped.
    cuts: bool,
}

impl reflow::Cuts for Told {
    fn cuts(&self) -> bool {
        self.cuts
    }
}

impl vt100::Callbacks for Told {
    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.bells += 1;
    }

    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.titles.push(String::from_utf8_lossy(title).into_owned());
    }

    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.copies.push(String::from_utf8_lossy(data).into_owned());
    }

    fn unhandled_control(&mut self, _: &mut vt100::Screen, byte: u8) {
        self.unknown.push(format!("control {byte:#x}"));
    }

    fn unhandled_csi(&mut self, screen: &mut vt100::Screen, i1: Option<u8>, _: Option<u8>, params: &[&[u16]], c: char) {
        match (i1, params, c) {
            (Some(b'?'), [[7]], 'h' | 'l') => self.cuts = c == 'l',
            (None, [[6]], 'n') => {
                let (y, x) = screen.cursor_position();
                self.asked.push(Position { x, y });
            }
            (Some(b'?'), [[2026 | 1004]], 'h' | 'l')
            | (Some(b'?'), [] | [[0]], 'u')
            | (Some(b'<' | b'>'), _, 'u')
            | (None, [[22 | 23], [2]], 't') => {}
            _ => self.unknown.push(format!("CSI {i1:?} {params:?} {c}")),
        }
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, params: &[&[u8]]) {
        match params {
            [b"9", text] => self.notes.push(String::from_utf8_lossy(text).into_owned()),
            _ => self.unknown.push(format!("OSC {params:?}")),
        }
    }
}

/// An [`App`] on a terminal.
pub(crate) struct Virtual {
    driver: Driver,
    keys: Keys,
    terminal: vt100::Parser<Told>,
    now_ms: u64,
    /// What was done by the person, in order.
    pub(crate) acts: Vec<Act>,
    /// Everything that was written.
    pub(crate) written: Vec<u8>,
    /// It was asked to sleep.
    pub(crate) asleep: usize,
}

impl Virtual {
    /// An app with the options that tests have, on an empty terminal; the first frame is drawn.
    pub(crate) fn new(cols: u16, rows: u16) -> Self {
        Self::of(App::new(options(&[])), cols, rows)
    }

    /// This app, on an empty terminal; the first frame is drawn.
    pub(crate) fn of(app: App, cols: u16, rows: u16) -> Self {
        let outside = Outside { notify: Notify::Desktop, tmux: false };
        let driver = Driver::new(app, outside, Size { width: cols, height: rows }, Some(0));
        let terminal = vt100::Parser::new_with_callbacks(some(rows), some(cols), SCROLLBACK, Told::default());
        let mut all = Self {
            driver,
            keys: Keys::default(),
            terminal,
            now_ms: 0,
            acts: Vec::new(),
            written: Vec::new(),
            asleep: 0,
        };
        all.settle();
        all
    }

    /// Shows something, and draws it.
    pub(crate) fn feed(&mut self, feed: Feed) -> &mut Self {
        self.input(Input::Feed(feed))
    }

    /// Several at once, drawn together.
    pub(crate) fn feeds(&mut self, feeds: impl IntoIterator<Item = Feed>) -> &mut Self {
        for feed in feeds {
            let acts = self.driver.input(Input::Feed(feed), self.now_ms);
            self.acts.extend(acts);
        }
        self.settle();
        self
    }

    /// Anything else that may happen.
    pub(crate) fn input(&mut self, input: Input) -> &mut Self {
        let acts = self.driver.input(input, self.now_ms);
        self.acts.extend(acts);
        self.settle();
        self
    }

    /// A key by its name: `enter`, `esc`, `ctrl-o`, `shift-tab`, `alt-enter`, `a`, `f1`.
    pub(crate) fn key(&mut self, name: &str) -> &mut Self {
        self.input(Input::Key(key(name)))
    }

    /// Each character as a key.
    pub(crate) fn typed(&mut self, text: &str) -> &mut Self {
        for char in text.chars() {
            let code = if char == '\n' { KeyCode::Enter } else { KeyCode::Char(char) };
            self.input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        }
        self
    }

    /// Pasted text.
    pub(crate) fn paste(&mut self, text: &str) -> &mut Self {
        self.input(Input::Paste(text.to_owned()))
    }

    /// What the terminal sends, as bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.keys.take(bytes, self.now_ms);
        self.keys.flush(u64::MAX);
        while let Some(heard) = self.keys.next() {
            let mut out = Vec::new();
            match heard {
                Heard::Input(input) => {
                    self.input(input);
                }
                Heard::Cursor(at) => self.driver.cursor(at, self.now_ms),
                Heard::Keyboard => self.driver.keyboard(&mut out),
            }
            self.write(&out);
        }
        self.settle();
        self
    }

    /// The clock goes on to this time (milliseconds since the start); ticks and frames on the way happen.
    pub(crate) fn at(&mut self, ms: u64) -> &mut Self {
        while self.now_ms < ms {
            let wait = self.driver.wait_ms(self.now_ms).unwrap_or(u64::MAX).max(1);
            self.now_ms = self.now_ms.saturating_add(wait).min(ms);
            let acts = self.driver.tick(self.now_ms);
            self.acts.extend(acts);
            self.frame();
        }
        self.settle();
        self
    }

    /// What the clock says.
    pub(crate) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// The terminal has another size.
    pub(crate) fn resize(&mut self, cols: u16, rows: u16) -> &mut Self {
        reflow::resize(&mut self.terminal, cols, rows);
        let acts = self.driver.resize(Size { width: cols, height: rows }, self.now_ms);
        self.acts.extend(acts);
        self.settle();
        self
    }

    /// The terminal has another size, and nobody is told.
    pub(crate) fn resize_untold(&mut self, cols: u16, rows: u16) {
        reflow::resize(&mut self.terminal, cols, rows);
    }

    /// After [`Virtual::close`], and whatever was written since: it begins anew.
    pub(crate) fn again(&mut self, answers_ms: Option<u64>) -> &mut Self {
        let (rows, cols) = self.terminal.screen().size();
        self.driver.begin_anew(Size { width: cols.get(), height: rows.get() }, answers_ms);
        self.settle();
        self
    }

    /// The terminal has another size, and nothing is drawn yet.
    pub(crate) fn resize_unseen(&mut self, cols: u16, rows: u16) {
        reflow::resize(&mut self.terminal, cols, rows);
        let acts = self.driver.resize(Size { width: cols, height: rows }, self.now_ms);
        self.acts.extend(acts);
    }

    /// What is on the screen now, without blanks at the ends of lines and without empty lines at its end.
    pub(crate) fn screen(&mut self) -> String {
        let screen = self.terminal.screen_mut();
        screen.set_scrollback(0);
        trimmed(screen)
    }

    /// Everything that can be scrolled to, the screen at its end.
    pub(crate) fn scrollback(&mut self) -> String {
        let screen = self.terminal.screen_mut();
        let (rows, cols) = screen.size();
        let mut lines = Vec::new();
        for offset in (1..=screen.scrollback_len()).rev() {
            screen.set_scrollback(offset);
            lines.extend(screen.rows(0, cols.get()).next());
        }
        screen.set_scrollback(0);
        lines.extend(screen.rows(0, cols.get()).take(rows.get().into()));
        let text: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
        text.join("\n").trim_end().to_owned()
    }

    /// Column and row of the cursor; none where it is hidden.
    pub(crate) fn cursor(&self) -> Option<(u16, u16)> {
        let screen = self.terminal.screen();
        let (row, col) = screen.cursor_position();
        (!screen.hide_cursor()).then_some((col, row))
    }

    /// The alternate screen is on.
    pub(crate) fn full_screen(&self) -> bool {
        self.terminal.screen().alternate_screen()
    }

    /// What it was told besides.
    pub(crate) fn told(&self) -> &Told {
        self.terminal.callbacks()
    }

    /// The parser, for colours.
    pub(crate) fn terminal(&self) -> &vt100::Screen {
        self.terminal.screen()
    }

    /// Bytes written since the last time this was asked.
    pub(crate) fn take_written(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.written)
    }

    /// Whether something moves by itself: milliseconds until it does.
    pub(crate) fn moves_in_ms(&mut self) -> Option<u64> {
        self.driver.wait_ms(self.now_ms)
    }

    /// Somebody else writes to the terminal.
    pub(crate) fn scribble(&mut self, text: &str) {
        self.terminal.process(text.as_bytes());
    }

    /// The screen is taken down.
    pub(crate) fn close(&mut self) -> &mut Self {
        let mut out = Vec::new();
        self.driver.last(&mut out);
        self.driver.take_down(&mut out);
        self.write(&out);
        self
    }

    /// Draws what there is to draw, without waiting for the next frame.
    fn settle(&mut self) {
        // Once more for each time that it had to ask the terminal something.
        for _ in 0..4 {
            self.driver.hurry();
            self.frame();
        }
    }

    fn frame(&mut self) {
        let mut out = Vec::new();
        if self.driver.frame(self.now_ms, &mut out) == Some(Wish::Suspend) {
            self.asleep += 1;
        }
        self.write(&out);
    }

    fn write(&mut self, bytes: &[u8]) {
        self.written.extend_from_slice(bytes);
        reflow::process(&mut self.terminal, bytes);
        for at in std::mem::take(&mut self.terminal.callbacks_mut().asked) {
            self.driver.cursor(at, self.now_ms);
        }
    }
}

fn trimmed(screen: &vt100::Screen) -> String {
    let (_, cols) = screen.size();
    let lines: Vec<_> = screen.rows(0, cols.get()).map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n").trim_end().to_owned()
}

fn some(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a terminal has rows and columns")
}

/// No colours, nothing that moves, and these files behind `@`.
pub(crate) fn options(files: &[&str]) -> app::Options {
    let files: Vec<_> = files.iter().map(|name| (*name).to_owned()).collect();
    app::Options {
        colors: Colors::None,
        still: true,
        files: Arc::new(Known(files.into())),
        history: History::default(),
    }
}

/// Files that are known without a look.
struct Known(Arc<[String]>);

impl Files for Known {
    fn list(&self) -> Arc<[String]> {
        Arc::clone(&self.0)
    }

    fn refresh(&self, _: u64) {}

    fn walking(&self) -> bool {
        false
    }

    fn name(&self, path: &Path) -> Option<String> {
        let name = path.to_str()?;
        self.0.iter().find(|known| *known == name).cloned()
    }
}

/// A key by its name.
pub(crate) fn key(name: &str) -> KeyEvent {
    let mut modifiers = KeyModifiers::NONE;
    let mut rest = name;
    for (prefix, modifier) in
        [("ctrl-", KeyModifiers::CONTROL), ("alt-", KeyModifiers::ALT), ("shift-", KeyModifiers::SHIFT)]
    {
        if let Some(behind) = rest.strip_prefix(prefix) {
            modifiers |= modifier;
            rest = behind;
        }
    }
    let code = match rest {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        "tab" => KeyCode::Tab,
        "backspace" => KeyCode::Backspace,
        "delete" => KeyCode::Delete,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pgup" | "pageup" => KeyCode::PageUp,
        "pgdn" | "pagedown" => KeyCode::PageDown,
        "space" => KeyCode::Char(' '),
        _ if rest.chars().count() == 1 => KeyCode::Char(rest.chars().next().expect("there is one")),
        _ => match rest.strip_prefix('f').map(str::parse) {
            Some(Ok(number)) => KeyCode::F(number),
            _ => panic!("{name:?} is no key"),
        },
    };
    KeyEvent::new(code, modifiers)
}
