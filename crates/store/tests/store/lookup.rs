//! Narrow questions get what reading everything and looking through it would give.

use protocol::{AgentId, DelegationId, FragmentKind, Item, SessionId, Timestamp};
use store::{InputMode, NoteRecord, Store, StoredItem, ToolDone, WindowRecord, Write};

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
fn what_was_changed_is_told_from_a_moment_or_a_step_on_for_one_agent() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    sample::commit_all(&store, "s", &sample::script("s"));
    let (session, main) = (SessionId::from("s"), sample::main_agent());
    let later = store::ToolIntent { at: Timestamp(1_020), ..sample::intent("main", 3, "call-2") };
    let others = sample::intent("sidekick", 3, "call-3");
    let looked = ToolDone { files: Vec::new(), ..sample::done("main", 3, "call-2") };
    let writes = [
        Write::ToolIntent(later),
        Write::ToolDone(looked),
        Write::ToolIntent(others),
        Write::ToolDone(sample::done("sidekick", 3, "call-3")),
    ];
    store.commit(&session, &writes).unwrap();

    let changed = sample::done("main", 1, "call-1").files;
    assert_eq!(store.changes_since(&session, &main, Timestamp(0)).unwrap(), changed);
    assert_eq!(store.changes_since(&session, &main, Timestamp(1_005)).unwrap(), []);
    let calls = |from: u64| -> Vec<String> {
        let runs = store.tool_runs_from(&session, &main, from).unwrap();
        runs.into_iter().map(|run| run.intent.call.0).collect()
    };
    assert_eq!((calls(1), calls(2)), (vec!["call-1".to_owned(), "call-2".to_owned()], vec!["call-2".to_owned()]));
}

#[test]
fn what_an_agent_was_asked_is_told_once_whatever_later_windows_carry_over() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let (session, main) = (SessionId::from("s"), sample::main_agent());
    let fragment = |kind: FragmentKind, text: &str| Item::Fragment { kind, text: text.to_owned() };
    let items = [
        (0, fragment(FragmentKind::Environment, "here")),
        (0, Item::user("first")),
        (0, fragment(FragmentKind::Steering, "and this")),
        (0, fragment(FragmentKind::Reminder, "nobody's words")),
        // The next window begins with two items of the one before.
        (1, fragment(FragmentKind::Environment, "here")),
        (1, Item::user("first")),
        (1, Item::user("second")),
    ];
    let carried = [1, 2];
    let mut writes = vec![Write::Session(sample::session("s"))];
    writes.extend(
        (0..2).map(|seq| Write::Window(WindowRecord { carried: carried[seq as usize], ..sample::window("main", seq) })),
    );
    writes.extend((0..).zip(items).map(|(seq, (window, item))| {
        Write::Item(StoredItem { window: sample::window_id(window), item, ..sample::item("main", seq, "") })
    }));
    store.commit(&session, &writes).unwrap();
    let asked: Vec<String> =
        store.asked(&session, &main).unwrap().iter().map(|asked| asked.item.plain_text()).collect();
    assert_eq!(asked, ["first", "and this", "second"]);
}

#[test]
fn what_was_asked_before_a_fresh_start_is_no_longer_asked() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let (session, main) = (SessionId::from("s"), sample::main_agent());
    let mut writes = vec![Write::Session(sample::session("s"))];
    writes.extend((0..).zip(["session_started", "fresh", "compacted"]).map(|(seq, reason)| {
        Write::Window(WindowRecord { carried: 0, reason: reason.to_owned(), ..sample::window("main", seq) })
    }));
    writes.extend((0..3).map(|at| {
        let item = Item::user(format!("brief {at}"));
        Write::Item(StoredItem { window: sample::window_id(at), item, ..sample::item("main", at, "") })
    }));
    store.commit(&session, &writes).unwrap();
    let asked: Vec<String> =
        store.asked(&session, &main).unwrap().iter().map(|asked| asked.item.plain_text()).collect();
    assert_eq!(asked, ["brief 1", "brief 2"]);
}

#[test]
fn events_of_a_type_are_those_of_all_events() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    sample::commit_all(&store, "s", &sample::script("s"));
    let session = SessionId::from("s");
    assert_eq!(store.events_of(&session, "session.completed").unwrap(), store.events(&session).unwrap());
    assert_eq!(store.events_of(&session, "verification.finished").unwrap(), []);
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

#[test]
fn the_history_of_a_session_is_its_record_without_the_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    sample::commit_all(&store, "other", &sample::script("other"));
    sample::commit_all(&store, "s", &sample::script("s"));
    let session = SessionId::from("s");
    let agents = sample::AGENTS.map(AgentId::from);

    let whole = agents.iter().flat_map(|agent| store.items(&session, agent, 0).unwrap());
    let whole: Vec<_> = whole.map(|item| (item.agent, item.window, item.seq, item.item, item.at)).collect();
    let items = store.transcripts(&session).unwrap().into_iter();
    assert_eq!(items.map(|item| (item.agent, item.window, item.seq, item.item, item.at)).collect::<Vec<_>>(), whole);

    let whole = agents.iter().flat_map(|agent| store.windows(&session, agent).unwrap());
    let whole: Vec<_> = whole.map(|one| (one.id, one.agent, one.seq, one.brain, one.reason, one.carried)).collect();
    let windows = store.openings(&session).unwrap().into_iter();
    let windows: Vec<_> = windows.map(|one| (one.id, one.agent, one.seq, one.brain, one.reason, one.carried)).collect();
    assert_eq!(windows, whole);

    let changing = store.changing_calls(&session).unwrap();
    let done: Vec<_> = store.all_tool_runs(&session).unwrap().into_iter().filter_map(|run| run.done).collect();
    assert_eq!(changing.len(), 1);
    assert_eq!((&changing[0].call, &changing[0].files), (&done[0].call, &done[0].files));
}

#[test]
fn sessions_that_called_nothing_since_a_moment_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for (id, at) in [("early", 1_000), ("late", 2_000)] {
        let row = protocol::LedgerRow { at: Timestamp(at), ..sample::ledger_row(id, "main", 1) };
        store.commit(&SessionId::from(id), &[Write::Session(sample::session(id)), Write::Ledger(row)]).unwrap();
    }
    store.commit(&SessionId::from("idle"), &[Write::Session(sample::session("idle"))]).unwrap();
    let since = |at: Option<u64>| -> Vec<String> {
        store.sessions_with_calls(at.map(Timestamp)).unwrap().into_iter().map(|id| id.0).collect()
    };
    assert_eq!(since(None), ["early", "late"]);
    assert_eq!(since(Some(2_000)), ["late"]);
    assert!(since(Some(2_001)).is_empty());
}
