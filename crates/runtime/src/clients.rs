//! Who can be asked: providers by name, each in the dialects that it speaks.

use std::collections::BTreeMap;
use std::sync::Arc;

use brains::Client;
use protocol::{Brain, Dialect};

use crate::error::RuntimeError;

/// A client for each provider and dialect.
#[derive(Clone, Default)]
pub struct Clients(BTreeMap<String, Vec<Arc<Client>>>);

impl Clients {
    /// Adds a client under a provider's name. The first one of a provider is asked where nothing else is known; one that speaks
    /// what another one speaks takes its place.
    pub fn add(&mut self, provider: impl Into<String>, client: Arc<Client>) {
        let clients = self.0.entry(provider.into()).or_default();
        match clients.iter_mut().find(|known| known.dialect() == client.dialect()) {
            Some(known) => *known = client,
            None => clients.push(client),
        }
    }

    /// Adds what others have of providers that are not known here.
    pub fn add_missing(&mut self, others: Self) {
        for (provider, clients) in others.0 {
            self.0.entry(provider).or_insert(clients);
        }
    }

    /// A provider's clients, the first one first; none where it is not set up.
    pub fn of(&self, provider: &str) -> &[Arc<Client>] {
        self.0.get(provider).map(Vec::as_slice).unwrap_or_default()
    }

    /// The client of a brain's provider, in the wished dialect where it speaks that one.
    ///
    /// # Errors
    /// [`RuntimeError::Setup`] where the provider is not set up.
    pub(crate) fn client(&self, brain: &Brain, wished: Option<Dialect>) -> Result<Arc<Client>, RuntimeError> {
        let clients = self.of(&brain.provider);
        let speaks = |client: &&Arc<Client>| Some(client.dialect()) == wished;
        clients.iter().find(speaks).or_else(|| clients.first()).cloned().ok_or_else(|| {
            RuntimeError::Setup(format!(
                "{brain}: no provider `{}` is set up here; `agent doctor` lists what is",
                brain.provider
            ))
        })
    }

    /// The client of a brain's provider that speaks a window's dialect.
    ///
    /// # Errors
    /// [`RuntimeError::Setup`] where the provider is not set up, or not for that dialect.
    pub(crate) fn speaking(&self, brain: &Brain, dialect: Dialect) -> Result<Arc<Client>, RuntimeError> {
        let client = self.client(brain, Some(dialect))?;
        if client.dialect() == dialect {
            return Ok(client);
        }
        let spoken: Vec<&str> = self.of(&brain.provider).iter().map(|client| client.dialect().name()).collect();
        Err(RuntimeError::Setup(format!(
            "the open window of {brain} is written in {}, and provider `{}` is set up here for {}: name the same --dialect as when \
             the session began, or the dialect under `also` in models.yaml",
            dialect.name(),
            brain.provider,
            spoken.join(", ")
        )))
    }
}

#[cfg(test)]
#[path = "clients_tests.rs"]
mod tests;
