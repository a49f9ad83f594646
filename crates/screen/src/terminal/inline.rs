//! The inline viewport: what is finished is written above it, with real line feeds, and belongs to the terminal from then on; the
//! viewport below it is drawn over. No scrolling regions: terminals differ in what of them they keep in the scrollback.

use std::collections::VecDeque;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect, Size};
use ratatui::text::Line;

use super::paint::{self, go};

/// Finished lines that are kept to be printed anew when the size changes: more than a terminal has rows.
const KEPT: usize = 600;

/// The viewport.
pub(super) struct Inline {
    size: Size,
    /// Its first row on the screen.
    top: u16,
    shown: Buffer,
    /// Where the cursor stands on the screen; none where it is hidden.
    cursor: Option<Position>,
    /// Finished lines, the newest last.
    kept: VecDeque<Line<'static>>,
    redraw: Redraw,
}

/// What the next frame has to draw besides what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Redraw {
    Nothing,
    /// The viewport.
    Viewport,
    /// The viewport below the last `rows` rows of what is kept, which begin on row `from`; none: as many as there is room for.
    Screen {
        from: u16,
        rows: Option<usize>,
    },
}

impl Inline {
    /// A viewport that begins on this row, which is empty, as are those below it.
    pub(super) fn new(size: Size, row: u16) -> Self {
        Self {
            size,
            top: row.min(size.height.saturating_sub(1)),
            shown: Buffer::empty(Rect::default()),
            cursor: None,
            kept: VecDeque::new(),
            redraw: Redraw::Viewport,
        }
    }

    /// Writes what is finished and shows `next` below it, the cursor at `cursor` within it. Nothing is written where nothing changed.
    pub(super) fn frame(
        &mut self,
        lines: Vec<Line<'static>>,
        next: Buffer,
        cursor: Option<Position>,
        out: &mut Vec<u8>,
    ) {
        let mut body = Vec::new();
        let same_place = next.area == self.shown.area && self.redraw == Redraw::Nothing;
        let top = self.top;
        if lines.is_empty() && same_place {
            paint::changes(&mut body, &self.shown, &next, self.top);
        } else {
            self.all(lines, &next, &mut body);
        }
        let at = cursor.map(|at| Position { x: at.x, y: self.top + at.y });
        if body.is_empty() && at == self.cursor && self.top == top {
            self.shown = next;
            return;
        }
        out.extend_from_slice(b"\x1b[?2026h");
        if at.is_none() || (self.cursor.is_some() && !body.is_empty()) {
            out.extend_from_slice(b"\x1b[?25l");
        }
        out.extend_from_slice(&body);
        match at {
            Some(at) => {
                go(out, at.y, at.x);
                if !body.is_empty() || self.cursor.is_none() {
                    out.extend_from_slice(b"\x1b[?25h");
                }
            }
            // It is nowhere to be seen, but it is what a terminal keeps in its place when its size changes.
            None => go(out, self.top, 0),
        }
        out.extend_from_slice(b"\x1b[?2026l");
        self.cursor = at;
        self.shown = next;
    }

    fn all(&mut self, lines: Vec<Line<'static>>, next: &Buffer, out: &mut Vec<u8>) {
        let mut pen = Pen { row: self.top, rows: self.size.height };
        if let Redraw::Screen { from, rows } = self.redraw {
            pen.row = from;
            go(out, from, 0);
            let all: Vec<_> = self.kept.iter().flat_map(|line| paint::rows(line, self.size.width)).collect();
            let rows = rows.unwrap_or_else(|| self.size.height.saturating_sub(next.area.height).into());
            for cells in all.iter().skip(all.len().saturating_sub(rows)) {
                pen.line(out, cells);
            }
        } else {
            go(out, self.top, 0);
        }
        for line in lines {
            for cells in paint::rows(&line, self.size.width) {
                pen.line(out, &cells);
            }
            self.keep(line);
        }
        let width = usize::from(next.area.width);
        for (index, cells) in next.content().chunks(width.max(1)).enumerate() {
            if index > 0 {
                pen.feed(out);
            }
            paint::row(out, cells);
        }
        if next.area.height == 0 {
            out.extend_from_slice(b"\x1b[K");
        }
        if pen.row + 1 < self.size.height {
            go(out, pen.row + 1, 0);
            out.extend_from_slice(b"\x1b[J");
        }
        self.top = (pen.row + 1).saturating_sub(next.area.height.max(1));
        self.redraw = Redraw::Nothing;
    }

