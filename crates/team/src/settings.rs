//! Settings of windows and caches as the runtime works with them: everything resolved, nothing left to default.

use protocol::Brain;
use protocol::request::Ttl;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// At which size a window is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompactAt {
    /// Where it is cheapest by the brain's prices, below the tier in which it costs more and below its window.
    Auto,
    /// At this many prompt tokens.
    Tokens(u64),
    /// Never by itself: only by hand, and where the next request would not fit.
    Never,
}

/// `auto`, `never`, or the number.
impl std::fmt::Display for CompactAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Tokens(tokens) => write!(f, "{tokens}"),
            Self::Never => f.write_str("never"),
        }
    }
}

/// When and how a window is closed.
#[derive(Clone, Debug, PartialEq)]
pub struct Compaction {
    /// At which size.
    pub at: CompactAt,
    /// Tokens of the newest items that are kept word for word.
    pub keep_tail: u64,
    /// Most tokens of the summary.
    pub summary_max: u32,
    /// Who writes the summary when the window's own cache is cold; none: the cheapest capable brain of the team.
    pub summarizer: Option<Brain>,
}

/// Whether a specialist goes on in its context when a new brief arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContextMode {
    /// Whichever costs less.
    #[default]
    Auto,
    /// It always goes on.
    Persistent,
    /// Every brief gets a fresh window, on the same tools and system prompt. An answer to its own question goes on.
    Fresh,
}

impl ContextMode {
    /// As written in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Persistent => "persistent",
            Self::Fresh => "fresh",
        }
    }
}

/// Who goes on when the highest rung of an agent's ladder has failed twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EscalateTo {
    /// The coordinator takes over, or dictates the patch.
    #[default]
    Main,
    /// The turn ends and a person decides.
    Person,
}

impl EscalateTo {
    /// As written in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Person => "person",
        }
    }
}

/// How long tools and system prompt live in the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrefixLife {
    /// Whichever is expected to cost less, decided when a window opens.
    #[default]
    Auto,
    /// Anthropic 5 minutes, OpenAI 30.
    Short,
    /// Anthropic 1 hour, OpenAI 12.
    Long,
}

impl PrefixLife {
    /// As written in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Short => "short",
            Self::Long => "long",
        }
    }
}

/// Whether caches are kept alive through waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeepWarm {
    /// Where it is expected to cost less than writing the cache again.
    #[default]
    Auto,
    /// Whenever the cache is about to expire, whatever that costs, up to the most pings of one wait.
    Always,
    /// Never.
    Off,
}

impl KeepWarm {
    /// As written in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Off => "off",
        }
    }
}

/// How long cached prompts live, where the provider sells more than one lifetime, and whether they are kept alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheSettings {
    /// Tools, system prompt and project instructions.
    pub prefix: PrefixLife,
    /// What grows behind them. Never longer than the prefix: providers refuse that order.
    pub tail: Ttl,
    /// Whether caches are kept alive through waits, where an agent says nothing of its own.
    pub keep_warm: KeepWarm,
    /// Most pings of one cache within one wait.
    pub max_pings: u32,
}
