//! Runs git, and nothing but git.
#![expect(clippy::disallowed_methods, reason = "starts git")]

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::sync::CancellationToken;

use crate::tool::{ToolContext, ToolError};

/// How long git may take.
const LIMIT: Duration = Duration::from_secs(60);
const MOST_OF_ERRORS: u64 = 10_000;

/// Settings by which a repository's own configuration cannot make git start a program, and a user's cannot change what is
/// printed.
const SETTINGS: &[&str] = &[
    "core.pager=cat",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "diff.external=",
    "color.ui=false",
    "status.relativePaths=true",
    "submodule.recurse=false",
];

/// What git printed.
pub(super) struct Printed {
    pub(super) code: Option<i32>,
    pub(super) text: String,
    /// There was more.
    pub(super) cut: bool,
    pub(super) errors: String,
}

/// Runs git in the workspace, and takes at most `most` bytes of what it prints. `index` stands in for the user's own.
pub(super) async fn run(
    context: &ToolContext,
    arguments: &[&str],
    index: Option<&Path>,
    most: u64,
) -> Result<Printed, ToolError> {
    let place = Place { root: &context.root, environment: context.session.environment(), cancel: &context.cancel };
    run_in(&place, arguments, index, most).await
}

/// Where git runs.
pub(super) struct Place<'a> {
    pub(super) root: &'a Path,
    /// What commands get to see.
    pub(super) environment: &'a [(String, String)],
    pub(super) cancel: &'a CancellationToken,
}

/// The same where no tool was called.
pub(super) async fn run_in(
    place: &Place<'_>,
    arguments: &[&str],
    index: Option<&Path>,
    most: u64,
) -> Result<Printed, ToolError> {
    let mut command = tokio::process::Command::new("git");
    command.current_dir(place.root).env_clear();
    command.envs(place.environment.iter().map(|(name, value)| (name, value)));
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C");
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index);
    }
    command.args(["--no-pager", "--literal-pathspecs"]);
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| {
        ToolError::RespondToModel(match error.kind() {
            std::io::ErrorKind::NotFound => "git is not installed, or not in the PATH that commands get".to_owned(),
            _ => format!("git could not be started: {error}"),
        })
    })?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let work = async {
        let (text, errors) = tokio::join!(some(stdout, most + 1), some(stderr, MOST_OF_ERRORS));
        let cut = text.len() as u64 > most;
        if cut {
            let _ = child.start_kill();
        }
        let code = child.wait().await.ok().and_then(|status| status.code());
        (text, errors, cut, code)
    };
    let ended = tokio::select! {
        () = place.cancel.cancelled() => return Err(ToolError::RespondToModel("git: cancelled".to_owned())),
        ended = tokio::time::timeout(LIMIT, work) => ended,
    };
    let Ok((mut text, errors, cut, code)) = ended else {
        return Err(ToolError::RespondToModel(format!("git took longer than {} s and was ended", LIMIT.as_secs())));
    };
    text.truncate(most as usize);
    Ok(Printed {
        code,
        text: String::from_utf8_lossy(&text).into_owned(),
        cut,
        errors: String::from_utf8_lossy(&errors).trim().to_owned(),
    })
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
