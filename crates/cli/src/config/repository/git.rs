//! Git, asked about a repository that nobody trusts yet: nothing in the repository's own configuration makes it start a program, and
//! no answer is waited for too long.
#![expect(clippy::disallowed_methods, reason = "starts git")]

use std::ffi::OsString;
use std::io::{Read, copy, sink};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::config::home::Environment;

/// A look at a repository that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// Longest answer and longest complaint that are read, in bytes.
const MOST: usize = 256 * 1024 * 1024;
const MOST_SAID: usize = 4096;

/// Settings by which a repository's own configuration cannot make git start a program.
const SETTINGS: [&str; 11] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.sshCommand=false",
    "diff.external=",
    "diff.ignoreSubmodules=dirty",
    "diff.submodule=short",
    // A folder of the workspace that looks like a repository without a working tree is none.
    "safe.bareRepository=explicit",
    "core.quotePath=false",
    "submodule.recurse=false",
    "status.submoduleSummary=false",
    "color.ui=false",
];

/// Git in one repository.
pub(super) struct Git<'a> {
    environment: &'a Environment,
    at: &'a Path,
    /// `filter.NAME.KEY=VALUE`: the filters of this repository, switched off. Attributes of its files choose among them, and git runs
    /// them to compare a file with what is committed.
    off: Vec<String>,
}

/// What git printed.
struct Printed {
    status: ExitStatus,
    out: Vec<u8>,
    said: String,
}

impl<'a> Git<'a> {
    /// Reads which filters there are, and switches them off.
    ///
    /// # Errors
    /// Why git cannot be asked, in words.
    pub(super) fn at(environment: &'a Environment, at: &'a Path) -> Result<Self, String> {
        let mut git = Self { environment, at, off: Vec::new() };
        let printed = git.run(&["config", "--null", "--name-only", "--get-regexp", "^filter\\."])?;
        // 1: there is none.
        if !matches!(printed.status.code(), Some(0 | 1)) {
            return Err(printed.said);
        }
        for key in printed.out.split(|byte| *byte == 0).filter(|key| !key.is_empty()) {
            git.off.extend(switched_off(key)?);
        }
        git.off.sort_unstable();
        git.off.dedup();
        Ok(git)
    }

    /// What git prints.
    ///
    /// # Errors
    /// Why it does not, in words.
    pub(super) fn ask(&self, arguments: &[&str]) -> Result<Vec<u8>, String> {
        let printed = self.run(arguments)?;
        if printed.status.success() { Ok(printed.out) } else { Err(printed.said) }
    }

    fn run(&self, arguments: &[&str]) -> Result<Printed, String> {
        let mut command = Command::new("git");
        command.current_dir(self.at).env_clear();
        for name in ["HOME", "XDG_CONFIG_HOME"] {
            command.envs(self.environment.get(name).map(|value| (name, value)));
        }
        command.env("PATH", absolute(self.environment.get("PATH").unwrap_or_default()));
        // Without being told, git believes the repository's configuration about where its files lie, which may be anywhere.
        let top = self.at.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok());
        command.envs(top.map(|top| ("GIT_WORK_TREE", top)));
        // Objects that are missing are not fetched: that starts whatever the repository names.
        command.envs([
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_ALLOW_PROTOCOL", "none"),
            ("LC_ALL", "C"),
        ]);
        command.args(["--no-pager", "--literal-pathspecs"]);
        command
            .args(SETTINGS.into_iter().chain(self.off.iter().map(String::as_str)).flat_map(|setting| ["-c", setting]));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("git cannot be started: {error}"))?;
        let (out, said) = (read(child.stdout.take(), MOST), read(child.stderr.take(), MOST_SAID));
        let Some(out) = out.recv_timeout(PATIENCE).ok().filter(|out| out.len() <= MOST) else {
            // It may be gone already.
            child.kill().ok();
            child.wait().ok();
            return Err(format!(
                "`git {}` took longer than {} s, or had too much to say",
                arguments[0],
                PATIENCE.as_secs()
            ));
        };
        let status = child.wait().map_err(|error| format!("git: {error}"))?;
        let said = said.recv_timeout(PATIENCE).unwrap_or_default();
        Ok(Printed { status, out, said: first_line(&said) })
    }
}

/// A search path without folders that depend on where git runs: a repository must not bring its own `git`.
fn absolute(path: &str) -> OsString {
    std::env::join_paths(std::env::split_paths(path).filter(|folder| folder.is_absolute())).unwrap_or_default()
}

/// The settings that switch off the filter to which a key belongs.
fn switched_off(key: &[u8]) -> Result<[String; 4], String> {
    let whole = String::from_utf8(key.to_vec()).ok().filter(|key| !key.contains(['=', '\n']));
    let name = whole.as_ref().and_then(|key| key.rsplit_once('.')).map(|(name, _)| name);
    let Some(name) = name.filter(|name| name.contains('.')) else {
        let shown = String::from_utf8_lossy(key);
        return Err(format!(
            "its configuration has `{shown}`, a filter with a name by which it cannot be switched off"
        ));
    };
    Ok(["clean=", "smudge=", "process=", "required=false"].map(|setting| format!("{name}.{setting}")))
}

/// Reads a pipe to its end, and sends as much of it as is wanted and one byte more.
fn read(pipe: Option<impl Read + Send + 'static>, most: usize) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // A pipe that breaks has ended.
            pipe.by_ref().take(most as u64 + 1).read_to_end(&mut bytes).ok();
            sender.send(bytes).ok();
            copy(&mut pipe, &mut sink()).ok();
        }
    });
    receiver
}

fn first_line(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    said.lines().next().unwrap_or("git says nothing").trim_start_matches("fatal: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::switched_off;

    #[test]
    fn a_filter_is_switched_off_by_its_own_name_or_nothing_is_asked() {
        let off = switched_off(b"filter.git lfs.v2.clean").unwrap();
        assert_eq!(off[0], "filter.git lfs.v2.clean=");
        assert_eq!(off[3], "filter.git lfs.v2.required=false");
        for key in [&b"filter.a=b.clean"[..], b"filter.a\nb.clean", b"filter.\xff.clean", b"filter.clean"] {
            assert!(switched_off(key).is_err(), "{}", String::from_utf8_lossy(key));
        }
    }
}
