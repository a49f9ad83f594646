//! The text and the cursor in it. What a key does to them is the library's, but for steps over what a person sees as one character (an
//! emoji of several parts, pasted text), and for words that are deleted one after the other and come back as one.

use ratatui_textarea::{CursorMove, TextArea};

use super::cells::characters;

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

/// Text, cursor, undo and what was deleted last.
pub(super) struct Editor {
    area: TextArea<'static>,
    /// Changes with the text, not with the cursor.
    revision: u64,
    /// The last key killed: another kill is added to the first one.
    killing: bool,
}

impl Editor {
    pub(super) fn new() -> Self {
        let mut area = TextArea::default();
        area.set_max_histories(UNDOS);
        Self { area, revision: 0, killing: false }
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn lines(&self) -> &[String] {
        self.area.lines()
    }

    pub(super) fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    pub(super) fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Line and character in it, both from 0.
    pub(super) fn cursor(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, cursor.1)
    }

    /// The line the cursor is in.
    pub(super) fn line(&self) -> &str {
        self.area.lines().get(self.cursor().0).map_or("", String::as_str)
    }

    /// The character before the cursor in its line.
    pub(super) fn before(&self) -> Option<char> {
        self.cursor().1.checked_sub(1).and_then(|col| self.line().chars().nth(col))
    }

    /// The character behind the cursor in its line.
    pub(super) fn after(&self) -> Option<char> {
        self.line().chars().nth(self.cursor().1)
    }

    /// Another text, with the cursor at its end; nothing of the former one can be undone, but what was killed stays.
    pub(super) fn set(&mut self, text: &str) {
        let killed = self.area.yank_text();
        self.area = TextArea::new(text.split('\n').map(str::to_owned).collect());
        self.area.set_max_histories(UNDOS);
        self.area.set_yank_text(killed);
        self.go_last();
        self.changed();
    }

    fn changed(&mut self) {
        self.revision = self.revision.wrapping_add(1);
        self.killing = false;
    }

