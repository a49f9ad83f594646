//! What a tool may ask of the runtime that runs it.

use permissions::rights::Rights;
use protocol::{AgentId, Brief, CallId, CommandReceipt, Receipt, Report};

/// Something that needs a person's yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRequest {
    /// Who asks.
    pub agent: AgentId,
    /// The tool.
    pub tool: String,
    /// The call.
    pub call: CallId,
    /// Everything that would be allowed: the whole command, or the whole diff.
    pub what: String,
    /// Why it is not allowed without asking.
    pub why: String,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approval {
    /// This once.
    Yes,
    /// No, with the reason that the model is told.
    No(String),
}

/// What the policy point came to without asking a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It may be done; by which rule.
    Allowed(String),
    /// It may not; why.
    Refused(String),
}

/// What came back from a delegation.
#[derive(Clone, Debug, PartialEq)]
pub struct DelegationAnswer {
    /// The specialist's report, if it got to one.
    pub report: Option<Report>,
    /// What the runtime saw.
    pub receipt: Receipt,
    /// The text for the caller's transcript (report and receipt, capped).
    pub text: String,
}

/// One check that the runtime ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// Command and exit code.
    pub receipt: CommandReceipt,
    /// Its output, capped head and tail.
    pub output: String,
}

/// The runtime, as tools see it. All waits end: the implementation carries deadlines and cancellation.
#[async_trait::async_trait]
pub trait Host: Send + Sync {
    /// Asks the person (or decides by the approval mode). Never called for what the permission policy already allows.
    async fn approve(&self, request: ApprovalRequest) -> Approval;

    /// What the caller may do at most, at this moment. Asked for right before an effect: it may be less than a moment ago.
    fn rights(&self) -> Rights {
        Rights::all()
    }

    /// Takes note of a decision that needed no question, before its effect. `request` is the call as it would have been asked for.
    ///
    /// # Errors
    /// It cannot be recorded: then nothing may be done. The words for the model.
    fn decided(&self, _request: &ApprovalRequest, _settled: &Settled) -> Result<(), String> {
        Ok(())
    }

    /// Hands a brief to a specialist and waits for the report.
    ///
    /// # Errors
    /// Words for the model: unknown agent, brief refused, limits reached.
    async fn delegate(
        &self,
        caller: &AgentId,
        call: &CallId,
        to: &AgentId,
        brief: Brief,
    ) -> Result<DelegationAnswer, String>;

    /// Takes a specialist's report; ends its delegation after this step.
    ///
    /// # Errors
    /// Words for the model: not in a delegation, report too long, evidence missing.
    async fn report(&self, agent: &AgentId, report: Report) -> Result<String, String>;

    /// Opens edit, write and bash to the main agent for the rest of the turn.
    async fn take_over(&self, agent: &AgentId, reason: &str) -> Result<String, String>;

    /// Runs `verify` entries by name; all of them when `names` is empty.
    ///
    /// # Errors
    /// Words for the model: unknown name, none configured.
    async fn verify(&self, agent: &AgentId, names: &[String]) -> Result<Vec<CheckResult>, String>;

    /// Asks the person a question; `Err` says that nobody can answer now.
    async fn ask_user(&self, agent: &AgentId, question: &str) -> Result<String, String>;

    /// Replaces the agent's plan; shown to the person and kept through compaction.
    async fn plan(&self, agent: &AgentId, steps: Vec<PlanStep>) -> Result<(), String>;

    /// A file was changed by a tool.
    async fn file_changed(&self, agent: &AgentId, path: &str, diff: &str);

    /// A line of live output of a running command, for the screen.
    fn progress(&self, agent: &AgentId, call: &CallId, line: &str);
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct PlanStep {
    /// What is done in this step.
    pub step: String,
    /// How far it is.
    pub status: PlanStatus,
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanStatus {
    /// Not begun.
    Pending,
    /// Being done.
    InProgress,
    /// Done.
    Done,
}
