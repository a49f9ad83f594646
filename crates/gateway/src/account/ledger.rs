//! The way of rows to the store: a bounded queue and one thread that writes them in batches. A request never waits for the disk; where
//! the disk is full or too slow, rows are dropped and counted.

use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

use protocol::{AgentId, LedgerRow, SessionId, Timestamp};
use store::{GatewayRequest, NoteRecord, SessionRecord, Store, StoreError, Write};

use super::metrics::Metrics;

/// Rows that wait to be written; a row is about half a kilobyte. Beyond that they are dropped.
pub const QUEUE: usize = 8_192;

/// Rows of one durable write.
const BATCH: usize = 256;

/// How long a row waits for others to be written with. The thread sleeps through it: nobody who hands a row over has to wake it.
const GATHER: Duration = Duration::from_millis(50);

/// Sessions whose records and steps are remembered; what is beyond is read from the store again.
const SESSIONS: usize = 4_096;

/// What stands as a session's folder and as the name of its team: no repository belongs to it.
const GATEWAY: &str = "gateway";

/// Something to be written, of one request.
#[derive(Debug)]
pub(super) enum Record {
    /// An attempt. Its step is numbered here.
    Attempt { request: Arc<str>, row: Box<LedgerRow> },
    /// A decision.
    Decision { session: SessionId, note: NoteRecord },
    /// The end of a request.
    Request(Box<GatewayRequest>),
}

#[derive(Debug)]
enum Message {
    Record(Record),
    /// Everything before it is to be on the disk when this is answered.
    Flush(SyncSender<()>),
    End,
}

/// The queue and its thread.
#[derive(Debug)]
pub struct Ledger {
    queue: SyncSender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
    sleeper: Thread,
    metrics: Arc<Metrics>,
}

impl Ledger {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn start(store: Store, metrics: Arc<Metrics>) -> std::io::Result<Self> {
        let (queue, messages) = sync_channel(QUEUE);
        let writer = Writer { store, metrics: metrics.clone(), sessions: HashMap::new(), failing: false };
        let thread = std::thread::Builder::new().name("ledger".to_owned()).spawn(move || writer.run(&messages))?;
        let sleeper = thread.thread().clone();
        Ok(Self { queue, thread: Mutex::new(Some(thread)), sleeper, metrics })
    }

    /// Hands a row over; never waits.
    pub(super) fn put(&self, record: Record) {
        if self.queue.try_send(Message::Record(record)).is_err() {
            self.metrics.dropped(1);
        }
    }

    /// Waits until all rows that were handed over are written (or dropped).
    pub fn flush(&self) {
        let (done, wait) = sync_channel(1);
        if self.queue.send(Message::Flush(done)).is_ok() {
            self.sleeper.unpark();
            // An error means that the thread is gone, and then nothing is left to wait for.
            let _ = wait.recv();
        }
    }

    /// Writes what is left and ends the thread.
    pub fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return };
        // An error means that the thread has ended already.
        let _ = self.queue.send(Message::End);
        self.sleeper.unpark();
        let _ = thread.join();
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.close();
    }
}

/// What is known of a session while the gateway runs.
struct Known {
    record: SessionRecord,
    /// The last step of each agent.
    steps: BTreeMap<String, u32>,
    /// Steps of requests that have not ended.
    open: HashMap<Arc<str>, u32>,
}

struct Writer {
    store: Store,
    metrics: Arc<Metrics>,
    sessions: HashMap<SessionId, Known>,
    /// The last write failed: it was said, and is not said for every batch.
    failing: bool,
}

impl Writer {
    fn run(mut self, messages: &Receiver<Message>) {
        while let Ok(first) = messages.recv() {
            if matches!(first, Message::Record(_)) {
                std::thread::park_timeout(GATHER);
            }
            if self.work_off(first, messages) {
                return;
            }
        }
    }

