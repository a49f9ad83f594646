//! Error answers.

use protocol::{ErrorKind, ProviderError};
use wire::codec;

use crate::support::{A, C, json};

fn read(status: u16, headers: &[(&str, &str)], body: &str) -> ProviderError {
    let header = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let error = codec(A).read_error(status, &header, body.as_bytes());
    assert_eq!(
        error,
        codec(C).read_error(status, &header, body.as_bytes()),
        "both dialects read every server's errors"
    );
    error
}

fn anthropic(kind: &str, message: &str) -> String {
    format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}"}},"request_id":"req_b"}}"#)
}

fn openai(kind: &str, code: &str, message: &str) -> String {
    format!(r#"{{"error":{{"message":"{message}","type":"{kind}","param":null,"code":"{code}"}}}}"#)
}

#[test]
fn anthropics_errors_are_told_apart() {
    use ErrorKind::*;
    let cases = [
        (400, "invalid_request_error", "messages: nope", InvalidRequest),
        (400, "invalid_request_error", "prompt is too long: 213462 tokens > 200000 maximum", Overflow),
        (400, "invalid_request_error", "input length and `max_tokens` exceed context limit: 190 + 20 > 200", Overflow),
        (400, "invalid_request_error", "Your credit balance is too low to access the API.", Billing),
        (400, "invalid_request_error", "You have reached your specified API usage limits.", Billing),
        (401, "authentication_error", "invalid x-api-key", Auth),
        (402, "billing_error", "pay", Billing),
        (403, "permission_error", "no", Auth),
        (404, "not_found_error", "model: x", NotFound),
        (408, "timeout_error", "late", Timeout),
        (409, "conflict_error", "twice", InvalidRequest),
        (413, "request_too_large", "Request exceeds the maximum size", Overflow),
        (429, "rate_limit_error", "This request would exceed your rate limit of 30,000 input tokens", RateLimit),
        (500, "api_error", "Internal server error", Server),
        (504, "timeout_error", "late", Timeout),
        (529, "overloaded_error", "Overloaded", Overloaded),
    ];
    for (status, kind, message, expected) in cases {
        let error = read(status, &[], &anthropic(kind, message));
        assert_eq!((error.kind, error.status), (expected, Some(status)), "{message}");
        assert_eq!(error.message, message);
        assert_eq!(error.request_id.as_deref(), Some("req_b"));
    }
    let spent = r#"{"type":"error","error":{"type":"rate_limit_error","message":"x","details":{"error_code":"enforced_spend_limit_reached"}}}"#;
    assert_eq!(read(429, &[], spent).kind, Billing);
}

#[test]
fn openais_errors_are_told_apart() {
    use ErrorKind::*;
    let cases = [
        (400, "invalid_request_error", "context_length_exceeded", "too many", Overflow),
        (400, "invalid_request_error", "unknown_parameter", "Unknown parameter", InvalidRequest),
        (400, "invalid_request_error", "content_policy_violation", "no", Refused),
        (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided", Auth),
        (404, "invalid_request_error", "model_not_found", "no such model", NotFound),
        (429, "requests", "rate_limit_exceeded", "Rate limit reached", RateLimit),
        (
            429,
            "tokens",
            "rate_limit_exceeded",
            "Request too large on tokens per min (TPM): Limit 1, Requested 2",
            RateLimit,
        ),
        (429, "x", "slow_down", "slow down", RateLimit),
        (429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota", Billing),
        (429, "x", "credit_balance_exhausted", "x", Billing),
        (429, "x", "project_spend_limit_exceeded", "x", Billing),
        (429, "x", "organization_usage_limit_exceeded", "x", Billing),
        (429, "x", "subscription_weekly_limit_exceeded", "x", Billing),
        (500, "server_error", "x", "The server had an error", Server),
        (503, "server_error", "server_is_overloaded", "busy", Overloaded),
    ];
    for (status, kind, code, message, expected) in cases {
        assert_eq!(read(status, &[], &openai(kind, code, message)).kind, expected, "{code}: {message}");
    }
}

#[test]
fn every_providers_words_for_an_overflow_are_known() {
    let texts = [
        "input is too long for requested model",
        "Your input exceeds the context window of this model",
        "Requested token count exceeds the model's maximum context length of 131072 tokens",
        "litellm.ContextWindowExceededError: x",
        "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575)",
        "This model's maximum prompt length is 131072 but the request contains 537812 tokens",
        "Please reduce the length of the messages or completion.",
        "This endpoint's maximum context length is 8 tokens. However, you requested about 9 tokens",
        "The input (9 tokens) is longer than the model's context length (8 tokens).",
        "the request exceeds the available context size. try increasing it",
        "The number of tokens to keep from the initial prompt is greater than the context length",
        "prompt token count of 9 exceeds the limit of 8",
        "invalid params, context window exceeds limit",
        "Your request exceeded model token limit: 8 (requested: 9)",
        "Prompt contains 9 tokens, too large for model with 8 maximum context length",
        "Range of input length should be [1, 8]",
        "capability_rejected: prompt_too_long",
    ];
    for text in texts {
        assert_eq!(read(400, &[], &openai("x", "x", text)).kind, ErrorKind::Overflow, "{text}");
        assert_eq!(read(500, &[], text).kind, ErrorKind::Overflow, "{text}");
    }
    assert_eq!(read(400, &[], r#"{"error":{"code":1261,"message":"x"}}"#).kind, ErrorKind::Overflow);
    assert_eq!(read(400, &[], "").kind, ErrorKind::Overflow);
    assert_eq!(read(413, &[], "").kind, ErrorKind::Overflow);
}

#[test]
fn a_limit_on_speed_is_not_an_overflow() {
    for text in ["ThrottlingException: Too many tokens, maximum context length is x", "rate limit: prompt is too long"]
    {
        assert_ne!(read(500, &[], text).kind, ErrorKind::Overflow, "{text}");
    }
    assert_eq!(read(429, &[], "prompt is too long").kind, ErrorKind::RateLimit);
}

#[test]
fn bodies_that_are_not_the_dialects_are_read_as_far_as_they_go() {
    use ErrorKind::*;
    let cases = [
        (502, "<html>Bad gateway</html>", Server, "<html>Bad gateway</html>"),
        (500, r#"{"error":"model is at capacity"}"#, Overloaded, "model is at capacity"),
        (422, r#"{"detail":"bad field"}"#, InvalidRequest, "bad field"),
        (400, r#"{"object":"error","message":"odd","code":400}"#, InvalidRequest, "odd"),
        (503, "", Overloaded, "HTTP 503 without a message"),
        (429, r#"{"error":{"code":"1308","message":"Usage limit reached"}}"#, Billing, "Usage limit reached"),
        (402, r#"{"error":{"code":402,"message":"Insufficient credits"}}"#, Billing, "Insufficient credits"),
    ];
    for (status, body, kind, message) in cases {
        let error = read(status, &[], body);
        assert_eq!((error.kind, error.message.as_str()), (kind, message), "{body}");
    }
}

#[test]
fn a_long_message_is_capped() {
    assert_eq!(read(500, &[], &"é".repeat(5_000)).message.chars().count(), 2_000);
}

#[test]
fn headers_say_when_whether_and_what_to_quote() {
    let body = anthropic("rate_limit_error", "slow");
    let after = |headers: &[(&str, &str)]| read(429, headers, &body).retry_after_ms;
    assert_eq!(after(&[("retry-after-ms", "150"), ("retry-after", "9")]), Some(150));
    assert_eq!(after(&[("retry-after", "1.5")]), Some(1_500));
    assert_eq!(after(&[("retry-after", "soon")]), None);
    assert_eq!(after(&[]), None);
    let (now, then) = ("Sat, 21 Nov 2026 10:00:00 GMT", "Sat, 21 Nov 2026 10:00:07 GMT");
    assert_eq!(after(&[("retry-after", then), ("date", now)]), Some(7_000));
    assert_eq!(after(&[("retry-after", now), ("date", then)]), Some(0));
    assert_eq!(after(&[("retry-after", then)]), None);
    let error = read(429, &[("x-should-retry", "false"), ("x-request-id", "r1")], &body);
    assert_eq!((error.should_retry, error.request_id.as_deref()), (Some(false), Some("r1")));
    assert_eq!(read(429, &[("request-id", "r2")], &body).request_id.as_deref(), Some("r2"));
}

#[test]
fn an_error_that_is_written_is_read_as_the_same_kind() {
    use ErrorKind::*;
    let kinds = [Overflow, RateLimit, Overloaded, Auth, Billing, InvalidRequest, NotFound, Timeout, Server];
    for dialect in [A, C] {
        for kind in kinds {
            let (status, body) = codec(dialect).write_error(&ProviderError::new(kind, "because"));
            let error = codec(dialect).read_error(status, &|_| None, &body);
            assert_eq!(error.kind, kind, "{dialect:?} {status}");
            assert!(error.message.ends_with("because"));
        }
    }
}

#[test]
fn statuses_differ_by_dialect_and_are_kept_where_they_fit() {
    let written = |dialect, kind, status| {
        let error = ProviderError { status, ..ProviderError::new(kind, "x") };
        codec(dialect).write_error(&error).0
    };
    assert_eq!(written(A, ErrorKind::Overloaded, Some(503)), 529);
    assert_eq!(written(C, ErrorKind::Overloaded, Some(529)), 503);
    assert_eq!(written(A, ErrorKind::Server, Some(520)), 520);
    assert_eq!(written(A, ErrorKind::Auth, Some(403)), 403);
    assert_eq!(written(C, ErrorKind::Timeout, Some(408)), 408);
    assert_eq!(written(A, ErrorKind::Truncated, None), 502);
}

#[test]
fn an_overflow_is_told_to_anthropics_clients_in_the_words_they_compact_on() {
    let error = ProviderError::new(ErrorKind::Overflow, "Your input exceeds the context window of this model");
    let (status, body) = codec(A).write_error(&error);
    let expected = "prompt is too long: Your input exceeds the context window of this model";
    assert_eq!((status, &json(&body)["error"]["message"]), (400, &expected.into()));
}
