//! Questions to the person: the first is answered before the next is shown.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::text::Line;

use crate::feed::{Ask, AskId, Asked, Candidate, Reply};

/// How long nothing may be typed before a question that has just appeared takes a key for its answer. What was typed for something
/// else must not say yes.
pub(crate) const QUIET_MS: u64 = 500;

/// Longest reason, in characters.
const LONGEST_REASON: usize = 2_000;

/// What can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Button {
    Once,
    Always,
    No,
    Reason,
}

/// What a key came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The question took it.
    Taken,
    /// It was meant for the box: it came too early to be an answer.
    Draft,
    /// It goes into the box of the answer.
    Answering,
    /// The question is answered.
    Answer(Reply),
}

/// A question with what the person has done about it.
pub(crate) struct Standing {
    pub(crate) ask: Ask,
    /// When it was shown; none while it was not.
    since: Option<u64>,
    /// No key answers before.
    quiet_until: u64,
    pub(crate) chosen: usize,
    pub(crate) scroll: usize,
    /// The reason for a no, while it is typed.
    pub(crate) reason: Option<String>,
    /// What a choice has to hold.
    pub(crate) filter: String,
    /// The person was called.
    pub(crate) called: bool,
    /// Something in what is to be allowed is not what it looks like.
    deceptive: bool,
    /// The last row of what is to be allowed was in sight: before that nothing says yes.
    pub(crate) read: bool,
    /// As it was drawn last, there was room for a row of it and for every answer: else nothing says yes.
    pub(crate) fits: bool,
    /// The question as it was drawn last, and for which width.
    pub(crate) drawn: Mutex<Option<(u16, Arc<Vec<Line<'static>>>)>>,
}

impl Standing {
    fn new(ask: Ask) -> Self {
        let deceptive = match &ask.asked {
            Asked::Approval { what, .. } => redact::visible(what).is_deceptive(),
            _ => false,
        };
        let mut standing = Self {
            ask,
            since: None,
            quiet_until: 0,
            chosen: 0,
            scroll: 0,
            reason: None,
            filter: String::new(),
            called: false,
            deceptive,
            read: false,
            fits: false,
            drawn: Mutex::new(None),
        };
        standing.chosen = standing.buttons().iter().position(|button| *button == Button::No).unwrap_or_default();
        standing
    }

    /// What can be chosen, in the order of drawing. No is what stands chosen at first.
    pub(crate) fn buttons(&self) -> Vec<Button> {
        match &self.ask.asked {
            Asked::Approval { .. } if self.always().is_some() => {
                vec![Button::Once, Button::Always, Button::No, Button::Reason]
            }
            Asked::Approval { .. } => vec![Button::Once, Button::No, Button::Reason],
            Asked::Confirm { .. } => vec![Button::No, Button::Once],
            _ => Vec::new(),
        }
    }

    /// What a yes for longer would cover; none where it is not offered. It never is where something is not what it looks like.
    pub(crate) fn always(&self) -> Option<&str> {
        match &self.ask.asked {
            Asked::Approval { always: Some(covers), .. } if !self.deceptive => Some(covers),
            _ => None,
        }
    }

    /// What a choice offers under its filter.
    pub(crate) fn offered(&self) -> Vec<&Candidate> {
        let Asked::Choice { of, .. } = &self.ask.asked else { return Vec::new() };
        let wanted = self.filter.to_lowercase();
        let fits = |one: &&Candidate| {
            wanted
                .split_whitespace()
                .all(|word| one.insert.to_lowercase().contains(word) || one.about.to_lowercase().contains(word))
        };
        of.iter().filter(fits).collect()
    }

    /// Whether a key may answer.
    pub(crate) fn is_armed(&self, now_ms: u64) -> bool {
        self.since.is_some() && now_ms >= self.quiet_until
    }

    /// Whether a yes is taken: all that it would allow was in sight.
    pub(crate) fn may_say_yes(&self) -> bool {
        self.read && self.fits
    }

