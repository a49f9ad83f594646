//! Keys by their names, files that are just there, and the box as a picture: what the tests of this folder share.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::{Buffer, CellWidth as _};
use ratatui::layout::Rect;

use crate::feed::Candidate;
use crate::text::{Colors, Theme};

use super::{Composer, Files, History, Typed};

/// Files that are known without a look, and how often one was asked for.
#[derive(Default)]
pub(super) struct Known {
    list: Mutex<Arc<[String]>>,
    pub(super) looks: Mutex<Vec<u64>>,
    pub(super) is_walking: Mutex<bool>,
}

impl Known {
    pub(super) fn new(names: &[&str]) -> Arc<Self> {
        let known = Self::default();
        known.set(names);
        Arc::new(known)
    }

    pub(super) fn set(&self, names: &[&str]) {
        let sorted: BTreeSet<&str> = names.iter().copied().collect();
        *self.list.lock().unwrap() = sorted.into_iter().map(str::to_owned).collect();
    }
}

impl Files for Known {
    fn list(&self) -> Arc<[String]> {
        Arc::clone(&self.list.lock().unwrap())
    }

    fn refresh(&self, now_ms: u64) {
        self.looks.lock().unwrap().push(now_ms);
    }

    fn walking(&self) -> bool {
        *self.is_walking.lock().unwrap()
    }

    fn name(&self, path: &Path) -> Option<String> {
        let path = path.to_str()?;
        let path = path.strip_prefix("/work/").unwrap_or(path);
        self.list().iter().any(|name| name == path).then(|| path.to_owned())
    }
}

/// A box in a workspace with these files.
pub(super) fn box_with(files: &[&str]) -> Composer {
    let mut composer = Composer::new(Known::new(files), History::default());
    composer.set_commands(commands());
    composer.set_placeholder("What should be done?");
    composer
}

pub(super) fn empty_box() -> Composer {
    box_with(&["notes.md", "shot.png", "src/", "src/main.rs", "src/domain.rs", "a b/", "a b/c d.png"])
}

pub(super) fn commands() -> Vec<Candidate> {
    let command = |insert: &str, takes: &str, about: &str| Candidate {
        insert: insert.to_owned(),
        about: about.to_owned(),
        takes: takes.to_owned(),
    };
    vec![
        command("help", "", "what there is"),
        command("/model", "[AGENT] MODEL", "think with another model from the next window on"),
        command("compact", "", "close the window now"),
        command("cost", "", "what was spent on what"),
    ]
}

/// A key by its name: `Enter`, `C-a`, `A-Enter`, `S-Enter`, `x`.
pub(super) fn key(name: &str) -> KeyEvent {
    let (mut rest, mut modifiers) = (name, KeyModifiers::NONE);
    for (prefix, modifier) in [("C-", KeyModifiers::CONTROL), ("A-", KeyModifiers::ALT), ("S-", KeyModifiers::SHIFT)] {
        if let Some(behind) = rest.strip_prefix(prefix) {
            (rest, modifiers) = (behind, modifiers | modifier);
        }
    }
    let code = match rest {
        "Enter" => KeyCode::Enter,
        "Tab" => KeyCode::Tab,
        "BackTab" => KeyCode::BackTab,
        "Esc" => KeyCode::Esc,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "PageUp" => KeyCode::PageUp,
        "PageDown" => KeyCode::PageDown,
        "Back" => KeyCode::Backspace,
        "Del" => KeyCode::Delete,
        "lt" => KeyCode::Char('<'),
        one => KeyCode::Char(one.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}

impl Composer {
    /// Types: `fix @ma<Tab> it<Enter>`. What the last key came to.
    pub(super) fn types(&mut self, keys: &str) -> Option<Typed> {
        let mut last = None;
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|behind| behind.split_once('>'));
            let event = if let Some((name, behind)) = named {
                rest = behind;
                key(name)
            } else {
                rest = &rest[c.len_utf8()..];
                KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)
            };
            last = self.key(event);
        }
        last
    }

    /// The text as it is seen, with `|` for the cursor.
    pub(super) fn seen(&self) -> String {
        let (line, col) = self.editor.cursor();
        let mut lines = self.editor.lines().to_vec();
        let at = lines[line].char_indices().nth(col).map_or(lines[line].len(), |(at, _)| at);
        lines[line].insert(at, '|');
        let shell = if self.shell { "!" } else { "" };
        let text = lines.join("\n");
        let text = text.chars().map(|c| self.marks.label(c).map_or_else(|| c.to_string(), str::to_owned));
        format!("{shell}{}", text.collect::<String>())
    }

    /// What was sent, the oldest first.
    pub(super) fn remembered(&self) -> &[String] {
        self.history.entries()
    }

    /// What is offered, the selected one with `>` before it.
    pub(super) fn offered(&self) -> Vec<String> {
        let rows =
            self.popup.as_ref().map(|popup| popup.window(8).map(|(item, on)| (item.clone(), on)).collect::<Vec<_>>());
        let rows = rows.unwrap_or_default().into_iter();
        rows.map(|(item, on)| format!("{}{}", if on { ">" } else { "" }, item.name)).collect()
    }

    /// The box as it is drawn where a screen has `most` rows, with `█` for the cursor.
    pub(super) fn picture(&self, width: u16, most: u16) -> String {
        let area = Rect::new(0, 0, width, self.height(width, most));
        let mut buffer = Buffer::empty(area);
        self.draw(area, &mut buffer, &Theme::new(Colors::None));
        if let Some(cursor) = self.cursor(area) {
            let cell = &mut buffer[cursor];
            let symbol = if cell.symbol() == " " { "█".to_owned() } else { format!("[{}]", cell.symbol()) };
            cell.set_symbol(&symbol);
        }
        let row = |y: u16| {
            let (mut text, mut x) = (String::new(), 0);
            while x < width {
                let symbol = buffer[(x, y)].symbol();
                text.push_str(symbol);
                // A cell with the cursor is as wide as what the cursor stands on.
                x += symbol.trim_matches(['[', ']']).cell_width().max(1);
            }
            text
        };
        (0..area.height).map(|y| row(y).trim_end().to_owned() + "\n").collect()
    }
}

/// What came of it, as a prompt without images.
pub(super) fn submitted(text: &str) -> Option<Typed> {
    Some(Typed::Submit(super::Prompt { text: text.to_owned(), images: Vec::new() }))
}
