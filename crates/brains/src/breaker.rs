//! What fails again and again is left alone for a while: a provider that is down is not made to answer for every step, and who
//! asks learns at once that it had better ask elsewhere.
//!
//! Counted are calls of one model at one provider. One that is refused for what is in it was answered, and counts as such. Once the
//! pause is over a single call goes out to try; what comes of it decides. The runtime counts calls with their retries, the gateway,
//! which has many clients at once, attempts; so for it the share of failures and of slow answers in the last minute counts too.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use protocol::{ErrorKind, ProviderError, Timestamp};
use serde_json::Value;

use crate::steady::Steady;

/// Failed calls in a row after which nothing more is sent. With two retries each they are fifteen attempts.
pub(crate) const FAILURES: u32 = 5;

/// How long nothing is sent, where the provider does not say how long.
pub(crate) const PAUSE: Duration = Duration::from_secs(30);

/// Bounds of what a provider may say instead.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(600);

/// Calls in the window from which on shares are looked at.
const SAMPLE: u32 = 10;

/// The window: so many slices of so many milliseconds.
const SLICES: usize = 6;
const SLICE_MS: u64 = 10_000;

/// When a breaker opens beside failures in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trip {
    /// Half of the calls in the last minute failed.
    pub(crate) by_rate: bool,
    /// Four of five answers in the last minute began later than this.
    pub(crate) slow_after: Option<Duration>,
}

/// What a breaker lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Everything.
    Closed,
    /// Nothing, for so long.
    Open(Duration),
    /// One call, to see whether it is over.
    HalfOpen,
}

impl State {
    /// For metrics and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open(_) => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// One model at one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Breaker {
    trip: Trip,
    /// Failed calls in a row.
    failures: u32,
    open: bool,
    /// A call is out to try.
    trying: bool,
    /// When the next one may be tried, once there were too many.
    until: Timestamp,
    /// How the last one failed.
    kind: ErrorKind,
    window: Window,
}

impl Default for Breaker {
    fn default() -> Self {
        Self::new(Trip::default())
    }
}

impl Breaker {
    pub(crate) fn new(trip: Trip) -> Self {
        Self {
            trip,
            failures: 0,
            open: false,
            trying: false,
            until: Timestamp(0),
            kind: ErrorKind::Server,
            window: Window::default(),
        }
    }

    /// Whether a call may be sent now; if not, how long to wait and what had failed. The one that may after a pause is the only one
    /// until it is known what came of it, or for as long as another pause.
    pub(crate) fn admit(&mut self, now: Timestamp) -> Result<(), (Duration, ErrorKind)> {
        self.check(now)?;
        if self.open {
            (self.until, self.trying) = (now.plus(PAUSE), true);
        }
        Ok(())
    }

    /// The same question without sending anything.
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), (Duration, ErrorKind)> {
        if self.open && now < self.until {
            return Err((self.until.since(now), self.kind));
        }
        Ok(())
    }

    /// A call was answered; `ms` until its answer began, where that is known. One that was under way when the breaker opened does not
    /// close it.
    pub(crate) fn answered(&mut self, ms: Option<u64>, now: Timestamp) {
        let slow = self.trip.slow_after.zip(ms).is_some_and(|(limit, ms)| u128::from(ms) > limit.as_millis());
        if self.open && !self.trying {
            return;
        }
        if self.open && !slow {
            (self.open, self.trying, self.window) = (false, false, Window::default());
        }
        self.failures = 0;
        self.window.count(now, false, slow);
        // Still open: the try was answered, and slowly.
        if self.open || self.trips(now) {
            self.opens(ErrorKind::Timeout, PAUSE, now);
        }
    }

    /// A call failed, and another one might have helped. `asked` is the pause that the provider wishes.
    pub(crate) fn failed(&mut self, kind: ErrorKind, asked: Option<Duration>, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        self.window.count(now, true, false);
        if self.open || self.failures >= FAILURES || self.trips(now) {
            self.opens(kind, asked.map_or(PAUSE, |asked| asked.clamp(SHORTEST, LONGEST)), now);
        }
    }

    /// A call was given up by who made it: it says nothing. The next one may try.
    pub(crate) fn left(&mut self, now: Timestamp) {
        if self.trying {
            (self.until, self.trying) = (self.until.min(now), false);
        }
    }

    pub(crate) fn state(&self, now: Timestamp) -> State {
        match self.check(now) {
            _ if !self.open => State::Closed,
            Err((wait, _)) if !self.trying => State::Open(wait),
            _ => State::HalfOpen,
        }
    }

    /// Failed calls in a row.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// Calls of the last minute, and how many of them failed.
    pub(crate) fn recent(&self, now: Timestamp) -> (u32, u32) {
        let sum = self.window.sum(now);
        (sum.calls, sum.failed)
    }

    fn opens(&mut self, kind: ErrorKind, pause: Duration, now: Timestamp) {
        (self.open, self.trying, self.kind) = (true, false, kind);
        self.until = now.plus(pause);
    }

    fn trips(&self, now: Timestamp) -> bool {
        let sum = self.window.sum(now);
        let failing = self.trip.by_rate && sum.failed * 2 >= sum.calls;
        let slow = self.trip.slow_after.is_some() && sum.slow * 5 >= sum.calls * 4;
        sum.calls >= SAMPLE && (failing || slow)
    }
}

