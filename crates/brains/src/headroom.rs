//! What is left of a provider's rate limits, by the headers of its answers.

use std::time::Duration;

use protocol::Timestamp;
use reqwest::header::HeaderMap;

/// The longest reset that is believed.
const LONGEST: Duration = Duration::from_secs(3600);

/// The kinds of limits, with their three headers: limit, what remains, when it is full again.
const KINDS: [[&str; 3]; 6] = [
    ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"],
    ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
    [
        "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
    ],
    ["anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"],
    [
        "anthropic-ratelimit-input-tokens-limit",
        "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-input-tokens-reset",
    ],
    [
        "anthropic-ratelimit-output-tokens-limit",
        "anthropic-ratelimit-output-tokens-remaining",
        "anthropic-ratelimit-output-tokens-reset",
    ],
];

/// Which of them count requests.
const REQUESTS: [usize; 2] = [0, 2];

/// One limit as it was last told.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Left {
    /// Share that remains, 0 to 1.
    share: f64,
    /// When it is full again, in steady time.
    full: Timestamp,
    told: Timestamp,
}

/// What is left.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Headroom([Option<Left>; KINDS.len()]);

/// What the headers of one answer say beside the shares.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Told {
    /// Requests a minute.
    pub(crate) requests: Option<f64>,
    /// Nothing is left, until then.
    pub(crate) empty_until: Option<Timestamp>,
}

impl Headroom {
    /// Reads the headers. `now` is the time of day, which some of them name; `steady` is what the result is counted in.
    pub(crate) fn read(&mut self, headers: &HeaderMap, now: Timestamp, steady: Timestamp) -> Told {
        let number = |name: &str| {
            let text = headers.get(name)?.to_str().ok()?.trim();
            text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)
        };
        let mut told = Told::default();
        for (at, [limit, remaining, reset]) in KINDS.iter().enumerate() {
            let Some((limit, remaining)) = number(limit).zip(number(remaining)).filter(|(limit, _)| *limit > 0.0)
            else {
                continue;
            };
            let text = headers.get(*reset).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let span = span(text.trim(), now).unwrap_or(Duration::from_secs(60)).min(LONGEST);
            let full = steady.plus(span);
            self.0[at] = Some(Left { share: (remaining / limit).min(1.0), full, told: steady });
            if REQUESTS.contains(&at) {
                told.requests = Some(limit);
            }
            if remaining < 1.0 {
                told.empty_until = told.empty_until.max(Some(full));
            }
        }
        told
    }

    /// The share that is left of the scarcest, 0 to 1. What was told grows back evenly until it is full again.
    pub(crate) fn share(&self, now: Timestamp) -> f64 {
        let of = |left: &Left| {
            let whole = left.full.since(left.told).as_millis() as f64;
            let passed = now.since(left.told).as_millis() as f64;
            if passed >= whole { 1.0 } else { left.share + (1.0 - left.share) * passed / whole }
        };
        self.0.iter().flatten().map(of).fold(1.0, f64::min)
    }
}

/// A reset as providers write it: seconds (`59`, `1.5`), spans (`6m0s`, `120ms`), a moment (RFC 3339).
fn span(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(Duration::from_millis(u64::try_from(moment.as_millisecond()).ok()?.saturating_sub(now.0)));
    }
    let seconds =
        |seconds: f64| (seconds.is_finite() && (0.0..1e9).contains(&seconds)).then(|| Duration::from_secs_f64(seconds));
    if let Ok(number) = text.parse::<f64>() {
        return seconds(number);
    }
    let (mut rest, mut sum) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit = &rest[digits..];
        let length = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        sum += number
            * match &unit[..length] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86_400.0,
                _ => return None,
            };
        rest = &unit[length..];
    }
    if text.is_empty() { None } else { seconds(sum) }
}

#[cfg(test)]
#[path = "headroom_tests.rs"]
mod tests;
