//! Where models are reached.

use std::str::FromStr;

use protocol::Dialect;
use protocol::request::ChatFlavor;
use serde::{Deserialize, Serialize};

/// How a provider wants its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// Header `x-api-key`.
    XApiKey,
    /// Header `authorization: Bearer`.
    Bearer,
    /// No key.
    None,
}

/// A provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name in team files, on the command line and in the ledger.
    pub name: String,
    /// What it speaks.
    pub dialect: Dialect,
    /// What it speaks besides, at the same address and with the same key.
    pub also: Vec<Dialect>,
    /// Where it is, with or without the version segment, as its own documentation prints it.
    pub base_url: String,
    /// Environment variables that may hold the key; the first that is set counts.
    pub key_env: Vec<String>,
    /// It also answers without a key (a local server).
    pub key_optional: bool,
    /// Environment variable that overrides the base URL.
    pub base_url_env: Option<String>,
    /// How the key is sent.
    pub auth: Auth,
    /// What it wants otherwise than OpenAI, where it speaks Chat Completions.
    pub chat: ChatFlavor,
    /// Headers to send with every request (never keys).
    pub headers: Vec<(String, String)>,
    /// Whose models it serves under their own names; none where a name carries its maker (`anthropic/claude-opus-5.5`).
    pub family: Option<String>,
    /// It serves other makers' models, under names that carry the maker.
    pub resells: bool,
}

/// A model at a provider.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ModelRef {
    /// Name of the provider.
    pub provider: String,
    /// Name of the model as that provider spells it.
    pub model: String,
}

impl ModelRef {
    /// A model at a provider.
    pub fn new(provider: impl Into<String>, model: impl Into<String>) -> Self {
        Self { provider: provider.into(), model: model.into() }
    }
}

/// `anthropic/claude-opus-5-5`.
impl std::fmt::Display for ModelRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

/// A text that names no model at a provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no model at a provider; write PROVIDER/MODEL, for example anthropic/claude-opus-5-5")]
pub struct ModelRefError(pub String);

/// Reads `provider/model`. The model may have slashes of its own (`openrouter/anthropic/claude-opus-5.5`).
impl FromStr for ModelRef {
    type Err = ModelRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().split_once('/') {
            Some((provider, model)) if !provider.is_empty() && !model.is_empty() => Ok(Self::new(provider, model)),
            _ => Err(ModelRefError(text.to_owned())),
        }
    }
}

/// The two brains of the default team at one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presets {
    /// For what a person reads or the plan depends on.
    pub premium: ModelRef,
    /// For exploring, editing to a brief, running tests.
    pub fast: ModelRef,
}
