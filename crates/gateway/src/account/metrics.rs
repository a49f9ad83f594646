//! Counters and histograms for Prometheus. No label comes from a client: bindings and lanes are the owner's, the rest is a closed
//! set.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use protocol::{Dialect, Usage, Usd};

use super::Ending;
use crate::ask::Class;

/// What the text is (OpenMetrics 1.0, which Prometheus reads).
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Most values of a label that is not a closed set.
const VALUES: usize = 64;

/// Stands for values beyond that.
const OTHER: &str = "other";

/// Upper ends of the buckets of latencies, in seconds.
const SECONDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0, 600.0];

type Dollars = Counter<f64, AtomicU64>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    dialect: &'static str,
    class: &'static str,
    lane: Arc<String>,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfBinding {
    binding: Arc<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfAttempt {
    binding: Arc<String>,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTokens {
    binding: Arc<String>,
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfStatus {
    status: &'static str,
}

/// What is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    values: Mutex<HashMap<String, Arc<String>>>,
    requests: Family<OfRequest, Counter>,
    refused: Family<OfStatus, Counter>,
    in_flight: Gauge,
    attempts: Family<OfAttempt, Counter>,
    tokens: Family<OfTokens, Counter>,
    cost: Family<OfBinding, Dollars>,
    requested_cost: Dollars,
    first_byte: Family<OfBinding, Histogram>,
    whole: Family<OfBinding, Histogram>,
    breaker: Family<OfBinding, Gauge<i64, AtomicI64>>,
    draining: Gauge,
    rows: Counter,
    dropped: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let histogram = || Histogram::new(SECONDS);
        let mut metrics = Self {
            registry: Registry::with_prefix("agent_gateway"),
            values: Mutex::default(),
            requests: Family::default(),
            refused: Family::default(),
            in_flight: Gauge::default(),
            attempts: Family::default(),
            tokens: Family::default(),
            cost: Family::default(),
            requested_cost: Dollars::default(),
            first_byte: Family::new_with_constructor(histogram),
            whole: Family::new_with_constructor(histogram),
            breaker: Family::default(),
            draining: Gauge::default(),
            rows: Counter::default(),
            dropped: Counter::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let to = &mut self.registry;
        to.register("requests", "Requests to models, by how they ended", self.requests.clone());
        to.register("refused", "Requests refused before anybody was chosen for them", self.refused.clone());
        to.register("requests_in_flight", "Requests that have not ended", self.in_flight.clone());
        to.register("attempts", "Requests sent to providers, by how they ended", self.attempts.clone());
        to.register("tokens", "Tokens that providers billed, by kind", self.tokens.clone());
        let dollars = Unit::Other("usd".to_owned());
        to.register_with_unit("cost", "What they cost, where the price is known", dollars.clone(), self.cost.clone());
        let help =
            "What the same tokens would have cost with the models that were asked for, where both prices are known";
        to.register_with_unit("requested_cost", help, dollars, self.requested_cost.clone());
        let help = "From sending a request to a provider to the first byte of its answer";
        to.register_with_unit("first_byte", help, Unit::Seconds, self.first_byte.clone());
        let help = "From sending a request to a provider to the end of its answer";
        to.register_with_unit("answer", help, Unit::Seconds, self.whole.clone());
        let help = "Circuit breaker: 0 closed, 1 half-open, 2 open";
        to.register("breaker", help, self.breaker.clone());
        to.register("draining", "1 while the gateway ends", self.draining.clone());
        to.register("ledger_rows", "Rows written to the ledger", self.rows.clone());
        to.register("ledger_dropped", "Rows that could not be written (disk full, queue full)", self.dropped.clone());
    }

    /// A value for a label: of the first ones, itself.
    fn value(&self, text: &str) -> Arc<String> {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = values.get(text) {
            return known.clone();
        }
        let value = Arc::new(if values.len() < VALUES { text } else { OTHER }.to_owned());
        if values.len() < VALUES {
            values.insert(text.to_owned(), value.clone());
        }
        value
    }

    /// A request was taken in.
    pub(super) fn began(&self) {
        self.in_flight.inc();
    }

    /// A request has ended.
    pub(super) fn ended(&self, dialect: Dialect, class: Class, lane: &str, status: u16) {
        self.in_flight.dec();
        let labels = OfRequest {
            dialect: dialect_name(dialect),
            class: class.as_str(),
            lane: self.value(lane),
            status: status_name(status),
        };
        self.requests.get_or_create(&labels).inc();
    }

    /// A request was refused before it had a plan.
    pub(super) fn refused(&self, status: u16) {
        self.refused.get_or_create(&OfStatus { status: refusal_name(status) }).inc();
    }

    /// An attempt at a binding has ended.
    pub(super) fn attempt(&self, binding: &str, ending: &Ending, usd: Option<Usd>) {
        let binding = self.value(binding);
        let outcome = ending.error.map_or("ok", protocol::ErrorKind::as_str);
        self.attempts.get_or_create(&OfAttempt { binding: binding.clone(), outcome }).inc();
        for (kind, tokens) in kinds(&ending.usage) {
            if tokens > 0 {
                self.tokens.get_or_create(&OfTokens { binding: binding.clone(), kind }).inc_by(tokens);
            }
        }
        let of = OfBinding { binding };
        if let Some(usd) = usd {
            self.cost.get_or_create(&of).inc_by(usd.dollars().max(0.0));
        }
        if ending.error.is_none() {
            let seconds = |ms: u64| ms as f64 / 1_000.0;
            self.first_byte.get_or_create(&of).observe(seconds(ending.first_byte_ms.unwrap_or(ending.ms)));
            self.whole.get_or_create(&of).observe(seconds(ending.ms));
        }
    }

    /// What the model that was asked for would have cost.
    pub(super) fn compared(&self, requested: Usd) {
        self.requested_cost.inc_by(requested.dollars().max(0.0));
    }

    /// Rows reached the ledger.
    pub(super) fn wrote(&self, rows: u64) {
        self.rows.inc_by(rows);
    }

    /// Rows did not.
    pub(super) fn dropped(&self, rows: u64) {
        self.dropped.inc_by(rows);
    }

    /// Rows that were not written since the start.
    pub fn dropped_rows(&self) -> u64 {
        self.dropped.get()
    }

    /// Requests that have not ended.
    pub fn in_flight(&self) -> i64 {
        self.in_flight.get()
    }

    /// All of it as text, with the state of things at this moment: whether the gateway ends, and for each binding 0, 1 or 2.
    pub fn text(&self, draining: bool, breakers: &[(&str, i64)]) -> String {
        self.draining.set(i64::from(draining));
        for (binding, state) in breakers {
            self.breaker.get_or_create(&OfBinding { binding: self.value(binding) }).set(*state);
        }
        let mut page = String::new();
        // Writing to a string cannot fail.
        let _ = text::encode(&mut page, &self.registry);
        page
    }
}

fn dialect_name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::AnthropicMessages => "anthropic_messages",
        Dialect::OpenaiChat => "openai_chat",
        Dialect::OpenaiResponses => "openai_responses",
    }
}

fn status_name(status: u16) -> &'static str {
    match status {
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        500..=599 => "5xx",
        _ => "none",
    }
}

/// Refusals are few, and which one it was matters.
fn refusal_name(status: u16) -> &'static str {
    match status {
        400 => "400",
        401 => "401",
        402 => "402",
        403 => "403",
        404 => "404",
        405 => "405",
        408 => "408",
        413 => "413",
        414 => "414",
        429 => "429",
        431 => "431",
        503 => "503",
        other => status_name(other),
    }
}

fn kinds(usage: &Usage) -> [(&'static str, u64); 5] {
    [
        ("input", usage.input),
        ("cache_read", usage.cache_read),
        ("cache_write_short", usage.cache_write_short),
        ("cache_write_long", usage.cache_write_long),
        ("output", usage.output),
    ]
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
