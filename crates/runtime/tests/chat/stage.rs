//! A workspace, a store, a provider that plays a scenario, and a person who sees everything and says yes.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use brains::{Auth, Client, Endpoint, Policy};
use catalogue::Catalogue;
use protocol::event::{EventBody, SessionStatus};
use protocol::{AgentId, Clock, Dialect, ManualClock, SessionId, Timestamp};
use runtime::setup::{Kept, ProjectContext};
use runtime::{Answer, Clients, Front, Input, Lanes, Limits, Session, Setup, Shown, Start};
use simulator::{RequestRecord, Running, Scenario};
use store::Store;
use team::{LoadOptions, Team};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tools::{Approval, ApprovalMode, ApprovalRequest};

const BEGIN: Timestamp = Timestamp(1_795_219_200_000);
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody who works alone.
pub(crate) const SOLO: &str = "agents:\n  - {id: solo, brain: {provider: anthropic, model: claude-opus-5-5}}\n";

/// A lead with one that does.
pub(crate) const TEAM: &str = "\
agents:
  - {id: main, role: coordinator, brain: {provider: anthropic, model: claude-opus-5-5}}
  - {id: north, brain: {provider: anthropic, model: claude-haiku-5-5}}
";

/// Answers whatever is asked.
pub(crate) const TALKER: &str =
    "  - id: talker\n    when: {any: true}\n    otherwise: {say: \"I see {{images}} images.\"}\n";

