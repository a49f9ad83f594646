//! Narrow questions get what reading everything and looking through it would give.

use protocol::{AgentId, DelegationId, SessionId, Timestamp};
use store::{InputMode, NoteRecord, Store, Write};

use crate::sample;

#[test]
fn a_new_session_has_no_last_of_anything() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let (session, agent) = (SessionId::from("s"), sample::main_agent());
    store.commit(&session, &[Write::Session(sample::session("s"))]).unwrap();
    assert_eq!(store.last_note(&session, None, "turn").unwrap(), None);
    assert_eq!(store.last_event_seq(&session).unwrap(), 0);
    assert_eq!(store.next_input_seq(&session).unwrap(), 0);
    assert_eq!(store.next_item_seq(&session, &agent).unwrap(), 0);
    assert_eq!(store.last_step(&session, &agent).unwrap(), 0);
    assert_eq!(store.delegation(&session, &DelegationId::new("d")).unwrap(), None);
    assert!(store.tool_runs_since(&session, Timestamp(0)).unwrap().is_empty());
}

#[test]
fn narrow_answers_are_those_of_the_whole_record() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    sample::commit_all(&store, "other", &sample::script("other"));
    sample::commit_all(&store, "s", &sample::script("s"));
    let session = SessionId::from("s");
    store.commit(&session, &[Write::Input(sample::input(7, InputMode::Queue))]).unwrap();

    assert_eq!(store.last_event_seq(&session).unwrap(), store.events(&session).unwrap().last().unwrap().seq);
    assert_eq!(store.next_input_seq(&session).unwrap(), 8);
    for agent in ["main", "sidekick"].map(AgentId::from) {
        let items = store.items(&session, &agent, 0).unwrap();
        assert_eq!(store.next_item_seq(&session, &agent).unwrap(), items.len() as u64);
        let ledger = store.ledger(&session).unwrap();
        let last = ledger.iter().filter(|row| row.agent == agent).map(|row| row.step).max().unwrap_or(0);
        assert_eq!(store.last_step(&session, &agent).unwrap(), last);
    }
    for record in store.delegations(&session).unwrap() {
        assert_eq!(store.delegation(&session, &record.id).unwrap(), Some(record));
    }
    let runs = store.all_tool_runs(&session).unwrap();
    let since = runs.iter().map(|run| run.intent.at).max().unwrap();
    let late: Vec<_> = runs.iter().filter(|run| run.intent.at >= since).cloned().collect();
    assert_eq!(store.tool_runs_since(&session, since).unwrap(), late);
    assert!(store.tool_runs_since(&session, Timestamp(since.0 + 1)).unwrap().is_empty());
}

#[test]
fn the_last_note_is_the_newest_of_its_kind_and_of_that_agent_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let (session, main) = (SessionId::from("s"), sample::main_agent());
    let note =
        |agent: Option<&str>, kind: &str, json: &str| NoteRecord { json: json.to_owned(), ..sample::note(agent, kind) };
    let notes = [
        note(None, "turn", "1"),
        note(Some("main"), "turn", "2"),
        note(None, "turn", "3"),
        note(Some("main"), "forecast", "4"),
        note(Some("sidekick"), "turn", "5"),
    ];
    let mut writes = vec![Write::Session(sample::session("s"))];
    writes.extend(notes.iter().cloned().map(Write::Note));
    store.commit(&session, &writes).unwrap();
    assert_eq!(store.last_note(&session, None, "turn").unwrap().as_ref(), Some(&notes[2]));
    assert_eq!(store.last_note(&session, Some(&main), "turn").unwrap().as_ref(), Some(&notes[1]));
    assert_eq!(store.last_note(&session, Some(&main), "forecast").unwrap().as_ref(), Some(&notes[3]));
    assert_eq!(store.notes_of(&session, "turn").unwrap(), [0, 1, 2, 4].map(|at: usize| notes[at].clone()));
}
