//! A session written by hand into a real store, for tests.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use catalogue::{Catalogue, Price};
use protocol::{
    AgentId, Block, Brain, Brief, CallId, DECISION_NOTE, Decision, DelegationId, Dialect, FileChange, Item, LedgerRow,
    Purpose, Receipt, Report, ReportStatus, RowOutcome, SessionId, StopReason, Timestamp, ToolOutcome, Usage, WindowId,
};
use store::{
    DelegationClosed, DelegationRecord, NoteRecord, SessionRecord, Store, StoredItem, ToolDone, ToolIntent,
    WindowRecord, Write,
};
use tempfile::TempDir;

use crate::account::Bill;
use crate::account::records::Records;
use crate::account::steps::{self, Step};
use crate::account::summaries::SUMMARY_NOTE;

/// A session that is being told.
pub(crate) struct Story {
    _dir: TempDir,
    pub(crate) store: Store,
    pub(crate) id: SessionId,
    /// The moment of what is told next; everything takes a second.
    pub(crate) now: u64,
}

/// Prompt tokens read, written, and generated ones.
pub(crate) fn tokens(cache_read: u64, cache_write_short: u64, output: u64) -> Usage {
    Usage { cache_read, cache_write_short, output, ..Usage::default() }
}

impl Story {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let story = Self { _dir: dir, store, id: SessionId::from("s1"), now: 1_795_219_200_000 };
        story.write(vec![Write::Session(story.session())]);
        story
    }

    pub(crate) fn session(&self) -> SessionRecord {
        SessionRecord {
            id: self.id.clone(),
            cwd: "/repo".to_owned(),
            team_name: "tandem".to_owned(),
            team_yaml: String::new(),
            created_at: Timestamp(self.now),
            updated_at: Timestamp(self.now),
            status: None,
            title: "rename <b>the</b> parser".to_owned(),
            options_json: "{}".to_owned(),
        }
    }

    pub(crate) fn write(&self, writes: Vec<Write>) {
        self.store.commit(&self.id, &writes).unwrap();
    }

    pub(crate) fn tick(&mut self) -> Timestamp {
        self.now += 1_000;
        Timestamp(self.now)
    }

    fn window_of(&self, agent: &str) -> WindowId {
        let windows = self.store.windows(&self.id, &AgentId::from(agent)).unwrap();
        windows.last().unwrap().id.clone()
    }

    /// Opens a window with a brain; its first items are copies of those of the window before.
    pub(crate) fn window(&mut self, agent: &str, model: &str, carried: u64) {
        let seq = self.store.windows(&self.id, &AgentId::from(agent)).unwrap().len() as u64 + 1;
        let record = WindowRecord {
            id: WindowId::new(format!("{agent}-{seq}")),
            agent: AgentId::from(agent),
            seq,
            brain: Brain::new("anthropic", model),
            dialect: Dialect::AnthropicMessages,
            tools: Vec::new(),
            system: Vec::new(),
            reason: if seq == 1 { "session_started" } else { "compacted" }.to_owned(),
            opened_at: self.tick(),
            carried,
        };
        self.write(vec![Write::Window(record)]);
        let own = self.store.items(&self.id, &AgentId::from(agent), 0).unwrap();
        for item in own.iter().rev().take(carried as usize).rev() {
            self.item(agent, item.item.clone());
        }
    }

    pub(crate) fn item(&mut self, agent: &str, item: Item) -> u64 {
        let seq = self.store.next_item_seq(&self.id, &AgentId::from(agent)).unwrap();
        let at = self.tick();
        let window = self.window_of(agent);
        let stored = StoredItem { agent: AgentId::from(agent), window, seq, item, rendered: String::new(), at };
        self.write(vec![Write::Item(stored)]);
        seq
    }

    pub(crate) fn user(&mut self, text: &str) {
        self.item("main", Item::user(text));
    }

    /// A ledger row as an answered step of the agent's open window, priced by the list.
    pub(crate) fn row(&mut self, agent: &str, usage: Usage) -> LedgerRow {
        let id = AgentId::from(agent);
        let window = self.store.windows(&self.id, &id).unwrap().pop().unwrap();
        let at = self.tick();
        let open = self.store.delegations(&self.id).unwrap();
        let open = open.into_iter().find(|one| one.to == id && one.closed.is_none());
        let ledger = self.store.ledger(&self.id).unwrap();
        let last = ledger.iter().rev().find(|row| row.agent == id);
        // Attempts share the number of their step.
        let again = last.is_some_and(|row| matches!(row.outcome, RowOutcome::Retried(_)));
        LedgerRow {
            session: self.id.clone(),
            agent: id.clone(),
            window: window.id,
            delegation: open.map(|delegation| delegation.id),
            step: last.map_or(0, |row| row.step) + u32::from(!again),
            purpose: Purpose::Step,
            usd: Catalogue::builtin().cost("anthropic", &window.brain.model, &usage, at),
            brain: window.brain,
            at,
            first_token_ms: Some(100),
            ms: 900,
            outcome: RowOutcome::Ok,
            usage,
            predicted_cache_read: usage.cache_read,
            cache_note: None,
            request_id: None,
        }
    }

    pub(crate) fn called(&mut self, row: LedgerRow) {
        self.write(vec![Write::Ledger(row)]);
    }

    /// A call that is no answered step.
    pub(crate) fn other(&mut self, agent: &str, usage: Usage, purpose: Purpose, outcome: RowOutcome) {
        let row = self.row(agent, usage);
        self.called(LedgerRow { purpose, outcome, ..row });
    }

    /// A summary of the agent's open window by its own brain, found good or not.
    pub(crate) fn summary(&mut self, agent: &str, usage: Usage, good: bool) {
        self.other(agent, usage, Purpose::Compaction, RowOutcome::Ok);
        if good {
            let window = self.window_of(agent);
            let json = serde_json::json!({"window": window, "next_seq": 0, "text": "## Goal"}).to_string();
            let agent = Some(AgentId::from(agent));
            let note = NoteRecord { agent, kind: SUMMARY_NOTE.to_owned(), json, at: self.tick() };
            self.write(vec![Write::Note(note)]);
        }
    }

    /// A step that asks for these calls, `(tool, arguments, result)`, and gets their results.
    pub(crate) fn step(&mut self, agent: &str, usage: Usage, calls: &[(&str, &str, &str)]) {
        let row = self.row(agent, usage);
        self.called(row);
        let seq = self.ask(agent, calls);
        let results = calls
            .iter()
            .enumerate()
            .map(|(n, (tool, _, text))| ToolOutcome::text(&format!("c{n}"), tool, *text, text.starts_with("error")))
            .collect();
        if calls.is_empty() {
            return;
        }
        for (n, (tool, arguments, text)) in calls.iter().enumerate().filter(|(_, (tool, ..))| *tool == "bash") {
            self.ran(agent, seq, n, tool, arguments, text);
        }
        self.item(agent, Item::ToolResults { results });
    }

    /// An answer with calls that nobody has run yet.
    pub(crate) fn ask(&mut self, agent: &str, calls: &[(&str, &str, &str)]) -> u64 {
        let call = |(n, (tool, arguments, _)): (usize, &(&str, &str, &str))| Block::ToolCall {
            id: format!("c{n}"),
            name: (*tool).to_owned(),
            arguments: (*arguments).to_owned(),
        };
        let mut blocks: Vec<Block> = calls.iter().enumerate().map(call).collect();
        if blocks.is_empty() {
            blocks.push(Block::text("Done."));
        }
        self.item(agent, Item::Assistant { blocks, stop: StopReason::EndTurn })
    }

    /// A shell command whose result names the file it changed, or is empty.
    fn ran(&mut self, agent: &str, seq: u64, n: usize, tool: &str, arguments: &str, changed: &str) {
        let (id, call, at) = (AgentId::from(agent), CallId::new(format!("c{n}")), self.tick());
        let file = |path: &str| FileChange { path: path.to_owned(), added: 1, removed: 0 };
        let intent = ToolIntent {
            agent: id.clone(),
            step_item_seq: seq,
            call: call.clone(),
            tool: tool.to_owned(),
            arguments: arguments.to_owned(),
            at,
        };
        let done = ToolDone {
            agent: id,
            step_item_seq: seq,
            call,
            outcome: ToolOutcome::text(&format!("c{n}"), tool, changed, false),
            commands: Vec::new(),
            files: changed.strip_prefix("changed ").map(file).into_iter().collect(),
            ms: 1,
            at,
        };
        self.write(vec![Write::ToolIntent(intent), Write::ToolDone(done)]);
    }

    /// Opens a delegation from main.
    pub(crate) fn delegate(&mut self, id: &str, to: &str, brief: Brief) {
        let record = DelegationRecord {
            id: DelegationId::from(id),
            call: CallId::from("c0"),
            from: AgentId::from("main"),
            to: AgentId::from(to),
            brief,
            first_item_seq: 0,
            estimate_usd: None,
            opened_at: self.tick(),
            baseline: None,
            closed: None,
        };
        self.write(vec![Write::Delegation(record)]);
    }

    /// Closes it, with a report or without, having changed these files.
    pub(crate) fn close(&mut self, id: &str, reported: bool, verified: bool, files: &[&str]) {
        let record = self.store.delegation(&self.id, &DelegationId::from(id)).unwrap().unwrap();
        let report = Report {
            status: ReportStatus::Complete,
            summary: "done".to_owned(),
            changes: Vec::new(),
            evidence: Vec::new(),
            doubts: Vec::new(),
            confidence: None,
        };
        let file = |path: &&str| FileChange { path: (*path).to_owned(), added: 1, removed: 0 };
        let receipt = Receipt { verified, files: files.iter().map(file).collect(), ..Receipt::default() };
        let closed = DelegationClosed { report: reported.then_some(report), receipt, at: self.tick() };
        self.write(vec![Write::Delegation(DelegationRecord { closed: Some(closed), ..record })]);
    }

    /// Notes a decision.
    pub(crate) fn decide(&mut self, decision: &Decision) {
        let json = serde_json::to_string(decision).unwrap();
        self.note(DECISION_NOTE, &json);
    }

    pub(crate) fn note(&mut self, kind: &str, json: &str) {
        let note = NoteRecord { agent: None, kind: kind.to_owned(), json: json.to_owned(), at: self.tick() };
        self.write(vec![Write::Note(note)]);
    }

    pub(crate) fn records(&self) -> Records {
        Records::load(&self.store, &self.id).unwrap()
    }

    pub(crate) fn told(&self) -> (Records, Vec<Step>) {
        let records = self.records();
        let steps = steps::of(&records);
        (records, steps)
    }

    pub(crate) fn bill(&self) -> Bill {
        let (records, steps) = self.told();
        let mut bill = Bill::default();
        bill.add(&records, &steps, &Catalogue::builtin());
        bill
    }
}

/// The list price of a small request now.
pub(crate) fn price(model: &str) -> Price {
    Catalogue::builtin().model("anthropic", model).unwrap().price(Timestamp(1_795_219_200_000), 1_000)
}

pub(crate) const OPUS: &str = "claude-opus-5-5";
pub(crate) const HAIKU: &str = "claude-haiku-5-5";
