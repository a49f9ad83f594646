//! The app and the terminal brought together, without either's clock or handles: inputs go in, bytes for the terminal come out. It says
//! when it wants to be called again, and nothing while nothing changes.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};

use super::escape::{self, Notify};
use super::inline::Inline;
use super::paint;
use crate::app::{App, Input, Signal};
use crate::feed::Act;

/// Shortest time between two frames that no key asked for, in milliseconds: 60 a second.
pub(super) const FRAME_MS: u64 = 16;

/// How long a terminal has to say where its cursor is, in milliseconds.
const ANSWER_MS: u64 = 100;

/// Columns or rows that no terminal has: one that says so did not understand.
const LARGEST: u16 = 2_000;

/// What is known of the world around.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outside {
    /// How the person is called.
    pub(super) notify: Notify,
    /// It is tmux that shows us.
    pub(super) tmux: bool,
}

/// What the terminal's owner has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// To put the program to sleep.
    Suspend,
}

/// Brings them together.
pub(super) struct Driver {
    app: App,
    inline: Inline,
    /// What the alternate screen shows, and where its cursor is.
    full: Option<(Buffer, Option<Position>)>,
    outside: Outside,
    /// The terminal's size; [`Inline`] learns it when it draws.
    size: Size,
    /// It changed since the viewport was drawn, even if it is the same again: the terminal has moved what it showed.
    moved: bool,
    /// When it was asked where the cursor is.
    asked_ms: Option<u64>,
    /// Answers to that which are on their way, two to a question: only the last are about the size that holds.
    answers: usize,
    /// The first of the last two.
    row: u16,
    /// The terminal knows the kitty keyboard protocol.
    keyboard: bool,
    dirty: bool,
    /// A key is to be seen at once.
    urgent: bool,
    framed_ms: Option<u64>,
    tick_ms: Option<u64>,
}

impl Driver {
    /// For a terminal of this size, whose cursor stands at the begin of an empty row.
    pub(super) fn new(app: App, outside: Outside, size: Size, row: u16) -> Self {
        Self {
            app,
            inline: Inline::new(size, row),
            full: None,
            outside,
            size,
            moved: false,
            asked_ms: None,
            answers: 0,
            row: 0,
            keyboard: false,
            dirty: true,
            urgent: true,
            framed_ms: None,
            tick_ms: None,
        }
    }

    /// Something happened.
    pub(super) fn input(&mut self, input: Input, now_ms: u64) -> Vec<Act> {
        self.dirty = true;
        self.urgent |= !matches!(input, Input::Feed(_) | Input::Tick);
        self.app.update(input, now_ms)
    }

    /// Fires the tick that is due.
    pub(super) fn tick(&mut self, now_ms: u64) -> Vec<Act> {
        match self.tick_ms {
            Some(due) if due <= now_ms => {
                self.tick_ms = None;
                self.input(Input::Tick, now_ms)
            }
            _ => Vec::new(),
        }
    }

    /// The terminal has another size, or had one in between.
    pub(super) fn resize(&mut self, size: Size, now_ms: u64) -> Vec<Act> {
        self.moved = true;
        self.size = size;
        self.asked_ms = None;
        self.dirty = true;
        self.app.update(Input::Resize, now_ms)
    }

    /// The terminal says where its cursor is, and then where it is in the last corner.
    pub(super) fn cursor(&mut self, at: Position, now_ms: u64) -> Vec<Act> {
        let Some(left) = self.answers.checked_sub(1) else { return Vec::new() };
        self.answers = left;
        if left > 0 {
            self.row = at.y;
            return Vec::new();
        }
        if self.asked_ms.take().is_none() {
            return Vec::new();
        }
        let size = Size { width: at.x + 1, height: at.y + 1 };
        let known = size == self.size || at.x >= LARGEST || at.y >= LARGEST;
        if !known {
            self.size = size;
        }
        self.place(Some(self.row));
        if known { Vec::new() } else { self.app.update(Input::Resize, now_ms) }
    }

