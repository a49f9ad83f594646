//! How long a call may take and how often it is tried.

use std::time::Duration;

/// Limits of a call. The time limits are measured in real time on the socket; pauses between attempts go through the
/// clock that was handed down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Attempts after the first one. The vendors' SDKs: 2.
    pub max_retries: u32,
    /// From sending the request to the first byte of the answer's body. The vendors' SDKs: 10 minutes (a local model may
    /// read a long prompt for minutes before it says a word).
    pub first_byte: Duration,
    /// Between two reads of the body. Any byte is life, pings and comments included.
    pub idle: Duration,
    /// Name look-up, TCP and TLS handshake together.
    pub connect: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_retries: 2,
            first_byte: Duration::from_secs(600),
            idle: Duration::from_secs(120),
            connect: Duration::from_secs(10),
        }
    }
}
