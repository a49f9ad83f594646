//! What is written is what is read.

use proptest::prelude::*;
use protocol::event::SessionStatus;
use protocol::{AgentId, Dialect, ErrorKind, Item, Purpose, RowOutcome, SessionId, Timestamp, Usd};
use store::{InputMode, Store, ToolRun, Write};

use crate::sample::{self, AGENTS, Everything, Held, everything};

#[test]
fn every_kind_of_record_comes_back_as_it_was_written_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    sample::commit_all(&Store::open(dir.path()).unwrap(), "s", &sample::script("s"));

    let read = everything(&Store::open(dir.path()).unwrap(), "s");
    assert_eq!(read.session.unwrap().status, Some(SessionStatus::Verified));
    assert_eq!(read.agents[0].windows, [sample::window("main", 0)]);
    assert_eq!(read.agents[0].items, [sample::item("main", 0, "go"), sample::assistant("main", 1)]);
    assert_eq!(read.agents[0].plan.as_deref(), Some("[1, 2]"));
    assert_eq!(read.agents[1].items, [sample::item("sidekick", 0, "brief")]);
    assert_eq!(read.inputs, [sample::input(1, InputMode::Turn)]);
    assert_eq!(read.waiting, []);
    assert_eq!(read.ledger, [sample::ledger_row("s", "main", 1)]);
    let run = ToolRun { intent: sample::intent("main", 1, "call-1"), done: Some(sample::done("main", 1, "call-1")) };
    assert_eq!(read.tool_runs, [run]);
    assert_eq!(read.delegations, [sample::delegation("d1", true)]);
    assert_eq!(read.events, [sample::event("s", 1, 0.0), sample::event("s", 2, 0.5), sample::event("s", 3, 0.9)]);
    assert_eq!(read.notes, [sample::note(Some("sidekick"), "prediction"), sample::note(None, "decision")]);
}

#[test]
fn rendered_tools_system_and_items_come_back_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let mut item = sample::item("main", 0, "");
    item.rendered = sample::AWKWARD.to_owned();
    let writes = [Write::Session(sample::session("s")), Write::Window(sample::window("main", 0)), Write::Item(item)];
    store.commit(&SessionId::from("s"), &writes).unwrap();

    let held = everything(&store, "s").agents.swap_remove(0);
    assert_eq!(held.windows[0].tools[0].as_bytes(), sample::AWKWARD.as_bytes());
    assert_eq!(held.windows[0].tools.len(), 2);
    assert_eq!(held.windows[0].system[1].as_bytes(), sample::AWKWARD.as_bytes());
    assert_eq!(held.items[0].rendered.as_bytes(), sample::AWKWARD.as_bytes());
}

#[test]
fn items_are_read_from_a_number_on_and_tool_runs_by_the_item_that_asked() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let id = SessionId::from("s");
    let main = sample::main_agent();
    sample::commit_all(&store, "s", &sample::script("s")[..4]);
    let writes = [
        Write::ToolIntent(sample::intent("main", 1, "b")),
        Write::ToolIntent(sample::intent("main", 1, "a")),
        Write::ToolIntent(sample::intent("main", 3, "a")),
        Write::ToolIntent(sample::intent("sidekick", 1, "a")),
        Write::ToolDone(sample::done("main", 1, "a")),
    ];
    store.commit(&id, &writes).unwrap();

    assert_eq!(store.items(&id, &main, 1).unwrap(), [sample::assistant("main", 1)]);
    assert_eq!(store.items(&id, &main, 2).unwrap(), []);
    let runs = store.tool_runs(&id, &main, 1).unwrap();
    let calls: Vec<_> = runs.iter().map(|run| (run.intent.call.as_str(), run.done.is_some())).collect();
    assert_eq!(calls, [("b", false), ("a", true)]);
}

#[test]
fn closing_delegations_in_another_order_keeps_the_order_of_opening() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let writes = [
        Write::Session(sample::session("s")),
        Write::Delegation(sample::delegation("b", false)),
        Write::Delegation(sample::delegation("a", false)),
        Write::Delegation(sample::delegation("b", true)),
    ];
    store.commit(&SessionId::from("s"), &writes).unwrap();
    let read = store.delegations(&SessionId::from("s")).unwrap();
    assert_eq!(read, [sample::delegation("b", true), sample::delegation("a", false)]);
}