    /// Writes what is there; whether that was the end.
    fn work_off(&mut self, first: Message, messages: &Receiver<Message>) -> bool {
        let mut batch = Vec::new();
        for message in std::iter::once(first).chain(messages.try_iter()) {
            match message {
                Message::Record(record) if batch.len() + 1 < BATCH => batch.push(record),
                Message::Record(record) => {
                    batch.push(record);
                    self.write(std::mem::take(&mut batch));
                }
                Message::Flush(done) => {
                    self.write(std::mem::take(&mut batch));
                    // Whoever waited may have left.
                    let _ = done.send(());
                }
                Message::End => {
                    self.write(batch);
                    return true;
                }
            }
        }
        self.write(batch);
        false
    }

    fn write(&mut self, batch: Vec<Record>) {
        if batch.is_empty() {
            return;
        }
        let rows = batch.len() as u64;
        match self.commit(batch) {
            Ok(()) => {
                self.failing = false;
                self.metrics.wrote(rows);
            }
            Err(error) => {
                self.metrics.dropped(rows);
                // What was numbered in vain is read from the store again.
                self.sessions.clear();
                if !std::mem::replace(&mut self.failing, true) {
                    tracing::error!(%error, rows, "rows of the gateway's ledger were not written; requests go on");
                }
            }
        }
    }

    fn commit(&mut self, batch: Vec<Record>) -> Result<(), StoreError> {
        let mut writes: BTreeMap<SessionId, Vec<Write>> = BTreeMap::new();
        for record in batch {
            let (session, write) = self.numbered(record)?;
            writes.entry(session).or_default().push(write);
        }
        let mut all = Vec::with_capacity(writes.len());
        for (session, mut writes) in writes {
            if let Some(known) = self.sessions.get(&session) {
                writes.insert(0, Write::Session(known.record.clone()));
            }
            all.push((session, writes));
        }
        self.store.commit_all(&all)
    }

    /// What is to be written, with the number of its step.
    fn numbered(&mut self, record: Record) -> Result<(SessionId, Write), StoreError> {
        match record {
            Record::Attempt { request, mut row } => {
                let session = row.session.clone();
                let store = self.store.clone();
                let known = self.known(&session, row.at)?;
                row.step = match known.open.get(&request) {
                    Some(step) => *step,
                    None => {
                        let step = known.next_step(&store, &session, &row.agent)?;
                        known.open.insert(request, step);
                        step
                    }
                };
                Ok((session, Write::Ledger(*row)))
            }
            Record::Decision { session, note } => {
                self.known(&session, note.at)?;
                Ok((session, Write::Note(note)))
            }
            Record::Request(request) => {
                let session = request.session.clone();
                self.known(&session, request.at)?.open.remove(request.request.as_str());
                Ok((session, Write::Gateway(request)))
            }
        }
    }

    fn known(&mut self, session: &SessionId, at: Timestamp) -> Result<&mut Known, StoreError> {
        if !self.sessions.contains_key(session) {
            if self.sessions.len() >= SESSIONS {
                self.sessions.clear();
            }
            let record = self.store.session(session)?.unwrap_or_else(|| record(session, at));
            let known = Known { record, steps: BTreeMap::new(), open: HashMap::new() };
            self.sessions.insert(session.clone(), known);
        }
        let known = self.sessions.entry(session.clone()).or_insert_with(|| Known {
            record: record(session, at),
            steps: BTreeMap::new(),
            open: HashMap::new(),
        });
        known.record.updated_at = known.record.updated_at.max(at);
        Ok(known)
    }
}

impl Known {
    fn next_step(&mut self, store: &Store, session: &SessionId, agent: &AgentId) -> Result<u32, StoreError> {
        let last = match self.steps.get(agent.as_str()) {
            Some(last) => *last,
            None => store.last_step(session, agent)?,
        };
        self.steps.insert(agent.0.clone(), last + 1);
        Ok(last + 1)
    }
}

/// A session of the gateway's own. Nothing that anybody said is in it.
fn record(session: &SessionId, at: Timestamp) -> SessionRecord {
    SessionRecord {
        id: session.clone(),
        cwd: GATEWAY.to_owned(),
        team_name: GATEWAY.to_owned(),
        team_yaml: String::new(),
        created_at: at,
        updated_at: at,
        status: None,
        title: "through the gateway".to_owned(),
        options_json: "{}".to_owned(),
    }
}
