//! Runs git, and nothing but git.
#![expect(clippy::disallowed_methods, reason = "starts git")]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio_util::sync::CancellationToken;

use super::tame::{ENVIRONMENT, LIST_FILTERS, OwnFilters, SETTINGS, work_tree};
use crate::tool::{ToolContext, ToolError};

/// How long git may take.
const LIMIT: Duration = Duration::from_secs(60);
const MOST_OF_ERRORS: u64 = 10_000;
const MOST_OF_LIST: u64 = 100_000;

/// What git printed.
pub(super) struct Printed {
    pub(super) code: Option<i32>,
    /// As git wrote it: names of files are bytes.
    pub(super) raw: Vec<u8>,
    /// The same for people and models.
    pub(super) text: String,
    /// There was more.
    pub(super) cut: bool,
    pub(super) errors: String,
}

/// Where git runs.
pub(super) struct Place<'a> {
    pub(super) root: &'a Path,
    /// What commands get to see.
    pub(super) environment: &'a [(String, String)],
    pub(super) cancel: &'a CancellationToken,
}

/// Git in one repository, with everything switched off by which the repository could make it start something.
pub(super) struct Git<'a> {
    place: Place<'a>,
    work_tree: Option<PathBuf>,
    pub(super) filters: OwnFilters,
}

/// One run of git.
#[derive(Clone, Copy, Default)]
pub(super) struct Run<'a> {
    pub(super) arguments: &'a [&'a str],
    /// Stands in for the user's own index.
    pub(super) index: Option<&'a Path>,
    /// Standard input.
    pub(super) input: &'a [u8],
    /// Most bytes that are taken of what it prints.
    pub(super) most: u64,
    /// Paths are written with git's magic words; otherwise every path is the name of a file.
    pub(super) magic: bool,
}

impl<'a> Git<'a> {
    /// Git in the workspace of a tool's call.
    ///
    /// # Errors
    /// As [`Git::at`].
    pub(super) async fn of(context: &'a ToolContext) -> Result<Self, ToolError> {
        let environment = context.session.environment();
        Self::at(Place { root: &context.root, environment, cancel: &context.cancel }).await
    }

    /// Looks which filters the repository has.
    ///
    /// # Errors
    /// Git cannot be started, or a filter cannot be switched off.
    pub(super) async fn at(place: Place<'a>) -> Result<Self, ToolError> {
        let mut git = Self { work_tree: work_tree(place.root), place, filters: OwnFilters::default() };
        let listed = git.run(Run { arguments: LIST_FILTERS, most: MOST_OF_LIST, ..Run::default() }).await?;
        // 1: there is none. Anything else is a repository that git cannot read; then the next command fails as well, and says why.
        git.filters = match listed.cut {
            true => Err(format!("the repository's configuration lists more than {MOST_OF_LIST} bytes of filters")),
            false => OwnFilters::read(&listed.text),
        }
        .map_err(ToolError::RespondToModel)?;
        Ok(git)
    }

    /// Runs git with these arguments, and takes at most `most` bytes of what it prints.
    pub(super) async fn ask(&self, arguments: &[&str], most: u64) -> Result<Printed, ToolError> {
        self.run(Run { arguments, most, ..Run::default() }).await
    }

    pub(super) async fn run(&self, run: Run<'_>) -> Result<Printed, ToolError> {
        let mut child = self.start(&run)?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let work = async {
            let (text, errors, ()) =
                tokio::join!(some(stdout, run.most + 1), some(stderr, MOST_OF_ERRORS), give(stdin, run.input));
            let cut = text.len() as u64 > run.most;
            if cut {
                let _ = child.start_kill();
            }
            let code = child.wait().await.ok().and_then(|status| status.code());
            (text, errors, cut, code)
        };
        let ended = tokio::select! {
            () = self.place.cancel.cancelled() => return Err(ToolError::RespondToModel("git: cancelled".to_owned())),
            ended = tokio::time::timeout(LIMIT, work) => ended,
        };
        let Ok((mut text, errors, cut, code)) = ended else {
            return Err(ToolError::RespondToModel(format!("git took longer than {} s and was ended", LIMIT.as_secs())));
        };
        text.truncate(run.most as usize);
        Ok(Printed {
            code,
            text: String::from_utf8_lossy(&text).into_owned(),
            raw: text,
            cut,
            errors: String::from_utf8_lossy(&errors).trim().to_owned(),
        })
    }

    fn start(&self, run: &Run<'_>) -> Result<Child, ToolError> {
        let mut command = Command::new("git");
        command.current_dir(self.place.root).env_clear();
        command.envs(self.place.environment.iter().map(|(name, value)| (name, value)));
        command.envs(ENVIRONMENT.iter().copied());
        command.envs(self.work_tree.as_ref().map(|folder| ("GIT_WORK_TREE", folder)));
        command.envs(run.index.map(|index| ("GIT_INDEX_FILE", index)));
        command.arg("--no-pager").args((!run.magic).then_some("--literal-pathspecs"));
        for setting in SETTINGS.iter().copied().chain(self.filters.off.iter().map(String::as_str)) {
            command.args(["-c", setting]);
        }
        let input = if run.input.is_empty() { Stdio::null() } else { Stdio::piped() };
        command.args(run.arguments).stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command.spawn().map_err(|error| {
            ToolError::RespondToModel(match error.kind() {
                std::io::ErrorKind::NotFound => "git is not installed, or not in the PATH that commands get".to_owned(),
                _ => format!("git could not be started: {error}"),
            })
        })
    }
}

/// Writes what git reads. A git that has ended reads no more; what it printed says why.
async fn give(stdin: Option<ChildStdin>, input: &[u8]) {
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(input).await;
    }
}

async fn some(stream: Option<impl AsyncRead + Unpin>, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let _ = stream.take(most).read_to_end(&mut bytes).await;
    }
    bytes
}

impl Printed {
    /// An error in words when git failed. `what` is the tool.
    pub(super) fn checked(self, what: &str, root: &Path) -> Result<Self, ToolError> {
        if self.code == Some(0) || self.cut {
            return Ok(self);
        }
        if self.errors.contains("not a git repository") {
            return Err(ToolError::RespondToModel(format!(
                "{what}: {} is not in a git repository; use read, list and grep",
                root.display()
            )));
        }
        Err(ToolError::RespondToModel(format!("{what}: git failed: {}", self.errors)))
    }
}
