//! How one model at one provider with one key is doing, for whoever sends attempts there one by one: breaker, limiter, what is left
//! of the provider's limits, how fast it answers. Shared by all who ask it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::{ErrorKind, ProviderError, Timestamp};
use reqwest::header::HeaderMap;

use crate::breaker::{Breaker, State, Trip};
use crate::headroom::Headroom;
use crate::limiter::{Limiter, Limits};
use crate::retry;
use crate::steady::Steady;

/// What came of an attempt.
#[derive(Clone, Copy, Debug)]
pub enum Ended<'a> {
    /// It was answered, whatever the answer is; milliseconds until it began, where that is known.
    Answered(Option<u64>),
    /// It failed.
    Failed(&'a ProviderError),
    /// Who asked has gone; it says nothing.
    Left,
}

/// Why nothing is sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// How long to wait.
    pub wait: Duration,
    /// What had failed; [`ErrorKind::RateLimit`] for a limit.
    pub kind: ErrorKind,
    /// `breaker` or `limit`.
    pub why: &'static str,
}

/// How things stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HealthView {
    /// The breaker.
    pub state: State,
    /// Failed attempts in a row.
    pub failures: u32,
    /// Attempts of the last minute.
    pub calls: u32,
    /// Share of them that failed, 0 to 1.
    pub error_rate: f64,
    /// Milliseconds until an answer begins, recent ones counting more; none where there was none.
    pub latency_ms: Option<u64>,
    /// What is left of the provider's rate limits, 0 to 1; 1 where nothing is known.
    pub headroom: f64,
    /// How long an attempt has to wait for a limit.
    pub limited: Option<Duration>,
}

/// The health of one binding.
#[derive(Debug)]
pub struct Health(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    time: Steady,
    breaker: Breaker,
    limiter: Limiter,
    headroom: Headroom,
    latency_ms: Option<f64>,
}

impl Health {
    /// Nothing is known yet, which is good.
    pub fn new(limits: &Limits) -> Self {
        let trip = Trip { by_rate: true, slow_after: limits.slow_after };
        Self(Mutex::new(Inner {
            time: Steady::default(),
            breaker: Breaker::new(trip),
            limiter: Limiter::new(limits),
            headroom: Headroom::default(),
            latency_ms: None,
        }))
    }

    /// Lets an attempt with about so many tokens through. Each that is let through has to be told about with [`Health::ended`]; one
    /// that never is (its task was dropped) blocks a try of half a minute at most.
    ///
    /// # Errors
    /// [`Refused`]: how long to wait, and why. Nothing was counted then.
    pub fn admit(&self, tokens: u64, now: Timestamp) -> Result<(), Refused> {
        let mut inner = self.lock();
        let now = inner.time.at(now);
        inner.check(tokens, now)?;
        let failing = |(wait, kind)| Refused { wait, kind, why: "breaker" };
        inner.breaker.admit(now).map_err(failing)?;
        inner.limiter.take(tokens, now);
        Ok(())
    }

    /// The same question without sending anything.
    ///
    /// # Errors
    /// As [`Health::admit`].
    pub fn check(&self, tokens: u64, now: Timestamp) -> Result<(), Refused> {
        let inner = self.lock();
        inner.check(tokens, inner.time.peek(now))
    }

    /// What came of an attempt. Being asked to slow down is no failure: the binding is left alone for as long as it asks.
    pub fn ended(&self, ended: &Ended<'_>, now: Timestamp) {
        let mut inner = self.lock();
        let now = inner.time.at(now);
        match ended {
            Ended::Answered(ms) => inner.answered(*ms, now),
            Ended::Left => inner.breaker.left(now),
            Ended::Failed(error) => inner.failed(error, now),
        }
    }

    /// Reads the rate limits from the headers of an answer, whatever its status.
    pub fn observe(&self, headers: &HeaderMap, now: Timestamp) {
        let mut inner = self.lock();
        let steady = inner.time.at(now);
        let told = inner.headroom.read(headers, now, steady);
        if let Some(requests) = told.requests {
            inner.limiter.allows(requests);
        }
        if let Some(until) = told.empty_until {
            inner.limiter.empty_until(until);
        }
    }

    /// Tokens that an answer was billed with, against those that [`Health::admit`] was told.
    pub fn settle(&self, reckoned: u64, used: u64, now: Timestamp) {
        let mut inner = self.lock();
        let now = inner.time.at(now);
        inner.limiter.settle(reckoned, used, now);
    }

    /// How things stand.
    pub fn view(&self, now: Timestamp) -> HealthView {
        let inner = self.lock();
        let now = inner.time.peek(now);
        let (calls, failed) = inner.breaker.recent(now);
        HealthView {
            state: inner.breaker.state(now),
            failures: inner.breaker.failures(),
            calls,
            error_rate: if calls == 0 { 0.0 } else { f64::from(failed) / f64::from(calls) },
            latency_ms: inner.latency_ms.map(|ms| ms.round() as u64),
            headroom: inner.headroom.share(now),
            limited: inner.limiter.wait(0, now),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn check(&self, tokens: u64, now: Timestamp) -> Result<(), Refused> {
        self.breaker.check(now).map_err(|(wait, kind)| Refused { wait, kind, why: "breaker" })?;
        match self.limiter.wait(tokens, now) {
            Some(wait) => Err(Refused { wait, kind: ErrorKind::RateLimit, why: "limit" }),
            None => Ok(()),
        }
    }

    fn answered(&mut self, ms: Option<u64>, now: Timestamp) {
        self.breaker.answered(ms, now);
        self.limiter.answered(now);
        if let Some(ms) = ms {
            let ms = ms as f64;
            self.latency_ms = Some(self.latency_ms.map_or(ms, |before| before + 0.2 * (ms - before)));
        }
    }

    fn failed(&mut self, error: &ProviderError, now: Timestamp) {
        let asked = error.retry_after_ms.filter(|ms| *ms > 0).map(Duration::from_millis);
        match error.kind {
            ErrorKind::Cancelled => self.breaker.left(now),
            ErrorKind::RateLimit => {
                self.breaker.left(now);
                self.limiter.refused(asked, now);
            }
            // Out of money: it stays so until somebody pays, and another binding can do it.
            ErrorKind::Billing => self.limiter.refused(asked.or(Some(Duration::from_secs(60))), now),
            _ if retry::elsewhere(error) => self.breaker.failed(error.kind, asked, now),
            // It answered, and what it said is about the request.
            _ => self.answered(None, now),
        }
    }
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
