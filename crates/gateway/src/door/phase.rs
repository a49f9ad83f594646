//! What a connection is doing: its time limits depend on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const HEAD: u8 = 0;
const BUSY: u8 = 1;
const IDLE: u8 = 2;

/// Shared by a connection's socket, which has the time limits, and its requests, which know where they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Phase(Arc<AtomicU8>);

/// What is waited for on the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// The rest of a head, or the first one of the connection.
    Head,
    /// Nothing in particular: a request is being served.
    Busy,
    /// Another request.
    Idle,
}

impl Phase {
    pub(crate) fn get(&self) -> Waiting {
        match self.0.load(Ordering::Acquire) {
            BUSY => Waiting::Busy,
            IDLE => Waiting::Idle,
            _ => Waiting::Head,
        }
    }

    /// The head is whole.
    pub(crate) fn serving(&self) -> Serving {
        self.0.store(BUSY, Ordering::Release);
        Serving(self.clone())
    }

    /// Bytes came in while nothing was going on: another head begins.
    pub(crate) fn head_begins(&self) {
        self.0.store(HEAD, Ordering::Release);
    }
}

/// A request is being served, until this is dropped.
#[derive(Debug)]
pub(crate) struct Serving(Phase);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.0.store(IDLE, Ordering::Release);
    }
}
