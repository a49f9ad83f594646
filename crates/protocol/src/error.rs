//! What can go wrong between us and a provider, typed.

use serde::{Deserialize, Serialize};

/// The kinds of failure that something is decided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The prompt is longer than the model's window.
    Overflow,
    /// Too many requests or tokens per minute: wait and retry.
    RateLimit,
    /// The provider is at capacity (529, 503).
    Overloaded,
    /// The key is missing, wrong, or lacks the right.
    Auth,
    /// No credit, or a spend limit: retrying does not help.
    Billing,
    /// The model or a filter refused to answer.
    Refused,
    /// The request is malformed in the provider's eyes (400).
    InvalidRequest,
    /// No such model or path.
    NotFound,
    /// The provider gave up waiting (408, 504), or our own deadline passed.
    Timeout,
    /// The provider failed (500 and others).
    Server,
    /// No connection, connection reset, or a stream that stopped sending.
    Transport,
    /// The stream ended without its terminal event.
    Truncated,
    /// The answer could not be read as its dialect.
    Malformed,
    /// The caller cancelled.
    Cancelled,
}

impl ErrorKind {
    /// The kind as written in events and in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overflow => "overflow",
            Self::RateLimit => "rate_limit",
            Self::Overloaded => "overloaded",
            Self::Auth => "auth",
            Self::Billing => "billing",
            Self::Refused => "refused",
            Self::InvalidRequest => "invalid_request",
            Self::NotFound => "not_found",
            Self::Timeout => "timeout",
            Self::Server => "server",
            Self::Transport => "transport",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A failed call, as read from the provider's answer. Never carries a key; `message` is the provider's own text, capped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}{}: {message}", kind.as_str(), status.map(|s| format!(" (HTTP {s})")).unwrap_or_default())]
pub struct ProviderError {
    /// What is decided by.
    pub kind: ErrorKind,
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// The provider's own words.
    pub message: String,
    /// How long the provider asks us to wait.
    pub retry_after_ms: Option<u64>,
    /// The provider's own verdict (`x-should-retry`), which outranks ours.
    pub should_retry: Option<bool>,
    /// The provider's id of the request, for their support.
    pub request_id: Option<String>,
}

impl ProviderError {
    /// An error without an HTTP answer behind it.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, status: None, message: message.into(), retry_after_ms: None, should_retry: None, request_id: None }
    }
}
