//! The look-ups.

use std::collections::BTreeMap;

use protocol::request::ChatFlavor;
use protocol::{Dialect, Timestamp, Usage, Usd};

use crate::builtin;
use crate::error::CatalogueError;
use crate::model::{CacheMode, Model};
use crate::names;
use crate::overlay::{self, ProviderPatch};
use crate::provider::{ModelRef, Presets, Provider};
use crate::yaml::{Path, Step};

/// All models and providers that are known.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    models: Vec<Model>,
    providers: Vec<Provider>,
    presets: BTreeMap<String, Presets>,
    aliases: BTreeMap<String, ModelRef>,
    /// A reseller's name of a maker -> the family (`z-ai` -> `zai`).
    vendors: BTreeMap<String, String>,
}

impl Catalogue {
    /// What is shipped with the program.
    pub fn builtin() -> Self {
        // The data is part of the program, and a test reads every row of it. Were it broken all the same, everything would be
        // unknown, which every caller can cope with.
        Self::read_builtin().unwrap_or_default()
    }

    pub(crate) fn read_builtin() -> Result<Self, String> {
        let providers: BTreeMap<String, ProviderPatch> =
            serde_yaml::from_str(builtin::PROVIDERS).map_err(|error| format!("providers.yaml: {error}"))?;
        let mut catalogue = Self { models: builtin::models()?, ..Self::default() };
        for (name, patch) in &providers {
            let provider = patch.create(name).ok_or_else(|| format!("providers.yaml: {name}: base_url is missing"))?;
            catalogue.add_provider(provider, patch);
        }
        Ok(catalogue)
    }

    fn add_provider(&mut self, provider: Provider, patch: &ProviderPatch) {
        for vendor in &patch.vendors {
            self.vendors.insert(vendor.clone(), provider.name.clone());
        }
        if let Some(presets) = patch.presets(&provider.name) {
            self.presets.insert(provider.name.clone(), presets);
        }
        match self.providers.iter_mut().find(|known| known.name == provider.name) {
            Some(known) => *known = provider,
            None => self.providers.push(provider),
        }
    }

    /// Lays a user's file over what is known. `source` is the file's name for error messages.
    ///
    /// # Errors
    /// Unknown or doubled fields, values of a wrong type, a new model without its limits and prices, a new provider without
    /// a base URL, an alias that leads nowhere: with file, line and column.
    pub fn overlay(mut self, text: &str, source: &str) -> Result<Self, CatalogueError> {
        let file = overlay::read(text, source)?;
        let section = |section: &str, name: &str| Path(vec![Step::Key(section.to_owned())]).key(name);
        for (name, patch) in &file.providers {
            let provider = match self.provider(name).cloned() {
                Some(mut known) => {
                    patch.apply(&mut known);
                    Some(known)
                }
                None => patch.create(name),
            };
            let provider = provider.ok_or_else(|| {
                let problem = "a provider that the program does not know needs a `base_url`";
                overlay::error_at(text, source, &section("providers", name), problem)
            })?;
            self.add_provider(provider, patch);
        }
        for (name, patch) in &file.models {
            let path = section("models", name);
            let at: ModelRef =
                name.parse().map_err(|error| overlay::error_at(text, source, &path, &format!("{error}")))?;
            self.lay_model(&at, patch).map_err(|problem| overlay::error_at(text, source, &path, &problem))?;
        }
        for name in file.aliases.keys() {
            let target = resolve_alias(name, &file.aliases, &self.aliases)
                .map_err(|problem| overlay::error_at(text, source, &section("aliases", name), &problem))?;
            self.aliases.insert(name.clone(), target);
        }
        Ok(self)
    }

    fn lay_model(&mut self, at: &ModelRef, patch: &crate::patch::ModelPatch) -> Result<(), String> {
        // Only the exact name: a dated snapshot may well be priced apart from the model it is a snapshot of.
        let same = |model: &Model| model.family == at.provider && names::key(&model.name) == names::key(&at.model);
        match self.models.iter_mut().find(|model| same(model)) {
            Some(model) => patch.apply(model),
            None => self.models.push(overlay::create_model(&at.provider, &at.model, patch)?),
        }
        Ok(())
    }

