//! The inline viewport: what is finished is written above it, with real line feeds, and belongs to the terminal from then on; the
//! viewport below it is drawn over. No scrolling regions: terminals differ in what of them they keep in the scrollback.
//!
//! Every move is relative to the cursor, which a terminal keeps on its cell when its size changes; a row number would hold only until
//! then, and when that is nobody hears in time. While a turn runs and while sizes change, the cursor is parked at the begin of the
//! viewport: wherever the terminal moves that, and however it wraps what is below, the next frame begins there. Nothing above is ever
//! touched. Only while nobody works does the cursor stand in the input box, where input methods look for it.

use std::io::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::Line;

use super::paint;

/// Clears from the begin of a row on, and stays there. Not in one step: a terminal may put a screen that is cleared as a whole into its
/// scrollback (tmux), and only a row that is cleared as a whole is one of which it forgets how long it was.
const CLEAR_BELOW: &[u8] = b"\r\x1b[K\x1b[C\x1b[J\r";
/// Rows that are too long are cut, not wrapped: each takes one row of the terminal, whatever width that has by now.
const CUT: &[u8] = b"\x1b[?7l";
/// Undoes [`CUT`].
const WRAP: &[u8] = b"\x1b[?7h";

/// The viewport.
pub(super) struct Inline {
    shown: Buffer,
    /// Where the cursor stands in the viewport; none: it is hidden, and parked at the viewport's begin.
    cursor: Option<Position>,
    /// The terminal shows its cursor.
    visible: bool,
    /// All of it has to be drawn, whatever was shown.
    anew: bool,
}

impl Inline {
    /// A viewport that begins where the cursor stands: at the begin of a row that is empty, as are those below it.
    pub(super) fn new() -> Self {
        Self { shown: Buffer::empty(Rect::default()), cursor: None, visible: true, anew: true }
    }

