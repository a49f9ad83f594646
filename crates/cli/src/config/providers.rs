//! Which providers can be used: keys from the environment and the system's keyring, base URLs from flags, environment and the user's own file.

use std::collections::BTreeMap;
use std::sync::Arc;

use brains::{Client, Endpoint, Policy};
use catalogue::{Auth, Catalogue, ModelRef, Provider};
use protocol::{Brain, Clock, Dialect};
use runtime::Clients;
use secrecy::{ExposeSecret as _, SecretString};
use team::{Choice, split_effort};

use super::home::Environment;
use super::keyring::{self, Keyring};
use super::teams::Chosen;
use crate::args::{DialectArg, TeamArgs};
use crate::failure::Failure;

/// Name of the provider that `--base-url` makes.
pub(crate) const CUSTOM: &str = "custom";

/// Where a person names models on the command line.
const FLAG: &str = "--model";

/// Providers of the default team, the first that has a key counts.
const PREFERRED: [&str; 3] = ["anthropic", "openai", "openrouter"];

/// What was found.
pub(crate) struct Providers {
    endpoints: BTreeMap<String, Endpoint>,
    /// Where each one's key or address came from, for `doctor`.
    pub(crate) found: BTreeMap<String, String>,
    /// Everyone the catalogue knows, set up or not.
    known: BTreeMap<String, Provider>,
    /// Why no key came from the system's keyring; none where it was read.
    no_keyring: Option<&'static str>,
}

impl Providers {
    /// Looks through environment, flags, catalogue and, for keys that none of these has, the system's keyring.
    pub(crate) fn find(environment: &Environment, catalogue: &Catalogue, flags: &TeamArgs) -> Self {
        let keyring = Keyring::open(environment);
        let mut providers = Self {
            endpoints: BTreeMap::new(),
            found: BTreeMap::new(),
            known: BTreeMap::new(),
            no_keyring: keyring.nothing(),
        };
        for provider in catalogue.providers() {
            providers.add(provider, environment, &keyring);
        }
        providers.tell_redactor(environment);
        if let Some(url) = &flags.base_url {
            let key = flags.key_env.as_deref().and_then(|name| environment.get(name)).map(SecretString::from);
            let dialect = match flags.dialect {
                DialectArg::Anthropic => Dialect::AnthropicMessages,
                DialectArg::Openai => Dialect::OpenaiChat,
                DialectArg::OpenaiResponses => Dialect::OpenaiResponses,
            };
            key.iter().for_each(learn);
            let auth = match (&key, dialect) {
                (None, _) => brains::Auth::None,
                (Some(_), Dialect::AnthropicMessages) => brains::Auth::XApiKey,
                (Some(_), Dialect::OpenaiChat | Dialect::OpenaiResponses) => brains::Auth::Bearer,
            };
            let endpoint =
                Endpoint { name: CUSTOM.to_owned(), dialect, base_url: url.clone(), key, auth, headers: Vec::new() };
            providers.found.insert(CUSTOM.to_owned(), format!("--base-url {}", endpoint.shown_url()));
            providers.endpoints.insert(CUSTOM.to_owned(), endpoint);
        }
        providers
    }

    fn add(&mut self, provider: &Provider, environment: &Environment, keyring: &Keyring<'_>) {
        let set = provider.key_env.iter().find_map(|name| Some((name.as_str(), environment.get(name)?.into())));
        let key: Option<(&str, SecretString)> = match set {
            None if provider.auth != Auth::None => keyring.key(&provider.name).map(|key| (keyring::ORIGIN, key)),
            set => set,
        };
        let url = provider.base_url_env.as_ref().and_then(|name| Some((name, environment.get(name)?)));
        self.known.insert(provider.name.clone(), provider.clone());
        let origin = match (&key, url, provider.key_optional) {
            (Some((name, _)), None, _) => (*name).to_owned(),
            (Some((key, _)), Some((url, _)), _) => format!("{key}, {url}"),
            (None, Some((url, _)), _) => format!("{url} (no key)"),
            (None, None, true) => "no key needed".to_owned(),
            (None, None, false) => return,
        };
        let auth = match (&key, provider.auth) {
            (None, _) | (_, Auth::None) => brains::Auth::None,
            (_, Auth::XApiKey) => brains::Auth::XApiKey,
            (_, Auth::Bearer) => brains::Auth::Bearer,
        };
        self.found.insert(provider.name.clone(), origin);
        self.endpoints.insert(
            provider.name.clone(),
            Endpoint {
                name: provider.name.clone(),
                dialect: provider.dialect,
                base_url: url.map_or_else(|| provider.base_url.clone(), |(_, url)| url.to_owned()),
                key: key.map(|(_, key)| key),
                auth,
                headers: provider.headers.clone(),
            },
        );
    }

