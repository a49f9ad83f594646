//! What every played session needs: the runtime's setup with clients for all dialects at a simulator, and nobody watching.

use std::path::Path;
use std::sync::Arc;

use brains::{Auth, Client, Endpoint, Policy};
use catalogue::Catalogue;
use protocol::{AgentId, Clock, Dialect, ManualClock, Timestamp};
use runtime::setup::{Kept, ProjectContext};
use runtime::{Clients, Front, Limits, Setup, Shown};
use store::Store;
use team::Team;
use tools::{Approval, ApprovalMode, ApprovalRequest};

/// When every session begins: 2026-11-21, so that the catalogue's dated prices are those of the files.
pub(crate) const BEGIN: Timestamp = Timestamp(1_795_219_200_000);

/// What differs between played sessions.
pub(crate) struct Parts<'a> {
    /// The clock that the simulator runs on too.
    pub(crate) clock: &'a Arc<ManualClock>,
    /// Where the simulator listens.
    pub(crate) base_url: &'a str,
    /// The store, in its folder.
    pub(crate) store: &'a Store,
    /// The same folder.
    pub(crate) state: &'a Path,
    /// Where the agents work.
    pub(crate) workspace: &'a Path,
    /// Models and prices.
    pub(crate) catalogue: &'a Arc<Catalogue>,
    /// Who works.
    pub(crate) team: Team,
}

/// Sets a session up.
///
/// # Errors
/// The workspace is not there.
pub(crate) fn setup(parts: Parts<'_>) -> anyhow::Result<Setup> {
    let shared: Arc<dyn Clock> = parts.clock.clone();
    let mut clients = Clients::default();
    for (name, dialect) in [
        ("anthropic", Dialect::AnthropicMessages),
        ("openai", Dialect::OpenaiChat),
        ("openai", Dialect::OpenaiResponses),
    ] {
        let endpoint = Endpoint {
            name: name.to_owned(),
            dialect,
            base_url: parts.base_url.to_owned(),
            key: None,
            auth: Auth::None,
            headers: Vec::new(),
        };
        let client = Client::new(endpoint, Policy::default(), shared.clone(), Some(1));
        clients.add(name, Arc::new(client.map_err(|error| anyhow::anyhow!("{error}"))?));
    }
    Ok(Setup {
        store: parts.store.clone(),
        team: parts.team,
        kept: Kept::default(),
        catalogue: parts.catalogue.clone(),
        clients,
        clock: shared,
        front: Arc::new(Nobody),
        root: parts.workspace.canonicalize()?,
        state_dir: parts.state.to_owned(),
        approval: ApprovalMode::Auto,
        guards: tools::Guards::default(),
        environment: std::env::vars().filter(|(name, _)| name == "PATH").collect(),
        limits: Limits::default(),
        output_schema: None,
        project: ProjectContext::default(),
        policy: Arc::new(routing::Policy::builtin()),
        lanes: None,
    })
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
