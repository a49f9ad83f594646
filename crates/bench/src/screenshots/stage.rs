//! What the session of the pictures runs in: a copy of a sample repository, a folder of the program's own, and the simulator on a
//! clock that stands still until it is told otherwise.
#![expect(clippy::disallowed_methods, reason = "copies the sample repository, and starts git")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use protocol::ManualClock;
use simulator::{Running, Scenario};
use tempfile::TempDir;

use crate::harness::BEGIN;

const SESSION: &str = include_str!("session.yaml");
const TEAM: &str = "version: 1\nname: tandem\nverify:\n  - {name: tests, command: cargo test --offline --quiet}\n";
/// Prints what is said at some hours; it stands in for a script that a repository brings along.
const TABLE: &str = "#!/bin/sh\n# The greetings of some hours: table.sh --from 9 --to 12\nfor hour in $(seq \"$2\" \"$4\"); do\n  \
    limit=$(sed -n 's/^const EVENING: u32 = \\(.*\\);/\\1/p' src/lib.rs)\n  time=afternoon\n  \
    [ \"$hour\" -ge \"$limit\" ] && time=evening\n  echo \"$hour Good $time\"\ndone\n";

/// The stage. Dropping it ends the simulator and removes the folder.
pub(super) struct Stage {
    folder: TempDir,
    runtime: tokio::runtime::Runtime,
    running: Option<Running>,
    clock: Arc<ManualClock>,
}

impl Stage {
    /// # Errors
    /// A folder cannot be made, git fails, or the simulator cannot listen.
    pub(super) fn set_up() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("tandem-").tempdir().context("no temporary folder")?;
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/repos/greeter");
        let repository = folder.path().join("greeter");
        copy(&sample, &repository)?;
        std::fs::create_dir_all(folder.path().join("user"))?;
        std::fs::create_dir(repository.join("scripts"))?;
        std::fs::write(repository.join("scripts/table.sh"), TABLE)?;
        std::fs::write(repository.join(".gitignore"), "/target\n")?;
        std::fs::write(folder.path().join("team.yaml"), TEAM)?;
        for arguments in [
            &["init", "--quiet", "-b", "evening"][..],
            &["add", "."],
            &["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "start"],
        ] {
            git(&repository, arguments)?;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let clock = Arc::new(ManualClock::new(BEGIN));
        let config = simulator::Config {
            scenario: Scenario::from_yaml(SESSION, "session.yaml")?,
            clock: clock.clone(),
            listen: "127.0.0.1:0".parse()?,
            log: false,
        };
        let running = runtime.block_on(simulator::serve(config))?;
        Ok(Self { folder, runtime, running: Some(running), clock })
    }

    /// The folder around everything.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The repository.
    pub(super) fn repository(&self) -> PathBuf {
        self.folder.path().join("greeter")
    }

    /// The file of the team that works.
    pub(super) fn team(&self) -> String {
        self.folder.path().join("team.yaml").display().to_string()
    }

    /// Where the simulator is.
    pub(super) fn url(&self) -> String {
        self.running.as_ref().map(Running::base_url).unwrap_or_default()
    }

    /// The answer that waits goes on.
    pub(super) fn goes_on(&self) {
        self.clock.advance(Duration::from_secs(1));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }
}

fn git(repository: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = Command::new("git");
    command.args(["-c", "commit.gpgsign=false"]).args(arguments).current_dir(repository);
    let ended = command.envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")]).output();
    let ended = ended.context("git cannot be started")?;
    ensure!(ended.status.success(), "git {}: {}", arguments.join(" "), String::from_utf8_lossy(&ended.stderr));
    Ok(())
}

/// Copies a folder of files and folders, without what a build left in it.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for entry in std::fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if entry.file_name() == "target" {
            continue;
        }
        if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            std::fs::copy(entry.path(), target)?;
        } else {
            bail!("{} is neither a file nor a folder", entry.path().display());
        }
    }
    Ok(())
}
