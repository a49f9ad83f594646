//! The process dies: what was committed is there, what was not is not.
//!
//! Each test runs itself again in a child process, told by an environment variable what to do and where.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use protocol::SessionId;
use rusqlite::Connection;
use store::{FaultPlan, Store, Write};

use crate::sample::{self, everything};

const PLACE: &str = "STORE_CRASH_TEST_FOLDER";
const ABORT_AT: &str = "STORE_CRASH_TEST_ABORT_AT";

/// This test binary, running only one test.
fn again(test: &str, place: &Path) -> Command {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(PLACE, place).stdout(Stdio::null()).stderr(Stdio::piped());
    child
}

fn intact(store: &Store) {
    let db = Connection::open(store.path()).unwrap();
    assert_eq!(db.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap(), "ok");
}

#[test]
fn a_process_that_dies_after_any_commit_has_written_exactly_the_commits_up_to_it() {
    let script = sample::script("s");
    if let Ok(place) = std::env::var(PLACE) {
        let abort_at_write = std::env::var(ABORT_AT).unwrap().parse().ok();
        let store =
            Store::open_with_fault(Path::new(&place), FaultPlan { abort_at_write, ..FaultPlan::default() }).unwrap();
        return sample::commit_all(&store, "s", &script);
    }
    let test = "crash::a_process_that_dies_after_any_commit_has_written_exactly_the_commits_up_to_it";
    for dies_at in 1..=script.len() {
        let dir = tempfile::tempdir().unwrap();
        let child = again(test, dir.path()).env(ABORT_AT, dies_at.to_string()).output().unwrap();
        assert!(!child.status.success(), "the child lived on after commit {dies_at}");

        let never_died = tempfile::tempdir().unwrap();
        let never_died = Store::open(never_died.path()).unwrap();
        sample::commit_all(&never_died, "s", &script[..dies_at]);
        let woken = Store::open(dir.path()).unwrap();
        intact(&woken);
        assert_eq!(everything(&woken, "s"), everything(&never_died, "s"), "after commit {dies_at}");

        sample::commit_all(&woken, "s", &script[dies_at..]);
        sample::commit_all(&never_died, "s", &script[dies_at..]);
        assert_eq!(everything(&woken, "s"), everything(&never_died, "s"), "resumed after commit {dies_at}");
    }
}

#[test]
fn a_process_that_dies_before_a_commit_has_written_nothing_of_it() {
    let script = sample::script("s");
    if let Ok(place) = std::env::var(PLACE) {
        let abort_before_write = std::env::var(ABORT_AT).unwrap().parse().ok();
        let plan = FaultPlan { abort_before_write, ..FaultPlan::default() };
        let store = Store::open_with_fault(Path::new(&place), plan).unwrap();
        return sample::commit_all(&store, "s", &script);
    }
    for dies_before in 1..=script.len() {
        let dir = tempfile::tempdir().unwrap();
        let test = "crash::a_process_that_dies_before_a_commit_has_written_nothing_of_it";
        let child = again(test, dir.path()).env(ABORT_AT, dies_before.to_string()).output().unwrap();
        assert!(!child.status.success(), "the child lived on before commit {dies_before}");

        let never_died = tempfile::tempdir().unwrap();
        let never_died = Store::open(never_died.path()).unwrap();
        sample::commit_all(&never_died, "s", &script[..dies_before - 1]);
        let woken = Store::open(dir.path()).unwrap();
        intact(&woken);
        assert_eq!(everything(&woken, "s"), everything(&never_died, "s"), "before commit {dies_before}");
    }
}

#[test]
fn a_process_that_lives_past_its_fault_plan_ends_well() {
    let dir = tempfile::tempdir().unwrap();
    let script = sample::script("s");
    let later = FaultPlan { abort_at_write: Some(script.len() as u64 + 1), ..FaultPlan::default() };
    let store = Store::open_with_fault(dir.path(), later).unwrap();
    sample::commit_all(&store, "s", &script);
    // Neither a refused commit nor an empty one is a durable write.
    store.commit(&SessionId::from("s"), &[Write::InputPromoted { seq: 77 }]).unwrap_err();
    store.commit(&SessionId::from("s"), &[]).unwrap();
    assert_eq!(everything(&store, "s").events.len(), 3);
}

#[test]
fn a_process_killed_from_outside_keeps_what_it_committed_and_no_half_commit() {
    let id = SessionId::from("s");
    if let Ok(place) = std::env::var(PLACE) {
        let store = Store::open(Path::new(&place)).unwrap();
        store.commit(&id, &[Write::Session(sample::session("s")), Write::Window(sample::window("main", 0))]).unwrap();
        for seq in 0..1_000_000 {
            let item = sample::item("main", seq, &"x".repeat(10_000));
            store.commit(&id, &[Write::Item(item), Write::Event(sample::event("s", seq, 0.5))]).unwrap();
            eprintln!("committed");
        }
        return;
    }
    let test = "crash::a_process_killed_from_outside_keeps_what_it_committed_and_no_half_commit";
    for told in [1, 7, 40] {
        let dir = tempfile::tempdir().unwrap();
        let mut child = again(test, dir.path()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let heard = lines.map(Result::unwrap).filter(|line| line.ends_with("committed")).take(told).count();
        child.kill().unwrap();
        child.wait().unwrap();

        let store = Store::open(dir.path()).unwrap();
        intact(&store);
        let read = everything(&store, "s");
        assert_eq!(heard, told);
        assert!(read.agents[0].items.len() >= told);
        assert_eq!(read.agents[0].items.len(), read.events.len());
    }
}
