//! All that happened, for the viewer: the texts, oldest first, dropped where they take too much room.

use std::collections::VecDeque;
use std::sync::Arc;

use super::entry::{Body, Entry};

/// Most bytes of text that are kept.
pub(crate) const MOST_BYTES: usize = 32 << 20;

/// All that happened. Entries are named by their place since the beginning, which stays when older ones go.
pub(crate) struct Shelf {
    entries: VecDeque<Arc<Entry>>,
    /// How many were dropped: the place of the first that is there.
    dropped: u64,
    bytes: usize,
    most: usize,
    /// The last number given out.
    numbers: u32,
}

impl Shelf {
    pub(crate) fn new(most: usize) -> Self {
        Self { entries: VecDeque::new(), dropped: 0, bytes: 0, most, numbers: 0 }
    }

    /// Keeps it; what can be opened gets its number.
    pub(crate) fn put(&mut self, body: Body) -> Arc<Entry> {
        let number = matches!(body, Body::Folded(_)).then(|| {
            self.numbers += 1;
            self.numbers
        });
        let entry = Arc::new(Entry { number, body });
        self.bytes += entry.bytes();
        self.entries.push_back(entry.clone());
        while self.bytes > self.most && self.entries.len() > 1 {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.bytes();
            self.dropped += 1;
        }
        entry
    }

    pub(crate) fn get(&self, place: u64) -> Option<&Arc<Entry>> {
        self.entries.get(usize::try_from(place.checked_sub(self.dropped)?).ok()?)
    }

    /// Places that are there.
    pub(crate) fn places(&self) -> std::ops::Range<u64> {
        self.dropped..self.dropped + self.entries.len() as u64
    }

    /// How many of the oldest were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Where the thing of this number stands.
    pub(crate) fn numbered(&self, number: u32) -> Option<u64> {
        self.places().rev().find(|place| self.get(*place).is_some_and(|entry| entry.number == Some(number)))
    }

    /// The place of the nearest thing that can be opened, before (`forward` false) or behind a place.
    pub(crate) fn neighbour(&self, place: u64, forward: bool) -> Option<u64> {
        let is_foldable = |place: &u64| self.get(*place).is_some_and(|entry| entry.number.is_some());
        let places = self.places();
        if forward {
            (place.saturating_add(1).max(places.start)..places.end).find(is_foldable)
        } else {
            (places.start..place.min(places.end)).rev().find(is_foldable)
        }
    }

    /// The newest thing that can be opened.
    pub(crate) fn newest(&self) -> Option<u64> {
        self.neighbour(u64::MAX, false)
    }
}

#[cfg(test)]
#[path = "shelf_tests.rs"]
mod tests;