#[test]
fn every_purpose_outcome_dialect_mode_and_status_has_a_word_in_its_column() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let mut writes = vec![Write::Session(sample::session("s"))];
    let purposes = [Purpose::Step, Purpose::Compaction, Purpose::KeepWarm, Purpose::Auxiliary];
    let outcomes = [RowOutcome::Ok, RowOutcome::Failed(ErrorKind::RateLimit), RowOutcome::Retried(ErrorKind::Server)];
    let mut rows = vec![];
    for (purpose, outcome) in purposes.into_iter().flat_map(|purpose| outcomes.map(|outcome| (purpose, outcome))) {
        let mut row = sample::ledger_row("s", "main", 1);
        (row.purpose, row.outcome, row.delegation, row.first_token_ms) = (purpose, outcome, None, None);
        writes.push(Write::Ledger(row.clone()));
        rows.push(row);
    }
    let mut chat = sample::window("main", 0);
    chat.dialect = Dialect::OpenaiChat;
    writes.push(Write::Window(chat.clone()));
    let inputs = [InputMode::Turn, InputMode::Steer, InputMode::Queue];
    let inputs: Vec<_> = (0..).zip(inputs).map(|(seq, mode)| sample::input(seq, mode)).collect();
    writes.extend(inputs.iter().cloned().map(Write::Input));
    store.commit(&SessionId::from("s"), &writes).unwrap();

    let read = everything(&store, "s");
    assert_eq!(read.ledger, rows);
    assert_eq!(read.agents[0].windows, [chat]);
    assert_eq!(read.waiting, inputs);
    use SessionStatus::{Answered, Blocked, Budget, Failed, Interrupted, Unavailable, Unverified, Verified};
    for status in [Verified, Unverified, Answered, Failed, Blocked, Budget, Unavailable, Interrupted] {
        let record = store::SessionRecord { status: Some(status), ..sample::session("s") };
        store.commit(&SessionId::from("s"), &[Write::Session(record.clone())]).unwrap();
        assert_eq!(store.session(&SessionId::from("s")).unwrap(), Some(record));
    }
}

/// One step of a random session; [`Model::write`] gives it the numbers that fit.
#[derive(Clone, Debug)]
enum Step {
    Item(usize, String, String),
    Window(usize, Vec<String>, Vec<String>, f64),
    Input(String),
    Promote,
    Ledger(usize, u64, Option<i64>),
    Intent(usize, String),
    Done(String),
    Delegation(usize, bool, i64),
    Event(f64),
    Plan(usize, String),
    Note(String),
    Session(String),
    /// Ends the commit.
    Commit,
    /// Spoils the commit: nothing of it may stay.
    Spoil,
}

fn step() -> impl Strategy<Value = Step> {
    let agent = 0..AGENTS.len();
    let text = any::<String>;
    let texts = || prop::collection::vec(any::<String>(), 0..3);
    prop_oneof![
        4 => (agent.clone(), text(), text()).prop_map(|(agent, text, rendered)| Step::Item(agent, text, rendered)),
        1 => (agent.clone(), texts(), texts(), 0.0..2.0).prop_map(|(a, tools, system, t)| Step::Window(a, tools, system, t)),
        2 => text().prop_map(Step::Input),
        1 => Just(Step::Promote),
        2 => (agent.clone(), 0..1_000_000_u64, prop::option::of(any::<i64>()))
            .prop_map(|(agent, tokens, picos)| Step::Ledger(agent, tokens, picos)),
        2 => (agent.clone(), text()).prop_map(|(agent, arguments)| Step::Intent(agent, arguments)),
        2 => text().prop_map(Step::Done),
        2 => (0..4_usize, any::<bool>(), any::<i64>()).prop_map(|(id, closed, picos)| Step::Delegation(id, closed, picos)),
        2 => (0.0..1.0).prop_map(Step::Event),
        1 => (agent, text()).prop_map(|(agent, steps)| Step::Plan(agent, steps)),
        1 => text().prop_map(Step::Note),
        1 => text().prop_map(Step::Session),
        4 => Just(Step::Commit),
        1 => Just(Step::Spoil),
    ]
}

/// What a session should hold, kept in plain lists.
fn empty() -> Everything {
    Everything {
        session: Some(sample::session("s")),
        agents: AGENTS
            .iter()
            .map(|agent| Held { windows: vec![sample::window(agent, 0)], ..Held::default() })
            .collect(),
        inputs: vec![],
        waiting: vec![],
        ledger: vec![],
        tool_runs: vec![],
        delegations: vec![],
        events: vec![],
        notes: vec![],
    }
}

