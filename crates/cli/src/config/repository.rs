//! What the repository shows before a task begins: which files differ from the last commit, and which there are.

mod git;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ignore::WalkBuilder;
use protocol::Signals;
use routing::signals::{Seen, UNREADABLE, from};
use routing::{BUILTIN_SOURCE, Policy};

use self::git::Git;
use super::context::Context;
use super::policy::project_file;

/// The program's own files in a repository: they are settings, and no work.
const OWN: &str = ".agent/";

/// Most files that are looked at for rules.
const MOST: usize = 100_000;

/// Most repositories inside each other that are looked into.
const MOST_INSIDE: usize = 64;

/// What git shows of the repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    /// Files that differ from the last commit, those it does not have left out. Relative to the workspace.
    pub(crate) changed: Vec<String>,
    /// Files that the last commit does not have.
    pub(crate) new: Vec<String>,
    /// The same of the repository around the workspace, relative to its top.
    around: Around,
    behind_links: Vec<String>,
    /// Why not all of it could be seen, in words.
    pub(crate) unreadable: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Around {
    changed: Vec<String>,
    new: Vec<String>,
}

impl Touched {
    /// All files of the workspace.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.changed.iter().chain(&self.new).cloned().collect()
    }
}

/// The signals of the repository as it stands, and the files of the workspace that are touched. `failures` is what the store knows of
/// earlier attempts at the task. Where there is no repository, nothing is touched; where there is one that git cannot read, the
/// signals say so, and so does a warning.
pub(crate) fn signals_of_repository(context: &Context, policy: &Policy, failures: u32) -> (Signals, Vec<String>) {
    let touched = touched(context);
    if let Some(why) = &touched.unreadable {
        warn_once(format!(
            "git cannot say what differs from the last commit in {}: {why}. The lane is chosen as if it were risky \
             (path rule `{UNREADABLE}`)",
            context.root.display()
        ));
    }
    warn_of_policy_above(context, policy);
    let all = |own: &[String], around: &[String]| own.iter().chain(around).cloned().collect::<Vec<String>>();
    let seen = Seen {
        changed: &all(&touched.changed, &touched.around.changed),
        new: &all(&touched.new, &touched.around.new),
        behind_links: &touched.behind_links,
        unreadable: touched.unreadable.is_some(),
        failures,
        incident: false,
    };
    (from(&seen, policy), touched.paths())
}

/// A policy at the top of the repository does not hold in a folder below it; nobody should have to find that out by a bill.
fn warn_of_policy_above(context: &Context, policy: &Policy) {
    let users = context.home.config.join("policy.yaml");
    if policy.source() != BUILTIN_SOURCE && policy.source() != users.display().to_string() {
        return;
    }
    let Some(top) = top_of(&context.root).filter(|top| *top != context.root) else { return };
    let above = context.root.ancestors().skip(1).take_while(|folder| folder.starts_with(top));
    if let Some(folder) = above.into_iter().find(|folder| project_file(folder).is_file()) {
        warn_once(format!(
            "{} does not hold here: a project's files count in the folder in which the work is done. Work there with --cwd {}, or \
             name the file with --policy",
            project_file(folder).display(),
            folder.display()
        ));
    }
}

/// The folder in or above a workspace that looks like the top of a repository.
fn top_of(root: &Path) -> Option<&Path> {
    root.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok())
}

/// Says the same thing once, however often a repository is looked at.
fn warn_once(words: String) {
    static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if !said.contains(&words) {
        crate::text::warn(&words);
        said.push(words);
    }
}

/// What git shows; nothing where there is no repository.
pub(crate) fn touched(context: &Context) -> Touched {
    if top_of(&context.root).is_none() {
        return Touched::default();
    }
    let mut look = Look { context, touched: Touched::default(), left: MOST_INSIDE };
    if let Err(why) = look.at_repository(&context.root, "") {
        look.touched.unreadable.get_or_insert(why);
    }
    let mut touched = look.touched;
    touched.behind_links = touched.paths().iter().filter_map(|path| behind_link(&context.root, path)).collect();
    touched
}

/// A look at a repository and those inside it.
struct Look<'a> {
    context: &'a Context,
    touched: Touched,
    /// How many more repositories are looked into.
    left: usize,
}

