//! Error answers, written.

use protocol::{ErrorKind, ProviderError};

use crate::json::Object;

/// Status and body.
pub(super) fn write(error: &ProviderError) -> (u16, Vec<u8>) {
    (told(error).0, body(error).into_bytes())
}

/// The error object, as an answer's body and as the data of an `error` event.
pub(super) fn body(error: &ProviderError) -> String {
    let (_, kind) = told(error);
    let message = wording(error);
    let inner = Object::of_type(kind).text("message", &message).end();
    let body = Object::of_type("error").raw("error", &inner);
    match &error.request_id {
        Some(id) => body.text("request_id", id).end(),
        None => body.end(),
    }
}

/// A body that is too large. A server may mean the prompt by the same status: then it says so, or nothing at all.
fn is_too_large(error: &ProviderError) -> bool {
    error.status == Some(413) && error.message.to_lowercase().contains("request")
}

/// Clients of this dialect know an overflow by these words, and compact on them.
fn wording(error: &ProviderError) -> String {
    let known = "prompt is too long";
    if error.kind != ErrorKind::Overflow || error.message.contains(known) || is_too_large(error) {
        return error.message.clone();
    }
    format!("{known}: {}", error.message)
}

/// Status and type. The status that the error came with is kept where it belongs to the kind.
fn told(error: &ProviderError) -> (u16, &'static str) {
    let kept =
        |allowed: std::ops::RangeInclusive<u16>, usual| error.status.filter(|s| allowed.contains(s)).unwrap_or(usual);
    match error.kind {
        ErrorKind::Overflow if is_too_large(error) => (413, "request_too_large"),
        ErrorKind::Overflow | ErrorKind::Refused => (400, "invalid_request_error"),
        ErrorKind::RateLimit => (429, "rate_limit_error"),
        ErrorKind::Overloaded => (529, "overloaded_error"),
        ErrorKind::Auth if error.status == Some(403) => (403, "permission_error"),
        ErrorKind::Auth => (401, "authentication_error"),
        ErrorKind::Billing => (402, "billing_error"),
        ErrorKind::InvalidRequest if error.status == Some(409) => (409, "conflict_error"),
        ErrorKind::InvalidRequest => (kept(400..=499, 400), "invalid_request_error"),
        ErrorKind::NotFound => (404, "not_found_error"),
        ErrorKind::Timeout if error.status == Some(408) => (408, "timeout_error"),
        ErrorKind::Timeout => (504, "timeout_error"),
        ErrorKind::Transport | ErrorKind::Truncated | ErrorKind::Malformed => (502, "api_error"),
        ErrorKind::Server | ErrorKind::Cancelled => (kept(500..=599, 500), "api_error"),
    }
}
