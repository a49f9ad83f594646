//! What keys do outside of questions and the viewer.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::entry::{Body, Folded, Typing};
use super::questions::is_plain;
use super::viewer::{self, Viewer};
use super::{App, Armed, LONGEST_COPY, Signal, TWICE_MS};
use crate::composer::{Prompt, Typed};
use crate::feed::{Act, Asked, Reply};

fn is_control(key: KeyEvent, letter: char) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL)
        && matches!(key.code, KeyCode::Char(c) if c.eq_ignore_ascii_case(&letter))
}

impl App {
    pub(super) fn key(&mut self, key: KeyEvent, now_ms: u64) -> Vec<Act> {
        if is_control(key, 'l') {
            self.signals.push(Signal::Clear);
            return Vec::new();
        }
        if is_control(key, 'z') {
            self.signals.push(Signal::Suspend);
            return Vec::new();
        }
        if is_control(key, 'c') {
            return self.control_c(now_ms);
        }
        let armed = self.armed.take().filter(|(_, at)| now_ms.saturating_sub(*at) < TWICE_MS).map(|(what, _)| what);
        if self.viewer.is_some() {
            self.viewer_key(key);
            return Vec::new();
        }
        if is_control(key, 'o') {
            self.viewer = Some(Viewer::folds(self.told.newest()));
            return Vec::new();
        }
        if is_control(key, 't') {
            self.viewer = Some(Viewer::all(&self.told.shelf));
            return Vec::new();
        }
        if self.help.is_some() && self.help_key(key) {
            return Vec::new();
        }
        if self.questions.first().is_some() {
            return self.question_key(key, now_ms);
        }
        self.box_key(key, armed, now_ms)
    }

    /// Keys of the input box, and those that it leaves.
    fn box_key(&mut self, key: KeyEvent, armed: Option<Armed>, now_ms: u64) -> Vec<Act> {
        if key.code == KeyCode::BackTab && !self.composer.is_open() {
            return vec![Act::NextMode];
        }
        if key.code == KeyCode::Char('?') && is_plain(key) && self.composer.is_empty() {
            self.help = Some(0);
            return Vec::new();
        }
        if is_control(key, 'd') && self.composer.is_empty() {
            return vec![Act::Leave];
        }
        if key.code == KeyCode::Esc && !self.composer.is_open() && (self.turn.is_some() || armed.is_some()) {
            return self.escape(armed, now_ms);
        }
        self.composer.set_working(self.turn.is_some());
        self.composer.tick(now_ms);
        match self.composer.key(key) {
            Some(typed) => self.typed(typed),
            None if key.code == KeyCode::Esc => self.escape(armed, now_ms),
            None => Vec::new(),
        }
    }

    fn escape(&mut self, armed: Option<Armed>, now_ms: u64) -> Vec<Act> {
        if self.turn.is_some() {
            return self.interrupt();
        }
        if self.composer.is_empty() {
            // A command of the person's own may run beside; where nothing does, nobody is bothered.
            return vec![Act::Interrupt];
        }
        if armed == Some(Armed::ClearBox) {
            self.composer.take();
            self.hint = None;
        } else {
            self.armed = Some((Armed::ClearBox, now_ms));
            self.say("Esc again clears the box", now_ms);
        }
        Vec::new()
    }

    fn interrupt(&mut self) -> Vec<Act> {
        if let Some(turn) = &mut self.turn {
            turn.stopping = true;
        }
        vec![Act::Interrupt]
    }

    /// Clears the box, else interrupts; twice leaves.
    fn control_c(&mut self, now_ms: u64) -> Vec<Act> {
        let again = matches!(self.armed.take(), Some((Armed::Leave, at)) if now_ms.saturating_sub(at) < TWICE_MS);
        if again {
            return vec![Act::Leave];
        }
        if self.viewer.take().is_some() || self.help.take().is_some() {
            return Vec::new();
        }
        let asked = self.questions.first().is_some();
        if !asked && !self.composer.is_empty() {
            self.composer.take();
            return Vec::new();
        }
        if asked && !self.answer.is_empty() {
            self.answer.take();
            return Vec::new();
        }
        self.armed = Some((Armed::Leave, now_ms));
        self.say("Ctrl-C again to leave", now_ms);
        if self.turn.is_some() {
            return self.interrupt();
        }
        if asked {
            return self.answered(Reply::No(String::new()));
        }
        Vec::new()
    }

    /// What the box gave out.
    fn typed(&mut self, typed: Typed) -> Vec<Act> {
        match typed {
            Typed::Nothing => Vec::new(),
            Typed::Submit(prompt) | Typed::Queue(prompt) if prompt.text.trim().is_empty() => Vec::new(),
            Typed::Submit(prompt) => self.submit(prompt),
            Typed::Queue(prompt) if self.turn.is_none() => self.submit(prompt),
            Typed::Queue(Prompt { text, images }) => vec![Act::Queue { text, images }],
            Typed::Command { name, arguments } => {
                self.told
                    .show(Body::Typed { typing: Typing::Command, text: format!("/{name} {arguments}").trim().into() });
                vec![Act::Command { name, arguments }]
            }
            Typed::Shell(command) if command.trim().is_empty() => Vec::new(),
            Typed::Shell(command) => {
                self.told.show(Body::Typed { typing: Typing::Shell, text: command.clone() });
                vec![Act::Shell(command)]
            }
        }
    }

