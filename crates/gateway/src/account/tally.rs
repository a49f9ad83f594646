//! What the dashboard shows: sums since the gateway started, by what was asked for and what served it. For people to look at; what is
//! owed stands in the ledger.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use protocol::{Usage, Usd};

/// Most lines. Clients choose the names that they ask for; what is beyond this is shown together.
const LINES: usize = 200;

/// Stands for names beyond that.
pub const OTHERS: &str = "(others)";

/// Longest name of a model that is shown, in characters.
const NAME: usize = 80;

/// Requests for one model that one binding served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Requests.
    pub requests: u64,
    /// Of these, failed.
    pub failed: u64,
    /// Tokens.
    pub usage: Usage,
    /// Dollars, as far as prices are known.
    pub usd: Usd,
    /// What the same tokens would have cost with the model that was asked for, as far as its price is known.
    pub requested_usd: Usd,
    /// What those cost of which that is known: to be compared with it.
    pub compared_usd: Usd,
}

impl Line {
    /// Both together.
    pub fn plus(self, other: &Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            failed: self.failed + other.failed,
            usage: self.usage + other.usage,
            usd: self.usd + other.usd,
            requested_usd: self.requested_usd + other.requested_usd,
            compared_usd: self.compared_usd + other.compared_usd,
        }
    }
}

/// Latencies of one binding.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    /// To the first byte of the answer.
    pub first_byte: Spread,
    /// To its end.
    pub whole: Spread,
}

/// What one request adds.
#[derive(Clone, Copy, Debug)]
pub struct Added<'a> {
    /// The model that was asked for.
    pub requested: &'a str,
    /// The binding that served it; empty where nobody did.
    pub binding: &'a str,
    /// Whether it failed.
    pub failed: bool,
    /// Tokens of all attempts.
    pub usage: Usage,
    /// Dollars of all attempts.
    pub usd: Option<Usd>,
    /// Dollars with the model that was asked for.
    pub requested_usd: Option<Usd>,
    /// Milliseconds to the first byte.
    pub first_byte_ms: Option<u64>,
    /// Milliseconds to the end.
    pub ms: u64,
}

/// All sums.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Sums>);

/// A copy of them.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// By the model that was asked for and the binding that served it.
    pub lines: BTreeMap<(String, String), Line>,
    /// By binding.
    pub latencies: BTreeMap<String, Latencies>,
}

impl Tally {
    fn lock(&self) -> MutexGuard<'_, Sums> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request.
    pub fn add(&self, added: &Added<'_>) {
        let requested: String = added.requested.chars().take(NAME).collect();
        let mut sums = self.lock();
        let key = (requested, added.binding.to_owned());
        let key = if sums.lines.contains_key(&key) || sums.lines.len() < LINES {
            key
        } else {
            (OTHERS.to_owned(), added.binding.to_owned())
        };
        let line = sums.lines.entry(key).or_default();
        line.requests += 1;
        line.failed += u64::from(added.failed);
        line.usage += added.usage;
        line.usd += added.usd.unwrap_or_default();
        if let (Some(usd), Some(requested)) = (added.usd, added.requested_usd) {
            line.requested_usd += requested;
            line.compared_usd += usd;
        }
        if !added.failed && !added.binding.is_empty() {
            let latencies = sums.latencies.entry(added.binding.to_owned()).or_default();
            latencies.first_byte.add(added.first_byte_ms.unwrap_or(added.ms));
            latencies.whole.add(added.ms);
        }
    }

    /// What there is now.
    pub fn sums(&self) -> Sums {
        self.lock().clone()
    }
}

/// Steps of a [`Spread`]: each is a quarter longer than the one before, from 1 ms to over an hour.
const STEPS: usize = 70;

/// How times are spread, to a quarter of their length.
#[derive(Clone, Debug)]
pub struct Spread([u64; STEPS]);

impl Default for Spread {
    fn default() -> Self {
        Self([0; STEPS])
    }
}

impl Spread {
    fn add(&mut self, ms: u64) {
        let step = (ms.max(1) as f64).log(1.25).ceil() as usize;
        self.0[step.min(STEPS - 1)] += 1;
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The time that this share of them did not pass, in milliseconds; none where there are none.
    pub fn quantile(&self, share: f64) -> Option<u64> {
        let wanted = (self.count() as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let step = self.0.iter().position(|count| {
            seen += count;
            seen >= wanted
        })?;
        Some(1.25_f64.powi(step as i32).round() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added<'a>(requested: &'a str, binding: &'a str) -> Added<'a> {
        Added {
            requested,
            binding,
            failed: false,
            usage: Usage { input: 10, cache_read: 30, output: 1, ..Usage::default() },
            usd: Some(Usd::from_picos(4)),
            requested_usd: Some(Usd::from_picos(9)),
            first_byte_ms: Some(100),
            ms: 1_000,
        }
    }

    #[test]
    fn only_what_can_be_compared_is() {
        let tally = Tally::default();
        tally.add(&added("opus", "b"));
        tally.add(&Added { requested_usd: None, ..added("opus", "b") });
        tally.add(&Added { usd: None, ..added("opus", "b") });
        let line = tally.sums().lines[&("opus".to_owned(), "b".to_owned())].clone();
        assert_eq!(
            (line.requests, line.usd.picos(), line.requested_usd.picos(), line.compared_usd.picos()),
            (3, 8, 9, 4)
        );
    }

    #[test]
    fn gw_24_names_that_clients_make_up_do_not_fill_the_memory() {
        let tally = Tally::default();
        for n in 0..10_000 {
            tally.add(&added(&format!("made-up-{n}-{}", "x".repeat(1_000)), "b"));
        }
        let sums = tally.sums();
        assert!(sums.lines.len() <= LINES + 1);
        assert!(sums.lines.keys().all(|(requested, _)| requested.len() <= NAME));
        let others = &sums.lines[&(OTHERS.to_owned(), "b".to_owned())];
        assert_eq!(others.requests, 10_000 - LINES as u64);
    }

    #[test]
    fn a_quantile_is_right_to_a_quarter() {
        let mut spread = Spread::default();
        assert_eq!(spread.quantile(0.5), None);
        (1..=1_000).for_each(|ms| spread.add(ms));
        let near = |share: f64, exact: f64| {
            let found = spread.quantile(share).unwrap() as f64;
            assert!(found >= exact * 0.99 && found <= exact * 1.26, "{share}: {found}");
        };
        near(0.5, 500.0);
        near(0.99, 990.0);
        spread.add(0);
        spread.add(u64::MAX);
    }
}