    /// Every key that was found is taken out of all records from now on, and so is every other that a provider could have had.
    fn tell_redactor(&self, environment: &Environment) {
        self.endpoints.values().filter_map(|endpoint| endpoint.key.as_ref()).for_each(learn);
        let names = self.known.values().flat_map(|provider| &provider.key_env);
        names.filter_map(|name| environment.get(name)).for_each(|key| {
            redact::global().learn(key);
        });
    }

    /// Providers with a key or an address of the user's own (not those that merely need no key).
    pub(crate) fn configured(&self) -> impl Iterator<Item = &str> {
        self.found.iter().filter(|(_, origin)| *origin != "no key needed").map(|(name, _)| name.as_str())
    }

    /// An endpoint, for `doctor`.
    pub(crate) fn endpoint(&self, name: &str) -> Option<&Endpoint> {
        self.endpoints.get(name)
    }

    /// What aliases stand for without any flag: the user's file first, then the presets of the first provider that is set up.
    pub(crate) fn known_aliases(&self, catalogue: &Catalogue) -> BTreeMap<String, ModelRef> {
        let mut aliases = BTreeMap::new();
        let preset = PREFERRED.into_iter().chain(self.configured()).find(|name| {
            self.found.get(*name).is_some_and(|origin| *origin != "no key needed") && catalogue.presets(name).is_some()
        });
        if let Some(presets) = preset.and_then(|name| catalogue.presets(name)) {
            aliases.insert("premium".to_owned(), presets.premium);
            aliases.insert("fast".to_owned(), presets.fast);
        }
        aliases.extend(catalogue.aliases().iter().map(|(name, model)| (name.clone(), model.clone())));
        aliases
    }

    /// What the aliases stand for: flags first, then what is known without them.
    pub(crate) fn aliases(
        &self,
        catalogue: &Catalogue,
        flags: &TeamArgs,
    ) -> anyhow::Result<BTreeMap<String, ModelRef>> {
        let mut aliases = self.known_aliases(catalogue);
        let chosen = self.chosen(catalogue, flags)?;
        if let Some(choice) = chosen.for_all {
            aliases.insert("premium".to_owned(), choice.at.clone());
            aliases.insert("fast".to_owned(), choice.at);
        }
        aliases.extend(chosen.aliases.into_iter().map(|(alias, choice)| (alias, choice.at)));
        if flags.base_url.is_some() && flags.model.is_empty() {
            return Err(Failure::usage_with(
                "--base-url needs --model: the name of a model that server has",
                "for example --base-url http://localhost:11434/v1 --model qwen3-coder",
            ));
        }
        Ok(aliases)
    }

    /// What `--model` says.
    pub(crate) fn chosen(&self, catalogue: &Catalogue, flags: &TeamArgs) -> anyhow::Result<Chosen> {
        let known = self.known_aliases(catalogue);
        let mut chosen = Chosen::default();
        for flag in &flags.model {
            match flag.split_once('=') {
                Some((alias, model)) => {
                    chosen.aliases.insert(alias.to_owned(), self.choice(FLAG, model, &known)?);
                }
                None => chosen.for_all = Some(self.choice(FLAG, flag, &known)?),
            }
        }
        Ok(chosen)
    }

    /// The model and effort that `MODEL[@EFFORT]` names, by an alias or by its own name. `said` is what it stands behind
    /// (`--model`, `/model`), for errors.
    pub(crate) fn choice(
        &self,
        said: &str,
        text: &str,
        aliases: &BTreeMap<String, ModelRef>,
    ) -> anyhow::Result<Choice> {
        let (name, effort) = split_effort(text).map_err(|unknown| {
            let example = text.rsplit_once('@').map_or(text, |(name, _)| name);
            Failure::usage_with(format!("{said} {text}: {unknown}"), format!("for example {said} {example}@high"))
        })?;
        let at = aliases.get(name).cloned().map_or_else(|| self.model_ref(said, name), Ok)?;
        Ok(Choice { at, effort })
    }

    /// `provider/model` where the provider is known here; otherwise a model of the server given by `--base-url`, or of the
    /// only provider that is set up.
    fn model_ref(&self, said: &str, text: &str) -> anyhow::Result<ModelRef> {
        if self.endpoints.contains_key(CUSTOM) {
            return Ok(ModelRef::new(CUSTOM, text.strip_prefix("custom/").unwrap_or(text)));
        }
        if let Some((provider, model)) = text.split_once('/')
            && self.endpoints.contains_key(provider)
        {
            return Ok(ModelRef::new(provider, model));
        }
        let configured: Vec<&str> = self.configured().collect();
        if let Some(provider) = self.without_key(text, &configured) {
            return Err(Failure::usage_with(
                format!("{said} {text}: no key for `{}` is set", provider.name),
                format!("set {}; set up here: {}", provider.key_env.join(" or "), configured.join(", ")),
            ));
        }
        match configured.as_slice() {
            [only] => Ok(ModelRef::new(*only, text)),
            [] => Err(self.nothing_set_up()),
            several => Err(Failure::usage_with(
                format!("{said} {text}: that is no alias; say at which provider the model is, as PROVIDER/{text}"),
                format!("set up here: {}; for example {said} {}/{text}", several.join(", "), several[0]),
            )),
        }
    }

