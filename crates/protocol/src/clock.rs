//! The one clock. `cli` makes the real one and hands it down; tests and the simulator share a manual one.

use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
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
    /// Completes when a span of a play has passed: what somebody is scripted to take. It is waited for; a manual clock is
    /// moved forward by it instead, whoever else waits on that clock.
    fn elapse(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.sleep(span)
    }
}

/// A clock that stands still until it is told otherwise.
///
/// With [`ManualClock::jumping`] a sleep moves the clock forward itself and returns at once, so that retries and
/// deadlines are tested without waiting. [`ManualClock::set_jumping`] changes that for the sleeps that begin afterwards.
#[derive(Debug)]
pub struct ManualClock {
    state: Mutex<State>,
    jumps: AtomicBool,
}

#[derive(Debug)]
struct State {
    now: Timestamp,
    waiting: Vec<Waker>,
}

impl ManualClock {
    /// A clock that only [`ManualClock::advance`] moves.
    pub fn new(now: Timestamp) -> Self {
        Self { state: Mutex::new(State { now, waiting: Vec::new() }), jumps: AtomicBool::new(false) }
    }

    /// A clock that every sleep moves forward by its own length.
    pub fn jumping(now: Timestamp) -> Self {
        let clock = Self::new(now);
        clock.set_jumping(true);
        clock
    }

    /// Whether sleeps that begin from now on move the clock forward themselves. Those that wait already go on waiting.
    pub fn set_jumping(&self, jumps: bool) {
        self.jumps.store(jumps, Ordering::Release);
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
        if self.jumps.load(Ordering::Acquire) {
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

    fn elapse(&self, span: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.advance(span);
        Box::pin(std::future::ready(()))
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn is_over(sleep: &mut Pin<Box<dyn Future<Output = ()> + Send + '_>>) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        pin!(sleep).poll(&mut context) == Poll::Ready(())
    }

    #[test]
    fn a_clock_jumps_only_for_sleeps_that_begin_while_it_may() {
        let (clock, minute) = (ManualClock::new(Timestamp(0)), Duration::from_secs(60));
        let mut before = clock.sleep(minute * 2);
        assert!(!is_over(&mut before));
        clock.set_jumping(true);
        assert!(is_over(&mut clock.sleep(minute)));
        assert_eq!(clock.now(), Timestamp(60_000));
        assert!(!is_over(&mut before), "one minute of its two has passed");
        clock.set_jumping(false);
        assert!(!is_over(&mut clock.sleep(minute)));
        assert_eq!(clock.now(), Timestamp(60_000));
    }

    #[test]
    fn what_elapses_in_a_play_moves_a_manual_clock_and_wakes_who_waits_on_it() {
        let (clock, minute) = (ManualClock::new(Timestamp(0)), Duration::from_secs(60));
        let mut waiting = clock.sleep(minute);
        assert!(is_over(&mut clock.elapse(minute)));
        assert!(is_over(&mut waiting));
    }
}
