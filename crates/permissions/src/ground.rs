//! What a line is judged by: everything that the crate cannot know of itself.

use std::path::{Path, PathBuf};

use crate::rules::RuleSet;

/// What runs without a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Only what reads, and of that only what no file of the repository can make run something, and what the team's file names:
    /// the profile for a machine without a sandbox.
    ReadOnlyAuto,
    /// That, and builds, tests and lints, which run the repository's own code.
    Session,
}

/// Where a program's name leads, on the fixed search path that the command will run with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A file of the system: nobody but root can change it or its folder.
    System,
    /// A file of the user's own, outside of every workspace (`~/.cargo/bin`).
    Own(PathBuf),
    /// Anything else: in a workspace, or others can write it.
    Foreign(PathBuf),
    /// Nothing: a shell will say so, and nothing runs.
    Missing,
}

/// What the judge asks of the machine. The crate itself opens nothing.
pub trait World {
    /// Looks a plain name (no `/`) up on the search path of commands.
    fn program(&self, name: &str) -> Program;

    /// Where a path leads when its links are followed; none where it does not exist, or where that is not known.
    fn real(&self, path: &Path) -> Option<PathBuf> {
        let _ = path;
        None
    }
}

/// A world in which every program is the system's, and no path is a link: for tools that only explain, and for tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ordinary;

impl World for Ordinary {
    fn program(&self, _name: &str) -> Program {
        Program::System
    }
}

/// What a line is judged by.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// What runs without a question.
    pub profile: Profile,
    /// The workspace: absolute, links resolved.
    pub root: &'a Path,
    /// Where the line starts: absolute, beneath the root.
    pub cwd: &'a Path,
    /// The user's home, where there is one.
    pub home: Option<&'a Path>,
    /// Command lines that are allowed as they stand, in every profile: the team's checks. They run what the repository holds, so
    /// only those of a team that the user trusts belong here.
    pub listed: &'a [String],
    /// The rules in force.
    pub rules: &'a RuleSet,
    /// Programs and links.
    pub world: &'a dyn World,
    /// `git status` counts as reading in [`Profile::ReadOnlyAuto`] too. It looks at the working tree, and so runs
    /// `core.fsmonitor` and the clean filters that the repository's configuration names. Say yes only where the command runs
    /// with [`NEUTRAL_GIT`], which switches off the first, and where the second is acceptable (a sandbox, a trusted root):
    /// filters have names of the repository's choice, so no environment switches them off.
    pub git_status_reads: bool,
}

/// Variables that take from git's reading commands what a repository's configuration could make them run, as far as an
/// environment can: a file monitor, hooks, a pager, signature checks (`log.showSignature`, or a `format.pretty` with `%G?`, runs
/// one of the `gpg` programs) and the fetching of missing objects. An external diff, clean filters, textconv and the configuration
/// of submodules stay. For every reading command that runs outside of a sandbox.
pub const NEUTRAL_GIT: &[(&str, &str)] = &[
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_PAGER", "cat"),
    ("GIT_CONFIG_COUNT", "8"),
    ("GIT_CONFIG_KEY_0", "core.fsmonitor"),
    ("GIT_CONFIG_VALUE_0", "false"),
    ("GIT_CONFIG_KEY_1", "core.hooksPath"),
    ("GIT_CONFIG_VALUE_1", "/dev/null"),
    ("GIT_CONFIG_KEY_2", "log.showSignature"),
    ("GIT_CONFIG_VALUE_2", "false"),
    ("GIT_CONFIG_KEY_3", "protocol.ext.allow"),
    ("GIT_CONFIG_VALUE_3", "never"),
    ("GIT_CONFIG_KEY_4", "gpg.program"),
    ("GIT_CONFIG_VALUE_4", "false"),
    ("GIT_CONFIG_KEY_5", "gpg.ssh.program"),
    ("GIT_CONFIG_VALUE_5", "false"),
    ("GIT_CONFIG_KEY_6", "gpg.x509.program"),
    ("GIT_CONFIG_VALUE_6", "false"),
    ("GIT_CONFIG_KEY_7", "format.pretty"),
    ("GIT_CONFIG_VALUE_7", "medium"),
];

#[cfg(test)]
mod tests {
    use super::NEUTRAL_GIT;

    #[test]
    fn gits_neutral_settings_are_as_many_as_their_count_says_and_each_has_a_value() {
        let value = |name: &str| NEUTRAL_GIT.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let count: usize = value("GIT_CONFIG_COUNT").and_then(|count| count.parse().ok()).unwrap_or_default();
        let settings: Vec<_> = (0..count)
            .map(|at| (value(&format!("GIT_CONFIG_KEY_{at}")), value(&format!("GIT_CONFIG_VALUE_{at}"))))
            .collect();
        assert!(settings.iter().all(|(key, value)| key.is_some() && value.is_some()), "{settings:?}");
        let numbered = NEUTRAL_GIT.iter().filter(|(name, _)| name.starts_with("GIT_CONFIG_KEY_")).count();
        assert_eq!(numbered, count, "git passes over what is behind the count");
        for setting in [
            ("gpg.program", "false"),
            ("gpg.ssh.program", "false"),
            ("gpg.x509.program", "false"),
            ("format.pretty", "medium"),
            ("log.showSignature", "false"),
            ("core.fsmonitor", "false"),
        ] {
            assert!(settings.contains(&(Some(setting.0), Some(setting.1))), "{setting:?}: {settings:?}");
        }
        let mut names: Vec<_> = NEUTRAL_GIT.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), NEUTRAL_GIT.len(), "no name stands twice");
    }
}
