//! Versions of the learned router, and what each is for now. Rows are only added: a state is a row, and the newest counts.

use protocol::Timestamp;
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use crate::column::{Moment, Word};
use crate::database::Store;
use crate::error::StoreError;
use crate::read::{all, moment, one, word};

/// What a version of the router is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouterState {
    /// Trained, and not asked yet.
    Candidate,
    /// Asked and written down, without a say.
    Shadow,
    /// Has a say.
    Current,
    /// Not asked any more.
    Retired,
}

impl RouterState {
    /// As written in the store and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Shadow => "shadow",
            Self::Current => "current",
            Self::Retired => "retired",
        }
    }
}

/// A version of the router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterRecord {
    /// Counts the versions, from 1.
    pub version: u32,
    /// The model, as it was written.
    pub json: String,
    /// When it was made.
    pub at: Timestamp,
    /// What it is for now.
    pub state: RouterState,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub why: String,
}

/// Versions with their newest states.
const WHOLE: &str = "SELECT router_models.*, state, why, router_states.at AS since FROM router_models
     JOIN router_states ON router_states.id = (SELECT max(id) FROM router_states AS s WHERE s.version = router_models.version)";

/// Writes fail with `Unfit` where they do not fit what is stored, and with `Full`, `ReadOnly`, `Busy`, `Corrupt`, `Other`. Reads fail
/// with `Corrupt`, `Unreadable`, `Busy`, `Open` or `Other`.
impl Store {
    /// Number of the next version.
    ///
    /// # Errors
    /// As all reads.
    pub fn next_router_version(&self) -> Result<u32, StoreError> {
        self.read(next)
    }

    /// Stores a new version as a candidate. Its number has to be the next one: of two that train at the same time, one is told so.
    ///
    /// # Errors
    /// As all writes.
    pub fn put_router_model(&self, version: u32, json: &str, why: &str, at: Timestamp) -> Result<(), StoreError> {
        let what = || format!("version {version} of the router");
        self.transaction(|db| {
            let next = next(db).map_err(|error| self.error(error))?;
            if version != next {
                let why = format!("the next version is {next}; train again");
                return Err(StoreError::Unfit { path: self.path().to_owned(), what: what(), why });
            }
            add_model(db, version, json, at)
                .and_then(|()| add_state(db, version, RouterState::Candidate, why, at))
                .map_err(|error| self.row_error(what(), error))
        })
    }

    /// Says what a version is for from now on. There is one in the shadow at most, and one current: whichever was is retired by the
    /// same write.
    ///
    /// # Errors
    /// As all writes. `Unfit`: an unknown version.
    pub fn set_router_state(
        &self,
        version: u32,
        state: RouterState,
        why: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let what = || format!("the state of version {version} of the router");
        self.transaction(|db| {
            replace(db, version, state, at)
                .and_then(|()| add_state(db, version, state, why, at))
                .map_err(|error| self.row_error(what(), error))
        })
    }

    /// Retires every version that is not retired yet, and says how many those were.
    ///
    /// # Errors
    /// As all writes.
    pub fn retire_router(&self, why: &str, at: Timestamp) -> Result<usize, StoreError> {
        let retire = |db: &Connection| {
            let versions = all(db, &format!("{WHOLE} WHERE state <> 'retired'"), [], |row| row.get("version"))?;
            versions.iter().try_for_each(|version| add_state(db, *version, RouterState::Retired, why, at))?;
            Ok(versions.len())
        };
        self.transaction(|db| {
            retire(db).map_err(|error| self.row_error("the retirement of the router".to_owned(), error))
        })
    }

    /// A version by its number.
    ///
    /// # Errors
    /// As all reads.
    pub fn router_model(&self, version: u32) -> Result<Option<RouterRecord>, StoreError> {
        self.read(|db| one(db, &format!("{WHOLE} WHERE router_models.version = ?1"), [version], record))
    }

    /// All versions, first to last.
    ///
    /// # Errors
    /// As all reads.
    pub fn router_models(&self) -> Result<Vec<RouterRecord>, StoreError> {
        self.read(|db| all(db, &format!("{WHOLE} ORDER BY router_models.version"), [], record))
    }

    /// The newest version that is for this now.
    ///
    /// # Errors
    /// As all reads.
    pub fn router_in(&self, state: RouterState) -> Result<Option<RouterRecord>, StoreError> {
        let sql = format!("{WHOLE} WHERE state = ?1 ORDER BY router_models.version DESC LIMIT 1");
        self.read(|db| one(db, &sql, params![Word(state)], record))
    }
}

fn next(db: &Connection) -> rusqlite::Result<u32> {
    db.prepare_cached("SELECT coalesce(max(version), 0) + 1 FROM router_models")?.query_row([], |row| row.get(0))
}

fn add_model(db: &Connection, version: u32, json: &str, at: Timestamp) -> rusqlite::Result<()> {
    let sql = "INSERT INTO router_models (version, json, at) VALUES (?1, ?2, ?3)";
    db.prepare_cached(sql)?.execute(params![version, json, Moment(at)]).map(drop)
}

fn add_state(db: &Connection, version: u32, state: RouterState, why: &str, at: Timestamp) -> rusqlite::Result<()> {
    let sql = "INSERT INTO router_states (version, state, why, at) VALUES (?1, ?2, ?3, ?4)";
    db.prepare_cached(sql)?.execute(params![version, Word(state), why, Moment(at)]).map(drop)
}

/// Makes room where only one can be.
fn replace(db: &Connection, version: u32, state: RouterState, at: Timestamp) -> rusqlite::Result<()> {
    if !matches!(state, RouterState::Shadow | RouterState::Current) {
        return Ok(());
    }
    let sql = format!("{WHOLE} WHERE state = ?1 AND router_models.version <> ?2");
    let others = all(db, &sql, params![Word(state), version], |row| row.get("version"))?;
    let why = format!("version {version} took its place");
    others.iter().try_for_each(|other| add_state(db, *other, RouterState::Retired, &why, at))
}

fn record(row: &Row<'_>) -> rusqlite::Result<RouterRecord> {
    Ok(RouterRecord {
        version: row.get("version")?,
        json: row.get("json")?,
        at: moment(row, "at")?,
        state: word(row, "state")?,
        since: moment(row, "since")?,
        why: row.get("why")?,
    })
}
