//! What `edit` and `write` have in common: look at the file, ask, look again, replace, tell everyone.

use std::fs::Metadata;
use std::io::Read as _;
use std::path::PathBuf;

use protocol::ResultPart;

use crate::filesystem::diff::Difference;
use crate::filesystem::ledger::Sight;
use crate::filesystem::paths::{Place, Purpose, Workspace};
use crate::filesystem::{atomic, diff, guard};
use crate::permissions::{self, Action};
use crate::tool::{ToolContext, ToolError, ToolOutput};

/// Largest file that can be edited, bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// A file as it stands.
pub(crate) struct Current {
    pub(crate) content: Vec<u8>,
    metadata: Metadata,
}

/// A path that is to be changed.
pub(crate) struct Target {
    workspace: Workspace,
    /// As shown.
    pub(crate) place: Place,
    /// Relative to the workspace, symlinks resolved.
    real: PathBuf,
}

impl Target {
    pub(crate) fn open(context: &ToolContext, path: &str) -> Result<Self, ToolError> {
        let workspace = Workspace::open(context)?;
        let place = workspace.place(path, Purpose::Write)?;
        let real =
            workspace.root().real(&place.relative).map_err(|error| workspace.explain(&place, Purpose::Write, error))?;
        Ok(Self { workspace, place, real })
    }

    /// The file's content now; none when there is no such file.
    pub(crate) fn current(&self) -> Result<Option<Current>, ToolError> {
        let shown = &self.place.shown;
        let file = match self.workspace.open_file(&self.place) {
            Ok(file) => file,
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(error) => return Err(self.workspace.explain(&self.place, Purpose::Write, error)),
        };
        let failed = |error: std::io::Error| ToolError::RespondToModel(format!("{shown} cannot be read: {error}"));
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            let kind = if metadata.is_dir() { "a folder" } else { "not a regular file" };
            return Err(ToolError::RespondToModel(format!("{shown} is {kind}; only files can be changed")));
        }
        if metadata.len() > LARGEST {
            return Err(ToolError::RespondToModel(format!(
                "{shown} has {} bytes; files of up to {LARGEST} bytes can be changed by this tool, use bash",
                metadata.len()
            )));
        }
        let mut content = Vec::new();
        file.take(LARGEST).read_to_end(&mut content).map_err(failed)?;
        Ok(Some(Current { content, metadata }))
    }

    /// The words for a path with nothing behind it.
    pub(crate) fn missing(&self) -> ToolError {
        self.workspace.explain(&self.place, Purpose::Write, rustix::io::Errno::NOENT)
    }

    /// How the content stands to what the agent has seen.
    pub(crate) fn sight(&self, context: &ToolContext, current: &Current) -> Sight {
        context.session.files.sight(&context.agent, &self.key(), &current.content)
    }

    pub(crate) fn changed_since(&self) -> ToolError {
        ToolError::RespondToModel(format!(
            "{} has changed on disk since you read it; nothing was written. Read it again, then repeat the call",
            self.place.shown
        ))
    }

    fn key(&self) -> PathBuf {
        self.workspace.root().path.join(&self.real)
    }

    /// Asks where that is needed, writes if the file is still what it was, and tells the runtime.
    pub(crate) async fn replace(
        &self,
        context: &ToolContext,
        tool: &'static str,
        old: Option<Current>,
        new: &str,
    ) -> Result<ToolOutput, ToolError> {
        let shown = &self.place.shown;
        let before = old.as_ref().map(|old| String::from_utf8_lossy(&old.content).to_string());
        let difference = diff::between(shown, before.as_deref(), new);
        let reached = guard::reached(self.workspace.root(), &self.place.relative, &self.real);
        let action = Action::Change { path: reached.as_deref().unwrap_or(&self.real) };
        permissions::enforce(context, tool, &action, difference.whole.clone()).await?;

        let writing = context.session.writing.lock().await;
        // The answer may have taken a while.
        if self.current()?.map(|current| current.content) != old.as_ref().map(|old| old.content.clone()) {
            return Err(self.changed_since());
        }
        atomic::replace(self.workspace.root(), &self.real, new.as_bytes(), old.as_ref().map(|old| &old.metadata))
            .map_err(|error| atomic::failed(shown, &error))?;
        context.session.files.record(&context.agent, &self.key(), new.as_bytes());
        drop(writing);

        let Difference { whole, short, change } = difference;
        context.host.file_changed(&context.agent, shown, &whole).await;
        let text = match &old {
            Some(_) => format!("{shown} changed (+{} -{})\n{short}", change.added, change.removed),
            None => format!("{shown} created ({} lines)", change.added),
        };
        Ok(ToolOutput { content: vec![ResultPart::Text { text }], files: vec![change], ..ToolOutput::default() })
    }
}
