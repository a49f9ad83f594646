//! A line of typed text as cells of a terminal: what a person sees as one character, how it is shown, how wide it is.

use ratatui::buffer::CellWidth as _;
use ratatui::style::Style;
use ratatui::text::Span;

use super::marks::{Marks, is_mark};

/// Columns between two tab stops.
const TAB: u16 = 4;

/// What a person sees as single characters: an emoji with all its parts is one, a control character is one, a mark is one.
pub(super) fn characters(line: &str) -> Vec<&str> {
    let mut found = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let stands_alone = |c: char| c.is_control() || is_mark(c);
        let length = if stands_alone(first) { first.len_utf8() } else { rest.find(stands_alone).unwrap_or(rest.len()) };
        let (run, behind) = rest.split_at(length);
        rest = behind;
        if run.is_ascii() {
            found.extend((0..run.len()).filter_map(|at| run.get(at..=at)));
        } else if stands_alone(first) {
            found.push(run);
        } else {
            let mut at = 0;
            for character in Span::raw(run).styled_graphemes(Style::new()) {
                let next = at + character.symbol.len();
                found.extend(run.get(at..next));
                at = next;
            }
        }
    }
    found
}

/// What is drawn: nearly always one character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    One(char),
    Several(Box<str>),
}

/// One cell, or two for what is wide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) shown: Shown,
    /// In columns.
    pub(super) width: u16,
    /// Where in the line it stands, in characters. All cells of a mark stand where the mark does.
    pub(super) col: usize,
    /// Belongs to the name of pasted text.
    pub(super) mark: bool,
    pub(super) blank: bool,
}

/// The cells of a line. No control character is left, nothing that turns text around, and nothing without a width.
pub(super) fn cells(line: &str, marks: &Marks) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(line.len());
    let (mut col, mut x) = (0_usize, 0_u16);
    for character in characters(line) {
        let first = character.chars().next().unwrap_or_default();
        if let Some(label) = marks.label(first) {
            cells.extend(label.chars().map(|c| Cell {
                shown: Shown::One(c),
                width: 1,
                col,
                mark: true,
                blank: c == ' ',
            }));
        } else if first == '\t' {
            cells.push(Cell { shown: Shown::One(' '), width: TAB - x % TAB, col, mark: false, blank: true });
        } else {
            cells.push(cell(character, first, col));
        }
        x = x.wrapping_add(cells.last().map_or(0, |cell| cell.width));
        col += character.chars().count();
    }
    cells
}

fn cell(character: &str, first: char, col: usize) -> Cell {
    if character.len() == 1 && !first.is_control() {
        return Cell { shown: Shown::One(first), width: 1, col, mark: false, blank: first == ' ' };
    }
    let shown = redact::inert(character);
    let mut chars = shown.chars();
    let is_harmless = !shown.chars().any(char::is_control);
    let width = if is_harmless { shown.as_ref().cell_width() } else { 0 };
    let blank = first.is_whitespace();
    let shown = match (width, chars.next(), chars.next()) {
        (0, _, _) | (_, None, _) => Shown::One(char::REPLACEMENT_CHARACTER),
        (_, Some(only), None) => Shown::One(only),
        _ => Shown::Several(shown.into()),
    };
    Cell { shown, width: width.max(1), col, mark: false, blank }
}

/// Text in so many columns at most: cut behind with `…`. It is harmless and of one line.
pub(super) fn fit(text: &str, columns: u16) -> String {
    cut(&cells(&text.replace('\n', " "), &Marks::default()), columns, Keep::Front)
}

/// As [`fit`], but the end is what stays: of a path, the name.
pub(super) fn fit_end(text: &str, columns: u16) -> String {
    cut(&cells(&text.replace('\n', " "), &Marks::default()), columns, Keep::End)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Front,
    End,
}

fn cut(cells: &[Cell], columns: u16, keep: Keep) -> String {
    let whole: usize = cells.iter().map(|cell| usize::from(cell.width)).sum();
    let all = usize::from(columns);
    if whole <= all {
        return cells.iter().fold(String::new(), write);
    }
    let Some(most) = all.checked_sub(1) else { return String::new() };
    let mut used = 0;
    let mut fits = |cell: &&Cell| {
        used += usize::from(cell.width);
        used <= most
    };
    if keep == Keep::Front {
        cells.iter().take_while(&mut fits).fold(String::new(), write) + "…"
    } else {
        let count = cells.iter().rev().take_while(&mut fits).count();
        cells.iter().skip(cells.len() - count).fold("…".to_owned(), write)
    }
}

fn write(mut text: String, cell: &Cell) -> String {
    match &cell.shown {
        // A tab is as wide as it has to be.
        Shown::One(' ') => text.extend(std::iter::repeat_n(' ', usize::from(cell.width))),
        Shown::One(c) => text.push(*c),
        Shown::Several(several) => text.push_str(several),
    }
    text
}

#[cfg(test)]
#[path = "cells_tests.rs"]
mod tests;
