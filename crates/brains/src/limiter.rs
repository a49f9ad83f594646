//! How fast one binding may be asked: what the user allows a minute, what the provider asked to wait for, and a pace that is learned
//! when it says that it was too much. All callers of a binding share one, so that they do not come back together.

use std::time::Duration;

use protocol::Timestamp;

/// The pause after a 429 that names none, doubled with each that follows.
const FIRST: Duration = Duration::from_secs(1);

/// The longest pause of a 429, whoever asked for it.
const LONGEST: Duration = Duration::from_secs(600);

/// The slowest pace that is learned, attempts a second.
const SLOWEST: f64 = 0.5;

/// Above this a learned pace is forgotten. It is halved by a refusal and then grows by one attempt a second each second, as TCP's
/// does (additive increase, multiplicative decrease).
const FREE: f64 = 100.0;

/// Milliseconds over which attempts are counted for a pace.
const COUNTED_MS: u64 = 10_000;

/// What a binding may be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Requests a minute.
    pub rpm: Option<u32>,
    /// Tokens a minute, prompt and answer.
    pub tpm: Option<u64>,
    /// An answer that begins later than this is slow; several slow ones count as failing. None: no answer is slow.
    pub slow_after: Option<Duration>,
}

/// A bucket that fills by itself. Its content may fall below zero where more was used than it was thought.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    capacity: f64,
    per_ms: f64,
    level: f64,
    at: Timestamp,
}

impl Bucket {
    /// So many a minute and never more in any minute: what may come at once is taken off what flows in. Source: a bucket of capacity
    /// `C` and rate `(n - C + 1)` a minute lets at most `n` through in any minute.
    fn a_minute(most: f64, share: f64) -> Self {
        let capacity = (most * share).floor().max(1.0);
        Self { capacity, per_ms: (most - capacity + 1.0) / 60_000.0, level: capacity, at: Timestamp(0) }
    }

    /// A pace for each second, beginning with one attempt.
    fn a_second(rate: f64, now: Timestamp) -> Self {
        Self { capacity: rate.max(1.0), per_ms: rate / 1000.0, level: 1.0, at: now }
    }

    fn level(&self, now: Timestamp) -> f64 {
        (self.level + now.since(self.at).as_millis() as f64 * self.per_ms).min(self.capacity)
    }

    /// How long until `amount` is there; more than the bucket holds is let through when it is full.
    fn wait(&self, amount: f64, now: Timestamp) -> Option<Duration> {
        let missing = amount.min(self.capacity) - self.level(now);
        (missing > 1e-9).then(|| Duration::from_millis((missing / self.per_ms).ceil().min(1e12) as u64))
    }

    fn take(&mut self, amount: f64, now: Timestamp) {
        (self.level, self.at) = (self.level(now) - amount, now);
    }
}

/// The limiter of one binding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limiter {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    /// Learned from refusals: attempts a second.
    pace: Option<(f64, Bucket)>,
    until: Timestamp,
    /// Refusals in a row.
    refusals: u32,
    /// Attempts since a moment, for the pace.
    counted: (Timestamp, u32),
    before: u32,
    /// Attempts a second that the provider's own headers allow.
    allowed: Option<f64>,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            requests: limits.rpm.map(|rpm| Bucket::a_minute(f64::from(rpm), 0.1)),
            tokens: limits.tpm.map(|tpm| Bucket::a_minute(tpm as f64, 0.25)),
            pace: None,
            until: Timestamp(0),
            refusals: 0,
            counted: (Timestamp(0), 0),
            before: 0,
            allowed: None,
        }
    }

    /// How long an attempt with so many tokens has to wait; none where it may go out.
    pub(crate) fn wait(&self, tokens: u64, now: Timestamp) -> Option<Duration> {
        let cooling = (now < self.until).then(|| self.until.since(now));
        let paced = self.pace.and_then(|(_, bucket)| bucket.wait(1.0, now));
        let asked = self.requests.and_then(|bucket| bucket.wait(1.0, now));
        let sized = self.tokens.and_then(|bucket| bucket.wait(tokens as f64, now));
        cooling.max(paced).max(asked).max(sized)
    }

    /// An attempt goes out.
    pub(crate) fn take(&mut self, tokens: u64, now: Timestamp) {
        if let Some((_, bucket)) = &mut self.pace {
            bucket.take(1.0, now);
        }
        if let Some(bucket) = &mut self.requests {
            bucket.take(1.0, now);
        }
        if let Some(bucket) = &mut self.tokens {
            bucket.take(tokens as f64, now);
        }
        let passed = now.since(self.counted.0).as_millis() as u64;
        if passed >= COUNTED_MS {
            self.before = if passed < 2 * COUNTED_MS { self.counted.1 } else { 0 };
            self.counted = (now, 0);
        }
        self.counted.1 += 1;
    }

    /// The provider answered.
    pub(crate) fn answered(&mut self, now: Timestamp) {
        self.refusals = 0;
        if let Some((rate, bucket)) = self.pace {
            let most = self.allowed.unwrap_or(FREE);
            let rate = (rate + 1.0 / rate.max(1.0)).min(most);
            let level = bucket.level(now);
            let grown = Bucket { level, ..Bucket::a_second(rate, now) };
            self.pace = (rate < FREE).then_some((rate, grown));
        }
    }

    /// The provider said that it was too much. What others that are under way are told in the same pause says nothing new.
    pub(crate) fn refused(&mut self, asked: Option<Duration>, now: Timestamp) {
        let again = now < self.until;
        let own = FIRST.saturating_mul(1 << self.refusals.min(6));
        let until = now.plus(asked.unwrap_or(own).min(LONGEST));
        if again {
            self.until = self.until.max(until);
        } else {
            let attempts = f64::from(self.before + self.counted.1);
            let spent =
                (now.since(self.counted.0).as_millis() as u64 + if self.before > 0 { COUNTED_MS } else { 0 }).max(1000);
            let seen = attempts * 1000.0 / spent as f64;
            let rate = self.pace.map_or(seen, |(rate, _)| rate) / 2.0;
            let rate = self.allowed.map_or(rate, |allowed| rate.min(allowed)).max(SLOWEST);
            self.refusals = self.refusals.saturating_add(1);
            self.until = until;
            self.pace = Some((rate, Bucket::a_second(rate, until)));
        }
    }

    /// The provider's headers say that nothing is left until then.
    pub(crate) fn empty_until(&mut self, until: Timestamp) {
        self.until = self.until.max(until);
    }

    /// The provider's headers say how many requests a minute it allows.
    pub(crate) fn allows(&mut self, a_minute: f64) {
        self.allowed = (a_minute >= 1.0).then_some(a_minute / 60.0);
    }

    /// More or fewer tokens than were reckoned with.
    pub(crate) fn settle(&mut self, reckoned: u64, used: u64, now: Timestamp) {
        if let Some(bucket) = &mut self.tokens {
            bucket.take(used as f64 - reckoned as f64, now);
        }
    }
}

#[cfg(test)]
#[path = "limiter_tests.rs"]
mod tests;
