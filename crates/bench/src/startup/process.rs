//! A chat with the agent over a pipe, and what the operating system says it used.
use std::io::{Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, Stdio};
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::stage::Stage;
use crate::proc::{self, Times};

/// What stands on the screen when a line may be typed.
const PROMPT: &[u8] = b"\n> ";

/// What a session used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    /// Most memory it ever held, in megabytes (1,000,000 bytes).
    pub(crate) peak_mb: f64,
    /// Processor time of the agent itself, user and system, in seconds.
    pub(crate) own_s: f64,
    /// Processor time of the processes it started and waited for, in seconds.
    pub(crate) children_s: f64,
    /// From its start to its end, in seconds.
    pub(crate) wall_s: f64,
}

/// A running chat. Dropping it ends the process.
pub(crate) struct Chat {
    child: Child,
    stdin: Option<ChildStdin>,
    stderr: ChildStderr,
    pid: Pid,
}

impl Chat {
    /// Starts a chat and waits for its prompt.
    pub(crate) fn start(stage: &Stage) -> anyhow::Result<Self> {
        let mut command = stage.agent();
        command
            .args(["chat", "--team", "tandem", "--trust-workspace"])
            .env("ANTHROPIC_BASE_URL", format!("http://{}", stage.simulator()))
            .stdin(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().context("the agent cannot be started")?;
        let pid = Pid::from_child(&child);
        let stdin = child.stdin.take();
        let stderr = child.stderr.take().context("the agent's standard error is not a pipe")?;
        let mut chat = Self { child, stdin, stderr, pid };
        chat.until_prompt()?;
        Ok(chat)
    }

    /// Types a line and waits until the turn is over.
    pub(crate) fn turn(&mut self, line: &str) -> anyhow::Result<()> {
        let stdin = self.stdin.as_mut().context("the chat is over")?;
        writeln!(stdin, "{line}").context("the agent takes no input")?;
        let shown = self.until_prompt()?;
        ensure!(!shown.contains("error:"), "the agent says:\n{shown}");
        Ok(())
    }

    /// Ends the chat and asks what it used.
    pub(crate) fn end(mut self, began: Instant) -> anyhow::Result<Used> {
        let peak_mb = proc::peak_mb(self.child.id())?;
        drop(self.stdin.take());
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).ok();
        // Ended, but not yet collected: its times still stand in /proc, and are complete.
        waitid(WaitId::Pid(self.pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
        let wall_s = began.elapsed().as_secs_f64();
        let Times { own_s, children_s } = proc::times(self.child.id())?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the chat ended with {status}:\n{rest}");
        Ok(Used { peak_mb, own_s, children_s, wall_s })
    }

    fn until_prompt(&mut self) -> anyhow::Result<String> {
        let mut shown = Vec::new();
        let mut buffer = [0; 4096];
        while !shown.ends_with(PROMPT) {
            match self.stderr.read(&mut buffer)? {
                0 => bail!("the agent left:\n{}", String::from_utf8_lossy(&shown)),
                read => shown.extend_from_slice(&buffer[..read]),
            }
        }
        Ok(String::from_utf8_lossy(&shown).into_owned())
    }
}

impl Drop for Chat {
    fn drop(&mut self) {
        // Over already, except when a measurement failed.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
