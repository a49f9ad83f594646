//! What opens above the box: completions, and what a search in the history found.

use std::cell::Cell;

/// Rows it takes at most.
const MOST_ROWS: usize = 8;

/// What is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Files,
    Commands,
    History,
}

impl Kind {
    /// What it is called in the box's border.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Commands => "commands",
            Self::History => "history",
        }
    }
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Item {
    /// A file's path, a command's name without `/`, an entry of the history as it is drawn.
    pub(super) name: String,
    /// What may stand behind it.
    pub(super) takes: String,
    /// What it is.
    pub(super) about: String,
    /// Its place in the history.
    pub(super) entry: usize,
}

/// A part of the text: a line, and characters in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) kind: Kind,
    pub(super) line: usize,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Spot {
    /// The same word, however it was continued.
    pub(super) fn is_same_word(&self, other: &Self) -> bool {
        (self.kind, self.line, self.from) == (other.kind, other.line, other.from)
    }
}

/// An open popup. It has one row at least, but for a search that found nothing.
#[derive(Debug)]
pub(super) struct Popup {
    /// What a choice is put in the place of.
    pub(super) spot: Spot,
    pub(super) items: Vec<Item>,
    /// How many there are in all; more than `items` where these are the best only.
    pub(super) total: usize,
    selected: usize,
    /// First row that is drawn: drawing moves it as little as it can.
    top: Cell<usize>,
}

impl Popup {
    pub(super) fn new(spot: Spot, items: Vec<Item>, total: usize) -> Self {
        Self { spot, items, total, selected: 0, top: Cell::new(0) }
    }

    pub(super) fn kind(&self) -> Kind {
        self.spot.kind
    }

    pub(super) fn selected(&self) -> Option<&Item> {
        self.items.get(self.selected)
    }

    /// Which one is selected, from 1.
    pub(super) fn number(&self) -> usize {
        self.selected + 1
    }

    /// Selects the one of this name, if it is there.
    pub(super) fn select(&mut self, name: &str) {
        self.selected = self.items.iter().position(|item| item.name == name).unwrap_or(0);
    }

    /// Selects another one: round at the ends for a single step, up to them for more.
    pub(super) fn go(&mut self, by: isize) {
        let last = self.items.len().saturating_sub(1);
        self.selected = match by {
            -1 if self.selected == 0 => last,
            1 if self.selected >= last => 0,
            _ => self.selected.saturating_add_signed(by).min(last),
        };
    }

    /// Rows it wants.
    pub(super) fn height(&self) -> u16 {
        u16::try_from(self.items.len().min(MOST_ROWS)).unwrap_or(0)
    }

    /// The items that so many rows show, each with whether it is the selected one.
    pub(super) fn window(&self, rows: u16) -> impl Iterator<Item = (&Item, bool)> {
        let top = window(&self.top, self.selected, usize::from(rows), self.items.len());
        self.items
            .iter()
            .enumerate()
            .skip(top)
            .take(usize::from(rows))
            .map(|(index, item)| (item, index == self.selected))
    }
}

/// The first of so many rows, moved as little as it has to be for the row `shown` to be among them.
pub(super) fn window(top: &Cell<usize>, shown: usize, rows: usize, all: usize) -> usize {
    let lowest = (shown + 1).saturating_sub(rows.max(1));
    top.set(top.get().clamp(lowest, shown.max(lowest)).min(all.saturating_sub(rows)));
    top.get()
}
