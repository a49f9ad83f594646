//! Events as JSON Lines on standard output.

use protocol::AgentId;
use runtime::{Front, Shown};
use tools::{Approval, ApprovalRequest};

use crate::text;

/// Prints every public event as one line; notices go to standard error. Nobody is there to answer.
pub(crate) struct JsonFront;

#[async_trait::async_trait]
impl Front for JsonFront {
    fn show(&self, shown: Shown<'_>) {
        match shown {
            Shown::Event(event) => match serde_json::to_string(event) {
                Ok(line) => text::json(&redact::global().redact_known(&line)),
                Err(error) => text::complain(&format!("an event cannot be written: {error}")),
            },
            Shown::Notice(notice) => text::note(&format!("note: {notice}")),
            Shown::Text { .. } | Shown::Thinking { .. } | Shown::Progress { .. } | Shown::Result { .. } => {}
        }
    }

    fn attended(&self) -> bool {
        false
    }

    async fn approve(&self, request: &ApprovalRequest) -> Approval {
        Approval::No(format!("nobody is there to approve it ({})", request.why))
    }

    async fn ask(&self, _agent: &AgentId, _question: &str) -> Result<String, String> {
        Err("nobody is there to answer: decide yourself within the task, or say what is open".to_owned())
    }
}
