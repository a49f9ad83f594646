//! The runtime as tools see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use permissions::rights::Rights;
use protocol::event::EventBody;
use protocol::{AgentId, Brief, CallId, Report};
use serde_json::Value;
use store::Write;
use tools::host::PlanStep;
use tools::{Approval, ApprovalRequest, CheckResult, DelegationAnswer, Host, Settled};

use crate::delegation;
use crate::front::Shown;
use crate::rights::{AuditVerdict, DecidedBy, Judged};
use crate::run::Scope;
use crate::session::Core;
use crate::telemetry;
use crate::verification;

/// One call's view of the runtime.
pub(crate) struct HostPort {
    core: Arc<Core>,
    scope: Scope,
    /// The call that runs; none where the runtime itself asks.
    call: Option<(String, Value)>,
    /// The call was not allowed.
    denied: Arc<AtomicBool>,
}

impl HostPort {
    pub(crate) fn new(core: Arc<Core>, scope: Scope) -> Self {
        Self { core, scope, call: None, denied: Arc::default() }
    }

    /// The view of one tool call. `denied` is set where it is not allowed.
    pub(crate) fn for_call(core: Arc<Core>, scope: Scope, call: (&str, &Value), denied: Arc<AtomicBool>) -> Self {
        Self { core, scope, call: Some((call.0.to_owned(), call.1.clone())), denied }
    }

    /// A verdict of the policy point on a call.
    fn note(&self, request: &ApprovalRequest, verdict: AuditVerdict, because: &str) -> Result<(), String> {
        let path = self.scope.holder.path();
        let judged = Judged {
            path: &path,
            call: &request.call,
            tool: &request.tool,
            what: &request.what,
            verdict,
            answer: None,
            by: DecidedBy::Policy,
            because,
        };
        self.core
            .record(&request.agent, &judged)
            .map_err(|error| format!("the decision could not be recorded: {error}"))
    }
}

#[async_trait::async_trait]
impl Host for HostPort {
    async fn approve(&self, request: ApprovalRequest) -> Approval {
        let call = self.call.as_ref().map(|(tool, arguments)| (tool.as_str(), arguments));
        let answer = self.core.question(&self.scope, &request, call).await;
        if answer != Approval::Yes {
            self.denied.store(true, Ordering::Release);
        }
        answer
    }

    fn rights(&self) -> Rights {
        self.core.rights_of(&self.scope)
    }

    fn decided(&self, request: &ApprovalRequest, settled: &Settled) -> Result<(), String> {
        match settled {
            Settled::Allowed(rule) => self.note(request, AuditVerdict::Allow, rule),
            Settled::Refused(why) => {
                self.denied.store(true, Ordering::Release);
                self.note(request, AuditVerdict::Refuse, why)
            }
        }
    }

    async fn delegate(
        &self,
        caller: &AgentId,
        call: &CallId,
        to: &AgentId,
        brief: Brief,
    ) -> Result<DelegationAnswer, String> {
        let work = delegation::delegate(&self.core, &self.scope, caller, call, to, brief);
        telemetry::delegation(&self.core, call, to, work).await
    }

    async fn report(&self, agent: &AgentId, report: Report) -> Result<String, String> {
        delegation::check_report(&self.core, &self.scope, agent, &report).await
    }

    async fn take_over(&self, _agent: &AgentId, reason: &str) -> Result<String, String> {
        if reason.trim().is_empty() {
            return Err("say in `reason` why this is not delegated".to_owned());
        }
        if let Some(why) = self.core.only_reads() {
            return Err(why);
        }
        Ok("`edit`, `write` and `bash` are open to you until the end of this turn.".to_owned())
    }

    async fn verify(&self, agent: &AgentId, names: &[String]) -> Result<Vec<CheckResult>, String> {
        verification::verify_by_name(&self.core, agent, names, &self.scope.cancel).await
    }

    async fn ask_user(&self, agent: &AgentId, question: &str) -> Result<String, String> {
        let _asking = self.core.asks();
        tokio::select! {
            answer = self.core.asked(agent, question) => answer,
            () = self.scope.cancel.cancelled() => Err("the user interrupted".to_owned()),
        }
    }

    async fn plan(&self, agent: &AgentId, steps: Vec<PlanStep>) -> Result<(), String> {
        let steps_json = serde_json::to_string(&steps).map_err(|error| error.to_string())?;
        let write = Write::Plan { agent: agent.clone(), steps_json };
        self.core.journal.commit(vec![write], Vec::new()).map_err(|error| error.to_string())
    }

    async fn file_changed(&self, agent: &AgentId, path: &str, diff: &str) {
        let changed = EventBody::FileChanged { path: path.to_owned(), diff: diff.to_owned() };
        if let Err(error) = self.core.journal.event(Some(agent), changed) {
            tracing::warn!(%error, path, "a changed file could not be recorded");
        }
    }

    fn progress(&self, agent: &AgentId, call: &CallId, line: &str) {
        let line = &redact::global().redact_known(line);
        self.core.front.show(Shown::Progress { agent, call, line });
    }
}
