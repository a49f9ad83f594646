//! The file as it is written: what is read by `load`, and what the JSON Schema for editors is made from.

use std::collections::BTreeMap;
use std::fmt;

use protocol::request::Ttl;
use protocol::{Effort, Usd};
use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::settings::{ContextMode, EscalateTo, KeepWarm, PrefixLife};
use crate::spec::{Audience, Role, VerifyEntry};

/// A team of agents.
#[derive(Clone, Debug, Default, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "Tandem team file")]
pub(crate) struct File {
    /// Version of this format: 1.
    pub(crate) version: Option<u32>,
    /// Name of the team; left out, the name of the file.
    pub(crate) name: Option<String>,
    /// Names for brains, beside `premium` and `fast`, which the environment defines. An alias may name another one.
    pub(crate) models: BTreeMap<String, BrainField>,
    /// The agents: one coordinator, and specialists. One agent alone does everything itself. Left out, the agents of the
    /// built-in team `tandem`.
    pub(crate) agents: Option<Vec<AgentFile>>,
    /// Commands that decide whether work is done.
    pub(crate) verify: Vec<VerifyEntry>,
    /// What a session may cost, all agents together.
    pub(crate) budget: BudgetFile,
    /// When and how a window is closed. An agent may say otherwise for itself.
    pub(crate) compaction: CompactionFile,
    /// How long cached prompts live, and whether they are kept alive.
    pub(crate) cache: CacheFile,
}

/// An agent.
#[derive(Clone, Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentFile {
    /// Its name: letters, digits, `-`, `_`.
    pub(crate) id: String,
    /// What it is. Left out, the first agent is the coordinator and the others are specialists.
    #[serde(default)]
    pub(crate) role: Option<Role>,
    /// What it is good at, in a line; the coordinator chooses by it.
    #[serde(default)]
    pub(crate) specialty: Option<String>,
    /// What it thinks with. Left out: `premium` for the coordinator, `fast` for a specialist.
    #[serde(default)]
    pub(crate) brain: Option<BrainField>,
    /// The brains it may move along, cheapest first. Its own brain is one of them. It moves where a window is closed. Left
    /// out, it keeps its brain.
    #[serde(default)]
    #[schemars(extend("minItems" = 1))]
    pub(crate) ladder: Option<Vec<BrainField>>,
    /// What its prompt says beyond the role's.
    #[serde(default)]
    pub(crate) instructions: Option<String>,
    /// Its tools. Left out, those of its role.
    #[serde(default)]
    pub(crate) modules: Option<Vec<ModuleField>>,
    /// Who reads what it says. Left out: `human` for the coordinator, `agent` for a specialist.
    #[serde(default)]
    pub(crate) audience: Option<Audience>,
    /// Where its work ends by force: per delegation for a specialist, per turn for the coordinator.
    #[serde(default)]
    pub(crate) limits: LimitsFile,
    /// To whom the coordinator may delegate. Left out, every specialist.
    #[serde(default)]
    pub(crate) delegates_to: Option<Vec<String>>,
    /// When and how its windows are closed. What is left out is the team's.
    #[serde(default)]
    pub(crate) compaction: CompactionFile,
    /// Specialists only: whether it goes on in its context when a new brief arrives. Left out: `auto`.
    #[serde(default)]
    pub(crate) context: Option<ContextMode>,
    /// Whether its cache is kept alive through waits. Left out, what the team says under `cache`.
    #[serde(default)]
    pub(crate) keep_warm: Option<KeepWarm>,
    /// Specialists only: who goes on when the highest rung of its ladder failed twice. Left out: `main`.
    #[serde(default)]
    pub(crate) escalate_to: Option<EscalateTo>,
}

/// A brain in full: an alias or a model at a provider, and how to use it.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BrainFile {
    /// Name of the provider, where `model` is not an alias.
    pub(crate) provider: Option<String>,
    /// An alias, or the model's name as the provider spells it.
    pub(crate) model: Option<String>,
    /// Most tokens generated per response.
    pub(crate) max_tokens: Option<u32>,
    /// Sampling temperature, 0 to 2.
    pub(crate) temperature: Option<f64>,
    /// How hard to think.
    pub(crate) effort: Option<Effort>,
    /// Extra request headers, never keys. Not taken from a project's own file.
    pub(crate) headers: BTreeMap<String, String>,
}

/// A brain: an alias or `provider/model`, either with `@effort` behind it where that is wanted, or in full.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(untagged)]
pub(crate) enum BrainField {
    /// An alias or `provider/model`, for example `fast` or `openai/gpt-6.1-sol@high`.
    Name(String),
    /// In full.
    Full(BrainFile),
}

impl AgentFile {
    /// Every brain it names.
    pub(crate) fn brains(&self) -> impl Iterator<Item = &BrainField> {
        self.brain.iter().chain(self.ladder.iter().flatten()).chain(&self.compaction.summarizer)
    }
}

/// A module with all its tools, a single tool, or a module with some of its tools.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub(crate) enum ModuleField {
    /// `filesystem`, `verify`
    Name(String),
    /// `filesystem: [read, grep]`
    Some(BTreeMap<String, Vec<String>>),
}

