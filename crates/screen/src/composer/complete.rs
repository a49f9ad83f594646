//! Completion: when it opens, what it offers, what a choice puts in.

use super::find::Found;
use super::popup::{Item, Kind, Popup, Spot};
use super::words::{command_name, named, spelled};
use super::{Composer, Typed};

/// Longest name that is completed, in bytes: a key is not to cost more where there is more text.
const LONGEST: usize = 1_024;

impl Composer {
    /// The word at the cursor that can be completed, and what of it was typed so far.
    fn completable(&self) -> Option<(Spot, String)> {
        if self.shell {
            return None;
        }
        let (line, col) = self.editor.cursor();
        let whole = self.editor.line();
        let beginning = whole.get(..whole.floor_char_boundary(LONGEST)).unwrap_or_default();
        if line == 0
            && let Some(length) = command_name(beginning)
            && (1..=length + 1).contains(&col)
        {
            let query = whole.chars().take(col).skip(1).collect();
            return Some((Spot { kind: Kind::Commands, line, from: 0, to: length + 1 }, query));
        }
        let (skipped, text) = around(whole, self.editor.offset(), col)?;
        let here = col - skipped;
        let word = named(text)
            .into_iter()
            .find(|word| word.from < here && here <= word.to && !(word.is_closed && here == word.to))?;
        let query: String = text.chars().take(here).skip(word.begins).collect();
        let query = query.strip_prefix("./").unwrap_or(&query).to_owned();
        Some((Spot { kind: Kind::Files, line, from: skipped + word.from, to: skipped + word.to }, query))
    }

    /// Brings the popup up to date with the text. It opens where `may_open` says so, and not again for a word it was closed at.
    pub(super) fn complete(&mut self, may_open: bool) {
        let was = self.popup.take();
        self.wants_files = None;
        let Some((spot, query)) = self.completable() else {
            self.dismissed = None;
            return;
        };
        if self.dismissed.is_some_and(|dismissed| dismissed.is_same_word(&spot)) || !(may_open || was.is_some()) {
            return;
        }
        self.dismissed = None;
        let is_new = was.as_ref().is_none_or(|was| was.kind() != spot.kind);
        let popup = match spot.kind {
            Kind::Files => self.files_popup(spot, &query, is_new),
            Kind::Commands | Kind::History => self.commands_popup(spot, &query),
        };
        self.popup = (!popup.items.is_empty()).then_some(popup);
        if let (Some(popup), Some(chosen)) = (&mut self.popup, was.filter(|was| was.spot == spot)) {
            // The same word, and a fresher list: who had chosen keeps the choice.
            popup.select(chosen.selected().map_or("", |item| &item.name));
        }
    }

    fn files_popup(&mut self, spot: Spot, query: &str, is_new: bool) -> Popup {
        if is_new {
            self.files.refresh(self.now_ms);
        }
        let list = self.files.list();
        let Found { best, total } = self.finder.files(&list, query);
        let items =
            best.into_iter().filter_map(|at| list.get(at)).map(|name| Item { name: name.clone(), ..Item::default() });
        let popup = Popup::new(spot, items.collect(), total);
        self.wants_files = Some(list);
        popup
    }

    fn commands_popup(&mut self, spot: Spot, query: &str) -> Popup {
        let best = self.finder.commands(&self.commands, query);
        let items: Vec<Item> = best
            .into_iter()
            .filter_map(|at| self.commands.get(at))
            .map(|command| Item {
                name: command.insert.clone(),
                takes: command.takes.clone(),
                about: command.about.clone(),
                entry: 0,
            })
            .collect();
        let total = items.len();
        Popup::new(spot, items, total)
    }

    /// Puts the selected one in.
    pub(super) fn accept(&mut self) {
        let Some(popup) = self.popup.take() else { return };
        let Some(item) = popup.selected().cloned() else { return };
        let Spot { kind, line, from, to } = popup.spot;
        if self.editor.cursor().0 != line {
            return;
        }
        if kind == Kind::Commands {
            self.editor.replace(from, to, &format!("/{}", item.name));
            self.blank_behind();
            return;
        }
        let is_folder = item.name.ends_with('/');
        let mut name = spelled(&item.name);
        if is_folder {
            // It goes on inside of the folder, and inside of the quotes.
            name = name.trim_end_matches('"').to_owned();
        }
        self.editor.replace(from, to, &name);
        if is_folder {
            self.complete(true);
        } else {
            self.blank_behind();
        }
    }

    /// Goes behind the blank after a word that was put in; there is one then.
    fn blank_behind(&mut self) {
        if self.editor.after() == Some(' ') {
            let (line, col) = self.editor.cursor();
            self.editor.go(line, col + 1);
        } else {
            self.editor.insert(" ");
        }
    }

    /// Enter while a completion is open. A name that stands there whole is sent; a command that takes nothing too.
    pub(super) fn accept_or_send(&mut self) -> Option<Typed> {
        let Some((popup, item)) = self.popup.as_ref().and_then(|popup| popup.selected().map(|item| (popup, item)))
        else {
            return self.send();
        };
        let Spot { kind, from, to, .. } = popup.spot;
        let word: String = self.editor.line().chars().take(to).skip(from).collect();
        let is_whole = match kind {
            Kind::Commands => word.strip_prefix('/') == Some(item.name.as_str()),
            Kind::Files | Kind::History => word == spelled(&item.name),
        };
        if is_whole {
            return self.send();
        }
        let is_all = kind == Kind::Commands && item.takes.is_empty() && self.editor.text().chars().count() == to;
        self.accept();
        if is_all { self.send() } else { Some(Typed::Nothing) }
    }

    /// What may stand behind the command in the box, where nothing does yet.
    pub(super) fn hint(&self) -> Option<&str> {
        let [line] = self.editor.lines() else { return None };
        if self.shell || self.search.is_some() || self.editor.cursor().1 < line.chars().count() {
            return None;
        }
        let name = line.strip_prefix('/')?.strip_suffix(' ')?.trim_end();
        let command = self.commands.iter().find(|command| command.insert == name)?;
        (!command.takes.is_empty()).then_some(command.takes.as_str())
    }
}

/// The part of a line in which a name at the cursor can stand, and how many characters are before it; none where no name stands there.
fn around(line: &str, offset: usize, col: usize) -> Option<(usize, &str)> {
    let least = line.floor_char_boundary(offset.saturating_sub(LONGEST));
    let before = line.get(least..offset).filter(|before| before.contains('@'))?;
    // Not in the middle of a word: what is left of one would look like a name.
    let cut = if least == 0 { 0 } else { before.find(char::is_whitespace).unwrap_or(before.len()) };
    let before = before.get(cut..).unwrap_or_default();
    let end = line.ceil_char_boundary(offset.saturating_add(LONGEST).min(line.len()));
    Some((col - before.chars().count(), line.get(offset - before.len()..end)?))
}

#[cfg(test)]
#[path = "complete_tests.rs"]
mod tests;
