//! The one place that makes things durable: writes and the public events that tell of them go into one transaction, and
//! only then is anything shown. Events and notes are records: keys that the program knows are taken out of them here, whatever they
//! tell of. Items of transcripts are not touched: they are what a model was sent.

use std::borrow::Cow;
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
            .map(|((agent, body), seq)| {
                without_keys(Event { v: VERSION, session: self.session.clone(), seq, agent, body })
            })
            .collect();
        let mut all: Vec<Write> = writes.into_iter().map(record).collect();
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

/// The event as it is kept and shown.
fn without_keys(event: Event) -> Event {
    let Ok(json) = serde_json::to_string(&event) else { return event };
    match redact::global().redact_known(&json) {
        Cow::Borrowed(_) => event,
        // A mark holds nothing that ends a string, so what was JSON still is.
        Cow::Owned(clean) => serde_json::from_str(&clean).unwrap_or(event),
    }
}

/// A write as it is kept.
fn record(write: Write) -> Write {
    match write {
        Write::Note(mut note) => {
            if let Cow::Owned(clean) = redact::global().redact_known(&note.json) {
                note.json = clean;
            }
            Write::Note(note)
        }
        other => other,
    }
}
