//! A user's `models.yaml`: other prices, more models, providers of one's own, aliases.

use std::collections::BTreeMap;

use protocol::Dialect;
use protocol::request::ChatFlavor;
use serde::Deserialize;

use crate::error::CatalogueError;
use crate::model::{CacheMode, Model, Quirks};
use crate::patch::ModelPatch;
use crate::price::{ListPrice, Prices};
use crate::provider::{Auth, ModelRef, Presets, Provider};
use crate::yaml::{self, Path, Place};

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct File {
    pub(crate) providers: BTreeMap<String, ProviderPatch>,
    pub(crate) models: BTreeMap<String, ModelPatch>,
    pub(crate) aliases: BTreeMap<String, String>,
}

/// What is said about a provider. What is left out stays as it was.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ProviderPatch {
    dialect: Option<Dialect>,
    also: Option<Vec<Dialect>>,
    base_url: Option<String>,
    base_url_env: Option<String>,
    key_env: Option<Vec<String>>,
    key_optional: Option<bool>,
    auth: Option<Auth>,
    chat: Option<ChatPatch>,
    headers: BTreeMap<String, String>,
    family: Option<String>,
    resells: Option<bool>,
    local: Option<bool>,
    pub(crate) vendors: Vec<String>,
    presets: Option<PresetsPatch>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PresetsPatch {
    premium: String,
    fast: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ChatPatch {
    max_tokens_field: Option<String>,
    include_usage: Option<bool>,
    cache_key: Option<bool>,
    reasoning_effort: Option<bool>,
    replay_reasoning_content: Option<bool>,
    merge_user_messages: Option<bool>,
    cache_control: Option<bool>,
    cache_breakpoints: Option<bool>,
}

impl ProviderPatch {
    /// A provider that was not known before. It needs a base URL and nothing else.
    pub(crate) fn create(&self, name: &str) -> Option<Provider> {
        let dialect = self.dialect.unwrap_or(Dialect::OpenaiChat);
        let anthropic = dialect == Dialect::AnthropicMessages;
        let own_models = !(self.resells.unwrap_or(false) || self.local.unwrap_or(false));
        let mut provider = Provider {
            name: name.to_owned(),
            dialect,
            also: Vec::new(),
            base_url: self.base_url.clone()?,
            key_env: Vec::new(),
            key_optional: false,
            base_url_env: None,
            auth: if anthropic { Auth::XApiKey } else { Auth::Bearer },
            chat: ChatFlavor::default(),
            headers: Vec::new(),
            family: own_models.then(|| name.to_owned()),
            resells: false,
        };
        self.apply(&mut provider);
        Some(provider)
    }

    /// Applies what is said.
    pub(crate) fn apply(&self, provider: &mut Provider) {
        set(&mut provider.dialect, self.dialect);
        set(&mut provider.also, self.also.clone());
        provider.also.retain(|also| *also != provider.dialect);
        set(&mut provider.base_url, self.base_url.clone());
        set(&mut provider.key_env, self.key_env.clone());
        set(&mut provider.key_optional, self.key_optional);
        set(&mut provider.auth, self.auth);
        set(&mut provider.resells, self.resells);
        provider.base_url_env = self.base_url_env.clone().or(provider.base_url_env.take());
        provider.family = self.family.clone().or(provider.family.take());
        for (name, value) in &self.headers {
            provider.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            provider.headers.push((name.clone(), value.clone()));
        }
        if let Some(chat) = &self.chat {
            chat.apply(&mut provider.chat);
        }
    }

    /// Premium and fast model of the provider.
    pub(crate) fn presets(&self, name: &str) -> Option<Presets> {
        let presets = self.presets.as_ref()?;
        Some(Presets {
            premium: ModelRef::new(name, presets.premium.as_str()),
            fast: ModelRef::new(name, presets.fast.as_str()),
        })
    }
}

impl ChatPatch {
    fn apply(&self, chat: &mut ChatFlavor) {
        set(&mut chat.max_tokens_field, self.max_tokens_field.clone());
        set(&mut chat.include_usage, self.include_usage);
        set(&mut chat.cache_key, self.cache_key);
        set(&mut chat.reasoning_effort, self.reasoning_effort);
        set(&mut chat.replay_reasoning_content, self.replay_reasoning_content);
        set(&mut chat.merge_user_messages, self.merge_user_messages);
        set(&mut chat.cache_control, self.cache_control);
        set(&mut chat.cache_breakpoints, self.cache_breakpoints);
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// A model that was not known before: context, output limit and prices have to be said.
pub(crate) fn create_model(family: &str, name: &str, patch: &ModelPatch) -> Result<Model, String> {
    let missing = |field: &str| format!("{family}/{name} is not in the built-in list, so `{field}` has to be given");
    let prices = patch.prices.as_ref().ok_or_else(|| missing("prices"))?;
    let price = |value: Option<crate::patch::PerMtok>, field: &str| {
        value.map(crate::patch::PerMtok::picos).ok_or_else(|| missing(field) + " (0 where nothing is charged)")
    };
    let base = ListPrice {
        input: price(prices.input, "prices.input")?,
        output: price(prices.output, "prices.output")?,
        cache_write_short: None,
        cache_write_long: None,
        cache_read: None,
    };
    let mut model = Model {
        family: family.to_owned(),
        name: name.to_owned(),
        context: patch.context.ok_or_else(|| missing("context"))?,
        max_output: patch.max_output.ok_or_else(|| missing("max_output"))?,
        min_cacheable: 1_024,
        cache_mode: CacheMode::Implicit,
        ttl_short_s: 300,
        ttl_long_s: None,
        prices: Prices { base, tier: None, earlier: Vec::new(), off_peak: None },
        images: false,
        quirks: Quirks::default(),
        notes: String::new(),
    };
    patch.apply(&mut model);
    Ok(model)
}

/// Reads the file, and says where it is wrong.
pub(crate) fn read(text: &str, source: &str) -> Result<File, CatalogueError> {
    let error = |place: Place, problem: String| CatalogueError {
        file: source.to_owned(),
        line: place.line,
        column: place.column,
        problem,
    };
    yaml::check_keys(text, &key_in_yaml).map_err(|bad| {
        error(bad.place, format!("{}: {}", bad.path, bad.problem).trim_start_matches(": ").to_owned())
    })?;
    yaml::read(text).map_err(|failure| {
        let field = if failure.field.is_empty() { String::new() } else { format!("{}: ", failure.field) };
        let kind = if failure.syntax { "not YAML: " } else { "" };
        error(failure.place, format!("{field}{kind}{}", failure.words))
    })
}

/// An error at a place of the structure.
pub(crate) fn error_at(text: &str, source: &str, path: &Path, problem: &str) -> CatalogueError {
    let place = yaml::place_of_key(text, path).unwrap_or(Place::START);
    CatalogueError {
        file: source.to_owned(),
        line: place.line,
        column: place.column,
        problem: format!("{path}: {problem}"),
    }
}

/// Keys of providers do not belong into a file.
fn key_in_yaml(path: &Path, key: &str) -> Option<String> {
    let name = key.to_ascii_lowercase().replace('-', "_");
    let secret = matches!(
        name.as_str(),
        "api_key" | "apikey" | "key" | "token" | "secret" | "password" | "authorization" | "x_api_key" | "auth_token"
    );
    // Names of models and aliases are the user's own.
    let names = matches!(path.0.as_slice(), [yaml::Step::Key(section)] if section != "providers");
    (secret && !names).then(|| {
        format!("`{key}`: keys are never read from a file; set an environment variable and name it in `key_env`")
    })
}
