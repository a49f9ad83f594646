//! What the tests start from: a workspace, a store, a clock, a provider that plays a scenario, and a session on top of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use brains::{Auth, Client, Endpoint, Policy};
use catalogue::Catalogue;
use protocol::event::SessionStatus;
use protocol::{
    AgentId, Brain, Clock, DECISION_NOTE, Decision, DecisionKind, Dialect, LedgerRow, ManualClock, Purpose, SessionId,
    Timestamp,
};
use runtime::setup::{Kept, ProjectContext};
use runtime::{Clients, Front, Limits, Session, Setup, Shown, Start, TurnOutcome};
use simulator::{RequestRecord, Running, Scenario};
use store::{Store, WindowRecord};
use team::{LoadOptions, Team};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tools::{Approval, ApprovalMode, ApprovalRequest};

/// When every session begins: after the catalogue's dated prices.
const BEGIN: Timestamp = Timestamp(1_795_219_200_000);

/// Longer than anything takes, even on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the project says.
pub(crate) const INSTRUCTIONS: &str = "Names end in -wright. Never touch the ledger folder.";

/// Answers every request for a summary.
pub(crate) const SUMMARY: &str = "  - id: summary
    when: {last_user_contains: \"<compaction>\"}
    otherwise:
      say: |-
        ## Goal
        Walk through the files.
        ## Decisions
        none
        ## Done
        Some were read.
        ## Findings
        The first file is long.
        ## Open
        The rest.
";

/// Reads the file that the last words name behind `next:`, until one names the end.
pub(crate) const WALKER: &str = "  - id: walker
    when: {has_tool: read}
    otherwise:
      cases:
        - if: {last_result: \"next: END\"}
          say: I have seen all of it.
        - if: {last_result: \"next: w\"}
          capture: {next: {from: last_result, regex: \"(?s).*next: (w[0-9]+.txt)\"}}
          thinking: The next one is known.
          calls: [{tool: read, args: {files: [{path: \"{{next}}\"}]}}]
        - say: Understood.
";

/// An agent that works alone.
pub(crate) const SOLO: &str = "agents:\n  - {id: solo, brain: {provider: anthropic, model: claude-opus-5-5}}\n";

/// The same in Responses.
pub(crate) const SOLO_RESPONSES: &str = "agents:\n  - {id: solo, brain: {provider: openai, model: gpt-6.1-sol}}\n";

/// The same in Chat Completions.
pub(crate) const SOLO_CHAT: &str = "agents:\n  - {id: solo, brain: {provider: chatty, model: gpt-6.1-sol}}\n";

/// A provider of OpenAI's models that speaks nothing but Chat Completions.
const CHATTY: &str = "chatty: {base_url: 'http://chatty', family: openai, chat: {cache_breakpoints: true}}";

/// Everything but the session.
pub(crate) struct Stage {
    pub(crate) clock: Arc<ManualClock>,
    running: Running,
    dir: TempDir,
    store: Store,
    team: Team,
    /// Attempts after the first one.
    retries: u32,
    person: Option<Arc<dyn Front>>,
    policy: routing::Policy,
    lanes: Option<runtime::Lanes>,
    catalogue: Arc<Catalogue>,
    /// Where requests go that would go to the simulator.
    instead: Option<String>,
}

impl Stage {
    /// A team file (without its version) and a scenario's actors (with whatever stands before `actors:` in `head`).
    pub(crate) async fn set(team: &str, head: &str, actors: &str) -> Self {
        let text = format!("name: test\n{head}actors:\n{actors}");
        let scenario = Scenario::from_yaml(&text, "test").unwrap_or_else(|error| panic!("{error}\n{text}"));
        let clock = Arc::new(ManualClock::new(BEGIN));
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let config = simulator::Config { scenario, clock: clock.clone(), listen, log: false };
        let running = simulator::serve(config).await.unwrap();
        // Memory where there is some: what is tested is not a disk.
        let memory = std::path::PathBuf::from("/dev/shm");
        let scratch = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let dir = tempfile::tempdir_in(scratch).unwrap();
        std::fs::create_dir(dir.path().join("repo")).unwrap();
        let store = Store::open(&dir.path().join("home")).unwrap();
        let text = format!("version: 1\nname: test\n{team}");
        let team = team::load(&text, "team.yaml", &LoadOptions::default()).unwrap_or_else(|error| panic!("{error}"));
        cache::TokenCounter::load();
        let policy = routing::Policy::builtin();
        let (person, lanes, instead) = (None, None, None);
        let catalogue = described("");
        Self { clock, running, dir, store, team, retries: 0, person, policy, lanes, catalogue, instead }
    }

    /// With somebody who answers.
    pub(crate) fn with_person(mut self, person: Arc<dyn Front>) -> Self {
        self.person = Some(person);
        self
    }

    /// From the next session on this policy holds.
    pub(crate) fn policy(&mut self, text: &str) {
        self.policy = routing::Policy::load(&format!("version: 1\n{text}"), "policy.yaml").unwrap();
    }

    /// From the next session on providers are described so, besides.
    pub(crate) fn providers(&mut self, text: &str) {
        self.catalogue = described(text);
    }

    /// From the next session on tasks are sent to these lanes.
    pub(crate) fn lanes(&mut self, lanes: runtime::Lanes) {
        self.lanes = Some(lanes);
    }

    /// From the next session on somebody else answers, at this address.
    pub(crate) fn answers_at(&mut self, url: String) {
        self.instead = Some(url);
    }

    pub(crate) fn file(&self, name: &str, text: &str) {
        std::fs::write(self.dir.path().join("repo").join(name), text).unwrap();
    }

    /// Files of so many words each; each one names the next in its first line.
    pub(crate) fn walk(&self, files: usize, words: usize) {
        for file in 1..=files {
            let next = if file == files { "END".to_owned() } else { format!("w{}.txt", file + 1) };
            self.file(&format!("w{file}.txt"), &format!("next: {next}\n{}\n", prose(words, file)));
        }
    }

    pub(crate) fn open(&self) -> Session {
        Session::open(self.setup(), Start::New).unwrap()
    }

    pub(crate) fn resume(&self, id: &SessionId) -> Session {
        Session::open(self.setup(), Start::Resume(id.clone())).unwrap()
    }

    fn setup(&self) -> Setup {
        let shared: Arc<dyn Clock> = self.clock.clone();
        let mut clients = Clients::default();
        for (name, dialect) in [
            ("anthropic", Dialect::AnthropicMessages),
            ("openai", Dialect::OpenaiChat),
            ("openai", Dialect::OpenaiResponses),
            ("openrouter", Dialect::OpenaiChat),
            ("chatty", Dialect::OpenaiChat),
        ] {
            let endpoint = Endpoint {
                name: name.to_owned(),
                dialect,
                base_url: self.instead.clone().unwrap_or_else(|| self.running.base_url()),
                key: None,
                auth: Auth::None,
                headers: Vec::new(),
            };
            let policy = Policy { max_retries: self.retries, ..Policy::default() };
            clients.add(name, Arc::new(Client::new(endpoint, policy, shared.clone(), Some(1)).unwrap()));
        }
        Setup {
            store: self.store.clone(),
            team: self.team.clone(),
            kept: Kept::default(),
            catalogue: self.catalogue.clone(),
            clients,
            clock: shared,
            front: self.person.clone().unwrap_or_else(|| Arc::new(Nobody)),
            root: self.dir.path().join("repo").canonicalize().unwrap(),
            state_dir: self.dir.path().join("home"),
            approval: ApprovalMode::Auto,
            guards: tools::Guards::default(),
            environment: std::env::vars().filter(|(name, _)| name == "PATH").collect(),
            policy: Arc::new(self.policy.clone()),
            lanes: self.lanes.clone(),
            limits: Limits::default(),
            output_schema: None,
            project: ProjectContext {
                branch: None,
                instructions: vec![("AGENTS.md".to_owned(), INSTRUCTIONS.to_owned())],
            },
        }
    }

    pub(crate) fn requests(&self) -> Vec<RequestRecord> {
        self.running.requests()
    }

    /// The last request.
    pub(crate) fn last(&self) -> RequestRecord {
        self.requests().pop().expect("nothing was asked")
    }

    pub(crate) fn ledger(&self, session: &Session) -> Vec<LedgerRow> {
        self.store.ledger(session.id()).unwrap()
    }

    /// Rows of one purpose.
    pub(crate) fn rows(&self, session: &Session, purpose: Purpose) -> Vec<LedgerRow> {
        self.ledger(session).into_iter().filter(|row| row.purpose == purpose).collect()
    }

    pub(crate) fn windows(&self, session: &Session, agent: &str) -> Vec<WindowRecord> {
        self.store.windows(session.id(), &AgentId::from(agent)).unwrap()
    }

    /// Decisions about one thing, oldest first.
    pub(crate) fn decisions(&self, session: &Session, kind: DecisionKind) -> Vec<Decision> {
        let notes = self.store.notes_of(session.id(), DECISION_NOTE).unwrap();
        let all = notes.into_iter().map(|note| serde_json::from_str::<Decision>(&note.json).unwrap());
        all.filter(|decision| decision.kind == kind).collect()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Waits until so many requests came.
    pub(crate) async fn asked(&self, count: usize) {
        let asked = async {
            while self.requests().len() < count {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(PATIENCE, asked).await.expect("the request never came");
    }
}

fn described(providers: &str) -> Arc<Catalogue> {
    let text = format!("providers:\n  {CHATTY}\n  {providers}\n");
    Arc::new(Catalogue::builtin().overlay(&text, "models.yaml").unwrap_or_else(|error| panic!("{error}\n{text}")))
}

/// Text that tells files apart and compresses badly.
pub(crate) fn prose(words: usize, seed: usize) -> String {
    const WORDS: [&str; 16] = [
        "river", "stone", "paper", "lamp", "orchard", "bridge", "kettle", "harbour", "window", "ladder", "copper",
        "meadow", "pocket", "signal", "carpet", "thunder",
    ];
    let word = |at: usize| WORDS[(at * 7 + seed * 3 + at / 16) % 16];
    let lines =
        (0..words).step_by(12).map(|from| (from..(from + 12).min(words)).map(word).collect::<Vec<_>>().join(" "));
    lines.enumerate().map(|(number, line)| format!("{number} {line}")).collect::<Vec<_>>().join("\n")
}

pub(crate) fn never() -> CancellationToken {
    CancellationToken::new()
}

/// A turn that comes to its answer.
#[track_caller]
pub(crate) fn answered(outcome: TurnOutcome) -> String {
    assert_eq!(outcome.status, SessionStatus::Answered);
    outcome.answer
}

/// Takes a turn that comes to its answer.
pub(crate) async fn turn(session: &Session, input: &str) -> String {
    let taken = tokio::time::timeout(PATIENCE, session.turn(input, &never())).await.expect("the turn never ended");
    answered(taken.unwrap())
}

/// Closes an agent's window by hand.
pub(crate) async fn compact(session: &Session, agent: &str) -> String {
    session.compact(&AgentId::from(agent), None, &never()).await.unwrap()
}

pub(crate) fn brain(name: &str) -> Brain {
    let (provider, model) = name.split_once('/').unwrap();
    Brain::new(provider, model)
}

/// Nobody watches.
struct Nobody;

#[async_trait::async_trait]
impl Front for Nobody {
    fn show(&self, _shown: Shown<'_>) {}

    fn attended(&self) -> bool {
        false
    }

    async fn approve(&self, _request: &ApprovalRequest) -> Approval {
        Approval::No("nobody is there".to_owned())
    }

    async fn ask(&self, _agent: &AgentId, _question: &str) -> Result<String, String> {
        Err("nobody is there".to_owned())
    }
}

/// Somebody who answers when told to.
#[derive(Default)]
pub(crate) struct Person {
    answers: tokio::sync::Notify,
    asked: AtomicBool,
}

impl Person {
    pub(crate) fn answers(&self) {
        self.answers.notify_one();
    }

    /// Waits until there is a question.
    pub(crate) async fn is_asked(&self) {
        while !self.asked.load(Ordering::Acquire) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

#[async_trait::async_trait]
impl Front for Person {
    fn show(&self, _shown: Shown<'_>) {}

    fn attended(&self) -> bool {
        true
    }

    async fn approve(&self, _request: &ApprovalRequest) -> Approval {
        Approval::Yes
    }

    async fn ask(&self, _agent: &AgentId, _question: &str) -> Result<String, String> {
        self.asked.store(true, Ordering::Release);
        self.answers.notified().await;
        Ok("The blue one.".to_owned())
    }
}
