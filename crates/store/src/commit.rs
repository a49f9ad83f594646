//! Writing: one transaction per commit.

use protocol::{LedgerRow, RowOutcome, SessionId};
use rusqlite::{Connection, ErrorCode, TransactionBehavior, params};

use crate::attempts;
use crate::column::{Json, Moment, Picos, Word};
use crate::database::Store;
use crate::error::StoreError;
use crate::gateway;
use crate::record::{
    DelegationRecord, InputRecord, NoteRecord, SessionRecord, StoredItem, ToolDone, ToolIntent, WindowRecord, Write,
};

/// Why a single write did not happen.
enum Cause {
    /// SQLite says no.
    Sql(rusqlite::Error),
    /// It does not fit what is stored.
    Unfit(String),
}

impl From<rusqlite::Error> for Cause {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

type Done = Result<(), Cause>;

/// What a commit is made of: the kinds of its writes, each once, in their order.
fn kind(writes: &[Write]) -> String {
    let mut kinds: Vec<String> = writes.iter().map(kind_of).collect();
    kinds.dedup();
    kinds.join(" ")
}

fn kind_of(write: &Write) -> String {
    match write {
        Write::Session(_) => "session".to_owned(),
        Write::Window(_) => "window".to_owned(),
        Write::Item(_) => "item".to_owned(),
        Write::Input(_) => "input".to_owned(),
        Write::InputPromoted { .. } => "promoted".to_owned(),
        Write::Ledger(_) => "ledger".to_owned(),
        Write::ToolIntent(_) => "intent".to_owned(),
        Write::ToolDone(_) => "done".to_owned(),
        Write::Delegation(_) => "delegation".to_owned(),
        Write::Event(_) => "event".to_owned(),
        Write::Plan { .. } => "plan".to_owned(),
        Write::Note(note) => format!("note:{}", note.kind),
        Write::AttemptBegun(_) => "begun".to_owned(),
        Write::AttemptEnded { .. } => "ended".to_owned(),
        Write::Gateway(_) => "gateway".to_owned(),
    }
}

impl Store {
    /// Writes all of it, in order, as one durable transaction, or nothing of it. No writes is no transaction.
    ///
    /// The session must exist, or be the first of the writes.
    ///
    /// # Errors
    /// `Refused` where a write does not fit what is stored; `Full`, `ReadOnly`, `Busy`, `Corrupt`, `Other`.
    pub fn commit(&self, session: &SessionId, writes: &[Write]) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        self.transaction_of(
            || kind(writes),
            |db| {
                writes
                    .iter()
                    .try_for_each(|one| write(db, session, one).map_err(|cause| self.refusal(session, one, cause)))
            },
        )
    }

    /// The same for several sessions in one durable transaction: all of it, or nothing of it.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn commit_all(&self, writes: &[(SessionId, Vec<Write>)]) -> Result<(), StoreError> {
        if writes.iter().all(|(_, writes)| writes.is_empty()) {
            return Ok(());
        }
        let of_one = |db: &Connection, session: &SessionId, writes: &[Write]| {
            writes.iter().try_for_each(|one| write(db, session, one).map_err(|cause| self.refusal(session, one, cause)))
        };
        self.transaction(|db| writes.iter().try_for_each(|(session, writes)| of_one(db, session, writes)))
    }

    /// One durable write: all that `work` does, or nothing of it where it fails.
    ///
    /// # Errors
    /// That of `work`; `Full`, `ReadOnly`, `Busy`, `Corrupt`, `Other`.
    pub(crate) fn transaction<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.transaction_of(|| "other".to_owned(), work)
    }

    /// The same with what the transaction is made of, for tests that kill the process.
    fn transaction_of<T>(
        &self,
        kind: impl FnOnce() -> String,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = self.writer();
        let dies = self.dies_before(&writer);
        // Taking the write lock at the start: a transaction that only finds out later cannot wait for it.
        let transaction = writer
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| self.error(error))?;
        let done = work(&transaction)?;
        if dies {
            std::process::abort();
        }
        transaction.commit().map_err(|error| self.error(error))?;
        self.committed(&mut writer, kind);
        Ok(done)
    }

    /// Deletes a session and all that belongs to it. False where there was none.
    ///
    /// # Errors
    /// `Full`, `ReadOnly`, `Busy`, `Corrupt`, `Other`.
    pub fn remove(&self, session: &SessionId) -> Result<bool, StoreError> {
        let deleted = self.writer().connection.execute("DELETE FROM sessions WHERE id = ?1", [session.as_str()]);
        deleted.map(|rows| rows > 0).map_err(|error| self.error(error))
    }

    fn refusal(&self, session: &SessionId, write: &Write, cause: Cause) -> StoreError {
        let why = match cause {
            Cause::Unfit(why) => why,
            Cause::Sql(rusqlite::Error::ToSqlConversionFailure(why)) => why.to_string(),
            Cause::Sql(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => error.to_string(),
            Cause::Sql(error) => return self.error(error),
        };
        StoreError::Refused { path: self.path().to_owned(), session: session.0.clone(), what: write.describe(), why }
    }
}

