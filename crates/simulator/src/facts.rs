//! What the rules need to know of a model.

use catalogue::{CacheMode, Catalogue, Model};

use crate::scenario::bare_model;

/// Life of an automatic cache entry of OpenAI's newer models after its last use, in seconds.
const CHAT_TTL_S: u64 = 1_800;

/// A model's facts; what the catalogue does not know is as permissive as a provider can be.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Longest prompt, in tokens.
    pub(crate) context: Option<u64>,
    /// Longest answer, in tokens.
    pub(crate) max_output: Option<u64>,
    /// Smallest prefix that is cached, in tokens.
    pub(crate) min_cacheable: u64,
    /// Each effort level has a cache of its own.
    pub(crate) effort_keyed: bool,
    /// Chat: writes are billed and end at message boundaries (newer OpenAI models); otherwise reads are rounded down to
    /// 128 tokens and writes are free.
    pub(crate) billed_writes: bool,
    /// Chat: life of an entry after its last use, in seconds.
    pub(crate) chat_ttl_s: u64,
    /// Thinking blocks are bound to the conversation before them.
    pub(crate) binds_thinking: bool,
    /// An OpenAI model that reasons: rejects `max_tokens` and does not show its reasoning.
    pub(crate) openai: bool,
    /// What the model rejects.
    pub(crate) quirks: catalogue::Quirks,
}

/// Models that bind thinking to the prefix (the vendor's page on preserved thinking names these families).
const BINDING: [&str; 6] = [
    "claude-fable-5-1",
    "claude-fable-5-2",
    "claude-mythos-5-1",
    "claude-opus-5-5",
    "claude-sonnet-5-5",
    "claude-haiku-5-5",
];

impl Facts {
    /// Facts of a model as a request names it, asked at `provider`'s endpoint.
    pub(crate) fn of(catalogue: &Catalogue, provider: &str, model: &str) -> Self {
        let bare = bare_model(model);
        let known = catalogue.model(provider, model).or_else(|| catalogue.model(provider, bare));
        // A chat endpoint stands for many providers: any model the catalogue knows by this name will do.
        let known = known.or_else(|| catalogue.models().find(|known| known.name == bare));
        let spelled = bare.replace('.', "-");
        let openai = bare.starts_with("gpt-") || known.is_some_and(|model| model.family == "openai");
        Self {
            context: known.map(|model| model.context),
            max_output: known.map(|model| model.max_output),
            min_cacheable: known.map_or(1_024, |model| model.min_cacheable),
            effort_keyed: known.is_none_or(|model| model.quirks.effort_keyed),
            billed_writes: known.is_some_and(|model| openai && model.cache_mode == CacheMode::ImplicitAndExplicit),
            chat_ttl_s: known.filter(|model| is_chat(model)).map_or(CHAT_TTL_S, |model| model.ttl_short_s),
            binds_thinking: BINDING.iter().any(|family| spelled.starts_with(family)),
            openai,
            quirks: known.map(|model| model.quirks.clone()).unwrap_or_default(),
        }
    }
}

fn is_chat(model: &Model) -> bool {
    model.family != "anthropic"
}
