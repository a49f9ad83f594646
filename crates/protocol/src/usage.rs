//! What a provider says it processed, by kind.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// Tokens of one model response. The kinds do not overlap (Anthropic's exclusive counting; inclusive counts are taken
/// apart by `wire`), and none is optional: a provider that does not report a kind did not bill it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Usage {
    /// Prompt tokens neither read from nor written to a cache.
    pub input: u64,
    /// Prompt tokens read from the cache.
    pub cache_read: u64,
    /// Prompt tokens written to the cache with the short time-to-live (Anthropic 5 minutes, OpenAI 30).
    pub cache_write_short: u64,
    /// Prompt tokens written with the long time-to-live (Anthropic 1 hour, OpenAI 12).
    pub cache_write_long: u64,
    /// Generated tokens, reasoning included.
    pub output: u64,
    /// The part of `output` that was reasoning, where the provider says so.
    pub reasoning: u64,
}

impl Usage {
    /// The whole prompt: what a context limit and a price tier are measured against.
    pub fn prompt(&self) -> u64 {
        self.input + self.cache_read + self.cache_write()
    }

    /// Cache writes of both lifetimes.
    pub fn cache_write(&self) -> u64 {
        self.cache_write_short + self.cache_write_long
    }

    /// Share of the prompt that came from the cache, 0 to 1; 0 for an empty prompt.
    pub fn hit_rate(&self) -> f64 {
        if self.prompt() == 0 { 0.0 } else { self.cache_read as f64 / self.prompt() as f64 }
    }
}

impl Add for Usage {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            input: self.input + other.input,
            cache_read: self.cache_read + other.cache_read,
            cache_write_short: self.cache_write_short + other.cache_write_short,
            cache_write_long: self.cache_write_long + other.cache_write_long,
            output: self.output + other.output,
            reasoning: self.reasoning + other.reasoning,
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), Add::add)
    }
}
