//! What the runtime decided by numbers, kept so that a person can ask why.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{AgentId, DelegationId, WindowId};

/// Kind of the note that keeps a [`Decision`].
pub const DECISION_NOTE: &str = "decision";

/// What was decided about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionKind {
    /// Whether a piece of work is worth a delegation.
    Delegate,
    /// Whether a specialist goes on in its context or starts afresh for a new brief.
    Context,
    /// Whether and how a window is closed.
    Compact,
    /// Which brain the next window gets, and whether that is worth closing this one.
    Switch,
    /// Whether a cache is kept alive.
    KeepWarm,
    /// Whether an agent moves along its ladder, or its work goes to somebody else.
    Escalate,
    /// Something was refused.
    Refuse,
    /// Which lane a task goes to.
    Route,
    /// Requests with the same start were held apart so that the later ones read what the first one wrote.
    Stagger,
}

impl DecisionKind {
    /// As written in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delegate => "delegate",
            Self::Context => "context",
            Self::Compact => "compact",
            Self::Switch => "switch",
            Self::KeepWarm => "keep_warm",
            Self::Escalate => "escalate",
            Self::Refuse => "refuse",
            Self::Route => "route",
            Self::Stagger => "stagger",
        }
    }
}

/// One decision with everything it rests on. Stored as the JSON of a note of kind [`DECISION_NOTE`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// About what.
    pub kind: DecisionKind,
    /// Whom it concerns.
    pub agent: AgentId,
    /// The agent's last step before it was made; 0 before the first.
    pub step: u32,
    /// The agent's open window.
    pub window: WindowId,
    /// The delegation it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegation: Option<DelegationId>,
    /// What was chosen, in a word or two: `compact`, `keep`, `ping`, `let_go`, `fresh`, `persistent`, `up`, `down`, `refused`.
    pub chosen: String,
    /// Why, in a sentence for a person.
    pub because: String,
    /// The rule it was made by, with the names of `numbers` in it; empty where it was not made by arithmetic.
    #[serde(default)]
    pub formula: String,
    /// Hash of the policy it was made by; empty where no policy had a say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy: String,
    /// The numbers that went in and came out, by name. Names end in their unit: `_tokens`, `_usd`, `_ms`, `_calls`,
    /// `_share` (0 to 1); without one it is a plain number.
    #[serde(default)]
    pub numbers: BTreeMap<String, f64>,
}