/// What came of the calls of the last minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Window([Slice; SLICES]);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slice {
    number: u64,
    calls: u32,
    failed: u32,
    slow: u32,
}

impl Window {
    fn count(&mut self, now: Timestamp, failed: bool, slow: bool) {
        let number = now.0 / SLICE_MS;
        let slice = &mut self.0[number as usize % SLICES];
        if slice.number != number {
            *slice = Slice { number, ..Slice::default() };
        }
        slice.calls += 1;
        slice.failed += u32::from(failed);
        slice.slow += u32::from(slow);
    }

    fn sum(&self, now: Timestamp) -> Slice {
        let number = now.0 / SLICE_MS;
        let recent = self.0.iter().filter(|slice| number.saturating_sub(slice.number) < SLICES as u64);
        recent.fold(Slice::default(), |sum, slice| Slice {
            number,
            calls: sum.calls + slice.calls,
            failed: sum.failed + slice.failed,
            slow: sum.slow + slice.slow,
        })
    }
}

/// Those of one provider, by the model that is asked.
#[derive(Debug, Default)]
pub(crate) struct Breakers(Mutex<Several>);

#[derive(Debug, Default)]
struct Several {
    time: Steady,
    models: BTreeMap<String, Breaker>,
}

impl Breakers {
    /// Lets a call through, or says why not.
    pub(crate) fn admit(&self, provider: &str, model: &str, now: Timestamp) -> Result<(), ProviderError> {
        self.of(model, now, |breaker, now| breaker.admit(now)).map_err(|(wait, kind)| {
            let message = format!(
                "provider `{provider}` failed {FAILURES} calls of `{model}` in a row and is not asked for another {} seconds; ask \
                 again then, or another model",
                wait.as_secs().max(1)
            );
            let retry_after_ms = Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
            ProviderError { retry_after_ms, ..ProviderError::new(kind, message) }
        })
    }

    /// What came of a call: none for an answer, else its error and whether another attempt might have helped.
    pub(crate) fn ended(&self, model: &str, error: Option<(ErrorKind, bool)>, now: Timestamp) {
        self.of(model, now, |breaker, now| match error {
            Some((ErrorKind::Cancelled, _)) => breaker.left(now),
            Some((kind, true)) => breaker.failed(kind, None, now),
            _ => breaker.answered(None, now),
        });
    }

    fn of<T>(&self, model: &str, now: Timestamp, act: impl FnOnce(&mut Breaker, Timestamp) -> T) -> T {
        let mut several = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = several.time.at(now);
        act(several.models.entry(model.to_owned()).or_default(), now)
    }
}

/// The model that a body asks for; nothing where it names none.
pub(crate) fn model_of(body: &[u8]) -> String {
    #[derive(serde::Deserialize)]
    struct Asked {
        #[serde(default)]
        model: Value,
    }
    let asked = serde_json::from_slice::<Asked>(body).ok();
    asked.and_then(|asked| asked.model.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