    /// Writes what is finished, wrapped at `cols`, and shows `next` below it. The cursor goes to `cursor` within it; a `parked` one is
    /// drawn there instead. Nothing is written where nothing changed.
    pub(super) fn frame(
        &mut self,
        lines: &[Line<'static>],
        cols: u16,
        mut next: Buffer,
        cursor: Option<Position>,
        parked: bool,
        out: &mut Vec<u8>,
    ) {
        let place = if parked { None } else { cursor };
        if let (true, Some(cell)) = (parked, cursor.and_then(|at| next.cell_mut(at))) {
            cell.modifier.toggle(Modifier::REVERSED);
        }
        let mut pen = Pen { row: self.cursor.map_or(0, |at| at.y) };
        let mut body = Vec::new();
        if lines.is_empty() && next.area == self.shown.area && !self.anew {
            self.changes(&next, &mut pen, &mut body);
        } else {
            all(lines, cols, &next, &mut pen, &mut body);
        }
        let drawn = !body.is_empty();
        if drawn || place != self.cursor {
            pen.go(place.map_or(0, |at| at.y), &mut body);
            right(place.map_or(0, |at| at.x), &mut body);
        }
        let hide = self.visible && (drawn || place.is_none());
        let show = place.is_some() && (hide || !self.visible);
        if !body.is_empty() || hide || show {
            out.extend_from_slice(b"\x1b[?2026h");
            if hide {
                out.extend_from_slice(b"\x1b[?25l");
            }
            out.extend_from_slice(&body);
            if show {
                out.extend_from_slice(b"\x1b[?25h");
            }
            out.extend_from_slice(b"\x1b[?2026l");
        }
        self.visible = place.is_some();
        self.cursor = place;
        self.shown = next;
        self.anew = false;
    }

    /// Those rows that differ from what is shown. Whole rows: terminals do not agree on the width of every character, and blanks that are
    /// written are text for them.
    fn changes(&self, next: &Buffer, pen: &mut Pen, out: &mut Vec<u8>) {
        let width = usize::from(next.area.width.max(1));
        let rows = self.shown.content().chunks(width).zip(next.content().chunks(width));
        for (row, (_, cells)) in (0..).zip(rows).filter(|(_, (before, cells))| before != cells) {
            if out.is_empty() {
                out.extend_from_slice(CUT);
            }
            pen.go(row, out);
            paint::row(out, cells);
        }
        if !out.is_empty() {
            out.extend_from_slice(WRAP);
        }
    }

    /// The next frame draws everything.
    pub(super) fn anew(&mut self) {
        self.anew = true;
    }

    /// Whether the cursor stands at the viewport's begin.
    pub(super) fn is_parked(&self) -> bool {
        self.cursor.is_none()
    }

    /// Somebody else brought the cursor to the viewport's begin, and hid it.
    pub(super) fn was_parked(&mut self) {
        self.cursor = None;
        self.visible = false;
        self.anew = true;
    }

    /// Parks the cursor.
    pub(super) fn park(&mut self, out: &mut Vec<u8>) {
        Pen { row: self.drawn_above() }.go(0, out);
        out.extend_from_slice(b"\x1b[?25l");
        self.cursor = None;
        self.visible = false;
    }

    /// Rows of the viewport above the cursor as they were drawn. There are no fewer, whatever the terminal did to them.
    pub(super) fn drawn_above(&self) -> u16 {
        self.cursor.map_or(0, |at| at.y)
    }

    /// Rows of the viewport above the cursor in a terminal that wrapped them anew at `cols`.
    pub(super) fn above(&self, cols: u16) -> u16 {
        let Some(at) = self.cursor else { return 0 };
        let (cols, width) = (usize::from(cols.max(1)), usize::from(self.shown.area.width.max(1)));
        let mut rows = self.shown.content().chunks(width).map(paint::filled);
        let above: usize = rows.by_ref().take(at.y.into()).map(|filled| filled.div_ceil(cols).max(1)).sum();
        let filled = rows.next().unwrap_or(0);
        // Behind the text it stays behind the text.
        let within = usize::from(at.x).min(filled.saturating_sub(1)) / cols;
        u16::try_from(above + within).unwrap_or(u16::MAX)
    }

    /// Takes the viewport away; the cursor stands where it began, and what is written next goes there.
    pub(super) fn take_down(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\x1b[?2026h");
        Pen { row: self.drawn_above() }.go(0, out);
        out.extend_from_slice(CLEAR_BELOW);
        out.extend_from_slice(b"\x1b[?25h\x1b[?2026l");
        *self = Self::new();
    }
}

/// Finished lines and the viewport, from its begin on.
fn all(lines: &[Line<'static>], cols: u16, next: &Buffer, pen: &mut Pen, out: &mut Vec<u8>) {
    pen.go(0, out);
    for cells in lines.iter().flat_map(|line| paint::rows(line, cols)) {
        paint::row(out, &cells);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(CUT);
    let rows = next.content().chunks(usize::from(next.area.width.max(1)));
    let last = rows.len().saturating_sub(1);
    for (index, cells) in rows.enumerate() {
        if index == last {
            out.extend_from_slice(CLEAR_BELOW);
        }
        paint::row(out, cells);
        if index < last {
            out.extend_from_slice(b"\r\n");
        }
    }
    if next.content().is_empty() {
        out.extend_from_slice(CLEAR_BELOW);
    }
    out.extend_from_slice(WRAP);
    pen.row = u16::try_from(last).unwrap_or(0);
}

/// The row of the viewport on which the cursor stands.
struct Pen {
    row: u16,
}

impl Pen {
    /// To the begin of a row. Downwards by line feeds, which a screen that is lower than anybody knew takes too.
    fn go(&mut self, row: u16, out: &mut Vec<u8>) {
        out.push(b'\r');
        if row < self.row {
            // A vector takes everything.
            write!(out, "\x1b[{}A", self.row - row).ok();
        }
        out.extend((self.row..row).map(|_| b'\n'));
        self.row = row;
    }
}

/// Columns to the right.
fn right(cols: u16, out: &mut Vec<u8>) {
    if cols > 0 {
        // A vector takes everything.
        write!(out, "\x1b[{cols}C").ok();
    }
}

#[cfg(test)]
#[path = "inline_tests.rs"]
mod tests;
