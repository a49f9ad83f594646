//! The tables, and how a file of an older version gets them.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::error::StoreError;

/// Migration number `n` leads from schema version `n` to `n + 1`.
const MIGRATIONS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
];

/// The schema version this program writes.
pub const VERSION: u32 = MIGRATIONS.len() as u32;

/// The file's schema version; 0 for a new one. Refuses a newer one before anything is written to it.
///
/// # Errors
/// `Newer`, or what SQLite reports.
pub(crate) fn check(connection: &Connection, path: &Path) -> Result<u32, StoreError> {
    let found: u32 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|error| StoreError::from_sql(path, error))?;
    if found > VERSION {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: VERSION });
    }
    Ok(found)
}

/// Brings the file to [`VERSION`], in one transaction.
///
/// # Errors
/// `Newer`, or what SQLite reports; the file is then as it was.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    if check(connection, path)? == VERSION {
        return Ok(());
    }
    let sql = |error| StoreError::from_sql(path, error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
    // Another process may have done it while this one waited for the lock.
    let found = check(&transaction, path)?;
    for migration in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(migration).map_err(sql)?;
    }
    transaction.pragma_update(None, "user_version", VERSION).map_err(sql)?;
    transaction.commit().map_err(sql)
}
