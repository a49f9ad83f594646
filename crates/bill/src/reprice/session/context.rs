//! One agent's context, played again.

use std::time::Duration;

use protocol::{AgentId, LedgerRow, Purpose, RowOutcome, Usd};
use team::CompactAt;

use crate::reprice::meter::{Lifetime, Meter};
use crate::reprice::models::Rated;

/// A window is closed only where the next one begins at less than this share of it: one that cannot get smaller would be closed
/// at every step.
const WORTH_CLOSING: f64 = 0.8;

/// How windows are closed and the cache lives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    /// When windows are closed; [`CompactAt::Auto`] where they were in fact.
    pub(super) at: CompactAt,
    /// Tokens kept word for word.
    pub(super) keep_tail: u64,
    /// Tokens of a summary.
    pub(super) summary: u64,
    /// Writes get the long lifetime.
    pub(super) long: bool,
    /// Seconds that the cache lives.
    pub(super) ttl_s: u64,
    /// Pings are sent as they were.
    pub(super) pings: bool,
    /// Prompt tokens that the model takes.
    pub(super) context_limit: u64,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            at: CompactAt::Auto,
            keep_tail: 0,
            summary: 0,
            long: false,
            ttl_s: 300,
            pings: true,
            context_limit: u64::MAX,
        }
    }
}

/// A recorded call on its way into a context.
#[derive(Clone, Debug)]
pub(super) struct Event<'r> {
    /// Whose context.
    pub(super) agent: AgentId,
    /// The call.
    pub(super) row: &'r LedgerRow,
    /// It was another agent's.
    pub(super) moved: bool,
    /// It was the first of its window.
    pub(super) opens: bool,
    /// Tokens that entered since the agent's last step; none where it opened a window.
    pub(super) grown: Option<u64>,
    /// The window it opened followed on one that was closed with a summary.
    pub(super) compacted: bool,
    /// It is a summary that was thrown away: its window went on.
    pub(super) discarded: bool,
}

/// The context.
pub(super) struct Context {
    setting: Setting,
    meter: Meter,
    size: u64,
    /// What every window begins with: the first prompt.
    base: u64,
    /// Tokens that entered, and in how many steps: what is thought to have entered where it cannot be seen.
    entered: (u64, u64),
    compactions: u64,
    overflowed: bool,
}

impl Context {
    pub(super) fn new(setting: Setting) -> Self {
        let meter = Meter::new(Lifetime::For(Duration::from_secs(setting.ttl_s)), false);
        let meter = if setting.long { meter.long_writes() } else { meter };
        Self { setting, meter, size: 0, base: 0, entered: (0, 0), compactions: 0, overflowed: false }
    }

    pub(super) fn usd(&self) -> Usd {
        self.meter.usd()
    }

    pub(super) fn compactions(&self) -> u64 {
        self.compactions
    }

    pub(super) fn overflowed(&self) -> bool {
        self.overflowed
    }

    pub(super) fn limit(&self) -> u64 {
        self.setting.context_limit
    }

    /// Plays a call.
    pub(super) fn play(&mut self, event: &Event<'_>, model: &Rated<'_>, summarizer: Option<&Rated<'_>>) {
        let row = event.row;
        match row.purpose {
            // Attempts that failed were paid for all the same.
            _ if row.outcome != RowOutcome::Ok => self.meter.add(model, row.at, &row.usage),
            Purpose::Step => self.step(event, model),
            Purpose::Compaction => self.compaction(event, model, summarizer),
            Purpose::KeepWarm if event.moved || !self.setting.pings => {}
            Purpose::KeepWarm => {
                let read = self.meter.cached(row.at);
                self.meter.call(model, row.at, self.size, read, row.usage.output);
            }
            Purpose::Auxiliary => self.meter.add(model, row.at, &row.usage),
        }
    }

    fn step(&mut self, event: &Event<'_>, model: &Rated<'_>) {
        let row = event.row;
        let prompt = row.usage.prompt();
        let first = self.size == 0;
        let begins = first || (event.opens && !event.moved && !(event.compacted && self.is_own_rule()));
        if begins {
            if first {
                self.base = prompt;
            }
            // Counted here, not at the summary: one that was thrown away closes nothing.
            self.compactions += u64::from(event.compacted && !first);
            self.size = prompt;
            let read = if first || !self.is_own_rule() { row.usage.cache_read } else { self.base };
            self.meter.call(model, row.at, prompt, read, row.usage.output);
            return;
        }
        // A specialist's own first prompt does not enter another's context.
        let unseen = if event.moved { 0 } else { self.entered.0 / self.entered.1.max(1) };
        let grown = event.grown.unwrap_or(unseen);
        self.entered = (self.entered.0 + grown, self.entered.1 + 1);
        let read = self.close_if_due(event, model, grown).unwrap_or_else(|| {
            self.size += grown;
            if self.meter.follows(model) { self.meter.cached(row.at) } else { row.usage.cache_read }
        });
        self.overflowed |= self.size > self.setting.context_limit;
        self.meter.call(model, row.at, self.size, read, row.usage.output);
    }

    /// The setting is played, not what happened.
    fn is_own_rule(&self) -> bool {
        self.setting.at != CompactAt::Auto
    }

    /// Closes the window where the setting says so; gives what the next request reads.
    fn close_if_due(&mut self, event: &Event<'_>, model: &Rated<'_>, grown: u64) -> Option<u64> {
        let CompactAt::Tokens(limit) = self.setting.at else { return None };
        let tail = self.setting.keep_tail.min(self.size.saturating_sub(self.base));
        let next = self.base + self.setting.summary + tail;
        let due = self.size + grown > limit && (next as f64) < WORTH_CLOSING * self.size as f64;
        if !due {
            return None;
        }
        let at = event.row.at;
        let read = self.meter.cached(at);
        self.meter.call(model, at, self.size, read, self.setting.summary);
        self.compactions += 1;
        self.size = next + grown;
        Some(self.base)
    }

    /// A summary that was written in fact.
    fn compaction(&mut self, event: &Event<'_>, model: &Rated<'_>, summarizer: Option<&Rated<'_>>) {
        if self.is_own_rule() || event.moved {
            return;
        }
        let row = event.row;
        let prompt = row.usage.prompt();
        match summarizer.filter(|_| row.usage.cache_read * 2 < prompt) {
            // Somebody else wrote it, from a cold start.
            Some(summarizer) => self.meter.add(summarizer, row.at, &row.usage),
            None => {
                let read = self.meter.cached(row.at);
                self.meter.call(model, row.at, prompt.max(self.size), read, row.usage.output);
                if event.discarded {
                    // The next request has the same window without the instruction.
                    self.meter.forget_beyond(self.size);
                }
            }
        }
    }
}