impl Look<'_> {
    /// Adds what one repository shows. `below` is where it lies in the workspace, with a slash at the end, or empty.
    fn at_repository(&mut self, at: &Path, below: &str) -> Result<(), String> {
        self.left =
            self.left.checked_sub(1).ok_or_else(|| format!("more than {MOST_INSIDE} repositories lie in it"))?;
        let git = Git::at(&self.context.environment, at)?;
        let prefix = text(&git.ask(&["rev-parse", "--show-prefix"])?);
        // What differs inside a repository that is part of this one is seen by a look into that one: git itself would go there with
        // its filters.
        let asked =
            ["status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=dirty"];
        let status = read_status(&git.ask(&asked)?, prefix.trim_end_matches('\n'));
        let inside: Vec<String> = status.new.iter().filter(|path| path.ends_with('/')).cloned().collect();
        let put = |paths: Vec<String>| paths.into_iter().map(|path| format!("{below}{path}")).collect::<Vec<_>>();
        self.touched.changed.extend(put(status.changed));
        self.touched.new.extend(put(status.new));
        if below.is_empty() {
            self.touched.around = status.around;
        }
        let parts = read_parts(&git.ask(&["ls-files", "--stage", "-z"])?);
        for (path, recorded) in parts.into_iter().map(|(path, id)| (format!("{path}/"), Some(id))).chain(
            // One that git does not track.
            inside.into_iter().map(|path| (path, None)),
        ) {
            let folder = at.join(&path);
            if folder.join(".git").symlink_metadata().is_err() {
                continue; // Not checked out: nothing there can differ.
            }
            let below = format!("{below}{path}");
            if let Some(recorded) = recorded {
                self.commits_since(&folder, &below, &recorded)?;
            }
            self.at_repository(&folder, &below)?;
        }
        Ok(())
    }

    /// Adds what a repository has committed since the commit that the one around it knows.
    fn commits_since(&mut self, at: &Path, below: &str, recorded: &str) -> Result<(), String> {
        let git = Git::at(&self.context.environment, at)?;
        let asked = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", recorded, "HEAD"];
        let names = git.ask(&asked).map_err(|why| format!("{below}: {why}"))?;
        let paths = names.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        self.touched.changed.extend(paths.map(|path| format!("{below}{}", text(path))));
        Ok(())
    }
}

/// Bytes as text. What is none leaves a mark, by which the signals know that the name is not a plain one.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Takes `XY path` entries apart, with a zero byte behind each. Paths come from the top of the repository; `prefix` is where the
/// workspace lies in it.
fn read_status(status: &[u8], prefix: &str) -> Touched {
    let mut touched = Touched::default();
    for entry in status.split(|byte| *byte == 0) {
        let (Some(kind), Some(b' ')) = (entry.get(..2), entry.get(2)) else { continue };
        let whole = text(&entry[3..]);
        let is_new = kind == b"??" || kind.contains(&b'A');
        let (list, path) = match whole.strip_prefix(prefix) {
            Some(path) => (if is_new { &mut touched.new } else { &mut touched.changed }, path),
            None if is_new => (&mut touched.around.new, whole.as_str()),
            None => (&mut touched.around.changed, whole.as_str()),
        };
        if !path.is_empty() && !path.starts_with(OWN) {
            list.push(path.to_owned());
        }
    }
    touched
}

/// Takes `mode id stage<tab>path` entries apart: the repositories that are part of this one, with the commit it knows.
fn read_parts(entries: &[u8]) -> BTreeMap<String, String> {
    let part = |entry: &[u8]| {
        let entry = text(entry);
        let (head, path) = entry.strip_prefix("160000 ")?.split_once('\t')?;
        Some((path.to_owned(), head.split(' ').next()?.to_owned()))
    };
    entries.split(|byte| *byte == 0).filter_map(part).collect()
}

/// The file in the workspace that a link, or a file behind one, really is.
fn behind_link(root: &Path, path: &str) -> Option<String> {
    let real: PathBuf = root.join(path).canonicalize().ok()?;
    let real = real.strip_prefix(root).ok()?.to_str()?;
    (real != path.trim_end_matches('/')).then(|| real.to_owned())
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
        let status = [
            "?? sub/new file.rs",
            " M sub/a.rs",
            "A  sub/b.rs",
            " A sub/c.rs",
            " D sub/gone.rs",
            "?? sub/.agent/team.yaml",
            " M other/d.rs",
            "?? f.rs",
            "?? .agent/policy.yaml",
        ];
        let status: String = status.map(|entry| format!("{entry}\0")).concat();
        let touched = read_status(status.as_bytes(), "sub/");
        assert_eq!(touched.changed, ["a.rs", "gone.rs"]);
        assert_eq!(touched.new, ["new file.rs", "b.rs", "c.rs"], "`git add -N` is new as well");
        assert_eq!(touched.around.changed, ["other/d.rs"]);
        assert_eq!(touched.around.new, ["f.rs"]);
        assert_eq!(read_status(b"", ""), Touched::default());
    }

    #[test]
    fn a_name_that_is_no_text_keeps_a_mark_and_does_not_hide_the_next() {
        let touched = read_status(b" M a\xffuth.rs\0 M x\ny.rs\0 M b.rs\0", "");
        assert_eq!(touched.changed, ["a\u{fffd}uth.rs", "x\ny.rs", "b.rs"]);
    }

    #[test]
    fn repositories_that_are_part_of_one_are_found_with_the_commit_it_knows() {
        let listed = ["100644 aaaa 0\tREADME.md", "160000 bbbb 0\tparts/s", "120000 cccc 0\tlink"].join("\0");
        assert_eq!(read_parts(listed.as_bytes()), [("parts/s".to_owned(), "bbbb".to_owned())].into());
    }
}
