//! Reading, searching and changing files, all beneath the workspace's folder.

mod atomic;
mod beneath;
mod change;
mod diff;
mod edit;
mod glob;
mod grep;
pub(crate) mod guard;
mod hits;
pub(crate) mod ledger;
mod list;
mod near_miss;
pub(crate) mod paths;
mod read;
mod text;
mod walk;
mod write;

pub(crate) use edit::Edit;
pub(crate) use glob::Glob;
pub(crate) use grep::Grep;
pub(crate) use list::List;
pub(crate) use read::Read;
pub(crate) use write::Write;

use crate::tool::{ToolError, ToolOutput};

/// Runs file work on a thread that may block.
async fn blocking(
    work: impl FnOnce() -> Result<ToolOutput, ToolError> + Send + 'static,
) -> Result<ToolOutput, ToolError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(ToolError::Fatal(format!("a file tool broke off: {error}"))),
    }
}
