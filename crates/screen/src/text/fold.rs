//! Long output, shortened to how it begins and how it ends.

use crate::text::wrap::clip;

/// Widest line of a folded text, in columns: the rest of it is there to be opened.
const WIDEST: usize = 400;

/// A text's first and last lines, made harmless for a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folded {
    /// How it begins; all of it, where nothing is left out.
    pub(crate) head: Vec<String>,
    /// How many lines stand between the two.
    pub(crate) left_out: usize,
    /// How it ends.
    pub(crate) tail: Vec<String>,
}

/// Folds a text to `most` lines, of which the last half (the larger one) is its end, where results and errors stand. One line alone is
/// not folded away: the line that says so would take its place. Blank lines at the end do not count, and lines of more than 400
/// columns are cut.
pub(crate) fn fold(text: &str, most: usize) -> Folded {
    let text = text.trim_end();
    if text.is_empty() {
        return Folded::default();
    }
    let count = text.lines().count();
    let shown = |line: &str| clip(&redact::inert(line), WIDEST);
    if count <= most.saturating_add(1) {
        return Folded { head: text.lines().map(shown).collect(), left_out: 0, tail: Vec::new() };
    }
    let head = most / 2;
    let tail = most - head;
    let mut last: Vec<String> = text.lines().rev().take(tail).map(shown).collect();
    last.reverse();
    Folded { head: text.lines().take(head).map(shown).collect(), left_out: count - most, tail: last }
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
