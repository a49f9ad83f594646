//! Finding, listing and removing sessions.

use protocol::{Outcome, SessionId, Timestamp, Usd};
use rusqlite::Connection;
use store::{ASIDE_NOTE, NoteRecord, SessionRecord, Store, Write};

use crate::attempts::{attempt, end};
use crate::sample::{self, everything};

fn at(id: &str, cwd: &str, updated_at: u64) -> SessionRecord {
    SessionRecord { cwd: cwd.to_owned(), updated_at: Timestamp(updated_at), ..sample::session(id) }
}

fn store_with(sessions: &[SessionRecord]) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for session in sessions {
        store.commit(&session.id, &[Write::Session(session.clone())]).unwrap();
    }
    (dir, store)
}

fn ids(store: &Store, limit: usize) -> Vec<String> {
    store.sessions(limit).unwrap().into_iter().map(|summary| summary.session.id.0).collect()
}

#[test]
fn sessions_are_listed_newest_first_up_to_the_limit() {
    let (_dir, store) = store_with(&[at("a", "/x", 5), at("b", "/x", 9), at("c", "/x", 7), at("d", "/x", 9)]);
    assert_eq!(ids(&store, usize::MAX), ["d", "b", "c", "a"]);
    assert_eq!(ids(&store, 2), ["d", "b"]);
    assert_eq!(ids(&store, 0), [""; 0]);
}

#[test]
fn a_listed_session_carries_its_steps_dollars_and_status() {
    let (_dir, store) = store_with(&[]);
    sample::commit_all(&store, "s", &sample::script("s"));
    let listed = store.sessions(1).unwrap().remove(0);
    assert_eq!(listed.steps, 1);
    assert_eq!(listed.usd, Some(Usd::from_picos(123_456_789_012_345)));
    assert_eq!(Some(listed.session), store.session(&SessionId::from("s")).unwrap());
}

#[test]
fn the_latest_session_is_the_newest_of_its_own_folder() {
    let (_dir, store) = store_with(&[at("a", "/x", 5), at("b", "/y", 9), at("c", "/x", 4)]);
    assert_eq!(store.latest("/x").unwrap().unwrap().id.as_str(), "a");
    assert_eq!(store.latest("/z").unwrap(), None);
}

#[test]
fn a_session_that_is_set_aside_is_listed_and_is_not_the_latest_until_it_is_given_something_to_do() {
    let (_dir, store) = store_with(&[at("a", "/x", 5), at("b", "/x", 9), at("c", "/y", 7)]);
    for id in ["b", "c"] {
        let note = NoteRecord { agent: None, kind: ASIDE_NOTE.to_owned(), json: "1".to_owned(), at: Timestamp(1) };
        store.commit(&SessionId::from(id), &[Write::Note(note)]).unwrap();
    }
    let aside = || -> Vec<bool> { store.sessions(9).unwrap().iter().map(|one| one.aside).collect() };
    assert_eq!((ids(&store, 9).concat(), aside()), ("bca".to_owned(), vec![true, true, false]));
    assert_eq!(store.latest("/x").unwrap().unwrap().id.as_str(), "a");
    assert_eq!(store.latest("/y").unwrap(), None);
    store.commit(&SessionId::from("b"), &[Write::Input(sample::input(0, store::InputMode::Turn))]).unwrap();
    assert_eq!(aside(), [false, true, false]);
    assert_eq!(store.latest("/x").unwrap().unwrap().id.as_str(), "b");
    assert_eq!(store.latest_with_input("/x").unwrap().unwrap().id.as_str(), "b");
}

#[test]
fn a_session_that_was_given_nothing_to_do_is_passed_over() {
    let (_dir, store) = store_with(&[at("a", "/x", 5), at("b", "/x", 9), at("c", "/y", 7)]);
    assert_eq!(store.latest_with_input("/x").unwrap(), None);
    store.commit(&SessionId::from("a"), &[Write::Input(sample::input(0, store::InputMode::Turn))]).unwrap();
    assert_eq!(store.latest_with_input("/x").unwrap().unwrap().id.as_str(), "a");
    assert_eq!(store.latest_with_input("/y").unwrap(), None);
}

#[test]
fn a_short_id_finds_what_begins_with_it_and_knows_no_wildcards() {
    let (_dir, store) = store_with(&[at("ab1", "/x", 1), at("ab2", "/x", 2), at("Ab3", "/x", 3), at("a%", "/x", 4)]);
    let found =
        |prefix: &str| -> Vec<String> { store.resolve_prefix(prefix).unwrap().into_iter().map(|id| id.0).collect() };
    assert_eq!(found("ab"), ["ab2", "ab1"]);
    assert_eq!(found("ab1"), ["ab1"]);
    assert_eq!(found("a%"), ["a%"]);
    assert_eq!(found("b"), [""; 0]);
    assert_eq!(found("").len(), 4);
}

#[test]
fn saving_a_session_again_keeps_all_that_belongs_to_it() {
    let (_dir, store) = store_with(&[]);
    sample::commit_all(&store, "s", &sample::script("s"));
    let mut expected = everything(&store, "s");
    let renamed = SessionRecord { title: "another".to_owned(), ..sample::session("s") };
    store.commit(&renamed.id, &[Write::Session(renamed.clone())]).unwrap();
    expected.session = Some(renamed);
    assert_eq!(everything(&store, "s"), expected);
}

#[test]
fn removing_a_session_removes_every_row_of_it_and_no_other() {
    let (_dir, store) = store_with(&[]);
    sample::commit_all(&store, "s", &sample::script("s"));
    sample::commit_all(&store, "t", &sample::script("t"));
    for session in ["s", "t"] {
        let id = store.begin_attempt(&attempt(session, 1, 1, "fast")).unwrap();
        store.end_attempt(id, &end(Some(true))).unwrap();
        store.add_outcome(id, Outcome::Accepted, Timestamp(1), None).unwrap();
    }
    let kept = everything(&store, "t");

    assert!(store.remove(&SessionId::from("s")).unwrap());
    assert!(!store.remove(&SessionId::from("s")).unwrap());
    assert_eq!(everything(&store, "t"), kept);

    // Every table there is, so that one added later is looked at as well. The router's belong to no session, and what
    // tokens have spent at the gateway stays; attempts have their session's, and their ends and outcomes are told apart by the
    // attempt.
    let db = Connection::open(store.path()).unwrap();
    let mut tables =
        db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let of_sessions = tables.iter().filter(|table| !table.starts_with("router_") && !table.starts_with("gateway_"));
    assert_eq!((tables.len(), of_sessions.clone().count()), (16, 13));
    let number = |sql: String| -> u64 { db.query_row(&sql, [], |row| row.get(0)).unwrap() };
    for table in of_sessions {
        let all = number(format!("SELECT count(*) FROM {table}"));
        let kept = match table.as_str() {
            "attempt_ends" | "outcomes" => {
                number(format!("SELECT count(*) FROM {table} JOIN attempts ON attempts.id = attempt AND session = 't'"))
            }
            "sessions" => number("SELECT count(*) FROM sessions WHERE id = 't'".to_owned()),
            _ => number(format!("SELECT count(*) FROM {table} WHERE session = 't'")),
        };
        assert_eq!(all, kept, "{table}");
        assert!(kept > 0, "{table}: the sample has no row here, so that this test shows nothing");
    }
}
