//! Faults that need a hand on the writing connection.

use std::time::Duration;

use protocol::event::SessionStatus;
use protocol::{SessionId, Timestamp};
use rusqlite::Connection;

use super::*;
use crate::record::{SessionRecord, Write};

fn session(status: Option<SessionStatus>) -> Write {
    Write::Session(SessionRecord {
        id: SessionId::from("s"),
        cwd: "/repo".to_owned(),
        team_name: "tandem".to_owned(),
        team_yaml: "version: 1\n".to_owned(),
        created_at: Timestamp(1),
        updated_at: Timestamp(2),
        status,
        title: "hello".to_owned(),
        options_json: "{}".to_owned(),
    })
}

fn status(store: &Store) -> Option<SessionStatus> {
    store.session(&SessionId::from("s")).unwrap().unwrap().status
}

#[test]
fn a_file_that_another_process_keeps_locked_is_busy_and_works_again_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.commit(&SessionId::from("s"), &[session(None)]).unwrap();
    store.writer().connection.busy_timeout(Duration::ZERO).unwrap();

    let other = Connection::open(store.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; UPDATE sessions SET title = 'half done'").unwrap();
    let error = store.commit(&SessionId::from("s"), &[session(Some(SessionStatus::Failed))]).unwrap_err();
    assert!(matches!(error, StoreError::Busy { .. }), "{error}");
    // Reading goes on meanwhile, and sees what is committed.
    assert_eq!(store.session(&SessionId::from("s")).unwrap().unwrap().title, "hello");

    other.execute_batch("ROLLBACK").unwrap();
    store.commit(&SessionId::from("s"), &[session(Some(SessionStatus::Verified))]).unwrap();
    assert_eq!(status(&store), Some(SessionStatus::Verified));
}

#[test]
fn a_connection_that_may_not_write_is_read_only_and_keeps_reading() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.commit(&SessionId::from("s"), &[session(None)]).unwrap();
    store.writer().connection.pragma_update(None, "query_only", true).unwrap();

    let error = store.commit(&SessionId::from("s"), &[session(Some(SessionStatus::Failed))]).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    assert!(error.to_string().contains("agent.db"), "{error}");
    assert_eq!(status(&store), None);
}

#[test]
fn a_thread_that_panics_in_the_middle_of_a_write_leaves_the_store_usable() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let panicking = store.clone();
    let joined = std::thread::spawn(move || {
        let mut writer = panicking.writer();
        let transaction = writer.connection.transaction().unwrap();
        transaction.execute("INSERT INTO sessions VALUES ('x', '', '', '', 0, 0, NULL, '', '')", []).unwrap();
        panic!("in the middle");
    });
    assert!(joined.join().is_err());

    store.commit(&SessionId::from("s"), &[session(None)]).unwrap();
    assert_eq!(store.session(&SessionId::from("x")).unwrap(), None);
    assert_eq!(status(&store), None);
}

#[test]
fn the_writer_uses_the_log_normal_sync_and_foreign_keys() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let writer = store.writer();
    let text = |name: &str| writer.connection.pragma_query_value(None, name, |row| row.get::<_, String>(0)).unwrap();
    let number = |name: &str| writer.connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0)).unwrap();
    assert_eq!(text("journal_mode"), "wal");
    assert_eq!(number("synchronous"), 1);
    assert_eq!(number("foreign_keys"), 1);
    assert_eq!(number("user_version"), schema::VERSION);
}
