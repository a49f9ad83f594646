//! The ledger of routing: what is stored of an attempt, that it stands, and that nobody's row is lost.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use protocol::{Attempt, AttemptEnd, Learned, Outcome, Route, SessionId, Signals, TaskType, Timestamp, Usd};
use rusqlite::Connection;
use store::{AttemptFilter, AttemptRecord, FaultPlan, Store, StoreError, Write};

use crate::sample::{self, AWKWARD};

const TASK: &str = "f00d";

fn route(lane: &str) -> Route {
    Route {
        task_type: TaskType::BugFix,
        signals: Signals {
            files: 4,
            auth_code: true,
            failures: 2,
            paths: vec![AWKWARD.to_owned()],
            ..Signals::default()
        },
        score: 13,
        lane: lane.to_owned(),
        reasons: vec!["always_strong:auth_code".to_owned(), AWKWARD.to_owned()],
        verification: vec!["cargo test".to_owned()],
        policy: "p1".to_owned(),
        classifier: Some("high".to_owned()),
        learned: Some(Learned {
            version: 3,
            lane: "fast".to_owned(),
            success: BTreeMap::from([("fast".to_owned(), 0.1 + 0.2)]),
            confidence: 0.9,
            propensity: 1.0,
            shadow: true,
        }),
    }
}

/// An attempt of a session's turn, begun a millisecond later with each turn.
pub(crate) fn attempt(session: &str, turn: u32, number: u32, lane: &str) -> Attempt {
    Attempt {
        session: SessionId::from(session),
        turn,
        number,
        task: TASK.to_owned(),
        repository: "/repo".to_owned(),
        route: route(lane),
        brain: sample::brain(),
        at: Timestamp(u64::from(1_000 + turn * 10 + number)),
        escalated_from: (number > 1).then(|| ("fast".to_owned(), "failed_tests".to_owned())),
    }
}

pub(crate) fn end(passed: Option<bool>) -> AttemptEnd {
    AttemptEnd {
        ms: 12_345,
        usd: Some(Usd::from_picos(123_456_789_012_345)),
        usage: sample::usage(7),
        checks: vec![("cargo test".to_owned(), passed == Some(true)), (AWKWARD.to_owned(), true)],
        passed,
        failure: (passed == Some(false)).then(|| "failed_tests".to_owned()),
        plan_at_fault: passed == Some(false),
    }
}

fn store(place: &Path) -> Store {
    let store = Store::open(place).unwrap();
    for session in ["s", "t"] {
        store.commit(&SessionId::from(session), &[Write::Session(sample::session(session))]).unwrap();
    }
    store
}

fn all(store: &Store) -> Vec<AttemptRecord> {
    store.attempts(&AttemptFilter::default()).unwrap()
}

#[test]
fn p40_an_attempt_is_one_row_with_every_field_and_every_field_can_be_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let (first, second) = (attempt("s", 1, 1, "fast"), attempt("s", 1, 2, "strong"));
    let ids = [store.begin_attempt(&first).unwrap(), store.begin_attempt(&second).unwrap()];
    store.end_attempt(ids[1], &end(Some(true))).unwrap();
    store.add_outcome(ids[1], Outcome::Rejected, Timestamp(9_000), Some(AWKWARD)).unwrap();

    let open = AttemptRecord { id: ids[0], attempt: first, end: None, outcome: None };
    let over = AttemptRecord {
        id: ids[1],
        attempt: second,
        end: Some(end(Some(true))),
        outcome: Some((Outcome::Rejected, Timestamp(9_000))),
    };
    assert_eq!(all(&store), [open.clone(), over.clone()]);
    assert_eq!(store.attempt(ids[1]).unwrap(), Some(over));
    // Another process reads the same, and SQL finds each field by its name.
    assert_eq!(all(&Store::open(dir.path()).unwrap())[0], open);
    let db = Connection::open(store.path()).unwrap();
    let sql = "SELECT count(*) FROM attempts JOIN attempt_ends ON attempt = attempts.id JOIN outcomes USING (attempt)
        WHERE task = 'f00d' AND lane = 'strong' AND brain_name = 'anthropic/claude-opus-5-5' AND policy = 'p1'
            AND task_type = 'bug_fix' AND signals ->> 'files' = 4 AND score = 13
            AND reasons ->> 0 = 'always_strong:auth_code' AND ms = 12345 AND picos = 123456789012345 AND input > 0
            AND output > 0 AND cache_read > 0 AND cache_write_short > 0 AND checks ->> '$[0][0]' = 'cargo test' AND passed
            AND escalated_from = 'fast' AND escalated_because = 'failed_tests' AND outcome = 'rejected'
            AND session = 's' AND turn = 1 AND number = 2 AND repository = '/repo' AND learned ->> 'version' = 3";
    assert_eq!(db.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap(), 1);
}

