//! What a token costs: by kind, by size of the prompt, by date and by hour.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use protocol::{Timestamp, Usage, Usd};

/// Picodollars per token, for every kind of [`Usage`]. Nothing is optional here: what a provider has no fee for costs what
/// it costs as plain input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Prompt tokens neither read from nor written to a cache.
    pub input: i64,
    /// Generated tokens, reasoning included.
    pub output: i64,
    /// Cache writes with the short time-to-live.
    pub cache_write_short: i64,
    /// Cache writes with the long time-to-live.
    pub cache_write_long: i64,
    /// Cache reads.
    pub cache_read: i64,
}

impl Price {
    /// Exact cost of these tokens at this price (reasoning is part of the output and not billed twice).
    pub fn cost(&self, usage: &Usage) -> Usd {
        let kinds = [
            (usage.input, self.input),
            (usage.output, self.output),
            (usage.cache_write_short, self.cache_write_short),
            (usage.cache_write_long, self.cache_write_long),
            (usage.cache_read, self.cache_read),
        ];
        let picos: i128 = kinds.iter().map(|(tokens, price)| i128::from(*tokens) * i128::from(*price)).sum();
        Usd::from_picos(i64::try_from(picos).unwrap_or(i64::MAX))
    }

    fn divided_by(self, divisor: i64) -> Self {
        // List prices have at most six decimals; half of an odd picodollar is rounded up, never in our favour.
        let share = |price: i64| (price + divisor - 1) / divisor;
        Self {
            input: share(self.input),
            output: share(self.output),
            cache_write_short: share(self.cache_write_short),
            cache_write_long: share(self.cache_write_long),
            cache_read: share(self.cache_read),
        }
    }
}

/// A price as a list prints it, in picodollars per token. A list leaves out what the provider does not charge apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListPrice {
    /// Plain prompt tokens.
    pub input: i64,
    /// Generated tokens.
    pub output: i64,
    /// Short-lived cache writes; none where the provider has no write fee.
    pub cache_write_short: Option<i64>,
    /// Long-lived cache writes; none where there is no long time-to-live.
    pub cache_write_long: Option<i64>,
    /// Cache reads; none where they are not cheaper.
    pub cache_read: Option<i64>,
}

impl ListPrice {
    /// Fills what the list leaves out: no write fee means the input price, no long write means the short one.
    pub fn resolve(&self) -> Price {
        let short = self.cache_write_short.unwrap_or(self.input);
        Price {
            input: self.input,
            output: self.output,
            cache_write_short: short,
            cache_write_long: self.cache_write_long.unwrap_or(short),
            cache_read: self.cache_read.unwrap_or(self.input),
        }
    }
}

/// Another price for large prompts. It holds for the *whole* request, not only for what is above the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// It holds for prompts of more tokens than this.
    pub above: u64,
    /// The price.
    pub price: ListPrice,
}

/// A price that held until a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// From here on it no longer holds.
    pub until: Timestamp,
    /// The price.
    pub price: ListPrice,
}

/// A lower price outside the provider's peak hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffPeak {
    /// Peak hours on working days, UTC: from the first hour, up to and not including the second.
    pub peak_hours: Vec<(i8, i8)>,
    /// Off peak a token costs this part of the list price (2: half).
    pub divisor: i64,
}

impl OffPeak {
    /// Whether the list price holds at this moment: Monday to Friday, in one of the peak windows.
    pub fn is_peak(&self, at: Timestamp) -> bool {
        let Some(at) = i64::try_from(at.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()) else {
            return true;
        };
        let at = at.to_zoned(TimeZone::UTC);
        let weekend = matches!(at.weekday(), Weekday::Saturday | Weekday::Sunday);
        !weekend && self.peak_hours.iter().any(|(from, to)| (*from..*to).contains(&at.hour()))
    }
}

/// All prices of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prices {
    /// Today's price.
    pub base: ListPrice,
    /// The price of large prompts.
    pub tier: Option<Tier>,
    /// Former prices, oldest first.
    pub earlier: Vec<Earlier>,
    /// Cheaper hours.
    pub off_peak: Option<OffPeak>,
}

impl Prices {
    /// The price of a request of `prompt_tokens` (all kinds together) sent at this moment.
    pub fn at(&self, at: Timestamp, prompt_tokens: u64) -> Price {
        let list = match self.tier {
            Some(tier) if prompt_tokens > tier.above => tier.price,
            _ => self.earlier.iter().find(|earlier| at < earlier.until).map_or(self.base, |earlier| earlier.price),
        };
        match &self.off_peak {
            Some(hours) if !hours.is_peak(at) => list.resolve().divided_by(hours.divisor.max(1)),
            _ => list.resolve(),
        }
    }
}