    /// The terminal knows the kitty keyboard protocol.
    pub(super) fn keyboard(&mut self, out: &mut Vec<u8>) {
        if !self.keyboard {
            self.keyboard = true;
            out.extend_from_slice(escape::KEYBOARD);
        }
    }

    /// Whether the keyboard protocol is on.
    pub(super) fn has_keyboard(&self) -> bool {
        self.keyboard
    }

    /// Whether the alternate screen is on.
    pub(super) fn is_full(&self) -> bool {
        self.full.is_some()
    }

    /// Nothing follows: [`Driver::last`], and the screen is taken down.
    pub(super) fn over(&self) -> bool {
        self.app.over()
    }

    /// Milliseconds until it wants to be called; none: only when something happens.
    pub(super) fn wait_ms(&mut self, now_ms: u64) -> Option<u64> {
        self.tick_ms = self.app.next_tick_ms(now_ms).map(|wait| now_ms.saturating_add(wait));
        let tick = self.tick_ms.map(|due| due.saturating_sub(now_ms));
        let frame = match (self.asked_ms, self.dirty) {
            (Some(asked), _) => Some(left(asked, ANSWER_MS, now_ms)),
            (None, true) => Some(self.frame_wait_ms(now_ms)),
            (None, false) => None,
        };
        tick.into_iter().chain(frame).min()
    }

    fn frame_wait_ms(&self, now_ms: u64) -> u64 {
        match self.framed_ms {
            Some(framed) if !self.urgent => left(framed, FRAME_MS, now_ms),
            _ => 0,
        }
    }

    /// What there is to draw is drawn by the next frame, however soon that is.
    #[cfg(test)]
    pub(super) fn hurry(&mut self) {
        self.urgent = true;
    }

    /// Draws if it is time to, and does what the app wants besides.
    pub(super) fn frame(&mut self, now_ms: u64, out: &mut Vec<u8>) -> Option<Wish> {
        let wish = self.signals(out);
        if !self.dirty || self.frame_wait_ms(now_ms) > 0 || !self.settled(now_ms, out) {
            return wish;
        }
        self.framed_ms = Some(now_ms);
        self.dirty = false;
        self.urgent = false;
        if self.app.full_screen() {
            self.draw_full(now_ms, out);
        } else {
            self.end_full(out);
            self.draw_inline(now_ms, out);
        }
        wish.or_else(|| self.signals(out))
    }

    /// Whether it is known where on the terminal to draw; asks where it is not.
    fn settled(&mut self, now_ms: u64, out: &mut Vec<u8>) -> bool {
        if self.app.full_screen() || !self.moved {
            self.asked_ms = None;
            return true;
        }
        self.end_full(out);
        match self.asked_ms {
            None => {
                out.extend_from_slice(escape::WHERE_AND_SIZE);
                self.asked_ms = Some(now_ms);
                self.answers += 2;
                return false;
            }
            Some(asked) if left(asked, ANSWER_MS, now_ms) > 0 => return false,
            Some(_) => {}
        }
        self.asked_ms = None;
        self.answers = 0;
        self.place(None);
        true
    }

    fn draw_inline(&mut self, now_ms: u64, out: &mut Vec<u8>) {
        let lines = self.app.take_history(self.size.width);
        let height = self.app.height(self.size.width, self.size.height).min(self.size.height);
        let area = Rect::new(0, 0, self.size.width, height);
        let mut buffer = Buffer::empty(area);
        let cursor = self.app.draw(area, &mut buffer, now_ms);
        self.inline.frame(lines, buffer, cursor, out);
    }

