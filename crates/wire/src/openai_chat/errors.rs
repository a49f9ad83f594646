//! Error answers, written.

use protocol::{ErrorKind, ProviderError};

use crate::json::{Object, string};

/// Status and body.
pub(super) fn write(error: &ProviderError) -> (u16, Vec<u8>) {
    (told(error).0, body(error).into_bytes())
}

/// The error object, as an answer's body and as a chunk of a stream.
pub(super) fn body(error: &ProviderError) -> String {
    let (_, kind, code) = told(error);
    let code = code.map_or_else(|| "null".to_owned(), string);
    let inner =
        Object::new().text("message", &error.message).text("type", kind).raw("param", "null").raw("code", &code);
    Object::new().raw("error", &inner.end()).end()
}

/// Status, type and code. The status that the error came with is kept where it belongs to the kind.
fn told(error: &ProviderError) -> (u16, &'static str, Option<&'static str>) {
    let kept =
        |allowed: std::ops::RangeInclusive<u16>, usual| error.status.filter(|s| allowed.contains(s)).unwrap_or(usual);
    let wrong = "invalid_request_error";
    match error.kind {
        ErrorKind::Overflow => (400, wrong, Some("context_length_exceeded")),
        ErrorKind::Refused => (400, wrong, Some("content_policy_violation")),
        ErrorKind::RateLimit => (429, "rate_limit_error", Some("rate_limit_exceeded")),
        ErrorKind::Overloaded => (503, "server_error", Some("server_is_overloaded")),
        ErrorKind::Auth if error.status == Some(403) => (403, wrong, Some("permission_denied")),
        ErrorKind::Auth => (401, wrong, Some("invalid_api_key")),
        ErrorKind::Billing => (429, "insufficient_quota", Some("insufficient_quota")),
        ErrorKind::InvalidRequest => (kept(400..=499, 400), wrong, None),
        ErrorKind::NotFound => (404, wrong, Some("model_not_found")),
        ErrorKind::Timeout if error.status == Some(408) => (408, "timeout_error", None),
        ErrorKind::Timeout => (504, "timeout_error", None),
        ErrorKind::Transport | ErrorKind::Truncated | ErrorKind::Malformed => (502, "server_error", None),
        ErrorKind::Server | ErrorKind::Cancelled => (kept(500..=599, 500), "server_error", None),
    }
}
