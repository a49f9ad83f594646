//! Versions of the learned router and their states.

use protocol::Timestamp;
use rusqlite::Connection;
use store::{RouterState, Store, StoreError};

fn states(store: &Store) -> Vec<(u32, RouterState)> {
    store.router_models().unwrap().iter().map(|one| (one.version, one.state)).collect()
}

#[test]
fn a_version_is_a_candidate_first_and_only_one_is_current() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    assert_eq!((store.next_router_version().unwrap(), store.router_models().unwrap()), (1, Vec::new()));
    for version in 1..=3 {
        store.put_router_model(version, "{ \"a\": 1.50}", "trained", Timestamp(version.into())).unwrap();
    }
    store.set_router_state(1, RouterState::Current, "promoted", Timestamp(10)).unwrap();
    store.set_router_state(2, RouterState::Shadow, "tried", Timestamp(11)).unwrap();
    assert_eq!(states(&store), [(1, RouterState::Current), (2, RouterState::Shadow), (3, RouterState::Candidate)]);
    store.set_router_state(3, RouterState::Current, "better", Timestamp(12)).unwrap();
    assert_eq!(states(&store), [(1, RouterState::Retired), (2, RouterState::Shadow), (3, RouterState::Current)]);

    let current = Store::open(dir.path()).unwrap().router_in(RouterState::Current).unwrap().unwrap();
    assert_eq!((current.version, current.json.as_str(), current.at), (3, "{ \"a\": 1.50}", Timestamp(3)));
    assert_eq!((current.since, current.why.as_str()), (Timestamp(12), "better"));
    let retired = store.router_model(1).unwrap().unwrap();
    assert_eq!((retired.state, retired.why.as_str()), (RouterState::Retired, "version 3 took its place"));
    // Said again, it stays the one.
    store.set_router_state(3, RouterState::Current, "again", Timestamp(13)).unwrap();
    assert_eq!(store.router_in(RouterState::Current).unwrap().unwrap().version, 3);
}

#[test]
fn a_reset_retires_all_and_the_numbers_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.put_router_model(1, "{}", "trained", Timestamp(1)).unwrap();
    store.put_router_model(2, "{}", "trained", Timestamp(1)).unwrap();
    store.set_router_state(2, RouterState::Current, "promoted", Timestamp(2)).unwrap();
    assert_eq!(store.retire_router("reset", Timestamp(3)).unwrap(), 2);
    assert_eq!(store.retire_router("reset", Timestamp(4)).unwrap(), 0);
    assert_eq!(store.router_in(RouterState::Current).unwrap(), None);
    assert_eq!(store.next_router_version().unwrap(), 3);
}

#[test]
fn of_two_that_train_at_once_the_second_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (Store::open(dir.path()).unwrap(), Store::open(dir.path()).unwrap());
    let version = one.next_router_version().unwrap();
    assert_eq!(other.next_router_version().unwrap(), version);
    one.put_router_model(version, "{}", "mine", Timestamp(1)).unwrap();
    let error = other.put_router_model(version, "{}", "no, mine", Timestamp(1)).unwrap_err();
    assert!(matches!(error, StoreError::Unfit { .. }), "{error}");
    assert!(error.to_string().contains("version 1 of the router") && error.to_string().contains("next version is 2"));
    assert_eq!(one.router_model(version).unwrap().unwrap().why, "mine");
    let unknown = one.set_router_state(9, RouterState::Current, "", Timestamp(1)).unwrap_err();
    assert!(matches!(unknown, StoreError::Unfit { .. }), "{unknown}");
    let db = Connection::open(one.path()).unwrap();
    for sql in ["UPDATE router_models SET json = ''", "DELETE FROM router_models", "DELETE FROM router_states"] {
        assert!(db.execute(sql, []).is_err(), "{sql}");
    }
}