    pub(super) fn insert(&mut self, text: &str) {
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (None, _) => return,
            (Some('\n'), None) => self.area.insert_newline(),
            (Some(c), None) if c != '\r' => self.area.insert_char(c),
            _ => {
                self.area.insert_str(text);
            }
        }
        self.changed();
    }

    /// Puts text in the place of some characters of the cursor's line.
    pub(super) fn replace(&mut self, from: usize, to: usize, text: &str) {
        self.go(self.cursor().0, from);
        self.delete(to.saturating_sub(from));
        self.insert(text);
    }

    /// Deletes so many characters behind the cursor, without keeping them for a yank.
    fn delete(&mut self, characters: usize) {
        if characters == 0 {
            return;
        }
        let killed = self.area.yank_text();
        self.area.delete_str(characters);
        self.area.set_yank_text(killed);
        self.changed();
    }

    pub(super) fn go(&mut self, line: usize, col: usize) {
        let fit = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(fit(line), fit(col)));
        self.killing = false;
    }

    pub(super) fn go_first(&mut self) {
        self.go(0, 0);
    }

    pub(super) fn go_last(&mut self) {
        self.go(usize::MAX, usize::MAX);
    }

    pub(super) fn head(&mut self) {
        self.go(self.cursor().0, 0);
    }

    pub(super) fn end(&mut self) {
        self.go(self.cursor().0, usize::MAX);
    }

    /// Where the character before or behind the cursor begins or ends; none at the edge of the line.
    fn neighbour(&self, way: Way) -> Option<usize> {
        let (_, col) = self.cursor();
        let mut at = 0;
        for character in characters(self.line()) {
            let next = at + character.chars().count();
            match way {
                Way::Back if next >= col => return (at < col).then_some(at),
                Way::Forward if next > col => return Some(next),
                _ => at = next,
            }
        }
        None
    }

    /// One character on, over the end of a line too.
    pub(super) fn step(&mut self, way: Way) {
        let (line, _) = self.cursor();
        match (self.neighbour(way), way) {
            (Some(col), _) => self.go(line, col),
            (None, Way::Back) => {
                if let Some(line) = line.checked_sub(1) {
                    self.go(line, usize::MAX);
                }
            }
            (None, Way::Forward) if line + 1 < self.lines().len() => self.go(line + 1, 0),
            (None, Way::Forward) => {}
        }
    }

    /// One word on.
    pub(super) fn step_word(&mut self, way: Way) {
        self.area.move_cursor(match way {
            Way::Back => CursorMove::WordBack,
            Way::Forward => CursorMove::WordForward,
        });
        self.killing = false;
        self.snap();
    }

    /// Out of the middle of a character that has several parts.
    fn snap(&mut self) {
        let (line, col) = self.cursor();
        if let Some(from) = self.neighbour(Way::Back)
            && let Some(to) = self.neighbour(Way::Forward)
            && characters(self.line())
                .iter()
                .scan(0, |at, c| Some(std::mem::replace(at, *at + c.chars().count())))
                .all(|at| at != col)
        {
            self.go(line, if from < col { from } else { to });
        }
    }

    /// Deletes one character; at the edge of a line, its break.
    pub(super) fn erase(&mut self, way: Way) {
        let (line, col) = self.cursor();
        match (self.neighbour(way), way) {
            (Some(from), Way::Back) => {
                self.go(line, from);
                self.delete(col - from);
            }
            (Some(to), Way::Forward) => self.delete(to - col),
            (None, Way::Back) if line > 0 => {
                self.area.delete_newline();
                self.changed();
            }
            (None, Way::Forward) if line + 1 < self.lines().len() => self.delete(1),
            (None, _) => {}
        }
    }

    /// Deletes a word or the rest of a line, for a yank. Kills that follow each other come back together.
    pub(super) fn kill(&mut self, what: Kill) {
        let before = if self.killing { self.area.yank_text() } else { String::new() };
        let kept = self.area.yank_text();
        self.area.set_yank_text("");
        let (killed, way) = match what {
            Kill::Word(Way::Back) => (self.area.delete_word(), Way::Back),
            Kill::Word(Way::Forward) => (self.area.delete_next_word(), Way::Forward),
            Kill::Line(Way::Back) => (self.area.delete_line_by_head(), Way::Back),
            Kill::Line(Way::Forward) => (self.area.delete_line_by_end(), Way::Forward),
        };
        if !killed {
            self.area.set_yank_text(kept);
            return;
        }
        let mut now = self.area.yank_text();
        if now.is_empty() {
            // A line break alone is not kept by the library.
            now.push('\n');
        }
        self.area.set_yank_text(match way {
            Way::Back => now + &before,
            Way::Forward => before + &now,
        });
        self.changed();
        self.snap();
        self.killing = true;
    }

    /// Puts back what was killed last.
    pub(super) fn yank(&mut self) {
        if self.area.paste() {
            self.changed();
        }
    }

    /// Undoes the last change; a word that was typed, as one.
    pub(super) fn undo(&mut self) {
        let mut undone = 0;
        while let Some(c) = self.undo_one() {
            undone += 1;
            match c {
                Undone::Letter => {}
                Undone::Other if undone == 1 => break,
                Undone::Other => {
                    // One too many: what stands before the word stays.
                    self.area.redo();
                    break;
                }
            }
        }
        if undone > 0 {
            self.changed();
        }
    }

    fn undo_one(&mut self) -> Option<Undone> {
        let (line, col) = self.cursor();
        let letter = self.before().filter(|c| !c.is_whitespace());
        let (lines, length) = (self.lines().len(), self.line().chars().count());
        if !self.area.undo() {
            return None;
        }
        let was_typed = letter.is_some()
            && self.lines().len() == lines
            && self.cursor() == (line, col - 1)
            && self.line().chars().count() + 1 == length;
        Some(if was_typed { Undone::Letter } else { Undone::Other })
    }

    /// Does again what was undone last.
    pub(super) fn redo(&mut self) {
        if self.area.redo() {
            self.changed();
        }
    }
}

/// What an undo took back.
enum Undone {
    /// One typed character that is no blank.
    Letter,
    Other,
}
