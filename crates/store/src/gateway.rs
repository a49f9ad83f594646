//! Requests that went through the gateway: one row for each, beside the ledger's rows of its attempts.

use protocol::{Dialect, ErrorKind, SessionId, Timestamp, Usd};
use rusqlite::{Connection, Row, params};

use crate::column::{Moment, Picos, Word};
use crate::database::Store;
use crate::error::StoreError;
use crate::read::{all, dollars, moment, word};

/// A request of a client and what came of it. Nothing of what was said is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayRequest {
    /// The gateway's session that it belongs to.
    pub session: SessionId,
    /// The gateway's own id of the request.
    pub request: String,
    /// When its head was read.
    pub at: Timestamp,
    /// Name of the token that came in; none where tokens were switched off.
    pub token: Option<String>,
    /// The client's dialect.
    pub dialect: Dialect,
    /// What kind of call it was.
    pub class: String,
    /// The model that was asked for.
    pub requested: String,
    /// The lane that it went to.
    pub lane: String,
    /// The binding that answered last; none where nobody was asked.
    pub binding: Option<String>,
    /// The status that the client was sent; 0 where there was none.
    pub status: u16,
    /// Attempts, the last one counted.
    pub attempts: u32,
    /// Milliseconds from sending the last attempt to the first byte of its body.
    pub first_byte_ms: Option<u64>,
    /// Milliseconds from the head of the request to the end of the answer.
    pub ms: u64,
    /// Why it failed; none where it did not.
    pub error: Option<ErrorKind>,
    /// Dollars of all attempts; none where the price of any is not known.
    pub usd: Option<Usd>,
    /// What the same tokens would have cost with the model that was asked for; none where its price is not known.
    pub requested_usd: Option<Usd>,
}

/// Reads fail with `Corrupt`, `Unreadable`, `Busy`, `Open` or `Other`.
impl Store {
    /// What requests with a token have cost since a moment, as far as prices are known.
    ///
    /// # Errors
    /// As all reads.
    pub fn gateway_spent(&self, token: &str, since: Timestamp) -> Result<Usd, StoreError> {
        let sql = "SELECT coalesce(sum(picos), 0) FROM gateway_requests WHERE token = ?1 AND at >= ?2";
        self.read(|db| {
            db.prepare_cached(sql)?.query_row(params![token, Moment(since)], |row| row.get(0).map(|Picos(usd)| usd))
        })
    }

    /// The newest requests since a moment, oldest first.
    ///
    /// # Errors
    /// As all reads.
    pub fn gateway_requests(&self, since: Timestamp, limit: u32) -> Result<Vec<GatewayRequest>, StoreError> {
        let sql = "SELECT * FROM (SELECT * FROM gateway_requests WHERE at >= ?1 ORDER BY id DESC LIMIT ?2) ORDER BY id";
        self.read(|db| all(db, sql, params![Moment(since), limit], record))
    }
}

pub(crate) fn insert(db: &Connection, row: &GatewayRequest) -> rusqlite::Result<()> {
    let sql = "INSERT INTO gateway_requests
                   (session, request, at, token, dialect, class, requested, lane, binding, status, attempts, first_byte_ms, ms,
                    error, picos, requested_picos)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
    let values = params![
        row.session.as_str(),
        row.request,
        Moment(row.at),
        row.token,
        Word(row.dialect),
        row.class,
        row.requested,
        row.lane,
        row.binding,
        row.status,
        row.attempts,
        row.first_byte_ms,
        row.ms,
        row.error.map(Word),
        row.usd.map(Picos),
        row.requested_usd.map(Picos),
    ];
    db.prepare_cached(sql)?.execute(values).map(drop)
}

fn record(row: &Row<'_>) -> rusqlite::Result<GatewayRequest> {
    Ok(GatewayRequest {
        session: row.get("session").map(SessionId)?,
        request: row.get("request")?,
        at: moment(row, "at")?,
        token: row.get("token")?,
        dialect: word(row, "dialect")?,
        class: row.get("class")?,
        requested: row.get("requested")?,
        lane: row.get("lane")?,
        binding: row.get("binding")?,
        status: row.get("status")?,
        attempts: row.get("attempts")?,
        first_byte_ms: row.get("first_byte_ms")?,
        ms: row.get("ms")?,
        error: row.get::<_, Option<Word<ErrorKind>>>("error")?.map(|Word(kind)| kind),
        usd: dollars(row, "picos")?,
        requested_usd: dollars(row, "requested_picos")?,
    })
}
