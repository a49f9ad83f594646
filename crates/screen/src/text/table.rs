//! A table of Markdown: aligned columns, narrower ones where there is too little room, and one line for each cell where there is
//! hardly any.

use pulldown_cmark::Alignment;
use ratatui::text::{Line, Span};

use super::theme::Theme;
use super::wrap::{measure, tidy, words};

type Cell = Vec<Span<'static>>;

/// Between two columns.
const BAR: &str = " │ ";
const BAR_WIDTH: usize = 3;
/// A column is not made narrower than this.
const NARROW: usize = 8;

/// A table as it is read.
pub(crate) struct Table {
    alignments: Vec<Alignment>,
    /// The first one is the heading.
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Columns, and nothing in them.
    pub(crate) fn new(alignments: Vec<Alignment>) -> Self {
        Self { alignments, rows: Vec::new() }
    }

    /// What follows belongs to another row.
    pub(crate) fn begin_row(&mut self) {
        self.rows.push(Vec::new());
    }

    /// The row's next cell.
    pub(crate) fn cell(&mut self, cell: Cell) {
        // A line break has no place in a cell, though an entity may spell one.
        let cell = tidy(Line::from(cell)).into_iter().flat_map(|line| line.spans).collect();
        if let Some(row) = self.rows.last_mut() {
            row.push(cell);
        }
    }

    /// The table on `width` columns.
    pub(crate) fn rows(&self, theme: &Theme, width: usize) -> Vec<Vec<Span<'static>>> {
        match self.widths(width) {
            Some(widths) => self.columns(theme, &widths),
            None => self.records(theme, width),
        }
    }

    /// A width for each column; none where they do not fit beside each other.
    fn widths(&self, width: usize) -> Option<Vec<usize>> {
        let mut natural = vec![1; self.alignments.len()];
        for row in &self.rows {
            for (most, cell) in natural.iter_mut().zip(row) {
                *most = (*most).max(width_of(cell));
            }
        }
        let bars = BAR_WIDTH * natural.len().saturating_sub(1);
        let room = width.checked_sub(bars)?;
        if natural.iter().map(|width| (*width).min(NARROW)).sum::<usize>() > room {
            return None;
        }
        // The narrowest take what they need, the others share what is left.
        let mut order: Vec<usize> = (0..natural.len()).collect();
        order.sort_by_key(|column| natural.get(*column).copied());
        let mut left = room;
        let mut widths = natural.clone();
        for (done, column) in order.iter().enumerate() {
            let share = left / (natural.len() - done);
            let Some(width) = widths.get_mut(*column) else { continue };
            *width = (*width).min(share);
            left -= *width;
        }
        Some(widths)
    }

    fn columns(&self, theme: &Theme, widths: &[usize]) -> Vec<Vec<Span<'static>>> {
        let broken: Vec<Vec<Vec<Cell>>> = self.rows.iter().map(|row| self.broken(row, widths)).collect();
        let is_tall = |row: &Vec<Vec<Cell>>| row.iter().any(|cell| cell.len() > 1);
        // Rows of several lines need something between them.
        let ruled = broken.iter().skip(1).any(is_tall);
        let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        let rule = vec![Span::styled(rule.join("─┼─"), theme.border())];
        let mut lines = Vec::new();
        for (at, row) in broken.iter().enumerate() {
            if at == 1 || (at > 1 && ruled) {
                lines.push(rule.clone());
            }
            let height = row.iter().map(Vec::len).max().unwrap_or(0);
            for line in 0..height {
                lines.push(self.line(row, line, widths, theme, at == 0));
            }
        }
        if broken.len() == 1 {
            lines.push(rule);
        }
        lines
    }

    fn broken(&self, row: &[Cell], widths: &[usize]) -> Vec<Vec<Cell>> {
        row.iter().zip(widths).map(|(cell, width)| words(cell, *width, *width)).collect()
    }

    /// One line of a row.
    fn line(&self, row: &[Vec<Cell>], line: usize, widths: &[usize], theme: &Theme, is_head: bool) -> Cell {
        let mut spans = Vec::new();
        for (column, width) in widths.iter().enumerate() {
            if column > 0 {
                spans.push(Span::styled(BAR, theme.border()));
            }
            let cell = row.get(column).and_then(|cell| cell.get(line)).cloned().unwrap_or_default();
            let blanks = width.saturating_sub(width_of(&cell));
            let before = match self.alignments.get(column) {
                Some(Alignment::Right) => blanks,
                Some(Alignment::Center) => blanks / 2,
                _ => 0,
            };
            spans.push(Span::raw(" ".repeat(before)));
            spans.extend(cell.into_iter().map(|span| if is_head { strong(span, theme) } else { span }));
            spans.push(Span::raw(" ".repeat(blanks - before)));
        }
        spans
    }

    /// Each cell on a line of its own, behind its column's heading.
    fn records(&self, theme: &Theme, width: usize) -> Vec<Vec<Span<'static>>> {
        let Some((head, body)) = self.rows.split_first() else { return Vec::new() };
        let mut lines = Vec::new();
        if body.is_empty() {
            for cell in head {
                lines.extend(words(&bold(cell, theme), width, width));
            }
        }
        for (at, row) in body.iter().enumerate() {
            if at > 0 {
                lines.push(vec![Span::styled("─".repeat(width.min(NARROW)), theme.border())]);
            }
            for (column, cell) in row.iter().enumerate() {
                let mut spans = head.get(column).map(|name| bold(name, theme)).unwrap_or_default();
                if !spans.is_empty() {
                    spans.push(Span::styled(": ", theme.dim()));
                }
                spans.extend(cell.iter().cloned());
                let indent = if width > NARROW { 2 } else { 0 };
                for (at, row) in words(&spans, width, width - indent).into_iter().enumerate() {
                    let indent = if at == 0 { "" } else { "  ".get(..indent).unwrap_or_default() };
                    lines.push(std::iter::once(Span::raw(indent)).chain(row).collect());
                }
            }
        }
        lines
    }
}

fn bold(cell: &[Span<'static>], theme: &Theme) -> Cell {
    cell.iter().cloned().map(|span| strong(span, theme)).collect()
}

fn strong(span: Span<'static>, theme: &Theme) -> Span<'static> {
    let style = theme.strong().patch(span.style);
    span.style(style)
}

fn width_of(cell: &[Span<'static>]) -> usize {
    cell.iter().map(|span| measure(&span.content)).sum()
}
