//! The text and the cursor in it: steps over what a person sees as one character (an emoji of several parts, pasted text), words that
//! are deleted one after the other and come back as one, undo by words. What a key costs does not grow with the text.

use std::collections::VecDeque;

use super::cells::characters;
use super::reach::{near, next_word, word};

/// Changes that can be undone.
const UNDOS: usize = 500;

/// Which way something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Back,
    Forward,
}

/// How much is deleted at once, to come back with a yank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kill {
    Word(Way),
    Line(Way),
}

/// A place in the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    line: usize,
    /// In the line, in bytes and in characters.
    byte: usize,
    col: usize,
}

impl Place {
    /// Where a text ends that begins here.
    fn after(self, text: &str) -> Self {
        match text.rsplit_once('\n') {
            None => Self { byte: self.byte + text.len(), col: self.col + text.chars().count(), ..self },
            Some((before, last)) => {
                let breaks = before.matches('\n').count() + 1;
                Self { line: self.line + breaks, byte: last.len(), col: last.chars().count() }
            }
        }
    }
}

/// A change: at this place, one text in the place of another.
#[derive(Debug)]
struct Change {
    at: Place,
    removed: String,
    added: String,
    /// Letters of a word as they were typed: the next one is added to them.
    typed: bool,
}

/// Text, cursor, undo and what was deleted last.
pub(super) struct Editor {
    /// One at least, without line breaks.
    lines: Vec<String>,
    cursor: Place,
    undo: VecDeque<Change>,
    redo: Vec<Change>,
    /// What was killed last.
    killed: String,
    /// Changes with the text, not with the cursor.
    revision: u64,
    /// The last key killed: another kill is added to the first one.
    killing: bool,
}

