//! What an agent thinks with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// Anthropic Messages, `POST /v1/messages`.
    AnthropicMessages,
    /// OpenAI Chat Completions, `POST /v1/chat/completions`, and every server that speaks it.
    OpenaiChat,
    /// OpenAI Responses, `POST /v1/responses`.
    OpenaiResponses,
}

impl Dialect {
    /// As it is called in words for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::AnthropicMessages => "Anthropic Messages",
            Self::OpenaiChat => "Chat Completions",
            Self::OpenaiResponses => "Responses",
        }
    }
}

/// How hard a model is asked to think. The names are the providers' own; what a model does not know is clamped by `wire`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// No reasoning.
    None,
    /// As little as the model can.
    Minimal,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Above high, where the model has it.
    Xhigh,
    /// As much as the model can.
    Max,
}

/// Provider, model, effort and limits: the identity that a window freezes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brain {
    /// Name of a provider known to the program or to the user's file: `anthropic`, `openai`, `openrouter`, `local`, ...
    pub provider: String,
    /// The model's name as the provider spells it.
    pub model: String,
    /// Upper bound of generated tokens per response.
    pub max_tokens: u32,
    /// Sampling temperature, where the team set one and the model takes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// How hard to think, where the team set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// Extra request headers (never keys).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

impl Brain {
    /// A brain with the defaults: 8,192 generated tokens, no temperature, the model's own effort.
    pub fn new(provider: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            model: model.into(),
            max_tokens: 8_192,
            temperature: None,
            effort: None,
            headers: BTreeMap::new(),
        }
    }
}

/// `anthropic/claude-opus-5-5`.
impl std::fmt::Display for Brain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}
