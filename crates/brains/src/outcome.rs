//! What comes out of a call.

use std::pin::Pin;

use bytes::Bytes;
use futures::Stream;
use protocol::{ProviderError, Reply, Timestamp, Usage};
use reqwest::header::HeaderMap;

/// The bytes of a body as they arrive. After an error it ends. Dropping it closes the connection if the body is not over.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, ProviderError>> + Send>>;

/// A failed attempt after which another one was made: a row of its own in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When its request was sent.
    pub at: Timestamp,
    /// Milliseconds until it failed.
    pub ms: u64,
    /// What it had reported as billed before it failed; mostly nothing.
    pub usage: Usage,
    /// Why it failed.
    pub error: ProviderError,
}

/// A call that was answered. Times are those of the attempt that succeeded; the failed ones carry their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The answer.
    pub reply: Reply,
    /// Failed attempts before it, oldest first.
    pub attempts: Vec<Attempt>,
    /// Milliseconds from sending to the first content; none for an answer that was not streamed.
    pub first_token_ms: Option<u64>,
    /// Milliseconds from sending to the end of the answer.
    pub ms: u64,
    /// The provider's id of the request (`request-id`, `x-request-id`).
    pub request_id: Option<String>,
    /// When the request was sent.
    pub at: Timestamp,
}

/// A call that failed for good. Times are those of the last attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why the last attempt failed.
    pub error: ProviderError,
    /// Failed attempts before it, oldest first.
    pub attempts: Vec<Attempt>,
    /// When the last attempt's request was sent (for a cancel between two attempts: when that was).
    pub at: Timestamp,
    /// Milliseconds from there to the failure.
    pub ms: u64,
    /// Milliseconds to the first content, where there was any.
    pub first_token_ms: Option<u64>,
    /// What a cut stream had already reported.
    pub usage: Usage,
    /// Content had been handed to the caller, so that no further attempt was allowed.
    pub shown: bool,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.attempts.len() {
            0 => write!(f, "{}", self.error),
            retries => write!(f, "{} (attempt {})", self.error, retries + 1),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// An answer as bytes.
pub struct RawResponse {
    /// HTTP status. Not 2xx only when retries did not help or were not allowed.
    pub status: u16,
    /// Headers in the order they came, names in lower case; a value that is not UTF-8 is made so.
    pub headers: Vec<(String, String)>,
    /// The body. The limits of the policy and the cancel token apply to it as well.
    pub stream: ByteStream,
    /// What a status other than 2xx means; the body is then the provider's own, for forwarding (up to 1 MiB).
    pub error: Option<ProviderError>,
    /// Failed attempts before this one, oldest first.
    pub attempts: Vec<Attempt>,
    /// When the request was sent.
    pub at: Timestamp,
    /// Milliseconds until the status line.
    pub ms: u64,
}

impl RawResponse {
    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("error", &self.error)
            .field("attempts", &self.attempts)
            .field("at", &self.at)
            .field("ms", &self.ms)
            .finish_non_exhaustive()
    }
}

/// One attempt that was answered, with any status.
pub struct Once {
    /// HTTP status.
    pub status: u16,
    /// Headers as they came.
    pub headers: HeaderMap,
    /// The body. The limits of the policy and the cancel token apply to it as well.
    pub stream: ByteStream,
    /// What a status other than 2xx means; the body is then the provider's own (up to 1 MiB), read whole.
    pub error: Option<ProviderError>,
    /// Another attempt at the same place can help.
    pub again: bool,
    /// An attempt at another provider, or with another key, is allowed: never for a request that is wrong, or a key.
    pub elsewhere: bool,
    /// When the request was sent.
    pub at: Timestamp,
    /// Milliseconds until the status line.
    pub ms: u64,
}

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Once")
            .field("status", &self.status)
            .field("error", &self.error)
            .field("again", &self.again)
            .field("elsewhere", &self.elsewhere)
            .field("ms", &self.ms)
            .finish_non_exhaustive()
    }
}

/// One attempt without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnceError {
    /// Why.
    pub error: ProviderError,
    /// Another attempt at the same place can help.
    pub again: bool,
    /// An attempt elsewhere is allowed.
    pub elsewhere: bool,
    /// When the request was sent.
    pub at: Timestamp,
    /// Milliseconds until it failed.
    pub ms: u64,
}

impl std::fmt::Display for OnceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for OnceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
