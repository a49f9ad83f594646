//! The state of the screen: what comes in, what is asked for, what is to be drawn. It opens nothing and asks no clock.

mod answers;
mod attention;
mod briefs;
#[cfg(test)]
mod desk;
pub(crate) mod entry;
mod events;
mod input;
mod keys;
pub(crate) mod lanes;
pub(crate) mod questions;
pub(crate) mod shelf;
mod told;
pub(crate) mod viewer;

use std::cell::Cell;
use std::sync::Arc;

pub(crate) use input::LONGEST_COPY;
pub(crate) use input::{Input, Signal};
use protocol::{AgentId, Usd};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use self::attention::Attention;
use self::lanes::Lanes;
use self::questions::Questions;
use self::told::Told;
use self::viewer::Viewer;
use crate::composer::{Composer, Files, History};
use crate::feed::{Act, Status};
use crate::text::{Colors, Theme};
use crate::view;

/// How long a word about what the next key would do stands, and how long that key has.
pub(crate) const TWICE_MS: u64 = 2_000;

/// What stands in the empty box.
const PLACEHOLDER: &str = "Say what to do. / commands, @ files, ! shell, ? keys";
/// What stands there while a turn runs.
const PLACEHOLDER_AT_WORK: &str = "Say more: Enter steers, Tab queues. Esc interrupts";

/// What an [`App`] is made with.
pub(crate) struct Options {
    /// How many colours the terminal is to be sent.
    pub(crate) colors: Colors,
    /// Nothing moves: a still sign instead of a spinner.
    pub(crate) still: bool,
    /// What `@` completes.
    pub(crate) files: Arc<dyn Files>,
    /// What was sent earlier.
    pub(crate) history: History,
}

/// A turn that runs.
pub(crate) struct Turn {
    pub(crate) began_ms: u64,
    /// Dollars of its calls so far; none where a price is unknown.
    pub(crate) usd: Option<Usd>,
    /// The status line told this turn's dollars since its last call.
    told: bool,
    /// It was asked to stop.
    pub(crate) stopping: bool,
}

/// What the person was told that the next key would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Armed {
    /// Ctrl-C leaves.
    Leave,
    /// Esc clears the box.
    ClearBox,
}

/// The state of the screen.
pub(crate) struct App {
    pub(crate) theme: Theme,
    pub(crate) still: bool,
    pub(crate) told: Told,
    pub(crate) lanes: Lanes,
    pub(crate) turn: Option<Turn>,
    /// What the status line shows, and when it was said.
    pub(crate) status: Option<(Status, u64)>,
    pub(crate) queued: usize,
    pub(crate) questions: Questions,
    pub(crate) composer: Composer,
    /// The box of an answer in words.
    pub(crate) answer: Composer,
    pub(crate) viewer: Option<Viewer>,
    /// The keys are shown, from this line on.
    pub(crate) help: Option<usize>,
    /// Words that stand for a while in the status line, and until when.
    pub(crate) hint: Option<(String, u64)>,
    /// How the rows were shared out when the height was asked for, and for which width.
    pub(crate) planned: Cell<Option<(u16, view::Plan)>>,
    armed: Option<(Armed, u64)>,
    /// The prompt that was shown when it was sent: its turn does not show it again.
    sent: Option<String>,
    /// A model was asked in this session, so that a price that is not known is one that nobody knows.
    pub(crate) asked: bool,
    attention: Attention,
    signals: Vec<Signal>,
    over: bool,
}

impl App {
    /// An empty screen.
    pub(crate) fn new(options: Options) -> Self {
        Self {
            theme: Theme::new(options.colors),
            still: options.still,
            told: Told::new(shelf::MOST_BYTES),
            lanes: Lanes::new(),
            turn: None,
            status: None,
            queued: 0,
            questions: Questions::default(),
            composer: Composer::new(options.files.clone(), options.history),
            answer: Composer::new(options.files, History::default()),
            viewer: None,
            help: None,
            hint: None,
            planned: Cell::new(None),
            armed: None,
            sent: None,
            asked: false,
            attention: Attention::default(),
            signals: Vec::new(),
            over: false,
        }
        .placed()
    }

    fn placed(mut self) -> Self {
        self.composer.set_placeholder(PLACEHOLDER);
        self.answer.set_placeholder("Your answer. Enter sends it, Esc gives none");
        self
    }

