//! Error answers, written. Their body is the one of Chat Completions; inside a stream they are an answer that has failed.

use protocol::{ErrorKind, ProviderError};

use crate::codec::Codec;
use crate::json::Object;

/// Status and body.
pub(super) fn write(error: &ProviderError) -> (u16, Vec<u8>) {
    crate::openai_chat::OpenaiChat.write_error(error)
}

/// The error of an answer that has failed. Clients decide by the code whether they try again.
pub(super) fn failed(error: &ProviderError) -> String {
    let code = match error.kind {
        ErrorKind::Overflow => "context_length_exceeded",
        ErrorKind::RateLimit => "rate_limit_exceeded",
        ErrorKind::Overloaded => "server_is_overloaded",
        ErrorKind::Auth => "invalid_api_key",
        ErrorKind::Billing => "insufficient_quota",
        ErrorKind::Refused => "content_policy_violation",
        ErrorKind::InvalidRequest => "invalid_prompt",
        ErrorKind::NotFound => "model_not_found",
        ErrorKind::Timeout
        | ErrorKind::Server
        | ErrorKind::Transport
        | ErrorKind::Truncated
        | ErrorKind::Malformed
        | ErrorKind::Cancelled => "server_error",
    };
    Object::new().text("code", code).text("message", &error.message).end()
}
