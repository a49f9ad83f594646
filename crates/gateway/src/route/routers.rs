//! The router that counts now. A changed configuration replaces it as a whole; requests in flight go on with the one they have.

use std::sync::{Arc, PoisonError, RwLock};

use brains::{Ended, Refused};
use catalogue::Catalogue;
use protocol::{Clock, ErrorKind, ProviderError};

use super::preview;
use super::{Binding, ConfigError, Plan, Router, RouterConfig};
use crate::ask::Ask;
use crate::core;

/// The router that counts now, with the clock that it decides by.
pub struct Routers {
    current: RwLock<Arc<Router>>,
    clock: Arc<dyn Clock>,
}

impl Routers {
    /// Begins with one.
    ///
    /// # Errors
    /// As [`Router::new`].
    pub fn new(config: RouterConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let router = Router::new(config, Arc::clone(&clock))?;
        Ok(Self { current: RwLock::new(Arc::new(router)), clock })
    }

    /// The one that counts.
    pub fn now(&self) -> Arc<Router> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces it: keys, addresses and lanes are new for what comes next; sessions, health and connections go on.
    ///
    /// # Errors
    /// As [`Router::new`]; the one before goes on then.
    pub fn swap(&self, config: RouterConfig) -> Result<(), ConfigError> {
        let next = Arc::new(self.now().renewed(config)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }
}

impl core::Router for Routers {
    fn plan(&self, ask: &Ask) -> Result<Plan, Box<ProviderError>> {
        self.now().plan(ask, self.clock.now()).map_err(|refusal| Box::new(refusal.error()))
    }

    fn catalogue(&self) -> Option<Arc<Catalogue>> {
        Some(Arc::clone(&self.now().config().catalogue))
    }

    fn admit(&self, binding: &Arc<Binding>) -> Result<(), Box<ProviderError>> {
        binding.admit(0, self.clock.now()).map_err(|refused| Box::new(left_alone(binding, &refused)))
    }

    fn ended(&self, binding: &Arc<Binding>, attempt: &core::Outcome<'_>) {
        let now = self.clock.now();
        if let Some(headers) = attempt.headers {
            binding.observe(headers, now);
        }
        let ended = match attempt.error {
            None => Ended::Answered(attempt.first_byte_ms),
            Some(error) if error.kind == ErrorKind::Cancelled => Ended::Left,
            Some(error) => Ended::Failed(error),
        };
        binding.ended(&ended, now);
    }

    fn preview(&self, asked: &core::Preview<'_>) -> Result<Vec<u8>, Box<ProviderError>> {
        preview::of(&self.now(), asked, self.clock.now())
    }
}

fn left_alone(binding: &Binding, refused: &Refused) -> ProviderError {
    let why = if refused.why == "limit" { "is at its rate limit" } else { "failed again and again" };
    let message = format!(
        "{} {why} and is not asked for another {} seconds; ask again then",
        binding.name,
        refused.wait.as_millis().div_ceil(1000).max(1)
    );
    let retry_after_ms = Some(u64::try_from(refused.wait.as_millis()).unwrap_or(u64::MAX));
    ProviderError { retry_after_ms, ..ProviderError::new(refused.kind, message) }
}

impl std::fmt::Debug for Routers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Routers").field("current", &self.now()).finish_non_exhaustive()
    }
}