    /// Takes a key.
    pub(crate) fn key(&mut self, key: KeyEvent, now_ms: u64) -> Outcome {
        let armed = self.is_armed(now_ms);
        if self.reason.is_none() && (armed || !is_editing(key)) && self.scrolled(key) {
            return Outcome::Taken;
        }
        if matches!(self.ask.asked, Asked::Choice { .. }) && !matches!(key.code, KeyCode::Enter | KeyCode::Esc) {
            return self.choice_key(key);
        }
        if !armed {
            // Somebody is in the middle of typing something else: it takes a pause before a key is meant for this.
            self.quiet_until = now_ms.saturating_add(QUIET_MS);
            return if is_editing(key) { Outcome::Draft } else { Outcome::Taken };
        }
        match &self.ask.asked {
            Asked::Words { .. } if key.code == KeyCode::Esc => Outcome::Answer(Reply::No(String::new())),
            Asked::Words { .. } => Outcome::Answering,
            Asked::Choice { .. } => self.choice_key(key),
            Asked::Approval { .. } | Asked::Confirm { .. } if self.reason.is_some() => self.reason_key(key),
            Asked::Approval { .. } | Asked::Confirm { .. } => self.button_key(key),
        }
    }

    /// Text was pasted. It never answers.
    pub(crate) fn paste(&mut self, text: &str, now_ms: u64) -> Outcome {
        if !self.is_armed(now_ms) {
            self.quiet_until = now_ms.saturating_add(QUIET_MS);
            return Outcome::Draft;
        }
        match (&self.ask.asked, &mut self.reason) {
            (Asked::Words { .. }, _) => Outcome::Answering,
            (Asked::Choice { .. }, _) => {
                self.filter.push_str(text.lines().next().unwrap_or_default());
                self.chosen = 0;
                Outcome::Taken
            }
            (_, Some(reason)) => {
                let room = LONGEST_REASON.saturating_sub(reason.chars().count());
                reason.extend(text.replace(['\r', '\n', '\t'], " ").chars().take(room));
                Outcome::Taken
            }
            (_, None) => Outcome::Draft,
        }
    }

    /// Keys that move what is shown. Where it ends is known when it is drawn.
    fn scrolled(&mut self, key: KeyEvent) -> bool {
        let pages = matches!(key.code, KeyCode::PageUp | KeyCode::PageDown);
        match self.ask.asked {
            Asked::Approval { .. } | Asked::Confirm { .. } => {}
            // The other keys are the box's.
            Asked::Words { .. } if pages => {}
            _ => return false,
        }
        self.scroll = match key.code {
            KeyCode::Up => self.scroll.saturating_sub(1),
            KeyCode::Down => self.scroll.saturating_add(1),
            KeyCode::PageUp => self.scroll.saturating_sub(10),
            KeyCode::PageDown => self.scroll.saturating_add(10),
            KeyCode::Home => 0,
            KeyCode::End => usize::MAX,
            _ => return false,
        };
        true
    }

    fn button_key(&mut self, key: KeyEvent) -> Outcome {
        let buttons = self.buttons();
        let offers = |button: Button| buttons.contains(&button);
        match key.code {
            KeyCode::Esc => Outcome::Answer(Reply::No(String::new())),
            KeyCode::Left | KeyCode::BackTab => {
                self.chosen = self.chosen.checked_sub(1).unwrap_or(buttons.len().saturating_sub(1));
                Outcome::Taken
            }
            KeyCode::Right | KeyCode::Tab => {
                self.chosen = (self.chosen + 1) % buttons.len().max(1);
                Outcome::Taken
            }
            KeyCode::Enter => buttons.get(self.chosen).map_or(Outcome::Taken, |button| self.press(*button)),
            KeyCode::Char('y' | 'Y') if is_plain(key) => self.press(Button::Once),
            KeyCode::Char('n' | 'N') if is_plain(key) => self.press(Button::No),
            KeyCode::Char('a' | 'A') if is_plain(key) && offers(Button::Always) => self.press(Button::Always),
            KeyCode::Char('e' | 'E') if is_plain(key) && offers(Button::Reason) => self.press(Button::Reason),
            _ => Outcome::Taken,
        }
    }

    fn press(&mut self, button: Button) -> Outcome {
        match button {
            Button::Once | Button::Always if !self.may_say_yes() => Outcome::Taken,
            Button::Once => Outcome::Answer(Reply::Once),
            Button::Always => Outcome::Answer(Reply::Always),
            Button::No => Outcome::Answer(Reply::No(String::new())),
            Button::Reason => {
                self.reason = Some(String::new());
                Outcome::Taken
            }
        }
    }

