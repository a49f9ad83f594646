//! The input box: editing, history, pasted text, completion. Keys go in, what a person typed comes out. It runs nothing, and but for
//! `files` it touches nothing.

mod cells;
mod complete;
mod draw;
mod edit;
mod files;
mod find;
mod history;
mod keys;
mod layout;
mod marks;
mod paste;
mod popup;
mod reach;
mod recall;
#[cfg(test)]
mod testing;
mod words;

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::feed::Candidate;

use edit::Editor;
use find::Finder;
use layout::Layout;
use marks::Marks;
use popup::{Popup, Spot};
use recall::Search;

pub(crate) use files::{Files, Walk};
pub use history::History;
pub(crate) use words::{Prompt, Typed};

/// Text that is put in is shown up to so many lines, and stands as a mark beyond: the box stays quick.
const MOST_PUT_LINES: usize = 200;
/// Likewise, in characters.
const MOST_PUT_CHARACTERS: usize = 20_000;

/// The input box.
pub(crate) struct Composer {
    files: Arc<dyn Files>,
    history: History,
    commands: Vec<Candidate>,
    editor: Editor,
    marks: Marks,
    finder: Finder,
    /// What was typed goes to a shell.
    shell: bool,
    /// A turn runs.
    working: bool,
    now_ms: u64,
    placeholder: String,
    popup: Option<Popup>,
    /// The word that the popup was closed at.
    dismissed: Option<Spot>,
    /// The list that the files' popup shows, or that had nothing for it yet.
    wants_files: Option<Arc<[String]>>,
    search: Option<Search>,
    walk: Option<history::Walk>,
    /// The column that Up and Down keep to.
    wanted_x: Option<u16>,
    /// As wide as it was drawn last.
    width: Cell<u16>,
    /// First row that is drawn.
    top: Cell<usize>,
    laid: RefCell<Option<(u64, u16, Arc<Layout>)>>,
}

impl Composer {
    /// An empty box. The first look for files begins at once.
    pub(crate) fn new(files: Arc<dyn Files>, history: History) -> Self {
        files.refresh(0);
        Self {
            files,
            history,
            commands: Vec::new(),
            editor: Editor::new(),
            marks: Marks::default(),
            finder: Finder::new(),
            shell: false,
            working: false,
            now_ms: 0,
            placeholder: String::new(),
            popup: None,
            dismissed: None,
            wants_files: None,
            search: None,
            walk: None,
            wanted_x: None,
            width: Cell::new(80),
            top: Cell::new(0),
            laid: RefCell::new(None),
        }
    }

    /// The time now. To be called before a key, and every 50 ms or so while [`Self::waiting`]. True where there is something new to
    /// draw.
    pub(crate) fn tick(&mut self, now_ms: u64) -> bool {
        self.now_ms = now_ms;
        let Some(shown) = &self.wants_files else { return false };
        if Arc::ptr_eq(shown, &self.files.list()) {
            return false;
        }
        self.complete(true);
        true
    }

    /// A completion is wanted while files are still being looked up.
    pub(crate) fn waiting(&self) -> bool {
        self.wants_files.is_some() && self.files.walking()
    }

    /// Whether a turn runs: Tab and Alt-Enter queue then.
    pub(crate) fn set_working(&mut self, working: bool) {
        self.working = working;
    }

    /// What is drawn in the empty box.
    pub(crate) fn set_placeholder(&mut self, words: &str) {
        words.clone_into(&mut self.placeholder);
    }

    /// What `/` offers. A `/` before a name is left out.
    pub(crate) fn set_commands(&mut self, commands: Vec<Candidate>) {
        self.commands = commands;
        for command in &mut self.commands {
            if let Some(name) = command.insert.strip_prefix('/') {
                command.insert = name.to_owned();
            }
        }
        if self.is_completing() {
            self.complete(false);
        }
    }

    /// Pasted text. It never sends, never opens a shell, and stands as a mark where it is long; the path of an image becomes `@path`.
    pub(crate) fn paste(&mut self, text: &str) {
        let text = paste::with_line_feeds(text);
        if self.search.is_some() {
            self.search_paste(&text);
            return;
        }
        self.wanted_x = None;
        let images = if self.shell { None } else { paste::images(&text, self.files.as_ref()) };
        if let Some(images) = images {
            let names: Vec<String> = images.iter().map(|name| words::spelled(name)).collect();
            let glued = self.editor.before().is_some_and(|c| !c.is_whitespace());
            self.editor.insert(&format!("{}{} ", if glued { " " } else { "" }, names.join(" ")));
        } else {
            self.insert(&text);
        }
        self.popup = None;
        self.complete(false);
    }

    /// Puts text in at the cursor, as a mark where it is long.
    fn insert(&mut self, text: &str) {
        if marks::is_long(text) || text.contains(marks::is_mark) {
            self.insert_mark(text);
        } else {
            self.editor.insert(text);
        }
    }

    fn insert_mark(&mut self, text: &str) {
        match self.marks.put(text) {
            Some(mark) => self.editor.insert(mark.encode_utf8(&mut [0; 4])),
            // 65,534 pastes later: it is shown whole.
            None => self.editor.insert(&text.replace(marks::is_mark, "\u{fffd}")),
        }
    }

    /// Nothing is typed, the box is no shell's, and no search is open.
    pub(crate) fn is_empty(&self) -> bool {
        self.editor.is_empty() && !self.shell && self.search.is_none()
    }

    /// A completion or a search is open: Esc closes it.
    pub(crate) fn is_open(&self) -> bool {
        self.popup.is_some() || self.search.is_some()
    }

    /// Takes what stands in the box, whole, and leaves it empty. A shell command has its `!`; a prompt that begins with one has a blank
    /// before it.
    pub(crate) fn take(&mut self) -> String {
        let text = self.marks.expand(&self.coded());
        self.clear();
        text
    }

    /// Puts text (as [`Self::take`] gives it) in the place of what stands there.
    pub(crate) fn put(&mut self, text: &str) {
        self.clear();
        self.put_text(&paste::with_line_feeds(text));
    }

    fn put_text(&mut self, text: &str) {
        let is_long = marks::exceeds(text, MOST_PUT_LINES, MOST_PUT_CHARACTERS);
        if !is_long && !text.contains(marks::is_mark) {
            self.decode(text);
            return;
        }
        let shell = text.strip_prefix('!');
        self.decode(if shell.is_some() { "!" } else { "" });
        self.insert_mark(shell.unwrap_or(text));
    }

    /// Closes what is open, and leaves the text.
    fn close(&mut self) {
        self.popup = None;
        self.search = None;
        self.wants_files = None;
        self.dismissed = None;
    }

    fn clear(&mut self) {
        self.editor.set("");
        self.shell = false;
        self.walk = None;
        self.wanted_x = None;
        self.top.set(0);
        self.close();
    }
}

#[cfg(test)]
#[path = "composer_tests.rs"]
mod tests;
