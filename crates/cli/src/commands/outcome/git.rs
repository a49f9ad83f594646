//! The repository's log, read by git itself, with everything switched off by which a repository could make it start a program.
#![expect(clippy::disallowed_methods, reason = "starts git")]

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use protocol::Timestamp;

use super::super::doctor::programs::find;
use super::reverts::{Commit, read};
use crate::config::home::Environment;
use crate::failure::Failure;

/// A log that takes longer is not one to wait for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Commits may have been made on a machine whose clock was behind, in seconds.
const SLACK: u64 = 86_400;

const SETTINGS: [&str; 8] = [
    "core.pager=cat",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "log.showSignature=false",
    "log.mailmap=false",
    "color.ui=false",
    "core.sshCommand=false",
    "safe.bareRepository=explicit",
];

/// The commits of the checked-out branch since a moment.
///
/// # Errors
/// No git, no repository, a git that fails or does not end.
pub(super) async fn log(environment: &Environment, root: &Path, since: Timestamp) -> anyhow::Result<Vec<Commit>> {
    let program = find(environment, "git")
        .ok_or_else(|| Failure::usage("git is not installed, or not in PATH; --from-git reads its log"))?;
    let mut command = tokio::process::Command::new(program);
    command.current_dir(root).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    for name in ["PATH", "HOME", "XDG_CONFIG_HOME"] {
        command.envs(environment.get(name).map(|value| (name, value)));
    }
    command.envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_OPTIONAL_LOCKS", "0"), ("LC_ALL", "C")]);
    // Objects that are missing are not fetched: that starts what the repository names as the other side.
    command.envs([("GIT_NO_LAZY_FETCH", "1"), ("GIT_ALLOW_PROTOCOL", "none")]);
    command.args(["--no-pager"]);
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    let seconds = (since.0 / 1_000).saturating_sub(SLACK);
    command.args(["log", "-z", "--format=%H%n%ct%n%B", &format!("--since=@{seconds}"), "HEAD", "--"]);
    let output = match tokio::time::timeout(PATIENCE, command.output()).await {
        Err(_) => return Err(Failure::usage(format!("git took longer than {} s", PATIENCE.as_secs()))),
        Ok(output) => output?,
    };
    if output.status.success() {
        return Ok(read(&String::from_utf8_lossy(&output.stdout)));
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failure::usage_with(
        format!("git cannot read the log of {}: {}", root.display(), said.trim()),
        "the session's folder has to be a git repository with a commit; say it yourself with --reverted",
    ))
}
