//! Opening a session: team, models, lanes, clients, store, screen.

mod lanes;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use cache::TokenCounter;
use catalogue::{Catalogue, ModelRef};
use protocol::{AgentId, Brain, SessionId, Usd};
use routing::Policy;
use runtime::setup::Kept;
use runtime::{Front, Limits, Session, Setup, Start};
use sandbox::Mode;
use serde::{Deserialize, Serialize};
use store::Store;
use team::{Choice, Team};
use tokio_util::sync::CancellationToken;
use tools::ApprovalMode;

use crate::args::{ApproveArg, DialectArg, LaneArgs, SandboxArgs, SessionArgs, TeamArgs};
use crate::config::Context;
use crate::config::context::project;
use crate::config::guards::{self, Up};
use crate::config::lock::SessionLock;
use crate::config::policy as config_policy;
use crate::config::providers::Providers;
use crate::config::teams::{self, TeamText};
use crate::config::trust::Trust;
use crate::failure::Failure;

pub(crate) use self::lanes::verifier;

/// A session that is open.
pub(crate) struct Opened {
    pub(crate) session: Session,
    pub(crate) team: Team,
    pub(crate) store: Store,
    /// The policy it goes by.
    pub(crate) policy: Arc<Policy>,
    /// What models may be called by here.
    pub(crate) names: Names,
    /// What the person should know while commands run unguarded.
    pub(crate) banner: Option<String>,
    /// How far its commands may go, in a word.
    pub(crate) sandbox: String,
    /// What stands around its commands.
    _guards: Up,
    /// No other process works on it as long as this lives.
    _lock: SessionLock,
}

/// Names of models.
pub(crate) struct Names {
    aliases: BTreeMap<String, ModelRef>,
    providers: Providers,
    catalogue: Arc<Catalogue>,
}

impl Names {
    /// The model and effort that `MODEL[@EFFORT]` names, and what is to be said of it. `said` is what it stands behind.
    ///
    /// # Errors
    /// What is wrong with it, and what is set up.
    pub(crate) fn choice(&self, said: &str, name: &str) -> anyhow::Result<(Choice, Option<String>)> {
        let choice = self.providers.choice(said, name, &self.aliases)?;
        let told = self.providers.unlisted(&self.catalogue, &format!("{said} {name}"), &choice.at)?;
        Ok((choice, told))
    }

    /// Whether a word is an alias.
    pub(crate) fn is_alias(&self, word: &str) -> bool {
        self.aliases.contains_key(word)
    }
}

/// What a session is opened with, besides the context.
pub(crate) struct Wanted<'a> {
    pub(crate) team: &'a TeamArgs,
    pub(crate) session: &'a SessionArgs,
    pub(crate) approval: ApprovalMode,
    /// Where it is shown, given who leads the team.
    pub(crate) front: &'a dyn Fn(&AgentId) -> Arc<dyn Front>,
    pub(crate) output_schema: Option<serde_json::Value>,
    pub(crate) resume: Option<SessionId>,
    /// Somebody is there who can be asked.
    pub(crate) person: bool,
    /// Models of providers that the team does not name may be asked for later.
    pub(crate) all_providers: bool,
    /// What is said about the lane; none where tasks are not sent to lanes.
    pub(crate) lane: Option<&'a LaneArgs>,
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
        models: wanted.team.model.clone(),
        server: Server::of(wanted.team),
        // Whole, so that a resume from another folder finds it.
        policy: wanted.session.policy.as_ref().map(std::path::absolute).transpose()?,
        lane: wanted.lane.cloned(),
        sandbox: wanted.session.sandbox.sandbox.as_ref().map(ToString::to_string),
    };
    let options = match &wanted.resume {
        Some(id) => flags.or(Options::of(&store, id)?),
        None => flags,
    };
    let text = team_text(context, &store, wanted.resume.as_ref(), wanted.team)?;
    let flags = options.flags(wanted.team);
    let providers = Providers::find(&context.environment, &context.catalogue, &flags);
    let aliases = providers.aliases(&context.catalogue, &flags)?;
    if aliases.is_empty() && providers.configured().next().is_none() {
        return Err(providers.nothing_set_up());
    }
    let chosen = providers.chosen(&context.catalogue, &flags)?;
    teams::check_chosen(&text, &chosen, &providers.known_aliases(&context.catalogue))?;
    let unlisted = providers.check_models(&context.catalogue, wanted.team)?;
    let team = teams::load_with(&text, aliases.clone(), chosen, &context.catalogue)?;
    // A session that goes on was told when it began.
    let of_team = team.warnings.iter().filter(|_| wanted.resume.is_none());
    unlisted.iter().chain(of_team).for_each(|words| crate::text::warn(words));
    let frozen = frozen_brains(&store, wanted.resume.as_ref(), &team)?;
    let policy = Arc::new(config_policy::find(context, options.policy.as_deref(), &flags)?);
    if wanted.team.trust {
        Trust::load(&context.home)?.add(&context.root)?;
    }
    let obeyed = wanted.team.trust_workspace
        || (!wanted.team.without_project && Trust::load(&context.home)?.obeys(&context.root));
    let approval = options.approve.unwrap_or(wanted.approval);
    let up = guards::open(context, &policy, &options.wall(&wanted.session.sandbox)?, approval, wanted.person)?;
    let names = Names { aliases, providers, catalogue: context.catalogue.clone() };
    let lanes =
        options.lane.as_ref().map(|said| lanes::of((context, &store), &policy, &team, &names, said)).transpose()?;
    let in_lanes = lanes.iter().flat_map(runtime::Lanes::brains);
    let mut clients = names.providers.clients(brains_of(&team).chain(&frozen).chain(in_lanes), &context.clock)?;
    if wanted.all_providers {
        clients.add_missing(names.providers.all_clients(&context.clock)?);
    }
    // Loaded beside the first request, so that counts are exact soon after.
    std::thread::spawn(TokenCounter::load);
    crate::text::work_began();
    let resumed_lock = wanted.resume.as_ref().map(|id| SessionLock::take(&context.home.state, id)).transpose()?;
    let resumed = wanted.resume.is_some();
    let start = wanted.resume.map_or(Start::New, Start::Resume);
    let session = Session::open(
        Setup {
            store: store.clone(),
            team: team.clone(),
            kept: Kept {
                team_yaml: text.text,
                options_json: serde_json::to_string(&Options { source: text.source, ..options.clone() })?,
            },
            catalogue: context.catalogue.clone(),
            clients,
            clock: context.clock.clone(),
            front: (wanted.front)(&team.main().id),
            root: context.root.clone(),
            state_dir: context.home.state.clone(),
            approval,
            guards: up.guards.clone(),
            environment: context.environment.all(),
            policy: policy.clone(),
            lanes,
            limits: Limits { usd: options.max_usd, steps: options.max_steps },
            output_schema: options.output_schema,
            project: project(&context.root, obeyed)?,
        },
        start,
    )?;
    let lock = match resumed_lock {
        Some(lock) => lock,
        None => SessionLock::take(&context.home.state, session.id())?,
    };
    if resumed && !wanted.team.model.is_empty() {
        session.want_own_brains()?.iter().for_each(|told| crate::text::note(told));
    }
    let banner = up.banner.clone();
    banner.iter().for_each(|words| crate::text::warn(words));
    let sandbox = up.mode();
    Ok(Opened { session, team, store, policy, names, banner, sandbox, _guards: up, _lock: lock })
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
    models: Vec<String>,
    server: Option<Server>,
    policy: Option<PathBuf>,
    /// Its tasks are sent to lanes.
    lane: Option<LaneArgs>,
    /// How far its commands may go, where that was said; never that there is no wall, which is typed each time.
    sandbox: Option<String>,
}

