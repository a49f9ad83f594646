//! The one place that makes things durable: writes and the public events that tell of them go into one transaction, and
//! only then is anything shown.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::event::VERSION;
use protocol::{AgentId, Event, EventBody, SessionId};
use store::{Store, Write};

use crate::error::RuntimeError;
use crate::front::{Front, Shown};
use crate::telemetry;

/// Writes a session's records and events, in order.
pub(crate) struct Journal {
    store: Store,
    session: SessionId,
    front: Arc<dyn Front>,
    /// Number of the last event.
    seq: Mutex<u64>,
}

impl Journal {
    /// Goes on after the events that the session already has.
    pub(crate) fn open(store: Store, session: SessionId, front: Arc<dyn Front>) -> Result<Self, RuntimeError> {
        let seq = store.last_event_seq(&session)?;
        Ok(Self { store, session, front, seq: Mutex::new(seq) })
    }

    /// One durable write: all of it or nothing. Events are numbered, stored with the writes, then shown.
    pub(crate) fn commit(
        &self,
        writes: Vec<Write>,
        events: Vec<(Option<AgentId>, EventBody)>,
    ) -> Result<(), RuntimeError> {
        if writes.is_empty() && events.is_empty() {
            return Ok(());
        }
        // Held until the events are shown, so that they are shown in the order of their numbers.
        let mut seq = self.lock();
        let numbered: Vec<Event> = events
            .into_iter()
            .zip(*seq + 1..)
            .map(|((agent, body), seq)| Event { v: VERSION, session: self.session.clone(), seq, agent, body })
            .collect();
        let mut all = writes;
        all.extend(numbered.iter().cloned().map(Write::Event));
        self.store.commit(&self.session, &all)?;
        *seq += numbered.len() as u64;
        telemetry::recorded(&self.session, &all);
        numbered.iter().for_each(|event| self.front.show(Shown::Event(event)));
        Ok(())
    }

    /// An event without a record behind it.
    pub(crate) fn event(&self, agent: Option<&AgentId>, body: EventBody) -> Result<(), RuntimeError> {
        self.commit(Vec::new(), vec![(agent.cloned(), body)])
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.seq.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
