//! Spans for OpenTelemetry, named by its `gen_ai` conventions (`docs/telemetry.md`): a turn and a delegation (`invoke_agent`), a
//! model call (`chat`), a tool call (`execute_tool`), a decision, an attempt in a lane (`route`). They go to whoever listens to
//! `tracing`; `cli` exports them. With no listener nothing is computed. What was said is in them only where that was asked for.

mod content;

use std::future::Future;

use protocol::event::SessionStatus;
use protocol::{
    AgentId, Attempt, AttemptEnd, CallId, DECISION_NOTE, Decision, LedgerRow, Reply, RowOutcome, SessionId, StopReason,
    ToolOutcome, Usd,
};
use store::{NoteRecord, Write};
use tools::DelegationAnswer;
use tracing::field::Empty;
use tracing::{Instrument, Span, info_span};

pub(crate) use self::content::Capture;
use crate::error::RuntimeError;
use crate::infer::Built;
use crate::session::{Core, TurnOutcome};

/// Target of every span of this module: what exports them picks them by it, and log lines leave them out.
pub const TARGET: &str = "telemetry";

/// An attribute that `tracing` carries as the text of a JSON list. It is exported as a list.
pub const FINISH_REASONS: &str = "gen_ai.response.finish_reasons";

/// An attribute that `tracing` carries as the text of a JSON object. It is exported as one attribute per number.
pub const NUMBERS: &str = "tandem.decision.numbers";

/// Longest name of a tool in a span's name, in characters: a model may ask for a tool that there is none of.
const NAME_CHARS: usize = 64;

/// A turn: everything between the user's input and the answer.
pub(crate) async fn turn(
    core: &Core,
    work: impl Future<Output = Result<TurnOutcome, RuntimeError>>,
) -> Result<TurnOutcome, RuntimeError> {
    let span = invocation(core, &core.team.main().id, None);
    let outcome = work.instrument(span.clone()).await;
    let status = match &outcome {
        Ok(outcome) => outcome.status,
        Err(error) => {
            failed(&span, error.code());
            error.status()
        }
    };
    span.record("tandem.status", SessionStatus::as_str(status));
    outcome
}

/// A delegation: from the brief to report and receipt.
pub(crate) async fn delegation(
    core: &Core,
    call: &CallId,
    to: &AgentId,
    work: impl Future<Output = Result<DelegationAnswer, String>>,
) -> Result<DelegationAnswer, String> {
    let span = invocation(core, to, Some(call));
    let answer = work.instrument(span.clone()).await;
    match &answer {
        Ok(answer) => {
            let status = answer.report.as_ref().and_then(|report| serde_json::to_value(report.status).ok());
            let status = status.as_ref().and_then(|status| status.as_str()).unwrap_or("no_report");
            span.record("tandem.status", status);
            span.record("tandem.verified", answer.receipt.verified);
        }
        Err(_) => failed(&span, "no_answer"),
    }
    answer
}

fn invocation(core: &Core, agent: &AgentId, call: Option<&CallId>) -> Span {
    let provider = core.team.agent(agent).map(|spec| provider(&spec.brain.provider));
    info_span!(
        target: TARGET,
        "invoke_agent",
        otel.name = %format_args!("invoke_agent {agent}"),
        otel.kind = "internal",
        otel.status_code = Empty,
        gen_ai.operation.name = "invoke_agent",
        gen_ai.provider.name = provider,
        gen_ai.agent.name = agent.as_str(),
        gen_ai.conversation.id = core.session.as_str(),
        gen_ai.tool.call.id = call.map(CallId::as_str),
        tandem.team = core.team.name,
        tandem.status = Empty,
        tandem.verified = Empty,
        error.type = Empty,
    )
}

