//! Who serves a request: the lane, and the bindings of its model in the order in which they are tried.
//!
//! The decision itself is `routing`'s; here is what a gateway adds: sessions that stick, names that clients send, several bindings of
//! a model, and their health.

mod affinity;
mod binding;
mod config;
mod lanes;
mod models;
mod order;
mod preview;
mod refusal;
mod router;
mod routers;
mod sessions;
mod switching;

use std::sync::Arc;
use std::time::Duration;

use protocol::{Effort, Route};

pub use binding::{Binding, BindingState};
pub use brains::{Ended, Health, Limits, Refused};
pub use config::{ConfigError, RouterConfig};
pub use models::Listed;
pub use preview::in_words;
pub use refusal::Refusal;
pub use router::Router;
pub use routers::Routers;

/// The lane's name where the model that was asked for is served as it is.
pub const REQUESTED: &str = "requested";

/// What was decided about a request.
#[derive(Clone)]
pub struct Plan {
    /// The lane's name; [`REQUESTED`] where the model that was asked for is served as it is.
    pub lane: String,
    /// The bindings to try, best first; never empty. First those of the lane, then those of the lanes that may stand in for it.
    pub bindings: Vec<Arc<Binding>>,
    /// What each of them stands for, in the same order.
    pub places: Vec<Place>,
    /// Why, in the words of `agent route`; never empty.
    pub reasons: Vec<String>,
    /// The decision as the policy made it, for the ledger; none where the policy was not asked.
    pub route: Option<Arc<Route>>,
    /// Whether the decision was made for this request, and not taken from its session.
    pub fresh: bool,
    /// Attempts at one binding after the first, before the next one is tried.
    pub retries: u32,
    /// Most attempts at all bindings together.
    pub attempts: u32,
    /// How long the first byte of an answer is waited for, all attempts together.
    pub deadline: Duration,
}

/// Where a binding of a plan stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its lane.
    pub lane: Arc<str>,
    /// How hard the lane thinks, where the policy says so.
    pub effort: Option<Effort>,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bindings: Vec<&str> = self.bindings.iter().map(|binding| binding.name.as_str()).collect();
        f.debug_struct("Plan")
            .field("lane", &self.lane)
            .field("bindings", &bindings)
            .field("reasons", &self.reasons)
            .field("fresh", &self.fresh)
            .finish_non_exhaustive()
    }
}
