//! A request that nobody is asked to serve.

use protocol::{ErrorKind, ProviderError};

/// Why a request is not served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The status for the client.
    pub status: u16,
    /// What kind of failure it is.
    pub kind: ErrorKind,
    /// What was found, what is allowed, what to do.
    pub message: String,
    /// A word for the ledger and for metrics: `unknown_model`, `unknown_lane`, `no_provider`.
    pub reason: &'static str,
}

impl Refusal {
    /// Nobody who is set up has this model.
    pub(super) fn unknown_model(model: &str, known: &[&str]) -> Self {
        if known.is_empty() {
            let message = "no model provider is set up here; set a key such as ANTHROPIC_API_KEY or OPENAI_API_KEY where the \
                           gateway runs, and start it again";
            return Self {
                status: 503,
                kind: ErrorKind::Overloaded,
                message: message.to_owned(),
                reason: "no_provider",
            };
        }
        let message = format!(
            "no provider that is set up here has a model `{}`; set up are {}. Ask as PROVIDER/MODEL, or name it under \
             `gateway.models` of the policy; GET /v1/models lists what there is",
            shown(model),
            known.join(", ")
        );
        Self { status: 404, kind: ErrorKind::NotFound, message, reason: "unknown_model" }
    }

    /// Whatever the policy decides is asked for, and it names no model.
    pub(super) fn nothing_to_choose(model: &str) -> Self {
        let message = format!(
            "`{}` leaves the choice to the policy, whose lanes name no model; name models in its lanes, or ask for one by its name \
             (GET /v1/models lists them)",
            shown(model)
        );
        Self { status: 404, kind: ErrorKind::NotFound, message, reason: "unknown_model" }
    }

    /// A lane that was asked for is none.
    pub(super) fn unknown_lane(lane: &str, known: &[&str]) -> Self {
        let message = format!("there is no lane `{}`; lanes are {}, or `auto`", shown(lane), known.join(", "));
        Self { status: 400, kind: ErrorKind::InvalidRequest, message, reason: "unknown_lane" }
    }

    /// The same for a client.
    pub fn error(&self) -> ProviderError {
        ProviderError { status: Some(self.status), ..ProviderError::new(self.kind, self.message.clone()) }
    }
}

/// A name as it came, without what could steer a terminal or fill a log.
fn shown(text: &str) -> String {
    text.chars().take(100).map(|c| if c.is_control() { '?' } else { c }).collect()
}