#[test]
fn a_filter_leaves_out_what_it_names_and_its_end_is_outside() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    for (session, turn, lane) in [("s", 1, "fast"), ("s", 2, "strong"), ("t", 3, "fast")] {
        store.begin_attempt(&attempt(session, turn, 1, lane)).unwrap();
    }
    let turns = |filter: AttemptFilter| -> Vec<u32> {
        store.attempts(&filter).unwrap().iter().map(|record| record.attempt.turn).collect()
    };
    let none = AttemptFilter::default;
    assert_eq!(turns(AttemptFilter { since: Some(Timestamp(1_021)), ..none() }), [2, 3]);
    assert_eq!(turns(AttemptFilter { until: Some(Timestamp(1_021)), ..none() }), [1]);
    assert_eq!(turns(AttemptFilter { session: Some(SessionId::from("t")), ..none() }), [3]);
    assert_eq!(turns(AttemptFilter { lane: Some("fast".to_owned()), ..none() }), [1, 3]);
    assert_eq!(turns(AttemptFilter { repository: Some("/repo".to_owned()), ..none() }), [1, 2, 3]);
    assert_eq!(turns(AttemptFilter { repository: Some("/other".to_owned()), ..none() }), [0; 0]);
}

#[test]
fn p44_a_late_word_finds_its_attempt_by_id_and_the_newest_counts() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let id = store.begin_attempt(&attempt("s", 1, 1, "fast")).unwrap();
    store.end_attempt(id, &end(Some(true))).unwrap();
    let other = store.begin_attempt(&attempt("s", 2, 1, "fast")).unwrap();
    // A clock that was set back does not make an older word of it.
    store.add_outcome(id, Outcome::Accepted, Timestamp(9_000), None).unwrap();
    store.add_outcome(id, Outcome::Rejected, Timestamp(8_000), Some("style")).unwrap();
    let held = store.attempt(id).unwrap().unwrap();
    assert_eq!(held.outcome, Some((Outcome::Rejected, Timestamp(8_000))));
    assert_eq!(held.end, Some(end(Some(true))), "what came of it stands");
    assert_eq!(store.attempt(other).unwrap().unwrap().outcome, None);
    let said: Vec<_> = store.outcomes(id).unwrap().into_iter().map(|one| (one.outcome, one.note)).collect();
    assert_eq!(said, [(Outcome::Accepted, None), (Outcome::Rejected, Some("style".to_owned()))]);
    let error = store.add_outcome(77, Outcome::Accepted, Timestamp(1), None).unwrap_err();
    assert!(matches!(error, StoreError::Unfit { .. }) && error.to_string().contains("attempt 77"), "{error}");
}

#[test]
fn p45_rows_are_only_added_and_go_only_with_their_session() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let id = store.begin_attempt(&attempt("s", 1, 1, "fast")).unwrap();
    store.end_attempt(id, &end(None)).unwrap();
    store.add_outcome(id, Outcome::Accepted, Timestamp(1), None).unwrap();
    let db = Connection::open(store.path()).unwrap();
    db.pragma_update(None, "foreign_keys", true).unwrap();
    for sql in [
        "UPDATE attempts SET lane = 'strong'",
        "DELETE FROM attempts",
        "UPDATE attempt_ends SET passed = 1",
        "DELETE FROM attempt_ends",
        "UPDATE outcomes SET outcome = 'rejected'",
        "DELETE FROM outcomes",
    ] {
        assert!(db.execute(sql, []).is_err(), "{sql}");
    }
    assert_eq!(all(&store).len(), 1);
    let error = store.end_attempt(id, &end(Some(true))).unwrap_err();
    assert!(error.to_string().contains("stored already"), "{error}");
    let again = store.begin_attempt(&attempt("s", 1, 1, "strong")).unwrap_err();
    assert!(matches!(again, StoreError::Unfit { .. }), "{again}");

    assert!(store.remove(&SessionId::from("s")).unwrap());
    assert_eq!(all(&store), []);
    assert_eq!(store.outcomes(id).unwrap(), []);
    // Its number is not given again.
    assert!(store.begin_attempt(&attempt("t", 1, 1, "fast")).unwrap() > id);
}

