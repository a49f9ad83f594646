//! The app and the terminal brought together, without either's clock or handles: inputs go in, bytes for the terminal come out. It says
//! when it wants to be called again, and nothing while nothing changes.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};

use super::escape::{self, Notify};
use super::finding::{Finding, Step};
use super::inline::Inline;
use super::paint;
use crate::app::{App, Input, Signal};
use crate::feed::{Act, Feed};

/// Shortest time between two frames that no key asked for, in milliseconds: 60 a second.
pub(super) const FRAME_MS: u64 = 16;

/// How long sizes are taken to go on changing after one did, in milliseconds. (tmux tells of a change up to 250 ms after it.)
const CALM_MS: u64 = 1_000;

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
    /// The terminal's size as the system says it.
    size: Size,
    /// It changed since the viewport was drawn, even if it is the same again: the terminal has moved what it showed.
    moved: bool,
    /// A turn runs: frames come by themselves.
    turn: bool,
    /// Until when sizes are taken to go on changing.
    calm_ms: Option<u64>,
    /// How to get to the begin of the viewport.
    finding: Finding,
    /// The terminal knows the kitty keyboard protocol.
    keyboard: bool,
    dirty: bool,
    /// A key is to be seen at once.
    urgent: bool,
    framed_ms: Option<u64>,
    tick_ms: Option<u64>,
}

impl Driver {
    /// For a terminal of this size, whose cursor stands at the begin of an empty row, and which answers within `answers_ms` or not at all.
    pub(super) fn new(app: App, outside: Outside, size: Size, answers_ms: Option<u64>) -> Self {
        Self {
            app,
            inline: Inline::new(),
            full: None,
            outside,
            size,
            moved: false,
            turn: false,
            calm_ms: None,
            finding: Finding::new(answers_ms),
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
        match input {
            Input::Feed(Feed::TurnBegan) => self.turn = true,
            Input::Feed(Feed::TurnEnded(_)) => self.turn = false,
            _ => {}
        }
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

    /// Its size as far as it is known.
    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// The terminal has another size, or had one in between.
    pub(super) fn resize(&mut self, size: Size, now_ms: u64) -> Vec<Act> {
        self.moved = true;
        self.size = size;
        self.calm_ms = Some(now_ms.saturating_add(CALM_MS));
        self.dirty = true;
        self.urgent = true;
        self.app.update(Input::Resize, now_ms)
    }

    /// The terminal says where its cursor is in the last corner.
    pub(super) fn cursor(&mut self, at: Position, now_ms: u64) {
        self.finding.answered(at.x.saturating_add(1), now_ms);
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
        let frame = match self.finding.wait_ms(now_ms) {
            Some(wait) => Some(wait),
            None if self.dirty => Some(self.frame_wait_ms(now_ms)),
            None => self.calm_ms.map(|calm| calm.saturating_sub(now_ms)),
        };
        tick.into_iter().chain(frame).min()
    }

    /// Whether a frame is due, and was before it could be drawn.
    pub(super) fn is_late(&self, now_ms: u64) -> bool {
        self.dirty && self.framed_ms.is_some_and(|framed| left(framed, FRAME_MS, now_ms) == 0)
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
        if self.calm_ms.is_some_and(|calm| calm <= now_ms || calm > now_ms.saturating_add(CALM_MS)) {
            self.calm_ms = None;
            self.dirty = true;
        }
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

    /// Whether the cursor is known to stand where the next frame takes it to be; asks where it is not. What is finished waits for that.
    fn settled(&mut self, now_ms: u64, out: &mut Vec<u8>) -> bool {
        if !self.moved {
            return true;
        }
        if self.full.is_none() && !self.inline.is_parked() {
            match self.finding.step(&self.inline, now_ms, out) {
                Step::Wait => return false,
                Step::There => self.inline.was_parked(),
            }
        }
        self.moved = false;
        self.inline.anew();
        true
    }

    /// The cursor is drawn, not the terminal's own: see [`Inline`]. So too in a terminal that answers nothing, whoever works.
    fn parked(&self) -> bool {
        self.turn || self.calm_ms.is_some() || !self.finding.is_answered()
    }

    fn draw_inline(&mut self, now_ms: u64, out: &mut Vec<u8>) {
        let lines = self.app.take_history(self.size.width);
        let height = self.app.height(self.size.width, self.size.height).min(self.size.height);
        let area = Rect::new(0, 0, self.size.width, height);
        let mut buffer = Buffer::empty(area);
        let cursor = self.app.draw(area, &mut buffer, now_ms);
        self.inline.frame(&lines, self.size.width, buffer, cursor, self.parked(), out);
    }

    fn draw_full(&mut self, now_ms: u64, out: &mut Vec<u8>) {
        let area = Rect::new(0, 0, self.size.width, self.size.height);
        let mut next = Buffer::empty(area);
        let cursor = self.app.draw(area, &mut next, now_ms);
        let start = out.len();
        if self.full.is_none() {
            self.inline.park(out);
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
        paint::changes(out, &shown, &next);
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
        // Where its cursor was seen.
        out.extend_from_slice(b"\x1b[?25l");
        self.dirty = true;
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
        self.give_up(out);
        let lines = self.app.take_history(self.size.width);
        self.inline.frame(&lines, self.size.width, Buffer::empty(Rect::default()), None, true, out);
    }

    /// There is no time to find out where the cursor is.
    fn give_up(&mut self, out: &mut Vec<u8>) {
        if self.finding.give_up(&self.inline, out) {
            self.inline.was_parked();
        }
    }

    /// Everything is drawn anew: somebody else wrote to the terminal.
    fn anew(&mut self) {
        if let Some((shown, _)) = &mut self.full {
            *shown = Buffer::empty(Rect::default());
        }
        self.moved = true;
        self.dirty = true;
        self.urgent = true;
    }

    /// Takes everything down: the cursor stands where the viewport began.
    pub(super) fn take_down(&mut self, out: &mut Vec<u8>) {
        self.end_full(out);
        self.give_up(out);
        self.inline.take_down(out);
        if self.keyboard {
            self.keyboard = false;
            out.extend_from_slice(escape::KEYBOARD_END);
        }
    }

    /// After [`Driver::take_down`] and whatever was written since: begins anew where the cursor stands, which is an empty row.
    pub(super) fn begin_anew(&mut self, size: Size, answers_ms: Option<u64>) {
        self.size = size;
        self.moved = false;
        self.calm_ms = None;
        self.finding = Finding::new(answers_ms);
        self.inline = Inline::new();
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
