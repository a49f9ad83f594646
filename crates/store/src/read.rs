//! Reading back what was written, in the order it was written.

use protocol::{AgentId, CallId, DelegationId, Event, LedgerRow, Receipt, RowOutcome, SessionId, Usage, Usd, WindowId};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use crate::column::{Json, Moment, Picos, Word};
use crate::cost;
use crate::database::Store;
use crate::error::StoreError;
use crate::record::{
    DelegationClosed, DelegationRecord, InputRecord, NoteRecord, SessionRecord, SessionSummary, StoredItem, ToolDone,
    ToolIntent, ToolRun, WindowRecord,
};

/// Newest first; of two of the same moment the one that began later.
pub(crate) const NEWEST_FIRST: &str = "ORDER BY updated_at DESC, rowid DESC";

/// Whether a session is set aside ([`crate::ASIDE_NOTE`]).
const ASIDE: &str = "(EXISTS (SELECT 1 FROM notes WHERE notes.session = sessions.id AND notes.kind = 'aside')
    AND NOT EXISTS (SELECT 1 FROM inputs WHERE inputs.session = sessions.id))";

/// Reads fail with `Corrupt`, `Unreadable`, `Busy`, `Open` or `Other`.
impl Store {
    /// A session by its full id.
    ///
    /// # Errors
    /// As all reads.
    pub fn session(&self, id: &SessionId) -> Result<Option<SessionRecord>, StoreError> {
        self.read(|db| one(db, "SELECT * FROM sessions WHERE id = ?1", [id.as_str()], session))
    }

    /// The newest sessions with their dollars and steps.
    ///
    /// # Errors
    /// As all reads.
    pub fn sessions(&self, limit: usize) -> Result<Vec<SessionSummary>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|db| {
            let sql = format!("SELECT *, {ASIDE} AS aside FROM sessions {NEWEST_FIRST} LIMIT ?1");
            let records = all(db, &sql, [limit], |row| Ok((session(row)?, row.get("aside")?)))?;
            let summary = |(session, aside): (SessionRecord, bool)| {
                let cost = cost::of_session(db, &session.id)?;
                Ok(SessionSummary { session, steps: cost.steps, usd: cost.usd, aside })
            };
            records.into_iter().map(summary).collect()
        })
    }

    /// The newest session of a folder, those aside that [`crate::ASIDE_NOTE`] marks.
    ///
    /// # Errors
    /// As all reads.
    pub fn latest(&self, cwd: &str) -> Result<Option<SessionRecord>, StoreError> {
        let sql = format!("SELECT * FROM sessions WHERE cwd = ?1 AND NOT {ASIDE} {NEWEST_FIRST} LIMIT 1");
        self.read(|db| one(db, &sql, [cwd], session))
    }

    /// The sessions whose id begins like this, newest first; an empty prefix is every session's.
    ///
    /// # Errors
    /// As all reads.
    pub fn resolve_prefix(&self, prefix: &str) -> Result<Vec<SessionId>, StoreError> {
        // Not LIKE: it knows wildcards and takes `A` for `a`.
        let sql = format!("SELECT id FROM sessions WHERE substr(id, 1, length(?1)) = ?1 {NEWEST_FIRST}");
        self.read(|db| all(db, &sql, [prefix], |row| row.get("id").map(SessionId)))
    }

    /// An agent's windows, first to last.
    ///
    /// # Errors
    /// As all reads.
    pub fn windows(&self, session: &SessionId, agent: &AgentId) -> Result<Vec<WindowRecord>, StoreError> {
        let sql = "SELECT * FROM windows WHERE session = ?1 AND agent = ?2 ORDER BY seq";
        self.read(|db| all(db, sql, [session.as_str(), agent.as_str()], window))
    }

    /// An agent's items from a number on.
    ///
    /// # Errors
    /// As all reads.
    pub fn items(&self, session: &SessionId, agent: &AgentId, from_seq: u64) -> Result<Vec<StoredItem>, StoreError> {
        let sql = "SELECT * FROM items WHERE session = ?1 AND agent = ?2 AND seq >= ?3 ORDER BY seq";
        self.read(|db| all(db, sql, params![session.as_str(), agent.as_str(), from_seq], item))
    }

    /// The session's inputs, or only those that wait to be promoted.
    ///
    /// # Errors
    /// As all reads.
    pub fn inputs(&self, session: &SessionId, unpromoted_only: bool) -> Result<Vec<InputRecord>, StoreError> {
        let sql = "SELECT * FROM inputs WHERE session = ?1 AND promoted <= ?2 ORDER BY seq";
        self.read(|db| all(db, sql, params![session.as_str(), !unpromoted_only], input))
    }

    /// The session's model calls, in the order they were answered.
    ///
    /// # Errors
    /// As all reads.
    pub fn ledger(&self, session: &SessionId) -> Result<Vec<LedgerRow>, StoreError> {
        let sql = "SELECT * FROM ledger WHERE session = ?1 ORDER BY id";
        self.read(|db| all(db, sql, [session.as_str()], ledger_row))
    }

    /// The tool runs of one assistant item, in the order of their intents.
    ///
    /// # Errors
    /// As all reads.
    pub fn tool_runs(
        &self,
        session: &SessionId,
        agent: &AgentId,
        step_item_seq: u64,
    ) -> Result<Vec<ToolRun>, StoreError> {
        let sql = "SELECT * FROM tool_runs WHERE session = ?1 AND agent = ?2 AND step_item_seq = ?3 ORDER BY rowid";
        self.read(|db| all(db, sql, params![session.as_str(), agent.as_str(), step_item_seq], tool_run))
    }

    /// All tool runs of a session, in the order of their intents.
    ///
    /// # Errors
    /// As all reads.
    pub fn all_tool_runs(&self, session: &SessionId) -> Result<Vec<ToolRun>, StoreError> {
        let sql = "SELECT * FROM tool_runs WHERE session = ?1 ORDER BY rowid";
        self.read(|db| all(db, sql, [session.as_str()], tool_run))
    }

    /// The session's delegations, in the order they were opened.
    ///
    /// # Errors
    /// As all reads.
    pub fn delegations(&self, session: &SessionId) -> Result<Vec<DelegationRecord>, StoreError> {
        let sql = "SELECT * FROM delegations WHERE session = ?1 ORDER BY rowid";
        self.read(|db| all(db, sql, [session.as_str()], delegation))
    }

    /// The session's public events by number.
    ///
    /// # Errors
    /// As all reads.
    pub fn events(&self, session: &SessionId) -> Result<Vec<Event>, StoreError> {
        let sql = "SELECT json FROM events WHERE session = ?1 ORDER BY seq";
        self.read(|db| all(db, sql, [session.as_str()], |row| json(row, "json")))
    }

    /// An agent's plan, JSON as it was written.
    ///
    /// # Errors
    /// As all reads.
    pub fn plan(&self, session: &SessionId, agent: &AgentId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT steps_json FROM plans WHERE session = ?1 AND agent = ?2";
        self.read(|db| one(db, sql, [session.as_str(), agent.as_str()], |row| row.get(0)))
    }

    /// The session's notes, in the order they were written.
    ///
    /// # Errors
    /// As all reads.
    pub fn notes(&self, session: &SessionId) -> Result<Vec<NoteRecord>, StoreError> {
        let sql = "SELECT * FROM notes WHERE session = ?1 ORDER BY id";
        self.read(|db| all(db, sql, [session.as_str()], note))
    }
}

