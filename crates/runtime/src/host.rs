//! The runtime as tools see it.

use std::sync::Arc;

use protocol::event::EventBody;
use protocol::{AgentId, Brief, CallId, Report};
use store::Write;
use tools::host::PlanStep;
use tools::{Approval, ApprovalRequest, CheckResult, DelegationAnswer, Host};

use crate::delegation;
use crate::front::Shown;
use crate::run::Scope;
use crate::session::Core;
use crate::telemetry;
use crate::verification;

/// One call's view of the runtime.
pub(crate) struct HostPort {
    core: Arc<Core>,
    scope: Scope,
}

impl HostPort {
    pub(crate) fn new(core: Arc<Core>, scope: Scope) -> Self {
        Self { core, scope }
    }
}

#[async_trait::async_trait]
impl Host for HostPort {
    async fn approve(&self, request: ApprovalRequest) -> Approval {
        let asked = EventBody::ApprovalRequested {
            tool: request.tool.clone(),
            call: request.call.clone(),
            what: request.what.clone(),
        };
        if let Err(error) = self.core.journal.event(Some(&request.agent), asked) {
            return Approval::No(format!("the question could not be recorded: {error}"));
        }
        let _asking = self.core.asks();
        if !self.core.front.attended() {
            self.core.person_missed();
        }
        tokio::select! {
            answer = self.core.front.approve(&request) => answer,
            () = self.scope.cancel.cancelled() => Approval::No("the user interrupted".to_owned()),
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
        Ok("`edit`, `write` and `bash` are open to you until the end of this turn.".to_owned())
    }

    async fn verify(&self, agent: &AgentId, names: &[String]) -> Result<Vec<CheckResult>, String> {
        verification::verify_by_name(&self.core, agent, names, &self.scope.cancel).await
    }

    async fn ask_user(&self, agent: &AgentId, question: &str) -> Result<String, String> {
        let _asking = self.core.asks();
        tokio::select! {
            answer = self.core.front.ask(agent, question) => answer,
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
        self.core.front.show(Shown::Progress { agent, call, line });
    }
}
