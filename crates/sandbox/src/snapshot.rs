//! What is there, looked up just before a command: mounting over something that is not there fails or protects nothing.
#![expect(clippy::disallowed_methods, reason = "looks up what exists")]

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::mode::Mode;
use crate::profile::Profile;
use crate::sockets;

/// What was found. Paths are resolved: no part of one is a link.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Folders that may be written, the workspace first.
    pub writable: Vec<PathBuf>,
    /// The workspace, when it may only be read.
    pub readable: Vec<PathBuf>,
    /// Protected things that exist, in whatever case they are written.
    pub protected: Vec<PathBuf>,
    /// Protected names that do not exist: a mount point has to be made for each.
    pub absent: Vec<PathBuf>,
    /// Protected names that are links. Nothing can be mounted on a link: what it points to is among `protected`, and the
    /// link itself is looked at afterwards.
    pub links: Vec<Link>,
    /// Credentials that exist; true for a folder.
    pub hidden: Vec<(PathBuf, bool)>,
    /// UNIX sockets of the machine. Those of other commands are not among them.
    pub sockets: Vec<PathBuf>,
    /// Folders of nested repositories' `.git`.
    pub nested: Vec<PathBuf>,
    /// `/var/tmp` is a folder of its own.
    pub var_tmp: bool,
}

/// A protected name that is a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it lies.
    pub path: PathBuf,
    /// What is written in it.
    pub target: PathBuf,
}

/// Looks. `points` are mount points that commands of ours hold just now: they count as absent while they are empty.
pub(crate) fn take(profile: &Profile, points: &BTreeSet<PathBuf>) -> Snapshot {
    let mut found = Snapshot { var_tmp: is_folder(Path::new("/var/tmp")), ..Snapshot::default() };
    let roots = [&profile.root].into_iter().chain(&profile.writable).filter_map(|root| fs::canonicalize(root).ok());
    let roots: Vec<PathBuf> = roots.collect();
    if profile.mode == Mode::ReadOnly {
        found.readable = roots;
    } else {
        if let Some(root) = roots.first() {
            protect(&mut found, root, &profile.protected, points, true);
            worktree(&mut found, root, &roots);
        }
        for root in roots.iter().skip(1) {
            protect(&mut found, root, &profile.protected, points, false);
        }
        shelter_targets(&mut found, &roots);
        found.writable = roots;
    }
    found.readable.extend(profile.readable.iter().filter_map(|path| fs::canonicalize(path).ok()));
    hide(&mut found, profile);
    found.sockets = sockets::of_this_machine();
    tidy(&mut found.protected);
    found
}

fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

fn tidy(paths: &mut Vec<PathBuf>) {
    paths.sort();
    paths.dedup();
}

/// The first part of each protected name is what is mounted: a file or folder deeper down would lose its protection when its
/// parent is renamed, and only what is mounted cannot be renamed.
fn protect(found: &mut Snapshot, root: &Path, names: &[PathBuf], points: &BTreeSet<PathBuf>, hold: bool) {
    let tops: BTreeSet<OsString> = names.iter().filter_map(|name| top(name)).collect();
    let entries: Vec<OsString> = fs::read_dir(root)
        .map(|listing| listing.flatten().map(|entry| entry.file_name()).collect())
        .unwrap_or_default();
    let lower: BTreeSet<String> = tops.iter().map(|top| in_lower_case(top)).collect();
    for entry in entries.iter().filter(|entry| lower.contains(&in_lower_case(entry))) {
        let path = root.join(entry);
        let Ok(kind) = fs::symlink_metadata(&path) else { continue };
        if kind.is_symlink() {
            let target = fs::read_link(&path).unwrap_or_default();
            found.links.push(Link { path, target });
        } else if points.contains(&path) && is_empty_folder(&path) {
            found.absent.push(path);
        } else {
            found.protected.push(path);
        }
    }
    if hold {
        let missing = tops.iter().filter(|top| !entries.contains(*top)).map(|top| root.join(top));
        found.absent.extend(missing);
    }
}

fn is_empty_folder(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut listing| listing.next().is_none())
}

/// The first part of a name beneath the root, if it is one.
pub(crate) fn top(name: &Path) -> Option<OsString> {
    match name.components().find(|part| *part != Component::CurDir) {
        Some(Component::Normal(first)) => Some(first.to_owned()),
        _ => None,
    }
}

/// Names that a file system which ignores case takes for one.
pub(crate) fn same_name(one: &OsStr, other: &OsStr) -> bool {
    in_lower_case(one) == in_lower_case(other)
}

fn in_lower_case(name: &OsStr) -> String {
    name.to_string_lossy().to_lowercase()
}

/// In a worktree or a submodule `.git` is a file that names the folder where git keeps what matters.
fn worktree(found: &mut Snapshot, root: &Path, roots: &[PathBuf]) {
    let file = root.join(".git");
    if !fs::symlink_metadata(&file).is_ok_and(|kind| kind.is_file()) {
        return;
    }
    let Some(folder) = git_folder(&file) else { return };
    let common = fs::read_to_string(folder.join("commondir")).ok();
    let common = common.and_then(|text| fs::canonicalize(folder.join(text.trim_end())).ok());
    for path in [Some(folder), common].into_iter().flatten() {
        if roots.iter().any(|root| path.starts_with(root)) {
            found.protected.push(path);
        }
    }
}

/// The folder that a `.git` file names.
pub(crate) fn git_folder(file: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(file).ok()?;
    let named = text.strip_prefix("gitdir:")?.trim();
    fs::canonicalize(file.parent()?.join(named)).ok()
}

/// What protected links point to within what may be written is protected by its first part too.
fn shelter_targets(found: &mut Snapshot, roots: &[PathBuf]) {
    for link in &found.links {
        let Ok(target) = fs::canonicalize(&link.path) else { continue };
        let Some(root) = roots.iter().find(|root| target.starts_with(root)) else { continue };
        if let Ok(below) = target.strip_prefix(root)
            && let Some(first) = top(below)
        {
            found.protected.push(root.join(first));
        }
    }
}

fn hide(found: &mut Snapshot, profile: &Profile) {
    let mut hidden: BTreeSet<(PathBuf, bool)> = BTreeSet::new();
    for path in profile.hidden.iter().chain([&profile.state]) {
        // Most are not there, and to resolve a path takes a look at each part of it.
        if fs::symlink_metadata(path).is_ok()
            && let Ok(path) = fs::canonicalize(path)
        {
            let folder = is_folder(&path);
            hidden.insert((path, folder));
        }
    }
    found.hidden = hidden.into_iter().collect();
}
