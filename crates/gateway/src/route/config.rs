//! What a router is made of, and the connections that are made of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use brains::{Auth, Client, Endpoint, Health, Limits};
use catalogue::{Catalogue, ModelRef};
use protocol::{Clock, Dialect, ProviderError};
use routing::Policy;
use secrecy::{ExposeSecret, SecretString};

use super::binding::Binding;

/// What a router is made of.
#[derive(Clone)]
pub struct RouterConfig {
    /// Lanes, and the section `gateway`.
    pub policy: Arc<Policy>,
    /// Prices, limits, dialects.
    pub catalogue: Arc<Catalogue>,
    /// Providers that are set up, each in its first dialect and with its key, those that are preferred first.
    pub endpoints: Vec<Endpoint>,
    /// What short names of models stand for.
    pub aliases: BTreeMap<String, ModelRef>,
    /// Values of the variables of [`Policy::key_variables`].
    pub keys: BTreeMap<String, SecretString>,
    /// Time limits of calls. How often is tried is the plan's to say.
    pub calls: brains::Policy,
    /// Makes pauses repeatable.
    pub seed: Option<u64>,
    /// The lane of everything, before the policy's.
    pub force: Option<String>,
}

/// A router that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A lane that is to serve everything is none.
    #[error("there is no lane `{name}`; lanes are {known}")]
    Lane {
        /// What was asked for.
        name: String,
        /// Those there are.
        known: String,
    },
    /// A policy names a provider that is not set up.
    #[error("{place}: provider `{provider}` is not set up; set its key, or choose one of {known}")]
    Provider {
        /// Where the policy names it.
        place: String,
        /// The provider.
        provider: String,
        /// Those that are set up.
        known: String,
    },
    /// A policy names a variable that is not set.
    #[error("{place}: the environment variable {variable} is not set; set it, or remove the entry")]
    Key {
        /// Where the policy names it.
        place: String,
        /// The variable.
        variable: String,
    },
    /// An address or a key that cannot be used.
    #[error("{0}")]
    Client(ProviderError),
}

/// Clients and health, kept when the configuration is read again: an address with the same key goes on with the connections it has.
pub(super) struct Connections {
    clock: Arc<dyn Clock>,
    /// Those that a binding has: a key that was replaced is gone with the last request that uses it.
    clients: Mutex<HashMap<[u8; 32], Weak<Client>>>,
    health: Mutex<HashMap<String, (Limits, Arc<Health>)>>,
}

/// Most bindings whose health is kept. Names come from clients too, where they ask for models that nobody knows.
const MOST: usize = 2_048;

impl Connections {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, clients: Mutex::default(), health: Mutex::default() }
    }

    /// One client per dialect of the provider.
    pub(super) fn clients(
        &self,
        config: &RouterConfig,
        endpoint: &Endpoint,
        key: Option<&SecretString>,
        prefers: Option<Dialect>,
    ) -> Result<Vec<(Dialect, Arc<Client>)>, ConfigError> {
        let also = config.catalogue.provider(&endpoint.name).map(|provider| provider.also.clone()).unwrap_or_default();
        let mut dialects = vec![endpoint.dialect];
        dialects.extend(also.into_iter().filter(|also| *also != endpoint.dialect));
        dialects.sort_by_key(|dialect| Some(*dialect) != prefers);
        let of = |dialect: Dialect| {
            let mut endpoint = endpoint.in_dialect(dialect)?;
            if let Some(key) = key {
                endpoint.auth = match (endpoint.auth, dialect) {
                    (Auth::None, Dialect::AnthropicMessages) => Auth::XApiKey,
                    (Auth::None, _) => Auth::Bearer,
                    (auth, _) => auth,
                };
                endpoint.key = Some(key.clone());
            }
            Some(self.client(config, endpoint).map(|client| (dialect, client)))
        };
        dialects.into_iter().filter_map(of).collect()
    }

    fn client(&self, config: &RouterConfig, endpoint: Endpoint) -> Result<Arc<Client>, ConfigError> {
        let print = fingerprint(&endpoint, &config.calls);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = clients.get(&print).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let made = Client::new(endpoint, config.calls, Arc::clone(&self.clock), config.seed);
        let made = Arc::new(made.map_err(ConfigError::Client)?);
        clients.retain(|_, client| client.strong_count() > 0);
        clients.insert(print, Arc::downgrade(&made));
        Ok(made)
    }

    /// A binding; one of a name that is known, with the same limits, goes on with its health.
    pub(super) fn binding(
        &self,
        name: String,
        at: &ModelRef,
        clients: Vec<(Dialect, Arc<Client>)>,
        weight: u32,
        limits: Limits,
        key: &str,
    ) -> Arc<Binding> {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        if health.len() >= MOST {
            health.retain(|_, (_, health)| Arc::strong_count(health) > 1);
        }
        let fresh = Binding::new(name, at.provider.as_str(), at.model.as_str(), clients, &limits);
        // Two keys are two accounts, each with limits of its own.
        let known = format!("{} {key}", fresh.name);
        let kept = match health.get(&known) {
            Some((same, health)) if *same == limits => Arc::clone(health),
            _ => {
                health.insert(known, (limits, Arc::clone(&fresh.health)));
                Arc::clone(&fresh.health)
            }
        };
        Arc::new(Binding { weight, health: kept, ..fresh })
    }
}

/// What makes two endpoints the same, their keys included.
fn fingerprint(endpoint: &Endpoint, calls: &brains::Policy) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(endpoint.name.as_bytes());
    part(endpoint.dialect.name().as_bytes());
    part(endpoint.base_url.as_bytes());
    part(format!("{:?} {calls:?}", endpoint.auth).as_bytes());
    part(endpoint.key.as_ref().map(|key| key.expose_secret()).unwrap_or_default().as_bytes());
    for (name, value) in &endpoint.headers {
        part(name.as_bytes());
        part(value.as_bytes());
    }
    *hasher.finalize().as_bytes()
}
