//! What a bill is made from: transcripts without their rendered bytes, windows without their prefix, and which calls changed
//! files. A session's bytes are many times its meaning, and a bill over many sessions reads them all.

use protocol::{AgentId, Brain, CallId, FileChange, Item, SessionId, Timestamp, WindowId};
use rusqlite::{Row, params};

use crate::column::{Json, Moment};
use crate::database::Store;
use crate::error::StoreError;
use crate::read::all;

/// An item of a transcript, as far as its meaning goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscriptItem {
    /// Whose transcript.
    pub agent: AgentId,
    /// The window it was appended in.
    pub window: WindowId,
    /// Counts the agent's items over all its windows, from 0.
    pub seq: u64,
    /// The item.
    pub item: Item,
    /// When it was appended.
    pub at: Timestamp,
}

/// A window, as far as its brain and its beginning go.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowOpening {
    /// Whose.
    pub agent: AgentId,
    /// Its name.
    pub id: WindowId,
    /// Counts the agent's windows.
    pub seq: u64,
    /// The brain it froze.
    pub brain: Brain,
    /// Why it was opened.
    pub reason: String,
    /// When.
    pub opened_at: Timestamp,
    /// How many of its first items were carried over from the window before it.
    pub carried: u64,
}

/// A tool call that changed files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangingCall {
    /// Who asked.
    pub agent: AgentId,
    /// The assistant item that asked.
    pub step_item_seq: u64,
    /// The call; unique within that item.
    pub call: CallId,
    /// What changed.
    pub files: Vec<FileChange>,
}

/// Reads fail with `Corrupt`, `Unreadable`, `Busy`, `Open` or `Other`.
impl Store {
    /// All items of all the session's agents: each agent's by number.
    ///
    /// # Errors
    /// As all reads.
    pub fn transcripts(&self, session: &SessionId) -> Result<Vec<TranscriptItem>, StoreError> {
        let sql = "SELECT agent, window, seq, item, at FROM items WHERE session = ?1 ORDER BY agent, seq";
        self.read(|db| all(db, sql, [session.as_str()], item))
    }

    /// The windows of all the session's agents, in the order they were opened.
    ///
    /// # Errors
    /// As all reads.
    pub fn openings(&self, session: &SessionId) -> Result<Vec<WindowOpening>, StoreError> {
        let sql = "SELECT agent, id, seq, brain, reason, opened_at, carried FROM windows
                   WHERE session = ?1 ORDER BY rowid";
        self.read(|db| all(db, sql, [session.as_str()], opening))
    }

    /// The session's tool calls that changed files, in the order of their intents.
    ///
    /// # Errors
    /// As all reads.
    pub fn changing_calls(&self, session: &SessionId) -> Result<Vec<ChangingCall>, StoreError> {
        let sql = "SELECT agent, step_item_seq, call, files FROM tool_runs
                   WHERE session = ?1 AND files IS NOT NULL AND files <> '[]' ORDER BY rowid";
        self.read(|db| all(db, sql, [session.as_str()], changing_call))
    }

    /// The sessions that called a model at a moment or later (at any time, for none), in the order they did so.
    ///
    /// # Errors
    /// As all reads.
    pub fn sessions_with_calls(&self, since: Option<Timestamp>) -> Result<Vec<SessionId>, StoreError> {
        let sql = "SELECT session FROM ledger WHERE at >= ?1 GROUP BY session ORDER BY min(id)";
        let since = Moment(since.unwrap_or_default());
        self.read(|db| all(db, sql, params![since], |row| row.get("session").map(SessionId)))
    }
}

fn item(row: &Row<'_>) -> rusqlite::Result<TranscriptItem> {
    Ok(TranscriptItem {
        agent: row.get("agent").map(AgentId)?,
        window: row.get("window").map(WindowId)?,
        seq: row.get("seq")?,
        item: row.get("item").map(|Json(item)| item)?,
        at: row.get("at").map(|Moment(at)| at)?,
    })
}

fn opening(row: &Row<'_>) -> rusqlite::Result<WindowOpening> {
    Ok(WindowOpening {
        agent: row.get("agent").map(AgentId)?,
        id: row.get("id").map(WindowId)?,
        seq: row.get("seq")?,
        brain: row.get("brain").map(|Json(brain)| brain)?,
        reason: row.get("reason")?,
        opened_at: row.get("opened_at").map(|Moment(at)| at)?,
        carried: row.get("carried")?,
    })
}

fn changing_call(row: &Row<'_>) -> rusqlite::Result<ChangingCall> {
    Ok(ChangingCall {
        agent: row.get("agent").map(AgentId)?,
        step_item_seq: row.get("step_item_seq")?,
        call: row.get("call").map(CallId)?,
        files: row.get("files").map(|Json(files)| files)?,
    })
}
