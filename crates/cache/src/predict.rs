//! How many tokens the next request should read from the cache, from what earlier responses of the window were billed.

use std::time::Duration;

use protocol::{Timestamp, Ttl, Usage};
use serde::{Deserialize, Serialize};

use crate::posture::Posture;
use crate::prefix::PrefixMark;

/// What is known to be in the provider's cache for one window. Plain data, stored beside the window, so that a process that
/// is woken expects what one that never died would.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// What the last answered request ended with; none before the first.
    pub sent: Option<PrefixMark>,
    /// Blocks of the conversation it ended with.
    pub end: usize,
    /// Tokens cached up to there, in the provider's count.
    pub cached: u64,
    /// When that request was sent: lifetimes run from here.
    pub at: Timestamp,
    /// Life asked for.
    pub ttl: Option<Ttl>,
    /// Prompt tokens of that request, in the provider's count.
    #[serde(default)]
    pub prompt: u64,
    /// The same in our count, so that what was added since can be told.
    #[serde(default)]
    pub counted: u64,
    /// Prompt tokens of the window's first request; 0 before it.
    #[serde(default)]
    pub opened_with: u64,
}

/// An answered request, as far as the cache is concerned.
#[derive(Clone, Debug)]
pub struct Answered {
    /// What it ended with.
    pub sent: PrefixMark,
    /// Blocks of the conversation it ended with.
    pub end: usize,
    /// When it was sent.
    pub at: Timestamp,
    /// Life asked for.
    pub ttl: Ttl,
    /// Its tokens in our count.
    pub counted: u64,
}

/// What to expect of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Tokens that should be read from the cache.
    pub cache_read: u64,
    /// Why it is not the whole of what was sent before: `window_opened`, `expired`, `not_cached`,
    /// `cache_unknown`.
    pub reason: Option<&'static str>,
}

impl Forecast {
    /// Expected cache reads of a request sent at `now`.
    pub fn expect(&self, posture: &Posture, now: Timestamp) -> Expectation {
        if self.sent.is_none() {
            return Expectation { cache_read: 0, reason: Some("window_opened") };
        }
        let Some(life) = self.life(posture) else {
            return Expectation { cache_read: 0, reason: Some("cache_unknown") };
        };
        if now.since(self.at) >= life {
            return Expectation { cache_read: 0, reason: Some("expired") };
        }
        if self.cached == 0 {
            return Expectation { cache_read: 0, reason: Some("not_cached") };
        }
        Expectation { cache_read: self.cached, reason: None }
    }

    /// Takes an answer into account.
    pub fn answered(&mut self, answered: Answered, posture: &Posture, usage: &Usage) {
        self.refreshed(answered.at, posture, usage);
        self.sent = Some(answered.sent);
        self.end = answered.end;
        self.ttl = Some(answered.ttl);
        self.prompt = usage.prompt();
        self.counted = answered.counted;
        if self.opened_with == 0 {
            self.opened_with = usage.prompt();
        }
    }

    /// Takes the answer to the same request, sent again to keep the cache alive, into account.
    pub fn refreshed(&mut self, at: Timestamp, posture: &Posture, usage: &Usage) {
        self.cached = match posture {
            // Billed reads and writes are the prefix up to the last breakpoint, exactly.
            Posture::Explicit { .. } => usage.cache_read + usage.cache_write(),
            Posture::Implicit { min_tokens, .. } if usage.prompt() < *min_tokens => 0,
            // Providers that bill writes report them; the others cache the prompt in whole units.
            Posture::Implicit { .. } if usage.cache_write() > 0 => usage.cache_read + usage.cache_write(),
            Posture::Implicit { granularity, .. } => usage.prompt() / granularity.max(&1) * granularity.max(&1),
            Posture::Unknown => 0,
        };
        self.at = at;
    }

    /// How long an entry lives from the start of the request that wrote or last read it; none where nothing is known.
    pub fn life(&self, posture: &Posture) -> Option<Duration> {
        match (posture, self.ttl) {
            (Posture::Explicit { ttl_long, .. }, Some(Ttl::Long)) => Some(*ttl_long),
            (Posture::Explicit { ttl_short, .. }, _) => Some(*ttl_short),
            (Posture::Implicit { ttl, .. }, _) => Some(*ttl),
            (Posture::Unknown, _) => None,
        }
    }

    /// Whether a bill shows a lost cache: more than 5 % and at least 2,000 tokens of what was expected were processed anew.
    pub fn is_miss(expected: u64, billed: u64) -> bool {
        let lost = expected.saturating_sub(billed);
        lost >= 2_000 && lost * 20 > expected
    }
}
