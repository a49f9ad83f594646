//! The text as rows of the box: wrapped by words, with the way from a place in the text to a place in the box and back.

use super::cells::{Cell, cells};
use super::marks::Marks;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Of the text.
    pub(super) line: usize,
    pub(super) cells: Vec<Cell>,
    /// The line ends here.
    pub(super) is_last: bool,
}

impl Row {
    fn width(&self) -> u16 {
        self.cells.iter().fold(0, |all, cell| all.saturating_add(cell.width))
    }
}

/// All rows at one width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) rows: Vec<Row>,
    /// Characters of each line.
    lengths: Vec<usize>,
    width: u16,
}

impl Layout {
    /// `width` columns for text; the cursor may stand one column behind them.
    pub(super) fn new(lines: &[String], marks: &Marks, width: u16) -> Self {
        let width = width.max(1);
        let rows = lines.iter().enumerate().flat_map(|(line, text)| wrap(line, cells(text, marks), width)).collect();
        Self { rows, lengths: lines.iter().map(|line| line.chars().count()).collect(), width }
    }

    /// Row and column of a place in the text.
    pub(super) fn position(&self, line: usize, col: usize) -> (usize, u16) {
        let first = self.rows.partition_point(|row| row.line < line);
        let mut last = first;
        for (index, row) in self.rows.iter().enumerate().skip(first).take_while(|(_, row)| row.line == line) {
            last = index;
            let mut x = 0_u16;
            for cell in &row.cells {
                if cell.col >= col {
                    return (index, x.min(self.width));
                }
                x = x.saturating_add(cell.width);
            }
        }
        (last, self.rows.get(last).map_or(0, Row::width).min(self.width))
    }

    /// The place in the text that is nearest to a place in the box.
    fn place(&self, row: usize, x: u16) -> Option<(usize, usize)> {
        let row = self.rows.get(row)?;
        let mut right = 0_u16;
        for cell in &row.cells {
            right = right.saturating_add(cell.width);
            if right > x {
                return Some((row.line, cell.col));
            }
        }
        if row.is_last {
            return Some((row.line, self.lengths.get(row.line).copied().unwrap_or(0)));
        }
        Some((row.line, row.cells.last().map_or(0, |cell| cell.col)))
    }

    /// One row up, as near to column `x` as can be; none in the first row.
    pub(super) fn above(&self, (line, col): (usize, usize), x: u16) -> Option<(usize, usize)> {
        let (row, _) = self.position(line, col);
        self.place(row.checked_sub(1)?, x)
    }

    /// One row down, as near to column `x` as can be; none in the last row. The name of pasted text may go over several rows and is
    /// passed as one.
    pub(super) fn below(&self, (line, col): (usize, usize), x: u16) -> Option<(usize, usize)> {
        let (row, _) = self.position(line, col);
        (row + 1..self.rows.len())
            .filter_map(|below| self.place(below, x))
            .find(|(line, col)| self.position(*line, *col).0 > row)
    }

    /// The end of the first row of all: where the cursor goes when something is recalled by going up.
    pub(super) fn end_of_first_row(&self) -> (usize, usize) {
        self.place(0, u16::MAX).unwrap_or_default()
    }
}

/// Rows of one line: broken behind blanks, within a word only where it is wider than a row. The blank that would begin a row stays where
/// it is, without a width.
fn wrap(line: usize, cells: Vec<Cell>, width: u16) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row: Vec<Cell> = Vec::new();
    let mut used = 0_u16;
    for mut cell in cells {
        cell.width = cell.width.min(width);
        if used.saturating_add(cell.width) > width {
            if cell.blank && !row.is_empty() {
                cell.width = 0;
                row.push(cell);
                rows.push(Row { line, cells: std::mem::take(&mut row), is_last: false });
                used = 0;
                continue;
            }
            let behind_blank = row.iter().rposition(|cell| cell.blank).map_or(row.len(), |at| at + 1);
            let rest = row.split_off(behind_blank);
            rows.push(Row { line, cells: std::mem::replace(&mut row, rest), is_last: false });
            used = row.iter().fold(0, |all, cell| all.saturating_add(cell.width));
            if used.saturating_add(cell.width) > width {
                rows.push(Row { line, cells: std::mem::take(&mut row), is_last: false });
                used = 0;
            }
        }
        used = used.saturating_add(cell.width);
        row.push(cell);
    }
    rows.push(Row { line, cells: row, is_last: true });
    rows
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
