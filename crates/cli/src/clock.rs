//! The real clock, the only place that asks the system for the time.
#![expect(clippy::disallowed_methods, reason = "this is where the time comes from")]

use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use protocol::{Clock, Timestamp};

/// The system's time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(since.as_millis() as u64)
    }

    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(span))
    }
}
