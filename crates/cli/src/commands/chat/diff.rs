//! What differs from the last commit.

use std::path::Path;

use crate::config::home::Environment;
use crate::config::repository;
use crate::failure::Failure;

/// The working tree against the last commit, files that git does not know yet included; empty where nothing differs.
///
/// # Errors
/// There is no repository, or git cannot read it.
pub(super) fn of(environment: &Environment, root: &Path) -> anyhow::Result<String> {
    if !root.ancestors().any(|folder| folder.join(".git").symlink_metadata().is_ok()) {
        return Err(Failure::usage_with(
            format!("{} is not in a git repository: there is nothing to compare with", root.display()),
            "`git init` and a first commit: then you, and agents, see what changed",
        ));
    }
    repository::diff(environment, root)
        .map_err(|why| Failure::usage(format!("git cannot say what differs in {}: {why}", root.display())))
}
