//! A span for each request, named by OpenTelemetry's `gen_ai` conventions. Nothing of what was said is in it. With no listener nothing
//! is computed.

use protocol::{SessionId, Usage, Usd};
use store::GatewayRequest;
use tracing::field::Empty;
use tracing::{Span, info_span};

use super::Ending;
use crate::ask::Ask;
use crate::route::{Binding, Plan};

/// Target of the spans: what exports them picks them by it, and log lines leave them out. The same as the runtime's.
pub const TARGET: &str = "telemetry";

/// Longest name of a model in a span, in characters: clients choose it.
const NAME_CHARS: usize = 64;

/// A request that is about to be served.
pub(super) fn request(ask: &Ask, plan: &Plan, session: &SessionId) -> Span {
    let span = info_span!(
        target: TARGET,
        "gateway",
        otel.name = Empty,
        otel.kind = "server",
        otel.status_code = Empty,
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = Empty,
        gen_ai.request.model = Empty,
        gen_ai.request.stream = ask.stream,
        gen_ai.conversation.id = session.as_str(),
        gen_ai.response.model = Empty,
        gen_ai.response.time_to_first_chunk = Empty,
        gen_ai.usage.input_tokens = Empty,
        gen_ai.usage.output_tokens = Empty,
        gen_ai.usage.cache_read.input_tokens = Empty,
        gen_ai.usage.cache_creation.input_tokens = Empty,
        gen_ai.usage.reasoning.output_tokens = Empty,
        http.response.status_code = Empty,
        tandem.cost_usd = Empty,
        tandem.requested_cost_usd = Empty,
        tandem.retries = Empty,
        tandem.gateway.request = %ask.id,
        tandem.gateway.upstream_request = Empty,
        tandem.gateway.class = ask.class.as_str(),
        tandem.gateway.dialect = ask.dialect.name(),
        tandem.gateway.lane = plan.lane,
        error.type = Empty,
    );
    if !span.is_disabled() {
        let model: String = ask.model.chars().take(NAME_CHARS).collect();
        span.record("otel.name", format!("gateway {model}"));
        span.record("gen_ai.request.model", model);
    }
    span
}

/// What came of it. The span ends when its owner is dropped.
pub(super) fn ended(span: &Span, request: &GatewayRequest, served: Option<(&Binding, &Ending)>, usage: &Usage) {
    if span.is_disabled() {
        return;
    }
    if let Some(error) = request.error {
        span.record("otel.status_code", "error");
        span.record("error.type", error.as_str());
    }
    let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
    span.record("gen_ai.usage.input_tokens", count(usage.prompt()));
    span.record("gen_ai.usage.output_tokens", count(usage.output));
    span.record("gen_ai.usage.cache_read.input_tokens", count(usage.cache_read));
    span.record("gen_ai.usage.cache_creation.input_tokens", count(usage.cache_write()));
    span.record("gen_ai.usage.reasoning.output_tokens", count(usage.reasoning));
    span.record("http.response.status_code", i64::from(request.status));
    span.record("tandem.cost_usd", request.usd.map(Usd::dollars));
    span.record("tandem.requested_cost_usd", request.requested_usd.map(Usd::dollars));
    span.record("tandem.retries", i64::from(request.attempts.saturating_sub(1)));
    span.record("gen_ai.response.time_to_first_chunk", request.first_byte_ms.map(|ms| ms as f64 / 1_000.0));
    if let Some((binding, ending)) = served {
        span.record("gen_ai.provider.name", binding.provider.as_str());
        span.record("gen_ai.response.model", binding.model.as_str());
        span.record("tandem.gateway.upstream_request", ending.request_id.as_deref());
    }
}
