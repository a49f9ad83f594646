//! A model: what it costs, what it takes, and what it rejects.

use protocol::{Effort, Timestamp};
use serde::Deserialize;

use crate::price::{Price, Prices};

/// How a model's prompt cache is used (the price list's `cache_mode` column).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum CacheMode {
    /// Only where the request marks a breakpoint (Anthropic).
    #[serde(rename = "explicit")]
    Explicit,
    /// The provider caches prefixes by itself.
    #[serde(rename = "implicit")]
    Implicit,
    /// By itself, and in addition at marked places (OpenAI since GPT-5.6).
    #[serde(rename = "implicit+explicit")]
    ImplicitAndExplicit,
    /// By itself, or at marked places where a request has any (Qwen).
    #[serde(rename = "implicit|explicit")]
    ImplicitOrExplicit,
    /// By itself on disk, in whole units (DeepSeek).
    #[serde(rename = "implicit-disk")]
    ImplicitDisk,
    /// By itself, among requests with the same `prompt_cache_key` (Mistral).
    #[serde(rename = "implicit(prompt_cache_key)")]
    ImplicitKeyed,
    /// By itself, or marked at the provider's Anthropic-shaped endpoint (MiniMax).
    #[serde(rename = "implicit|anthropic")]
    ImplicitOrAnthropic,
}

/// What a model rejects or treats otherwise than its dialect suggests. All false: an ordinary model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// `temperature`, `top_p`, `top_k` are a 400.
    pub no_temperature: bool,
    /// `stop` is a 400.
    pub no_stop: bool,
    /// A forced tool choice (`any`, or a named tool) is a 400.
    pub no_forced_tool_choice: bool,
    /// Thinking with a token budget is a 400; adaptive thinking is what it takes.
    pub no_thinking_budget: bool,
    /// Thinking cannot be switched off.
    pub thinking_always_on: bool,
    /// Thinking may be switched off only up to this effort.
    pub thinking_off_up_to: Option<Effort>,
    /// The prompt cache is kept per effort level: another effort is a miss.
    pub effort_keyed: bool,
    /// Chat Completions reject function tools together with a reasoning effort other than `none`.
    pub no_tools_with_effort: bool,
    /// An assistant message at the end (prefill) is a 400.
    pub no_prefill: bool,
}

/// A model of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The maker, which is also the name of the provider that serves it first hand.
    pub family: String,
    /// Its name as the maker spells it.
    pub name: String,
    /// Most prompt tokens it takes.
    pub context: u64,
    /// Most tokens it generates in one answer.
    pub max_output: u64,
    /// Prompts shorter than this many tokens are silently not cached.
    pub min_cacheable: u64,
    /// How its cache is used.
    pub cache_mode: CacheMode,
    /// Seconds an ordinary cache entry lives after its last use.
    pub ttl_short_s: u64,
    /// Seconds a long-lived cache entry lives, where there is one.
    pub ttl_long_s: Option<u64>,
    /// What it costs.
    pub prices: Prices,
    /// It takes images in a prompt. False where nobody says so.
    pub images: bool,
    /// What it rejects.
    pub quirks: Quirks,
    /// What the price list remarks (conflicts between sources, assumptions).
    pub notes: String,
}

impl Model {
    /// Picodollars per token for a request of `prompt_tokens` (all kinds together) sent at this moment. Above a tier limit
    /// the whole request is re-priced.
    pub fn price(&self, at: Timestamp, prompt_tokens: u64) -> Price {
        self.prices.at(at, prompt_tokens)
    }
}

/// `anthropic/claude-opus-5-5`.
impl std::fmt::Display for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.family, self.name)
    }
}