/// A model call that is about to be sent. The span covers its retries.
pub(crate) fn chat(core: &Core, built: &Built, row: &LedgerRow) -> Span {
    let span = info_span!(
        target: TARGET,
        "chat",
        otel.name = %format_args!("chat {}", row.brain.model),
        otel.kind = "client",
        otel.status_code = Empty,
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = provider(&row.brain.provider),
        gen_ai.request.model = row.brain.model,
        gen_ai.request.max_tokens = Empty,
        gen_ai.request.stream = true,
        gen_ai.conversation.id = row.session.as_str(),
        gen_ai.agent.name = row.agent.as_str(),
        gen_ai.response.id = Empty,
        gen_ai.response.model = Empty,
        gen_ai.response.finish_reasons = Empty,
        gen_ai.response.time_to_first_chunk = Empty,
        gen_ai.usage.input_tokens = Empty,
        gen_ai.usage.output_tokens = Empty,
        gen_ai.usage.cache_read.input_tokens = Empty,
        gen_ai.usage.cache_creation.input_tokens = Empty,
        gen_ai.usage.reasoning.output_tokens = Empty,
        gen_ai.input.messages = Empty,
        gen_ai.output.messages = Empty,
        tandem.cost_usd = Empty,
        tandem.window = row.window.as_str(),
        tandem.purpose = row.purpose.as_str(),
        tandem.step = i64::from(row.step),
        tandem.delegation = row.delegation.as_ref().map(protocol::DelegationId::as_str),
        tandem.retries = Empty,
        tandem.cache.expected_tokens = Empty,
        tandem.cache.note = Empty,
        error.type = Empty,
    );
    if !span.is_disabled() {
        span.record("gen_ai.request.max_tokens", content::max_tokens(&built.body));
        if core.capture.is_on() {
            span.record("gen_ai.input.messages", content::sent(&built.body));
        }
    }
    span
}

/// What came of a model call: its row, the rows of the attempts before it, the answer where there is one.
pub(crate) fn billed(core: &Core, span: &Span, row: &LedgerRow, retried: &[Write], reply: Option<&Reply>) {
    if span.is_disabled() {
        return;
    }
    if let RowOutcome::Failed(kind) = row.outcome {
        failed(span, kind.as_str());
    }
    span.record("gen_ai.usage.input_tokens", count(row.usage.prompt()));
    span.record("gen_ai.usage.output_tokens", count(row.usage.output));
    span.record("gen_ai.usage.cache_read.input_tokens", count(row.usage.cache_read));
    span.record("gen_ai.usage.cache_creation.input_tokens", count(row.usage.cache_write()));
    span.record("gen_ai.usage.reasoning.output_tokens", count(row.usage.reasoning));
    span.record("gen_ai.response.time_to_first_chunk", row.first_token_ms.map(|ms| ms as f64 / 1000.0));
    let attempts = retried.iter().filter_map(|write| match write {
        Write::Ledger(row) => Some(row.usd),
        _ => None,
    });
    span.record("tandem.retries", count(attempts.clone().count() as u64));
    let usd: Option<Usd> = attempts.chain([row.usd]).sum();
    span.record("tandem.cost_usd", usd.map(Usd::dollars));
    span.record("tandem.cache.expected_tokens", count(row.predicted_cache_read));
    span.record("tandem.cache.note", row.cache_note.as_deref());
    let Some(reply) = reply else { return };
    span.record("gen_ai.response.id", reply.id.as_str());
    span.record("gen_ai.response.model", reply.model.as_str());
    let finish = finish_reason(&reply.stop);
    span.record(FINISH_REASONS, serde_json::json!([finish]).to_string());
    if core.capture.is_on() {
        span.record("gen_ai.output.messages", content::said(reply, finish));
    }
}

/// A call of a tool, answered by `work`.
pub(crate) async fn tool(
    core: &Core,
    agent: &AgentId,
    (id, name, arguments): (&str, &str, &str),
    work: impl Future<Output = Result<ToolOutcome, RuntimeError>>,
) -> Result<ToolOutcome, RuntimeError> {
    let name: String = name.chars().take(NAME_CHARS).collect();
    let span = info_span!(
        target: TARGET,
        "execute_tool",
        otel.name = %format_args!("execute_tool {name}"),
        otel.kind = "internal",
        otel.status_code = Empty,
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = name,
        gen_ai.tool.call.id = id,
        gen_ai.tool.type = "function",
        gen_ai.tool.call.arguments = core.capture.is_on().then_some(arguments),
        gen_ai.tool.call.result = Empty,
        gen_ai.agent.name = agent.as_str(),
        gen_ai.conversation.id = core.session.as_str(),
        error.type = Empty,
    );
    let outcome = work.instrument(span.clone()).await;
    match &outcome {
        Ok(outcome) => {
            if outcome.is_error {
                failed(&span, "tool_error");
            }
            if core.capture.is_on() && !span.is_disabled() {
                span.record("gen_ai.tool.call.result", content::result(outcome));
            }
        }
        Err(error) => failed(&span, error.code()),
    }
    outcome
}