/// Adds a step to the model; gives the write that should do the same, where the step fits.
fn write(model: &mut Everything, step: &Step) -> Option<Write> {
    Some(match step {
        Step::Item(agent, text, rendered) => {
            let held = &mut model.agents[*agent];
            let mut item = sample::item(AGENTS[*agent], held.items.len() as u64, "");
            (item.item, item.rendered) = (Item::user(text), rendered.clone());
            item.window = held.windows.last()?.id.clone();
            held.items.push(item.clone());
            Write::Item(item)
        }
        Step::Window(agent, tools, system, temperature) => {
            let held = &mut model.agents[*agent];
            let mut window = sample::window(AGENTS[*agent], held.windows.len() as u64);
            (window.tools, window.system) = (tools.clone(), system.clone());
            window.brain.temperature = Some(*temperature);
            held.windows.push(window.clone());
            Write::Window(window)
        }
        Step::Input(text) => {
            let mut input = sample::input(model.inputs.len() as u64, InputMode::Queue);
            input.text.clone_from(text);
            model.inputs.push(input.clone());
            model.waiting.push(input.clone());
            Write::Input(input)
        }
        Step::Promote if model.waiting.is_empty() => return None,
        Step::Promote => Write::InputPromoted { seq: model.waiting.remove(0).seq },
        Step::Ledger(agent, tokens, picos) => {
            let mut row = sample::ledger_row("s", AGENTS[*agent], model.ledger.len() as u32);
            (row.usage, row.usd) = (sample::usage(*tokens), picos.map(Usd::from_picos));
            model.ledger.push(row.clone());
            Write::Ledger(row)
        }
        Step::Intent(agent, arguments) => {
            let mut intent = sample::intent(AGENTS[*agent], 1, &format!("call-{}", model.tool_runs.len()));
            intent.arguments.clone_from(arguments);
            model.tool_runs.push(ToolRun { intent: intent.clone(), done: None });
            Write::ToolIntent(intent)
        }
        Step::Done(text) => {
            let run = model.tool_runs.iter_mut().find(|run| run.done.is_none())?;
            let mut done = sample::done(run.intent.agent.as_str(), 1, run.intent.call.as_str());
            done.outcome = protocol::ToolOutcome::text(done.call.as_str(), "edit", text, false);
            run.done = Some(done.clone());
            Write::ToolDone(done)
        }
        Step::Delegation(number, closed, picos) => {
            let mut record = sample::delegation(&format!("d{number}"), *closed);
            record.estimate_usd = Some(Usd::from_picos(*picos));
            match model.delegations.iter_mut().find(|known| known.id == record.id) {
                Some(known) => known.clone_from(&record),
                None => model.delegations.push(record.clone()),
            }
            Write::Delegation(record)
        }
        Step::Event(rate) => {
            let event = sample::event("s", model.events.len() as u64 + 1, *rate);
            model.events.push(event.clone());
            Write::Event(event)
        }
        Step::Plan(agent, steps_json) => {
            model.agents[*agent].plan = Some(steps_json.clone());
            Write::Plan { agent: AgentId::from(AGENTS[*agent]), steps_json: steps_json.clone() }
        }
        Step::Note(json) => {
            let mut note = sample::note(None, "decision");
            note.json.clone_from(json);
            model.notes.push(note.clone());
            Write::Note(note)
        }
        Step::Session(title) => {
            let record =
                store::SessionRecord { title: title.clone(), updated_at: Timestamp(3_000), ..sample::session("s") };
            model.session = Some(record.clone());
            Write::Session(record)
        }
        Step::Commit | Step::Spoil => return None,
    })
}

/// Plays the steps against the store and the model; what is in the last, unfinished commit is not written.
fn play(store: &Store, steps: &[Step]) -> Everything {
    let id = SessionId::from("s");
    let first = AGENTS.iter().map(|agent| Write::Window(sample::window(agent, 0)));
    let first: Vec<Write> = std::iter::once(Write::Session(sample::session("s"))).chain(first).collect();
    store.commit(&id, &first).unwrap();

    let mut done: Vec<&Step> = vec![];
    let mut pending: Vec<&Step> = vec![];
    for step in steps {
        match step {
            Step::Commit | Step::Spoil => {
                let mut model = replay(&done);
                let mut writes: Vec<Write> = pending.iter().filter_map(|step| write(&mut model, step)).collect();
                if matches!(step, Step::Spoil) {
                    writes.push(Write::InputPromoted { seq: 1_000_000 });
                    store.commit(&id, &writes).unwrap_err();
                } else {
                    store.commit(&id, &writes).unwrap();
                    done.append(&mut pending);
                }
                pending.clear();
            }
            other => pending.push(other),
        }
    }
    replay(&done)
}

fn replay(steps: &[&Step]) -> Everything {
    let mut model = empty();
    for step in steps {
        write(&mut model, step);
    }
    model
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_commits_reads_back_in_order_and_a_spoiled_one_leaves_nothing(
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let expected = play(&Store::open(dir.path()).unwrap(), &steps);
        prop_assert_eq!(everything(&Store::open(dir.path()).unwrap(), "s"), expected);
    }
}
