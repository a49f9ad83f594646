//! Cells as bytes: each text with the style it needs, plain again at its end. No control character gets through, whatever a cell holds.

use std::io::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use ratatui::text::Line;
use unicode_width::UnicodeWidthStr as _;

/// What a cell looks like, besides its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    fg: Color,
    bg: Color,
    underline: Color,
    modifier: Modifier,
}

const PLAIN: Look = Look { fg: Color::Reset, bg: Color::Reset, underline: Color::Reset, modifier: Modifier::empty() };

/// What shows on a blank.
const ON_BLANK: Modifier = Modifier::REVERSED.union(Modifier::UNDERLINED).union(Modifier::CROSSED_OUT);

/// The modifiers that are passed on, with their numbers (ECMA-48, SGR). What hides text or blinks is not.
const MODIFIERS: [(Modifier, u8); 6] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::REVERSED, 7),
    (Modifier::CROSSED_OUT, 9),
];

/// Writes cells, and knows what style the terminal has by now.
struct Painter<'a> {
    out: &'a mut Vec<u8>,
    look: Look,
}

impl<'a> Painter<'a> {
    /// A painter for a terminal whose style is plain.
    fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, look: PLAIN }
    }

    /// One cell; how many columns it takes.
    fn cell(&mut self, cell: &Cell) -> u16 {
        self.look(Look { fg: cell.fg, bg: cell.bg, underline: cell.underline_color, modifier: cell.modifier });
        let (text, width) = inert(cell.symbol());
        self.out.extend_from_slice(text.as_bytes());
        width
    }

    /// The style is plain again.
    fn end(mut self) {
        self.look(PLAIN);
    }

    fn look(&mut self, look: Look) {
        if look == self.look {
            return;
        }
        self.look = look;
        self.out.extend_from_slice(b"\x1b[0");
        for (modifier, number) in MODIFIERS {
            if look.modifier.contains(modifier) {
                self.number(&[usize::from(number)]);
            }
        }
        self.color(look.fg, 38);
        self.color(look.bg, 48);
        self.color(look.underline, 58);
        self.out.push(b'm');
    }

    fn number(&mut self, numbers: &[usize]) {
        for number in numbers {
            // A vector takes everything.
            write!(self.out, ";{number}").ok();
        }
    }

    /// `base` is 38 for text, 48 for what is behind it, 58 for the line below it.
    fn color(&mut self, color: Color, base: usize) {
        let basic = match color {
            Color::Reset => return,
            Color::Rgb(r, g, b) => return self.number(&[base, 2, r.into(), g.into(), b.into()]),
            Color::Indexed(index) => return self.number(&[base, 5, index.into()]),
            Color::Black => 0,
            Color::Red => 1,
            Color::Green => 2,
            Color::Yellow => 3,
            Color::Blue => 4,
            Color::Magenta => 5,
            Color::Cyan => 6,
            Color::Gray => 7,
            Color::DarkGray => 8,
            Color::LightRed => 9,
            Color::LightGreen => 10,
            Color::LightYellow => 11,
            Color::LightBlue => 12,
            Color::LightMagenta => 13,
            Color::LightCyan => 14,
            Color::White => 15,
        };
        match (base, basic) {
            (58, _) => self.number(&[58, 5, basic]),
            (_, 0..8) => self.number(&[base - 8 + basic]),
            _ => self.number(&[base + 52 + basic - 8]),
        }
    }
}

/// A symbol that does nothing but show, and its columns. One that takes no column of its own would put all that follows in the wrong place.
fn inert(symbol: &str) -> (&str, u16) {
    if let [byte] = symbol.as_bytes() {
        return if (0x20..0x7f).contains(byte) { (symbol, 1) } else { (" ", 1) };
    }
    match columns(symbol) {
        0 => (" ", 1),
        width if symbol.chars().any(char::is_control) => ("?", width.min(1)),
        width => (symbol, width),
    }
}

fn columns(symbol: &str) -> u16 {
    u16::try_from(symbol.width()).unwrap_or(u16::MAX)
}

/// How many cells of a row have something to show.
pub(super) fn filled(cells: &[Cell]) -> usize {
    let shows = |cell: &Cell| cell.symbol() != " " || cell.bg != Color::Reset || cell.modifier.intersects(ON_BLANK);
    cells.iter().rposition(shows).map_or(0, |last| last + 1)
}

/// A row from where the cursor stands, which is its first column. Cleared first, not behind the text: only a row that is cleared as a
/// whole is one of which a terminal forgets how long it was, and whether it went on in the next (tmux wraps what it remembers).
pub(super) fn row(out: &mut Vec<u8>, cells: &[Cell]) {
    out.extend_from_slice(b"\x1b[K");
    let mut painter = Painter::new(out);
    let (mut at, end) = (0, filled(cells));
    while at < end {
        // A wide symbol covers the cell behind it.
        at += usize::from(painter.cell(&cells[at]).max(1));
    }
    painter.end();
}

/// Those rows of `next` that differ from what is shown, the first one being the screen's.
pub(super) fn changes(out: &mut Vec<u8>, shown: &Buffer, next: &Buffer) {
    let width = usize::from(next.area.width.max(1));
    let rows = shown.content().chunks(width).zip(next.content().chunks(width));
    for (row, (_, cells)) in (0..).zip(rows).filter(|(_, (before, cells))| before != cells) {
        go(out, row, 0);
        self::row(out, cells);
    }
}

/// The cursor goes there (both from 0).
pub(super) fn go(out: &mut Vec<u8>, row: u16, col: u16) {
    // A vector takes everything.
    write!(out, "\x1b[{};{}H", row.saturating_add(1), col.saturating_add(1)).ok();
}

/// A finished line as rows of at most `cols` columns, without blanks at their ends. Lines come wrapped: this only makes sure of it.
pub(super) fn rows(line: &Line<'_>, cols: u16) -> Vec<Vec<Cell>> {
    let mut rows = vec![Vec::new()];
    let mut used = 0;
    for grapheme in line.styled_graphemes(ratatui::style::Style::default()) {
        let width = columns(grapheme.symbol);
        if width == 0 || width > cols {
            continue;
        }
        if used + width > cols {
            rows.push(Vec::new());
            used = 0;
        }
        used += width;
        let mut cell = Cell::EMPTY;
        cell.set_symbol(grapheme.symbol).set_style(grapheme.style);
        let Some(row) = rows.last_mut() else { continue };
        row.push(cell);
        row.extend((1..width).map(|_| Cell::EMPTY));
    }
    for row in &mut rows {
        let end = row.iter().rposition(|cell| cell.symbol() != " ").map_or(0, |last| last + 1);
        // The second half of a wide symbol is an empty cell that belongs to it.
        let end = if end > 0 { end + usize::from(columns(row[end - 1].symbol()).max(1)) - 1 } else { 0 };
        row.truncate(end);
    }
    rows
}

#[cfg(test)]
#[path = "paint_tests.rs"]
mod tests;