impl Editor {
    pub(super) fn new() -> Self {
        Self {
            lines: vec![String::new()],
            cursor: Place::default(),
            undo: VecDeque::new(),
            redo: Vec::new(),
            killed: String::new(),
            revision: 0,
            killing: false,
        }
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    pub(super) fn text(&self) -> String {
        self.lines.join("\n")
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.len() == 1 && self.line().is_empty()
    }

    /// Line and character in it, both from 0.
    pub(super) fn cursor(&self) -> (usize, usize) {
        (self.cursor.line, self.cursor.col)
    }

    /// The cursor in its line, in bytes.
    pub(super) fn offset(&self) -> usize {
        self.cursor.byte
    }

    fn at(&self, line: usize) -> &str {
        self.lines.get(line).map_or("", String::as_str)
    }

    /// The line the cursor is in.
    pub(super) fn line(&self) -> &str {
        self.at(self.cursor.line)
    }

    fn left(&self) -> &str {
        self.line().get(..self.cursor.byte).unwrap_or_default()
    }

    fn right(&self) -> &str {
        self.line().get(self.cursor.byte..).unwrap_or_default()
    }

    /// The character before the cursor in its line.
    pub(super) fn before(&self) -> Option<char> {
        self.left().chars().next_back()
    }

    /// The character behind the cursor in its line.
    pub(super) fn after(&self) -> Option<char> {
        self.right().chars().next()
    }

    /// Another text, with the cursor at its end; nothing of the former one can be undone, but what was killed stays.
    pub(super) fn set(&mut self, text: &str) {
        self.lines = text.split('\n').map(str::to_owned).collect();
        self.undo.clear();
        self.redo.clear();
        self.go_last();
        self.changed();
    }

    fn changed(&mut self) {
        self.revision = self.revision.wrapping_add(1);
        self.killing = false;
    }

    pub(super) fn insert(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let at = self.cursor;
        let mut chars = text.chars();
        let typed = matches!((chars.next(), chars.next()), (Some(c), None) if !c.is_whitespace());
        self.cursor = put(&mut self.lines, at, text);
        self.redo.clear();
        // Letters of one word are one change.
        match self.undo.back_mut().filter(|last| typed && last.typed && last.at.after(&last.added) == at) {
            Some(word) => word.added.push_str(text),
            None => self.remember(Change { at, removed: String::new(), added: text.to_owned(), typed }),
        }
        self.changed();
    }

    fn remember(&mut self, change: Change) {
        self.redo.clear();
        self.undo.push_back(change);
        if self.undo.len() > UNDOS {
            self.undo.pop_front();
        }
    }

    /// Takes out what stands at a place; the cursor goes there.
    fn remove(&mut self, at: Place, text: String) {
        if text.is_empty() {
            return;
        }
        take(&mut self.lines, at, &text);
        self.cursor = at;
        self.remember(Change { at, removed: text, added: String::new(), typed: false });
        self.changed();
    }

    /// Puts text in the place of some characters of the cursor's line.
    pub(super) fn replace(&mut self, from: usize, to: usize, text: &str) {
        self.go(self.cursor.line, from);
        let old: String = self.right().chars().take(to.saturating_sub(from)).collect();
        self.remove(self.cursor, old);
        self.insert(text);
    }

    /// To a place, or the one nearest to it that there is.
    pub(super) fn go(&mut self, line: usize, col: usize) {
        let line = line.min(self.lines.len().saturating_sub(1));
        let text = self.at(line);
        let place = match text.char_indices().nth(col) {
            Some((byte, _)) => Place { line, byte, col },
            None => Place { line, byte: text.len(), col: text.chars().count() },
        };
        self.stand(place);
    }

    fn stand(&mut self, at: Place) {
        self.cursor = at;
        self.killing = false;
    }

    pub(super) fn go_first(&mut self) {
        self.stand(Place::default());
    }

    pub(super) fn go_last(&mut self) {
        self.go(usize::MAX, usize::MAX);
    }

    pub(super) fn head(&mut self) {
        self.stand(Place { line: self.cursor.line, ..Place::default() });
    }

    pub(super) fn end(&mut self) {
        self.stand(self.cursor.after(self.right()));
    }

    /// The end of a line.
    fn end_of(&self, line: usize) -> Place {
        Place { line, ..Place::default() }.after(self.at(line))
    }

    /// A place so many bytes before the cursor in its line.
    fn back_by(&self, bytes: usize) -> Place {
        let byte = self.cursor.byte.saturating_sub(bytes);
        let passed = self.left().get(byte..).map_or(0, |passed| passed.chars().count());
        Place { byte, col: self.cursor.col - passed, ..self.cursor }
    }

    /// What a person sees as one character: the one before the cursor, or the one behind it. Where the cursor stands in the middle of
    /// one, what is before (or behind) the cursor of that. As bytes; none at the edge of the line.
    fn neighbour(&self, way: Way) -> Option<usize> {
        let (line, byte) = (self.line(), self.cursor.byte);
        let (mut at, end) = near(line, byte);
        for character in characters(line.get(at..end).unwrap_or_default()) {
            let next = at + character.len();
            match way {
                Way::Back if next >= byte => return (at < byte).then_some(byte - at),
                Way::Forward if next > byte => return Some(next - byte),
                _ => at = next,
            }
        }
        None
    }

    /// One character on, over the end of a line too.
    pub(super) fn step(&mut self, way: Way) {
        let line = self.cursor.line;
        match (self.neighbour(way), way) {
            (Some(bytes), Way::Back) => self.stand(self.back_by(bytes)),
            (Some(bytes), Way::Forward) => self.stand(self.ahead_by(bytes)),
            (None, Way::Back) if line > 0 => self.stand(self.end_of(line - 1)),
            (None, Way::Forward) if line + 1 < self.lines.len() => self.go(line + 1, 0),
            (None, _) => {}
        }
    }

    /// A place so many bytes behind the cursor in its line.
    fn ahead_by(&self, bytes: usize) -> Place {
        self.cursor.after(self.right().get(..bytes).unwrap_or_default())
    }

    /// One word on.
    pub(super) fn step_word(&mut self, way: Way) {
        let line = self.cursor.line;
        match way {
            Way::Back => match word(self.left(), self.right(), way) {
                Some(bytes) => self.stand(self.back_by(bytes)),
                None if line > 0 => self.stand(self.end_of(line - 1)),
                None => {}
            },
            Way::Forward => match next_word(self.right()) {
                Some(bytes) => self.stand(self.ahead_by(bytes)),
                None if line + 1 < self.lines.len() => self.go(line + 1, 0),
                None => self.end(),
            },
        }
        self.snap();
    }

    /// Out of the middle of a character that has several parts.
    fn snap(&mut self) {
        let (line, byte) = (self.line(), self.cursor.byte);
        let (mut at, end) = near(line, byte);
        for character in characters(line.get(at..end).unwrap_or_default()) {
            let next = at + character.len();
            if at < byte && byte < next {
                self.stand(self.back_by(byte - at));
                return;
            }
            at = next;
        }
    }

    /// Deletes one character; at the edge of a line, its break.
    pub(super) fn erase(&mut self, way: Way) {
        match (self.neighbour(way), way) {
            (Some(bytes), Way::Back) => self.remove_back(bytes),
            (Some(bytes), Way::Forward) => self.remove_ahead(bytes),
            (None, _) => {
                self.remove_break(way);
            }
        }
    }

    fn remove_back(&mut self, bytes: usize) {
        let at = self.back_by(bytes);
        let text = self.left().get(at.byte..).unwrap_or_default().to_owned();
        self.remove(at, text);
    }

    fn remove_ahead(&mut self, bytes: usize) {
        let text = self.right().get(..bytes).unwrap_or_default().to_owned();
        self.remove(self.cursor, text);
    }

    /// Joins the line with the one before or behind it, at the edge between them.
    fn remove_break(&mut self, way: Way) -> bool {
        let line = self.cursor.line;
        let at = match way {
            Way::Back if line > 0 => self.end_of(line - 1),
            Way::Forward if line + 1 < self.lines.len() => self.cursor,
            _ => return false,
        };
        self.remove(at, "\n".to_owned());
        true
    }

    /// Deletes a word or the rest of a line, for a yank. Kills that follow each other come back together.
    pub(super) fn kill(&mut self, what: Kill) {
        let (Kill::Word(way) | Kill::Line(way)) = what;
        let side = if way == Way::Back { self.left() } else { self.right() };
        let bytes = match what {
            Kill::Line(_) => side.len(),
            Kill::Word(_) => word(self.left(), self.right(), way).unwrap_or(side.len()),
        };
        let was_killing = self.killing;
        let now = match (bytes, way) {
            (0, _) if self.remove_break(way) => "\n".to_owned(),
            (0, _) => return,
            (_, Way::Back) => {
                let text = self.left().get(self.cursor.byte - bytes..).unwrap_or_default().to_owned();
                self.remove_back(bytes);
                text
            }
            (_, Way::Forward) => {
                let text = self.right().get(..bytes).unwrap_or_default().to_owned();
                self.remove_ahead(bytes);
                text
            }
        };
        let before = if was_killing { std::mem::take(&mut self.killed) } else { String::new() };
        self.killed = if way == Way::Back { now + &before } else { before + &now };
        self.snap();
        self.killing = true;
    }

    /// Puts back what was killed last.
    pub(super) fn yank(&mut self) {
        let text = self.killed.clone();
        self.insert_apart(&text);
    }

    /// As a change of its own, however short it is.
    fn insert_apart(&mut self, text: &str) {
        self.insert(text);
        if let Some(last) = self.undo.back_mut() {
            last.typed = false;
        }
    }

    /// Undoes the last change; a word that was typed, as one.
    pub(super) fn undo(&mut self) {
        let Some(change) = self.undo.pop_back() else { return };
        take(&mut self.lines, change.at, &change.added);
        self.cursor = put(&mut self.lines, change.at, &change.removed);
        self.redo.push(change);
        self.changed();
    }

    /// Does again what was undone last.
    pub(super) fn redo(&mut self) {
        let Some(change) = self.redo.pop() else { return };
        take(&mut self.lines, change.at, &change.removed);
        self.cursor = put(&mut self.lines, change.at, &change.added);
        self.undo.push_back(change);
        self.changed();
    }
}

/// Puts text in at a place; where it ends.
fn put(lines: &mut Vec<String>, at: Place, text: &str) -> Place {
    let end = at.after(text);
    let Some(line) = lines.get_mut(at.line).filter(|line| line.is_char_boundary(at.byte)) else { return at };
    match text.split_once('\n') {
        None => line.insert_str(at.byte, text),
        Some((first, more)) => {
            let rest = line.split_off(at.byte);
            line.push_str(first);
            let mut more: Vec<String> = more.split('\n').map(str::to_owned).collect();
            if let Some(last) = more.last_mut() {
                last.push_str(&rest);
            }
            lines.splice(at.line + 1..at.line + 1, more);
        }
    }
    end
}

/// Takes out a text that stands at a place.
fn take(lines: &mut Vec<String>, at: Place, text: &str) {
    let end = at.after(text);
    let Some(rest) = lines.get(end.line).and_then(|line| line.get(end.byte..)) else { return };
    if end.line > at.line {
        let rest = rest.to_owned();
        lines.drain(at.line + 1..=end.line);
        if let Some(line) = lines.get_mut(at.line) {
            line.truncate(at.byte);
            line.push_str(&rest);
        }
    } else if let Some(line) = lines.get_mut(at.line) {
        line.replace_range(at.byte..end.byte, "");
    }
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
