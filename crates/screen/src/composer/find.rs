//! The names that fit what was typed, the best first.

use std::cmp::Reverse;
use std::sync::Arc;

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::feed::Candidate;

/// Names offered at once: whoever has not found theirs among these types on.
pub(super) const MOST: usize = 200;

/// Finds names, and remembers the last answer: a longer query is looked for among its names only.
pub(super) struct Finder {
    matcher: Matcher,
    last: Option<Last>,
}

struct Last {
    list: Arc<[String]>,
    query: String,
    /// Places in the list, in its order.
    hits: Vec<u32>,
}

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Places in the list, the best first, [`MOST`] at most.
    pub(super) best: Vec<usize>,
    /// How many there are in all.
    pub(super) total: usize,
}

impl Finder {
    pub(super) fn new() -> Self {
        Self { matcher: Matcher::new(Config::DEFAULT.match_paths()), last: None }
    }

    /// Files and folders of a sorted list: by how well they match, then those nearer to the root, then by name.
    pub(super) fn files(&mut self, list: &Arc<[String]>, query: &str) -> Found {
        let pattern = pattern(query);
        let narrower = self.last.take().filter(|last| Arc::ptr_eq(&last.list, list) && query.starts_with(&last.query));
        let among = narrower.map_or_else(|| (0..).take(list.len()).collect(), |last| last.hits);
        let mut buffer = Vec::new();
        let mut hits = Vec::new();
        let mut ranked: Vec<(Reverse<u16>, usize, u32)> = Vec::new();
        for index in among {
            let Some(name) = usize::try_from(index).ok().and_then(|index| list.get(index)) else { continue };
            let score = if query.is_empty() {
                Some(0)
            } else {
                pattern.score(Utf32Str::new(name, &mut buffer), &mut self.matcher)
            };
            if let Some(score) = score {
                hits.push(index);
                ranked.push((Reverse(score), depth(name), index));
            }
        }
        let total = ranked.len();
        if total > MOST {
            ranked.select_nth_unstable(MOST);
            ranked.truncate(MOST);
        }
        ranked.sort_unstable();
        self.last = Some(Last { list: Arc::clone(list), query: query.to_owned(), hits });
        Found { best: ranked.into_iter().filter_map(|(_, _, index)| usize::try_from(index).ok()).collect(), total }
    }

    /// Commands: those that begin with the query first, then by how well they match, then in the order given.
    pub(super) fn commands(&mut self, commands: &[Candidate], query: &str) -> Vec<usize> {
        let pattern = pattern(query);
        let mut buffer = Vec::new();
        let mut ranked = Vec::new();
        for (index, command) in commands.iter().enumerate() {
            if let Some(score) = pattern.score(Utf32Str::new(&command.insert, &mut buffer), &mut self.matcher) {
                let begins = command.insert.starts_with(query);
                ranked.push((!begins, if query.is_empty() { Reverse(0) } else { Reverse(score) }, index));
            }
        }
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, _, index)| index).collect()
    }
}

fn pattern(query: &str) -> Atom {
    Atom::new(query, CaseMatching::Smart, Normalization::Smart, AtomKind::Fuzzy, false)
}

/// Folders above it.
fn depth(name: &str) -> usize {
    name.trim_end_matches('/').bytes().filter(|byte| *byte == b'/').count()
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
