//! Records with something in every field, and everything a session holds, for comparing.

use protocol::event::SessionStatus;
use protocol::{
    AgentId, Block, Brain, Brief, CallId, CommandReceipt, DelegationId, Dialect, Effort, Event, EventBody, Evidence,
    FileChange, Item, LedgerRow, Purpose, Receipt, Report, ReportStatus, RowOutcome, SessionId, StopReason, Timestamp,
    ToolOutcome, Usage, Usd, WindowId,
};
use store::{
    DelegationClosed, DelegationRecord, InputMode, InputRecord, NoteRecord, SessionRecord, Store, StoredItem, ToolDone,
    ToolIntent, ToolRun, WindowRecord, Write,
};

/// Text that a careless round trip changes: quotes, line ends, a NUL, spaces in JSON, characters beyond the first plane.
pub(crate) const AWKWARD: &str =
    "{ \"b\":1,\t\"a\" : [1.50, 1e3]}\r\n\u{0}'; DROP TABLE items; -- \\u00e9 é 🦀\u{feff}";

pub(crate) fn main_agent() -> AgentId {
    AgentId::from("main")
}

pub(crate) fn session(id: &str) -> SessionRecord {
    SessionRecord {
        id: SessionId::from(id),
        cwd: "/home/someone/repo".to_owned(),
        team_name: "tandem".to_owned(),
        team_yaml: "version: 1\nagents:\n  - id: main\n".to_owned(),
        created_at: Timestamp(1_000),
        updated_at: Timestamp(1_000),
        status: None,
        title: "rename the parser".to_owned(),
        options_json: r#"{"approve":"auto"}"#.to_owned(),
    }
}

pub(crate) fn brain() -> Brain {
    let mut brain = Brain::new("anthropic", "claude-opus-5-5");
    brain.temperature = Some(0.1 + 0.2);
    brain.effort = Some(Effort::High);
    brain.headers.insert("x-team".to_owned(), "tandem".to_owned());
    brain
}

pub(crate) fn window(agent: &str, seq: u64) -> WindowRecord {
    WindowRecord {
        id: window_id(seq),
        agent: AgentId::from(agent),
        seq,
        brain: brain(),
        dialect: Dialect::AnthropicMessages,
        tools: vec![AWKWARD.to_owned(), String::new()],
        system: vec!["You are main.\n".to_owned(), AWKWARD.to_owned()],
        reason: "first".to_owned(),
        opened_at: Timestamp(1_001),
        carried: seq,
    }
}

pub(crate) fn window_id(seq: u64) -> WindowId {
    WindowId::new(format!("w{seq}"))
}

pub(crate) fn item(agent: &str, seq: u64, text: &str) -> StoredItem {
    StoredItem {
        agent: AgentId::from(agent),
        window: window_id(0),
        seq,
        item: Item::user(text),
        rendered: format!("{{\"open\":\"\",\"blocks\":[{text}]}}"),
        at: Timestamp(1_002 + seq),
    }
}

pub(crate) fn assistant(agent: &str, seq: u64) -> StoredItem {
    let blocks = vec![
        Block::Thinking { text: String::new(), signature: Some("c2ln".to_owned()) },
        Block::ToolCall { id: "call-1".to_owned(), name: "edit".to_owned(), arguments: AWKWARD.to_owned() },
    ];
    StoredItem { item: Item::Assistant { blocks, stop: StopReason::ToolUse }, ..item(agent, seq, "assistant") }
}

pub(crate) fn input(seq: u64, mode: InputMode) -> InputRecord {
    InputRecord {
        seq,
        text: AWKWARD.to_owned(),
        blocks_json: r#"[{"type":"text"}]"#.to_owned(),
        mode,
        at: Timestamp(5),
    }
}

pub(crate) fn usage(tokens: u64) -> Usage {
    Usage {
        input: tokens,
        cache_read: tokens * 10,
        cache_write_short: tokens * 2,
        cache_write_long: tokens * 3,
        output: tokens * 4,
        reasoning: tokens,
    }
}

pub(crate) fn ledger_row(session: &str, agent: &str, step: u32) -> LedgerRow {
    LedgerRow {
        session: SessionId::from(session),
        agent: AgentId::from(agent),
        window: window_id(0),
        delegation: Some(DelegationId::from("d1")),
        step,
        purpose: Purpose::Step,
        brain: brain(),
        at: Timestamp(1_003),
        first_token_ms: Some(321),
        ms: 4_321,
        outcome: RowOutcome::Ok,
        usage: usage(100),
        usd: Some(Usd::from_picos(123_456_789_012_345)),
        predicted_cache_read: 999,
        cache_note: Some("window_opened".to_owned()),
        request_id: Some("req_1".to_owned()),
    }
}

pub(crate) fn intent(agent: &str, step_item_seq: u64, call: &str) -> ToolIntent {
    ToolIntent {
        agent: AgentId::from(agent),
        step_item_seq,
        call: CallId::from(call),
        tool: "edit".to_owned(),
        arguments: AWKWARD.to_owned(),
        at: Timestamp(1_004),
    }
}

pub(crate) fn done(agent: &str, step_item_seq: u64, call: &str) -> ToolDone {
    ToolDone {
        agent: AgentId::from(agent),
        step_item_seq,
        call: CallId::from(call),
        outcome: ToolOutcome::text(call, "edit", AWKWARD, true),
        commands: vec![CommandReceipt { command: "make".to_owned(), exit_code: None, ms: 7, check: false }],
        files: vec![FileChange { path: "src/a b.rs".to_owned(), added: 3, removed: 1 }],
        ms: 12,
        at: Timestamp(1_016),
    }
}

