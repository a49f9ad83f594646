//! Writes that do not fit what is stored.

use protocol::SessionId;
use store::{Store, StoreError, Write};

use crate::sample::{self, everything};

/// A store with a session in the middle of its work.
fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    sample::commit_all(&store, "s", &sample::script("s")[..6]);
    (dir, store)
}

/// Commits a good write and then this one: it is refused, and nothing of the commit stays. Gives the reason.
fn refused(write: Write) -> String {
    let (_dir, store) = store();
    let before = everything(&store, "s");
    let good = Write::Item(sample::item("main", 2, "fits"));
    let error = store.commit(&SessionId::from("s"), &[good, write]).unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
    assert_eq!(everything(&store, "s"), before);
    error.to_string()
}

#[test]
fn an_item_that_leaves_a_gap_is_refused_and_the_next_number_named() {
    let why = refused(Write::Item(sample::item("main", 4, "late")));
    assert!(why.contains("item 4 of agent main of session s"), "{why}");
    assert!(why.contains("number 3"), "{why}");
}

#[test]
fn an_item_is_never_overwritten() {
    refused(Write::Item(sample::item("main", 0, "another past")));
}

#[test]
fn an_item_needs_its_window() {
    let mut item = sample::item("main", 3, "lost");
    item.window = sample::window_id(7);
    let why = refused(Write::Item(item));
    assert!(why.contains("FOREIGN KEY"), "{why}");
}

#[test]
fn a_window_an_event_and_an_input_are_written_once() {
    refused(Write::Window(sample::window("main", 0)));
    refused(Write::Event(sample::event("s", 1, 0.3)));
    refused(Write::Input(sample::input(1, store::InputMode::Queue)));
}

#[test]
fn a_second_window_of_the_same_name_is_refused() {
    let mut window = sample::window("main", 1);
    window.id = sample::window_id(0);
    refused(Write::Window(window));
}

#[test]
fn an_intent_comes_once_a_result_only_after_it_and_only_once() {
    refused(Write::ToolIntent(sample::intent("main", 1, "call-1")));
    let why = refused(Write::ToolDone(sample::done("main", 1, "never-asked")));
    assert!(why.contains("never-asked"), "{why}");
    refused(Write::ToolDone(sample::done("main", 1, "call-1")));
}

#[test]
fn an_input_is_promoted_once() {
    refused(Write::InputPromoted { seq: 1 });
    refused(Write::InputPromoted { seq: 2 });
}

#[test]
fn a_record_of_another_session_is_refused() {
    let why = refused(Write::Ledger(sample::ledger_row("t", "main", 2)));
    assert!(why.contains("session t"), "{why}");
    refused(Write::Event(sample::event("t", 9, 0.3)));
    refused(Write::Session(sample::session("t")));
}

#[test]
fn a_number_that_the_database_cannot_hold_is_refused_not_wrapped() {
    let mut row = sample::ledger_row("s", "main", 2);
    row.usage.output = u64::MAX;
    refused(Write::Ledger(row));
}

#[test]
fn a_session_that_does_not_exist_takes_nothing() {
    let (_dir, store) = store();
    let error = store.commit(&SessionId::from("t"), &[Write::Note(sample::note(None, "x"))]).unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
    assert_eq!(store.notes(&SessionId::from("t")).unwrap(), []);
}

#[test]
fn an_empty_commit_needs_no_session() {
    let (_dir, store) = store();
    store.commit(&SessionId::from("t"), &[]).unwrap();
    assert_eq!(store.session(&SessionId::from("t")).unwrap(), None);
}
