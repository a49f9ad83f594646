//! The data shipped with the program, read once at start.

use serde::Deserialize;

use crate::decimal::picos_per_token;
use crate::model::{CacheMode, Model, Quirks};
use crate::names;
use crate::patch::ModelPatch;
use crate::price::{ListPrice, Prices, Tier};

/// List prices of November 2026, USD per million tokens.
pub(crate) const PRICES: &str = include_str!("../data/prices.csv");
/// Limits, times and quirks beside the price list.
pub(crate) const RULES: &str = include_str!("../data/models.yaml");
/// Providers.
pub(crate) const PROVIDERS: &str = include_str!("../data/providers.yaml");

/// What a model gets that no rule speaks of: the values that promise the least.
const DEFAULT_MIN_CACHEABLE: u64 = 1_024;
const DEFAULT_TTL_S: u64 = 300;

/// A row of the price list. Money stays text until it is read exactly.
#[derive(Debug, Deserialize)]
struct Row {
    family: String,
    model: String,
    input: String,
    output: String,
    cache_write_short: String,
    cache_write_long: String,
    long_ttl: String,
    cache_read: String,
    context_in: u64,
    max_output: u64,
    tier_above_input_tokens: Option<u64>,
    tier_input: String,
    tier_output: String,
    tier_cache_write: String,
    tier_cache_read: String,
    cache_mode: CacheMode,
    conflict: String,
    notes: String,
}

/// A rule of `models.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    family: String,
    models: Vec<String>,
    set: ModelPatch,
}

/// Reads the price list and applies the rules.
///
/// # Errors
/// In words; the shipped data is tested to have none.
pub(crate) fn models() -> Result<Vec<Model>, String> {
    let rules: Vec<Rule> = serde_yaml::from_str(RULES).map_err(|error| format!("models.yaml: {error}"))?;
    let mut models = Vec::new();
    for row in csv::Reader::from_reader(PRICES.as_bytes()).deserialize::<Row>() {
        let row = row.map_err(|error| format!("prices.csv: {error}"))?;
        let mut model = row.model().map_err(|error| format!("prices.csv: {}: {error}", row.model))?;
        for rule in &rules {
            if rule.speaks_of(&model) {
                rule.set.apply(&mut model);
            }
        }
        models.push(model);
    }
    Ok(models)
}

impl Rule {
    fn speaks_of(&self, model: &Model) -> bool {
        self.family == model.family
            && self.models.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(start) => model.name.starts_with(start),
                None => names::key(pattern) == names::key(&model.name),
            })
    }
}

impl Row {
    fn model(&self) -> Result<Model, String> {
        let price = ListPrice {
            input: picos_per_token(&self.input)?,
            output: picos_per_token(&self.output)?,
            cache_write_short: optional(&self.cache_write_short)?,
            cache_write_long: optional(&self.cache_write_long)?,
            cache_read: optional(&self.cache_read)?,
        };
        // `deepseek-flash (v4-flash)`: what stands in brackets is another name of the same model.
        let name = self.model.split(" (").next().unwrap_or(&self.model);
        Ok(Model {
            family: self.family.clone(),
            name: name.to_owned(),
            context: self.context_in,
            max_output: self.max_output,
            min_cacheable: DEFAULT_MIN_CACHEABLE,
            cache_mode: self.cache_mode,
            ttl_short_s: DEFAULT_TTL_S,
            ttl_long_s: hours(&self.long_ttl)?,
            prices: Prices { base: price, tier: self.tier(price)?, earlier: Vec::new(), off_peak: None },
            images: false,
            quirks: Quirks::default(),
            notes: [self.notes.as_str(), self.conflict.as_str()].join(" ").trim().to_owned(),
        })
    }

    fn tier(&self, base: ListPrice) -> Result<Option<Tier>, String> {
        let Some(above) = self.tier_above_input_tokens else { return Ok(None) };
        let input = picos_per_token(&self.tier_input)?;
        Ok(Some(Tier {
            above,
            price: ListPrice {
                input,
                output: picos_per_token(&self.tier_output)?,
                cache_write_short: optional(&self.tier_cache_write)?,
                // The list prints one write price per tier. Long writes are a fixed multiple of the input price with every
                // provider that has them, in every tier.
                cache_write_long: base.cache_write_long.map(|long| long * input / base.input.max(1)),
                cache_read: optional(&self.tier_cache_read)?,
            },
        }))
    }
}

fn optional(text: &str) -> Result<Option<i64>, String> {
    if text.is_empty() { Ok(None) } else { picos_per_token(text).map(Some) }
}

fn hours(text: &str) -> Result<Option<u64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let hours = text.strip_suffix('h').and_then(|hours| hours.parse::<u64>().ok());
    hours.map(|hours| Some(hours * 3_600)).ok_or_else(|| format!("`{text}` is not a time-to-live such as 1h"))
}