/// Answers every request for a summary.
pub(crate) const SUMMARY: &str = "  - id: summary
    when: {last_user_contains: \"<compaction>\"}
    otherwise:
      say: |-
        ## Goal
        Look around.
        ## Decisions
        none
        ## Done
        Something was read.
        ## Findings
        It is long.
        ## Open
        The rest.
";

pub(crate) struct Stage {
    clock: Arc<ManualClock>,
    running: Running,
    dir: TempDir,
    store: Store,
    team: Team,
    pub(crate) person: Arc<Person>,
    pub(crate) mode: ApprovalMode,
    pub(crate) lanes: Option<Lanes>,
    pub(crate) limits: Limits,
    pub(crate) environment: Vec<(String, String)>,
    models: String,
}

impl Stage {
    /// A team file (without its version) and a scenario's actors.
    pub(crate) async fn set(team: &str, actors: &str) -> Self {
        Self::playing(team, &format!("name: test\nactors:\n{actors}")).await
    }

    /// The same where models of this name do not answer.
    pub(crate) async fn down(team: &str, model: &str, actors: &str) -> Self {
        let fault = format!("{{on: {{model: \"{model}\"}}, kind: http_529, times: 99}}");
        Self::playing(team, &format!("name: test\nfaults:\n  - {fault}\nactors:\n{actors}")).await
    }

    async fn playing(team: &str, text: &str) -> Self {
        let scenario = Scenario::from_yaml(text, "test").unwrap_or_else(|error| panic!("{error}\n{text}"));
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
        let environment = std::env::vars().filter(|(name, _)| name == "PATH").collect();
        Self {
            clock,
            running,
            dir,
            store,
            team,
            person: Arc::default(),
            mode: ApprovalMode::Auto,
            lanes: None,
            limits: Limits::default(),
            environment,
            models: String::new(),
        }
    }

    /// From the next session on the user's models.yaml says this.
    pub(crate) fn models(&mut self, text: &str) {
        text.clone_into(&mut self.models);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("repo").join(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs git in the workspace.
    pub(crate) fn git(&self, arguments: &[&str]) {
        let who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgSign=false"];
        let mut git = Command::new("git");
        git.current_dir(self.path("")).args(who).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null");
        let done = git.output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// Messages of the commits, newest first.
    pub(crate) fn log(&self) -> Vec<String> {
        let log = Command::new("git").current_dir(self.path("")).args(["log", "--format=%s"]).output().unwrap();
        String::from_utf8(log.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    /// A repository with what is there as its first commit.
    pub(crate) fn repository(&self) {
        self.git(&["init", "--quiet", "--initial-branch=main"]);
        self.commit("one");
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
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
        *self.person.store.lock().unwrap() = Some(self.store.clone());
        session
    }

    fn setup(&self) -> Setup {
        let shared: Arc<dyn Clock> = self.clock.clone();
        let mut clients = Clients::default();
        for (name, dialect) in [
            ("anthropic", Dialect::AnthropicMessages),
            ("openai", Dialect::OpenaiResponses),
            ("chatty", Dialect::OpenaiChat),
            ("deepseek", Dialect::OpenaiChat),
        ] {
            let endpoint = Endpoint {
                name: name.to_owned(),
                dialect,
                base_url: self.running.base_url(),
                key: None,
                auth: Auth::None,
                headers: Vec::new(),
            };
            let policy = Policy { max_retries: 0, ..Policy::default() };
            clients.add(name, Arc::new(Client::new(endpoint, policy, shared.clone(), Some(1)).unwrap()));
        }
        let models = format!("providers:\n  chatty: {{base_url: 'http://chatty', family: openai}}\n{}", self.models);
        Setup {
            store: self.store.clone(),
            team: self.team.clone(),
            kept: Kept::default(),
            catalogue: Arc::new(Catalogue::builtin().overlay(&models, "models.yaml").unwrap()),
            clients,
            clock: shared,
            front: self.person.clone(),
            root: self.dir.path().join("repo").canonicalize().unwrap(),
            state_dir: self.dir.path().join("home"),
            approval: self.mode,
            guards: tools::Guards::default(),
            environment: self.environment.clone(),
            policy: Arc::new(routing::Policy::builtin()),
            lanes: self.lanes.clone(),
            limits: self.limits,
            output_schema: None,
            project: ProjectContext::default(),
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn requests(&self) -> Vec<RequestRecord> {
        self.running.requests()
    }

    /// The last request.
    pub(crate) fn last(&self) -> RequestRecord {
        self.requests().pop().expect("nothing was asked")
    }

    /// How often words were sent with the last request.
    pub(crate) fn times(&self, words: &str) -> usize {
        text(&self.last()).matches(words).count()
    }
}

/// All text of a request's messages, in order.
pub(crate) fn text(record: &RequestRecord) -> String {
    let mut all = Vec::new();
    for message in &record.request.messages {
        for block in &message.blocks {
            match block {
                protocol::Block::Text { text } => all.push(text.clone()),
                protocol::Block::ToolResult { content, .. } => {
                    all.extend(content.iter().filter_map(|part| match part {
                        protocol::ResultPart::Text { text } => Some(text.clone()),
                        protocol::ResultPart::Image { .. } => None,
                    }));
                }
                _ => {}
            }
        }
    }
    all.join("\n")
}

/// Whether every request goes on where the one before it ended: nothing that was sent is changed.
pub(crate) fn assert_append_only(requests: &[RequestRecord]) {
    for pair in requests.windows(2) {
        let (before, after) = (&pair[0].request, &pair[1].request);
        assert_eq!(before.system, after.system);
        assert_eq!(before.tools, after.tools);
        assert_eq!(before.messages[..], after.messages[..before.messages.len()], "{}", pair[1].label);
    }
}

pub(crate) fn never() -> CancellationToken {
    CancellationToken::new()
}

/// Takes a turn to its end.
pub(crate) async fn turn(session: &Session, input: impl Into<Input>) -> SessionStatus {
    let taken = tokio::time::timeout(PATIENCE, session.turn_with(input.into(), &never())).await;
    taken.expect("the turn never ended").unwrap().status
}

type Deed = Box<dyn for<'a> FnOnce(&'a Session) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> + Send>;

/// A person: keeps what is shown, does what was arranged when asked, and says yes.
#[derive(Default)]
pub(crate) struct Person {
    /// What was shown, a line each: `event tool.started`, `progress shell-1 hello`, `result call text`.
    pub(crate) seen: Mutex<Vec<String>>,
    pub(crate) notices: Mutex<Vec<String>>,
    pub(crate) errors: Mutex<Vec<String>>,
    /// Results that were shown before they were stored.
    pub(crate) early: Mutex<Vec<String>>,
    deeds: Mutex<Vec<Deed>>,
    session: Mutex<Weak<Session>>,
    store: Mutex<Option<Store>>,
}

impl Person {
    /// Does this when next asked, then says yes.
    pub(crate) fn will_do(
        &self,
        deed: impl for<'a> FnOnce(&'a Session) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> + Send + 'static,
    ) {
        self.deeds.lock().unwrap().push(Box::new(deed));
    }

    pub(crate) fn saw(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    fn see(&self, line: String) {
        self.seen.lock().unwrap().push(line);
    }

    /// Whether what is shown of a call is in the store already.
    fn is_stored(&self, agent: &AgentId, call: &str) -> bool {
        let Some(session) = self.session.lock().unwrap().upgrade() else { return true };
        let Some(store) = self.store.lock().unwrap().clone() else { return true };
        let runs = store.tool_runs_since(session.id(), Timestamp(0)).unwrap();
        let done =
            runs.iter().any(|run| run.intent.agent == *agent && run.intent.call.as_str() == call && run.done.is_some());
        let own = store.notes_of(session.id(), "own_command").unwrap();
        done || own.iter().any(|note| note.json.contains(call) && note.json.contains("\"how\""))
    }
}

#[async_trait::async_trait]
impl Front for Person {
    fn show(&self, shown: Shown<'_>) {
        match shown {
            Shown::Notice(text) => self.notices.lock().unwrap().push(text.to_owned()),
            Shown::Event(event) => match &event.body {
                EventBody::ToolStarted { tool, call, .. } => self.see(format!("started {tool} {call}")),
                EventBody::ToolCompleted { tool, call, ok, .. } => self.see(format!("completed {tool} {call} {ok}")),
                EventBody::Error { message, .. } => self.errors.lock().unwrap().push(message.clone()),
                _ => {}
            },
            Shown::Progress { call, line, .. } => self.see(format!("progress {call} {line}")),
            Shown::Result { agent, call, text } => {
                if !self.is_stored(agent, call.as_str()) {
                    self.early.lock().unwrap().push(call.to_string());
                }
                self.see(format!("result {agent} {call} {text}"));
            }
            Shown::Text { .. } | Shown::Thinking { .. } => {}
        }
    }

    fn attended(&self) -> bool {
        true
    }

    async fn approve(&self, _request: &ApprovalRequest) -> Approval {
        Approval::Yes
    }

    async fn answer(&self, _request: &ApprovalRequest, _lasting: bool) -> Answer {
        let deed = self.deeds.lock().unwrap().pop();
        let session = self.session.lock().unwrap().upgrade();
        if let (Some(deed), Some(session)) = (deed, session) {
            deed(&session).await;
        }
        Answer::Once
    }

    async fn ask(&self, _agent: &AgentId, _question: &str) -> Result<String, String> {
        Err("nobody is there".to_owned())
    }
}
