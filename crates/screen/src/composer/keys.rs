//! What each key does.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::edit::{Kill, Way};
use super::popup::Kind;
use super::{Composer, Typed, words};

/// What a key changed.
enum Did {
    /// The text.
    Changed,
    /// The cursor at most.
    Moved,
    /// Something else, that is dealt with.
    Came(Option<Typed>),
}

impl Composer {
    /// What a key comes to; none where it is not the box's (Esc without a popup, `?` in an empty box, Ctrl-C, Shift-Tab, ...).
    pub(crate) fn key(&mut self, key: KeyEvent) -> Option<Typed> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        if self.search.is_some() {
            return self.search_key(key);
        }
        let wanted_x = self.wanted_x.take();
        if self.popup.is_some()
            && let Some(typed) = self.popup_key(key)
        {
            return Some(typed);
        }
        match self.edit_key(key, wanted_x) {
            Did::Changed => self.complete(true),
            Did::Moved => self.complete(false),
            Did::Came(typed) => return typed,
        }
        Some(Typed::Nothing)
    }

    /// A key while a completion is open; none where the text is meant.
    fn popup_key(&mut self, key: KeyEvent) -> Option<Typed> {
        let control = key.modifiers == KeyModifiers::CONTROL;
        let plain = key.modifiers.is_empty();
        let popup = self.popup.as_mut()?;
        match key.code {
            KeyCode::Up if plain => popup.go(-1),
            KeyCode::Down if plain => popup.go(1),
            KeyCode::Char('p') if control => popup.go(-1),
            KeyCode::Char('n') if control => popup.go(1),
            KeyCode::PageUp => popup.go(-8),
            KeyCode::PageDown => popup.go(8),
            KeyCode::Tab if plain => self.accept(),
            KeyCode::Enter if plain && self.editor.before() != Some('\\') => return self.accept_or_send(),
            KeyCode::Char('g') if control => self.dismiss(),
            KeyCode::Esc => self.dismiss(),
            _ => return None,
        }
        Some(Typed::Nothing)
    }

    /// Closes the popup, for this word.
    fn dismiss(&mut self) {
        self.dismissed = self.popup.take().map(|popup| popup.spot);
        self.wants_files = None;
    }

    fn edit_key(&mut self, key: KeyEvent, wanted_x: Option<u16>) -> Did {
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return self.enter(key.modifiers),
            KeyCode::Tab if key.modifiers.is_empty() => return Did::Came(self.tab()),
            KeyCode::Up if !alt => return self.vertical(true, wanted_x),
            KeyCode::Down if !alt => return self.vertical(false, wanted_x),
            KeyCode::Backspace if alt || control => self.editor.kill(Kill::Word(Way::Back)),
            KeyCode::Backspace => return self.backspace(),
            KeyCode::Delete if alt || control => self.editor.kill(Kill::Word(Way::Forward)),
            KeyCode::Delete => self.editor.erase(Way::Forward),
            KeyCode::Left | KeyCode::Right | KeyCode::Home | KeyCode::End => {
                self.cursor_key(key.code, alt || control, control);
                return Did::Moved;
            }
            KeyCode::Char(c) if control && alt => return self.typed_char(c),
            KeyCode::Char(c) if control => return self.control_char(c, wanted_x),
            KeyCode::Char(c) if alt => return self.alt_char(c),
            KeyCode::Char(c) => return self.typed_char(c),
            _ => return Did::Came(None),
        }
        Did::Changed
    }

    fn cursor_key(&mut self, code: KeyCode, by_word: bool, control: bool) {
        match code {
            KeyCode::Left if by_word => self.editor.step_word(Way::Back),
            KeyCode::Left => self.editor.step(Way::Back),
            KeyCode::Right if by_word => self.editor.step_word(Way::Forward),
            KeyCode::Right => self.editor.step(Way::Forward),
            KeyCode::Home if control => self.editor.go_first(),
            KeyCode::Home => self.editor.head(),
            _ if control => self.editor.go_last(),
            _ => self.editor.end(),
        }
    }

    fn control_char(&mut self, c: char, wanted_x: Option<u16>) -> Did {
        match c {
            'a' => self.editor.head(),
            'e' => self.editor.end(),
            'b' => self.editor.step(Way::Back),
            'f' => self.editor.step(Way::Forward),
            'p' => return self.vertical(true, wanted_x),
            'n' => return self.vertical(false, wanted_x),
            'r' => {
                self.close();
                self.search_on();
                return Did::Came(Some(Typed::Nothing));
            }
            _ => return self.control_edit(c),
        }
        Did::Moved
    }

    fn control_edit(&mut self, c: char) -> Did {
        match c {
            'j' => self.editor.insert("\n"),
            'h' => return self.backspace(),
            'd' if !self.is_empty() => self.editor.erase(Way::Forward),
            'k' => self.editor.kill(Kill::Line(Way::Forward)),
            'u' => self.editor.kill(Kill::Line(Way::Back)),
            'w' => self.editor.kill(Kill::Word(Way::Back)),
            'y' => self.editor.yank(),
            // Ctrl-_ is one byte with Ctrl-7 and Ctrl-/: terminals and libraries name it as they like.
            '_' | '7' | '/' | '-' => self.editor.undo(),
            _ => return Did::Came(None),
        }
        Did::Changed
    }

    fn alt_char(&mut self, c: char) -> Did {
        match c {
            'b' => self.editor.step_word(Way::Back),
            'f' => self.editor.step_word(Way::Forward),
            'd' => {
                self.editor.kill(Kill::Word(Way::Forward));
                return Did::Changed;
            }
            '_' => {
                self.editor.redo();
                return Did::Changed;
            }
            _ => return Did::Came(None),
        }
        Did::Moved
    }

    fn typed_char(&mut self, c: char) -> Did {
        if c.is_control() {
            return Did::Came(None);
        }
        if c == '?' && self.is_empty() {
            return Did::Came(None);
        }
        if c == '!' && !self.shell && self.editor.cursor() == (0, 0) {
            self.shell = true;
            self.close();
            return Did::Came(Some(Typed::Nothing));
        }
        self.insert(c.encode_utf8(&mut [0; 4]));
        Did::Changed
    }

    fn backspace(&mut self) -> Did {
        if self.shell && self.editor.cursor() == (0, 0) {
            self.shell = false;
        } else {
            self.editor.erase(Way::Back);
        }
        Did::Changed
    }

    /// A row up or down; past the edge, through the history.
    fn vertical(&mut self, up: bool, wanted_x: Option<u16>) -> Did {
        let cursor = self.editor.cursor();
        let layout = self.layout();
        let x = wanted_x.unwrap_or_else(|| layout.position(cursor.0, cursor.1).1);
        let to = if up { layout.above(cursor, x) } else { layout.below(cursor, x) };
        if let Some((line, col)) = to {
            self.editor.go(line, col);
            self.wanted_x = Some(x);
            return Did::Moved;
        }
        Did::Came(self.walk(up).then_some(Typed::Nothing))
    }

    fn enter(&mut self, modifiers: KeyModifiers) -> Did {
        if modifiers == KeyModifiers::ALT && self.working && !self.is_empty() {
            return Did::Came(self.queue());
        }
        if !modifiers.is_empty() {
            self.editor.insert("\n");
            return Did::Changed;
        }
        if self.editor.before() == Some('\\') {
            if !self.shell {
                // A shell reads the `\` itself, and goes on.
                self.editor.erase(Way::Back);
            }
            self.editor.insert("\n");
            return Did::Changed;
        }
        Did::Came(self.send())
    }

    fn tab(&mut self) -> Option<Typed> {
        if self.is_empty() {
            return None;
        }
        if self.working {
            return self.queue();
        }
        self.dismissed = None;
        self.complete(true);
        Some(Typed::Nothing)
    }

    /// Sends what stands in the box.
    pub(super) fn send(&mut self) -> Option<Typed> {
        let text = self.editor.text();
        if text.trim().is_empty() {
            return None;
        }
        let typed = if self.shell {
            Typed::Shell(self.marks.expand(text.trim()))
        } else if let Some(command) = words::command(&text, &self.marks) {
            command
        } else {
            Typed::Submit(words::prompt(&text, &self.marks, self.files.as_ref()))
        };
        let coded = self.coded();
        let coded = coded.trim_end();
        self.history.add(self.marks.expand(coded), coded.to_owned());
        self.clear();
        Some(typed)
    }

    /// As [`Self::send`], for the turn after the running one. Commands and shell commands wait for no turn.
    fn queue(&mut self) -> Option<Typed> {
        self.send().map(|typed| match typed {
            Typed::Submit(prompt) => Typed::Queue(prompt),
            other => other,
        })
    }

    /// Whether the popup that is open is a completion's.
    pub(super) fn is_completing(&self) -> bool {
        self.popup.as_ref().is_some_and(|popup| popup.kind() != Kind::History)
    }
}
