//! The record of decisions: one for every call before it has an effect, with whatever was asked and answered.

use permissions::rights::CallHash;
use protocol::{AgentId, CallId};
use serde::{Deserialize, Serialize};
use store::{NoteRecord, Write};
use tools::permissions::{Action, Decision, decide};

use crate::error::RuntimeError;
use crate::run::Scope;
use crate::session::Core;

/// Kind of the note that keeps an [`Audit`].
pub const AUDIT_NOTE: &str = "audit";

/// Longest reason that is kept, in bytes.
const LONGEST: usize = 400;

/// The tool by which a brief and its checks are accepted.
const BRIEF_TOOL: &str = "delegate";

/// How a check of a brief is put to a person.
fn check_words(command: &str) -> String {
    format!("run as a check: {command}")
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditVerdict {
    /// It may go on.
    Allow,
    /// A person is needed.
    Ask,
    /// No.
    Refuse,
}

/// What came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditAnswer {
    /// Yes.
    Yes,
    /// No, or nobody answered.
    No,
}

/// Who or what decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// The rights of the agent at that moment.
    Rights,
    /// The rules about files and commands.
    Policy,
    /// A person who was asked.
    Person,
    /// What a person had allowed for the session.
    Grant,
    /// Nobody was there to be asked.
    Nobody,
}

/// One decision. Stored as the JSON of a note of kind [`AUDIT_NOTE`], before the effect it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// Who called, from the top down: `main/sidekick`; `runtime` for checks that the program runs itself.
    pub path: String,
    /// The call.
    pub call: CallId,
    /// The tool.
    pub tool: String,
    /// Hash of the canonical call: path, tool and all of what would be done.
    pub hash: String,
    /// What was decided.
    pub verdict: AuditVerdict,
    /// What a person said, where one was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<AuditAnswer>,
    /// Who or what decided.
    pub by: DecidedBy,
    /// The rule or the reason.
    pub because: String,
    /// The wall around commands.
    pub sandbox: String,
    /// Fingerprint of mode, rules and rights that it was decided by.
    pub policy: String,
}

impl Audit {
    /// Whether the call may have its effect by this decision.
    pub fn lets_through(&self) -> bool {
        match self.verdict {
            AuditVerdict::Allow => true,
            AuditVerdict::Ask => self.answer == Some(AuditAnswer::Yes),
            AuditVerdict::Refuse => false,
        }
    }
}

/// What was judged, and by whom.
pub(crate) struct Judged<'a> {
    pub(crate) path: &'a str,
    pub(crate) call: &'a CallId,
    pub(crate) tool: &'a str,
    /// All of what would be done: the arguments, the command line, the diff.
    pub(crate) what: &'a str,
    pub(crate) verdict: AuditVerdict,
    pub(crate) answer: Option<AuditAnswer>,
    pub(crate) by: DecidedBy,
    pub(crate) because: &'a str,
}

impl Core {
    /// A decision as something to write, beside what it is about.
    pub(crate) fn audit(&self, agent: &AgentId, judged: &Judged<'_>) -> Write {
        let entry = Audit {
            path: judged.path.to_owned(),
            call: judged.call.clone(),
            tool: judged.tool.to_owned(),
            hash: CallHash::of(judged.path, judged.tool, judged.what).to_string(),
            verdict: judged.verdict,
            answer: judged.answer,
            by: judged.by,
            because: crate::fragments::cut(judged.because, LONGEST),
            sandbox: self.tools.sandbox_name().to_owned(),
            policy: self.policy_fingerprint(),
        };
        let json = serde_json::to_string(&entry).unwrap_or_default();
        Write::Note(NoteRecord { agent: Some(agent.clone()), kind: AUDIT_NOTE.to_owned(), json, at: self.clock.now() })
    }

    /// Makes a decision durable.
    pub(crate) fn record(&self, agent: &AgentId, judged: &Judged<'_>) -> Result<(), RuntimeError> {
        self.journal.commit(vec![self.audit(agent, judged)], Vec::new())
    }

    /// A call that goes on to its tool, or does not, by the rights of its agent.
    pub(crate) fn by_rights(
        &self,
        scope: &Scope,
        agent: &AgentId,
        asked: (&CallId, &str, &str),
        refused: Option<&str>,
    ) -> Write {
        let (call, tool, what) = asked;
        let path = scope.holder.path();
        let verdict = if refused.is_some() { AuditVerdict::Refuse } else { AuditVerdict::Allow };
        let because = refused.unwrap_or("within the agent's rights");
        self.audit(
            agent,
            &Judged { path: &path, call, tool, what, verdict, answer: None, by: DecidedBy::Rights, because },
        )
    }

    /// What the rules say of a command that is to be run as a check, now. On record, unless a question follows.
    pub(crate) fn judge_check(&self, agent: &AgentId, call: &CallId, command: &str) -> Result<Decision, RuntimeError> {
        let decision = decide(&self.tools.policy(), &Action::Command { line: command });
        let (verdict, because) = match &decision {
            Decision::Allow => (AuditVerdict::Allow, "the rules allow this check"),
            Decision::Refuse(why) => (AuditVerdict::Refuse, why.as_str()),
            Decision::Ask(_) => return Ok(decision),
        };
        let (path, tool, by) = (agent.as_str(), "check", DecidedBy::Policy);
        let judged = Judged { path, call, tool, what: command, verdict, answer: None, by, because };
        self.record(agent, &judged)?;
        Ok(decision)
    }

    /// Whether a person said yes to this very line as a check of a brief: it was before them word by word, and what it is stays the same
    /// however often it is run.
    pub(crate) fn said_yes_to_check(&self, command: &str) -> Result<bool, RuntimeError> {
        let what = check_words(command);
        let notes = self.store.notes_of(&self.session, AUDIT_NOTE)?;
        let entries = notes.iter().filter_map(|note| serde_json::from_str::<Audit>(&note.json).ok());
        let of_briefs = entries.filter(|entry| entry.tool == BRIEF_TOOL && entry.verdict == AuditVerdict::Ask);
        let mut yes = of_briefs.filter(Audit::lets_through);
        Ok(yes.any(|entry| entry.hash == CallHash::of(&entry.path, BRIEF_TOOL, &what).to_string()))
    }

    /// What decisions are made by, as a few letters: the same while nothing of it changes.
    fn policy_fingerprint(&self) -> String {
        let rights = serde_json::to_string(&self.session_rights()).unwrap_or_default();
        let of = format!("{:?}|{rights}|{}", self.tools.policy(), self.tools.sandbox_name());
        blake3::hash(of.as_bytes()).to_hex()[..12].to_owned()
    }
}
