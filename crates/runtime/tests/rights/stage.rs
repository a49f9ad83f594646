//! A workspace, a store, a provider that plays a scenario, and a person who answers by a script.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use brains::{Auth, Client, Endpoint, Policy};
use catalogue::Catalogue;
use permissions::rights::Rights;
use protocol::event::{EventBody, SessionStatus};
use protocol::{AgentId, Clock, Dialect, ManualClock, SessionId, Timestamp};
use runtime::setup::{Kept, ProjectContext};
use runtime::{Answer, Audit, Clients, Front, Limits, Session, Setup, Shown, Start};
use simulator::{Running, Scenario};
use store::Store;
use team::{LoadOptions, Team};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tools::{Approval, ApprovalMode, ApprovalRequest};

const BEGIN: Timestamp = Timestamp(1_795_219_200_000);
const PATIENCE: Duration = Duration::from_secs(60);

/// A lead with one that does and two that look.
pub(crate) const TEAM: &str = "\
agents:
  - {id: main, role: coordinator, brain: {provider: anthropic, model: claude-opus-5-5}}
  - {id: north, brain: {provider: anthropic, model: claude-haiku-5-5}}
  - {id: south, brain: {provider: anthropic, model: claude-haiku-5-5}}
  - {id: east, brain: {provider: anthropic, model: claude-haiku-5-5}, modules: [{filesystem: [read, grep, list]}]}
  - {id: west, brain: {provider: anthropic, model: claude-haiku-5-5}, modules: [{filesystem: [read, grep, list]}]}
";

/// Somebody who works alone.
pub(crate) const SOLO: &str = "agents:\n  - {id: solo, brain: {provider: anthropic, model: claude-opus-5-5}}\n";

/// How a specialist ends.
pub(crate) const REPORT: &str =
    "{tool: report, args: {status: complete, summary: done, evidence: [{at: \"README.md:1\"}]}}";

pub(crate) struct Stage {
    clock: Arc<ManualClock>,
    running: Running,
    dir: TempDir,
    store: Store,
    team: Team,
    pub(crate) person: Arc<Person>,
    pub(crate) mode: ApprovalMode,
}

