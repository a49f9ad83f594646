//! What is remembered of conversations: a bounded table of which the longest silent go first.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use protocol::{Route, Timestamp};
use routing::Hints;

/// What is remembered of one.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// Its lane.
    pub(super) lane: Arc<str>,
    /// The strongest lane it was in, by place.
    pub(super) strongest: usize,
    /// The decision.
    pub(super) route: Option<Arc<Route>>,
    /// The binding that has its cache.
    pub(super) binding: Arc<str>,
    /// Its first words.
    pub(super) head: [u8; 16],
    /// Messages of its last request.
    pub(super) messages: usize,
    /// Requests so far, those of this window.
    pub(super) calls: u64,
    /// Prompt tokens of the first request of this window, and of the last.
    pub(super) tokens: (u64, u64),
    /// Tokens of all answers of this window, as far as they were told.
    pub(super) output: u64,
    /// Hints that it was decided with.
    pub(super) hints: Hints,
    /// When it was last heard of.
    pub(super) last: Timestamp,
}

/// Which: the token's own, so that one client cannot steer another's.
pub(super) type Key = (Option<Arc<str>>, Arc<str>);

/// The table.
#[derive(Debug)]
pub(super) struct Sessions(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    sessions: HashMap<Key, (u64, Session)>,
    /// By when they were last written.
    order: BTreeMap<u64, Key>,
    next: u64,
}

impl Sessions {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    /// What is known of one that was heard of within `idle`.
    pub(super) fn get(&self, key: &Key, idle: Duration, now: Timestamp) -> Option<Session> {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, session) = table.sessions.get(key)?;
        (now.since(session.last) <= idle).then(|| session.clone())
    }

    /// Writes one down, and forgets those that are too many or were silent for longer than `idle`.
    pub(super) fn put(&self, key: Key, session: Session, most: usize, idle: Duration) {
        let now = session.last;
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = table.next;
        table.next += 1;
        if let Some((before, _)) = table.sessions.insert(key.clone(), (number, session)) {
            table.order.remove(&before);
        }
        table.order.insert(number, key);
        while let Some((number, key)) = table.order.first_key_value().map(|(number, key)| (*number, key.clone())) {
            let silent = table.sessions.get(&key).is_none_or(|(_, session)| now.since(session.last) > idle);
            if table.sessions.len() <= most && !silent {
                break;
            }
            table.order.remove(&number);
            table.sessions.remove(&key);
        }
    }

    /// Changes one that is there.
    pub(super) fn change(&self, key: &Key, act: impl FnOnce(&mut Session)) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, session)) = table.sessions.get_mut(key) {
            act(session);
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).sessions.len()
    }
}

#[cfg(test)]
#[path = "sessions_tests.rs"]
mod tests;
