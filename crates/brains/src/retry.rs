//! Whether and when a failed attempt is made again: the rules of the vendors' SDKs (`_base_client.py` of both), and the
//! texts by which other servers say that trying again helps, or cannot help.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use protocol::{ErrorKind, ProviderError, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::header::HeaderMap;

/// First pause where the provider names none.
const FIRST: Duration = Duration::from_millis(500);

/// Longest pause of our own choice.
const LONGEST: Duration = Duration::from_secs(8);

/// The longest wish of a provider that is waited for. A longer one is reported instead: whoever asked can do something
/// better with the time.
const PATIENCE: Duration = Duration::from_secs(60);

/// What providers write when an account is out of money or allowance: the next attempt fails in the same way.
const NEVER: [&str; 8] = [
    "insufficient_quota",
    "billing",
    "quota exceeded",
    "spend_limit",
    "spend limit",
    "credit_balance_exhausted",
    "usage_limit_exceeded",
    "gousagelimiterror",
];

/// What providers write into a stream when trying again helps, whatever type they give it.
const AGAIN: [&str; 11] = [
    "overloaded",
    "server_busy",
    "model is at capacity",
    "upstream connect",
    "other side closed",
    "stream ended before message_stop",
    "stream ended before a terminal response event",
    "stream disconnected before completion",
    "websocket closed",
    "resourceexhausted",
    "you can retry your request",
];

/// Status codes that mean the same when they stand in a text.
const AGAIN_CODES: [&str; 7] = ["429", "500", "502", "503", "504", "520", "524"];

/// Reads what the headers say about trying again into the error.
pub(crate) fn read_hints(error: &mut ProviderError, headers: &HeaderMap, now: Timestamp) {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(asked) = retry_after(header("retry-after-ms"), header("retry-after"), now) {
        error.retry_after_ms = Some(asked);
    }
    match header("x-should-retry") {
        Some("true") => error.should_retry = Some(true),
        Some("false") => error.should_retry = Some(false),
        _ => {}
    }
}

/// `retry-after-ms` (milliseconds), else `retry-after` (seconds, possibly with a fraction, or an HTTP date), in milliseconds,
/// rounded up. None where neither can be read or the moment has passed.
fn retry_after(ms: Option<&str>, after: Option<&str>, now: Timestamp) -> Option<u64> {
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    let ms = match (ms.and_then(number), after) {
        (Some(ms), _) => ms,
        (None, Some(after)) => match number(after) {
            Some(seconds) => seconds * 1000.0,
            None => {
                let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(after).ok()?;
                date.as_millisecond() as f64 - now.0 as f64
            }
        },
        (None, None) => return None,
    };
    (ms > 0.0).then_some(ms.ceil() as u64)
}

/// Whether another attempt can help. `text` is all that the provider wrote, the error's message or its whole body.
pub(crate) fn may_help(error: &ProviderError, text: &str) -> bool {
    if matches!(error.kind, ErrorKind::Billing | ErrorKind::Cancelled) || is_out_of_allowance(error, text) {
        return false;
    }
    if let Some(verdict) = error.should_retry {
        return verdict;
    }
    match error.status {
        Some(status) if status != 200 => matches!(status, 408 | 409 | 429) || status >= 500,
        // No answer, or an error inside an answer that had begun with status 200.
        _ => match error.kind {
            ErrorKind::RateLimit
            | ErrorKind::Overloaded
            | ErrorKind::Timeout
            | ErrorKind::Server
            | ErrorKind::Transport
            | ErrorKind::Truncated => true,
            ErrorKind::InvalidRequest => says_again(text),
            _ => false,
        },
    }
}

/// Whether another binding may be asked instead: one at another provider, or with another key. Never for what is wrong with the
/// request, or with who sent it: each would say the same, and a client has to learn that its key or its request is bad.
pub(crate) fn elsewhere(error: &ProviderError) -> bool {
    match error.status {
        Some(status) if status != 200 => matches!(status, 402 | 408 | 409 | 429) || status >= 500,
        _ => matches!(
            error.kind,
            ErrorKind::RateLimit
                | ErrorKind::Overloaded
                | ErrorKind::Billing
                | ErrorKind::Timeout
                | ErrorKind::Server
                | ErrorKind::Transport
                | ErrorKind::Truncated
                | ErrorKind::Malformed
        ),
    }
}

fn is_out_of_allowance(error: &ProviderError, text: &str) -> bool {
    // A server that fails may fail in its billing department: only the client's own faults are looked through.
    if error.status.is_some_and(|status| status >= 500) || error.kind == ErrorKind::Transport {
        return false;
    }
    let text = text.to_lowercase();
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    NEVER.iter().any(|never| text.contains(never))
        || (text.contains("subscription_") && text.contains("_limit_exceeded"))
        // Z.ai: the plan's allowance for the next hours is used up.
        || compact.contains(r#""code":"1308""#)
        || compact.contains(r#""code":1308"#)
}

fn says_again(text: &str) -> bool {
    let text = text.to_lowercase();
    AGAIN.iter().any(|again| text.contains(again))
        || text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| AGAIN_CODES.contains(&word))
}

/// Makes the pauses between attempts.
#[derive(Debug)]
pub(crate) struct Backoff {
    random: Mutex<StdRng>,
}

impl Backoff {
    /// With a seed the pauses are always the same.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        let random = seed.map_or_else(rand::make_rng, StdRng::seed_from_u64);
        Self { random: Mutex::new(random) }
    }

    /// The pause before retry number `retry` (from 0), or none where the provider asks for more than is waited for.
    pub(crate) fn pause(&self, retry: usize, error: &ProviderError) -> Option<Duration> {
        if let Some(asked) = error.retry_after_ms.map(Duration::from_millis).filter(|asked| !asked.is_zero()) {
            return (asked <= PATIENCE).then_some(asked);
        }
        let doubled = FIRST.saturating_mul(1 << retry.min(10) as u32).min(LONGEST);
        // A quarter less at most, so that clients that failed together do not come back together.
        let jitter: f64 = self.random.lock().unwrap_or_else(PoisonError::into_inner).random();
        Some(doubled.mul_f64(1.0 - 0.25 * jitter))
    }
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