impl Stage {
    /// A team file (without its version) and a scenario's actors.
    pub(crate) async fn set(team: &str, actors: &str) -> Self {
        let text = format!("name: test\nactors:\n{actors}");
        let scenario = Scenario::from_yaml(&text, "test").unwrap_or_else(|error| panic!("{error}\n{text}"));
        let clock = Arc::new(ManualClock::new(BEGIN));
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let config = simulator::Config { scenario, clock: clock.clone(), listen, log: false };
        let running = simulator::serve(config).await.unwrap();
        let memory = PathBuf::from("/dev/shm");
        let scratch = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let dir = tempfile::tempdir_in(scratch).unwrap();
        std::fs::create_dir(dir.path().join("repo")).unwrap();
        std::fs::write(dir.path().join("repo/README.md"), "A shop.\n").unwrap();
        let store = Store::open(&dir.path().join("home")).unwrap();
        let text = format!("version: 1\nname: test\n{team}");
        let team = team::load(&text, "team.yaml", &LoadOptions::default()).unwrap_or_else(|error| panic!("{error}"));
        Self { clock, running, dir, store, team, person: Arc::default(), mode: ApprovalMode::Auto }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("repo").join(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    pub(crate) fn file(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn open(&self) -> Arc<Session> {
        self.begin(Start::New)
    }

    pub(crate) fn resume(&self, id: &SessionId) -> Arc<Session> {
        self.begin(Start::Resume(id.clone()))
    }

    fn begin(&self, start: Start) -> Arc<Session> {
        let session = Arc::new(Session::open(self.setup(), start).unwrap());
        *self.person.session.lock().unwrap() = Arc::downgrade(&session);
        let _ = self.person.store.set(self.store.clone());
        session
    }

    pub(crate) fn setup(&self) -> Setup {
        let shared: Arc<dyn Clock> = self.clock.clone();
        let endpoint = Endpoint {
            name: "anthropic".to_owned(),
            dialect: Dialect::AnthropicMessages,
            base_url: self.running.base_url(),
            key: None,
            auth: Auth::None,
            headers: Vec::new(),
        };
        let policy = Policy { max_retries: 0, ..Policy::default() };
        let mut clients = Clients::default();
        clients.add("anthropic", Arc::new(Client::new(endpoint, policy, shared.clone(), Some(1)).unwrap()));
        Setup {
            store: self.store.clone(),
            team: self.team.clone(),
            kept: Kept::default(),
            catalogue: Arc::new(Catalogue::builtin()),
            clients,
            clock: shared,
            front: self.person.clone(),
            root: self.dir.path().join("repo").canonicalize().unwrap(),
            state_dir: self.dir.path().join("home"),
            approval: self.mode,
            guards: tools::Guards::default(),
            environment: std::env::vars().filter(|(name, _)| name == "PATH").collect(),
            policy: Arc::new(routing::Policy::builtin()),
            lanes: None,
            limits: Limits::default(),
            output_schema: None,
            project: ProjectContext::default(),
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// All that models were told so far.
    pub(crate) fn told(&self) -> String {
        let all = self.running.requests();
        all.iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect::<Vec<_>>().join("\n")
    }
}

/// Takes a turn to its end.
pub(crate) async fn turn(session: &Session, input: &str) -> SessionStatus {
    turn_until(session, input, &CancellationToken::new()).await
}

pub(crate) async fn turn_until(session: &Session, input: &str, cancel: &CancellationToken) -> SessionStatus {
    let taken = tokio::time::timeout(PATIENCE, session.turn(input, cancel)).await.expect("the turn never ended");
    taken.unwrap().status
}

/// Decisions about one tool.
pub(crate) fn audit_of(session: &Session, tool: &str) -> Vec<Audit> {
    session.audit().unwrap().into_iter().filter(|entry| entry.tool == tool).collect()
}

/// A person: what was asked, and the answers in the order in which they will be given. No answer left is a no.
#[derive(Default)]
pub(crate) struct Person {
    pub(crate) away: std::sync::atomic::AtomicBool,
    pub(crate) asked: Mutex<Vec<(ApprovalRequest, bool)>>,
    pub(crate) notices: Mutex<Vec<String>>,
    pub(crate) events: Mutex<Vec<EventBody>>,
    /// Effects that came before their decision was on record.
    pub(crate) unfounded: Mutex<Vec<String>>,
    answers: Mutex<VecDeque<Said>>,
    session: Mutex<std::sync::Weak<Session>>,
    store: OnceLock<Store>,
    /// Questions on the screen now, and the most there ever were.
    showing: AtomicUsize,
    pub(crate) most: AtomicUsize,
}

type Deed = Box<dyn FnOnce(&Session) + Send>;

/// What a person does with a question.
enum Said {
    /// Does something, then answers.
    Now(Option<Deed>, Answer),
    /// Thinks about it for ever.
    Never,
}

impl Person {
    pub(crate) fn will_say(&self, answer: Answer) {
        self.answers.lock().unwrap().push_back(Said::Now(None, answer));
    }

    pub(crate) fn will_do(&self, deed: impl FnOnce(&Session) + Send + 'static, answer: Answer) {
        self.answers.lock().unwrap().push_back(Said::Now(Some(Box::new(deed)), answer));
    }

    pub(crate) fn will_never_say(&self) {
        self.answers.lock().unwrap().push_back(Said::Never);
    }

    /// A new run begins.
    pub(crate) fn forget(&self) {
        self.answers.lock().unwrap().clear();
        self.asked.lock().unwrap().clear();
        self.events.lock().unwrap().clear();
    }

    /// What was asked: who, and for what.
    pub(crate) fn questions(&self) -> Vec<(String, String)> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|(request, _)| (request.agent.to_string(), request.what.clone())).collect()
    }

    pub(crate) fn is_showing(&self) -> usize {
        self.showing.load(Ordering::SeqCst)
    }

    /// Every effect has its decision on record before it.
    fn founded(&self, call: &str, enough: impl Fn(&Audit) -> bool) {
        let Some(session) = self.session.lock().unwrap().upgrade() else { return };
        let notes = self.store.get().unwrap().notes_of(session.id(), runtime::AUDIT_NOTE).unwrap();
        let entries = notes.iter().map(|note| serde_json::from_str::<Audit>(&note.json).unwrap());
        if !entries.into_iter().any(|entry| entry.call.as_str() == call && enough(&entry)) {
            self.unfounded.lock().unwrap().push(call.to_owned());
        }
    }
}

struct OnScreen<'a>(&'a AtomicUsize);

impl Drop for OnScreen<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait::async_trait]
impl Front for Person {
    fn show(&self, shown: Shown<'_>) {
        match shown {
            Shown::Notice(text) => self.notices.lock().unwrap().push(text.to_owned()),
            Shown::Event(event) => {
                match &event.body {
                    EventBody::ToolStarted { call, .. } => self.founded(call.as_str(), |_| true),
                    EventBody::ToolCompleted { call, ok: true, .. } => self.founded(call.as_str(), Audit::lets_through),
                    _ => {}
                }
                self.events.lock().unwrap().push(event.body.clone());
            }
            _ => {}
        }
    }

    fn attended(&self) -> bool {
        !self.away.load(Ordering::SeqCst)
    }

    async fn approve(&self, _request: &ApprovalRequest) -> Approval {
        panic!("the runtime asks by `answer`")
    }

    async fn answer(&self, request: &ApprovalRequest, lasting: bool) -> Answer {
        if self.away.load(Ordering::SeqCst) {
            return Answer::No("nobody is there".to_owned());
        }
        let now = self.showing.fetch_add(1, Ordering::SeqCst) + 1;
        let _on_screen = OnScreen(&self.showing);
        self.most.fetch_max(now, Ordering::SeqCst);
        self.asked.lock().unwrap().push((request.clone(), lasting));
        // Whoever else wants to ask gets the chance to do so wrongly.
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        let said = self.answers.lock().unwrap().pop_front();
        match said {
            Some(Said::Now(deed, answer)) => {
                let session = self.session.lock().unwrap().upgrade();
                if let (Some(deed), Some(session)) = (deed, session) {
                    deed(&session);
                }
                answer
            }
            Some(Said::Never) => std::future::pending().await,
            None => Answer::No("the user said no".to_owned()),
        }
    }

    async fn ask(&self, _agent: &AgentId, _question: &str) -> Result<String, String> {
        Err("nobody is there".to_owned())
    }
}

/// Rights without one thing.
pub(crate) fn all_but(change: impl FnOnce(&mut Rights)) -> Rights {
    let mut rights = Rights::all();
    change(&mut rights);
    rights
}