/// What has just been made durable: of it, decisions are shown.
pub(crate) fn recorded(session: &SessionId, writes: &[Write]) {
    for write in writes {
        if let Write::Note(note) = write
            && note.kind == DECISION_NOTE
        {
            decided(session, note);
        }
    }
}

/// A decision takes no time: its span says where in the work it was made.
fn decided(session: &SessionId, note: &NoteRecord) {
    let Ok(decision) = serde_json::from_str::<Decision>(&note.json) else { return };
    let _made = info_span!(
        target: TARGET,
        "decision",
        otel.name = %format_args!("decision {}", decision.kind.as_str()),
        otel.kind = "internal",
        gen_ai.conversation.id = session.as_str(),
        gen_ai.agent.name = decision.agent.as_str(),
        tandem.decision.kind = decision.kind.as_str(),
        tandem.decision.chosen = decision.chosen,
        tandem.decision.because = decision.because,
        tandem.decision.formula = decision.formula,
        tandem.decision.numbers = serde_json::to_string(&decision.numbers).unwrap_or_default(),
        tandem.window = decision.window.as_str(),
        tandem.step = i64::from(decision.step),
        tandem.delegation = decision.delegation.as_ref().map(protocol::DelegationId::as_str),
    );
}

/// A task's way to a lane, once it is known what came of it there. `baseline` is what the same calls would have cost in the last
/// lane; it is asked for only if somebody listens.
pub(crate) fn routed(main: &AgentId, attempt: &Attempt, end: &AttemptEnd, baseline: impl FnOnce() -> Option<Usd>) {
    let route = &attempt.route;
    let overruled = route.reasons.iter().any(|reason| reason.starts_with("override:"));
    let span = info_span!(
        target: TARGET,
        "route",
        otel.name = %format_args!("route {}", route.lane),
        otel.kind = "internal",
        gen_ai.conversation.id = attempt.session.as_str(),
        gen_ai.agent.name = main.as_str(),
        route.task_type = route.task_type.as_str(),
        route.tier = route.lane,
        route.model = %attempt.brain,
        route.classifier_label = route.classifier.as_deref(),
        route.reason = route.reasons.join(", "),
        route.policy_hash = route.policy,
        route.fallback_from = attempt.escalated_from.as_ref().map(|(lane, _)| lane.as_str()),
        route.user_override = overruled,
        route.attempt = i64::from(attempt.number),
        route.passed = end.passed,
        route.failure = end.failure.as_deref(),
        gen_ai.usage.input_tokens = count(end.usage.prompt()),
        gen_ai.usage.output_tokens = count(end.usage.output),
        gen_ai.usage.cache_read.input_tokens = count(end.usage.cache_read),
        gen_ai.usage.cache_creation.input_tokens = count(end.usage.cache_write()),
        cost.usd = end.usd.map(Usd::dollars),
        cost.baseline_usd = Empty,
    );
    if !span.is_disabled() {
        span.record("cost.baseline_usd", baseline().map(Usd::dollars));
    }
}

fn failed(span: &Span, kind: &str) {
    span.record("otel.status_code", "error");
    span.record("error.type", kind);
}

/// Numbers of spans are signed.
fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A provider by the name that the conventions give it; ours for those they do not list.
fn provider(name: &str) -> &str {
    match name {
        "google" => "gcp.gemini",
        "mistral" => "mistral_ai",
        "moonshot" => "moonshot_ai",
        "xai" => "x_ai",
        other => other,
    }
}

/// Why a model stopped, in the conventions' words where they have one.
fn finish_reason(stop: &StopReason) -> &str {
    match stop {
        StopReason::EndTurn | StopReason::StopSequence => "stop",
        StopReason::ToolUse => "tool_call",
        StopReason::MaxTokens | StopReason::ContextWindow => "length",
        StopReason::Refusal => "content_filter",
        StopReason::Pause => "pause",
        StopReason::Other(words) => words,
    }
}
