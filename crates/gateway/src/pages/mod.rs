//! Pages: health, metrics, models, dashboard.
//!
//! Each is a plain function of a [`View`]; [`Site`] makes the view and picks the page.

mod dashboard;
mod live;
mod login;
mod models;

use std::sync::Arc;

use bytes::Bytes;
use catalogue::ModelRef;
use http::Method;
use protocol::{Clock, Timestamp};

use crate::account::{Books, METRICS_TYPE, Sums, Tokens};
use crate::core::{Denied, Page, PageRequest, Pages};

pub use live::Live;

/// What the pages need to know of the server and of its router.
pub trait Status: Send + Sync {
    /// Whether the gateway ends and takes no more requests.
    fn draining(&self) -> bool;
    /// The bindings, in the order of the configuration.
    fn bindings(&self) -> Vec<BindingView>;
    /// What clients may ask for.
    fn models(&self) -> Vec<ModelView>;
    /// Whether any provider is set up: bindings of models that are asked for by name come with the first request.
    fn can_serve(&self) -> bool;
}

/// How a binding is.
#[derive(Clone, Debug, PartialEq)]
pub struct BindingView {
    /// Its name.
    pub name: String,
    /// Its circuit breaker.
    pub breaker: Breaker,
    /// Share of recent requests that failed, 0 to 1; none where there were none.
    pub error_rate: Option<f64>,
    /// Usual time to the first byte, in milliseconds; none where there was none.
    pub latency_ms: Option<u64>,
}

/// State of a circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaker {
    /// Requests go through.
    Closed,
    /// One goes through, to see.
    HalfOpen,
    /// None does.
    Open,
}

impl Breaker {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half-open",
            Self::Open => "open",
        }
    }

    /// As a number for metrics.
    fn number(self) -> i64 {
        match self {
            Self::Closed => 0,
            Self::HalfOpen => 1,
            Self::Open => 2,
        }
    }
}

/// A model that clients may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelView {
    /// By which it is asked for.
    pub id: String,
    /// Who serves it, or `gateway` for a lane.
    pub owner: String,
    /// For people.
    pub shown: String,
    /// Every model that may answer; empty where that is not known before somebody asks.
    pub served_by: Vec<ModelRef>,
}

/// What pages are made of.
#[derive(Clone, Debug)]
pub struct View {
    /// Now.
    pub now: Timestamp,
    /// When the gateway started.
    pub started: Timestamp,
    /// Whether it ends.
    pub draining: bool,
    /// Requests that have not ended.
    pub in_flight: i64,
    /// Rows that the ledger could not take.
    pub dropped_rows: u64,
    /// How the bindings are.
    pub bindings: Vec<BindingView>,
    /// What was asked for and served.
    pub sums: Sums,
}

/// All pages.
pub struct Site {
    status: Arc<dyn Status>,
    books: Arc<Books>,
    tokens: Arc<Tokens>,
    clock: Arc<dyn Clock>,
    /// Whether the gateway can be reached from this machine only: the dashboard then needs no token.
    loopback: bool,
}

impl Site {
    /// Pages of a gateway.
    pub fn new(
        status: Arc<dyn Status>,
        books: Arc<Books>,
        tokens: Arc<Tokens>,
        clock: Arc<dyn Clock>,
        loopback: bool,
    ) -> Self {
        Self { status, books, tokens, clock, loopback }
    }

    fn view(&self) -> View {
        View {
            now: self.clock.now(),
            started: self.books.started(),
            draining: self.status.draining(),
            in_flight: self.books.metrics().in_flight(),
            dropped_rows: self.books.metrics().dropped_rows(),
            bindings: self.status.bindings(),
            sums: self.books.tally().sums(),
        }
    }

    fn ready(&self) -> Page {
        if self.status.draining() {
            return plain(503, "draining: no more requests are taken\n");
        }
        let bindings = self.status.bindings();
        if !self.status.can_serve() {
            return plain(503, "not ready: no provider is set up\n");
        }
        if bindings.is_empty() || bindings.iter().any(|binding| binding.breaker != Breaker::Open) {
            return plain(200, "ready\n");
        }
        plain(503, "not ready: every provider has failed again and again\n")
    }

    fn metrics(&self) -> Page {
        let bindings = self.status.bindings();
        let breakers: Vec<(&str, i64)> =
            bindings.iter().map(|binding| (binding.name.as_str(), binding.breaker.number())).collect();
        let text = self.books.metrics().text(self.status.draining(), &breakers);
        Page { status: 200, headers: vec![("content-type", METRICS_TYPE.to_owned())], body: text.into() }
    }

    /// Whether somebody may see a page that browsers look at, too: with a client's token, or with the token as the password that a
    /// browser asks for.
    fn sees(&self, request: &PageRequest) -> Result<(), Denied> {
        let Err(denied) = &request.admitted else { return Ok(()) };
        match login::password(&request.headers) {
            Some(password) => self.tokens.admit_password(&password).map(drop),
            None => Err(denied.clone()),
        }
    }

    fn models(&self, request: &PageRequest, id: Option<&str>) -> Page {
        let dialect = models::dialect(&request.headers);
        let token = match &request.admitted {
            Ok(token) => token.as_deref(),
            Err(denied) => return models::refused(dialect, denied),
        };
        let grant = token.and_then(|name| self.tokens.grant(name)).filter(|grant| !grant.models.is_empty());
        let mut known = self.status.models();
        // A lane counts where any of its models may be used: the others are left out when it is asked for.
        known.retain(|model| {
            let may = |at: &ModelRef| grant.as_ref().is_none_or(|grant| grant.allows(Some(&at.provider), &at.model));
            grant.is_none() || model.served_by.iter().any(may)
        });
        match id {
            None => models::list(dialect, &known),
            Some(id) => models::one(dialect, &known, id),
        }
    }
}

impl Pages for Site {
    fn page(&self, request: &PageRequest) -> Option<Page> {
        if !matches!(request.method, Method::GET | Method::HEAD) {
            return None;
        }
        let page = match request.path.as_str() {
            "/healthz" => plain(200, "ok\n"),
            "/readyz" => self.ready(),
            // What Claude Code asks to see whether anybody is there.
            "/api/hello" => plain(200, "hello\n"),
            "/" if self.loopback => dashboard::page(&self.view()),
            "/" => self.sees(request).map_or_else(|denied| login::asked(&denied), |()| dashboard::page(&self.view())),
            "/metrics" => self.sees(request).map_or_else(|denied| login::asked(&denied), |()| self.metrics()),
            "/v1/models" => self.models(request, None),
            path => self.models(request, Some(path.strip_prefix("/v1/models/")?)),
        };
        Some(page)
    }
}

fn plain(status: u16, text: &str) -> Page {
    let headers =
        vec![("content-type", "text/plain; charset=utf-8".to_owned()), ("cache-control", "no-store".to_owned())];
    Page { status, headers, body: Bytes::copy_from_slice(text.as_bytes()) }
}

#[cfg(test)]
#[path = "pages_tests.rs"]
mod tests;