    /// Takes in what happened; what the session is asked to do.
    pub(crate) fn update(&mut self, input: Input, now_ms: u64) -> Vec<Act> {
        if self.hint.as_ref().is_some_and(|(_, until)| now_ms >= *until) {
            self.hint = None;
        }
        let mut acts = Vec::new();
        match input {
            Input::Key(key) => {
                self.attention.key(now_ms);
                acts = self.key(key, now_ms);
            }
            Input::Paste(text) => {
                self.attention.key(now_ms);
                self.paste(&text, now_ms);
            }
            Input::Focus(focused) => self.attention.focus(focused),
            Input::Resize => {}
            Input::Tick => {
                self.composer.tick(now_ms);
                self.answer.tick(now_ms);
            }
            Input::Feed(feed) => self.feed(feed, now_ms),
        }
        self.questions.settle(self.viewer.is_none(), now_ms);
        self.call_person(now_ms);
        self.name_window();
        acts
    }

    /// What was finished since the last call, for the terminal's own scrollback. To be called before each frame of the viewport.
    pub(crate) fn take_history(&mut self, width: u16) -> Vec<Line<'static>> {
        self.told.take(&self.theme, width)
    }

    /// How many rows the viewport needs, at most `most`. To be called before each [`App::draw`] of it, which gets so many rows.
    pub(crate) fn height(&self, width: u16, most: u16) -> u16 {
        view::height(self, width, most)
    }

    /// Draws the viewport, or the whole screen where [`App::full_screen`]; where the cursor stands, if anywhere.
    pub(crate) fn draw(&mut self, area: Rect, buffer: &mut Buffer, now_ms: u64) -> Option<Position> {
        view::draw(self, area, buffer, now_ms)
    }

    /// The viewer is open: it wants the alternate screen.
    pub(crate) fn full_screen(&self) -> bool {
        self.viewer.is_some()
    }

    /// Milliseconds from `now_ms` on until something moves by itself and [`Input::Tick`] is wanted; none where nothing does.
    pub(crate) fn next_tick_ms(&self, now_ms: u64) -> Option<u64> {
        let hint = self.hint.as_ref().map(|(_, until)| until.saturating_sub(now_ms).max(1));
        let files = (self.composer.waiting() || self.answer.waiting()).then_some(50);
        let armed = self.questions.armed_in(now_ms);
        [armed, self.motion_ms(now_ms), self.cache_ms(now_ms), hint, files, self.calling_ms(now_ms)]
            .into_iter()
            .flatten()
            .min()
    }

    /// What the terminal is asked to do besides.
    pub(crate) fn take_signals(&mut self) -> Vec<Signal> {
        std::mem::take(&mut self.signals)
    }

    /// The last was shown: after one more frame the screen is taken down.
    pub(crate) fn over(&self) -> bool {
        self.over
    }

    /// When a spinner turns or a second is over.
    fn motion_ms(&self, now_ms: u64) -> Option<u64> {
        let turn = self.turn.as_ref()?;
        if self.viewer.is_some() {
            return None;
        }
        let every = if self.is_still() { 1_000 } else { view::SPIN_MS };
        Some(every - now_ms.saturating_sub(turn.began_ms) % every)
    }

    /// When the cache's remaining life is told with another number.
    fn cache_ms(&self, now_ms: u64) -> Option<u64> {
        if self.viewer.is_some() {
            return None;
        }
        let left = self.cache_left(now_ms).filter(|left| *left > 0)?;
        let unit = if left > 60_000 { 60_000 } else { 1_000 };
        Some((left - 1) % unit + 1)
    }

    /// What is left of the life of main's cache, in milliseconds; none where nothing is known of it.
    pub(crate) fn cache_left(&self, now_ms: u64) -> Option<u64> {
        let (status, at) = self.status.as_ref()?;
        status.cache_left_ms.map(|left| left.saturating_sub(now_ms.saturating_sub(*at)))
    }

    /// No spinner turns.
    pub(crate) fn is_still(&self) -> bool {
        self.still || self.theme.colors() == Colors::None
    }

    /// Words that stand for a while in the status line.
    fn say(&mut self, words: &str, now_ms: u64) {
        self.hint = Some((words.to_owned(), now_ms.saturating_add(TWICE_MS)));
    }

    /// Whether the agent is the main one.
    fn is_main(&self, agent: &AgentId) -> bool {
        self.lanes.is_main(agent)
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod keys_tests;

#[cfg(test)]
#[path = "events_tests.rs"]
mod events_tests;

#[cfg(test)]
#[path = "questions_tests.rs"]
mod questions_tests;

#[cfg(test)]
#[path = "scenes_tests.rs"]
mod scenes_tests;

#[cfg(test)]
#[path = "hostile_tests.rs"]
mod hostile_tests;
