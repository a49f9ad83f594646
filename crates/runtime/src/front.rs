//! The person's side of a session: one stream of what happens, and the questions only a person can answer.

use protocol::{AgentId, CallId, Event};
use tools::{Approval, ApprovalRequest};

/// Something to show. The public events are kept; the rest is for a screen and is gone once shown.
#[derive(Debug)]
pub enum Shown<'a> {
    /// A public event, after it was stored.
    Event(&'a Event),
    /// More of an agent's text.
    Text {
        /// Who speaks.
        agent: &'a AgentId,
        /// The text.
        text: &'a str,
    },
    /// More of an agent's reasoning.
    Thinking {
        /// Who thinks.
        agent: &'a AgentId,
        /// The reasoning.
        text: &'a str,
    },
    /// A line of output of a running tool.
    Progress {
        /// Whose tool.
        agent: &'a AgentId,
        /// Which call.
        call: &'a CallId,
        /// The line.
        line: &'a str,
    },
    /// What a tool answered, whole, as the model is told: behind its `tool.completed` event, after it was stored.
    Result {
        /// Whose tool.
        agent: &'a AgentId,
        /// Which call.
        call: &'a CallId,
        /// The answer.
        text: &'a str,
    },
    /// Something the person should know that changes nothing (a setting left out, a price unknown).
    Notice(&'a str),
}

/// What a person says to a question about one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes, for this call.
    Once,
    /// Yes, and for the very same words by the same agent until the session ends. Never kept beyond this run of the program.
    Session,
    /// No, with the reason that the model is told.
    No(String),
}

/// A screen, a JSON writer, or a test's recorder.
#[async_trait::async_trait]
pub trait Front: Send + Sync {
    /// Shows something. Must not block.
    fn show(&self, shown: Shown<'_>);

    /// Whether somebody is there to answer.
    fn attended(&self) -> bool;

    /// Asks whether something may be done.
    async fn approve(&self, request: &ApprovalRequest) -> Approval;

    /// The same where an answer may hold for the session: `lasting` says whether that may be offered for this call at all. Whoever does
    /// not offer it need not implement this.
    async fn answer(&self, request: &ApprovalRequest, lasting: bool) -> Answer {
        let _ = lasting;
        match self.approve(request).await {
            Approval::Yes => Answer::Once,
            Approval::No(reason) => Answer::No(reason),
        }
    }

    /// Asks an agent's question.
    ///
    /// # Errors
    /// Nobody can answer: the words for the model.
    async fn ask(&self, agent: &AgentId, question: &str) -> Result<String, String>;
}