fn write(to: &Connection, session: &SessionId, write: &Write) -> Done {
    match write {
        Write::Session(record) => same_session(session, &record.id).and_then(|()| put_session(to, record)),
        Write::Window(record) => add_window(to, session, record),
        Write::Item(item) => add_item(to, session, item),
        Write::Input(input) => add_input(to, session, input),
        Write::InputPromoted { seq } => promote(to, session, *seq),
        Write::Ledger(row) => same_session(session, &row.session).and_then(|()| add_ledger_row(to, row)),
        Write::ToolIntent(intent) => add_intent(to, session, intent),
        Write::ToolDone(done) => finish_tool(to, session, done),
        Write::Delegation(record) => put_delegation(to, session, record),
        Write::Event(event) => {
            same_session(session, &event.session)?;
            let sql = "INSERT INTO events (session, seq, json) VALUES (?1, ?2, ?3)";
            execute(to, sql, params![session.as_str(), event.seq, Json(event)])
        }
        Write::Plan { agent, steps_json } => {
            let sql = "INSERT INTO plans (session, agent, steps_json) VALUES (?1, ?2, ?3)
                       ON CONFLICT (session, agent) DO UPDATE SET steps_json = excluded.steps_json";
            execute(to, sql, params![session.as_str(), agent.as_str(), steps_json])
        }
        Write::Note(note) => add_note(to, session, note),
        Write::AttemptBegun(attempt) => {
            same_session(session, &attempt.session)?;
            attempts::fits(attempt).map_err(Cause::Unfit)?;
            Ok(attempts::insert(to, attempt).map(drop)?)
        }
        Write::AttemptEnded { attempt, end } => Ok(attempts::insert_end(to, *attempt, end)?),
        Write::Gateway(row) => {
            same_session(session, &row.session)?;
            Ok(gateway::insert(to, row)?)
        }
    }
}

fn execute(to: &Connection, sql: &str, values: impl rusqlite::Params) -> Done {
    to.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Like [`execute`], where exactly one row has to be there to be changed.
fn change(to: &Connection, sql: &str, values: impl rusqlite::Params, missing: &str) -> Done {
    match to.prepare_cached(sql)?.execute(values)? {
        1 => Ok(()),
        _ => Err(Cause::Unfit(missing.to_owned())),
    }
}

fn same_session(committed_to: &SessionId, named: &SessionId) -> Done {
    if committed_to == named {
        return Ok(());
    }
    Err(Cause::Unfit(format!("it names session {named}, and a commit writes to one session")))
}

/// Not `INSERT OR REPLACE`: that deletes the old row first, and with it all that belongs to the session.
fn put_session(to: &Connection, record: &SessionRecord) -> Done {
    let sql = "INSERT INTO sessions
                   (id, cwd, team_name, team_yaml, created_at, updated_at, status, title, options_json)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
               ON CONFLICT (id) DO UPDATE SET
                   cwd = excluded.cwd, team_name = excluded.team_name, team_yaml = excluded.team_yaml,
                   created_at = excluded.created_at, updated_at = excluded.updated_at, status = excluded.status,
                   title = excluded.title, options_json = excluded.options_json";
    let values = params![
        record.id.as_str(),
        record.cwd,
        record.team_name,
        record.team_yaml,
        Moment(record.created_at),
        Moment(record.updated_at),
        record.status.map(Word),
        record.title,
        record.options_json,
    ];
    execute(to, sql, values)
}

fn add_window(to: &Connection, session: &SessionId, record: &WindowRecord) -> Done {
    let sql = "INSERT INTO windows (session, agent, seq, id, brain, dialect, tools, system, reason, opened_at, carried)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let values = params![
        session.as_str(),
        record.agent.as_str(),
        record.seq,
        record.id.as_str(),
        Json(&record.brain),
        Word(record.dialect),
        Json(&record.tools),
        Json(&record.system),
        record.reason,
        Moment(record.opened_at),
        record.carried,
    ];
    execute(to, sql, values)
}

/// A transcript only grows at its end: two processes on one session, or a forgotten item, show here and nowhere later.
fn add_item(to: &Connection, session: &SessionId, item: &StoredItem) -> Done {
    let next: u64 = to
        .prepare_cached("SELECT coalesce(max(seq) + 1, 0) FROM items WHERE session = ?1 AND agent = ?2")?
        .query_row([session.as_str(), item.agent.as_str()], |row| row.get(0))?;
    if item.seq != next {
        return Err(Cause::Unfit(format!("the next item of this agent is number {next}")));
    }
    let sql = "INSERT INTO items (session, agent, seq, window, item, rendered, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = params![
        session.as_str(),
        item.agent.as_str(),
        item.seq,
        item.window.as_str(),
        Json(&item.item),
        item.rendered,
        Moment(item.at),
    ];
    execute(to, sql, values)
}

