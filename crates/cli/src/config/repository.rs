//! What the repository shows before a task begins: which files differ from the last commit, and which there are.
#![expect(clippy::disallowed_methods, reason = "asks git which files differ")]

use std::path::Path;
use std::process::{Command, Stdio};

use ignore::WalkBuilder;
use protocol::Signals;
use routing::Policy;
use routing::signals::{Seen, from};

use super::context::Context;

/// Settings by which a repository's own configuration cannot make git start a program.
const SETTINGS: [&str; 5] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "submodule.recurse=false",
    "color.ui=false",
];

/// The program's own files in a repository: they are settings, and no work.
const OWN: &str = ".agent/";

/// Most files that are looked at for rules.
const MOST: usize = 100_000;

/// What git shows of the workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    /// Files that differ from the last commit, those it does not have left out. Relative to the workspace.
    pub(crate) changed: Vec<String>,
    /// Files that the last commit does not have.
    pub(crate) new: Vec<String>,
    behind_links: Vec<String>,
}

impl Touched {
    /// All of them.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.changed.iter().chain(&self.new).cloned().collect()
    }
}

/// The signals of the repository as it stands, and the files that are touched. `failures` is what the store knows of earlier
/// attempts at the task. Where there is no git, nothing is touched.
pub(crate) fn signals_of_repository(context: &Context, policy: &Policy, failures: u32) -> (Signals, Vec<String>) {
    let touched = touched(context);
    let seen = Seen {
        changed: &touched.changed,
        new: &touched.new,
        behind_links: &touched.behind_links,
        failures,
        incident: false,
    };
    (from(&seen, policy), touched.paths())
}

/// What git shows; nothing where there is no repository or no git.
pub(crate) fn touched(context: &Context) -> Touched {
    let asked = [
        "status",
        "--porcelain=v1",
        "-z",
        "--untracked-files=all",
        "--no-renames",
        "--ignore-submodules=none",
        "--",
        ".",
    ];
    let (Some(prefix), Some(status)) = (git(context, &["rev-parse", "--show-prefix"]), git(context, &asked)) else {
        return Touched::default();
    };
    let mut touched = read_status(&status, prefix.trim_end_matches('\n'));
    touched.behind_links = touched.paths().iter().filter_map(|path| behind_link(&context.root, path)).collect();
    touched
}

/// Takes `XY path` entries apart, with a zero byte behind each.
fn read_status(status: &str, prefix: &str) -> Touched {
    let mut touched = Touched::default();
    for entry in status.split('\0') {
        let Some((kind, path)) = entry.split_at_checked(2) else { continue };
        let Some(path) = path.strip_prefix(' ').and_then(|path| path.strip_prefix(prefix)) else { continue };
        if path.is_empty() || path.starts_with(OWN) {
            continue;
        }
        if kind == "??" || kind.starts_with('A') { &mut touched.new } else { &mut touched.changed }
            .push(path.to_owned());
    }
    touched
}

/// The file in the workspace that a link, or a file behind one, really is.
fn behind_link(root: &Path, path: &str) -> Option<String> {
    let real = root.join(path).canonicalize().ok()?;
    let real = real.strip_prefix(root).ok()?.to_str()?;
    (real != path).then(|| real.to_owned())
}

fn git(context: &Context, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command
        .current_dir(&context.root)
        .env_clear()
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_ALL", "C");
    for name in ["PATH", "HOME", "XDG_CONFIG_HOME"] {
        command.envs(context.environment.get(name).map(|value| (name, value)));
    }
    command.args(["--no-pager", "--literal-pathspecs"]);
    command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
    let output = command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The files of the repository by its ignore rules, in the order of names.
pub(crate) fn files(root: &Path) -> Vec<String> {
    let mut walk = WalkBuilder::new(root);
    walk.hidden(false).git_global(false).require_git(false).follow_links(false);
    walk.filter_entry(|entry| entry.file_name() != ".git").sort_by_file_name(std::ffi::OsStr::cmp);
    walk.build()
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| !kind.is_dir()))
        .filter_map(|entry| Some(entry.path().strip_prefix(root).ok()?.to_str()?.replace('\\', "/")))
        .filter(|path| !path.starts_with(OWN))
        .take(MOST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_taken_apart_and_the_programs_own_files_are_left_out() {
        let status =
            "?? sub/new file.rs\0 M sub/a.rs\0A  sub/b.rs\0 D sub/gone.rs\0?? sub/.agent/team.yaml\0 M other/c.rs\0";
        let touched = read_status(status, "sub/");
        assert_eq!(touched.changed, ["a.rs", "gone.rs"]);
        assert_eq!(touched.new, ["new file.rs", "b.rs"]);
        assert_eq!(read_status("", ""), Touched::default());
    }
}
