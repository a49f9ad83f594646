//! Programs of this machine: where they are, and which version. They are looked for in absolute folders of PATH only, and
//! started in their own folder, so that nothing in the repository can be run in their place or tell them what to do.
#![expect(clippy::disallowed_methods, reason = "asks git, cargo and rustc for their versions")]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::config::home::Environment;

/// A program that takes longer to say its version is not one to wait for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest version that is shown, in characters.
const LONGEST: usize = 80;

/// Where a program is.
pub(crate) fn find(environment: &Environment, name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(environment.get("PATH")?)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&file))
        .find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// The first line of `PROGRAM --version`, or why there is none.
pub(super) async fn version(program: &Path) -> Result<String, String> {
    let mut command = tokio::process::Command::new(program);
    command.arg("--version").current_dir(program.parent().unwrap_or(Path::new("/")));
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = match tokio::time::timeout(PATIENCE, command.output()).await {
        Err(_) => return Err(format!("`{} --version` took longer than {} s", program.display(), PATIENCE.as_secs())),
        Ok(Err(error)) => return Err(format!("{} cannot be started: {error}", program.display())),
        Ok(Ok(output)) => output,
    };
    let text = String::from_utf8_lossy(if output.status.success() { &output.stdout } else { &output.stderr });
    let line: String = text.lines().next().unwrap_or_default().chars().take(LONGEST).collect();
    if output.status.success() { Ok(line) } else { Err(format!("{} --version failed: {line}", program.display())) }
}
