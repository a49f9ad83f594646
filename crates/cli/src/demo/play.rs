//! One play of a demo: a team, a working copy, a simulator, a session.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use protocol::event::{AgentTotals, EventBody, SessionStatus};
use protocol::{AgentId, Brain, SessionId, Usage, Usd};
use runtime::setup::Kept;
use runtime::{Clients, Front, Limits, Session, Setup, Start};
use simulator::{Config, Scenario, serve};
use team::VerifyEntry;
use tools::ApprovalMode;

use super::{Case, WorkingCopy, examples};
use crate::args::TeamArgs;
use crate::commands::{brains_of, never};
use crate::config::Context;
use crate::config::home::Environment;
use crate::config::providers::Providers;
use crate::config::{context::open_store, guards, teams};

/// Seconds a demo's check may take: the first build of the example is part of it.
const CHECK_SECONDS: u32 = 300;

/// What came out of a play.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    pub(crate) team: String,
    pub(crate) session: SessionId,
    /// Number of its last event.
    pub(crate) last_event: u64,
    pub(crate) status: SessionStatus,
    pub(crate) agents: Vec<AgentTotals>,
    pub(crate) usage: Usage,
    pub(crate) usd: Option<Usd>,
    pub(crate) wall_ms: u64,
    /// Cache-read tokens that were expected, over all calls.
    pub(crate) predicted_cache_read: u64,
    /// Delegations, with the cache reads that each one's own calls were billed.
    pub(crate) delegations: Vec<(String, Usage)>,
    /// Calls whose prefix was not read although it should have been.
    pub(crate) undeclared_misses: usize,
}

/// Plays a demo with a built-in team in a working copy. State goes to `state`, so that a demo never mixes with real work.
pub(crate) async fn play(
    context: &Context,
    case: &Case,
    team_name: &str,
    copy: &WorkingCopy,
    state: &Path,
    front: &dyn Fn(&AgentId) -> Arc<dyn Front>,
) -> anyhow::Result<Played> {
    let scenario = Scenario::from_yaml(&examples::scenario(case.name)?, &format!("{}.yaml", case.name))?;
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let running = serve(Config { scenario, clock: context.clock.clone(), listen, log: false }).await?;
    let flags = TeamArgs {
        base_url: Some(running.base_url()),
        dialect: crate::args::DialectArg::Anthropic,
        model: vec!["premium=claude-opus-5-5".to_owned(), "fast=claude-haiku-5-5".to_owned()],
        ..TeamArgs::default()
    };
    // No key of the user's is read: the simulator is the only provider.
    let providers = Providers::find(&Environment::default(), &context.catalogue, &flags);
    let mut team = teams::load(&teams::named(team_name)?, providers.aliases(&context.catalogue, &flags)?)?;
    team.merge_verify(
        vec![VerifyEntry { name: "tests".to_owned(), command: case.tests.to_owned(), timeout_s: CHECK_SECONDS }],
        "the demo",
    );
    for agent in &mut team.agents {
        // Priced as the vendor's own: the models are Anthropic's, only their words are scripted.
        agent.brain = Brain { provider: "anthropic".to_owned(), ..agent.brain.clone() };
    }
    let mut clients = Clients::default();
    for client in providers.clients(std::iter::once(&Brain::new("custom", "any")), &context.clock)?.of("custom") {
        clients.add("anthropic", client.clone());
    }
    debug_assert!(brains_of(&team).all(|brain| !clients.of(&brain.provider).is_empty()));
    let store = open_store(state, &context.environment)?;
    let began = context.clock.now();
    let main = team.main().id.clone();
    let up = guards::of_demo(&context.in_folder(&copy.root, state))?;
    up.banner.iter().for_each(|words| crate::text::note(words));
    let session = Session::open(
        Setup {
            store: store.clone(),
            team,
            kept: Kept::default(),
            catalogue: context.catalogue.clone(),
            clients,
            clock: context.clock.clone(),
            front: front(&main),
            root: copy.root.clone(),
            state_dir: state.to_owned(),
            approval: ApprovalMode::Auto,
            guards: up.guards.clone(),
            environment: context.environment.all(),
            policy: Arc::new(routing::Policy::builtin()),
            lanes: None,
            limits: Limits::default(),
            output_schema: None,
            project: crate::config::context::project(&copy.root, true)?,
        },
        Start::New,
    )?;
    let outcome = session.turn(case.task, &never()).await?;
    let wall_ms = context.clock.now().since(began).as_millis() as u64;
    let completed = session.complete(outcome.status).await?;
    running.stop().await;
    read_back(&store, session.id(), team_name, completed, wall_ms)
}

/// Every number comes from the ledger.
fn read_back(
    store: &store::Store,
    session: &SessionId,
    team: &str,
    completed: EventBody,
    wall_ms: u64,
) -> anyhow::Result<Played> {
    let EventBody::SessionCompleted { status, usd, agents, .. } = completed else {
        anyhow::bail!("the session did not complete");
    };
    let rows = store.ledger(session)?;
    let mut delegations = Vec::new();
    for record in store.delegations(session)? {
        delegations.push((record.to.to_string(), store.delegation_cost(session, &record.id)?.usage));
    }
    Ok(Played {
        team: team.to_owned(),
        session: session.clone(),
        last_event: store.last_event_seq(session)?,
        status,
        agents,
        usage: rows.iter().map(|row| row.usage).sum(),
        usd,
        wall_ms,
        predicted_cache_read: rows.iter().map(|row| row.predicted_cache_read).sum(),
        delegations,
        undeclared_misses: rows.iter().filter(|row| row.cache_note.as_deref() == Some("undeclared_miss")).count(),
    })
}
