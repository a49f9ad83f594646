//! The full-screen viewer: where it stands and what it was told to do. What is on a page is known when it is drawn.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::text::Line;

use super::questions::is_plain;
use super::shelf::Shelf;

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    /// All that can be opened.
    Folds,
    /// All that happened.
    All,
}

/// A move that is made when the page is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// So many lines down, or up.
    Lines(i64),
    /// So many pages down, or up.
    Pages(i64),
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// To this entry's first line.
    To(u64),
    /// To the next line that holds these words.
    Find(String),
}

/// A drawn entry: for which width, opened or not, its lines.
pub(crate) type Drawn = (u16, bool, Arc<Vec<Line<'static>>>);

/// The viewer.
pub(crate) struct Viewer {
    pub(crate) shows: Shows,
    /// The thing that Enter opens and closes.
    pub(crate) selected: Option<u64>,
    pub(crate) open: HashSet<u64>,
    /// The first line on the page: which entry, which of its lines.
    pub(crate) top: (u64, usize),
    pub(crate) moves: Vec<Move>,
    /// Words to look for, while they are typed.
    pub(crate) typing: Option<String>,
    /// Words that were looked for last, in small letters.
    pub(crate) sought: String,
    /// A number that is being typed.
    pub(crate) number: String,
    /// What the last line says instead of the keys.
    pub(crate) says: Option<String>,
    pub(crate) drawn: HashMap<u64, Drawn>,
    /// What was shown when those were drawn.
    pub(crate) drawn_as: Shows,
}

/// What a key came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Stays,
    Leaves,
    /// The selected thing goes to the clipboard.
    Copies,
}

impl Viewer {
    /// All that can be opened, this one open.
    pub(crate) fn folds(at: Option<u64>) -> Self {
        let moves = at.map_or(Move::End, Move::To);
        Self { open: at.into_iter().collect(), selected: at, ..Self::new(Shows::Folds, moves) }
    }

    /// All that happened, at its end.
    pub(crate) fn all(shelf: &Shelf) -> Self {
        Self { selected: shelf.newest(), ..Self::new(Shows::All, Move::End) }
    }

    fn new(shows: Shows, first: Move) -> Self {
        Self {
            shows,
            selected: None,
            open: HashSet::new(),
            top: (0, 0),
            moves: vec![first],
            typing: None,
            sought: String::new(),
            number: String::new(),
            says: None,
            drawn: HashMap::new(),
            drawn_as: shows,
        }
    }

    pub(crate) fn key(&mut self, key: KeyEvent, shelf: &Shelf) -> Outcome {
        self.says = None;
        if self.typing.is_some() {
            self.search_key(key);
            return Outcome::Stays;
        }
        let number = std::mem::take(&mut self.number);
        match key.code {
            KeyCode::Char('o' | 't') if key.modifiers.contains(KeyModifiers::CONTROL) => return Outcome::Leaves,
            KeyCode::Char('f') if key.modifiers.contains(KeyModifiers::CONTROL) => self.moves.push(Move::Pages(1)),
            KeyCode::Char('b') if key.modifiers.contains(KeyModifiers::CONTROL) => self.moves.push(Move::Pages(-1)),
            KeyCode::Char(c) if !is_plain(key) && c != 'G' => {}
            KeyCode::Esc | KeyCode::Char('q') => return Outcome::Leaves,
            KeyCode::Up | KeyCode::Char('k') => self.moves.push(Move::Lines(-1)),
            KeyCode::Down | KeyCode::Char('j') => self.moves.push(Move::Lines(1)),
            KeyCode::PageUp => self.moves.push(Move::Pages(-1)),
            KeyCode::PageDown | KeyCode::Char(' ') => self.moves.push(Move::Pages(1)),
            KeyCode::Home | KeyCode::Char('g') => self.moves.push(Move::Home),
            KeyCode::End | KeyCode::Char('G') => self.moves.push(Move::End),
            KeyCode::Right | KeyCode::Char('n') => self.step(shelf, true),
            KeyCode::Left | KeyCode::Char('p') => self.step(shelf, false),
            KeyCode::Char('/') => self.typing = Some(String::new()),
            KeyCode::Char('t') | KeyCode::Tab => self.turn_over(),
            KeyCode::Char('c') => return Outcome::Copies,
            KeyCode::Enter if !number.is_empty() => self.jump(shelf, &number),
            KeyCode::Enter => self.toggle(),
            KeyCode::Char(digit @ '0'..='9') if number.len() < 9 => self.number = format!("{number}{digit}"),
            _ => {}
        }
        Outcome::Stays
    }

    fn search_key(&mut self, key: KeyEvent) {
        let Some(words) = &mut self.typing else { return };
        match key.code {
            KeyCode::Esc => self.typing = None,
            KeyCode::Enter => {
                if !words.is_empty() {
                    self.sought = words.to_lowercase();
                }
                self.typing = None;
                if !self.sought.is_empty() {
                    self.moves.push(Move::Find(self.sought.clone()));
                }
            }
            KeyCode::Backspace => {
                words.pop();
            }
            KeyCode::Char(c) if is_plain(key) => words.push(c),
            _ => {}
        }
    }

    /// Pasted text: only where words are looked for.
    pub(crate) fn paste(&mut self, text: &str) {
        if let Some(words) = &mut self.typing {
            words.push_str(text.lines().next().unwrap_or_default());
        }
    }

    /// To the next thing that can be opened; in the list of those it opens, and the one before closes.
    fn step(&mut self, shelf: &Shelf, forward: bool) {
        let from = self.selected.unwrap_or(if forward { 0 } else { u64::MAX });
        match shelf.neighbour(from, forward) {
            Some(place) => self.select(place),
            None => self.says = Some(format!("that was the {}", if forward { "last" } else { "first" })),
        }
    }

    fn select(&mut self, place: u64) {
        if self.shows == Shows::Folds {
            self.selected.inspect(|before| {
                self.open.remove(before);
            });
            self.open.insert(place);
        }
        self.selected = Some(place);
        self.moves.push(Move::To(place));
    }

    fn jump(&mut self, shelf: &Shelf, number: &str) {
        let place = number.parse().ok().and_then(|number| shelf.numbered(number));
        match place {
            Some(place) => {
                self.select(place);
                self.open.insert(place);
            }
            None => self.says = Some(format!("there is no [{number}], or no longer")),
        }
    }

    fn toggle(&mut self) {
        let Some(place) = self.selected else { return };
        if !self.open.remove(&place) {
            self.open.insert(place);
        }
        self.moves.push(Move::To(place));
    }

    /// From the list to all that happened, and back, at the same thing.
    fn turn_over(&mut self) {
        self.shows = match self.shows {
            Shows::Folds => Shows::All,
            Shows::All => Shows::Folds,
        };
        self.moves.push(self.selected.map_or(Move::End, Move::To));
    }
}
