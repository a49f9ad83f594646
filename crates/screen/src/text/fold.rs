//! Long output, shortened to how it begins and how it ends.

use crate::text::wrap::{clip, measure, plain};

/// Widest line of a folded text, in columns: the rest of it is there to be opened.
pub(crate) const WIDEST: usize = 400;

/// A text's first and last lines, made harmless for a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folded {
    /// How it begins; all of it, where nothing is left out.
    pub(crate) head: Vec<String>,
    /// How many lines stand between the two.
    pub(crate) left_out: usize,
    /// How it ends.
    pub(crate) tail: Vec<String>,
    /// A line that is there is not there whole.
    pub(crate) is_cut: bool,
}

/// Folds a text to `most` lines, of which the last half (the larger one) is its end, where results and errors stand. One line alone is
/// not folded away: the line that says so would take its place. Blank lines at the end do not count, and lines of more than
/// `widest` columns are cut.
pub(crate) fn fold(text: &str, most: usize, widest: usize) -> Folded {
    let text = text.trim_end();
    if text.is_empty() {
        return Folded::default();
    }
    let count = text.lines().count();
    let mut is_cut = false;
    let mut shown = |line: &str| {
        let line = plain(line);
        let is_long = measure(&line) > widest;
        is_cut |= is_long;
        if is_long { clip(&line, widest) } else { line }
    };
    if count <= most.saturating_add(1) {
        let head = text.lines().map(shown).collect();
        return Folded { head, left_out: 0, tail: Vec::new(), is_cut };
    }
    let first = most / 2;
    let head = text.lines().take(first).map(&mut shown).collect();
    let mut tail: Vec<String> = text.lines().rev().take(most - first).map(shown).collect();
    tail.reverse();
    Folded { head, left_out: count - most, tail, is_cut }
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