    /// The known provider that a `PROVIDER/MODEL` names although its key is missing. Where only a provider of other makers'
    /// models is set up, the same words are a model's name there (`anthropic/claude-opus-5.5`).
    fn without_key(&self, text: &str, configured: &[&str]) -> Option<&Provider> {
        let resells = |name: &str| self.known.get(name).is_some_and(|provider| provider.resells);
        match configured {
            [] => None,
            [only] if resells(only) => None,
            _ => self.known.get(text.split_once('/')?.0),
        }
    }

    /// A provider in each of the dialects that it speaks at its address, its own first.
    fn in_each_dialect(&self, name: &str) -> Vec<Endpoint> {
        let Some(own) = self.endpoints.get(name) else { return Vec::new() };
        let also = self.known.get(name).map(|provider| provider.also.as_slice()).unwrap_or_default();
        std::iter::once(own.clone()).chain(also.iter().filter_map(|dialect| own.in_dialect(*dialect))).collect()
    }

    /// What a model is asked in; none where its provider is not set up.
    pub(crate) fn dialect_for(&self, catalogue: &Catalogue, at: &ModelRef) -> Option<Dialect> {
        let spoken = self.in_each_dialect(&at.provider);
        let best = catalogue.dialect_for(&at.provider, &at.model);
        let speaks = |endpoint: &&Endpoint| Some(endpoint.dialect) == best;
        spoken.iter().find(speaks).or_else(|| spoken.first()).map(|endpoint| endpoint.dialect)
    }

    /// Clients for the providers that these brains use, one for each dialect: which one a window needs depends on its model, and
    /// on when it was opened.
    pub(crate) fn clients<'a>(
        &self,
        brains: impl Iterator<Item = &'a Brain>,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<Clients> {
        let mut clients = Clients::default();
        for brain in brains {
            if !clients.of(&brain.provider).is_empty() {
                continue;
            }
            let endpoints = self.in_each_dialect(&brain.provider);
            if endpoints.is_empty() {
                return Err(self.missing(brain));
            }
            for endpoint in endpoints {
                let client = Client::new(endpoint, Policy::default(), clock.clone(), None)
                    .map_err(|error| Failure::usage(error.message))?;
                clients.add(brain.provider.as_str(), Arc::new(client));
            }
        }
        Ok(clients)
    }

    /// Clients for every provider that is set up.
    pub(crate) fn all_clients(&self, clock: &Arc<dyn Clock>) -> anyhow::Result<Clients> {
        let brains: Vec<Brain> = self.configured().map(|name| Brain::new(name, "")).collect();
        self.clients(brains.iter(), clock)
    }

    fn missing(&self, brain: &Brain) -> anyhow::Error {
        if brain.provider == CUSTOM {
            return Failure::usage_with(
                format!("the session works with {brain}, a server that is not named here"),
                "give its address again: --base-url URL, with the --dialect and --key-env it needs",
            );
        }
        if self.configured().next().is_none() {
            return self.nothing_set_up();
        }
        let have: Vec<&str> = self.configured().collect();
        Failure::usage_with(
            format!(
                "the team uses {brain}, but no key for `{}` is set; set up here: {}",
                brain.provider,
                have.join(", ")
            ),
            "set that provider's key, or choose models with --model premium=... --model fast=...",
        )
    }

    /// No key, no server: says what was looked for and what else there is.
    pub(crate) fn nothing_set_up(&self) -> anyhow::Error {
        let preferred = PREFERRED.iter().filter_map(|name| self.known.get(*name));
        let others = self.known.values().filter(|provider| !PREFERRED.contains(&provider.name.as_str()));
        let names: Vec<&str> =
            preferred.chain(others).flat_map(|provider| &provider.key_env).map(String::as_str).collect();
        Failure::usage_with(
            format!(
                "no model provider is set up. Looked for a key in {}, for their *_BASE_URL, and in the system's keyring: {}",
                names.join(", "),
                self.no_keyring.unwrap_or("its items of service `tandem` name no provider")
            ),
            "three ways: set one of the keys, or keep it in the keyring (docs/models.md); point at a local server (Ollama, vLLM, llama.cpp) with --base-url \
             http://localhost:11434/v1 --model NAME, or with OPENAI_BASE_URL; or try `agent demo`, which needs neither",
        )
    }
}

fn learn(key: &SecretString) {
    redact::global().learn(key.expose_secret());
}

#[cfg(test)]
#[path = "providers_tests.rs"]
mod tests;
