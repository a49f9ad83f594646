//! What the agent is measured on: a small git repository, a home of its own, and the simulator in its own process.
#![expect(clippy::disallowed_methods, reason = "makes the repository, and starts git, the simulator and the agent")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};

/// What the models say: each turn reads the file that the user names, then answers.
const SCENARIO: &str = r#"name: lean
actors:
  - id: anyone
    when: {any: true}
    count: turn
    steps:
      - capture: {file: {from: last_result, regex: "src/m\\d+\\.rs", default: "src/m000.rs"}}
        say: I read it.
        calls: [{tool: read, args: {files: [{path: "{{file}}"}]}}]
      - say: It keeps the rules for one kind of order, a function for each, and a limit above which they do not apply.
"#;

/// The stage. Dropping it ends the simulator and removes the folder, unless it was named.
pub(crate) struct Stage {
    agent: PathBuf,
    folder: PathBuf,
    simulator: Child,
    address: SocketAddr,
    _temporary: Option<tempfile::TempDir>,
}

impl Stage {
    /// Makes the repository with so many source files, and starts the simulator.
    pub(crate) fn set_up(agent: &Path, data: Option<&Path>, files: usize) -> anyhow::Result<Self> {
        let (folder, temporary) = match data {
            Some(folder) => (folder.to_owned(), None),
            None => {
                let temporary = tempfile::tempdir().context("no temporary folder")?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        std::fs::create_dir_all(folder.join("home")).with_context(|| folder.display().to_string())?;
        let folder = folder.canonicalize()?;
        repository(&folder.join("repo"), files)?;
        let scenario = folder.join("scenario.yaml");
        std::fs::write(&scenario, SCENARIO)?;
        let (simulator, address) = simulate(agent, &folder, &scenario)?;
        Ok(Self { agent: agent.to_owned(), folder, simulator, address, _temporary: temporary })
    }

    /// Where the simulator listens.
    pub(crate) fn simulator(&self) -> SocketAddr {
        self.address
    }

    /// The agent in the repository, without anything of the user's own: a model file or a proxy would be measured too.
    pub(crate) fn agent(&self) -> Command {
        clean(&self.agent, &self.folder)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        self.simulator.kill().ok();
        self.simulator.wait().ok();
    }
}

/// The source file that a turn reads.
pub(crate) fn file(number: usize) -> String {
    format!("src/m{number:03}.rs")
}

fn clean(agent: &Path, folder: &Path) -> Command {
    let mut command = Command::new(agent);
    command
        .env_clear()
        .envs(["PATH", "SystemRoot"].iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .env("HOME", folder.join("home"))
        .env("AGENT_HOME", folder.join("home"))
        .env("ANTHROPIC_API_KEY", "bench")
        .current_dir(folder.join("repo"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn simulate(agent: &Path, folder: &Path, scenario: &Path) -> anyhow::Result<(Child, SocketAddr)> {
    let mut command = clean(agent, folder);
    command.arg("simulate").arg(scenario).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| agent.display().to_string())?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut line)?;
    }
    match line.trim().strip_prefix("listening on http://").and_then(|address| address.parse().ok()) {
        Some(address) => Ok((child, address)),
        None => {
            child.kill().ok();
            child.wait().ok();
            anyhow::bail!("the simulator did not say where it listens; its first line was `{}`", line.trim())
        }
    }
}

/// A committed repository. One that is there already is used as it is.
fn repository(root: &Path, files: usize) -> anyhow::Result<()> {
    if root.join(".git").exists() {
        return Ok(());
    }
    std::fs::create_dir_all(root.join("src"))?;
    std::fs::write(root.join("AGENTS.md"), "# Orders\n\nOne module per kind of order. Limits are constants.\n")?;
    for number in 0..files {
        std::fs::write(root.join(file(number)), source(number))?;
    }
    git(root, &["init", "--quiet"])?;
    git(root, &["add", "--all"])?;
    git(root, &["-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit", "--quiet", "-m", "Orders"])
}

fn git(root: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let status = Command::new("git").args(arguments).current_dir(root).status().context("git cannot be started")?;
    ensure!(status.success(), "git {} ended with {status}", arguments.join(" "));
    Ok(())
}

/// A module of 2 to 5 KB, different for each number.
fn source(number: usize) -> String {
    let mut text = format!(
        "//! Rules for orders of kind {number}.\n\n/// Above it, no rule applies.\npub const LIMIT: u32 = {};\n",
        number * 7 + 100
    );
    for rule in 0..12 + number % 12 {
        let rate = (number * 31 + rule * 17) % 90 + 5;
        // Writing to a string does not fail.
        write!(
            text,
            "\n/// Rule {rule}: the share in percent that an order of this amount is charged.\n\
             pub fn rule_{number}_{rule}(amount: u32) -> Option<u32> {{\n    (amount <= LIMIT).then(|| amount * {rate} / 100 + {rule})\n}}\n"
        )
        .ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::source;

    #[test]
    fn the_files_are_as_long_as_those_that_agents_read_and_all_different() {
        let files: Vec<String> = (0..100).map(source).collect();
        assert!(files.iter().all(|text| (2_000..5_000).contains(&text.len())));
        let mut different = files.clone();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), files.len());
    }
}
