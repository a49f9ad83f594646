//! The program that is measured: the release binary `agent`.
#![expect(clippy::disallowed_methods, reason = "starts cargo where the binary is missing")]

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::figure::progress;

/// Where the release binary is: beside this one when this one is a release build too. Built first where it is missing.
pub(crate) fn agent() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("this program does not know where it is")?;
    let profile = own.parent().context("this program lies in no folder")?;
    let binary = release_folder(profile).join(format!("agent{}", std::env::consts::EXE_SUFFIX));
    if !binary.is_file() {
        progress(&format!("{} is missing: cargo build --release -p cli (takes minutes)", binary.display()));
        build(&binary)?;
    }
    Ok(binary)
}

/// `target/release`, also for a debug build of this program: a debug build of `agent` says nothing about `agent`.
fn release_folder(profile: &Path) -> PathBuf {
    profile.parent().unwrap_or(profile).join("release")
}

fn build(binary: &Path) -> anyhow::Result<()> {
    let target = binary.parent().and_then(Path::parent).context("the binary lies in no target folder")?;
    let status = Command::new("cargo")
        .args(["build", "--release", "-p", "cli", "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .context("cargo cannot be started")?;
    if !status.success() || !binary.is_file() {
        bail!("`cargo build --release -p cli` did not make {} ({status})", binary.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debug_build_measures_the_release_binary_too() {
        assert_eq!(release_folder(Path::new("/x/target/debug")), Path::new("/x/target/release"));
        assert_eq!(release_folder(Path::new("/x/target/release")), Path::new("/x/target/release"));
    }
}
