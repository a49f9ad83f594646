//! What keeps a long run fast: what was read once is not read again, and what has expired is looked for seldom.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use blake3::Hash;

/// Pieces of requests of one kind, by the hash of their bytes.
#[derive(Debug)]
pub(crate) struct Memo<T> {
    known: Mutex<HashMap<Hash, Arc<T>>>,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self { known: Mutex::default() }
    }
}

impl<T> Memo<T> {
    /// The piece of these bytes.
    ///
    /// # Errors
    /// As `read`, whose failures are not remembered.
    pub(crate) fn get<E>(&self, raw: &str, read: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        let hash = blake3::hash(raw.as_bytes());
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(piece) = known().get(&hash) {
            return Ok(Arc::clone(piece));
        }
        // Not under the lock: reading a long piece takes a while.
        let piece = Arc::new(read()?);
        known().insert(hash, Arc::clone(&piece));
        Ok(piece)
    }
}

/// When to look for what has expired: whenever a store has doubled, because looking through all of it with every request
/// would be what a long run spends its time on.
#[derive(Debug, Default)]
pub(crate) struct Sweep {
    at: usize,
}

/// Entries below which nothing is looked for.
const FEW: usize = 1_024;

impl Sweep {
    /// Whether a store of this size is due.
    pub(crate) fn due(&self, entries: usize) -> bool {
        entries > self.at.max(FEW)
    }

    /// It was done, and so many are left.
    pub(crate) fn done(&mut self, left: usize) {
        self.at = left * 2;
    }
}
