//! Several handles and threads on one file.

use std::sync::Barrier;
use std::thread;

use protocol::SessionId;
use store::{Store, StoreError, Write};

use crate::sample::{self, everything};

fn first(id: &str) -> Vec<Write> {
    vec![Write::Session(sample::session(id)), Write::Window(sample::window("main", 0))]
}

#[test]
fn a_new_folder_can_be_opened_by_many_at_once() {
    for _ in 0..4 {
        let dir = tempfile::tempdir().unwrap();
        let together = Barrier::new(8);
        thread::scope(|scope| {
            for number in 0..8 {
                let (dir, together) = (dir.path(), &together);
                scope.spawn(move || {
                    together.wait();
                    let id = format!("s{number}");
                    Store::open(dir).unwrap().commit(&SessionId::new(&id), &first(&id)).unwrap();
                });
            }
        });
        assert_eq!(Store::open(dir.path()).unwrap().sessions(100).unwrap().len(), 8);
    }
}

#[test]
fn two_handles_write_two_sessions_at_once_and_lose_nothing() {
    const ITEMS: u64 = 100;
    let dir = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for id in ["s", "t"] {
            let dir = dir.path();
            scope.spawn(move || {
                let store = Store::open(dir).unwrap();
                store.commit(&SessionId::from(id), &first(id)).unwrap();
                for seq in 0..ITEMS {
                    let item = sample::item("main", seq, id);
                    store.commit(&SessionId::from(id), &[Write::Item(item.clone())]).unwrap();
                    // What was committed is seen at once, whatever the other handle does.
                    let tail = store.items(&SessionId::from(id), &sample::main_agent(), seq).unwrap();
                    assert_eq!(tail, [item]);
                }
            });
        }
    });
    let store = Store::open(dir.path()).unwrap();
    for id in ["s", "t"] {
        assert_eq!(everything(&store, id).agents[0].items.len() as u64, ITEMS);
    }
}

#[test]
fn two_processes_on_one_session_cannot_both_append_the_same_item() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (Store::open(dir.path()).unwrap(), Store::open(dir.path()).unwrap());
    let id = SessionId::from("s");
    one.commit(&id, &first("s")).unwrap();

    one.commit(&id, &[Write::Item(sample::item("main", 0, "mine"))]).unwrap();
    let writes = [Write::Item(sample::item("main", 0, "no, mine"))];
    let error = other.commit(&id, &writes).unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("another process"), "{error}");
    assert_eq!(everything(&other, "s").agents[0].items, [sample::item("main", 0, "mine")]);
}

#[test]
fn clones_share_one_store_between_threads() {
    const ITEMS: u64 = 50;
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let id = SessionId::from("s");
    store.commit(&id, &[Write::Session(sample::session("s"))]).unwrap();
    let agents = sample::AGENTS.map(|agent| {
        let (store, id) = (store.clone(), id.clone());
        thread::spawn(move || {
            store.commit(&id, &[Write::Window(sample::window(agent, 0))]).unwrap();
            for seq in 0..ITEMS {
                store.commit(&id, &[Write::Item(sample::item(agent, seq, agent))]).unwrap();
            }
        })
    });
    for agent in agents {
        agent.join().unwrap();
    }
    for held in everything(&store, "s").agents {
        assert!(held.items.iter().map(|item| item.seq).eq(0..ITEMS));
    }
}
