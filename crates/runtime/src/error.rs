//! What can stop a session.

use protocol::ProviderError;
use protocol::event::SessionStatus;

/// A failure that ends a turn.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The store refused a write or a read: nothing after it was done.
    #[error("the session cannot be saved: {0}")]
    Store(#[from] store::StoreError),
    /// The provider did not answer, after its retries.
    #[error("{brain} did not answer: {error}")]
    Provider {
        /// Who was asked.
        brain: String,
        /// What it said.
        error: ProviderError,
    },
    /// A tool could not go on in a way that concerns the person (disk full, workspace gone).
    #[error("{tool}: {message}")]
    Tool {
        /// The tool.
        tool: String,
        /// What happened.
        message: String,
    },
    /// The team, the session or the set-up does not fit together.
    #[error("{0}")]
    Setup(String),
    /// What the person gave cannot be used. Nothing was stored, nothing was asked of a model.
    #[error("{0}")]
    Input(String),
    /// An item could not be written in its dialect.
    #[error("a message cannot be sent to {brain}: {error}")]
    Wire {
        /// To whom.
        brain: String,
        /// Why.
        error: wire::WireError,
    },
    /// Dollars, steps or minutes are used up.
    #[error("{0}")]
    Limit(String),
    /// A person is needed.
    #[error("{0}")]
    Blocked(String),
    /// Commands were to run behind a wall that no longer comes up.
    #[error("the sandbox no longer comes up, so that commands cannot be run: {0}")]
    Sandbox(String),
    /// The user interrupted.
    #[error("interrupted")]
    Interrupted,
}

impl RuntimeError {
    /// The session status this error leads to.
    pub fn status(&self) -> SessionStatus {
        match self {
            Self::Store(_) | Self::Tool { .. } | Self::Setup(_) | Self::Wire { .. } | Self::Input(_) => {
                SessionStatus::Failed
            }
            Self::Provider { error, .. } => match error.kind {
                protocol::ErrorKind::Refused | protocol::ErrorKind::Overflow => SessionStatus::Blocked,
                protocol::ErrorKind::Cancelled => SessionStatus::Interrupted,
                protocol::ErrorKind::InvalidRequest => SessionStatus::Failed,
                _ => SessionStatus::Unavailable,
            },
            Self::Limit(_) => SessionStatus::Budget,
            Self::Blocked(_) | Self::Sandbox(_) => SessionStatus::Blocked,
            Self::Interrupted => SessionStatus::Interrupted,
        }
    }

    /// A stable name for the public `error` event.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(_) => "store",
            Self::Provider { error, .. } => error.kind.as_str(),
            Self::Tool { .. } => "tool",
            Self::Setup(_) => "setup",
            Self::Input(_) => "input",
            Self::Wire { .. } => "wire",
            Self::Limit(_) => "limit",
            Self::Blocked(_) => "blocked",
            Self::Sandbox(_) => "sandbox",
            Self::Interrupted => "interrupted",
        }
    }

    /// What the person can do.
    pub fn hint(&self) -> String {
        use protocol::ErrorKind as Kind;
        let text = match self {
            Self::Store(_) => {
                "free space or fix the folder's permissions, then `agent sessions resume`: nothing saved was lost"
            }
            Self::Provider { error, .. } => match error.kind {
                Kind::Auth => "check the provider's key in the environment; `agent doctor` shows which one is used",
                Kind::Billing => {
                    "the provider refuses for lack of credit or a spend limit: raise it there, then resume"
                }
                Kind::RateLimit | Kind::Overloaded => "wait, then `agent sessions resume`; nothing was lost",
                Kind::Overflow => {
                    "the conversation is longer than the model's window: start a new session for the rest"
                }
                Kind::NotFound => "the provider does not know this model: `agent models` lists what is known here",
                Kind::Refused => "the model declined: rephrase the task or use another model",
                Kind::InvalidRequest => {
                    "the provider rejects the request as malformed; `agent doctor` checks the set-up"
                }
                _ => {
                    "check the network and the base URL (`agent doctor`), then `agent sessions resume`; nothing was lost"
                }
            },
            Self::Tool { .. } => "mend the cause, then `agent sessions resume`",
            Self::Setup(_) | Self::Wire { .. } => "`agent team check` and `agent doctor` show what is configured",
            Self::Input(_) => "nothing was stored and nothing was asked: say it again without it, or with another",
            Self::Limit(_) => {
                "look at what was done so far, then resume with a higher limit (--max-usd, --max-steps); a limit of the \
                 team's own begins anew with new input (`agent sessions resume --task \"go on\"`)"
            }
            Self::Blocked(_) => "decide, then say how to go on: `agent sessions resume --task \"...\"`",
            Self::Sandbox(_) => {
                "`agent doctor` shows each step of it; mend what is in the way, then `agent sessions resume`. What was done without a \
                 command stays"
            }
            Self::Interrupted => "`agent sessions resume` goes on where it stopped",
        };
        text.to_owned()
    }
}
