//! A workspace in a temporary folder, and a runtime that only writes down what it is told.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use protocol::{AgentId, Brief, CallId, ManualClock, Receipt, Report, ResultPart, Timestamp};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tools::{
    Approval, ApprovalMode, ApprovalRequest, CheckResult, DelegationAnswer, Host, PlanStep, SessionTools,
    SessionToolsConfig, ToolContext, ToolError, ToolOutput,
};

/// What the runtime was told.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) refuses: Mutex<Option<String>>,
    /// What happens while the first question is open.
    pub(crate) meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    pub(crate) approvals: Mutex<Vec<ApprovalRequest>>,
    pub(crate) changes: Mutex<Vec<(String, String)>>,
    pub(crate) lines: Mutex<Vec<String>>,
    pub(crate) briefs: Mutex<Vec<(AgentId, Brief)>>,
    pub(crate) reports: Mutex<Vec<Report>>,
    pub(crate) plans: Mutex<Vec<Vec<PlanStep>>>,
    pub(crate) checks: Mutex<Vec<CheckResult>>,
}

#[async_trait::async_trait]
impl Host for Recorder {
    async fn approve(&self, request: ApprovalRequest) -> Approval {
        self.approvals.lock().unwrap().push(request);
        if let Some(meanwhile) = self.meanwhile.lock().unwrap().take() {
            meanwhile();
        }
        match &*self.refuses.lock().unwrap() {
            Some(reason) => Approval::No(reason.clone()),
            None => Approval::Yes,
        }
    }

    async fn delegate(&self, _: &AgentId, _: &CallId, to: &AgentId, brief: Brief) -> Result<DelegationAnswer, String> {
        self.briefs.lock().unwrap().push((to.clone(), brief));
        Ok(DelegationAnswer { report: None, receipt: Receipt::default(), text: "the report".to_owned() })
    }

    async fn report(&self, _: &AgentId, report: Report) -> Result<String, String> {
        self.reports.lock().unwrap().push(report);
        Ok("taken".to_owned())
    }

    async fn take_over(&self, agent: &AgentId, reason: &str) -> Result<String, String> {
        Ok(format!("open to {agent}: {reason}"))
    }

    async fn verify(&self, _: &AgentId, names: &[String]) -> Result<Vec<CheckResult>, String> {
        match names {
            [] => Ok(self.checks.lock().unwrap().clone()),
            [name, ..] => Err(format!("no check `{name}`")),
        }
    }

    async fn ask_user(&self, _: &AgentId, question: &str) -> Result<String, String> {
        if question == "anyone?" { Err("nobody can answer now".to_owned()) } else { Ok("blue".to_owned()) }
    }

    async fn plan(&self, _: &AgentId, steps: Vec<PlanStep>) -> Result<(), String> {
        self.plans.lock().unwrap().push(steps);
        Ok(())
    }

    async fn file_changed(&self, _: &AgentId, path: &str, diff: &str) {
        self.changes.lock().unwrap().push((path.to_owned(), diff.to_owned()));
    }

    fn progress(&self, _: &AgentId, _: &CallId, line: &str) {
        self.lines.lock().unwrap().push(line.to_owned());
    }
}

pub(crate) struct Bench {
    _folder: tempfile::TempDir,
    /// The folder around the workspace.
    pub(crate) outside: PathBuf,
    pub(crate) root: PathBuf,
    pub(crate) output: PathBuf,
    pub(crate) host: Arc<Recorder>,
    pub(crate) session: Arc<SessionTools>,
    pub(crate) agent: &'static str,
    pub(crate) cancel: CancellationToken,
}

fn session(outside: &Path, mode: ApprovalMode) -> SessionTools {
    let environment = [
        ("PATH".to_owned(), std::env::var("PATH").unwrap()),
        ("HOME".to_owned(), outside.join("home").display().to_string()),
        ("SOME_API_KEY".to_owned(), "secret".to_owned()),
    ];
    let config = SessionToolsConfig {
        root: outside.join("repo"),
        output_dir: outside.join("output"),
        mode,
        allowed_commands: vec!["./check.sh".to_owned()],
        environment: environment.to_vec(),
        shell: None,
        clock: Arc::new(ManualClock::new(Timestamp(1))),
    };
    SessionTools::new(config).unwrap()
}

impl Bench {
    /// The same with a cap on what one `read` gives.
    pub(crate) fn cap_reads(&mut self, bytes: usize) {
        let session = session(&self.outside, ApprovalMode::Auto).with_read_cap(self.agent.into(), bytes);
        self.session = Arc::new(session);
    }

    pub(crate) fn new() -> Self {
        Self::with_mode(ApprovalMode::Auto)
    }

    pub(crate) fn with_mode(mode: ApprovalMode) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let outside = folder.path().canonicalize().unwrap();
        let root = outside.join("repo");
        std::fs::create_dir(&root).unwrap();
        let output = outside.join("output");
        std::fs::create_dir(outside.join("home")).unwrap();
        let session = Arc::new(session(&outside, mode));
        Self {
            _folder: folder,
            outside,
            root,
            output,
            host: Arc::default(),
            session,
            agent: "sidekick",
            cancel: CancellationToken::new(),
        }
    }

    /// Makes the workspace the user's home folder.
    pub(crate) fn make_root_the_home(&mut self) {
        let home = self.outside.join("home");
        std::fs::remove_dir(&home).unwrap();
        std::os::unix::fs::symlink("repo", &home).unwrap();
        self.restart();
    }

    /// The same workspace in a later run of the program.
    pub(crate) fn restart(&mut self) {
        self.session = Arc::new(session(&self.outside, self.session.mode()));
    }

    pub(crate) fn file(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let file = self.root.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, content).unwrap();
        file
    }

    pub(crate) fn content(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path)).unwrap()
    }

    pub(crate) fn context(&self) -> ToolContext {
        ToolContext {
            root: self.root.clone(),
            agent: AgentId::new(self.agent),
            call: CallId::new("call"),
            host: self.host.clone(),
            session: self.session.clone(),
            cancel: self.cancel.clone(),
        }
    }

    pub(crate) async fn run(&self, tool: &str, arguments: Value) -> Result<ToolOutput, ToolError> {
        let agents = [("sidekick".to_owned(), "edits and tests".to_owned())];
        let registry = tools::registry(&[tool.to_owned()], &agents).unwrap();
        registry.get(tool).unwrap().run(&self.context(), arguments).await
    }

    /// The text of a call that works.
    pub(crate) async fn text(&self, tool: &str, arguments: Value) -> String {
        let output = self.run(tool, arguments).await.unwrap();
        assert!(!output.is_error, "{}", text(&output));
        text(&output)
    }

    /// The words of a call that is refused, or whose result is an error.
    pub(crate) async fn error(&self, tool: &str, arguments: Value) -> String {
        match self.run(tool, arguments).await {
            Err(ToolError::RespondToModel(words)) => words,
            Err(fatal) => panic!("fatal: {fatal}"),
            Ok(output) if output.is_error => text(&output),
            Ok(output) => panic!("worked: {}", text(&output)),
        }
    }
}

pub(crate) fn text(output: &ToolOutput) -> String {
    let part = |part: &ResultPart| match part {
        ResultPart::Text { text } => text.clone(),
        ResultPart::Image { .. } => panic!("an image"),
    };
    output.content.iter().map(part).collect()
}
