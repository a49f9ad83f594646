//! Places with a meaning of their own: by which other programs are made to run something, where credentials are kept, what
//! every user may read, and what must not be removed.

use std::path::{Component, Path, PathBuf};

/// Folders and files by which other programs (git, shells, editors, build tools, other agents) and this one can be made to run
/// something. A name counts wherever it stands in a path; one of two parts where its parts follow one another.
pub const PROTECTED: &[&str] = &[
    ".git",
    ".gitmodules",
    ".gitattributes",
    ".gitconfig",
    ".agent",
    ".claude",
    ".codex",
    ".cursor",
    ".gemini",
    ".opencode",
    ".vscode",
    ".idea",
    ".zed",
    ".exrc",
    ".vimrc",
    ".nvimrc",
    ".nvim.lua",
    ".husky",
    ".cargo",
    ".devcontainer",
    ".devcontainer.json",
    ".envrc",
    ".mise.toml",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pnpmfile.cjs",
    ".mcp.json",
    ".pre-commit-config.yaml",
    // What else lies in `.github` runs nothing.
    ".github/workflows",
    ".github/actions",
    ".gitlab-ci.yml",
    ".circleci",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".bash_aliases",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".zlogout",
    ".inputrc",
    ".gdbinit",
    ".lldbinit",
    ".ssh",
    ".gnupg",
];

/// Names at the top of a workspace that commands never write, whether they are there or not: they configure git, agents, editors, hooks,
/// build tools and CI, so that what stands there runs outside of the sandbox later. Shorter than [`PROTECTED`], because each name costs
/// every command a mount, and because an absent one is an empty folder while a command runs: `.mise.toml` and `.pnpmfile.cjs` are not
/// among them, for mise and pnpm fail where these are folders.
pub const MOUNTED: &[&str] = &[
    ".git",
    ".gitmodules",
    ".agent",
    ".claude",
    ".codex",
    ".cursor",
    ".gemini",
    ".opencode",
    ".vscode",
    ".idea",
    ".zed",
    ".exrc",
    ".nvim.lua",
    ".gdbinit",
    ".lldbinit",
    ".husky",
    ".cargo",
    ".devcontainer",
    ".devcontainer.json",
    ".github",
    ".gitlab-ci.yml",
    ".circleci",
    ".envrc",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".mcp.json",
    ".pre-commit-config.yaml",
];

/// The same, besides, where the workspace is the home folder itself.
pub const MOUNTED_AT_HOME: &[&str] = &[
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".bash_aliases",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".zlogout",
    ".inputrc",
    ".gitconfig",
    ".gitattributes",
    ".config",
    ".local",
    ".vimrc",
    ".pam_environment",
];

/// Folders and files beneath the home folder that hold credentials, or what was typed.
pub const CREDENTIALS: &[&str] = &[
    ".ssh",
    ".aws",
    ".azure",
    ".gnupg",
    ".kube",
    ".docker",
    ".config/gcloud",
    ".config/gh",
    ".config/glab-cli",
    ".config/hub",
    ".config/op",
    ".config/sops",
    ".config/git/credentials",
    ".local/share/keyrings",
    ".password-store",
    ".netrc",
    ".git-credentials",
    ".npmrc",
    ".yarnrc.yml",
    ".pypirc",
    ".pgpass",
    ".my.cnf",
    ".vault-token",
    ".terraform.d/credentials.tfrc.json",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".gem/credentials",
    ".m2/settings.xml",
    ".gradle/gradle.properties",
    ".bash_history",
    ".zsh_history",
    ".python_history",
    ".node_repl_history",
    ".psql_history",
    ".mysql_history",
    ".sqlite_history",
    ".lesshst",
    ".viminfo",
    ".local/share/fish/fish_history",
    ".config/containers/auth.json",
    ".config/rclone",
    ".oci",
    ".bundle/config",
    ".mozilla",
    ".config/google-chrome",
    ".config/chromium",
    ".claude/.credentials.json",
    ".codex/auth.json",
    ".config/tandem",
    ".local/state/tandem",
];

/// The names that commands in this workspace never write.
#[must_use]
pub fn mounted(root: &Path, home: &Path) -> Vec<PathBuf> {
    let at_home: &[&str] = if root == home { MOUNTED_AT_HOME } else { &[] };
    MOUNTED.iter().chain(at_home).map(PathBuf::from).collect()
}

/// A user's places of credentials.
#[must_use]
pub fn credentials(home: &Path) -> Vec<PathBuf> {
    CREDENTIALS.iter().map(|name| home.join(name)).collect()
}

/// What every user of a system may read, and programs ask for.
const PUBLIC: &[&str] = &[
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc/os-release",
    "/etc/lsb-release",
    "/etc/debian_version",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/version",
    "/proc/loadavg",
    "/dev/null",
];

/// The part of a path that is protected. File systems that ignore case make `.Git` the same folder as `.git`.
pub fn protected(path: &Path) -> Option<&'static str> {
    let normal = path.components().filter(|part| matches!(part, Component::Normal(_)));
    let parts: Vec<String> = normal.map(|part| part.as_os_str().to_string_lossy().to_lowercase()).collect();
    protected_among(&parts)
}

/// The first of the [`PROTECTED`] names among the parts of a path, which are in the form that the caller compares by.
pub fn protected_among(parts: &[String]) -> Option<&'static str> {
    let stands = |name: &str, at: usize| {
        let mut here = parts[at..].iter();
        name.split('/').all(|part| here.next().is_some_and(|found| found == part))
    };
    (0..parts.len()).find_map(|at| PROTECTED.iter().find(|name| stands(name, at)).copied())
}

/// Whether a path is where the user keeps credentials.
pub fn is_credential(path: &Path, home: Option<&Path>) -> bool {
    let Some(below) = home.and_then(|home| path.strip_prefix(home).ok()) else { return false };
    CREDENTIALS.iter().any(|place| below.starts_with(place))
}

pub(crate) fn is_public(path: &Path) -> bool {
    PUBLIC.iter().any(|place| path.starts_with(place))
}

/// Folders whose removal no session can want: the root, what stands at its top, the home folder, the workspace, and whatever
/// holds one of these.
pub(crate) fn is_critical(path: &Path, root: &Path, home: Option<&Path>) -> bool {
    let depth = path.components().filter(|part| matches!(part, Component::Normal(_))).count();
    let system = ["/usr", "/etc", "/boot", "/lib", "/bin", "/sbin", "/dev", "/proc", "/sys"];
    depth < 2
        || root.starts_with(path)
        || home.is_some_and(|home| home.starts_with(path))
        || (depth == 2 && system.iter().any(|place| path.starts_with(place)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_two_parts_counts_where_both_follow_one_another_and_nowhere_else() {
        for (path, part) in [
            (".github/workflows/ci.yml", Some(".github/workflows")),
            ("sub/.GitHub/Workflows", Some(".github/workflows")),
            (".github/actions/build/action.yml", Some(".github/actions")),
            (".gitlab-ci.yml", Some(".gitlab-ci.yml")),
            ("sub/.circleci/config.yml", Some(".circleci")),
            (".github", None),
            (".github/CODEOWNERS", None),
            (".github/docs/workflows/a.md", None),
            ("workflows/ci.yml", None),
            (".github/workflows-old/a.md", None),
        ] {
            assert_eq!(protected(Path::new(path)), part, "{path}");
        }
    }
}
