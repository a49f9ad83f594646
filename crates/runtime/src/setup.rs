//! Everything a session is given from outside.

use std::path::PathBuf;
use std::sync::Arc;

use catalogue::Catalogue;
use protocol::{Clock, SessionId, Usd};
use routing::Policy;
use store::Store;
use team::Team;
use tools::{ApprovalMode, Guards};

use crate::clients::Clients;
use crate::front::Front;
use crate::lanes::Lanes;

/// What the person allows, on top of what the team says. The smaller value counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Dollars for the whole tree of agents in this session.
    pub usd: Option<Usd>,
    /// Model calls of all agents in this session.
    pub steps: Option<u32>,
}

/// What a session needs.
pub struct Setup {
    /// Where everything is kept.
    pub store: Store,
    /// The resolved team.
    pub team: Team,
    /// What a new session keeps from its first write on, so that a resume depends on no file and no flag.
    pub kept: Kept,
    /// Models and prices.
    pub catalogue: Arc<Catalogue>,
    /// Clients of the providers that the team uses, in each of their dialects.
    pub clients: Clients,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The person.
    pub front: Arc<dyn Front>,
    /// The workspace: canonical, absolute.
    pub root: PathBuf,
    /// Where long tool output and snapshots are kept (inside the program's state folder).
    pub state_dir: PathBuf,
    /// What may be done without asking.
    pub approval: ApprovalMode,
    /// What stands between its commands and the machine.
    pub guards: Guards,
    /// The environment of child processes, already filtered.
    pub environment: Vec<(String, String)>,
    /// What moves agents along their ladders.
    pub policy: Arc<Policy>,
    /// Where tasks may be sent; none where every task goes to the main agent's own brain.
    pub lanes: Option<Lanes>,
    /// Limits of this run.
    pub limits: Limits,
    /// JSON Schema that the final answer has to follow.
    pub output_schema: Option<serde_json::Value>,
    /// Where the person is and what the project says, for the first message (see `fragments`).
    pub project: ProjectContext,
}

/// Kept with a session for its resume. Opaque here.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// The text of the team file.
    pub team_yaml: String,
    /// The options it was started with, JSON; empty where there are none.
    pub options_json: String,
}

/// What is told to every agent once, before its first message.
#[derive(Clone, Debug, Default)]
pub struct ProjectContext {
    /// Current git branch, where there is one.
    pub branch: Option<String>,
    /// The repository's own instructions as `(file name, text)`, already read and capped.
    pub instructions: Vec<(String, String)>,
}

/// Which session to open.
#[derive(Clone, Debug)]
pub enum Start {
    /// A new one.
    New,
    /// One that exists.
    Resume(SessionId),
}

/// When an input takes effect while a turn runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputMode {
    /// Before the next step of this turn.
    Steer,
    /// As the next turn.
    Queue,
}
