//! A model at a provider, with one key.

use std::sync::Arc;

use brains::{Client, Ended, Health, HealthView, Limits, Refused};
use http::{HeaderMap, HeaderName, HeaderValue};
use protocol::{Dialect, Timestamp};

use super::affinity;

/// A model at a provider, with one key: what a request can be sent to.
pub struct Binding {
    /// `PROVIDER/MODEL`, with `#N` behind it where there are several.
    pub name: String,
    /// The provider's name.
    pub provider: String,
    /// The model as the provider spells it.
    pub model: String,
    /// The connection, one client per dialect that the provider speaks. The first one is preferred where the client's own is not
    /// among them.
    pub clients: Vec<(Dialect, Arc<Client>)>,
    /// How many sessions it gets, against the weights of the others.
    pub weight: u32,
    /// How it is doing; the same for all bindings of one name, also after the configuration was read again.
    pub health: Arc<Health>,
}

/// How a binding stands, for pages and metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct BindingState {
    /// Its name.
    pub name: String,
    /// Breaker, errors, latency, headroom.
    pub health: HealthView,
}

impl Binding {
    /// A binding of which nothing is known yet.
    pub fn new(
        name: impl Into<String>,
        provider: impl Into<String>,
        model: impl Into<String>,
        clients: Vec<(Dialect, Arc<Client>)>,
        limits: &Limits,
    ) -> Self {
        let health = Arc::new(Health::new(limits));
        Self { name: name.into(), provider: provider.into(), model: model.into(), clients, weight: 1, health }
    }

    /// The client's own dialect where the provider speaks it, else the one that is preferred.
    pub fn client(&self, dialect: Dialect) -> Option<(Dialect, &Arc<Client>)> {
        let own = self.clients.iter().find(|(spoken, _)| *spoken == dialect).or(self.clients.first());
        own.map(|(spoken, client)| (*spoken, client))
    }

    /// Lets an attempt with about so many tokens through; each that is let through is told about with [`Binding::ended`].
    ///
    /// # Errors
    /// How long to wait, and why: the breaker, or a limit.
    pub fn admit(&self, tokens: u64, now: Timestamp) -> Result<(), Refused> {
        self.health.admit(tokens, now)
    }

    /// What came of an attempt.
    pub fn ended(&self, ended: &Ended<'_>, now: Timestamp) {
        self.health.ended(ended, now);
    }

    /// Reads the rate limits from the headers of an answer.
    pub fn observe(&self, headers: &HeaderMap, now: Timestamp) {
        self.health.observe(headers, now);
    }

    /// How it stands.
    pub fn state(&self, now: Timestamp) -> BindingState {
        BindingState { name: self.name.clone(), health: self.health.view(now) }
    }

    /// The header by which the provider keeps a session where its cache is; none where it knows none.
    pub fn affinity(&self, session: &str) -> Option<(HeaderName, HeaderValue)> {
        affinity::header(&self.provider, session)
    }
}

impl std::fmt::Debug for Binding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Binding").field("name", &self.name).field("weight", &self.weight).finish_non_exhaustive()
    }
}