/// Limits of an agent.
#[derive(Clone, Copy, Debug, Default, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitsFile {
    /// Model calls. Left out: 60 for the coordinator, 15 for a specialist.
    pub(crate) steps: Option<u32>,
    /// Dollars.
    pub(crate) usd: Option<Usd>,
    /// Minutes. Left out: 120 for the coordinator, 20 for a specialist.
    pub(crate) minutes: Option<u32>,
}

/// What a session may cost.
#[derive(Clone, Copy, Debug, Default, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BudgetFile {
    /// Dollars.
    pub(crate) usd: Option<Usd>,
    /// Model calls.
    pub(crate) steps: Option<u32>,
}

/// When and how a window is closed.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CompactionFile {
    /// Prompt tokens at which a window is closed; `auto`: where it is cheapest by the brain's prices; `never`: only by hand,
    /// or where the next request would not fit.
    pub(crate) at_tokens: Option<CompactField>,
    /// Older name of `at_tokens`.
    pub(crate) at: Option<CompactField>,
    /// Tokens of the newest items that are kept word for word.
    pub(crate) keep_tail: Option<u64>,
    /// Most tokens of the summary.
    pub(crate) summary_max: Option<u32>,
    /// Who writes the summary when the window's own cache is cold. Left out: the cheapest capable brain of the team.
    pub(crate) summarizer: Option<BrainField>,
}

/// A number of tokens, `auto` or `never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub(crate) enum CompactField {
    /// Tokens.
    Tokens(u64),
    /// `auto` or `never`
    Word(CompactWord),
}

/// The words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(crate) enum CompactWord {
    /// Where it is cheapest by the brain's prices.
    Auto,
    /// Only by hand, or where the next request would not fit.
    Never,
}

/// How long cached prompts live, and whether they are kept alive.
#[derive(Clone, Copy, Debug, Default, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CacheFile {
    /// Tools, system prompt, project instructions. Left out: `auto`.
    pub(crate) prefix: Option<PrefixLife>,
    /// What grows behind them.
    #[schemars(with = "Option<LifeWord>")]
    pub(crate) tail: Option<Ttl>,
    /// Whether caches are kept alive through waits. Left out: `auto`.
    pub(crate) keep_warm: Option<KeepWarm>,
    /// Most requests that only keep one cache alive, within one wait. Left out: 12.
    pub(crate) max_pings: Option<u32>,
}

/// How long a cache entry lives.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[expect(
    dead_code,
    reason = "only its schema is used: the type it stands for lives in a crate that writes no schema for it"
)]
enum LifeWord {
    /// Anthropic 5 minutes, OpenAI 30.
    Short,
    /// Anthropic 1 hour, OpenAI 12.
    Long,
}

/// The JSON Schema of a team file, for editors and for `agent team schema`.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(File).to_value()
}

// The three fields below take more than one shape. Reading them by hand keeps the place of a mistake, which an untagged enum
// would lose.

impl<'de> Deserialize<'de> for BrainField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shapes;
        impl<'de> Visitor<'de> for Shapes {
            type Value = BrainField;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an alias, `provider/model` (either may have `@effort` behind it), or a mapping with `provider` and `model`")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<BrainField, E> {
                Ok(BrainField::Name(name.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<BrainField, A::Error> {
                BrainFile::deserialize(MapAccessDeserializer::new(fields)).map(BrainField::Full)
            }
        }
        deserializer.deserialize_any(Shapes)
    }
}

impl<'de> Deserialize<'de> for ModuleField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shapes;
        impl<'de> Visitor<'de> for Shapes {
            type Value = ModuleField;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a module or tool, or a module with a list of its tools such as `filesystem: [read, grep]`")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<ModuleField, E> {
                Ok(ModuleField::Name(name.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<ModuleField, A::Error> {
                BTreeMap::<String, ToolNames>::deserialize(MapAccessDeserializer::new(fields)).map(|modules| {
                    ModuleField::Some(modules.into_iter().map(|(name, tools)| (name, tools.0)).collect())
                })
            }
        }
        deserializer.deserialize_any(Shapes)
    }
}

/// A list of tools.
struct ToolNames(Vec<String>);

impl<'de> Deserialize<'de> for ToolNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = ToolNames;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of tools such as [read, grep]")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, names: A) -> Result<ToolNames, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(names)).map(ToolNames)
            }
        }
        deserializer.deserialize_any(Names)
    }
}

impl<'de> Deserialize<'de> for CompactField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shapes;
        impl Visitor<'_> for Shapes {
            type Value = CompactField;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of tokens, `auto` or `never`")
            }
            fn visit_u64<E: Error>(self, tokens: u64) -> Result<CompactField, E> {
                Ok(CompactField::Tokens(tokens))
            }
            fn visit_str<E: Error>(self, word: &str) -> Result<CompactField, E> {
                match word {
                    "auto" => Ok(CompactField::Word(CompactWord::Auto)),
                    "never" => Ok(CompactField::Word(CompactWord::Never)),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
                }
            }
        }
        deserializer.deserialize_any(Shapes)
    }
}
