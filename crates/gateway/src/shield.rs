//! A fault of the gateway's own, met while one client is served, ends that client's answer and nothing else.
//!
//! What is polled through here may panic: the panic is caught, and whoever installs a panic hook can ask [`is_raised`] whether the
//! process goes on. Everything that is not polled through here (ledger, tokens, the accepting task) is shared by all clients; a fault
//! there is not for the gateway to survive.

use std::cell::Cell;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

use protocol::{ErrorKind, ProviderError};

thread_local! {
    /// How many shields stand around what this thread is doing.
    static AROUND: Cell<u32> = const { Cell::new(0) };
}

/// Whether a panic of this thread, now, is caught and ends one client's answer only. For panic hooks.
pub fn is_raised() -> bool {
    AROUND.with(|around| around.get() > 0)
}

/// One more shield, until dropped; also while a panic unwinds through it.
struct Raised;

impl Raised {
    fn raise() -> Self {
        AROUND.with(|around| around.set(around.get() + 1));
        Self
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        AROUND.with(|around| around.set(around.get().saturating_sub(1)));
    }
}

/// Does the work; none where it panicked. What the work has in hand is not looked at again by anybody: that is its own state, and
/// locks, which are taken from whoever panicked under them as they are.
pub fn contain<T>(work: impl FnOnce() -> T) -> Option<T> {
    let _raised = Raised::raise();
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// The same for work that waits.
pub(crate) async fn contained<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|context| match contain(|| work.as_mut().poll(context)) {
        Some(poll) => poll.map(Some),
        None => std::task::Poll::Ready(None),
    })
    .await
}

/// What the client is told.
pub(crate) fn fault() -> ProviderError {
    let message = "the gateway failed while it worked on this request: it is a fault of the gateway, not of the request or of the \
                   provider; other requests go on";
    ProviderError { status: Some(500), ..ProviderError::new(ErrorKind::Server, message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shield_is_up_only_around_the_work_and_also_after_a_panic_it_is_down() {
        assert!(!is_raised());
        assert_eq!(contain(is_raised), Some(true));
        assert_eq!(contain(|| contain(|| panic!("inner")).map(|()| 0)), Some(None));
        assert_eq!(contain(|| -> u8 { panic!("outer") }), None);
        assert!(!is_raised());
    }

    #[tokio::test]
    async fn work_that_waits_is_shielded_at_every_step_and_not_in_between() {
        let waits = async {
            assert!(is_raised());
            tokio::task::yield_now().await;
            assert!(is_raised());
            7
        };
        assert_eq!(contained(waits).await, Some(7));
        let fails = async {
            tokio::task::yield_now().await;
            panic!("after a pause");
        };
        assert_eq!(contained::<()>(fails).await, None);
        assert!(!is_raised());
    }
}
