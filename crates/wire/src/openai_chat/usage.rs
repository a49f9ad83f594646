//! Token counts. This dialect's are inclusive: `prompt_tokens` holds what was read from and written to a cache. Ours do not
//! overlap, so they are taken apart here, by each server's names for them.

use protocol::Usage;
use serde_json::Value;

use crate::json::Object;

/// Counts as a server reports them. A count that is missing, null, negative or no number is 0.
pub(super) fn read(usage: &Value) -> Usage {
    let count = |paths: &[&str]| {
        let found = paths.iter().filter_map(|path| usage.pointer(path));
        found.filter_map(|count| count.as_u64().or_else(|| count.as_f64().map(|count| count as u64))).max()
    };
    // OpenAI and most; DeepSeek; Kimi. All name the same tokens, and a server may use two names.
    let cached = ["/prompt_tokens_details/cached_tokens", "/prompt_cache_hit_tokens", "/cached_tokens"];
    let read = count(&cached).unwrap_or_default();
    let written = count(&["/prompt_tokens_details/cache_write_tokens"]).unwrap_or_default();
    let long =
        count(&["/prompt_tokens_details/cache_write_tokens_details/ttl_12h_tokens"]).unwrap_or_default().min(written);
    let missed = count(&["/prompt_cache_miss_tokens"]).unwrap_or_default();
    let prompt = count(&["/prompt_tokens"]).unwrap_or(read + missed);
    let completion = count(&["/completion_tokens"]).unwrap_or_default();
    let reasoning = count(&["/completion_tokens_details/reasoning_tokens"]).unwrap_or_default();
    Usage {
        input: prompt.saturating_sub(read).saturating_sub(written),
        cache_read: read,
        cache_write_short: written - long,
        cache_write_long: long,
        // Gemini counts its thoughts beside the completion; a part can not be more than the whole.
        output: if reasoning > completion { completion + reasoning } else { completion },
        reasoning,
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
        .number("prompt_tokens", usage.prompt())
        .number("completion_tokens", usage.output)
        .number("total_tokens", usage.prompt() + usage.output)
        .raw("prompt_tokens_details", &cached.end())
        .raw("completion_tokens_details", &Object::new().number("reasoning_tokens", usage.reasoning).end())
        .end()
}