/// All rows of a query.
pub(crate) fn all<T>(
    db: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    db.prepare_cached(sql)?.query_map(values, read)?.collect()
}

/// The row of a query that has one at most.
pub(crate) fn one<T>(
    db: &Connection,
    sql: &str,
    values: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    db.prepare_cached(sql)?.query_row(values, read).optional()
}

pub(crate) fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    row.get(column).map(|Json(value)| value)
}

pub(crate) fn word<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    row.get(column).map(|Word(value)| value)
}

pub(crate) fn moment(row: &Row<'_>, column: &str) -> rusqlite::Result<protocol::Timestamp> {
    row.get(column).map(|Moment(at)| at)
}

pub(crate) fn dollars(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Usd>> {
    Ok(row.get::<_, Option<Picos>>(column)?.map(|Picos(usd)| usd))
}

pub(crate) fn session(row: &Row<'_>) -> rusqlite::Result<SessionRecord> {
    Ok(SessionRecord {
        id: row.get("id").map(SessionId)?,
        cwd: row.get("cwd")?,
        team_name: row.get("team_name")?,
        team_yaml: row.get("team_yaml")?,
        created_at: moment(row, "created_at")?,
        updated_at: moment(row, "updated_at")?,
        status: row.get::<_, Option<_>>("status")?.map(|Word(status)| status),
        title: row.get("title")?,
        options_json: row.get("options_json")?,
    })
}

fn window(row: &Row<'_>) -> rusqlite::Result<WindowRecord> {
    Ok(WindowRecord {
        id: row.get("id").map(WindowId)?,
        agent: row.get("agent").map(AgentId)?,
        seq: row.get("seq")?,
        brain: json(row, "brain")?,
        dialect: word(row, "dialect")?,
        tools: json(row, "tools")?,
        system: json(row, "system")?,
        reason: row.get("reason")?,
        opened_at: moment(row, "opened_at")?,
        carried: row.get("carried")?,
    })
}

pub(crate) fn item(row: &Row<'_>) -> rusqlite::Result<StoredItem> {
    Ok(StoredItem {
        agent: row.get("agent").map(AgentId)?,
        window: row.get("window").map(WindowId)?,
        seq: row.get("seq")?,
        item: json(row, "item")?,
        rendered: row.get("rendered")?,
        at: moment(row, "at")?,
    })
}

fn input(row: &Row<'_>) -> rusqlite::Result<InputRecord> {
    Ok(InputRecord {
        seq: row.get("seq")?,
        text: row.get("text")?,
        blocks_json: row.get("blocks_json")?,
        mode: word(row, "mode")?,
        at: moment(row, "at")?,
    })
}

pub(crate) fn ledger_row(row: &Row<'_>) -> rusqlite::Result<LedgerRow> {
    Ok(LedgerRow {
        session: row.get("session").map(SessionId)?,
        agent: row.get("agent").map(AgentId)?,
        window: row.get("window").map(WindowId)?,
        delegation: row.get::<_, Option<String>>("delegation")?.map(DelegationId),
        step: row.get("step")?,
        purpose: word(row, "purpose")?,
        brain: json(row, "brain")?,
        at: moment(row, "at")?,
        first_token_ms: row.get("first_token_ms")?,
        ms: row.get("ms")?,
        outcome: outcome(row)?,
        usage: usage(row)?,
        usd: dollars(row, "picos")?,
        predicted_cache_read: row.get("predicted_cache_read")?,
        cache_note: row.get("cache_note")?,
        request_id: row.get("request_id")?,
    })
}

fn outcome(row: &Row<'_>) -> rusqlite::Result<RowOutcome> {
    let how: String = row.get("outcome")?;
    match how.as_str() {
        "ok" => Ok(RowOutcome::Ok),
        "failed" => word(row, "error").map(RowOutcome::Failed),
        "retried" => word(row, "error").map(RowOutcome::Retried),
        _ => {
            let why = format!("column outcome: found {how:?}, allowed are ok, failed, retried");
            Err(rusqlite::Error::FromSqlConversionFailure(0, Type::Text, why.into()))
        }
    }
}

/// The token columns of the ledger, of a row or summed up under the same names.
pub(crate) fn usage(row: &Row<'_>) -> rusqlite::Result<Usage> {
    Ok(Usage {
        input: row.get("input")?,
        cache_read: row.get("cache_read")?,
        cache_write_short: row.get("cache_write_short")?,
        cache_write_long: row.get("cache_write_long")?,
        output: row.get("output")?,
        reasoning: row.get("reasoning")?,
    })
}

pub(crate) fn tool_run(row: &Row<'_>) -> rusqlite::Result<ToolRun> {
    let intent = ToolIntent {
        agent: row.get("agent").map(AgentId)?,
        step_item_seq: row.get("step_item_seq")?,
        call: row.get("call").map(CallId)?,
        tool: row.get("tool")?,
        arguments: row.get("arguments")?,
        at: moment(row, "at")?,
    };
    let done = match row.get::<_, Option<Moment>>("done_at")? {
        None => None,
        Some(Moment(at)) => Some(ToolDone {
            agent: intent.agent.clone(),
            step_item_seq: intent.step_item_seq,
            call: intent.call.clone(),
            outcome: json(row, "outcome")?,
            commands: json(row, "commands")?,
            files: json(row, "files")?,
            ms: row.get("ms")?,
            at,
        }),
    };
    Ok(ToolRun { intent, done })
}

pub(crate) fn delegation(row: &Row<'_>) -> rusqlite::Result<DelegationRecord> {
    let closed = match row.get::<_, Option<Moment>>("closed_at")? {
        None => None,
        Some(Moment(at)) => Some(DelegationClosed {
            report: row.get::<_, Option<_>>("report")?.map(|Json(report)| report),
            receipt: Receipt { usd: dollars(row, "receipt_picos")?, ..json(row, "receipt")? },
            at,
        }),
    };
    Ok(DelegationRecord {
        id: row.get("id").map(DelegationId)?,
        call: row.get("call").map(CallId)?,
        from: row.get("from_agent").map(AgentId)?,
        to: row.get("to_agent").map(AgentId)?,
        brief: json(row, "brief")?,
        first_item_seq: row.get("first_item_seq")?,
        estimate_usd: dollars(row, "estimate_picos")?,
        opened_at: moment(row, "opened_at")?,
        baseline: row.get("baseline")?,
        closed,
    })
}

pub(crate) fn note(row: &Row<'_>) -> rusqlite::Result<NoteRecord> {
    Ok(NoteRecord {
        agent: row.get::<_, Option<String>>("agent")?.map(AgentId),
        kind: row.get("kind")?,
        json: row.get("json")?,
        at: moment(row, "at")?,
    })
}
