//! Repositories within the workspace. Their hooks and settings run outside the wall when somebody uses git in them, and a
//! mount upon them can be got rid of by renaming a folder above. So what a command has put there is looked at afterwards.
#![expect(clippy::disallowed_methods, reason = "walks the workspace")]

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, ResolveFlags};

use crate::snapshot::{git_folder, same_name};

mod settings;

/// Entries that a walk looks at, at most: about 20 ms.
const MOST_ENTRIES: usize = 40_000;
/// Nested repositories that are mounted read-only, at most: each costs every command a mount.
const MOST_MOUNTS: usize = 32;
const MOST_BYTES: u64 = 256 * 1024;
/// What builds and package managers fill: looked at last.
const HEAVY: &[&str] =
    &["node_modules", "target", ".venv", "venv", "dist", "build", ".next", ".tox", "__pycache__", "vendor"];

/// What a walk found.
#[derive(Debug, Default)]
struct Walk {
    /// Folders, files and links named `.git`, and folders that are repositories without a working tree.
    repositories: Vec<PathBuf>,
    /// The walk saw everything.
    whole: bool,
}

/// Looks for repositories beneath a workspace, near ones first; its own `.git` is not among them.
fn walk(root: &Path) -> Walk {
    walk_within(root, MOST_ENTRIES)
}

fn walk_within(root: &Path, most: usize) -> Walk {
    let mut found = Walk { whole: true, ..Walk::default() };
    let (mut near, mut heavy) = (VecDeque::from([root.to_owned()]), VecDeque::new());
    let mut left = most;
    while let Some(folder) = near.pop_front().or_else(|| heavy.pop_front()) {
        let Ok(listing) = fs::read_dir(&folder) else { continue };
        let mut marks = 0;
        for entry in listing.flatten() {
            let Some(rest) = left.checked_sub(1) else {
                found.whole = false;
                return found;
            };
            left = rest;
            let name = entry.file_name();
            if same_name(&name, ".git".as_ref()) {
                if folder != root {
                    found.repositories.push(entry.path());
                }
                continue;
            }
            marks += usize::from(["HEAD", "objects", "refs"].iter().any(|mark| name == *mark));
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                let queue = if HEAVY.iter().any(|heavy| name == *heavy) { &mut heavy } else { &mut near };
                queue.push_back(entry.path());
            }
        }
        if marks == 3 && folder != root {
            found.repositories.push(folder);
        }
    }
    found
}

/// Those that every command finds mounted read-only. Only such as were there when the session began: what a command makes, a
/// command may remove.
pub(crate) fn to_mount(root: &Path) -> Vec<PathBuf> {
    let heavy = |path: &Path| {
        let below = path.strip_prefix(root).unwrap_or(path);
        below.components().any(|part| HEAVY.iter().any(|heavy| part.as_os_str() == *heavy))
    };
    let git = |path: &PathBuf| path.file_name().is_some_and(|name| name == ".git") && !heavy(path);
    walk(root).repositories.into_iter().filter(git).take(MOST_MOUNTS).collect()
}

/// Nanoseconds since 1970 at which an entry was last changed in any way. No program can set it.
fn changed(path: &Path) -> Option<i128> {
    fs::symlink_metadata(path)
        .ok()
        .map(|found| i128::from(found.ctime()) * 1_000_000_000 + i128::from(found.ctime_nsec()))
}

/// Looks at every repository that changed since `since`, and takes what would run something out of the way. Gives a notice for
/// each thing that was renamed, with its place.
pub(crate) fn quarantine(root: &Path, since: i128) -> Vec<(Option<PathBuf>, String)> {
    let walk = walk(root);
    let mut notices = Vec::new();
    for git in &walk.repositories {
        for (path, why) in suspects(root, git, since) {
            let notice = set_aside(root, &path, &why);
            notices.push((Some(path), notice));
        }
    }
    if !walk.whole {
        let text = format!(
            "{} has more than {MOST_ENTRIES} entries: not all of it was searched for hooks in nested repositories",
            root.display()
        );
        notices.push((None, text));
    }
    notices
}

