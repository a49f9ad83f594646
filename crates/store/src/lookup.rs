//! Answers to narrow questions that are asked at every step: their cost does not grow with what they leave out.

use protocol::{AgentId, DECISION_NOTE, DelegationId, Event, FileChange, LedgerRow, SessionId, Timestamp, WindowId};
use rusqlite::params;

use crate::column::{Json, Moment};
use crate::database::Store;
use crate::error::StoreError;
use crate::read::{NEWEST_FIRST, all, delegation, item, ledger_row, note, one, session, tool_run};
use crate::record::{DelegationRecord, NoteRecord, SessionRecord, StoredItem, ToolRun};

/// Reads fail with `Corrupt`, `Unreadable`, `Busy`, `Open` or `Other`.
impl Store {
    /// The newest note of a kind about an agent, or about the session.
    ///
    /// # Errors
    /// As all reads.
    pub fn last_note(
        &self,
        session: &SessionId,
        agent: Option<&AgentId>,
        kind: &str,
    ) -> Result<Option<NoteRecord>, StoreError> {
        let sql = "SELECT * FROM notes WHERE session = ?1 AND agent IS ?2 AND kind = ?3 ORDER BY id DESC LIMIT 1";
        self.read(|db| one(db, sql, params![session.as_str(), agent.map(AgentId::as_str), kind], note))
    }

    /// The newest session of a folder that was given something to do.
    ///
    /// # Errors
    /// As all reads.
    pub fn latest_with_input(&self, cwd: &str) -> Result<Option<SessionRecord>, StoreError> {
        let sql = format!(
            "SELECT * FROM sessions WHERE cwd = ?1
                AND EXISTS (SELECT 1 FROM inputs WHERE inputs.session = sessions.id) {NEWEST_FIRST} LIMIT 1"
        );
        self.read(|db| one(db, &sql, [cwd], session))
    }

    /// The notes of a kind, whomever they are about, in the order they were written.
    ///
    /// # Errors
    /// As all reads.
    pub fn notes_of(&self, session: &SessionId, kind: &str) -> Result<Vec<NoteRecord>, StoreError> {
        let sql = "SELECT * FROM notes WHERE session = ?1 AND kind = ?2 ORDER BY id";
        self.read(|db| all(db, sql, [session.as_str(), kind], note))
    }

    /// Number of the session's last public event; 0 before the first.
    ///
    /// # Errors
    /// As all reads.
    pub fn last_event_seq(&self, session: &SessionId) -> Result<u64, StoreError> {
        self.number("SELECT coalesce(max(seq), 0) FROM events WHERE session = ?1", [session.as_str()])
    }

    /// Number of the session's next input.
    ///
    /// # Errors
    /// As all reads.
    pub fn next_input_seq(&self, session: &SessionId) -> Result<u64, StoreError> {
        self.number("SELECT coalesce(max(seq) + 1, 0) FROM inputs WHERE session = ?1", [session.as_str()])
    }