#[test]
fn what_does_not_fit_or_could_not_be_read_back_is_refused_as_a_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let error = store.begin_attempt(&attempt("nobody", 1, 1, "fast")).unwrap_err();
    assert!(error.to_string().contains("session nobody") && error.to_string().contains("not stored"), "{error}");
    let mut odd = attempt("s", 1, 1, "fast");
    odd.route.learned.as_mut().unwrap().success.insert("fast".to_owned(), f64::NAN);
    let error = store.begin_attempt(&odd).unwrap_err();
    assert!(error.to_string().contains("chance of success in fast is not a number"), "{error}");
    assert!(matches!(store.end_attempt(1, &end(None)).unwrap_err(), StoreError::Unfit { .. }));
    assert_eq!(all(&store), []);
}

#[test]
fn p45_two_handles_add_attempts_at_once_and_every_one_is_there_with_its_own_end() {
    const TURNS: u32 = 60;
    let dir = tempfile::tempdir().unwrap();
    store(dir.path());
    thread::scope(|scope| {
        for session in ["s", "t"] {
            let dir = dir.path();
            scope.spawn(move || {
                let store = Store::open(dir).unwrap();
                for turn in 1..=TURNS {
                    let id = store.begin_attempt(&attempt(session, turn, 1, session)).unwrap();
                    store.end_attempt(id, &AttemptEnd { ms: turn.into(), ..end(Some(true)) }).unwrap();
                    store.add_outcome(id, Outcome::Accepted, Timestamp(turn.into()), None).unwrap();
                }
            });
        }
    });
    let store = Store::open(dir.path()).unwrap();
    for session in ["s", "t"] {
        let held =
            store.attempts(&AttemptFilter { lane: Some(session.to_owned()), ..AttemptFilter::default() }).unwrap();
        assert_eq!(held.len(), TURNS as usize);
        for record in held {
            let turn = u64::from(record.attempt.turn);
            assert_eq!(record.end.unwrap().ms, turn);
            assert_eq!(record.outcome, Some((Outcome::Accepted, Timestamp(turn))));
        }
    }
}

#[test]
fn two_handles_cannot_both_end_an_attempt() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (store(dir.path()), Store::open(dir.path()).unwrap());
    let id = one.begin_attempt(&attempt("s", 1, 1, "fast")).unwrap();
    one.end_attempt(id, &end(Some(true))).unwrap();
    assert!(matches!(other.end_attempt(id, &end(Some(false))).unwrap_err(), StoreError::Unfit { .. }));
    assert_eq!(other.attempt(id).unwrap().unwrap().end, Some(end(Some(true))));
}

const PLACE: &str = "STORE_ATTEMPTS_TEST_FOLDER";
const DIES: &str = "STORE_ATTEMPTS_TEST_DIES";

/// A process that dies in the middle of the `n`th write after its two sessions: an attempt, its end, an outcome.
#[test]
fn p45_a_crash_in_the_middle_of_a_write_loses_nothing_that_was_committed_and_leaves_no_half_row() {
    if let Ok(place) = std::env::var(PLACE) {
        let dies: u64 = std::env::var(DIES).unwrap().parse().unwrap();
        let plan = FaultPlan { abort_before_write: Some(dies), ..FaultPlan::default() };
        let store = Store::open_with_fault(Path::new(&place), plan).unwrap();
        let id = store.begin_attempt(&attempt("s", 1, 1, "fast")).unwrap();
        store.end_attempt(id, &end(Some(false))).unwrap();
        return store.add_outcome(id, Outcome::Reverted, Timestamp(5), None).unwrap();
    }
    for dies in 1..=3 {
        let dir = tempfile::tempdir().unwrap();
        drop(store(dir.path()));
        let test =
            "attempts::p45_a_crash_in_the_middle_of_a_write_loses_nothing_that_was_committed_and_leaves_no_half_row";
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test])
            .envs([(PLACE, dir.path().as_os_str()), (DIES, dies.to_string().as_ref())])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(!child.unwrap().success(), "the child lived on at write {dies}");

        let store = Store::open(dir.path()).unwrap();
        let held = all(&store);
        assert_eq!(
            (held.len(), held.iter().filter(|one| one.end.is_some()).count()),
            match dies {
                1 => (0, 0),
                2 => (1, 0),
                _ => (1, 1),
            }
        );
        assert!(held.iter().all(|one| one.outcome.is_none()));
        // What was not written can be written now.
        let id = held.first().map_or_else(|| store.begin_attempt(&attempt("s", 1, 1, "fast")).unwrap(), |one| one.id);
        if dies < 3 {
            store.end_attempt(id, &end(Some(false))).unwrap();
        }
        assert_eq!(all(&store)[0].end, Some(end(Some(false))));
    }
}

