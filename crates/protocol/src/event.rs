//! The public event schema, JSON Lines, version 1. Small and stable: what a script may rely on. Events inside the program
//! (deltas for a screen) are not here.

use serde::{Deserialize, Serialize};

use crate::decision::DecisionKind;
use crate::delegation::{Brief, Receipt, Report};
use crate::ids::{AgentId, CallId, SessionId};
use crate::ledger::Purpose;
use crate::money::Usd;
use crate::route::Route;
use crate::usage::Usage;

/// Version of the schema. Fields are added within a version, never renamed or removed.
pub const VERSION: u32 = 1;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Event {
    /// Schema version, 1.
    pub v: u32,
    /// Session.
    pub session: SessionId,
    /// Counts the session's events from 1.
    pub seq: u64,
    /// Who it is about; absent for the session as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentId>,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// Done, and the runtime's own checks passed.
    Verified,
    /// Finished, but a check failed, or nothing checked it although it should have been.
    Unverified,
    /// Answered; there was nothing to verify.
    Answered,
    /// Something inside failed.
    Failed,
    /// A person is needed.
    Blocked,
    /// A budget or an iteration limit was reached.
    Budget,
    /// The provider is not available.
    Unavailable,
    /// Interrupted by the user.
    Interrupted,
}

impl SessionStatus {
    /// The process's exit code for this status.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Verified | Self::Answered => 0,
            Self::Unverified => 1,
            Self::Budget => 3,
            Self::Unavailable => 4,
            Self::Blocked => 5,
            Self::Failed => 70,
            Self::Interrupted => 130,
        }
    }

    /// As written in events and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unverified => "unverified",
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::Budget => "budget",
            Self::Unavailable => "unavailable",
            Self::Interrupted => "interrupted",
        }
    }
}

/// An agent's share of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AgentTotals {
    /// Agent.
    pub id: AgentId,
    /// The brain that served it last, `provider/model`.
    pub brain: String,
    /// Model calls.
    pub steps: u32,
    /// Tokens.
    pub usage: Usage,
    /// Dollars; null where a price is unknown.
    pub usd: Option<Usd>,
}

/// What a run leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    /// A commit.
    Commit,
    /// The text for a pull request.
    PullRequest,
}

/// How the baseline was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BaselineKind {
    /// The same work was really played by one model.
    Measured,
    /// Computed from this session's own tokens.
    Estimated,
}

/// What the premium model alone would have cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Baseline {
    /// Measured or estimated.
    pub kind: BaselineKind,
    /// The brain compared with, `provider/model`.
    pub brain: String,
    /// Its dollars; null where a price is unknown.
    pub usd: Option<Usd>,
    /// Saved share of the baseline, negative when the team cost more; null where a price is unknown.
    pub saving: Option<f64>,
    /// How it was found, in words.
    pub how: String,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "type")]
