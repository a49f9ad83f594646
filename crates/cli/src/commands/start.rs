//! Opening a session: team, models, clients, store, screen.

use std::sync::Arc;

use cache::TokenCounter;
use protocol::{Brain, SessionId, Usd};
use runtime::setup::Kept;
use runtime::{Front, Limits, Session, Setup, Start};
use serde::{Deserialize, Serialize};
use team::Team;
use tokio_util::sync::CancellationToken;
use tools::ApprovalMode;

use crate::args::{ApproveArg, SessionArgs, TeamArgs};
use crate::config::Context;
use crate::config::context::project;
use crate::config::providers::Providers;
use crate::config::teams::{self, TeamText};
use crate::failure::Failure;

/// A session that is open.
pub(crate) struct Opened {
    pub(crate) session: Session,
    pub(crate) team: Team,
}

/// What a session is opened with, besides the context.
pub(crate) struct Wanted<'a> {
    pub(crate) team: &'a TeamArgs,
    pub(crate) session: &'a SessionArgs,
    pub(crate) approval: ApprovalMode,
    pub(crate) front: Arc<dyn Front>,
    pub(crate) output_schema: Option<serde_json::Value>,
    pub(crate) resume: Option<SessionId>,
}

/// Opens a session. All configuration errors come from here, before anything is written.
pub(crate) fn open(context: &Context, wanted: Wanted<'_>) -> anyhow::Result<Opened> {
    let store = context.store()?;
    let flags = Options {
        source: String::new(),
        max_usd: wanted.session.max_usd,
        max_steps: wanted.session.max_steps,
        approve: wanted.session.approve.map(|flag| approval(Some(flag), wanted.approval)),
        output_schema: wanted.output_schema,
    };
    let options = match &wanted.resume {
        Some(id) => flags.or(Options::of(&store, id)?),
        None => flags,
    };
    let text = match &wanted.resume {
        Some(id) => stored_team(&store, id, wanted.team)?,
        None => None,
    };
    let text = match text {
        Some(text) => text,
        None => teams::find(context, wanted.team)?,
    };
    let providers = Providers::find(&context.environment, &context.catalogue, wanted.team);
    let aliases = providers.aliases(&context.catalogue, wanted.team)?;
    if aliases.is_empty() && providers.configured().next().is_none() {
        return Err(providers.nothing_set_up());
    }
    let team = teams::load(&text, aliases)?;
    let clients = providers.clients(brains_of(&team), &context.clock)?;
    // Loaded beside the first request, so that counts are exact soon after.
    std::thread::spawn(TokenCounter::load);
    let start = wanted.resume.map_or(Start::New, Start::Resume);
    let session = Session::open(
        Setup {
            store,
            team: team.clone(),
            kept: Kept {
                team_yaml: text.text,
                options_json: serde_json::to_string(&Options { source: text.source, ..options.clone() })?,
            },
            catalogue: context.catalogue.clone(),
            clients,
            clock: context.clock.clone(),
            front: wanted.front,
            root: context.root.clone(),
            state_dir: context.home.state.clone(),
            approval: options.approve.unwrap_or(wanted.approval),
            environment: context.environment.all(),
            limits: Limits { usd: options.max_usd, steps: options.max_steps },
            output_schema: options.output_schema,
            project: project(&context.root)?,
        },
        start,
    )?;
    Ok(Opened { session, team })
}

/// What a person said when a session began. It holds for every resume that does not say otherwise: a budget or a mode of
/// approval must not be lost with the process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Options {
    /// Where the team came from.
    source: String,
    max_usd: Option<Usd>,
    max_steps: Option<u32>,
    /// Only where it was given: otherwise each command has its own.
    approve: Option<ApprovalMode>,
    output_schema: Option<serde_json::Value>,
}

impl Options {
    /// What a session was begun with.
    fn of(store: &store::Store, id: &SessionId) -> anyhow::Result<Self> {
        let record = store.session(id)?;
        Ok(record.and_then(|record| serde_json::from_str(&record.options_json).ok()).unwrap_or_default())
    }

    /// These, and from the others what these leave open.
    fn or(self, others: Self) -> Self {
        Self {
            source: others.source,
            max_usd: self.max_usd.or(others.max_usd),
            max_steps: self.max_steps.or(others.max_steps),
            approve: self.approve.or(others.approve),
            output_schema: self.output_schema.or(others.output_schema),
        }
    }
}

/// The team a session began with, unless another one is asked for.
fn stored_team(store: &store::Store, id: &SessionId, flags: &TeamArgs) -> anyhow::Result<Option<TeamText>> {
    if flags.team.is_some() {
        return Err(Failure::usage_with(
            "a session keeps the team it began with",
            "leave --team out, or start a new session with it",
        ));
    }
    let record = store.session(id)?;
    Ok(record.filter(|record| !record.team_yaml.is_empty()).map(|record| TeamText {
        text: record.team_yaml,
        source: format!("session {id}"),
        // Whatever it may not set was refused when the session began.
        from_project: false,
    }))
}

/// Every brain that a team may ask.
pub(crate) fn brains_of(team: &Team) -> impl Iterator<Item = &Brain> {
    team.agents.iter().flat_map(|agent| std::iter::once(&agent.brain).chain(&agent.ladder))
}

/// The approval mode that a flag names, otherwise the command's own.
pub(crate) fn approval(flag: Option<ApproveArg>, default: ApprovalMode) -> ApprovalMode {
    match flag {
        None => default,
        Some(ApproveArg::Ask) => ApprovalMode::Ask,
        Some(ApproveArg::Auto) => ApprovalMode::Auto,
        Some(ApproveArg::Deny) => ApprovalMode::Deny,
    }
}

/// Ctrl-C once cancels what runs; twice leaves at once. All that was recorded stays.
pub(crate) fn watch_interrupts() -> CancellationToken {
    let cancel = CancellationToken::new();
    let watched = cancel.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
        watched.cancel();
        crate::text::note("\ninterrupting; once more to leave at once");
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    });
    cancel
}
