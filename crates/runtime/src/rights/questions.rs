//! Questions to a person: one at a time, with who asks from the top down, bound to what was shown.

use std::time::Duration;

use permissions::rights::{Asking, CallHash, Grant, GrantScope};
use protocol::AgentId;
use protocol::event::EventBody;
use serde_json::Value;
use tools::{Approval, ApprovalMode, ApprovalRequest};

use super::{AuditAnswer, AuditVerdict, DecidedBy, Judged};
use crate::front::Answer;
use crate::run::Scope;
use crate::session::Core;

/// How long a yes for the session holds.
const HOLDS: Duration = Duration::from_secs(12 * 3600);

/// Programs that run other programs, or whose arguments decide about everything: a yes to one line of theirs is a yes to that line alone.
const NEVER_LASTING: &[&str] = &[
    "bash", "bun", "bunx", "chmod", "chown", "curl", "dash", "dd", "deno", "doas", "docker", "env", "eval", "exec",
    "find", "fish", "git", "ksh", "mkfs", "mv", "node", "npm", "npx", "perl", "php", "pip", "pnpm", "python",
    "python3", "rm", "rmdir", "rsync", "ruby", "scp", "sh", "shred", "ssh", "su", "sudo", "tee", "truncate", "uv",
    "uvx", "wget", "xargs", "yarn", "zsh",
];

/// Whether a yes for the session may be offered at all: for one plain command only, by its very words.
pub(crate) fn may_last(tool: &str, what: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '/' | ':' | ',' | '=' | '+');
    let names = |word: &str| {
        let name = word.rsplit('/').next().unwrap_or(word);
        NEVER_LASTING.contains(&name) || name.starts_with("mkfs")
    };
    let first = what.split(' ').next().unwrap_or_default();
    tool == "bash" && what.chars().all(plain) && !first.contains(['=', '/']) && !what.split(' ').any(names)
}

impl Core {
    /// Puts a question to the person, unless it is answered already. `call` is the call that it stands for: it is looked at again
    /// behind the answer, for what may be done can have changed while the question stood.
    pub(crate) async fn question(
        &self,
        scope: &Scope,
        request: &ApprovalRequest,
        call: Option<(&str, &Value)>,
    ) -> Approval {
        let path = scope.holder.path();
        let hash = CallHash::of(&path, &request.tool, &request.what);
        let (answer, by) = self.answered(scope, request, &path, &hash).await;
        let answer = match answer {
            Approval::Yes => self.refused_meanwhile(scope, call).map_or(Approval::Yes, Approval::No),
            no @ Approval::No(_) => no,
        };
        let judged = Judged {
            path: &path,
            call: &request.call,
            tool: &request.tool,
            what: &request.what,
            verdict: AuditVerdict::Ask,
            answer: Some(if answer == Approval::Yes { AuditAnswer::Yes } else { AuditAnswer::No }),
            by,
            because: &request.why,
        };
        // What is not on record is not done.
        match self.record(&request.agent, &judged) {
            Ok(()) => answer,
            Err(error) => Approval::No(format!("the decision could not be recorded: {error}")),
        }
    }

    /// Puts an agent's question to the person, when nobody else's is before them.
    pub(crate) async fn asked(&self, agent: &AgentId, question: &str) -> Result<String, String> {
        let _one_at_a_time = self.authority.desk.lock().await;
        self.front.ask(agent, question).await
    }

    async fn answered(
        &self,
        scope: &Scope,
        request: &ApprovalRequest,
        path: &str,
        hash: &CallHash,
    ) -> (Approval, DecidedBy) {
        if self.rights_of(scope).asking == Asking::MayNot {
            return (Approval::No("questions are not open to you".to_owned()), DecidedBy::Rights);
        }
        if self.approvals().take(hash, self.clock.now()).is_some() {
            return (Approval::Yes, DecidedBy::Grant);
        }
        let asked = EventBody::ApprovalRequested {
            tool: request.tool.clone(),
            call: request.call.clone(),
            what: request.what.clone(),
        };
        if let Err(error) = self.journal.event(Some(&request.agent), asked) {
            return (Approval::No(format!("the question could not be recorded: {error}")), DecidedBy::Nobody);
        }
        let by = match self.front.attended() {
            true => DecidedBy::Person,
            false => {
                self.person_missed();
                DecidedBy::Nobody
            }
        };
        let lasting = may_last(&request.tool, &request.what);
        let shown = ApprovalRequest { agent: AgentId::new(path), ..request.clone() };
        let _asking = self.asks();
        let answer = tokio::select! {
            biased;
            // Who is cancelled while waiting is never shown; a question that is shown goes away.
            () = scope.cancel.cancelled() => Answer::No("the user interrupted".to_owned()),
            answer = async {
                let _one_at_a_time = self.authority.desk.lock().await;
                self.front.answer(&shown, lasting).await
            } => answer,
        };
        (self.take_answer(answer, request, path, hash, lasting), by)
    }

    fn take_answer(
        &self,
        answer: Answer,
        request: &ApprovalRequest,
        path: &str,
        hash: &CallHash,
        lasting: bool,
    ) -> Approval {
        match answer {
            Answer::No(reason) => return Approval::No(reason),
            // Where it was not offered, it is not taken either.
            Answer::Session if lasting => self.approvals().give(Grant {
                hash: *hash,
                path: path.to_owned(),
                rule: format!("{path}: {} `{}`", request.tool, request.what),
                scope: GrantScope::Session,
                expires: self.clock.now().plus(HOLDS),
                who: "the user".to_owned(),
            }),
            Answer::Session | Answer::Once => {}
        }
        Approval::Yes
    }

    /// Why a call that a person said yes to may no longer be made.
    fn refused_meanwhile(&self, scope: &Scope, call: Option<(&str, &Value)>) -> Option<String> {
        if scope.holder.is_over() || scope.cancel.is_cancelled() {
            return Some("it is over, and its answer came too late".to_owned());
        }
        if self.tools.mode() == ApprovalMode::Deny {
            return Some("the session was switched to reading only while this waited".to_owned());
        }
        call.and_then(|(tool, arguments)| self.lacks(scope, tool, arguments))
    }
}

#[cfg(test)]
#[path = "questions_tests.rs"]
mod tests;
