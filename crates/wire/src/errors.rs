//! Error answers, read: every provider's words for the kinds of failure that something is decided by. One reader for all
//! dialects, because the servers mix them.

use jiff::fmt::rfc2822::DateTimeParser;
use protocol::{ErrorKind, ProviderError};
use serde_json::Value;

/// Longest provider's text that is kept, in characters.
const MESSAGE_CAP: usize = 2_000;

/// Codes and types that mean: no credit, or a limit that waiting does not lift.
const BILLING_CODES: &[&str] = &[
    "billing_error",
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "enforced_spend_limit_reached",
    "gousagelimiterror",
    "1308",
];

/// The same in prose.
const BILLING_TEXTS: &[&str] = &[
    "insufficient_quota",
    "credit balance is too low",
    "credit_balance_exhausted",
    "enforced_spend_limit_reached",
    "quota exceeded",
    "exceeded your current quota",
    "reached your specified api usage limits",
    "gousagelimiterror",
];

/// How providers say that the prompt is longer than the model's window.
const OVERFLOW_TEXTS: &[&str] = &[
    "prompt is too long",
    "prompt_too_long",
    "prompt too long",
    "input is too long for requested model",
    "exceeds the context window",
    "exceeds the model's maximum context length",
    "contextwindowexceedederror",
    "context_length_exceeded",
    "exceeds the maximum number of tokens allowed",
    "maximum prompt length is",
    "maximum context length is",
    "longer than the model's context length",
    "exceeds the available context size",
    "greater than the context length",
    "reduce the length of the messages",
    "context window exceeds limit",
    "exceed context limit",
    "exceeded model token limit",
    "too large for model with",
    "range of input length should be",
    "model_context_window_exceeded",
];

/// How providers say that they are busy, where neither status nor type does.
const OVERLOADED_TEXTS: &[&str] =
    &["overloaded", "server_busy", "at capacity", "resourceexhausted", "resource exhausted"];

/// What an error body says.
#[derive(Default)]
struct Told {
    status: Option<u16>,
    /// Types and codes, in lower case, the most specific first.
    words: Vec<String>,
    message: String,
    request_id: Option<String>,
}

/// Reads an answer that is not 2xx.
pub(crate) fn read(status: u16, header: &dyn Fn(&str) -> Option<String>, body: &[u8]) -> ProviderError {
    let told = told(&String::from_utf8_lossy(body));
    let empty = body.iter().all(u8::is_ascii_whitespace);
    let kind = match kind(Some(status), &told) {
        // Cerebras reports an overflow without a word.
        ErrorKind::InvalidRequest if empty && status == 400 => ErrorKind::Overflow,
        kind => kind,
    };
    let message = if told.message.is_empty() { format!("HTTP {status} without a message") } else { told.message };
    ProviderError {
        kind,
        status: Some(status),
        message: cap(&message),
        retry_after_ms: retry_after(header),
        should_retry: header("x-should-retry").and_then(|verdict| verdict.trim().parse().ok()),
        request_id: header("request-id").or_else(|| header("x-request-id")).or(told.request_id),
    }
}

/// Reads an error object inside an answer that began with 200: an event's data, a chunk, or a whole body.
pub(crate) fn in_answer(json: &str) -> ProviderError {
    let told = told(json);
    let message =
        if told.message.is_empty() { "the provider reported an error without a message" } else { &told.message };
    ProviderError {
        status: told.status,
        request_id: told.request_id.clone(),
        ..ProviderError::new(kind(told.status, &told), cap(message))
    }
}