    /// Number of an agent's next item, which is how many it has.
    ///
    /// # Errors
    /// As all reads.
    pub fn next_item_seq(&self, session: &SessionId, agent: &AgentId) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(max(seq) + 1, 0) FROM items WHERE session = ?1 AND agent = ?2";
        self.number(sql, [session.as_str(), agent.as_str()])
    }

    /// Number of an agent's last step; 0 before the first.
    ///
    /// # Errors
    /// As all reads.
    pub fn last_step(&self, session: &SessionId, agent: &AgentId) -> Result<u32, StoreError> {
        let sql = "SELECT coalesce(max(step), 0) FROM ledger WHERE session = ?1 AND agent = ?2";
        self.number(sql, [session.as_str(), agent.as_str()])
    }

    /// An agent's newest answered step.
    ///
    /// # Errors
    /// As all reads.
    pub fn last_answered(&self, session: &SessionId, agent: &AgentId) -> Result<Option<LedgerRow>, StoreError> {
        let sql = "SELECT * FROM ledger WHERE session = ?1 AND agent = ?2 AND purpose = 'step' AND outcome = 'ok'
                   ORDER BY id DESC LIMIT 1";
        self.read(|db| one(db, sql, [session.as_str(), agent.as_str()], ledger_row))
    }

    /// A delegation by its id.
    ///
    /// # Errors
    /// As all reads.
    pub fn delegation(&self, session: &SessionId, id: &DelegationId) -> Result<Option<DelegationRecord>, StoreError> {
        let sql = "SELECT * FROM delegations WHERE session = ?1 AND id = ?2";
        self.read(|db| one(db, sql, [session.as_str(), id.as_str()], delegation))
    }

    /// The session's tool runs that began at a moment or later, in the order of their intents.
    ///
    /// # Errors
    /// As all reads.
    pub fn tool_runs_since(&self, session: &SessionId, since: Timestamp) -> Result<Vec<ToolRun>, StoreError> {
        let sql = "SELECT * FROM tool_runs WHERE session = ?1 AND at >= ?2 ORDER BY rowid";
        self.read(|db| all(db, sql, params![session.as_str(), Moment(since)], tool_run))
    }

    /// An agent's tool runs from the step of an item on, in the order of their intents.
    ///
    /// # Errors
    /// As all reads.
    pub fn tool_runs_from(
        &self,
        session: &SessionId,
        agent: &AgentId,
        first_item_seq: u64,
    ) -> Result<Vec<ToolRun>, StoreError> {
        let sql = "SELECT * FROM tool_runs WHERE session = ?1 AND agent = ?2 AND step_item_seq >= ?3 ORDER BY rowid";
        self.read(|db| all(db, sql, params![session.as_str(), agent.as_str(), first_item_seq], tool_run))
    }

    /// What an agent's tool runs that began at a moment or later say they changed, in the order of their intents. What the
    /// tools answered is not read: it is most of a session.
    ///
    /// # Errors
    /// As all reads.
    pub fn changes_since(
        &self,
        session: &SessionId,
        agent: &AgentId,
        since: Timestamp,
    ) -> Result<Vec<FileChange>, StoreError> {
        let sql = "SELECT files FROM tool_runs
                   WHERE session = ?1 AND agent = ?2 AND at >= ?3 AND files <> '[]' ORDER BY rowid";
        let changes = |row: &rusqlite::Row<'_>| row.get(0).map(|Json(changes): Json<Vec<FileChange>>| changes);
        let runs = self.read(|db| all(db, sql, params![session.as_str(), agent.as_str(), Moment(since)], changes))?;
        Ok(runs.into_iter().flatten().collect())
    }

    /// The newest note about an agent's decision of one kind in one window, where this was chosen.
    ///
    /// # Errors
    /// As all reads.
    pub fn last_decision(
        &self,
        session: &SessionId,
        agent: &AgentId,
        window: &WindowId,
        (kind, chosen): (&str, &str),
    ) -> Result<Option<NoteRecord>, StoreError> {
        let sql = "SELECT * FROM notes WHERE session = ?1 AND agent = ?2 AND kind = ?3 AND json ->> 'window' = ?4
                       AND json ->> 'kind' = ?5 AND json ->> 'chosen' = ?6
                   ORDER BY id DESC LIMIT 1";
        let values = params![session.as_str(), agent.as_str(), DECISION_NOTE, window.as_str(), kind, chosen];
        self.read(|db| one(db, sql, values, note))
    }

    /// What an agent was asked since it last started afresh: the user's messages and words in between (a specialist: its
    /// briefs), each once, without the copies that later windows began with.
    ///
    /// # Errors
    /// As all reads.
    pub fn asked(&self, session: &SessionId, agent: &AgentId) -> Result<Vec<StoredItem>, StoreError> {
        let sql = "SELECT items.* FROM items
                   JOIN windows ON windows.session = items.session AND windows.agent = items.agent
                       AND windows.id = items.window
                   WHERE items.session = ?1 AND items.agent = ?2
                       AND (items.item ->> 'type' = 'user' OR items.item ->> 'kind' = 'steering')
                       AND windows.seq >= (SELECT coalesce(max(fresh.seq), 0) FROM windows AS fresh
                           WHERE fresh.session = ?1 AND fresh.agent = ?2 AND fresh.reason = 'fresh')
                       AND items.seq >= windows.carried + (SELECT min(first.seq) FROM items AS first
                           WHERE first.session = ?1 AND first.agent = ?2 AND first.window = items.window)
                   ORDER BY items.seq";
        self.read(|db| all(db, sql, [session.as_str(), agent.as_str()], item))
    }

    /// The session's public events of one type (`verification.finished`), by number.
    ///
    /// # Errors
    /// As all reads.
    pub fn events_of(&self, session: &SessionId, kind: &str) -> Result<Vec<Event>, StoreError> {
        let sql = "SELECT json FROM events WHERE session = ?1 AND json ->> 'type' = ?2 ORDER BY seq";
        self.read(|db| all(db, sql, [session.as_str(), kind], |row| row.get(0).map(|Json(event)| event)))
    }

    fn number<T: rusqlite::types::FromSql>(&self, sql: &str, values: impl rusqlite::Params) -> Result<T, StoreError> {
        self.read(|db| db.prepare_cached(sql)?.query_row(values, |row| row.get(0)))
    }
}
