//! Token counts. Anthropic's are exclusive, as ours are: `input_tokens` is what no cache read or write covers.

use protocol::Usage;
use serde::Deserialize;

use crate::json::Object;

/// Counts as a provider reports them, each of which may be missing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reported {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation: Option<Created>,
    output_tokens: Option<u64>,
    output_tokens_details: Option<Details>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Created {
    ephemeral_5m_input_tokens: Option<u64>,
    ephemeral_1h_input_tokens: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    thinking_tokens: Option<u64>,
}

impl Reported {
    /// A later report: counts are cumulative, so what it says holds, and what it does not say stays.
    pub(super) fn update(&mut self, later: Self) {
        let newer = |now: Option<u64>, later: Option<u64>| later.or(now);
        self.input_tokens = newer(self.input_tokens, later.input_tokens);
        self.cache_creation_input_tokens = newer(self.cache_creation_input_tokens, later.cache_creation_input_tokens);
        self.cache_read_input_tokens = newer(self.cache_read_input_tokens, later.cache_read_input_tokens);
        self.cache_creation = later.cache_creation.or(self.cache_creation.take());
        self.output_tokens = newer(self.output_tokens, later.output_tokens);
        self.output_tokens_details = later.output_tokens_details.or(self.output_tokens_details.take());
    }

    /// The counts, zero where nothing was reported. Writes whose lifetime is not told are short ones, the default.
    pub(super) fn usage(&self) -> Usage {
        let created = self.cache_creation.clone().unwrap_or_default();
        let long = created.ephemeral_1h_input_tokens.unwrap_or_default();
        let rest = self.cache_creation_input_tokens.unwrap_or_default().saturating_sub(long);
        Usage {
            input: self.input_tokens.unwrap_or_default(),
            cache_read: self.cache_read_input_tokens.unwrap_or_default(),
            cache_write_short: created.ephemeral_5m_input_tokens.unwrap_or_default().max(rest),
            cache_write_long: long,
            output: self.output_tokens.unwrap_or_default(),
            reasoning: self.output_tokens_details.as_ref().and_then(|it| it.thinking_tokens).unwrap_or_default(),
        }
    }
}

/// Counts as JSON.
pub(super) fn write(usage: &Usage) -> String {
    let created = Object::new()
        .number("ephemeral_5m_input_tokens", usage.cache_write_short)
        .number("ephemeral_1h_input_tokens", usage.cache_write_long)
        .end();
    let counts = Object::new()
        .number("input_tokens", usage.input)
        .number("cache_creation_input_tokens", usage.cache_write())
        .number("cache_read_input_tokens", usage.cache_read)
        .raw("cache_creation", &created)
        .number("output_tokens", usage.output);
    if usage.reasoning == 0 {
        return counts.end();
    }
    counts.raw("output_tokens_details", &Object::new().number("thinking_tokens", usage.reasoning).end()).end()
}