#[test]
fn failures_are_runs_of_the_task_in_its_repository_since_one_succeeded_and_a_rejection_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let failures = |since| store.failures_of(TASK, "/repo", Timestamp(since)).unwrap();
    let put = |turn, passed: Option<bool>, failure: Option<&str>| {
        let id = store.begin_attempt(&attempt("s", turn, 1, "fast")).unwrap();
        store.end_attempt(id, &AttemptEnd { failure: failure.map(str::to_owned), ..end(passed) }).unwrap();
        id
    };
    store.begin_attempt(&attempt("s", 1, 1, "fast")).unwrap();
    put(2, None, None);
    put(3, Some(false), Some("interrupted"));
    assert_eq!(failures(0), 0, "unfinished, untold and interrupted ones are no failures");
    put(4, Some(false), Some("failed_tests"));
    assert_eq!((failures(0), failures(1_042)), (1, 0));
    for number in 2..4 {
        let again = store.begin_attempt(&attempt("s", 4, number, "strong")).unwrap();
        store.end_attempt(again, &end(Some(false))).unwrap();
    }
    assert_eq!(failures(0), 1, "three attempts of one run are one failure");
    let passed = put(5, Some(true), None);
    assert_eq!(failures(0), 0, "what was done at last is no risk any more");
    store.add_outcome(passed, Outcome::Reverted, Timestamp(1), None).unwrap();
    assert_eq!(failures(0), 2);
    store.add_outcome(passed, Outcome::Accepted, Timestamp(2), None).unwrap();
    assert_eq!(failures(0), 0, "the newest word counts");
    put(6, Some(false), None);
    let mended = store.begin_attempt(&attempt("s", 6, 2, "strong")).unwrap();
    store.end_attempt(mended, &end(Some(true))).unwrap();
    assert_eq!(failures(0), 0, "a run that passed in the end did");
    put(7, Some(false), None);
    assert_eq!(failures(0), 1);
    let elsewhere = |task, repository| store.failures_of(task, repository, Timestamp(0)).unwrap();
    assert_eq!((elsewhere("beef", "/repo"), elsewhere(TASK, "/other")), (0, 0));
}

#[test]
fn the_last_decision_stands_for_a_like_task_until_its_time_its_policy_or_its_luck_ends() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let last = |task: &str, policy: &str, since| store.last_route(task, "/repo", policy, Timestamp(since)).unwrap();
    assert_eq!(last(TASK, "p1", 0), None);
    let id = store.begin_attempt(&attempt("s", 1, 1, "fast")).unwrap();
    assert_eq!(last(TASK, "p1", 1_011), Some(route("fast")), "at the limit, and while it runs");
    assert_eq!((last(TASK, "p1", 1_012), last(TASK, "p2", 0), last("beef", "p1", 0)), (None, None, None));
    assert_eq!(
        store.last_route(TASK, "/other", "p1", Timestamp(0)).unwrap(),
        None,
        "it was said of another repository"
    );
    store.end_attempt(id, &end(Some(true))).unwrap();
    assert_eq!(last(TASK, "p1", 0), Some(route("fast")));
    store.add_outcome(id, Outcome::Rejected, Timestamp(1), None).unwrap();
    assert_eq!(last(TASK, "p1", 0), None, "what was not taken is decided anew");

    let passed = store.begin_attempt(&attempt("s", 2, 1, "fast")).unwrap();
    store.end_attempt(passed, &end(Some(true))).unwrap();
    let failed = store.begin_attempt(&attempt("s", 3, 1, "fast")).unwrap();
    store.end_attempt(failed, &end(Some(false))).unwrap();
    assert_eq!(last(TASK, "p1", 0), None, "an older success does not stand in for a newer failure");
    store.begin_attempt(&attempt("s", 3, 2, "strong")).unwrap();
    assert_eq!(last(TASK, "p1", 0), None, "an escalation was decided by a failure, not by the task");
}

#[test]
fn a_file_of_the_version_before_gets_the_new_tables_and_keeps_what_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let db = Connection::open(dir.path().join("agent.db")).unwrap();
    db.execute_batch(include_str!("../../src/schema.sql")).unwrap();
    db.execute_batch(include_str!("../../src/schema_2.sql")).unwrap();
    db.execute("INSERT INTO sessions VALUES ('s', '/repo', 'tandem', '', 1, 1, NULL, 'kept', '{}')", []).unwrap();
    db.pragma_update(None, "user_version", 2).unwrap();
    drop(db);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.session(&SessionId::from("s")).unwrap().unwrap().title, "kept");
    let id = store.begin_attempt(&attempt("s", 1, 1, "fast")).unwrap();
    assert_eq!(store.attempt(id).unwrap().unwrap().attempt, attempt("s", 1, 1, "fast"));
}
