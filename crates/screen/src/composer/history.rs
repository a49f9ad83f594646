//! What was sent: recalled line by line, or searched.

use std::collections::{BTreeMap, HashSet};

/// Entries kept; the oldest go.
pub(super) const MOST: usize = 1_000;

/// What was sent earlier, the oldest first. A shell command stands with its `!`; a prompt that begins with one has a blank before it.
#[derive(Debug, Default)]
pub struct History {
    whole: Vec<String>,
    /// As it stood in the box, with marks for what was pasted; none for what an earlier session remembered.
    typed: Vec<Option<String>>,
}

impl History {
    /// What was sent in earlier sessions, the oldest first, written as in [`History`]. Empty ones and repeated ones are left out, and only the
    /// newest 1,000 stay.
    pub fn load(lines: Vec<String>) -> Self {
        let mut history = Self::default();
        let skipped = lines.len().saturating_sub(MOST);
        for line in lines.into_iter().skip(skipped) {
            history.push(line, None);
        }
        history
    }

    /// All of them, the oldest first, with everything that was pasted in its place.
    pub(super) fn entries(&self) -> &[String] {
        &self.whole
    }

    pub(super) fn add(&mut self, whole: String, typed: String) {
        self.push(whole, Some(typed));
    }

    fn push(&mut self, whole: String, typed: Option<String>) {
        if whole.trim().is_empty() || self.whole.last() == Some(&whole) {
            return;
        }
        if self.whole.len() >= MOST {
            self.whole.remove(0);
            self.typed.remove(0);
        }
        self.whole.push(whole);
        self.typed.push(typed);
    }

    pub(super) fn len(&self) -> usize {
        self.whole.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<Recalled<'_>> {
        let typed = self.typed.get(index)?.as_deref();
        typed.map(Recalled::Typed).or_else(|| self.whole.get(index).map(|whole| Recalled::Whole(whole)))
    }

    /// Entries that hold these words as they stand, the newest first, each text once.
    pub(super) fn search(&self, words: &str) -> Vec<usize> {
        let mut seen = HashSet::new();
        let newest_first = self.whole.iter().enumerate().rev();
        newest_first
            .filter(|(_, entry)| holds(entry, words) && seen.insert(entry.as_str()))
            .map(|(index, _)| index)
            .collect()
    }
}

/// Whether text holds the words. Capital letters count where the words have some.
pub(super) fn holds(text: &str, words: &str) -> bool {
    let exact = words.chars().any(char::is_uppercase);
    if exact { text.contains(words) } else { text.to_lowercase().contains(words) }
}

/// An entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recalled<'a> {
    /// As it stood in the box of this session.
    Typed(&'a str),
    /// With everything that was pasted in its place.
    Whole(&'a str),
}

/// A walk through the history: where it is, and what was typed at each place that it passed, so that nothing is lost by looking.
#[derive(Debug)]
pub(super) struct Walk {
    /// In the history; its length is the place of what was being typed.
    at: usize,
    kept: BTreeMap<usize, String>,
}

impl Walk {
    pub(super) fn new(history: &History) -> Self {
        Self { at: history.len(), kept: BTreeMap::new() }
    }

    /// One entry older or newer; none at the ends. `now` is what stands in the box, to be found again.
    pub(super) fn step(&mut self, older: bool, history: &History, now: String) -> Option<usize> {
        let to = if older { self.at.checked_sub(1)? } else { self.at + 1 };
        self.go(to, history, now)
    }

    /// To an entry.
    pub(super) fn go(&mut self, to: usize, history: &History, now: String) -> Option<usize> {
        if to > history.len() {
            return None;
        }
        self.kept.insert(self.at, now);
        self.at = to;
        Some(to)
    }

    /// What stood in the box at this place when the walk left it.
    pub(super) fn kept(&self, at: usize) -> Option<&str> {
        self.kept.get(&at).map(String::as_str)
    }
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