    /// The model that a provider serves under this name. Found as it is spelled; without a context marker, a date or
    /// `-latest`; at a reseller by the maker's prefix (`anthropic/claude-opus-5.5`). `None` when it is unknown.
    pub fn model(&self, provider: &str, model: &str) -> Option<&Model> {
        let spellings = names::candidates(model);
        if let Some(found) = self.listed(provider, &spellings) {
            return Some(found);
        }
        let at = self.provider(provider)?;
        if let Some(found) = at.family.as_deref().and_then(|family| self.listed(family, &spellings)) {
            return Some(found);
        }
        let (vendor, name) = model.split_once('/')?;
        let family = self.vendors.get(&vendor.to_ascii_lowercase())?;
        // A local server may call its copy of open weights by the maker's name; that is not the maker's price.
        let first_hand = at.family.as_deref() == Some(family.as_str());
        (at.resells || first_hand).then(|| self.listed(family, &names::candidates(name))).flatten()
    }

    fn listed(&self, family: &str, spellings: &[String]) -> Option<&Model> {
        spellings.iter().find_map(|spelling| {
            self.models.iter().find(|model| model.family == family && names::key(&model.name) == *spelling)
        })
    }

    /// All models, in the order of the price list, a user's own last.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        self.models.iter()
    }

    /// A provider by name.
    pub fn provider(&self, name: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.name == name)
    }

    /// All providers, those of the program by name, a user's own last.
    pub fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.providers.iter()
    }

    /// What a model is best asked in: its provider's own dialect, and Responses where the provider speaks it too and the model
    /// takes no tools together with an effort over Chat Completions. `None` for a provider that nobody described.
    pub fn dialect_for(&self, provider: &str, model: &str) -> Option<Dialect> {
        let known = self.provider(provider)?;
        let responses = known.also.contains(&Dialect::OpenaiResponses)
            && self.model(provider, model).is_some_and(|model| model.quirks.no_tools_with_effort);
        Some(if responses { Dialect::OpenaiResponses } else { known.dialect })
    }

    /// Premium and fast model of a provider; `None` where it has none (a local server).
    pub fn presets(&self, provider: &str) -> Option<Presets> {
        self.presets.get(provider).cloned()
    }

    /// The aliases of the user's file, followed to their end.
    pub fn aliases(&self) -> &BTreeMap<String, ModelRef> {
        &self.aliases
    }

    /// Exact dollars of one response, at the prices of the moment the request was sent. `None` for an unknown model.
    pub fn cost(&self, provider: &str, model: &str, usage: &Usage, at: Timestamp) -> Option<Usd> {
        Some(self.model(provider, model)?.price(at, usage.prompt()).cost(usage))
    }

    /// What a Chat Completions server wants otherwise, for this model: Anthropic-style cache markers are sent only where a
    /// reseller serves a model that is cached at markers and nowhere else, OpenAI's own only where the server knows them and
    /// the model is cached at them too.
    pub fn chat_flavor(&self, provider: &str, model: &str) -> ChatFlavor {
        // A server nobody described gets what any local one understands.
        let known = self.provider(provider).or_else(|| self.provider("local"));
        let mut chat = known.map(|provider| provider.chat.clone()).unwrap_or_default();
        let mode = self.model(provider, model).map(|model| model.cache_mode);
        chat.cache_control &= mode == Some(CacheMode::Explicit);
        chat.cache_breakpoints &= mode == Some(CacheMode::ImplicitAndExplicit);
        chat
    }
}

/// Follows an alias of the file, through other aliases of the file or of an earlier one.
fn resolve_alias(
    name: &str,
    own: &BTreeMap<String, String>,
    earlier: &BTreeMap<String, ModelRef>,
) -> Result<ModelRef, String> {
    let mut trail = vec![name];
    let mut current = name;
    while let Some(target) = own.get(current) {
        if trail.contains(&target.as_str()) {
            return Err(format!("the alias leads back to itself: {} -> {target}", trail.join(" -> ")));
        }
        if !own.contains_key(target) {
            return match earlier.get(target) {
                Some(known) => Ok(known.clone()),
                None => target.parse().map_err(|error| format!("{error}, or another alias of this file")),
            };
        }
        trail.push(target);
        current = target;
    }
    Err(format!("`{current}` is no alias"))
}

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;
