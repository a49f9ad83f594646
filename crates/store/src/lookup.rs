//! Answers to narrow questions that are asked at every step: their cost does not grow with what they leave out.

use protocol::{AgentId, DelegationId, LedgerRow, SessionId, Timestamp};
use rusqlite::params;

use crate::column::Moment;
use crate::database::Store;
use crate::error::StoreError;
use crate::read::{NEWEST_FIRST, all, delegation, ledger_row, note, one, session, tool_run};
use crate::record::{DelegationRecord, NoteRecord, SessionRecord, ToolRun};

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

    fn number<T: rusqlite::types::FromSql>(&self, sql: &str, values: impl rusqlite::Params) -> Result<T, StoreError> {
        self.read(|db| db.prepare_cached(sql)?.query_row(values, |row| row.get(0)))
    }
}
