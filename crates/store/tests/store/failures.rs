//! Full disks, damaged files, files of a newer program, folders that are none.

use std::fs;
use std::path::Path;

use protocol::SessionId;
use rusqlite::Connection;
use store::{Store, StoreError, Write};

use crate::sample::{self, everything};

fn message(error: &StoreError, dir: &Path) -> String {
    let text = error.to_string();
    assert!(text.contains(dir.to_str().unwrap()), "an error names the place: {text}");
    text
}

#[test]
fn a_commit_that_finds_the_disk_full_leaves_everything_as_before_and_goes_through_later() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    sample::commit_all(&store, "s", &sample::script("s"));
    let before = everything(&store, "s");
    store.limit_pages_for_test(1).unwrap();

    let mut large = sample::item("main", 2, "large");
    large.rendered = "x".repeat(1 << 20);
    let writes = [Write::Item(large.clone()), Write::Event(sample::event("s", 4, 0.1))];
    let error = store.commit(&SessionId::from("s"), &writes).unwrap_err();
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(message(&error, dir.path()).contains("free some space"));
    assert_eq!(everything(&store, "s"), before);
    assert_eq!(everything(&Store::open(dir.path()).unwrap(), "s"), before);

    store.limit_pages_for_test(u32::MAX).unwrap();
    store.commit(&SessionId::from("s"), &writes).unwrap();
    assert_eq!(everything(&store, "s").agents[0].items.last(), Some(&large));
}

#[test]
fn a_file_that_is_no_database_is_corrupt_and_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("agent.db");
    let bytes = b"these are somebody's notes, not a database\n".repeat(200);
    fs::write(&file, &bytes).unwrap();

    let error = Store::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert!(message(&error, dir.path()).contains("Move it away"));
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn a_database_with_damaged_pages_is_corrupt_when_they_are_read() {
    let dir = tempfile::tempdir().unwrap();
    sample::commit_all(&Store::open(dir.path()).unwrap(), "s", &sample::script("s"));
    let file = dir.path().join("agent.db");
    let root = |db: Connection| -> usize {
        let sql =
            "SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_schema WHERE name = 'sessions'";
        db.query_row(sql, [], |row| Ok((row.get::<_, usize>(0)? - 1) * row.get::<_, usize>(1)?)).unwrap()
    };
    let root = root(Connection::open(&file).unwrap());
    let mut bytes = fs::read(&file).unwrap();
    bytes[root..root + 512].fill(0xff);
    fs::write(&file, bytes).unwrap();

    let store = Store::open(dir.path()).unwrap();
    let error = store.session(&SessionId::from("s")).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    let error = store.commit(&SessionId::from("s"), &sample::script("s")[0]).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}

#[test]
fn a_file_of_a_newer_program_is_refused_with_both_versions_and_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path()).unwrap());
    let file = dir.path().join("agent.db");
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let bytes = fs::read(&file).unwrap();

    let error = Store::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, known: store::SCHEMA_VERSION, .. }), "{error}");
    assert!(message(&error, dir.path()).contains("version 99"));
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn a_row_that_cannot_be_read_names_its_reason_and_spares_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    sample::commit_all(&store, "s", &sample::script("s"));
    let damage = "UPDATE sessions SET status = 'splendid'; UPDATE windows SET tools = '[1' WHERE agent = 'main'";
    Connection::open(store.path()).unwrap().execute_batch(damage).unwrap();

    let id = SessionId::from("s");
    let error = store.session(&id).unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
    assert!(message(&error, dir.path()).contains("splendid"));
    let error = store.windows(&id, &sample::main_agent()).unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
    assert_eq!(store.items(&id, &sample::main_agent(), 0).unwrap().len(), 2);
}

#[test]
fn a_folder_that_is_a_file_cannot_be_opened() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("state");
    fs::write(&place, "").unwrap();
    let error = Store::open(&place).unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
    message(&error, dir.path());
}

#[test]
fn a_missing_folder_is_made_with_those_above_it() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("a/b");
    let store = Store::open(&place).unwrap();
    assert_eq!(store.path(), place.join("agent.db"));
    assert!(store.sessions(1).unwrap().is_empty());
}

#[cfg(unix)]
#[test]
fn folder_and_files_are_the_users_own() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("state");
    let store = Store::open(&place).unwrap();
    sample::commit_all(&store, "s", &sample::script("s"));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place), 0o700);
    for file in ["agent.db", "agent.db-wal", "agent.db-shm"] {
        assert_eq!(mode(&place.join(file)), 0o600, "{file}");
    }
}