    fn reason_key(&mut self, key: KeyEvent) -> Outcome {
        let Some(reason) = &mut self.reason else { return Outcome::Taken };
        match key.code {
            KeyCode::Esc => self.reason = None,
            KeyCode::Enter => return Outcome::Answer(Reply::No(reason.trim().to_owned())),
            KeyCode::Backspace => {
                reason.pop();
            }
            KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => reason.clear(),
            KeyCode::Char('w') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                let end = reason.trim_end().rfind(' ').map_or(0, |at| at + 1);
                reason.truncate(end);
            }
            KeyCode::Char(c) if is_plain(key) && reason.chars().count() < LONGEST_REASON => reason.push(c),
            _ => {}
        }
        Outcome::Taken
    }

    fn choice_key(&mut self, key: KeyEvent) -> Outcome {
        let last = self.offered().len().saturating_sub(1);
        match key.code {
            KeyCode::Esc if self.filter.is_empty() => return Outcome::Answer(Reply::No(String::new())),
            KeyCode::Esc => {
                self.filter.clear();
                self.chosen = 0;
            }
            KeyCode::Enter => {
                if let Some(one) = self.offered().get(self.chosen) {
                    return Outcome::Answer(Reply::Words(one.insert.clone()));
                }
            }
            KeyCode::Up => self.chosen = self.chosen.saturating_sub(1),
            KeyCode::Down | KeyCode::Tab => self.chosen = (self.chosen + 1).min(last),
            KeyCode::PageUp => self.chosen = self.chosen.saturating_sub(8),
            KeyCode::PageDown => self.chosen = (self.chosen + 8).min(last),
            KeyCode::Home => self.chosen = 0,
            KeyCode::End => self.chosen = last,
            KeyCode::Backspace => {
                self.filter.pop();
                self.chosen = 0;
            }
            KeyCode::Char(c) if is_plain(key) => {
                self.filter.push(c);
                self.chosen = 0;
            }
            _ => {}
        }
        Outcome::Taken
    }
}

/// A key that changes a text or goes about in its line. What sends, recalls, completes or searches is none.
fn is_editing(key: KeyEvent) -> bool {
    match key.code {
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::CONTROL) => !matches!(c, 'r' | 'R' | 'p' | 'n'),
        KeyCode::Char(_) | KeyCode::Backspace | KeyCode::Delete => true,
        KeyCode::Left | KeyCode::Right | KeyCode::Home | KeyCode::End => true,
        _ => false,
    }
}

/// A character as it is, not a command to the program.
pub(crate) fn is_plain(key: KeyEvent) -> bool {
    !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META)
}

/// All questions, the one that is shown first.
#[derive(Default)]
pub(crate) struct Questions {
    standing: VecDeque<Standing>,
}

impl Questions {
    pub(crate) fn ask(&mut self, ask: Ask) {
        self.withdraw(ask.id);
        self.standing.push_back(Standing::new(ask));
    }

    pub(crate) fn withdraw(&mut self, id: AskId) {
        self.standing.retain(|standing| standing.ask.id != id);
    }

    pub(crate) fn clear(&mut self) {
        self.standing.clear();
    }

    pub(crate) fn first(&self) -> Option<&Standing> {
        self.standing.front()
    }

    pub(crate) fn first_mut(&mut self) -> Option<&mut Standing> {
        self.standing.front_mut()
    }

    pub(crate) fn take_first(&mut self) -> Option<Standing> {
        self.standing.pop_front()
    }

    pub(crate) fn len(&self) -> usize {
        self.standing.len()
    }

    /// Milliseconds until a key may answer the first; none where it may, or where nothing is asked.
    pub(crate) fn armed_in(&self, now_ms: u64) -> Option<u64> {
        let first = self.standing.front().filter(|first| first.since.is_some())?;
        Some(first.quiet_until.saturating_sub(now_ms)).filter(|left| *left > 0)
    }

    /// Whether this agent waits for the person.
    pub(crate) fn is_asking(&self, agent: &str) -> bool {
        self.standing.iter().any(|standing| match &standing.ask.asked {
            Asked::Approval { agent: asks, .. } | Asked::Words { agent: asks, .. } => {
                asks.as_str() == agent || crate::view::line::last_part(asks.as_str()) == agent
            }
            _ => false,
        })
    }

    /// Notes when the first came into sight, or that nothing is in sight.
    pub(crate) fn settle(&mut self, in_sight: bool, now_ms: u64) {
        let Some(first) = self.standing.front_mut() else { return };
        if !in_sight {
            first.since = None;
        } else if first.since.is_none() {
            first.since = Some(now_ms);
            first.quiet_until = now_ms.saturating_add(QUIET_MS);
        }
    }
}
