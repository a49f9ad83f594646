//! The working tree against the last commit, as one unified diff.

use std::path::Path;

use super::git::Git;
use super::text;
use crate::config::files;
use crate::config::home::Environment;

/// No colours, no programs of the repository's, the usual prefixes whatever the user has set.
const FORM: [&str; 8] = [
    "diff",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--ignore-submodules=dirty",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--relative",
];

/// The commit that everything differs from where there is none yet: git's own empty tree.
const NOTHING: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// Most new files that are shown; the others are named.
const MOST_NEW: usize = 200;
/// Longest new file that is shown, in bytes.
const LONGEST_NEW: usize = 256 * 1024;

/// The diff, files that git does not know yet included; empty where nothing differs.
///
/// # Errors
/// Why git cannot be asked, in words.
pub(crate) fn diff(environment: &Environment, root: &Path) -> Result<String, String> {
    let git = Git::at(environment, root)?;
    let base = if git.ask(&["rev-parse", "--verify", "--quiet", "HEAD"]).is_ok() { "HEAD" } else { NOTHING };
    let mut all = text(&git.ask(&[&FORM[..], &[base, "--"]].concat())?);
    let listed = git.ask(&["ls-files", "-z", "--others", "--exclude-standard"])?;
    // With a slash at its end: a repository inside this one, which has a diff of its own.
    let new = listed.split(|byte| *byte == 0).filter(|path| !path.is_empty() && !path.ends_with(b"/")).map(text);
    for (at, path) in new.enumerate() {
        all.push_str(&if at < MOST_NEW { added(root, &path) } else { named(&path, "one of many new files") });
    }
    Ok(all)
}

/// A new file as a diff shows it.
fn added(root: &Path, path: &str) -> String {
    let whole = root.join(path);
    if whole.is_symlink() {
        return named(path, "a symbolic link");
    }
    let content = match files::read_if_there(&whole) {
        Ok(Some(content)) if content.len() > LONGEST_NEW => return named(path, "a long file"),
        Ok(Some(content)) if !content.contains('\0') => content,
        _ => return named(path, "not text"),
    };
    let mut shown = head(path);
    if content.is_empty() {
        return shown;
    }
    shown.push_str(&format!("--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{} @@\n", content.lines().count()));
    for line in content.split_inclusive('\n') {
        shown.push('+');
        shown.push_str(line);
    }
    if !content.ends_with('\n') {
        shown.push_str("\n\\ No newline at end of file\n");
    }
    shown
}

fn head(path: &str) -> String {
    format!("diff --git a/{path} b/{path}\nnew file mode 100644\n")
}

/// A new file of which only the name is shown.
fn named(path: &str, what: &str) -> String {
    format!("{}Binary files /dev/null and b/{path} differ ({what})\n", head(path))
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