fn told(text: &str) -> Told {
    let Ok(body) = serde_json::from_str::<Value>(text) else {
        return Told { message: text.trim().to_owned(), ..Told::default() };
    };
    let error = match body.get("error") {
        Some(error @ Value::Object(_)) => error,
        _ => &body,
    };
    let word = |value: Option<&Value>| match value {
        Some(Value::String(word)) => Some(word.to_lowercase()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let said = [body.get("error"), error.get("message"), error.get("detail")];
    let mut message = said.into_iter().flatten().find_map(Value::as_str).unwrap_or_default().to_owned();
    // OpenRouter hides what the provider behind it said here.
    if let Some(raw) = error.pointer("/metadata/raw").and_then(Value::as_str) {
        message = format!("{message}: {raw}");
    }
    let words: Vec<String> = [error.pointer("/details/error_code"), error.get("code"), error.get("type")]
        .into_iter()
        .filter_map(word)
        .collect();
    let status = words.iter().filter_map(|word| word.parse().ok()).find(|status| (400..600).contains(status));
    let request_id = body.get("request_id").and_then(Value::as_str).map(str::to_owned);
    Told { status, words, message, request_id }
}

/// The kind: no credit and overflow by words first (their statuses are shared with others), then the type, then the status.
fn kind(status: Option<u16>, told: &Told) -> ErrorKind {
    let text = told.message.to_lowercase();
    let says = |texts: &[&str]| texts.iter().any(|known| text.contains(known));
    let limited = says(&["rate limit", "too many requests", "throttlingexception", "tokens per min"]);
    let billing = told.words.iter().any(|word| {
        BILLING_CODES.contains(&word.as_str())
            || (word.starts_with("subscription_") && word.ends_with("_limit_exceeded"))
    });
    if billing || (!limited && says(BILLING_TEXTS)) || status == Some(402) {
        return ErrorKind::Billing;
    }
    let copilot = text.contains("token count") && text.contains("exceeds the limit of");
    let overflows = told.words.iter().any(|word| word == "context_length_exceeded" || word == "1261");
    if overflows || (!limited && status != Some(429) && (copilot || says(OVERFLOW_TEXTS))) {
        return ErrorKind::Overflow;
    }
    if let Some(kind) = told.words.iter().find_map(|word| by_word(word)) {
        return kind;
    }
    let plain = status.map(by_status);
    match plain {
        Some(ErrorKind::Server) | None if limited => ErrorKind::RateLimit,
        Some(ErrorKind::Server | ErrorKind::InvalidRequest) | None if says(OVERLOADED_TEXTS) => ErrorKind::Overloaded,
        Some(kind) => kind,
        None if told.words.iter().any(|word| word == "invalid_request_error") => ErrorKind::InvalidRequest,
        None => ErrorKind::Server,
    }
}

/// Types and codes that say it all. `invalid_request_error` does not: OpenAI gives it to a wrong key as well.
fn by_word(word: &str) -> Option<ErrorKind> {
    Some(match word {
        "authentication_error" | "permission_error" | "invalid_api_key" | "permission_denied" => ErrorKind::Auth,
        "not_found_error" | "model_not_found" => ErrorKind::NotFound,
        "rate_limit_error" | "rate_limit_exceeded" | "slow_down" => ErrorKind::RateLimit,
        "overloaded_error" | "server_is_overloaded" | "server_busy" | "engine_overloaded_error" => {
            ErrorKind::Overloaded
        }
        "timeout_error" => ErrorKind::Timeout,
        "request_too_large" => ErrorKind::Overflow,
        "api_error" => ErrorKind::Server,
        "invalid_prompt" => ErrorKind::InvalidRequest,
        "content_policy_violation" | "content_filter" => ErrorKind::Refused,
        _ => return None,
    })
}

fn by_status(status: u16) -> ErrorKind {
    match status {
        401 | 403 => ErrorKind::Auth,
        402 => ErrorKind::Billing,
        404 => ErrorKind::NotFound,
        408 | 504 | 524 => ErrorKind::Timeout,
        413 => ErrorKind::Overflow,
        429 => ErrorKind::RateLimit,
        503 | 529 => ErrorKind::Overloaded,
        400..=499 => ErrorKind::InvalidRequest,
        _ => ErrorKind::Server,
    }
}

/// How long the provider asks to wait: milliseconds, seconds, or a date, which counts from the answer's own `date` (there is
/// no clock here).
fn retry_after(header: &dyn Fn(&str) -> Option<String>) -> Option<u64> {
    let span = |text: String| text.trim().parse::<f64>().ok().filter(|span| span.is_finite() && *span >= 0.0);
    if let Some(ms) = header("retry-after-ms").and_then(span) {
        return Some(ms.ceil() as u64);
    }
    let asked = header("retry-after")?;
    if let Some(seconds) = span(asked.clone()) {
        return Some((seconds * 1_000.0).ceil() as u64);
    }
    let moment = |text: &str| DateTimeParser::new().parse_timestamp(text.trim()).ok();
    let until = moment(&asked)?.as_millisecond() - moment(&header("date")?)?.as_millisecond();
    Some(u64::try_from(until).unwrap_or_default())
}

fn cap(message: &str) -> String {
    message.chars().take(MESSAGE_CAP).collect()
}
