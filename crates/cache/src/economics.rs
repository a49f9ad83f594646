//! What caches, windows and delegations are worth, in dollars, from prices that the caller looks up. Pure arithmetic: tokens,
//! durations and prices come in, dollars and the numbers behind them go out. The cost model with its symbols and worked tables
//! is in `docs/cost.md`.

pub mod compaction;
pub mod context;
mod gaps;
pub mod keep_warm;
mod prefix_life;
#[cfg(test)]
mod samples;
pub mod switching;
#[cfg(test)]
mod tables_tests;

use std::collections::BTreeMap;

use protocol::Usd;

/// Picodollars per token, by kind. What a provider has no fee for costs what it costs as plain input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    /// Uncached prompt token.
    pub input: i64,
    /// Generated token.
    pub output: i64,
    /// Token written to the cache (short life).
    pub write: i64,
    /// Token written to the cache (long life); as `write` where there is no long life.
    pub write_long: i64,
    /// Token read from the cache.
    pub read: i64,
}

impl Prices {
    /// For a [`protocol::Decision`]: dollars per million tokens, by kind.
    pub fn numbers(&self) -> BTreeMap<String, f64> {
        let per_million = |picos: i64| picos as f64 / 1e6;
        numbers([
            ("input_mtok_usd", per_million(self.input)),
            ("output_mtok_usd", per_million(self.output)),
            ("write_mtok_usd", per_million(self.write)),
            ("write_long_mtok_usd", per_million(self.write_long)),
            ("read_mtok_usd", per_million(self.read)),
        ])
    }
}

/// What a delegation cost, and what the same work would have cost in the caller's own context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DelegationEstimate {
    /// Work moved away from the caller: tokens that entered the specialist's context.
    pub moved_tokens: u64,
    /// What the caller would have paid to do it itself.
    pub alone: Usd,
    /// What the caller pays for brief, report and carrying them.
    pub overhead: Usd,
    /// What the specialist pays.
    pub specialist: Usd,
}

impl DelegationEstimate {
    /// Positive when delegating is cheaper.
    pub fn gain(&self) -> Usd {
        self.alone - self.overhead - self.specialist
    }
}

/// The shape of a piece of work, expected or measured.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    /// Model calls it takes.
    pub steps: u64,
    /// Tokens that enter the context (tool results and the model's own words).
    pub entered: u64,
    /// Tokens generated.
    pub output: u64,
    /// Tokens of the brief.
    pub brief: u64,
    /// Tokens of the report.
    pub report: u64,
    /// Tokens already in the caller's context.
    pub caller_context: u64,
    /// Tokens already in the specialist's context.
    pub specialist_context: u64,
    /// Caller's calls that still follow in its window and carry what entered.
    pub remaining_calls: u64,
}

/// Estimates a delegation: each call re-reads the context, what enters is written once and then carried.
///
/// `alone = k r P + r X (k-1)/2 + w X + o out + R r X`, `overhead = r P + o B + (w + R r)(B + Sum)`, and the specialist's
/// own `k` calls on its context; the symbols are steps k, context P, entered X, remaining calls R, brief B, report Sum.
pub fn estimate(caller: &Prices, specialist: &Prices, work: &Work) -> DelegationEstimate {
    let own = |prices: &Prices, context: u64| {
        let reads = work.steps * context + work.entered * work.steps.saturating_sub(1) / 2;
        price(prices.read, reads) + price(prices.write, work.entered) + price(prices.output, work.output)
    };
    let carried = |tokens: u64| price(caller.write, tokens) + price(caller.read, tokens * work.remaining_calls);
    DelegationEstimate {
        moved_tokens: work.entered,
        alone: own(caller, work.caller_context) + price(caller.read, work.entered * work.remaining_calls),
        overhead: price(caller.read, work.caller_context)
            + price(caller.output, work.brief)
            + carried(work.brief + work.report),
        specialist: own(specialist, work.specialist_context) + price(specialist.write, work.brief),
    }
}

fn price(per_token: i64, tokens: u64) -> Usd {
    Usd(per_token.saturating_mul(tokens as i64))
}

/// Picodollars from the arithmetic, rounded to whole ones.
fn usd(picos: f64) -> Usd {
    Usd::from_picos(picos.round() as i64)
}

fn numbers<const N: usize>(pairs: [(&str, f64); N]) -> BTreeMap<String, f64> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Prices of two brains side by side: the names of the second ones begin with `prefix`.
fn with_prices(mut found: BTreeMap<String, f64>, prefix: &str, prices: &Prices) -> BTreeMap<String, f64> {
    found.extend(prices.numbers().into_iter().map(|(name, value)| (format!("{prefix}{name}"), value)));
    found
}
