//! The state of the workspace's files, by content: a private git repository beside the session, never the user's own. It
//! respects the workspace's ignore rules, works where there is no git repository, and survives the program.
#![expect(clippy::disallowed_methods, reason = "starts git on the session's own repository, and makes its folder")]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use protocol::FileChange;

/// How long one git command may take. The first snapshot of a large tree reads every file.
const LIMIT: Duration = Duration::from_secs(120);

/// Why a state cannot be taken or compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// There is no git.
    #[error("git is not installed, or not in PATH")]
    NoGit,
    /// Git said no.
    #[error("git {command}: {message}")]
    Failed {
        /// Which git command.
        command: String,
        /// Its own words.
        message: String,
    },
}

/// Takes and compares states. Cheap to make; the repository is created at the first use.
#[derive(Clone, Debug)]
pub struct Snapshots {
    git_dir: PathBuf,
    root: PathBuf,
    /// Git locks its index: one command at a time.
    one: Arc<tokio::sync::Mutex<()>>,
}

impl Snapshots {
    /// Snapshots of `root`, kept under `state_dir`.
    pub fn new(state_dir: &Path, root: &Path) -> Self {
        Self { git_dir: state_dir.join("snapshots.git"), root: root.to_owned(), one: Arc::default() }
    }

    /// The state now, as the id of a tree: equal ids mean equal files. Files that git is told to ignore are left out.
    ///
    /// # Errors
    /// [`SnapshotError`]: no git, no space, a folder that cannot be read.
    pub async fn take(&self) -> Result<String, SnapshotError> {
        let _one_at_a_time = self.one.lock().await;
        if !self.git_dir.join("HEAD").exists() {
            std::fs::create_dir_all(&self.git_dir).map_err(|error| SnapshotError::Failed {
                command: "init".to_owned(),
                message: format!("{}: {error}", self.git_dir.display()),
            })?;
            self.git(&["init", "--quiet"]).await?;
        }
        self.remove_stale_lock();
        self.git(&["add", "--all", "--", "."]).await?;
        Ok(self.git(&["write-tree"]).await?.trim().to_owned())
    }

    /// Removes what a git that was killed together with the program left behind. No living one is that old.
    fn remove_stale_lock(&self) {
        let lock = self.git_dir.join("index.lock");
        let age = std::fs::metadata(&lock).and_then(|lock| lock.modified()).ok().and_then(|made| made.elapsed().ok());
        if age.is_some_and(|age| age > LIMIT) {
            // Where it cannot be removed, git says so.
            std::fs::remove_file(&lock).ok();
        }
    }

    /// Files that differ between two states.
    ///
    /// # Errors
    /// As [`Snapshots::take`].
    pub async fn changes(&self, from: &str, to: &str) -> Result<Vec<FileChange>, SnapshotError> {
        let listed = self.git(&["diff-tree", "-r", "--numstat", "-z", "--no-renames", from, to]).await?;
        Ok(listed.split('\0').filter_map(numstat).collect())
    }

    /// The difference between two states as a unified diff.
    ///
    /// # Errors
    /// As [`Snapshots::take`].
    pub async fn diff(&self, from: &str, to: &str) -> Result<String, SnapshotError> {
        self.git(&["diff-tree", "-r", "-p", "--no-renames", "--no-ext-diff", "--no-textconv", from, to]).await
    }

    async fn git(&self, arguments: &[&str]) -> Result<String, SnapshotError> {
        let failed = |message: String| SnapshotError::Failed {
            command: arguments.first().copied().unwrap_or_default().to_owned(),
            message,
        };
        let mut command = tokio::process::Command::new("git");
        command
            .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false"])
            .args(["-c", "core.safecrlf=false", "-c", "core.attributesFile=/dev/null", "-c", "gc.auto=0"])
            .args(["-c", "advice.addEmbeddedRepo=false"])
            .args(arguments)
            .current_dir(&self.root)
            .env_remove("GIT_INDEX_FILE")
            .env_remove("GIT_OBJECT_DIRECTORY")
            .env("GIT_DIR", &self.git_dir)
            .env("GIT_WORK_TREE", &self.root)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        // What the user's repository already holds need not be stored twice.
        let objects = self.root.join(".git").join("objects");
        if objects.is_dir() {
            command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects);
        }
        let output = match tokio::time::timeout(LIMIT, command.output()).await {
            Err(_) => return Err(failed(format!("took longer than {} s", LIMIT.as_secs()))),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => return Err(SnapshotError::NoGit),
            Ok(Err(error)) => return Err(failed(error.to_string())),
            Ok(Ok(output)) => output,
        };
        if !output.status.success() {
            return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// `3\t1\tpath`; `-` for both numbers of a binary file.
fn numstat(line: &str) -> Option<FileChange> {
    let mut parts = line.splitn(3, '\t');
    let (added, removed, path) = (parts.next()?, parts.next()?, parts.next()?);
    Some(FileChange { path: path.to_owned(), added: added.parse().unwrap_or(0), removed: removed.parse().unwrap_or(0) })
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
