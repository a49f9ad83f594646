//! The bill of one context that grows, under a cache that lives so long.

use std::time::Duration;

use catalogue::CacheMode;
use protocol::{Timestamp, Usage, Usd};

use super::models::Rated;
use crate::flow::Call;

/// A prompt below this share of the one before is a context that was begun anew (a compaction, a cleared conversation).
const BEGUN_ANEW: f64 = 0.8;

/// How long a cache lives after its last use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// For ever.
    Endless,
    /// So long.
    For(Duration),
}

impl Lifetime {
    /// The short lifetime of Anthropic's caches.
    pub const FIVE_MINUTES: Self = Self::For(Duration::from_secs(300));

    /// Whether a cache that was used at one moment is gone at the other.
    pub fn is_over(self, used: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::Endless => false,
            Self::For(span) => now.since(used) > span,
        }
    }
}

/// Whether a context of this size follows on one of that size.
pub(crate) fn begins_anew(before: u64, prompt: u64) -> bool {
    (prompt as f64) < BEGUN_ANEW * before as f64
}

/// Adds up calls on one context.
#[derive(Clone, Debug)]
pub struct Meter {
    lifetime: Lifetime,
    /// What is new in a prompt is billed as a cache write also where the model caches by itself.
    writes: bool,
    /// Writes get the long lifetime.
    long: bool,
    cached: u64,
    used: Option<Timestamp>,
    model: Option<String>,
    /// The recorded prompt before.
    before: u64,
    usd: Usd,
    usage: Usage,
}

impl Meter {
    /// An empty context.
    pub fn new(lifetime: Lifetime, writes: bool) -> Self {
        Self {
            lifetime,
            writes,
            long: false,
            cached: 0,
            used: None,
            model: None,
            before: 0,
            usd: Usd::ZERO,
            usage: Usage::default(),
        }
    }

    /// Writes get the long lifetime, at its price.
    pub(crate) fn long_writes(self) -> Self {
        Self { long: true, ..self }
    }

    /// Dollars so far.
    pub fn usd(&self) -> Usd {
        self.usd
    }

    /// Tokens so far.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// A call as it was recorded, its prompt read from this cache. Where no cache can tell (the first call, another model, a
    /// context begun anew), it reads what was read in fact.
    pub fn recorded(&mut self, model: &Rated<'_>, call: &Call) {
        let prompt = call.usage.prompt();
        let known = self.follows(model) && !begins_anew(self.before, prompt);
        // A perfect cache is never worse than the real one was.
        let at_least = if self.lifetime == Lifetime::Endless { call.usage.cache_read } else { 0 };
        let read = if known { self.cached(call.at).max(at_least) } else { call.usage.cache_read };
        self.before = prompt;
        self.call(model, call.at, prompt, read, call.usage.output);
    }

    /// Whether the last call was this model's.
    pub(crate) fn follows(&self, model: &Rated<'_>) -> bool {
        self.model.as_ref() == Some(&model.model.name)
    }

    /// Tokens that can be read at this moment.
    pub(crate) fn cached(&self, at: Timestamp) -> u64 {
        let gone = self.used.is_none_or(|used| self.lifetime.is_over(used, at));
        if gone { 0 } else { self.cached }
    }

    /// A call that reads so much of its prompt and writes the rest.
    pub(crate) fn call(&mut self, model: &Rated<'_>, at: Timestamp, prompt: u64, read: u64, output: u64) {
        let cache_read = read.min(prompt);
        let new = prompt - cache_read;
        let usage = Usage { cache_read, output, ..Usage::default() };
        // Too short to be cached at all.
        let cacheable = prompt >= model.model.min_cacheable;
        let writes = self.writes || model.model.cache_mode == CacheMode::Explicit;
        let usage = match (writes && cacheable, self.long) {
            (false, _) => Usage { input: new, ..usage },
            (true, false) => Usage { cache_write_short: new, ..usage },
            (true, true) => Usage { cache_write_long: new, ..usage },
        };
        self.add(model, at, &usage);
        (self.cached, self.used) = (if cacheable { prompt } else { 0 }, Some(at));
        if !self.follows(model) {
            self.model = Some(model.model.name.clone());
        }
    }

    /// What is cached beyond so many tokens is not part of the next prompt.
    pub(crate) fn forget_beyond(&mut self, tokens: u64) {
        self.cached = self.cached.min(tokens);
    }

    /// Tokens that leave the cache as it is.
    pub(crate) fn add(&mut self, model: &Rated<'_>, at: Timestamp, usage: &Usage) {
        self.usd += model.cost(usage, at);
        self.usage += *usage;
    }
}
