//! What can go wrong with the store, typed, each with what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Error as Sql, ErrorCode};

/// A failed read or write. After a failed commit everything is as it was before it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room for the write.
    #[error(
        "{}: the disk (or the quota) is full, and the last write was not stored. Everything stored before it is kept: \
         free some space, then resume the session",
        path.display()
    )]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder cannot be written.
    #[error(
        "{}: cannot be written ({detail}). Make the file and its folder writable for this user, or set AGENT_HOME to a \
         folder that is",
        path.display()
    )]
    ReadOnly {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// The file is not a database, or is damaged.
    #[error(
        "{}: is damaged or not a database ({detail}). Move it away to start with an empty one; `sqlite3 FILE .recover` \
         saves what can be read",
        path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// A newer version of the program wrote the file.
    #[error(
        "{}: has schema version {found}, this program knows versions up to {known}. Use the newer program that wrote \
         it, or set AGENT_HOME to another folder",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The file's schema version.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// Another process kept the file locked for longer than we wait.
    #[error(
        "{}: another process kept it locked for {} s. Wait until that process is done (or end it), then try again",
        path.display(),
        crate::database::BUSY_TIMEOUT.as_secs()
    )]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// A write that does not fit what is stored: a number taken twice or left out, a session or window that does not
    /// exist, a result without its intent.
    #[error(
        "{}: {what} of session {session} was refused, and nothing of the commit was stored: {why}. If another process \
         works on this session, end it; then resume the session, which loads it anew",
        path.display()
    )]
    Refused {
        /// The file.
        path: PathBuf,
        /// The session committed to.
        session: String,
        /// The write.
        what: String,
        /// What was found, and what is allowed.
        why: String,
    },
    /// A row of what belongs to no one session's writing (attempts, their outcomes, versions of the router) that does not fit what is
    /// stored.
    #[error("{}: {what} was refused, and nothing of it was stored: {why}", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// The write.
        what: String,
        /// What was found, and what is allowed.
        why: String,
    },
    /// A row that this program cannot read as what it should be.
    #[error(
        "{}: a stored row cannot be read ({detail}). The rest of the file is not touched: remove the session with \
         `agent sessions rm`, or use the version of the program that wrote it",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Column and reason.
        detail: String,
    },
    /// The folder or the file could not be made or opened.
    #[error(
        "{}: cannot be opened ({detail}). Check that its folder exists, is a folder and can be written, or set AGENT_HOME \
         to another one",
        path.display()
    )]
    Open {
        /// The file or folder.
        path: PathBuf,
        /// What the system or SQLite said.
        detail: String,
    },
    /// Anything else SQLite reports.
    #[error("{}: the database failed ({detail}). Try again; if it stays so, check the disk", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
}

impl StoreError {
    /// From SQLite, for the file at `path`.
    pub(crate) fn from_sql(path: &Path, error: Sql) -> Self {
        let path = path.to_owned();
        let detail = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly { path, detail },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt { path, detail },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            // The shared index beside the log could not grow: SQLite does not call this "full" itself.
            Some(ErrorCode::SystemIoFailure) if extended(&error) == rusqlite::ffi::SQLITE_IOERR_SHMSIZE => {
                Self::Full { path }
            }
            Some(ErrorCode::CannotOpen) => Self::Open { path, detail },
            Some(_) => Self::Other { path, detail },
            None => match error {
                Sql::FromSqlConversionFailure(..)
                | Sql::InvalidColumnType(..)
                | Sql::IntegralValueOutOfRange(..)
                | Sql::Utf8Error(..) => Self::Unreadable { path, detail },
                _ => Self::Other { path, detail },
            },
        }
    }

    /// From SQLite, for a row that may not fit what is stored.
    pub(crate) fn from_row(path: &Path, what: String, error: Sql) -> Self {
        use rusqlite::ffi::{SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
        let why = match (error.sqlite_error_code(), extended(&error)) {
            (_, SQLITE_CONSTRAINT_FOREIGNKEY) => "what it belongs to is not stored, and that comes first".to_owned(),
            (_, SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_UNIQUE) => "it is stored already".to_owned(),
            (Some(ErrorCode::ConstraintViolation), _) => error.to_string(),
            _ => return Self::from_sql(path, error),
        };
        Self::Unfit { path: path.to_owned(), what, why }
    }

    /// From the file system, for a file or folder.
    pub(crate) fn from_io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { path, detail: source.to_string() }
            }
            _ => Self::Open { path, detail: source.to_string() },
        }
    }
}

fn extended(error: &Sql) -> i32 {
    error.sqlite_error().map_or(0, |error| error.extended_code)
}
