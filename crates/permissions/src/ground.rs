//! What a line is judged by: everything that the crate cannot know of itself.

use std::path::{Path, PathBuf};

use crate::rules::RuleSet;

/// What runs without a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Only what reads, and of that only what no file of the repository can make run something: the profile for a machine
    /// without a sandbox.
    ReadOnlyAuto,
    /// That, and builds, tests and lints, which run the repository's own code, and what the team's file names.
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
    /// Command lines that are allowed as they stand: the team's checks.
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
/// environment can: a file monitor, hooks, an external diff, a pager, signature checks (`log.showSignature` runs `gpg.program`)
/// and the fetching of missing objects. Clean filters, textconv and the configuration of submodules stay.
pub const NEUTRAL_GIT: &[(&str, &str)] = &[
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_PAGER", "cat"),
    ("GIT_CONFIG_COUNT", "4"),
    ("GIT_CONFIG_KEY_0", "core.fsmonitor"),
    ("GIT_CONFIG_VALUE_0", "false"),
    ("GIT_CONFIG_KEY_1", "core.hooksPath"),
    ("GIT_CONFIG_VALUE_1", "/dev/null"),
    ("GIT_CONFIG_KEY_2", "log.showSignature"),
    ("GIT_CONFIG_VALUE_2", "false"),
    ("GIT_CONFIG_KEY_3", "protocol.ext.allow"),
    ("GIT_CONFIG_VALUE_3", "never"),
];
