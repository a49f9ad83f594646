//! A chat with the agent over a pipe, and what the operating system says it used.
#![expect(clippy::disallowed_methods, reason = "reads /proc, and asks for the time: that is what is measured")]

use std::io::{Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, Stdio};
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::stage::Stage;

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
            .args(["chat", "--team", "tandem"])
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
        let peak_mb = self.peak_mb()?;
        drop(self.stdin.take());
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).ok();
        // Ended, but not yet collected: its times still stand in /proc, and are complete.
        waitid(WaitId::Pid(self.pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)?;
        let wall_s = began.elapsed().as_secs_f64();
        let (own_s, children_s) = self.times()?;
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

    fn proc(&self, file: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/{file}", self.pid.as_raw_nonzero());
        std::fs::read_to_string(&path).with_context(|| format!("{path} (this figure needs Linux)"))
    }

    fn peak_mb(&self) -> anyhow::Result<f64> {
        let status = self.proc("status")?;
        peak_kib(&status).map(|kib| kib * 1024.0 / 1e6).context("no VmHWM in /proc/PID/status")
    }

    fn times(&self) -> anyhow::Result<(f64, f64)> {
        let ticks = ticks(&self.proc("stat")?).context("/proc/PID/stat has another form than proc(5) says")?;
        let second = rustix::param::clock_ticks_per_second() as f64;
        Ok(((ticks[0] + ticks[1]) / second, (ticks[2] + ticks[3]) / second))
    }
}

impl Drop for Chat {
    fn drop(&mut self) {
        // Over already, except when a measurement failed.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// `VmHWM:     52344 kB`
fn peak_kib(status: &str) -> Option<f64> {
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// `utime`, `stime`, `cutime`, `cstime`: fields 14 to 17 of proc(5). The name in field 2 may hold blanks and brackets.
fn ticks(stat: &str) -> Option<[f64; 4]> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let fields: Vec<f64> =
        behind_name.split_whitespace().skip(11).take(4).filter_map(|text| text.parse().ok()).collect();
    fields.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::{peak_kib, ticks};

    #[test]
    fn proc_files_are_read_whatever_the_process_is_called() {
        let stat = "77 (a) b (c) Z 1 2 3 4 5 6 7 8 9 10 110 22 3 4 20 0 1 0";
        assert_eq!(ticks(stat), Some([110.0, 22.0, 3.0, 4.0]));
        assert_eq!(ticks("77 (a"), None);
        assert_eq!(peak_kib("Name:\ta\nVmHWM:\t   52344 kB\nVmRSS:\t 1 kB\n"), Some(52344.0));
        assert_eq!(peak_kib("Name:\ta\n"), None);
    }
}
