//! Whether the static prefix is written to the cache for the long life.

use std::collections::BTreeMap;

use protocol::{Ttl, Usd};

use super::{Prices, numbers, usd, with_prices};

/// The life to ask for, priced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LifeChoice {
    /// Which one.
    pub life: Ttl,
    /// What the long one costs more: `(wl - w) L`.
    pub extra: Usd,
    /// What it saves in gaps that the short one does not outlive: `N_miss (w - r) P`.
    pub saved: Usd,
    prices: Prices,
    prefix: u64,
    gaps: f64,
}

impl LifeChoice {
    /// The rule, in the names of [`Self::numbers`].
    pub const FORMULA: &str = "long if saved_usd > extra_usd; saved_usd = expected_gaps · (write_mtok_usd - read_mtok_usd) · \
         prefix_tokens; extra_usd = (write_long_mtok_usd - write_mtok_usd) · prefix_tokens";

    /// The numbers behind it.
    pub fn numbers(&self) -> BTreeMap<String, f64> {
        let found = numbers([
            ("extra_usd", self.extra.dollars()),
            ("saved_usd", self.saved.dollars()),
            ("expected_gaps", self.gaps),
            ("prefix_tokens", self.prefix as f64),
        ]);
        with_prices(found, "", &self.prices)
    }
}

/// The long life iff `N_miss (w - r) P > (wl - w) L`. For the static prefix `P` and `L` are the same tokens, written once.
/// `expiring_gaps` is the expected number of gaps between the short life and the long one that no ping covers. Without a price
/// of its own for the long life there is none: short. Source: cost model, `docs/cost.md`.
pub fn prefix_life(prices: &Prices, static_tokens: u64, expiring_gaps: f64) -> LifeChoice {
    let tokens = static_tokens as f64;
    let extra = usd((prices.write_long - prices.write) as f64 * tokens);
    let saved = usd(expiring_gaps.max(0.0) * (prices.write - prices.read).max(0) as f64 * tokens);
    let has_long = prices.write_long > prices.write;
    let life = if has_long && saved > extra { Ttl::Long } else { Ttl::Short };
    LifeChoice { life, extra, saved, prices: *prices, prefix: static_tokens, gaps: expiring_gaps }
}

#[cfg(test)]
#[path = "prefix_life_tests.rs"]
mod tests;
