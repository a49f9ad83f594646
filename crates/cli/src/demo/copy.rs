//! A working copy of an example repository: real files in a real git repository.
#![expect(clippy::disallowed_methods, reason = "makes the demo's own folders and runs git in them")]

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

/// A folder with the example's files, committed once.
pub(crate) struct WorkingCopy {
    pub(crate) root: PathBuf,
}

impl WorkingCopy {
    /// Writes the files and commits them.
    pub(crate) fn create(root: &Path, files: &[(String, String)]) -> anyhow::Result<Self> {
        for (name, text) in files {
            let path = root.join(name);
            let folder = path.parent().unwrap_or(root);
            std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
            std::fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        let copy = Self { root: root.canonicalize()? };
        copy.git(&["init", "--quiet", "--initial-branch=main"])?;
        copy.git(&["add", "--all"])?;
        copy.git(&["commit", "--quiet", "--message=The example as it comes"])?;
        Ok(copy)
    }

    /// What differs from the example, new files included.
    pub(crate) fn diff(&self) -> anyhow::Result<String> {
        self.git(&["add", "--all", "--intent-to-add"])?;
        self.git(&["diff", "--no-ext-diff", "--no-color"])
    }

    fn git(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = Command::new("git")
            .args(["-c", "user.name=Tandem demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false"])
            .args(["-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false"])
            .args(arguments)
            .current_dir(&self.root)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env_remove("GIT_DIR")
            .env_remove("GIT_INDEX_FILE")
            .env_remove("GIT_WORK_TREE")
            .output()
            .context("git cannot be run; the demo needs it")?;
        if !output.status.success() {
            bail!("git {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// A folder for the demo: the given one, made and empty, or a new one in the temporary directory that stays.
pub(crate) fn folder(wanted: Option<&Path>) -> anyhow::Result<PathBuf> {
    let Some(wanted) = wanted else {
        return Ok(tempfile::Builder::new().prefix("tandem-demo-").tempdir()?.keep());
    };
    if wanted.exists() && !wanted.is_dir() {
        return Err(crate::failure::Failure::usage_with(
            format!("--out {} is a file, not a folder", wanted.display()),
            "name a folder that is empty or not there yet, or leave --out away",
        ));
    }
    std::fs::create_dir_all(wanted).with_context(|| format!("{} cannot be made", wanted.display()))?;
    if std::fs::read_dir(wanted)?.next().is_some() {
        return Err(crate::failure::Failure::usage_with(
            format!("--out {} is not empty", wanted.display()),
            "name a folder that is empty or not there yet, or leave --out away",
        ));
    }
    Ok(wanted.canonicalize()?)
}

/// Writes a file of the demo's results.
pub(crate) fn save(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}
