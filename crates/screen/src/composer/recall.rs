//! The history in the box: walked by Up and Down, searched by Ctrl-R.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::history::{Recalled, Walk, holds};
use super::popup::{Item, Kind, Popup, Spot};
use super::{Composer, Typed};

/// A search in the history.
#[derive(Debug, Default)]
pub(super) struct Search {
    pub(super) words: String,
}

impl Composer {
    /// What stands in the box, in one string: a shell command has its `!`, and a prompt that begins with one has a blank before it, so that
    /// it never comes back as a command.
    pub(super) fn coded(&self) -> String {
        let text = self.editor.text();
        match (self.shell, text.starts_with('!')) {
            (true, _) => format!("!{text}"),
            (false, true) => format!(" {text}"),
            (false, false) => text,
        }
    }

    /// Puts such a string in the box, the cursor at its end.
    pub(super) fn decode(&mut self, coded: &str) {
        let shell = coded.strip_prefix('!');
        self.shell = shell.is_some();
        self.editor.set(shell.unwrap_or(coded));
        self.close();
    }

    /// An older or newer entry; false where there is none.
    pub(super) fn walk(&mut self, older: bool) -> bool {
        if !older && self.walk.is_none() {
            return false;
        }
        let now = self.coded();
        let walk = self.walk.get_or_insert_with(|| Walk::new(&self.history));
        let Some(to) = walk.step(older, &self.history, now) else { return false };
        self.recall(to);
        if older {
            // Up goes on to the entry before this one, however many rows this one has.
            let (line, col) = self.layout().end_of_first_row();
            self.editor.go(line, col);
        }
        true
    }

    fn recall(&mut self, to: usize) {
        let kept = self.walk.as_ref().and_then(|walk| walk.kept(to)).map(str::to_owned);
        let text = match (kept, self.history.get(to)) {
            (Some(kept), _) => kept,
            (None, Some(Recalled::Typed(typed))) => typed.to_owned(),
            (None, Some(Recalled::Whole(whole))) => {
                let whole = whole.to_owned();
                self.put_text(&whole);
                return;
            }
            (None, None) => String::new(),
        };
        self.decode(&text);
    }

    /// Opens the search, or goes on to the next older one.
    pub(super) fn search_on(&mut self) {
        if self.search.is_none() {
            self.search = Some(Search::default());
            self.find_entries();
        } else if let Some(popup) = &mut self.popup {
            popup.go(1);
        }
    }

    fn find_entries(&mut self) {
        let Some(search) = &self.search else { return };
        let hits = self.history.search(&search.words);
        let entries = self.history.entries();
        let items = hits.iter().filter_map(|entry| entries.get(*entry).map(|text| item(*entry, text, &search.words)));
        let items: Vec<Item> = items.collect();
        let total = items.len();
        let spot = Spot { kind: Kind::History, line: 0, from: 0, to: 0 };
        self.popup = Some(Popup::new(spot, items, total));
    }

    /// Words pasted into the search.
    pub(super) fn search_paste(&mut self, text: &str) {
        if let Some(search) = &mut self.search {
            search
                .words
                .extend(text.trim().chars().map_while(|c| (c != '\n').then_some(if c == '\t' { ' ' } else { c })));
            self.find_entries();
        }
    }

    /// A key while the search is open. What is not the search's own closes it and leaves the text as it was.
    pub(super) fn search_key(&mut self, key: KeyEvent) -> Option<Typed> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        let Some(search) = &mut self.search else { return None };
        match key.code {
            KeyCode::Enter | KeyCode::Tab => self.take_found(),
            KeyCode::Esc => self.close(),
            KeyCode::Char('g') if control => self.close(),
            KeyCode::Char('r' | 'p') if control => self.search_on(),
            KeyCode::Char('s' | 'n') if control => self.select(-1),
            // The newest stands on top: up is newer.
            KeyCode::Up => self.select(-1),
            KeyCode::Down => self.select(1),
            KeyCode::PageUp => self.select(-8),
            KeyCode::PageDown => self.select(8),
            KeyCode::Backspace if plain => {
                search.words.pop();
                self.find_entries();
            }
            KeyCode::Char('u' | 'w') if control => {
                search.words.clear();
                self.find_entries();
            }
            KeyCode::Char(c) if plain && !c.is_control() => {
                search.words.push(c);
                self.find_entries();
            }
            KeyCode::Left | KeyCode::Right | KeyCode::Home | KeyCode::End => self.take_found(),
            _ => {
                self.close();
                return None;
            }
        }
        Some(Typed::Nothing)
    }

    fn select(&mut self, by: isize) {
        if let Some(popup) = &mut self.popup {
            popup.go(by);
        }
    }

    /// The found entry stands in the box; Down comes back to what was being typed.
    fn take_found(&mut self) {
        let entry = self.popup.as_ref().and_then(Popup::selected).map(|item| item.entry);
        self.close();
        if let Some(entry) = entry {
            let now = self.coded();
            let walk = self.walk.get_or_insert_with(|| Walk::new(&self.history));
            if let Some(to) = walk.go(entry, &self.history, now) {
                self.recall(to);
            }
        }
    }
}

/// An entry as one row: its first line, and the one that holds the words where that is another.
fn item(entry: usize, text: &str, words: &str) -> Item {
    let text = text.trim();
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let holds = |line: &&str| holds(line, words);
    let found = text.lines().find(holds).filter(|found| *found != first);
    let about = match lines.count() {
        0 => String::new(),
        1 => "+1 line".to_owned(),
        more => format!("+{more} lines"),
    };
    // A row holds no more than this, and an entry may be as long as a file.
    let mut name: String = first.chars().take(300).collect();
    if let Some(found) = found {
        name.extend(" … ".chars().chain(found.trim().chars().take(300)));
    }
    Item { name, takes: String::new(), about, entry }
}

#[cfg(test)]
#[path = "recall_tests.rs"]
mod tests;
