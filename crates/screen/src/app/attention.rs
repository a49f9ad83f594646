//! When the person is called, and what the window is named.

use super::{App, Signal};
use crate::feed::Asked;
use crate::text::plain;

/// Without a word on the focus, who typed nothing for so long is elsewhere.
const AWAY_MS: u64 = 10_000;

/// Whether the person looks at the window.
#[derive(Debug, Default)]
pub(super) struct Attention {
    /// The last word on the focus; none where the terminal never said one.
    focused: Option<bool>,
    last_key_ms: u64,
    title: String,
}

impl Attention {
    pub(super) fn key(&mut self, now_ms: u64) {
        self.last_key_ms = now_ms;
    }

    pub(super) fn focus(&mut self, focused: bool) {
        self.focused = Some(focused);
    }

    fn is_away(&self, now_ms: u64) -> bool {
        self.focused.map_or(now_ms.saturating_sub(self.last_key_ms) >= AWAY_MS, |focused| !focused)
    }
}

impl App {
    /// A turn ended.
    pub(super) fn call_at_end(&mut self, how: &str, now_ms: u64) {
        if self.attention.is_away(now_ms) {
            self.signals.push(Signal::Notify(format!("The turn is over: {}", plain(how))));
        }
    }

    /// Calls the person once for a question that stands while they are away.
    pub(super) fn call_person(&mut self, now_ms: u64) {
        let away = self.attention.is_away(now_ms);
        let Some(first) = self.questions.first_mut().filter(|first| away && !first.called) else { return };
        first.called = true;
        let words = match &first.ask.asked {
            Asked::Approval { agent, tool, .. } => format!("{agent} wants to use {tool}"),
            Asked::Words { agent, .. } => format!("{agent} asks something"),
            Asked::Confirm { title, .. } | Asked::Choice { title, .. } => title.clone(),
        };
        self.signals.push(Signal::Notify(plain(&words)));
    }

    /// When a question has stood so long without a key that the person is to be called.
    pub(super) fn calling_ms(&self, now_ms: u64) -> Option<u64> {
        let waits = self.questions.first().is_some_and(|first| !first.called);
        if !waits || self.attention.focused.is_some() {
            return None;
        }
        Some(self.attention.last_key_ms.saturating_add(AWAY_MS).saturating_sub(now_ms).max(1))
    }

    /// Tells the terminal the window's name where it changed.
    pub(super) fn name_window(&mut self) {
        let does = if self.questions.len() > 0 {
            "asks you"
        } else if self.turn.is_some() {
            "working"
        } else {
            "ready"
        };
        if self.attention.title != does {
            self.attention.title = does.to_owned();
            self.signals.push(Signal::Title(format!("agent: {does}")));
        }
    }
}
