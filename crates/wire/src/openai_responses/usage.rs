//! Token counts. This dialect's are inclusive, as those of Chat Completions: `input_tokens` holds what was read from and
//! written to a cache. Ours do not overlap.

use protocol::Usage;
use serde_json::Value;

use crate::json::Object;

/// Counts as a server reports them. A count that is missing, null, negative or no number is 0.
pub(super) fn read(usage: &Value) -> Usage {
    let count = |path: &str| {
        let count = usage.pointer(path);
        count.and_then(|count| count.as_u64().or_else(|| count.as_f64().map(|count| count as u64))).unwrap_or_default()
    };
    let read = count("/input_tokens_details/cached_tokens");
    let written = count("/input_tokens_details/cache_write_tokens");
    let long = count("/input_tokens_details/cache_write_tokens_details/ttl_12h_tokens").min(written);
    let output = count("/output_tokens");
    Usage {
        input: count("/input_tokens").saturating_sub(read).saturating_sub(written),
        cache_read: read,
        cache_write_short: written - long,
        cache_write_long: long,
        output,
        reasoning: count("/output_tokens_details/reasoning_tokens").min(output),
    }
}

/// Counts as JSON.
pub(super) fn write(usage: &Usage) -> String {
    let mut cached =
        Object::new().number("cached_tokens", usage.cache_read).number("cache_write_tokens", usage.cache_write());
    if usage.cache_write_long > 0 {
        let split = Object::new()
            .number("ttl_30m_tokens", usage.cache_write_short)
            .number("ttl_12h_tokens", usage.cache_write_long)
            .end();
        cached = cached.raw("cache_write_tokens_details", &split);
    }
    Object::new()
        .number("input_tokens", usage.prompt())
        .raw("input_tokens_details", &cached.end())
        .number("output_tokens", usage.output)
        .raw("output_tokens_details", &Object::new().number("reasoning_tokens", usage.reasoning).end())
        .number("total_tokens", usage.prompt() + usage.output)
        .end()
}
