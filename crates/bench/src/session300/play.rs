//! Plays a plan, and takes the time and the memory at each step.
#![expect(
    clippy::disallowed_methods,
    reason = "writes the workspace that is played in, reads /proc, and asks for the time: that is what is measured"
)]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use catalogue::Catalogue;
use protocol::event::{EventBody, SessionStatus};
use protocol::{AgentId, LedgerRow, ManualClock, Purpose};
use runtime::{Front, Session, Setup, Shown, Start};
use simulator::{Running, Scenario};
use store::Store;
use team::LoadOptions;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tools::{Approval, ApprovalRequest};

use super::script::Plan;
use crate::harness::{self, BEGIN, Parts};
use crate::session40::words::Words;

/// What the user takes to come back: shorter than the cache lives.
const PAUSE: Duration = Duration::from_secs(60);

/// What came of a play.
pub(crate) struct Played {
    /// The ledger.
    pub(crate) rows: Vec<LedgerRow>,
    /// When each step was answered, and the memory of the process then.
    pub(crate) samples: Vec<Sample>,
    /// From the first input to the last answer.
    pub(crate) took: Duration,
}

/// A step was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Since the first input.
    pub(crate) at: Duration,
    /// Resident memory in bytes; none where there is no /proc.
    pub(crate) rss: Option<u64>,
}

/// Plays a plan from its first turn to its last.
///
/// # Errors
/// A turn that is not verified.
pub(crate) async fn play(plan: &Plan) -> anyhow::Result<Played> {
    // Loaded before anything is measured.
    cache::TokenCounter::load();
    let words = Words::load()?;
    let workspace = workspace(plan, &words)?;
    let state = tempfile::tempdir().context("no temporary folder")?;
    let store = Store::open(state.path())?;
    let clock = Arc::new(ManualClock::new(BEGIN));
    let running = simulator::serve(simulator::Config {
        scenario: Scenario::from_yaml(&plan.scenario(&words)?, "session300")?,
        clock: clock.clone(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        log: false,
    })
    .await?;
    let meter = Arc::new(Meter::new());
    let mut setup = harness::setup(Parts {
        clock: &clock,
        base_url: &running.base_url(),
        store: &store,
        state: state.path(),
        workspace: workspace.path(),
        catalogue: &Arc::new(Catalogue::builtin()),
        team: team::load(&plan.team(), "session300", &LoadOptions::default())?,
    })?;
    setup.front = meter.clone();
    setup.project.instructions = vec![("AGENTS.md".to_owned(), plan.instructions(&words)?)];
    let session = turns(plan, setup, &words, &running, &clock).await?;
    let took = meter.began.elapsed();
    let rows = store.ledger(session.id())?;
    session.complete(SessionStatus::Verified).await?;
    running.stop().await;
    Ok(Played { rows, samples: meter.samples(), took })
}

async fn turns(
    plan: &Plan,
    setup: Setup,
    words: &Words,
    running: &Running,
    clock: &ManualClock,
) -> anyhow::Result<Session> {
    let never = CancellationToken::new();
    let session = Session::open(setup, Start::New)?;
    for turn in 0..plan.turns {
        let outcome = session.turn(&plan.input(turn, words)?, &never).await?;
        ensure!(outcome.status == SessionStatus::Verified, "turn {} ended {:?}", turn + 1, outcome.status);
        running.forget();
        clock.advance(PAUSE);
    }
    Ok(session)
}

fn workspace(plan: &Plan, words: &Words) -> anyhow::Result<TempDir> {
    let folder = tempfile::tempdir().context("no temporary folder")?;
    for (path, text) in plan.workspace(words) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().context("a file in no folder")?)?;
        std::fs::write(path, text)?;
    }
    Ok(folder)
}

/// Nobody watches but the meter.
struct Meter {
    began: Instant,
    samples: Mutex<Vec<Sample>>,
}

impl Meter {
    fn new() -> Self {
        Self { began: Instant::now(), samples: Mutex::default() }
    }

    fn samples(&self) -> Vec<Sample> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait::async_trait]
impl Front for Meter {
    fn show(&self, shown: Shown<'_>) {
        if let Shown::Event(event) = shown
            && matches!(event.body, EventBody::StepCompleted { purpose: Purpose::Step, .. })
        {
            let sample = Sample { at: self.began.elapsed(), rss: resident() };
            self.samples.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
        }
    }

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

/// Resident memory of this process, in bytes.
fn resident() -> Option<u64> {
    let statm = std::fs::read_to_string(Path::new("/proc/self/statm")).ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