/// The server that `--base-url` named. Of its key only the variable's name is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Server {
    base_url: String,
    dialect: DialectArg,
    key_env: Option<String>,
}

impl Server {
    /// None for an address that may itself hold a secret: that one has to be given again.
    fn of(flags: &TeamArgs) -> Option<Self> {
        let base_url = flags.base_url.clone().filter(|url| !url.contains(['?', '@', '#']))?;
        Some(Self { base_url, dialect: flags.dialect, key_env: flags.key_env.clone() })
    }
}

impl Options {
    /// The team's flags, with what the session began with where they say nothing.
    fn flags(&self, given: &TeamArgs) -> TeamArgs {
        let mut flags = TeamArgs { model: self.models.clone(), ..given.clone() };
        if let (None, Some(server)) = (&given.base_url, &self.server) {
            flags.base_url = Some(server.base_url.clone());
            flags.dialect = server.dialect;
            flags.key_env.clone_from(&server.key_env);
        }
        flags
    }

    /// The flags of the wall, with what the session began with where they say nothing.
    fn wall(&self, given: &SandboxArgs) -> anyhow::Result<SandboxArgs> {
        if given.no_sandbox || given.sandbox.is_some() {
            return Ok(given.clone());
        }
        let kept = self.sandbox.as_deref().map(str::parse::<Mode>).transpose();
        match kept {
            Ok(Some(Mode::Off)) | Err(_) => Err(Failure::usage_with(
                format!(
                    "how far the session's commands may go cannot be read: `{}`",
                    self.sandbox.as_deref().unwrap_or_default()
                ),
                "say it again with --sandbox read-only, workspace or 'workspace+net(HOST,...)'",
            )),
            Ok(sandbox) => Ok(SandboxArgs { sandbox, no_sandbox: false }),
        }
    }

    /// What a session was begun with.
    fn of(store: &Store, id: &SessionId) -> anyhow::Result<Self> {
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
            models: if self.models.is_empty() { others.models } else { self.models },
            server: self.server.or(others.server),
            policy: self.policy.or(others.policy),
            lane: self.lane.or(others.lane),
            sandbox: self.sandbox.or(others.sandbox),
        }
    }
}

fn team_text(
    context: &Context,
    store: &Store,
    resume: Option<&SessionId>,
    flags: &TeamArgs,
) -> anyhow::Result<TeamText> {
    let kept = resume.map(|id| stored_team(store, id, flags)).transpose()?.flatten();
    kept.map_or_else(|| teams::find(context, flags), Ok)
}

/// The team a session began with, unless another one is asked for.
fn stored_team(store: &Store, id: &SessionId, flags: &TeamArgs) -> anyhow::Result<Option<TeamText>> {
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

/// Brains of the windows that a resumed session has open: they stay, whatever the team's aliases stand for by now.
fn frozen_brains(store: &Store, resume: Option<&SessionId>, team: &Team) -> anyhow::Result<Vec<Brain>> {
    let Some(id) = resume else { return Ok(Vec::new()) };
    let mut brains = Vec::new();
    for agent in &team.agents {
        brains.extend(store.windows(id, &agent.id)?.pop().map(|window| window.brain));
    }
    Ok(brains)
}

/// Every brain that a team may ask.
pub(crate) fn brains_of(team: &Team) -> impl Iterator<Item = &Brain> {
    team.brains()
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
            crate::text::restore();
            #[expect(clippy::exit, reason = "the user asked twice; the store is consistent at any moment")]
            std::process::exit(130);
        }
    });
    cancel
}
