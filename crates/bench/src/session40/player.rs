//! Plays a story: the real runtime, a store on disk, HTTP on loopback, one clock that is moved by hand.
#![expect(clippy::disallowed_methods, reason = "writes the workspace that is played in")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, ensure};
use catalogue::{Catalogue, ModelRef};
use protocol::event::SessionStatus;
use protocol::{Clock, LedgerRow, ManualClock, Purpose};
use runtime::{Session, Setup, Start};
use store::Store;
use team::Team;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::calibrate::Instructions;
use super::script::{self, Script};
use super::story::{File, Scenario, Story, Then};
use super::teams::Way;
use super::words::Words;
use crate::harness::{self, BEGIN, Parts};

/// Two models.
#[derive(Clone, Debug)]
pub(crate) struct Cast {
    pub(crate) main: ModelRef,
    pub(crate) sidekick: ModelRef,
}

impl Cast {
    /// By the models' names, as the file gives them.
    pub(crate) fn new(main: &str, sidekick: &str) -> Self {
        let at = |model: &str| ModelRef::new(if model.starts_with("claude-") { "anthropic" } else { "openai" }, model);
        Self { main: at(main), sidekick: at(sidekick) }
    }
}

/// What plays share.
pub(crate) struct Stage {
    words: Words,
    sizes: Scenario,
    catalogue: Arc<Catalogue>,
    workspace: TempDir,
    scratch: PathBuf,
}

/// What came of a play.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    /// Dollars of all agents.
    pub(crate) usd: f64,
    pub(crate) rows: Vec<LedgerRow>,
}

impl Played {
    /// Prompt tokens of an agent's first request.
    pub(crate) fn first_prompt(&self, agent: &str) -> usize {
        let is_agents = |row: &&LedgerRow| (row.agent.as_str() == "sidekick") == (agent == "sidekick");
        self.rows.iter().find(is_agents).map_or(0, |row| row.usage.prompt() as usize)
    }

    /// Calls of one purpose.
    pub(crate) fn calls(&self, purpose: Purpose) -> usize {
        self.rows.iter().filter(|row| row.purpose == purpose).count()
    }
}

impl Stage {
    /// Writes the workspace.
    pub(crate) fn new(file: &File) -> anyhow::Result<Self> {
        cache::TokenCounter::load();
        let words = Words::load()?;
        let workspace = tempfile::tempdir().context("no temporary folder")?;
        for (path, text) in script::workspace(&words, &file.scenario) {
            let path = workspace.path().join(path);
            std::fs::create_dir_all(path.parent().context("a file in no folder")?)?;
            std::fs::write(path, text)?;
        }
        // Memory where there is some to write to: what is measured is dollars, not a disk.
        let memory = PathBuf::from("/dev/shm");
        let scratch = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let catalogue = Arc::new(Catalogue::builtin());
        Ok(Self { words, sizes: file.scenario.clone(), catalogue, workspace, scratch })
    }

    /// Whether the sidekick costs more than a tenth of what main costs.
    pub(crate) fn is_dear(&self, cast: &Cast) -> bool {
        let price = |at: &ModelRef| {
            let model = self.catalogue.model(&at.provider, &at.model);
            model.map_or(0, |model| model.price(BEGIN, 1).input)
        };
        price(&cast.sidekick).saturating_mul(10) > price(&cast.main)
    }

    /// Plays a story from its first turn to its last wait.
    ///
    /// # Errors
    /// A turn that does not come to its answer, a step that was not scripted.
    pub(crate) async fn play(
        &self,
        story: &Story,
        cast: &Cast,
        way: Way,
        said: Instructions,
    ) -> anyhow::Result<Played> {
        let script = script::write(&self.words, &self.sizes, story, way.is_solo())?;
        let clock = Arc::new(ManualClock::new(BEGIN));
        let running = simulator::serve(simulator::Config {
            scenario: simulator::Scenario::from_yaml(&script.scenario, "session40")?,
            clock: clock.clone(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            log: false,
        })
        .await?;
        let state = tempfile::tempdir_in(&self.scratch).context("no temporary folder")?;
        let store = Store::open(state.path())?;
        let team = self.team(cast, way, said)?;
        let session = Session::open(self.setup(&clock, &running.base_url(), &state, &store, team)?, Start::New)?;
        self.turns(story, &script, &session, &clock).await?;
        let rows = store.ledger(session.id())?;
        let delegations = store.delegations(session.id())?.len();
        let cost = store.session_cost(session.id())?;
        session.complete(SessionStatus::Answered).await?;
        running.stop().await;
        let lead = |row: &&LedgerRow| row.agent.as_str() != "sidekick" && row.purpose == Purpose::Step;
        let steps = rows.iter().filter(lead).count();
        ensure!(
            steps == script.main_steps && (way.is_solo() || delegations == story.batches().len()),
            "{}: {steps} steps of main and {delegations} delegations were played, {} steps and {} batches were written",
            way.name(),
            script.main_steps,
            story.batches().len()
        );
        let usd = cost.usd.context("a price is not known")?;
        Ok(Played { usd: usd.dollars(), rows })
    }

    async fn turns(
        &self,
        story: &Story,
        script: &Script,
        session: &Session,
        clock: &ManualClock,
    ) -> anyhow::Result<()> {
        let never = CancellationToken::new();
        for (turn, input) in story.turns.iter().zip(&script.inputs) {
            let outcome = session.turn(input, &never).await?;
            ensure!(outcome.status == SessionStatus::Answered, "a turn ended {:?}", outcome.status);
            let (Then::Idle(away) | Then::Abandoned(away)) = turn.then else { break };
            let until = clock.now().plus(away);
            // Nobody else sleeps meanwhile: what waits for its time moves time itself.
            clock.set_jumping(true);
            session.rest(Some(until), &never).await?;
            clock.set_jumping(false);
            clock.advance(until.since(clock.now()));
            if matches!(turn.then, Then::Abandoned(_)) {
                break;
            }
        }
        Ok(())
    }

    fn team(&self, cast: &Cast, way: Way, said: Instructions) -> anyhow::Result<Team> {
        let mut team = way.team(&cast.main, &cast.sidekick)?;
        for agent in &mut team.agents {
            let tokens = if agent.id.as_str() == "sidekick" { said.sidekick } else { said.main };
            let own = agent.instructions.take().unwrap_or_default();
            agent.instructions = Some(format!("{own}\n{}", self.words.prose(tokens, 0)?));
        }
        Ok(team)
    }

    fn setup(
        &self,
        clock: &Arc<ManualClock>,
        base_url: &str,
        state: &TempDir,
        store: &Store,
        team: Team,
    ) -> anyhow::Result<Setup> {
        harness::setup(Parts {
            clock,
            base_url,
            store,
            state: state.path(),
            workspace: self.workspace.path(),
            catalogue: &self.catalogue,
            team,
        })
    }
}
