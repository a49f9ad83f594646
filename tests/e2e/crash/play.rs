//! A session played to its end, whatever kills it on the way, and what is left of it then.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output};
use std::sync::{Arc, LazyLock};

use protocol::event::EventBody;
use protocol::{AgentId, Event, Item, LedgerRow, ManualClock, SessionId, Timestamp};
use regex::Regex;
use simulator::{Running, Scenario};
use store::{DelegationRecord, Store, ToolRun};

use super::place::{Place, Speaks, TASK};

/// What a tool result says whose effect was not recorded.
pub(super) const INTERRUPTED: &str = "interrupted, effects unknown";

/// Processes a session may need: more would be going round in circles.
const PROCESSES: usize = 6;

/// What happens to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kill {
    /// It dies when this durable write is done.
    After(u64),
    /// It dies when everything is ready for this durable write.
    Before(u64),
    /// It is killed from outside when it has printed so many bytes of events.
    Printed(usize),
    /// It is killed from outside when this actor has been asked so often; the scenario lets it wait for the answer.
    Asked(&'static str, usize),
}

/// A request as the provider saw it. The folder and the session's id are replaced, so that sessions can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) actor: String,
    pub(super) body: String,
    pub(super) status: u16,
}

/// A session that ended.
pub(super) struct Played {
    /// Processes that died.
    pub(super) deaths: usize,
    pub(super) asked: Vec<Asked>,
    /// Requests that had been made when the last process died.
    pub(super) asked_before_waking: usize,
    pub(super) items: BTreeMap<&'static str, Vec<Item>>,
    pub(super) files: BTreeMap<String, String>,
    pub(super) counted: usize,
    pub(super) runs: Vec<ToolRun>,
    pub(super) delegations: Vec<DelegationRecord>,
    pub(super) ledger: Vec<LedgerRow>,
    pub(super) events: Vec<Event>,
    /// The answer of the process that ended by itself.
    pub(super) code: i32,
    pub(super) told: String,
}

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// Plays the session; each of `kills` ends one process, then the rest is left alone.
pub(super) fn play(speaks: Speaks, kills: &[Kill]) -> Played {
    let place = Place::new();
    let running = serve(kills);
    let mut kills = kills.iter().copied();
    let mut next = Start::Run;
    let (mut deaths, mut asked_before_waking) = (0, 0);
    for _ in 0..PROCESSES {
        let kill = kills.next();
        let ended = process(next.command(&place, &running.base_url(), speaks), kill, &running);
        if ended.status.signal().is_some() {
            deaths += 1;
            asked_before_waking = running.requests().len();
            next = Start::Resume;
            continue;
        }
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        let code = ended.status.code().unwrap();
        match next {
            // Killed before there was a session, or before its task was saved: it says so, and nothing is lost but the call.
            Start::Resume if code == 2 && told.contains("there is no session in") => next = Start::Run,
            Start::Resume if code == 2 && told.contains("has no task yet") => next = Start::ResumeWithTask,
            _ => return gather(&place, &running, Ending { deaths, asked_before_waking, code, told }),
        }
    }
    panic!("the session did not end within {PROCESSES} processes");
}

/// How the next process begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Run,
    Resume,
    ResumeWithTask,
}

impl Start {
    pub(super) fn command(self, place: &Place, url: &str, speaks: Speaks) -> Command {
        let team = place.team();
        match self {
            Self::Run => place.agent(url, speaks, &["run", TASK, "--json", "--approve", "auto", "--team", &team]),
            Self::Resume => place.agent(url, speaks, &["sessions", "resume", "--json", "--approve", "auto"]),
            Self::ResumeWithTask => {
                place.agent(url, speaks, &["sessions", "resume", "--json", "--approve", "auto", "--task", TASK])
            }
        }
    }
}

/// The simulator. Where a kill waits for a request, that request gets no answer the first time.
pub(super) fn serve(kills: &[Kill]) -> Running {
    let mut text = include_str!("../scenarios/crash.yaml").to_owned();
    for kill in kills {
        if let Kill::Asked(actor, times) = kill {
            text.push_str(&format!(
                "\nfaults:\n  - {{on: {{actor: {actor}, nth_request: {times}}}, kind: stall, after_chunks: 0}}\n"
            ));
        }
    }
    let scenario = Scenario::from_yaml(&text, "crash.yaml").unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp(1_790_000_000_000)));
    let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    RUNTIME.block_on(simulator::serve(simulator::Config { scenario, clock, listen, log: false })).unwrap()
}

