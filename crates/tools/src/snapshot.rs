//! The state of the workspace's files, by content: a private git repository beside the session, never the user's own. It
//! respects the workspace's ignore rules, works where there is no git repository, and survives the program.
#![expect(clippy::disallowed_methods, reason = "starts git on the session's own repository, and makes its folder")]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
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
        self.add_all().await?;
        Ok(self.git(&["write-tree"]).await?.trim().to_owned())
    }

    /// Takes all files as they are. Repositories inside the workspace that are known already are taken by the commit they are at,
    /// and left out of the rest: `git add` looks whether they differ by a `git status` in there, with the filters and other
    /// programs that they name.
    async fn add_all(&self) -> Result<(), SnapshotError> {
        let known = self.git_bytes(&["ls-files", "-z", "--stage"].map(OsStr::new)).await?;
        let inside: Vec<&OsStr> = known.split(|byte| *byte == 0).filter_map(repository_inside).collect();
        let left_out: Vec<OsString> = inside.iter().map(|path| left_out(path)).collect();
        let all = ["add", "--all", "--", "."].into_iter().map(OsStr::new);
        self.git_bytes(&all.chain(left_out.iter().map(OsString::as_os_str)).collect::<Vec<_>>()).await?;
        if inside.is_empty() {
            return Ok(());
        }
        let those = ["update-index", "--add", "--remove", "--replace", "--"].into_iter().map(OsStr::new);
        self.git_bytes(&those.chain(inside).collect::<Vec<_>>()).await?;
        Ok(())
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
        let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        Ok(String::from_utf8_lossy(&self.git_bytes(&arguments).await?).into_owned())
    }

    async fn git_bytes(&self, arguments: &[&OsStr]) -> Result<Vec<u8>, SnapshotError> {
        let failed = |message: String| SnapshotError::Failed {
            command: arguments.first().map(|word| word.display().to_string()).unwrap_or_default(),
            message,
        };
        let mut command = tokio::process::Command::new("git");
        command.env_clear().envs(passed_on(std::env::vars_os()));
        command
            .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false"])
            .args(["-c", "core.safecrlf=false", "-c", "core.attributesFile=/dev/null", "-c", "gc.auto=0"])
            .args(["-c", "advice.addEmbeddedRepo=false", "-c", "diff.submodule=short"])
            .args(arguments)
            .current_dir(&self.root)
            .env("GIT_DIR", &self.git_dir)
            .env("GIT_WORK_TREE", &self.root)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_ALLOW_PROTOCOL", "none")
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
        Ok(output.stdout)
    }
}

/// What git needs of the environment: nothing that steers it, and no folder to look for programs in that depends on where it
/// runs, which is the workspace.
fn passed_on(all: impl Iterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
    let absolute = |path: &OsString| {
        std::env::join_paths(std::env::split_paths(path).filter(|folder| folder.is_absolute())).unwrap_or_default()
    };
    all.filter_map(|(name, value)| match name.to_str()? {
        "PATH" => Some((name, absolute(&value))),
        "HOME" | "TMPDIR" | "LD_LIBRARY_PATH" | "DYLD_LIBRARY_PATH" => Some((name, value)),
        _ => None,
    })
    .collect()
}

/// The path in `160000 ID STAGE\tPATH`, which stands for a repository inside the workspace.
fn repository_inside(entry: &[u8]) -> Option<&OsStr> {
    let rest = entry.strip_prefix(b"160000 ")?;
    let tab = rest.iter().position(|byte| *byte == b'\t')?;
    Some(OsStr::from_bytes(rest.get(tab + 1..)?))
}

/// The words by which git leaves a path out.
fn left_out(path: &OsStr) -> OsString {
    let mut words = OsString::from(":(top,exclude,literal)");
    words.push(path);
    words
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