pub enum EventBody {
    /// A session began or was resumed.
    #[serde(rename = "session.started")]
    SessionStarted {
        /// Name of the team.
        team: String,
        /// The repository's folder.
        cwd: String,
        /// The session existed before.
        resumed: bool,
    },
    /// A turn began.
    #[serde(rename = "turn.started")]
    TurnStarted {
        /// The user's input.
        input: String,
    },
    /// An agent said something.
    #[serde(rename = "message")]
    Message {
        /// The text.
        text: String,
        /// The answer to the turn (not talk between tool calls).
        #[serde(rename = "final")]
        is_final: bool,
    },
    /// A model call was answered.
    #[serde(rename = "step.completed")]
    StepCompleted {
        /// `provider/model`.
        brain: String,
        /// What the call was for.
        purpose: Purpose,
        /// Tokens.
        usage: Usage,
        /// Dollars; null where the price is unknown.
        usd: Option<Usd>,
        /// Cache-read tokens expected before the call.
        predicted_cache_read: u64,
    },
    /// A tool began.
    #[serde(rename = "tool.started")]
    ToolStarted {
        /// The tool.
        tool: String,
        /// The call.
        call: CallId,
        /// What it is about, on one line.
        summary: String,
    },
    /// A tool ended.
    #[serde(rename = "tool.completed")]
    ToolCompleted {
        /// The tool.
        tool: String,
        /// The call.
        call: CallId,
        /// It did what it was asked.
        ok: bool,
        /// The first line of what went wrong; absent when nothing did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// Milliseconds.
        ms: u64,
    },
    /// A file changed.
    #[serde(rename = "file.changed")]
    FileChanged {
        /// Relative to the workspace.
        path: String,
        /// Unified diff.
        diff: String,
    },
    /// A specialist got a brief.
    #[serde(rename = "delegation.started")]
    DelegationStarted {
        /// To whom.
        to: AgentId,
        /// The brief.
        brief: Brief,
    },
    /// A specialist reported.
    #[serde(rename = "delegation.finished")]
    DelegationFinished {
        /// To whom it had been given.
        to: AgentId,
        /// The report; null when there is none (limit, failure, cancel).
        report: Option<Report>,
        /// What the runtime saw.
        receipt: Receipt,
        /// Tokens.
        usage: Usage,
        /// Dollars; null where a price is unknown.
        usd: Option<Usd>,
    },
    /// A window opened.
    #[serde(rename = "window.opened")]
    WindowOpened {
        /// `provider/model`.
        brain: String,
        /// Why.
        reason: String,
        /// Counts the agent's windows, from 1.
        #[serde(default)]
        number: u64,
    },
    /// The runtime decided something by numbers: `agent why` shows them.
    #[serde(rename = "decision")]
    Decision {
        /// About what.
        kind: DecisionKind,
        /// What was chosen.
        chosen: String,
        /// Why, in a sentence.
        because: String,
    },
    /// A task was sent to a lane.
    #[serde(rename = "route.decided")]
    RouteDecided {
        /// Counts the attempts at the task, from 1.
        attempt: u32,
        /// `provider/model`.
        brain: String,
        /// The decision with what it rests on.
        route: Route,
    },
    /// A person is asked.
    #[serde(rename = "approval.requested")]
    ApprovalRequested {
        /// The tool.
        tool: String,
        /// The call.
        call: CallId,
        /// All that would be allowed.
        what: String,
    },
    /// The runtime ran a check.
    #[serde(rename = "verification.finished")]
    VerificationFinished {
        /// The command.
        command: String,
        /// Its exit code; null when it was killed or timed out.
        exit_code: Option<i32>,
        /// Milliseconds.
        ms: u64,
    },
    /// Verified work was, or was not, left behind as it was asked for.
    #[serde(rename = "artifact")]
    Artifact {
        /// As what.
        kind: ArtifactKind,
        /// The commit's hash, or the file that the text is in; null where there is none.
        at: Option<String>,
        /// Why there is none; absent where there is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// Much of the budget is gone.
    #[serde(rename = "budget.warning")]
    BudgetWarning {
        /// Dollars spent.
        spent: Usd,
        /// Dollars allowed.
        limit: Usd,
    },
    /// Something went wrong. The session may go on.
    #[serde(rename = "error")]
    Error {
        /// A stable name, for example `rate_limit` or `tool_unknown`.
        code: String,
        /// What happened.
        message: String,
        /// What to do.
        hint: String,
    },
    /// The session ended (it can be resumed).
    #[serde(rename = "session.completed")]
    SessionCompleted {
        /// How.
        status: SessionStatus,
        /// The process's exit code.
        exit_code: u8,
        /// Dollars of all agents; null where a price is unknown.
        usd: Option<Usd>,
        /// Each agent's share.
        agents: Vec<AgentTotals>,
        /// What the premium model alone would have cost.
        baseline: Option<Baseline>,
        /// Cache reads over all prompt tokens, 0 to 1.
        cache_hit_rate: f64,
    },
}

/// The JSON Schema of one line.
pub fn json_schema() -> serde_json::Value {
    serde_json::Value::from(schemars::schema_for!(Event))
}
