//! The three processes: gateway, load, provider.
#![expect(clippy::disallowed_methods, reason = "starts them")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, ensure};
use tempfile::TempDir;

use super::load::{Order, Result};

/// A process that is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// This program in one of its other roles.
fn own(role: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("this program does not know where it is")?);
    command.arg(role).stdout(Stdio::piped());
    Ok(command)
}

/// The provider that answers at once.
pub(crate) fn provider() -> anyhow::Result<(Process, SocketAddr)> {
    listening(&mut own("gateway-provider")?)
}

/// The gateway, in a home of its own, with both providers at this address.
pub(crate) fn gateway(agent: &Path, provider: SocketAddr) -> anyhow::Result<(Process, SocketAddr, TempDir)> {
    let home = tempfile::tempdir().context("no temporary folder")?;
    let mut command = Command::new(agent);
    command
        .env_clear()
        .env("HOME", home.path())
        .env("AGENT_HOME", home.path().join("state"))
        .env("ANTHROPIC_API_KEY", "none")
        .env("OPENAI_API_KEY", "none")
        .env("ANTHROPIC_BASE_URL", format!("http://{provider}"))
        .env("OPENAI_BASE_URL", format!("http://{provider}/v1"))
        .current_dir(home.path())
        .args(["gateway", "--listen", "127.0.0.1:0", "--no-token"])
        .stdout(Stdio::piped());
    let (process, address) = listening(&mut command)?;
    Ok((process, address, home))
}

/// Starts a server and waits until it says where it listens.
fn listening(command: &mut Command) -> anyhow::Result<(Process, SocketAddr)> {
    let mut child = command.spawn().with_context(|| format!("{command:?} cannot be started"))?;
    let stdout = child.stdout.take().context("its standard output is no pipe")?;
    let process = Process { child };
    let mut lines = BufReader::new(stdout).lines();
    let address = lines.find_map(|line| address(&line.ok()?)).context("it said no address")?;
    // It may go on printing.
    std::thread::spawn(move || lines.for_each(drop));
    Ok((process, address))
}

fn address(line: &str) -> Option<SocketAddr> {
    let (_, behind) = line.split_once("http://")?;
    behind.split(|c: char| c != '.' && c != ':' && !c.is_ascii_digit()).next()?.parse().ok()
}

/// The load.
pub(crate) struct Load {
    _process: Process,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Load {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let mut child = own("gateway-load")?.stdin(Stdio::piped()).spawn().context("the load cannot be started")?;
        let stdin = child.stdin.take().context("the load takes no orders")?;
        let stdout = BufReader::new(child.stdout.take().context("the load says nothing")?);
        Ok(Self { _process: Process { child }, stdin, stdout })
    }

    pub(crate) fn run(&mut self, order: &Order) -> anyhow::Result<Result> {
        writeln!(self.stdin, "{}", serde_json::to_string(order)?)?;
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        ensure!(!line.is_empty(), "the load broke off at {order:?}");
        Ok(serde_json::from_str(&line)?)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_address_is_found_in_whatever_stands_around_it() {
        let found = super::address("listening on http://127.0.0.1:8787 (no token)");
        assert_eq!(found, "127.0.0.1:8787".parse().ok());
        assert_eq!(super::address("http://localhost:1"), None);
    }
}