/// What in one repository is new and would run something.
fn suspects(root: &Path, git: &Path, since: i128) -> Vec<(PathBuf, String)> {
    let parts = ["", "hooks", "config", "config.worktree", "commondir"]
        .map(|part| if part.is_empty() { git.to_owned() } else { git.join(part) });
    let hooks = git.join("hooks");
    let hooks = if is_link(&hooks) { Vec::new() } else { entries(&hooks) };
    let new = |path: &Path| changed(path).is_some_and(|at| at >= since);
    if !parts.iter().chain(&hooks).any(|path| new(path)) {
        return Vec::new();
    }
    let Ok(kind) = fs::symlink_metadata(git) else { return Vec::new() };
    if kind.is_symlink() {
        return vec![(git.to_owned(), "a command made it a link".to_owned())];
    }
    if kind.is_file() {
        return pointer(root, git, since);
    }
    inside(root, git, &hooks)
}

/// A `.git` that is a file names another folder, and that one is looked at where commands can write.
fn pointer(root: &Path, git: &Path, since: i128) -> Vec<(PathBuf, String)> {
    let Some(folder) = git_folder(git) else { return Vec::new() };
    let own = root.join(".git");
    if !folder.starts_with(root) || folder.starts_with(&own) || folder == *git {
        return Vec::new();
    }
    let found = suspects(root, &folder, since.min(0));
    found.into_iter().map(|(path, why)| (path, format!("{why} ({} points to it)", git.display()))).collect()
}

fn inside(root: &Path, git: &Path, hooks: &[PathBuf]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for name in ["hooks", "config", "config.worktree", "commondir"] {
        let path = git.join(name);
        let Ok(kind) = fs::symlink_metadata(&path) else { continue };
        if kind.is_symlink() {
            found.push((path, "it is a link".to_owned()));
        } else if name == "commondir" {
            found.push((path, "it takes settings from elsewhere".to_owned()));
        } else if kind.is_file()
            && let Some(why) = settings::harm(&read(root, &path))
        {
            found.push((path, why));
        }
    }
    let runs =
        |path: &PathBuf| path.extension().is_none_or(|extension| extension != "sample" && extension != "quarantined");
    let hooks = hooks.iter().filter(|path| runs(path));
    found.extend(hooks.map(|path| (path.clone(), "git runs it".to_owned())));
    found
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(listing) = fs::read_dir(folder) else { return Vec::new() };
    let mut entries: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries
}

/// The whole file, by a way without links; nothing where it cannot be read so, or is larger than settings ever are.
fn read(root: &Path, path: &Path) -> Option<Vec<u8>> {
    let top = rustix::fs::open(root, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let below = path.strip_prefix(root).ok()?;
    let how = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let file = rustix::fs::openat2(top, below, how, Mode::empty(), resolve).ok()?;
    let mut bytes = Vec::new();
    let read = fs::File::from(file).take(MOST_BYTES + 1).read_to_end(&mut bytes).ok()?;
    (read as u64 <= MOST_BYTES).then_some(bytes)
}

/// Renames, within a folder that is opened by a way without links: a command in the background may be changing them.
pub(crate) fn set_aside(root: &Path, path: &Path, why: &str) -> String {
    match renamed(root, path) {
        Ok(name) => format!("{} was renamed to {}: {why}", path.display(), name.display()),
        Err(error) => format!("{} should be renamed by you, which failed here ({error}): {why}", path.display()),
    }
}

fn renamed(root: &Path, path: &Path) -> Result<OsString, rustix::io::Errno> {
    let wrong = rustix::io::Errno::INVAL;
    let below = path.strip_prefix(root).map_err(|_| wrong)?;
    let (parent, name) = (below.parent().ok_or(wrong)?, below.file_name().ok_or(wrong)?);
    let folder = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let top = rustix::fs::open(root, folder, Mode::empty())?;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let parent = if parent.as_os_str().as_bytes().is_empty() {
        top
    } else {
        rustix::fs::openat2(top, parent, folder, Mode::empty(), resolve)?
    };
    for attempt in 0..100 {
        let mut other = name.to_owned();
        if attempt > 0 {
            other.push(format!(".{attempt}"));
        }
        other.push(".quarantined");
        match rustix::fs::renameat_with(&parent, name, &parent, &other, rustix::fs::RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(other),
            Err(rustix::io::Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
    }
    Err(rustix::io::Errno::EXIST)
}

#[cfg(test)]
#[path = "nested_tests.rs"]
mod tests;