    /// The next turn, or a word to the running one. Images go with a turn only.
    fn submit(&mut self, Prompt { text, images }: Prompt) -> Vec<Act> {
        match (self.turn.is_some(), images.is_empty()) {
            (false, _) => {
                self.told.show(Body::Typed { typing: Typing::Prompt, text: text.clone() });
                self.sent = Some(text.clone());
                vec![Act::Submit { text, images }]
            }
            (true, true) => {
                self.told.show(Body::Typed { typing: Typing::Steer, text: text.clone() });
                vec![Act::Steer(text)]
            }
            (true, false) => {
                self.note("images go with a turn, not with a step: this waits for the next turn");
                vec![Act::Queue { text, images }]
            }
        }
    }

    pub(super) fn paste(&mut self, text: &str, now_ms: u64) {
        if let Some(viewer) = &mut self.viewer {
            viewer.paste(text);
            return;
        }
        self.help = None;
        match self.questions.first_mut().map(|first| first.paste(text, now_ms)) {
            Some(super::questions::Outcome::Answering) => self.answer.paste(text),
            None | Some(super::questions::Outcome::Draft) => {
                self.composer.tick(now_ms);
                self.composer.paste(text);
            }
            Some(_) => {}
        }
    }

    /// Keys while the keys are shown. False: it is for what is below.
    fn help_key(&mut self, key: KeyEvent) -> bool {
        let Some(at) = &mut self.help else { return false };
        match key.code {
            KeyCode::Up => *at = at.saturating_sub(1),
            KeyCode::Down => *at = at.saturating_add(1),
            KeyCode::PageUp => *at = at.saturating_sub(8),
            KeyCode::PageDown => *at = at.saturating_add(8),
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | '?') => self.help = None,
            _ => {
                self.help = None;
                return false;
            }
        }
        true
    }

    fn viewer_key(&mut self, key: KeyEvent) {
        let Some(viewer) = &mut self.viewer else { return };
        match viewer.key(key, &self.told.shelf) {
            viewer::Outcome::Stays => {}
            viewer::Outcome::Leaves => self.viewer = None,
            viewer::Outcome::Copies => {
                let selected = viewer.selected.and_then(|place| self.told.shelf.get(place));
                let text = selected.and_then(|entry| match &entry.body {
                    Body::Folded(Folded { text, .. }) => Some(redact::inert(text).into_owned()),
                    _ => None,
                });
                let says = match &text {
                    None => "nothing is selected",
                    Some(text) if text.len() > LONGEST_COPY => "too long to copy: terminals take 74,000 bytes",
                    Some(_) => "copied",
                };
                viewer.says = Some(says.to_owned());
                self.signals.extend(text.filter(|text| text.len() <= LONGEST_COPY).map(Signal::Copy));
            }
        }
    }

    fn question_key(&mut self, key: KeyEvent, now_ms: u64) -> Vec<Act> {
        use super::questions::Outcome;
        let words = matches!(self.questions.first().map(|first| &first.ask.asked), Some(Asked::Words { .. }));
        if words && key.code == KeyCode::Esc && self.answer.is_open() {
            self.answer.key(key);
            return Vec::new();
        }
        let Some(first) = self.questions.first_mut() else { return Vec::new() };
        match first.key(key, now_ms) {
            Outcome::Taken => Vec::new(),
            Outcome::Draft => {
                self.composer.tick(now_ms);
                if key.code == KeyCode::Char('?') && is_plain(key) && self.composer.is_empty() {
                    // Elsewhere it shows the keys; here somebody is writing.
                    self.composer.paste("?");
                } else {
                    self.composer.key(key);
                }
                Vec::new()
            }
            Outcome::Answering => self.answering(key, now_ms),
            Outcome::Answer(reply) => self.answered(reply),
        }
    }

    /// A key for the box of an answer. What would be a command elsewhere is words here.
    fn answering(&mut self, key: KeyEvent, now_ms: u64) -> Vec<Act> {
        self.answer.tick(now_ms);
        let enters = key.code == KeyCode::Enter && key.modifiers.is_empty() && !self.answer.is_open();
        if enters {
            let words = self.answer.take();
            return match words.strip_suffix('\\') {
                Some(line) => {
                    self.answer.put(&format!("{line}\n"));
                    Vec::new()
                }
                None if words.trim().is_empty() => Vec::new(),
                None => self.answered(Reply::Words(words.trim().to_owned())),
            };
        }
        let words = match self.answer.key(key) {
            Some(Typed::Submit(prompt) | Typed::Queue(prompt)) => prompt.text,
            Some(Typed::Command { name, arguments }) => format!("/{name} {arguments}").trim_end().to_owned(),
            Some(Typed::Shell(command)) => format!("!{command}"),
            Some(Typed::Nothing) | None => return Vec::new(),
        };
        if words.trim().is_empty() { Vec::new() } else { self.answered(Reply::Words(words.trim().to_owned())) }
    }
}
