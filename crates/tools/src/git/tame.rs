//! What keeps git from starting anything that a repository names. A repository's own configuration can name programs for nearly
//! every command of git: these settings and variables switch them off, or make git fail instead.
//!
//! Filters have names of the repository's choice, so they are listed first and switched off by name. Repositories inside this
//! one bring a configuration of their own: git is told not to look into them.

use std::path::{Path, PathBuf};

/// Settings by which a repository's own configuration cannot make git start a program or show what lies elsewhere, and a user's
/// cannot change what is printed.
pub(super) const SETTINGS: &[&str] = &[
    "core.pager=cat",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.sshCommand=false",
    "core.quotePath=false",
    "diff.external=",
    // What differs inside a repository in this one is found by a `git status` in there, with that one's filters.
    "diff.ignoreSubmodules=dirty",
    "diff.submodule=short",
    "status.submoduleSummary=false",
    "submodule.recurse=false",
    "status.relativePaths=true",
    "log.showSignature=false",
    "commit.gpgSign=false",
    "rerere.enabled=false",
    "gc.auto=0",
    "maintenance.auto=false",
    // A folder of the workspace that looks like a repository without a working tree is none.
    "safe.bareRepository=explicit",
    "color.ui=false",
];

/// The same by variables.
pub(super) const ENVIRONMENT: &[(&str, &str)] = &[
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    // Objects that are missing are not fetched: that starts what the repository names as the other side.
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_EDITOR", "false"),
    ("GIT_ASKPASS", "false"),
    ("LC_ALL", "C"),
];

/// Asks git for [`OwnFilters`].
pub(super) const LIST_FILTERS: &[&str] =
    &["config", "--null", "--show-scope", "--name-only", "--get-regexp", "^filter\\."];

/// Filters that the repository's own configuration defines. A user's own (large files) are the user's choice and stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OwnFilters {
    /// By name, as attributes choose them.
    pub(super) names: Vec<String>,
    /// Settings that switch them off.
    pub(super) off: Vec<String>,
}

impl OwnFilters {
    /// Reads what [`LIST_FILTERS`] printed: scope and key in turn, a zero byte behind each.
    ///
    /// # Errors
    /// A filter has a name by which it cannot be switched off, in words.
    pub(super) fn read(listed: &str) -> Result<Self, String> {
        let mut filters = Self::default();
        let mut words = listed.split('\0');
        while let (Some(scope), Some(key)) = (words.next(), words.next()) {
            if matches!(scope, "global" | "system" | "command") {
                continue;
            }
            // `filter.clean` belongs to no filter.
            let Some(name) = key.strip_prefix("filter.").and_then(|key| Some(key.rsplit_once('.')?.0)) else {
                continue;
            };
            if name.contains(['=', '\n', '\u{fffd}']) {
                return Err(format!(
                    "the repository's configuration has `{key}`, a filter with a name by which it cannot be switched off; rename \
                     or remove it in .git/config"
                ));
            }
            filters.names.push(name.to_owned());
        }
        filters.names.sort();
        filters.names.dedup();
        let off = |name: &String| {
            ["clean=", "smudge=", "process=", "required=false"].map(|setting| format!("filter.{name}.{setting}"))
        };
        filters.off = filters.names.iter().flat_map(off).collect();
        Ok(filters)
    }
}

/// The folder that git is told to be the repository's: the nearest that holds `.git`. Without being told, git believes
/// `core.worktree` of the repository's configuration, and compares files anywhere.
pub(super) fn work_tree(at: &Path) -> Option<PathBuf> {
    at.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok()).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_of_the_repository_are_switched_off_and_the_users_own_are_not() {
        let listed = "global\0filter.lfs.clean\0local\0filter.wor se.v2.process\0worktree\0filter.x.smudge\0local\0filter.x.clean\0";
        let filters = OwnFilters::read(listed).unwrap();
        assert_eq!(filters.names, ["wor se.v2", "x"]);
        assert!(filters.off.contains(&"filter.wor se.v2.process=".to_owned()));
        assert!(filters.off.contains(&"filter.x.required=false".to_owned()));
        assert_eq!(filters.off.len(), 8);
        assert_eq!(OwnFilters::read("").unwrap(), OwnFilters::default());
        assert_eq!(OwnFilters::read("local\0filter.clean\0").unwrap(), OwnFilters::default());
    }

    #[test]
    fn a_filter_that_cannot_be_named_is_an_error() {
        for key in ["filter.a=b.clean", "filter.a\nb.clean", "filter.\u{fffd}.clean"] {
            assert!(OwnFilters::read(&format!("local\0{key}\0")).unwrap_err().contains(key));
        }
    }
}
