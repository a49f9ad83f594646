//! How a provider caches prompts, as far as planning needs to know.

use std::time::Duration;

/// One provider's caching, for one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posture {
    /// Written and read at breakpoints in the request (Anthropic). At most four of them; a read looks back at most twenty
    /// positions from each.
    Explicit {
        /// Shorter prefixes are silently not cached, in tokens.
        min_tokens: u64,
        /// Life of an entry, from the start of the request that wrote or last read it.
        ttl_short: Duration,
        /// Life with the long time-to-live.
        ttl_long: Duration,
    },
    /// Written by the provider on its own (OpenAI and most others).
    Implicit {
        /// Shorter prompts are not cached, in tokens.
        min_tokens: u64,
        /// Hits are rounded down to a multiple of this, in tokens; 1 for exact boundaries.
        granularity: u64,
        /// Life of an entry since its last use.
        ttl: Duration,
        /// Written at breakpoints in the request as well (OpenAI since GPT-5.6).
        breakpoints: bool,
    },
    /// Nothing is known: predict nothing.
    Unknown,
}

/// Most breakpoints in one request (Anthropic).
pub const MAX_BREAKPOINTS: usize = 4;

/// Positions a read looks back from a breakpoint, the breakpoint itself included (Anthropic).
pub const LOOK_BACK: usize = 20;

impl Posture {
    /// Prefixes shorter than this are not cached, in tokens.
    pub fn min_tokens(&self) -> u64 {
        match self {
            Self::Explicit { min_tokens, .. } | Self::Implicit { min_tokens, .. } => *min_tokens,
            Self::Unknown => u64::MAX,
        }
    }
}