    fn keep(&mut self, line: Line<'static>) {
        self.kept.push_back(line);
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }

    /// The terminal has another size, or was written to by somebody else: the next frame draws everything anew. `row` is where the
    /// cursor stands now; where nobody knows, the whole screen is drawn over.
    ///
    /// A terminal keeps the cursor on the cell where it was. What it shows above that is the viewport's upper part and, above it, what was
    /// printed last. Terminals wrap lines anew when they get narrower, so rows are counted at the new width. (A few cut them instead, xterm
    /// among them: there as many rows at the top of the screen are printed over as lines were cut.)
    pub(super) fn resize(&mut self, size: Size, row: Option<u16>) {
        self.redraw = match row {
            Some(row) => {
                let row = usize::from(row.min(size.height.saturating_sub(1)));
                let above = row.saturating_sub(self.above_cursor(size.width));
                let rows = self.printed(size.width).min(above);
                Redraw::Screen { from: u16::try_from(above - rows).unwrap_or(0), rows: Some(rows) }
            }
            None => Redraw::Screen { from: 0, rows: None },
        };
        self.size = size;
        self.top = self.top.min(size.height.saturating_sub(1));
    }

    /// Rows that the finished lines take.
    fn printed(&self, cols: u16) -> usize {
        self.kept.iter().map(|line| paint::rows(line, cols).len()).sum()
    }

    /// Rows of the viewport above the cursor, wrapped at `cols`.
    fn above_cursor(&self, cols: u16) -> usize {
        let Some(at) = self.cursor else { return 0 };
        let (cols, width) = (usize::from(cols.max(1)), usize::from(self.shown.area.width.max(1)));
        let above = self.shown.content().chunks(width).take(at.y.saturating_sub(self.top).into());
        let rows: usize = above.map(|cells| paint::filled(cells).div_ceil(cols).max(1)).sum();
        rows + usize::from(at.x) / cols
    }

    /// Puts the cursor back where it was after somebody else moved it.
    pub(super) fn point(&self, out: &mut Vec<u8>) {
        match self.cursor {
            Some(at) => {
                go(out, at.y, at.x);
                out.extend_from_slice(b"\x1b[?25h");
            }
            None => {
                go(out, self.top, 0);
                out.extend_from_slice(b"\x1b[?25l");
            }
        }
    }

    /// Takes the viewport away; the cursor stands where it began, and what is written next goes there.
    pub(super) fn take_down(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\x1b[?2026h");
        // Only a part of the screen: a terminal may put a screen that is cleared as a whole into its scrollback.
        for row in (self.top..self.size.height).rev() {
            go(out, row, 0);
            out.extend_from_slice(b"\x1b[K");
        }
        out.extend_from_slice(b"\x1b[?25h\x1b[?2026l");
        self.shown = Buffer::empty(Rect::default());
        self.cursor = None;
        self.redraw = Redraw::Viewport;
    }

    /// After somebody else had the terminal: the viewport begins anew on this row, and what was printed before is not ours to move.
    pub(super) fn begin_anew(&mut self, size: Size, row: u16) {
        *self = Self::new(size, row);
    }
}

/// The row on which is being written.
struct Pen {
    row: u16,
    rows: u16,
}

impl Pen {
    /// A row and the line feed behind it: at the bottom of the screen it moves the uppermost row into the scrollback.
    fn line(&mut self, out: &mut Vec<u8>, cells: &[Cell]) {
        paint::row(out, cells);
        self.feed(out);
    }

    fn feed(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\n");
        self.row = (self.row + 1).min(self.rows.saturating_sub(1));
    }
}

#[cfg(test)]
#[path = "inline_tests.rs"]
mod tests;
