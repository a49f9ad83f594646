//! A description of a model in YAML that may leave things out: the rules shipped with the program and the user's own file
//! use the same one.

use std::fmt;

use protocol::{Effort, Timestamp};
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};

use crate::decimal::picos_per_token;
use crate::model::{CacheMode, Model, Quirks};
use crate::price::{Earlier, ListPrice, OffPeak, Prices, Tier};

/// What is said about a model. What is left out stays as it was.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ModelPatch {
    pub(crate) context: Option<u64>,
    pub(crate) max_output: Option<u64>,
    pub(crate) min_cacheable: Option<u64>,
    pub(crate) cache_mode: Option<CacheMode>,
    pub(crate) ttl_short_s: Option<u64>,
    pub(crate) ttl_long_s: Option<u64>,
    pub(crate) prices: Option<PricesPatch>,
    pub(crate) images: Option<bool>,
    pub(crate) quirks: Option<QuirksPatch>,
}

/// Prices in USD per million tokens.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PricesPatch {
    pub(crate) input: Option<PerMtok>,
    pub(crate) output: Option<PerMtok>,
    pub(crate) cache_write_short: Option<PerMtok>,
    pub(crate) cache_write_long: Option<PerMtok>,
    pub(crate) cache_read: Option<PerMtok>,
    pub(crate) tier: Option<TierPatch>,
    pub(crate) earlier: Option<Vec<EarlierPatch>>,
    pub(crate) off_peak: Option<OffPeakPatch>,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TierPatch {
    above: u64,
    input: PerMtok,
    output: PerMtok,
    cache_write_short: Option<PerMtok>,
    cache_write_long: Option<PerMtok>,
    cache_read: Option<PerMtok>,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EarlierPatch {
    until: Day,
    input: Option<PerMtok>,
    output: Option<PerMtok>,
    cache_write_short: Option<PerMtok>,
    cache_write_long: Option<PerMtok>,
    cache_read: Option<PerMtok>,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OffPeakPatch {
    peak_hours: Vec<(i8, i8)>,
    divisor: i64,
}

#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct QuirksPatch {
    no_temperature: Option<bool>,
    no_stop: Option<bool>,
    no_forced_tool_choice: Option<bool>,
    no_thinking_budget: Option<bool>,
    thinking_always_on: Option<bool>,
    thinking_off_up_to: Option<Effort>,
    effort_keyed: Option<bool>,
    no_tools_with_effort: Option<bool>,
    no_prefill: Option<bool>,
}

impl ModelPatch {
    /// Applies what is said.
    pub(crate) fn apply(&self, model: &mut Model) {
        set(&mut model.context, self.context);
        set(&mut model.max_output, self.max_output);
        set(&mut model.min_cacheable, self.min_cacheable);
        set(&mut model.cache_mode, self.cache_mode);
        set(&mut model.ttl_short_s, self.ttl_short_s);
        set(&mut model.images, self.images);
        model.ttl_long_s = self.ttl_long_s.or(model.ttl_long_s);
        if let Some(prices) = &self.prices {
            prices.apply(&mut model.prices);
        }
        if let Some(quirks) = &self.quirks {
            quirks.apply(&mut model.quirks);
        }
    }
}

impl PricesPatch {
    fn apply(&self, prices: &mut Prices) {
        let before = prices.base;
        let base = &mut prices.base;
        set(&mut base.input, self.input.map(PerMtok::picos));
        set(&mut base.output, self.output.map(PerMtok::picos));
        base.cache_write_short = self.cache_write_short.map(PerMtok::picos).or(base.cache_write_short);
        base.cache_write_long = self.cache_write_long.map(PerMtok::picos).or(base.cache_write_long);
        base.cache_read = self.cache_read.map(PerMtok::picos).or(base.cache_read);
        if *base != before {
            // Whoever states a price means this price: former prices and cheaper hours of the list no longer apply.
            prices.earlier.clear();
            prices.off_peak = None;
        }
        let base = prices.base;
        if let Some(tier) = &self.tier {
            prices.tier = Some(tier.resolve());
        }
        if let Some(earlier) = &self.earlier {
            prices.earlier = earlier.iter().map(|patch| patch.resolve(base)).collect();
            prices.earlier.sort_by_key(|earlier| earlier.until);
        }
        if let Some(hours) = &self.off_peak {
            prices.off_peak = Some(OffPeak { peak_hours: hours.peak_hours.clone(), divisor: hours.divisor });
        }
    }
}

impl TierPatch {
    fn resolve(&self) -> Tier {
        Tier {
            above: self.above,
            price: ListPrice {
                input: self.input.0,
                output: self.output.0,
                cache_write_short: self.cache_write_short.map(PerMtok::picos),
                cache_write_long: self.cache_write_long.map(PerMtok::picos),
                cache_read: self.cache_read.map(PerMtok::picos),
            },
        }
    }
}

impl EarlierPatch {
    fn resolve(&self, base: ListPrice) -> Earlier {
        let mut price = base;
        set(&mut price.input, self.input.map(PerMtok::picos));
        set(&mut price.output, self.output.map(PerMtok::picos));
        price.cache_write_short = self.cache_write_short.map(PerMtok::picos).or(price.cache_write_short);
        price.cache_write_long = self.cache_write_long.map(PerMtok::picos).or(price.cache_write_long);
        price.cache_read = self.cache_read.map(PerMtok::picos).or(price.cache_read);
        Earlier { until: self.until.0, price }
    }
}

impl QuirksPatch {
    fn apply(&self, quirks: &mut Quirks) {
        set(&mut quirks.no_temperature, self.no_temperature);
        set(&mut quirks.no_stop, self.no_stop);
        set(&mut quirks.no_forced_tool_choice, self.no_forced_tool_choice);
        set(&mut quirks.no_thinking_budget, self.no_thinking_budget);
        set(&mut quirks.thinking_always_on, self.thinking_always_on);
        quirks.thinking_off_up_to = self.thinking_off_up_to.or(quirks.thinking_off_up_to);
        set(&mut quirks.effort_keyed, self.effort_keyed);
        set(&mut quirks.no_tools_with_effort, self.no_tools_with_effort);
        set(&mut quirks.no_prefill, self.no_prefill);
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// A price in USD per million tokens, kept as picodollars per token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PerMtok(i64);

impl PerMtok {
    pub(crate) fn picos(self) -> i64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for PerMtok {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PerMtokVisitor)
    }
}

struct PerMtokVisitor;

impl Visitor<'_> for PerMtokVisitor {
    type Value = PerMtok;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("USD per million tokens, for example 0.125")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<PerMtok, E> {
        picos_per_token(text).map(PerMtok).map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<PerMtok, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<PerMtok, E> {
        self.visit_str(&number.to_string())
    }

    // A double prints as the shortest decimal that gives it back, which is what the file says.
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<PerMtok, E> {
        self.visit_str(&number.to_string())
    }
}

/// The start of a day, UTC.
#[derive(Clone, Copy, Debug)]
struct Day(Timestamp);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let start = text
            .parse::<jiff::civil::Date>()
            .ok()
            .and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC).ok())
            .and_then(|start| u64::try_from(start.timestamp().as_millisecond()).ok());
        start
            .map(|ms| Self(Timestamp(ms)))
            .ok_or_else(|| D::Error::custom(format!("`{text}` is not a day; write it as 2026-10-07")))
    }
}
