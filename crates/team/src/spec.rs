//! A team as the runtime works with it: everything resolved, nothing left to default.

use protocol::{AgentId, Brain, Usd};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::settings::{CacheSettings, Compaction, ContextMode, EscalateTo, KeepWarm};
use crate::show::Sources;

/// What an agent is in its team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Talks to the user, plans, delegates, reviews. Exactly one in a team.
    Coordinator,
    /// Works on briefs and ends each by a report. Never delegates.
    Specialist,
}

impl Role {
    /// As written in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Coordinator => "coordinator",
            Self::Specialist => "specialist",
        }
    }
}

/// Who reads what an agent says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// A person: the agent writes in sentences.
    Human,
    /// Another agent: the agent writes what is needed, no more.
    Agent,
}

impl Audience {
    /// As written in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Agent => "agent",
        }
    }
}

/// Where an agent's work ends by force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Model calls: per delegation for a specialist, per turn for the coordinator.
    pub steps: u32,
    /// Dollars, over the same stretch; none where only the team's budget counts.
    pub usd: Option<Usd>,
    /// Minutes of wall time, over the same stretch.
    pub minutes: u32,
}

/// An agent.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentSpec {
    /// Its name.
    pub id: AgentId,
    /// What it is.
    pub role: Role,
    /// What it is good at, in a line; the coordinator chooses by it.
    pub specialty: Option<String>,
    /// What it thinks with.
    pub brain: Brain,
    /// The brains it may move along, cheapest first; empty where it stays with its own.
    pub ladder: Vec<Brain>,
    /// What its prompt says beyond the role's.
    pub instructions: Option<String>,
    /// Names of its tools, in the order in which they stand in its frozen schema.
    pub tools: Vec<String>,
    /// Those of its tools that are refused until `take_over` opens them for a turn.
    pub takes_over: Vec<String>,
    /// Who reads what it says.
    pub audience: Audience,
    /// Where its work ends by force.
    pub limits: Limits,
    /// To whom it may delegate, in the order in which they are offered; empty for a specialist.
    pub delegates_to: Vec<AgentId>,
    /// When and how its windows are closed.
    pub compaction: Compaction,
    /// Whether it goes on in its context when a new brief arrives. Means nothing for the coordinator.
    pub context: ContextMode,
    /// Whether its cache is kept alive through waits.
    pub keep_warm: KeepWarm,
    /// Who goes on when the highest rung of its ladder failed twice; for the coordinator always a person.
    pub escalate_to: EscalateTo,
}

/// A command that decides whether work is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyEntry {
    /// Its name in briefs and in the `verify` tool.
    pub name: String,
    /// The shell command. Exit code 0 means it passed.
    pub command: String,
    /// Seconds after which it counts as failed.
    #[serde(default = "default_timeout")]
    pub timeout_s: u32,
}

pub(crate) fn default_timeout() -> u32 {
    600
}

/// What a session of the team may cost, all agents together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Dollars; none for no limit.
    pub usd: Option<Usd>,
    /// Model calls; none for no limit.
    pub steps: Option<u32>,
}

/// A team.
#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    /// Its name.
    pub name: String,
    /// Its agents, in the order of the file.
    pub agents: Vec<AgentSpec>,
    /// Its checks.
    pub verify: Vec<VerifyEntry>,
    /// What a session may cost.
    pub budget: Budget,
    /// When and how windows are closed, where an agent says nothing of its own.
    pub compaction: Compaction,
    /// Cache lifetimes, and whether caches are kept alive.
    pub cache: CacheSettings,
    /// What was filled in for the file, a sentence each.
    pub notes: Vec<String>,
    /// What can be used as it is and is probably not meant, a sentence each with its place and what to write instead.
    pub warnings: Vec<String>,
    pub(crate) sources: Sources,
}

impl Team {
    /// The coordinator, or the only agent of a solo team.
    pub fn main(&self) -> &AgentSpec {
        // A loaded team has at least one agent, and exactly one coordinator.
        self.agents.iter().find(|agent| agent.role == Role::Coordinator).unwrap_or(&self.agents[0])
    }

    /// An agent by name.
    pub fn agent(&self, id: &AgentId) -> Option<&AgentSpec> {
        self.agents.iter().find(|agent| agent.id == *id)
    }

    /// Whom the coordinator may delegate to, in the order in which they are offered.
    pub fn specialists(&self) -> impl Iterator<Item = &AgentSpec> {
        self.main().delegates_to.iter().filter_map(|id| self.agent(id))
    }

    /// Every brain that may be asked in a session of this team: the agents' own, their ladders and their summarizers. One
    /// that several use comes several times.
    pub fn brains(&self) -> impl Iterator<Item = &Brain> {
        self.agents.iter().flat_map(|agent| {
            std::iter::once(&agent.brain).chain(&agent.ladder).chain(agent.compaction.summarizer.as_ref())
        })
    }

    /// One agent only: it does everything itself.
    pub fn is_solo(&self) -> bool {
        self.agents.len() == 1
    }

    /// Adds checks from elsewhere (a policy, the command line). One of the same name is replaced.
    pub fn merge_verify(&mut self, entries: Vec<VerifyEntry>, origin: &str) {
        for entry in entries {
            self.sources.merged(&entry.name, origin);
            match self.verify.iter_mut().find(|known| known.name == entry.name) {
                Some(known) => *known = entry,
                None => self.verify.push(entry),
            }
        }
    }
}