pub(crate) fn delegation(id: &str, closed: bool) -> DelegationRecord {
    DelegationRecord {
        id: DelegationId::from(id),
        call: CallId::from("call-9"),
        from: AgentId::from("main"),
        to: AgentId::from("sidekick"),
        brief: Brief { objective: AWKWARD.to_owned(), acceptance: vec!["cargo test".to_owned()], ..Brief::default() },
        first_item_seq: 4,
        estimate_usd: Some(Usd::from_picos(-7)),
        opened_at: Timestamp(1_005),
        baseline: Some(AWKWARD.to_owned()),
        closed: closed.then(|| DelegationClosed {
            report: Some(Report {
                status: ReportStatus::NeedsDecision,
                summary: "which name?".to_owned(),
                changes: vec![],
                evidence: vec![Evidence { at: "src/a.rs:3".to_owned(), note: "here".to_owned() }],
                doubts: vec!["name".to_owned()],
                confidence: Some(40),
            }),
            // More picodollars than a double holds: they must not pass through one.
            receipt: Receipt {
                usage: usage(5),
                usd: Some(Usd::from_picos(9_007_199_254_740_993)),
                verified: true,
                ..Receipt::default()
            },
            at: Timestamp(1_006),
        }),
    }
}

pub(crate) fn event(session: &str, seq: u64, cache_hit_rate: f64) -> Event {
    Event {
        v: 1,
        session: SessionId::from(session),
        seq,
        agent: seq.is_multiple_of(2).then(main_agent),
        body: EventBody::SessionCompleted {
            status: SessionStatus::Verified,
            exit_code: 0,
            usd: Some(Usd::from_picos(1_234_567_891)),
            agents: vec![],
            baseline: None,
            cache_hit_rate,
        },
    }
}

pub(crate) fn note(agent: Option<&str>, kind: &str) -> NoteRecord {
    NoteRecord { agent: agent.map(AgentId::from), kind: kind.to_owned(), json: AWKWARD.to_owned(), at: Timestamp(9) }
}

/// A small session with every kind of write, commit by commit.
pub(crate) fn script(session_id: &str) -> Vec<Vec<Write>> {
    let ended =
        SessionRecord { status: Some(SessionStatus::Verified), updated_at: Timestamp(2_000), ..session(session_id) };
    vec![
        vec![Write::Session(session(session_id)), Write::Input(input(1, InputMode::Turn))],
        vec![Write::Window(window("main", 0)), Write::Event(event(session_id, 1, 0.0))],
        vec![Write::InputPromoted { seq: 1 }, Write::Item(item("main", 0, "go"))],
        vec![Write::Ledger(ledger_row(session_id, "main", 1)), Write::Item(assistant("main", 1))],
        vec![Write::ToolIntent(intent("main", 1, "call-1"))],
        vec![Write::ToolDone(done("main", 1, "call-1"))],
        vec![Write::Plan { agent: main_agent(), steps_json: "[1]".to_owned() }],
        vec![Write::Delegation(delegation("d1", false)), Write::Window(window("sidekick", 0))],
        vec![Write::Item(item("sidekick", 0, "brief")), Write::Note(note(Some("sidekick"), "prediction"))],
        vec![Write::Delegation(delegation("d1", true)), Write::Event(event(session_id, 2, 0.5))],
        vec![Write::Plan { agent: main_agent(), steps_json: "[1, 2]".to_owned() }, Write::Note(note(None, "decision"))],
        vec![Write::Session(ended), Write::Event(event(session_id, 3, 0.9))],
    ]
}

/// Everything of a session, as it is read back.
#[derive(Debug, PartialEq)]
pub(crate) struct Everything {
    pub(crate) session: Option<SessionRecord>,
    pub(crate) agents: Vec<Held>,
    pub(crate) inputs: Vec<InputRecord>,
    pub(crate) waiting: Vec<InputRecord>,
    pub(crate) ledger: Vec<LedgerRow>,
    pub(crate) tool_runs: Vec<ToolRun>,
    pub(crate) delegations: Vec<DelegationRecord>,
    pub(crate) events: Vec<Event>,
    pub(crate) notes: Vec<NoteRecord>,
}

/// What belongs to one agent.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Held {
    pub(crate) windows: Vec<WindowRecord>,
    pub(crate) items: Vec<StoredItem>,
    pub(crate) plan: Option<String>,
}

/// The agents that samples use.
pub(crate) const AGENTS: [&str; 2] = ["main", "sidekick"];

pub(crate) fn everything(store: &Store, id: &str) -> Everything {
    let id = &SessionId::from(id);
    let agents = AGENTS.map(AgentId::from).into_iter().map(|agent| Held {
        windows: store.windows(id, &agent).unwrap(),
        items: store.items(id, &agent, 0).unwrap(),
        plan: store.plan(id, &agent).unwrap(),
    });
    Everything {
        session: store.session(id).unwrap(),
        agents: agents.collect(),
        inputs: store.inputs(id, false).unwrap(),
        waiting: store.inputs(id, true).unwrap(),
        ledger: store.ledger(id).unwrap(),
        tool_runs: store.all_tool_runs(id).unwrap(),
        delegations: store.delegations(id).unwrap(),
        events: store.events(id).unwrap(),
        notes: store.notes(id).unwrap(),
    }
}

pub(crate) fn commit_all(store: &Store, session: &str, commits: &[Vec<Write>]) {
    for writes in commits {
        store.commit(&SessionId::from(session), writes).unwrap();
    }
}
