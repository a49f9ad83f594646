//! The ledger: one immutable row per model response, as it arrived.

use serde::{Deserialize, Serialize};

use crate::brain::Brain;
use crate::clock::Timestamp;
use crate::error::ErrorKind;
use crate::ids::{AgentId, DelegationId, SessionId, WindowId};
use crate::money::Usd;
use crate::usage::Usage;

/// What a model call was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A step of an agent's work.
    Step,
    /// Closing a window.
    Compaction,
    /// Keeping a cache alive.
    KeepWarm,
    /// Anything else (titles, classification).
    Auxiliary,
}

impl Purpose {
    /// As written in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Compaction => "compaction",
            Self::KeepWarm => "keep_warm",
            Self::Auxiliary => "auxiliary",
        }
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// Answered.
    Ok,
    /// Failed, and the step was not retried (any more).
    Failed(ErrorKind),
    /// Failed, and another attempt followed.
    Retried(ErrorKind),
}

/// One row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// Session.
    pub session: SessionId,
    /// Agent.
    pub agent: AgentId,
    /// Window.
    pub window: WindowId,
    /// The delegation the agent worked on, if any.
    pub delegation: Option<DelegationId>,
    /// Number of the agent's step in the session, from 1; retries share it.
    pub step: u32,
    /// What for.
    pub purpose: Purpose,
    /// Who was asked.
    pub brain: Brain,
    /// When the request was sent.
    pub at: Timestamp,
    /// Until the first streamed event; none when none came.
    pub first_token_ms: Option<u64>,
    /// Until the end.
    pub ms: u64,
    /// How it ended.
    pub outcome: RowOutcome,
    /// Billed tokens.
    pub usage: Usage,
    /// Dollars; none where the price is not known.
    pub usd: Option<Usd>,
    /// Cache-read tokens that were expected before the call.
    pub predicted_cache_read: u64,
    /// The declared reason when the prefix was not the last request's (`window_opened`, `expired`, ...), or the name of an
    /// undeclared break.
    pub cache_note: Option<String>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
}
