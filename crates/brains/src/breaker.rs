//! What fails again and again is left alone for a while: a provider that is down is not made to answer for every step, and who
//! asks learns at once that it had better ask elsewhere.
//!
//! Counted are calls, their retries included, of one model at one provider. One that is refused for what is in it was answered, and
//! counts as such. Once the pause is over a single call goes out to try; what comes of it decides.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use protocol::{ErrorKind, ProviderError, Timestamp};
use serde_json::Value;

/// Failed calls in a row after which nothing more is sent. With two retries each they are fifteen attempts.
const FAILURES: u32 = 5;

/// How long nothing is sent.
const PAUSE: Duration = Duration::from_secs(30);

/// One model at one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Breaker {
    /// Failed calls in a row.
    failures: u32,
    /// When the next one may be tried, once there were too many.
    until: Timestamp,
    /// How the last one failed.
    kind: ErrorKind,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { failures: 0, until: Timestamp(0), kind: ErrorKind::Server }
    }
}

impl Breaker {
    /// Whether a call may be sent now; if not, how long to wait and what had failed. The one that may after a pause is the only one
    /// until it is known what came of it, or for as long as another pause.
    pub(crate) fn admit(&mut self, now: Timestamp) -> Result<(), (Duration, ErrorKind)> {
        if self.failures < FAILURES {
            return Ok(());
        }
        if now < self.until {
            return Err((self.until.since(now), self.kind));
        }
        self.until = now.plus(PAUSE);
        Ok(())
    }

    /// A call was answered.
    pub(crate) fn answered(&mut self) {
        self.failures = 0;
    }

    /// A call failed, and another one might have helped.
    pub(crate) fn failed(&mut self, kind: ErrorKind, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        self.kind = kind;
        self.until = now.plus(PAUSE);
    }

    /// A call was given up by who made it: it says nothing. The next one may try.
    pub(crate) fn left(&mut self, now: Timestamp) {
        self.until = self.until.min(now);
    }
}

/// Those of one provider, by the model that is asked.
#[derive(Debug, Default)]
pub(crate) struct Breakers(Mutex<BTreeMap<String, Breaker>>);

impl Breakers {
    /// Lets a call through, or says why not.
    pub(crate) fn admit(&self, provider: &str, model: &str, now: Timestamp) -> Result<(), ProviderError> {
        self.of(model, |breaker| breaker.admit(now)).map_err(|(wait, kind)| {
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
        self.of(model, |breaker| match error {
            Some((ErrorKind::Cancelled, _)) => breaker.left(now),
            Some((kind, true)) => breaker.failed(kind, now),
            _ => breaker.answered(),
        });
    }

    fn of<T>(&self, model: &str, act: impl FnOnce(&mut Breaker) -> T) -> T {
        act(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(model.to_owned()).or_default())
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
