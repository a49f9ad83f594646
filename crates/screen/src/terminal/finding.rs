//! How to get from where the cursor stands in the viewport to the viewport's begin after the terminal wrapped its rows anew: the terminal
//! is asked how wide it is, the cursor moved by as many rows as that makes, and asked again whether that still holds. Nothing is drawn
//! before the answer: what stands above must not be drawn over.

use std::io::Write as _;

use super::escape;
use super::inline::Inline;

/// A question has as long as this many of the shortest answers take.
const PATIENCE: u64 = 4;
/// Shortest and longest time that a question has, in milliseconds.
const WAIT_MS: (u64, u64) = (150, 2_000);
/// Columns that no terminal has: one that says so did not understand.
const LARGEST: u16 = 2_000;

/// Asks and moves.
pub(super) struct Finding {
    /// How long an answer takes, in milliseconds; none: there are none.
    answers_ms: Option<u64>,
    /// Questions without an answer. Answers come in the order of the questions: only the last one counts.
    open: usize,
    asked_ms: Option<u64>,
    /// By how many rows the cursor was moved up.
    up: Option<u16>,
    /// The width that was answered.
    width: Option<u16>,
}

/// What came of [`Finding::step`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It was asked.
    Wait,
    /// The cursor is at the viewport's begin, and hidden.
    There,
}

impl Finding {
    /// For a terminal that answers within so many milliseconds; none: it does not.
    pub(super) fn new(answers_ms: Option<u64>) -> Self {
        Self { answers_ms, open: 0, asked_ms: None, up: None, width: None }
    }

    /// Whether there are answers.
    pub(super) fn is_answered(&self) -> bool {
        self.answers_ms.is_some()
    }

    /// An answer came: so wide.
    pub(super) fn answered(&mut self, width: u16, now_ms: u64) {
        if self.open == 0 {
            // To what was asked at the start, and given up: it is slow, but it does answer.
            self.answers_ms.get_or_insert(WAIT_MS.1);
            return;
        }
        self.open -= 1;
        let in_time = self.asked_ms.is_some_and(|asked| self.left(asked, now_ms) > 0);
        if self.open == 0 && in_time && width < LARGEST {
            self.asked_ms = None;
            self.width = Some(width);
        }
    }

    /// Goes on with it.
    pub(super) fn step(&mut self, inline: &Inline, now_ms: u64, out: &mut Vec<u8>) -> Step {
        let rows = self.width.take().map(|width| inline.above(width));
        if rows.is_some() && rows == self.up {
            self.up = None;
            return Step::There;
        }
        if let Some(rows) = rows {
            out.extend_from_slice(b"\x1b[?25l");
            self.go(rows, out);
        } else {
            match self.asked_ms {
                Some(asked) if self.left(asked, now_ms) > 0 => return Step::Wait,
                None if self.answers_ms.is_some() && self.up.is_none() => {}
                _ => {
                    self.up.get_or_insert(0);
                    self.give_up(inline, out);
                    return Step::There;
                }
            }
        }
        out.extend_from_slice(escape::HOW_LARGE);
        self.open += 1;
        self.asked_ms = Some(now_ms);
        Step::Wait
    }

    /// Where something was begun, it ends as far up as is certain: rather a leftover than a line that is drawn over. Whether it was.
    pub(super) fn give_up(&mut self, inline: &Inline, out: &mut Vec<u8>) -> bool {
        self.asked_ms = None;
        self.width = None;
        if self.up.is_none() {
            return false;
        }
        out.extend_from_slice(b"\x1b[?25l");
        self.go(inline.drawn_above(), out);
        self.up = None;
        true
    }

    fn go(&mut self, rows: u16, out: &mut Vec<u8>) {
        let before = self.up.replace(rows).unwrap_or(0);
        out.push(b'\r');
        // A vector takes everything.
        match before.cmp(&rows) {
            std::cmp::Ordering::Less => write!(out, "\x1b[{}A", rows - before).ok(),
            std::cmp::Ordering::Greater => write!(out, "\x1b[{}B", before - rows).ok(),
            std::cmp::Ordering::Equal => None,
        };
    }

    /// Milliseconds until it is to go on; none: it has nothing to do.
    pub(super) fn wait_ms(&self, now_ms: u64) -> Option<u64> {
        if self.width.is_some() { Some(0) } else { self.asked_ms.map(|asked| self.left(asked, now_ms)) }
    }

    /// What is left of a question's time. A clock that was put back has no more to wait for.
    fn left(&self, asked_ms: u64, now_ms: u64) -> u64 {
        let wait = self.answers_ms.unwrap_or(0).saturating_mul(PATIENCE).clamp(WAIT_MS.0, WAIT_MS.1);
        if now_ms < asked_ms { 0 } else { wait.saturating_sub(now_ms - asked_ms) }
    }
}

#[cfg(test)]
#[path = "finding_tests.rs"]
mod tests;
