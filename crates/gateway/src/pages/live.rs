//! What the pages show of the router and of the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use brains::State;
use protocol::Clock;

use super::{BindingView, Breaker, ModelView, Status};
use crate::route::{Listed, Routers};

/// A running gateway as its pages see it.
pub struct Live {
    routers: Arc<Routers>,
    draining: Arc<AtomicBool>,
    clock: Arc<dyn Clock>,
}

impl Live {
    /// `draining` is set by whoever ends the gateway.
    pub fn new(routers: Arc<Routers>, draining: Arc<AtomicBool>, clock: Arc<dyn Clock>) -> Self {
        Self { routers, draining, clock }
    }
}

impl Status for Live {
    fn draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    fn bindings(&self) -> Vec<BindingView> {
        let now = self.clock.now();
        let states = self.routers.now().bindings().into_iter().map(|binding| binding.state(now));
        states
            .map(|state| BindingView {
                name: state.name,
                breaker: match state.health.state {
                    State::Closed => Breaker::Closed,
                    State::HalfOpen => Breaker::HalfOpen,
                    State::Open(_) => Breaker::Open,
                },
                error_rate: (state.health.calls > 0).then_some(state.health.error_rate),
                latency_ms: state.health.latency_ms,
            })
            .collect()
    }

    fn models(&self) -> Vec<ModelView> {
        self.routers.now().models().into_iter().map(view).collect()
    }

    fn can_serve(&self) -> bool {
        !self.routers.now().config().endpoints.is_empty()
    }
}

fn view(listed: Listed) -> ModelView {
    let owner = listed.at.as_ref().map_or("gateway", |at| at.provider.as_str()).to_owned();
    let shown = match (&listed.lane, &listed.at) {
        (Some(lane), _) => format!("lane {lane}"),
        (None, Some(at)) => at.to_string(),
        (None, None) => "whatever the policy decides".to_owned(),
    };
    ModelView { id: listed.id, owner, shown, served_by: listed.served_by }
}
