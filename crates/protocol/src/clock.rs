//! The one clock. `cli` makes the real one and hands it down; tests and the simulator share a manual one.

use std::pin::Pin;
use std::sync::Mutex;
use std::task::Waker;
use std::time::Duration;

use futures::future::poll_fn;
use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Time since an earlier moment; zero when it is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// This moment plus a span.
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0 + span.as_millis() as u64)
    }
}

/// Tells the time and waits for it.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Completes when the span has passed.
    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// A clock that stands still until it is told otherwise.
///
/// With [`ManualClock::jumping`] a sleep moves the clock forward itself and returns at once, so that retries and
/// deadlines are tested without waiting.
#[derive(Debug)]
pub struct ManualClock {
    state: Mutex<State>,
    jumps: bool,
}

#[derive(Debug)]
struct State {
    now: Timestamp,
    waiting: Vec<Waker>,
}

impl ManualClock {
    /// A clock that only [`ManualClock::advance`] moves.
    pub fn new(now: Timestamp) -> Self {
        Self { state: Mutex::new(State { now, waiting: Vec::new() }), jumps: false }
    }

    /// A clock that every sleep moves forward by its own length.
    pub fn jumping(now: Timestamp) -> Self {
        Self { jumps: true, ..Self::new(now) }
    }

    /// Moves time forward and wakes the sleepers.
    pub fn advance(&self, span: Duration) {
        let mut state = self.lock();
        state.now = state.now.plus(span);
        state.waiting.drain(..).for_each(Waker::wake);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A poisoned clock still tells the time: the state is two plain values.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.lock().now
    }

    fn sleep(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        if self.jumps {
            self.advance(span);
            return Box::pin(std::future::ready(()));
        }
        let until = self.now().plus(span);
        Box::pin(poll_fn(move |context| {
            let mut state = self.lock();
            if state.now >= until {
                return std::task::Poll::Ready(());
            }
            state.waiting.push(context.waker().clone());
            std::task::Poll::Pending
        }))
    }
}
