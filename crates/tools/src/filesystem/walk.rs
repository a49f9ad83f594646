//! Walks a folder in the order of names, by the repository's ignore rules, hidden files included, `.git` left out.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

/// Most files looked at to find a name that is near to a wrong one.
const LOOK_FOR_NEAR: usize = 5_000;

/// Files that say what is ignored. They are opened wherever a walk comes by.
const IGNORE_FILES: [&str; 3] = [".gitignore", ".ignore", ".git/info/exclude"];

/// A walk over everything beneath `folder` but for `hidden` (absolute). Symlinks are listed and not followed. What the user's own
/// global ignore file says is left out: the same repository gives the same answer everywhere.
pub(crate) fn walk(folder: &Path, hidden: Vec<PathBuf>) -> WalkBuilder {
    let mut builder = WalkBuilder::new(folder);
    let is_shown =
        move |path: &Path| path.file_name() != Some(OsStr::new(".git")) && !hidden.iter().any(|hidden| path == hidden);
    builder
        .hidden(false)
        .git_global(false)
        .require_git(false)
        .follow_links(false)
        .parents(folder.ancestors().skip(1).all(has_readable_ignores))
        .filter_entry(move |entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            is_shown(entry.path()) && (!is_folder || has_readable_ignores(entry.path()))
        })
        .sort_by_file_name(OsStr::cmp);
    if !has_readable_ignores(folder) {
        builder.git_ignore(false).ignore(false).git_exclude(false);
    }
    builder
}

/// Whether a folder's files of ignore rules are files: a pipe in their place would be waited for without end, so such a folder is
/// not gone into.
fn has_readable_ignores(folder: &Path) -> bool {
    IGNORE_FILES.iter().all(|name| folder.join(name).metadata().map_or(true, |file| file.is_file()))
}

/// Up to three files whose path is near to one that does not exist, of those that a walk beneath the root finds.
pub(crate) fn similar_files(root: &Path, walk: WalkBuilder, wanted: &str) -> Vec<String> {
    let name = Path::new(wanted).file_name().map(|name| name.to_string_lossy().to_string());
    let files: Vec<String> = walk
        .build()
        .flatten()
        .take(LOOK_FOR_NEAR)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| Some(entry.path().strip_prefix(root).ok()?.to_str()?.to_owned()))
        .collect();
    let same_name = |file: &&String| Path::new(file).file_name().and_then(|name| name.to_str()) == name.as_deref();
    let mut near: Vec<String> = files.iter().filter(same_name).take(3).cloned().collect();
    let all: Vec<&str> = files.iter().map(String::as_str).collect();
    for file in similar::get_close_matches(wanted, &all, 3, 0.7) {
        if near.len() < 3 && !near.iter().any(|known| known == file) {
            near.push(file.to_owned());
        }
    }
    near
}
