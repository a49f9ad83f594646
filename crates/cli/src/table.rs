//! Tables for the terminal: one line under the header and none between rows, narrow enough for 80 columns where they can be.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

/// A line under the header, two spaces between columns.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));

/// What the short headers of token columns stand for.
pub(crate) const LEGEND: &str =
    "Tokens: in = uncached input, read = cache read, write = cache write, out = output; hits = hit rate of the cache.";

/// An empty table. The first `words` columns hold text, the others numbers.
pub(crate) fn table(headers: &[&str], words: usize) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_header(headers.iter().copied());
    for column in table.column_iter_mut().skip(words) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