    fn draw_full(&mut self, now_ms: u64, out: &mut Vec<u8>) {
        let area = Rect::new(0, 0, self.size.width, self.size.height);
        let mut next = Buffer::empty(area);
        let cursor = self.app.draw(area, &mut next, now_ms);
        let start = out.len();
        if self.full.is_none() {
            out.extend_from_slice(escape::ALTERNATE);
            if self.keyboard {
                out.extend_from_slice(escape::KEYBOARD);
            }
        }
        out.extend_from_slice(b"\x1b[?2026h");
        let empty = out.len();
        let before = match self.full.take() {
            Some((shown, at)) if shown.area == area => Some((shown, at)),
            _ => None,
        };
        if before.is_none() {
            out.extend_from_slice(b"\x1b[?25l\x1b[0m\x1b[2J");
        }
        let (shown, at) = before.unwrap_or_else(|| (Buffer::empty(area), None));
        paint::changes(out, &shown, &next, 0);
        if out.len() == empty && at == cursor {
            out.truncate(start);
        } else {
            point(cursor, out);
            out.extend_from_slice(b"\x1b[?2026l");
        }
        self.full = Some((next, cursor));
    }

    fn end_full(&mut self, out: &mut Vec<u8>) {
        if self.full.take().is_none() {
            return;
        }
        if self.keyboard {
            out.extend_from_slice(escape::KEYBOARD_END);
        }
        out.extend_from_slice(escape::ALTERNATE_END);
        self.inline.point(out);
    }

    fn signals(&mut self, out: &mut Vec<u8>) -> Option<Wish> {
        let mut wish = None;
        for signal in self.app.take_signals() {
            match signal {
                Signal::Notify(text) => out.extend(escape::notify(self.outside.notify, self.outside.tmux, &text)),
                Signal::Title(text) => out.extend(escape::title(&text)),
                Signal::Copy(text) => out.extend(escape::copy(&text)),
                Signal::Suspend => wish = Some(Wish::Suspend),
                Signal::Clear => self.anew(),
            }
        }
        wish
    }

    /// What is finished and not shown yet, and nothing below it: before [`Driver::take_down`] for good.
    pub(super) fn last(&mut self, out: &mut Vec<u8>) {
        self.signals(out);
        self.end_full(out);
        if self.moved {
            self.place(None);
        }
        let lines = self.app.take_history(self.size.width);
        self.inline.frame(lines, Buffer::empty(Rect::new(0, 0, self.size.width, 0)), None, out);
    }

    /// Everything is drawn anew: somebody else wrote to the terminal.
    pub(super) fn anew(&mut self) {
        if let Some((shown, _)) = &mut self.full {
            *shown = Buffer::empty(Rect::default());
        }
        self.place(None);
    }

    /// The viewport is drawn anew for the size that holds.
    fn place(&mut self, row: Option<u16>) {
        self.moved = false;
        self.inline.resize(self.size, row);
        self.dirty = true;
        self.urgent = true;
    }

    /// Takes everything down: the cursor stands where the viewport began.
    pub(super) fn take_down(&mut self, out: &mut Vec<u8>) {
        self.end_full(out);
        self.inline.take_down(out);
        if self.keyboard {
            self.keyboard = false;
            out.extend_from_slice(escape::KEYBOARD_END);
        }
    }

    /// After [`Driver::take_down`] and whatever was written since: begins anew on this row.
    pub(super) fn begin_anew(&mut self, size: Size, row: u16) {
        self.size = size;
        self.moved = false;
        self.asked_ms = None;
        self.inline.begin_anew(size, row);
        self.dirty = true;
        self.urgent = true;
    }
}

/// The cursor, shown or hidden.
fn point(at: Option<Position>, out: &mut Vec<u8>) {
    match at {
        Some(at) => {
            paint::go(out, at.y, at.x);
            out.extend_from_slice(b"\x1b[?25h");
        }
        None => out.extend_from_slice(b"\x1b[?25l"),
    }
}

/// What is left of `length` that began at `from`. A clock that was put back has no more to wait for.
fn left(from: u64, length: u64, now_ms: u64) -> u64 {
    if now_ms < from { 0 } else { length.saturating_sub(now_ms - from) }
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;
