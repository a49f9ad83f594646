//! What a command finds around it: an allow-listed part of the environment, and a mark by which it is found again.
#![cfg_attr(
    target_os = "linux",
    expect(clippy::disallowed_methods, reason = "reads /proc to find processes by their mark")
)]

use std::path::{Path, PathBuf};

/// Carries the mark.
pub(crate) const MARK: &str = "TANDEM_COMMAND";

/// Variables that commands need and that hold no secret.
const ALLOWED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "TMP",
    "TEMP",
    "CI",
    "SOURCE_DATE_EPOCH",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "RUSTFLAGS",
    "RUSTDOCFLAGS",
    "RUSTC_WRAPPER",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "RUST_TEST_THREADS",
    "CC",
    "CXX",
    "CFLAGS",
    "CXXFLAGS",
    "LDFLAGS",
    "MAKEFLAGS",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "LIBRARY_PATH",
    "PKG_CONFIG_PATH",
    "PKG_CONFIG",
    "GOPATH",
    "GOROOT",
    "GOCACHE",
    "GOMODCACHE",
    "GOFLAGS",
    "GOPROXY",
    "NODE_PATH",
    "NODE_OPTIONS",
    "NVM_DIR",
    "NVM_BIN",
    "VOLTA_HOME",
    "PNPM_HOME",
    "JAVA_HOME",
    "MAVEN_HOME",
    "GRADLE_HOME",
    "GRADLE_USER_HOME",
    "ANDROID_HOME",
    "DOTNET_ROOT",
    "PYTHONPATH",
    "PYENV_ROOT",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "UV_CACHE_DIR",
    "RBENV_ROOT",
    "GEM_HOME",
    "GEM_PATH",
    "BUNDLE_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NIX_PATH",
    "NIX_SSL_CERT_FILE",
];

/// Families of variables, by how they begin.
const ALLOWED_FAMILIES: &[&str] = &["LC_", "CARGO_", "RUSTUP_"];

/// A name with one of these in it may hold a secret, whatever family it is of (`CARGO_REGISTRY_TOKEN`).
const SECRET: &[&str] = &["TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "AUTH", "_KEY", "APIKEY"];

/// What every command gets whatever the environment says: no colours, no pager, nobody who answers a prompt. Python keeps no
/// bytecode: it tells a changed file by size and second, and an agent edits and tests within one.
const FIXED: &[(&str, &str)] = &[
    ("TERM", "dumb"),
    ("NO_COLOR", "1"),
    ("PAGER", "cat"),
    ("GIT_PAGER", "cat"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("DEBIAN_FRONTEND", "noninteractive"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
];

/// The part of an environment that commands may see, with what is fixed for all.
pub(crate) fn allowed(environment: &[(String, String)]) -> Vec<(String, String)> {
    let ours = |name: &str| FIXED.iter().any(|(fixed, _)| *fixed == name);
    let mut kept: Vec<(String, String)> = environment
        .iter()
        .filter(|(name, _)| is_allowed(name) && !ours(name))
        .map(|(name, value)| match name.as_str() {
            "PATH" => (name.clone(), absolute_only(value)),
            _ => (name.clone(), value.clone()),
        })
        .collect();
    kept.extend(FIXED.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    kept
}

fn is_allowed(name: &str) -> bool {
    let upper = name.to_uppercase();
    let listed = ALLOWED.contains(&name) || ALLOWED_FAMILIES.iter().any(|family| name.starts_with(family));
    listed && !SECRET.iter().any(|secret| upper.contains(secret))
}

/// Without entries that depend on the current folder: a repository must not bring its own `git`.
fn absolute_only(path: &str) -> String {
    path.split(':').filter(|folder| folder.starts_with('/')).collect::<Vec<_>>().join(":")
}

/// `bash` where the search path has one, else the system's `sh`.
pub(crate) fn find_shell(environment: &[(String, String)]) -> PathBuf {
    let path = environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_str()).unwrap_or_default();
    let usual = ["/bin", "/usr/bin"];
    path.split(':')
        .filter(|folder| !folder.is_empty())
        .chain(usual)
        .map(|folder| Path::new(folder).join("bash"))
        .find(|file| file.is_file())
        .unwrap_or_else(|| PathBuf::from("/bin/sh"))
}

/// The shell that a person chose for themselves, where there is one that runs commands.
pub(crate) fn own_shell(environment: &[(String, String)]) -> Option<PathBuf> {
    let (_, shell) = environment.iter().find(|(name, _)| name == "SHELL")?;
    let shell = Path::new(shell);
    // Accounts that nobody logs in to have these.
    let runs = !matches!(shell.file_name()?.to_str()?, "false" | "true" | "nologin");
    (runs && shell.is_absolute() && shell.is_file()).then(|| shell.to_owned())
}

/// Ends every process whose mark begins so: also those that left the session and group they were started in.
#[cfg(target_os = "linux")]
pub(crate) fn end_marked(mark: &str) {
    let needle = format!("{MARK}={mark}");
    let Ok(processes) = std::fs::read_dir("/proc") else { return };
    for process in processes.flatten() {
        let Some(id) = process.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        let Ok(environment) = std::fs::read(process.path().join("environ")) else { continue };
        let ours = environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(needle.as_bytes()));
        if ours && let Some(id) = rustix::process::Pid::from_raw(id) {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
        }
    }
}

/// Elsewhere there is no way to find them that needs no rights.
#[cfg(not(target_os = "linux"))]
pub(crate) fn end_marked(_mark: &str) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(names: &[&str]) -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), "/bin".to_owned())).collect()
    }

    #[test]
    fn sec_38_keys_and_everything_that_is_not_listed_stay_out() {
        let given = pairs(&[
            "PATH",
            "CARGO_HOME",
            "LC_ALL",
            "ANTHROPIC_API_KEY",
            "CARGO_REGISTRY_TOKEN",
            "GITHUB_TOKEN",
            "SSH_AUTH_SOCK",
            "LD_PRELOAD",
            "BASH_ENV",
            "GIT_DIR",
            "HTTPS_PROXY",
            "CARGO_REGISTRIES_X_TOKEN",
            "DISPLAY",
        ]);
        let names: Vec<String> = allowed(&given).into_iter().map(|(name, _)| name).collect();
        let fixed: Vec<&str> = FIXED.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, [vec!["PATH", "CARGO_HOME", "LC_ALL"], fixed].concat());
    }

    #[test]
    fn a_terminal_that_the_user_has_is_not_passed_on() {
        let given = vec![("TERM".to_owned(), "xterm-256color".to_owned())];
        let terms: Vec<String> =
            allowed(&given).into_iter().filter(|(name, _)| name == "TERM").map(|(_, value)| value).collect();
        assert_eq!(terms, ["dumb"]);
    }

    #[test]
    fn a_search_path_keeps_only_absolute_folders() {
        assert_eq!(absolute_only("/usr/bin:.::node_modules/.bin:/bin"), "/usr/bin:/bin");
    }
}
