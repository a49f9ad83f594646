//! What has happened since the last input, folded over a transcript item by item. It outlives a window: what was granted and
//! counted for a turn holds until the turn ends, whatever was compacted in between.

use std::collections::VecDeque;

use protocol::{FragmentKind, Item, ResultPart, ToolOutcome};

use crate::toolrun::INTERRUPTED;

/// How many of the newest tool results are looked at for repeats.
const LOOKED_AT: usize = 10;

/// The stretch of a transcript since the last user item (a brief, for a specialist).
#[derive(Clone, Debug, Default)]
pub(crate) struct Turn {
    /// Something was asked.
    pub(crate) asked: bool,
    /// Model calls answered.
    pub(crate) steps: u32,
    /// `take_over` was granted.
    pub(crate) took_over: bool,
    fragments: Vec<(FragmentKind, String)>,
    open_calls: Vec<(String, blake3::Hash)>,
    recent: VecDeque<Pair>,
}

/// A call with its result, by hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pair {
    call: blake3::Hash,
    result: blake3::Hash,
}

impl Turn {
    /// The fold over these items.
    #[cfg(test)]
    pub(crate) fn of(items: &[Item]) -> Self {
        let mut turn = Self::default();
        items.iter().for_each(|item| turn.observe(item));
        turn
    }

    /// Takes the next item into account.
    pub(crate) fn observe(&mut self, item: &Item) {
        match item {
            Item::User { .. } => *self = Self { asked: true, ..Self::default() },
            Item::Fragment { kind, text } => self.fragments.push((*kind, text.clone())),
            Item::Assistant { .. } => {
                self.steps += 1;
                self.open_calls = item
                    .tool_calls()
                    .into_iter()
                    .map(|(id, name, arguments)| (id.to_owned(), hash(&[name, arguments])))
                    .collect();
            }
            Item::ToolResults { results } => {
                self.took_over |= results.iter().any(|result| result.tool == "take_over" && !result.is_error);
                // A step that the program's own end cut off is asked for again on purpose.
                if !results.iter().any(was_interrupted) {
                    results.iter().for_each(|result| self.remember(result));
                }
            }
        }
    }

    /// The task goes on in another lane: what was granted in the one before does not count there.
    pub(crate) fn lane_left(&mut self) {
        self.took_over = false;
    }

    fn remember(&mut self, result: &ToolOutcome) {
        let Some((_, call)) = self.open_calls.iter().find(|(id, _)| *id == result.call.as_str()) else { return };
        let content = serde_json::to_string(&result.content).unwrap_or_default();
        self.recent.push_back(Pair { call: *call, result: hash(&[&content]) });
        if self.recent.len() > LOOKED_AT {
            self.recent.pop_front();
        }
    }

    /// How often the most frequent (call, result) pair of the last ten tool results occurs.
    pub(crate) fn repeats(&self) -> usize {
        self.recent.iter().map(|pair| self.recent.iter().filter(|other| *other == pair).count()).max().unwrap_or(0)
    }

    /// Fragments of a kind that contain these words (all of the kind, for none).
    pub(crate) fn told(&self, wanted: FragmentKind, words: &str) -> usize {
        self.fragments.iter().filter(|(kind, text)| *kind == wanted && text.contains(words)).count()
    }

    /// How often this very fragment was given.
    pub(crate) fn reminded(&self, reminder: &Item) -> usize {
        let Item::Fragment { kind, text } = reminder else { return 0 };
        self.fragments.iter().filter(|(told, words)| told == kind && words == text).count()
    }
}

fn hash(parts: &[&str]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize()
}

/// A call that the program's own end cut off. Asking again for the whole step is what the agent was told to consider, and
/// no sign of going round in circles.
fn was_interrupted(result: &ToolOutcome) -> bool {
    result.content.iter().any(|part| matches!(part, ResultPart::Text { text } if text == INTERRUPTED))
}

#[cfg(test)]
#[path = "turn_tests.rs"]
mod tests;
