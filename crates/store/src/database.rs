//! The file and the connections to it.

use std::collections::BTreeSet;
use std::fs::DirBuilder;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::StoreError;
use crate::schema;

/// Name of the file in its folder.
const FILE: &str = "agent.db";

/// How long a write waits for another process's write. Commits take milliseconds; whoever needs longer hangs.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a try at opening waits, and then pauses. Two processes that switch a new file to the write-ahead log at once would
/// wait for each other: SQLite tells one of them to try again, without regard to its timeout.
const OPEN_PAUSE: Duration = Duration::from_millis(10);

/// Tries at opening; together no longer than [`BUSY_TIMEOUT`].
const OPEN_TRIES: u32 = 250;

/// Statements are prepared once per connection; there are fewer kinds than this.
const STATEMENTS: usize = 64;

/// Faults to inject, for tests that kill the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultPlan {
    /// Abort the process right after this successful [`Store::commit`] or other durable write, counted from 1 since the store was opened.
    pub abort_at_write: Option<u64>,
    /// Abort the process when all of this commit is written but not yet durable: the world has moved on, the record has not.
    pub abort_before_write: Option<u64>,
    /// Abort the process right after the commit that is the first of so many-th kind, counted from 1: a commit's kind is what it is
    /// made of. So each kind of write can be the last one without a run for every write.
    pub abort_at_kind: Option<u64>,
}

/// The store: cheap to clone, usable from any thread. Calls block for as long as SQLite needs (milliseconds, except while
/// another process writes).
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    writer: Mutex<Writer>,
    /// Readers that nobody uses now. In WAL mode they neither wait for the writer nor keep it waiting.
    readers: Mutex<Vec<Connection>>,
    fault: FaultPlan,
}

/// The one connection that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    commits: u64,
    /// Kinds of commits so far, where the fault plan counts them.
    kinds: BTreeSet<String>,
}

impl Store {
    /// Opens `agent.db` in a folder; makes both where they are missing, readable for the user only.
    ///
    /// # Errors
    /// `Newer`, `Corrupt`, `ReadOnly`, `Full`, `Busy`, `Open`.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        Self::open_with_fault(dir, FaultPlan::default())
    }

    /// Opens the store with faults to inject.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with_fault(dir: &Path, fault: FaultPlan) -> Result<Self, StoreError> {
        make_folder(dir)?;
        let path = dir.join(FILE);
        let connection = connect_writer(&path)?;
        let writer = Mutex::new(Writer { connection, commits: 0, kinds: BTreeSet::new() });
        Ok(Self { inner: Arc::new(Inner { path, writer, readers: Mutex::default(), fault }) })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Lets the file grow to this many pages (4 KiB) at most, so that a test meets a full disk.
    ///
    /// # Errors
    /// What SQLite reports.
    #[doc(hidden)]
    pub fn limit_pages_for_test(&self, pages: u32) -> Result<(), StoreError> {
        self.writer().connection.pragma_update(None, "max_page_count", pages).map_err(|error| self.error(error))
    }

    pub(crate) fn error(&self, error: rusqlite::Error) -> StoreError {
        StoreError::from_sql(self.path(), error)
    }

    /// The same for a row that may not fit what is stored.
    pub(crate) fn row_error(&self, what: String, error: rusqlite::Error) -> StoreError {
        StoreError::from_row(self.path(), what, error)
    }

    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        // A thread that panicked left no transaction open: dropping one rolls it back.
        self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the fault plan wants the process dead in front of the next commit.
    pub(crate) fn dies_before(&self, writer: &Writer) -> bool {
        self.inner.fault.abort_before_write == Some(writer.commits + 1)
    }

    /// Counts a successful commit, and dies where the fault plan says so.
    pub(crate) fn committed(&self, writer: &mut Writer, kind: impl FnOnce() -> String) {
        writer.commits += 1;
        let fault = self.inner.fault;
        let is_kind = fault.abort_at_kind.is_some_and(|at| {
            writer.kinds.insert(kind()) && u64::try_from(writer.kinds.len()).is_ok_and(|kinds| kinds == at)
        });
        if is_kind || fault.abort_at_write == Some(writer.commits) {
            std::process::abort();
        }
    }

    /// Runs queries on a connection of their own.
    pub(crate) fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let idle = self.readers().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(self.path(), OpenFlags::SQLITE_OPEN_READ_ONLY)?,
        };
        let answer = query(&connection).map_err(|error| self.error(error));
        self.readers().push(connection);
        answer
    }

    fn readers(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection as the store uses it.
fn connect(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    let sql = |error| StoreError::from_sql(path, error);
    // A connection is used by one thread at a time, behind a mutex of ours: SQLite's own would only cost time.
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(sql)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(sql)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// The connection that writes, to a file that has the newest schema.
fn connect_writer(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    connection.busy_timeout(OPEN_PAUSE).map_err(|error| StoreError::from_sql(path, error))?;
    let mut tries = 1;
    while let Err(error) = prepare(&mut connection, path) {
        if !matches!(error, StoreError::Busy { .. }) || tries == OPEN_TRIES {
            return Err(error);
        }
        tries += 1;
        std::thread::sleep(OPEN_PAUSE);
    }
    connection.busy_timeout(BUSY_TIMEOUT).map_err(|error| StoreError::from_sql(path, error))?;
    Ok(connection)
}

/// Checks the file before anything is written to it, then makes it durable and brings its schema up to date.
fn prepare(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    schema::check(connection, path)?;
    make_private(path)?;
    durable(connection).map_err(|error| StoreError::from_sql(path, error))?;
    schema::migrate(connection, path)
}

/// Write-ahead log: a commit survives the death of the process, readers and the writer do not wait for each other.
fn durable(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "foreign_keys", true)
}

/// Makes the folder where it is missing, for the user only: transcripts quote private code.
fn make_folder(dir: &Path) -> Result<(), StoreError> {
    let mut folder = DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(dir).map_err(|error| StoreError::from_io(dir, error))
}

/// Lets only the user read the file, and with it the side files, to which SQLite gives its mode. By name and never through
/// a handle of our own: closing one would drop the locks that SQLite holds on the file in this process (POSIX says so).
fn make_private(file: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(file).map_err(|error| StoreError::from_io(file, error))?.permissions().mode();
        if mode & 0o077 != 0 {
            let private = std::fs::Permissions::from_mode(mode & !0o077);
            std::fs::set_permissions(file, private).map_err(|error| StoreError::from_io(file, error))?;
        }
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

#[cfg(test)]
#[path = "database_tests.rs"]
mod tests;