/// Runs one process to its end.
pub(super) fn process(mut command: Command, kill: Option<Kill>, running: &Running) -> Output {
    match kill {
        None => command.output().unwrap(),
        Some(Kill::After(write)) => command.env("AGENT_TEST_ABORT_AT_WRITE", write.to_string()).output().unwrap(),
        Some(Kill::Before(write)) => command.env("AGENT_TEST_ABORT_BEFORE_WRITE", write.to_string()).output().unwrap(),
        Some(Kill::Printed(bytes)) => {
            let mut child = command.spawn().unwrap();
            let mut printed = vec![0; bytes];
            // It may end before it has printed so much.
            let _ = child.stdout.as_mut().unwrap().read_exact(&mut printed);
            child.kill().unwrap();
            child.wait_with_output().unwrap()
        }
        Some(Kill::Asked(actor, times)) => {
            let mut child = command.spawn().unwrap();
            let asked = || running.requests().iter().filter(|one| one.actor.as_deref() == Some(actor)).count();
            while asked() < times && child.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            child.kill().unwrap();
            child.wait_with_output().unwrap()
        }
    }
}

/// What the last process said.
struct Ending {
    deaths: usize,
    asked_before_waking: usize,
    code: i32,
    told: String,
}

fn gather(place: &Place, running: &Running, ending: Ending) -> Played {
    let store = Store::open(&place.home).unwrap();
    let id = store.latest(&place.root.display().to_string()).unwrap().unwrap().id;
    let neutral = |text: &str| neutral(text, place, &id);
    let asked = running.requests().into_iter().map(|request| Asked {
        actor: request.actor.unwrap_or_default(),
        body: neutral(str::from_utf8(&request.body).unwrap()),
        status: request.status,
    });
    let items = ["main", "sidekick"].map(|agent| {
        let items = store.items(&id, &AgentId::from(agent), 0).unwrap();
        let items: Vec<Item> = items
            .into_iter()
            .map(|stored| serde_json::from_str(&neutral(&serde_json::to_string(&stored.item).unwrap())).unwrap())
            .collect();
        (agent, items)
    });
    Played {
        deaths: ending.deaths,
        asked_before_waking: ending.asked_before_waking,
        asked: asked.collect(),
        items: items.into_iter().collect(),
        files: place.files(),
        counted: place.counted(),
        runs: store.all_tool_runs(&id).unwrap(),
        delegations: store.delegations(&id).unwrap(),
        ledger: store.ledger(&id).unwrap(),
        events: store.events(&id).unwrap(),
        code: ending.code,
        told: ending.told,
    }
}

/// Without what differs from one session to the next by its nature: folder, session id, seconds that a command took, the seals of thinking (they depend on
/// all that was said before, the folder included), and the number of the replay in the ids of calls that were asked again.
fn neutral(text: &str, place: &Place, id: &SessionId) -> String {
    static REPLAY: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(toolu_[a-z]+_\d+_\d+)_r\d+").unwrap());
    static SEAL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""signature":"[0-9a-f]+""#).unwrap());
    static SEALED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"(encrypted_content\\*":\\*")[0-9A-Za-z+/=_-]+"#).unwrap());
    static SECONDS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r", \d+\.\d s\]").unwrap());
    let text = text.replace(&place.root.display().to_string(), "ROOT").replace(id.as_str(), "SESSION");
    let text = SECONDS.replace_all(&text, ", 0 s]");
    let text = REPLAY.replace_all(&text, "$1");
    let text = SEALED.replace_all(&text, "${1}SEAL");
    SEAL.replace_all(&text, r#""signature":"SEAL""#).into_owned()
}

impl Played {
    /// How often an agent was told that a call's effects are unknown.
    pub(super) fn interruptions(&self, agent: &str, tool: Option<&str>) -> usize {
        let results = self.items[agent].iter().flat_map(|item| match item {
            Item::ToolResults { results } => results.as_slice(),
            _ => &[],
        });
        results
            .filter(|result| tool.is_none_or(|tool| result.tool == tool))
            .filter(|result| serde_json::to_string(&result.content).unwrap().contains(INTERRUPTED))
            .count()
    }

    /// Bodies of the requests for an actor, each once: a request whose answer was lost is sent again.
    pub(super) fn bodies(&self, actor: &str) -> Vec<&str> {
        let mut bodies: Vec<&str> =
            self.asked.iter().filter(|asked| asked.actor == actor).map(|asked| asked.body.as_str()).collect();
        bodies.dedup();
        bodies
    }

    /// The status in the last `session.completed`.
    pub(super) fn status(&self) -> String {
        let status = self.events.iter().rev().find_map(|event| match &event.body {
            EventBody::SessionCompleted { status, .. } => Some(status.as_str()),
            _ => None,
        });
        status.unwrap_or("none").to_owned()
    }
}