fn add_input(to: &Connection, session: &SessionId, input: &InputRecord) -> Done {
    let sql = "INSERT INTO inputs (session, seq, text, blocks_json, mode, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let values =
        params![session.as_str(), input.seq, input.text, input.blocks_json, Word(input.mode), Moment(input.at)];
    execute(to, sql, values)
}

fn promote(to: &Connection, session: &SessionId, seq: u64) -> Done {
    let sql = "UPDATE inputs SET promoted = 1 WHERE session = ?1 AND seq = ?2 AND promoted = 0";
    change(to, sql, params![session.as_str(), seq], "there is no such input that waits for promotion")
}

fn add_ledger_row(to: &Connection, row: &LedgerRow) -> Done {
    let (outcome, error) = match row.outcome {
        RowOutcome::Ok => ("ok", None),
        RowOutcome::Failed(kind) => ("failed", Some(kind)),
        RowOutcome::Retried(kind) => ("retried", Some(kind)),
    };
    let sql = "INSERT INTO ledger
                   (session, agent, window, delegation, step, purpose, brain, brain_name, at, first_token_ms, ms, outcome,
                    error, input, cache_read, cache_write_short, cache_write_long, output, reasoning, picos,
                    predicted_cache_read, cache_note, request_id)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
                       ?22, ?23)";
    let values = params![
        row.session.as_str(),
        row.agent.as_str(),
        row.window.as_str(),
        row.delegation.as_ref().map(|delegation| delegation.as_str()),
        row.step,
        Word(row.purpose),
        Json(&row.brain),
        row.brain.to_string(),
        Moment(row.at),
        row.first_token_ms,
        row.ms,
        outcome,
        error.map(Word),
        row.usage.input,
        row.usage.cache_read,
        row.usage.cache_write_short,
        row.usage.cache_write_long,
        row.usage.output,
        row.usage.reasoning,
        row.usd.map(Picos),
        row.predicted_cache_read,
        row.cache_note,
        row.request_id,
    ];
    execute(to, sql, values)
}

fn add_intent(to: &Connection, session: &SessionId, intent: &ToolIntent) -> Done {
    let sql = "INSERT INTO tool_runs (session, agent, step_item_seq, call, tool, arguments, at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = params![
        session.as_str(),
        intent.agent.as_str(),
        intent.step_item_seq,
        intent.call.as_str(),
        intent.tool,
        intent.arguments,
        Moment(intent.at),
    ];
    execute(to, sql, values)
}

fn finish_tool(to: &Connection, session: &SessionId, done: &ToolDone) -> Done {
    let sql = "UPDATE tool_runs SET outcome = ?5, commands = ?6, files = ?7, ms = ?8, done_at = ?9
               WHERE session = ?1 AND agent = ?2 AND step_item_seq = ?3 AND call = ?4 AND done_at IS NULL";
    let values = params![
        session.as_str(),
        done.agent.as_str(),
        done.step_item_seq,
        done.call.as_str(),
        Json(&done.outcome),
        Json(&done.commands),
        Json(&done.files),
        done.ms,
        Moment(done.at),
    ];
    change(to, sql, values, "there is no such intent without a result; an intent is stored first, and a result once")
}

/// Not `INSERT OR REPLACE`: the row keeps its place in the order of opening.
fn put_delegation(to: &Connection, session: &SessionId, record: &DelegationRecord) -> Done {
    let closed = record.closed.as_ref();
    let sql = "INSERT INTO delegations
                   (session, id, call, from_agent, to_agent, brief, first_item_seq, estimate_picos, opened_at, baseline,
                    report, receipt, receipt_picos, closed_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
               ON CONFLICT (session, id) DO UPDATE SET
                   call = excluded.call, from_agent = excluded.from_agent, to_agent = excluded.to_agent,
                   brief = excluded.brief, first_item_seq = excluded.first_item_seq,
                   estimate_picos = excluded.estimate_picos, opened_at = excluded.opened_at,
                   baseline = excluded.baseline, report = excluded.report, receipt = excluded.receipt,
                   receipt_picos = excluded.receipt_picos, closed_at = excluded.closed_at";
    let values = params![
        session.as_str(),
        record.id.as_str(),
        record.call.as_str(),
        record.from.as_str(),
        record.to.as_str(),
        Json(&record.brief),
        record.first_item_seq,
        record.estimate_usd.map(Picos),
        Moment(record.opened_at),
        record.baseline,
        closed.and_then(|closed| closed.report.as_ref()).map(Json),
        closed.map(|closed| Json(&closed.receipt)),
        closed.and_then(|closed| closed.receipt.usd).map(Picos),
        closed.map(|closed| Moment(closed.at)),
    ];
    execute(to, sql, values)
}

fn add_note(to: &Connection, session: &SessionId, note: &NoteRecord) -> Done {
    let sql = "INSERT INTO notes (session, agent, kind, json, at) VALUES (?1, ?2, ?3, ?4, ?5)";
    let agent = note.agent.as_ref().map(|agent| agent.as_str());
    execute(to, sql, params![session.as_str(), agent, note.kind, note.json, Moment(note.at)])
}
