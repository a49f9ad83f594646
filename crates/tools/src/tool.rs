//! The tool trait, what a tool is given, what it gives back.

use std::path::PathBuf;
use std::sync::Arc;

use protocol::{AgentId, CallId, CommandReceipt, FileChange, ResultPart, ToolSpec};
use tokio_util::sync::CancellationToken;

use crate::host::Host;
use crate::session::SessionTools;

/// What a tool does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: may run again after a crash, and beside other such tools.
    ReadOnly,
    /// Changes files, or runs something that may.
    Writes,
    /// Steers the session (delegate, report, ask): the runtime itself makes it safe to repeat.
    Control,
}

/// A failure of a tool.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// For the model: what is wrong, where, what is allowed, what to do.
    #[error("{0}")]
    RespondToModel(String),
    /// For the person: the session cannot go on (the disk is full, the workspace is gone).
    #[error("{0}")]
    Fatal(String),
}

/// What a tool gives back.
#[derive(Clone, Debug, Default)]
pub struct ToolOutput {
    /// For the model, already capped.
    pub content: Vec<ResultPart>,
    /// The tool ran, but what it ran failed (a command's exit code is not 0).
    pub is_error: bool,
    /// Commands run, for the receipt.
    pub commands: Vec<CommandReceipt>,
    /// Files changed, for the receipt.
    pub files: Vec<FileChange>,
}

impl ToolOutput {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { content: vec![ResultPart::Text { text: text.into() }], ..Self::default() }
    }
}

/// Everything a tool is given besides its arguments.
#[derive(Clone)]
pub struct ToolContext {
    /// The workspace's folder: canonical, absolute.
    pub root: PathBuf,
    /// Who calls.
    pub agent: AgentId,
    /// Which call.
    pub call: CallId,
    /// The runtime.
    pub host: Arc<dyn Host>,
    /// What the session's tools share: files seen, background processes, permissions, where long output is kept.
    pub session: Arc<SessionTools>,
    /// Ends the tool early.
    pub cancel: CancellationToken,
}

/// One tool.
#[async_trait::async_trait]
pub trait Tool: Send + Sync {
    /// Name, description (from the `.md` beside the code) and argument schema. The same bytes on every call.
    fn spec(&self) -> ToolSpec;

    /// What it does to the world, for these arguments.
    fn effect(&self, arguments: &serde_json::Value) -> Effect;

    /// May run at the same time as other parallel tools of the same step.
    fn parallel(&self) -> bool {
        false
    }

    /// One line for a person: what this call is about (`src/lib.rs, 3 edits`).
    fn summary(&self, arguments: &serde_json::Value) -> String;

    /// Does it. `arguments` is any JSON value the model sent: check it, and name the field that is wrong.
    ///
    /// # Errors
    /// [`ToolError`]: for the model, or fatal.
    async fn run(&self, context: &ToolContext, arguments: serde_json::Value) -> Result<ToolOutput, ToolError>;
}

/// Tools by name, in the order that requests send them.
#[derive(Clone, Default)]
pub struct Registry {
    tools: indexmap::IndexMap<String, Arc<dyn Tool>>,
}

impl Registry {
    /// Adds a tool; a later one of the same name is ignored.
    pub fn add(&mut self, tool: Arc<dyn Tool>) {
        self.tools.entry(tool.spec().name).or_insert(tool);
    }

    /// The tool of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Tool>> {
        self.tools.get(name)
    }

    /// All names, in order.
    pub fn names(&self) -> Vec<&str> {
        self.tools.keys().map(String::as_str).collect()
    }

    /// All specs, in order.
    pub fn specs(&self) -> Vec<ToolSpec> {
        self.tools.values().map(|tool| tool.spec()).collect()
    }
}
