//! A terminal that is really there, tmux's, with the agent's chat in it.
#![expect(
    clippy::disallowed_methods,
    reason = "starts tmux, waits for what it shows, and hands the toolchain's places on"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use super::stage::Stage;

/// Longer than a build of the sample repository takes.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at the screen.
const LOOK: Duration = Duration::from_millis(30);
const SETTINGS: &str = "set -s escape-time 10\nset -s focus-events on\nset -g default-terminal tmux-256color\nset -g status off\n\
    set -g remain-on-exit on\n";

/// The terminal. Dropping it ends what runs in it.
pub(super) struct Terminal {
    socket: PathBuf,
    /// Its size.
    pub(super) columns: u16,
}

impl Terminal {
    /// Starts the chat on the stage.
    ///
    /// # Errors
    /// tmux is missing or says no.
    pub(super) fn open(
        agent: &Path,
        stage: &Stage,
        (columns, rows): (u16, u16),
        arguments: &[&str],
    ) -> anyhow::Result<Self> {
        let folder = stage.folder();
        let terminal = Self { socket: folder.join(format!("socket-{columns}")), columns };
        let settings = folder.join("tmux.conf");
        std::fs::write(&settings, SETTINGS)?;
        let known = |name: &str| std::env::var(name).ok().map(|value| (name.to_owned(), value));
        let toolchain = ["PATH", "CARGO_HOME", "RUSTUP_HOME"].into_iter().filter_map(known);
        let user = std::env::var("HOME").unwrap_or_default();
        let mut command = terminal.tmux();
        command
            .env_clear()
            .envs([("CARGO_HOME", format!("{user}/.cargo")), ("RUSTUP_HOME", format!("{user}/.rustup"))]);
        command.envs(toolchain).env("HOME", folder.join("user")).env("AGENT_HOME", folder.join("home"));
        command.envs([("LC_ALL", "C.UTF-8"), ("COLORTERM", "truecolor"), ("ANTHROPIC_API_KEY", "none")]);
        command.env("ANTHROPIC_BASE_URL", stage.url()).current_dir(stage.repository());
        command.arg("-f").arg(settings).args([
            "new-session",
            "-d",
            "-x",
            &columns.to_string(),
            "-y",
            &rows.to_string(),
        ]);
        command.arg(agent).args(["chat", "--trust"]).args(arguments);
        let begun =
            command.stdin(Stdio::null()).output().context("tmux cannot be started: install it to take screenshots")?;
        ensure!(begun.status.success(), "tmux: {}", String::from_utf8_lossy(&begun.stderr).trim());
        Ok(terminal)
    }

    fn tmux(&self) -> Command {
        let mut command = Command::new("tmux");
        command.env("LC_ALL", "C.UTF-8").arg("-S").arg(&self.socket);
        command
    }

    fn ask(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let ended = self.tmux().args(arguments).stdin(Stdio::null()).output()?;
        ensure!(
            ended.status.success(),
            "tmux {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&ended.stderr).trim()
        );
        Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
    }

    /// What is seen now, with its colours.
    pub(super) fn picture(&self) -> anyhow::Result<String> {
        self.ask(&["capture-pane", "-p", "-e"])
    }

    /// Waits until words are to be seen, wherever their line is broken.
    pub(super) fn shows(&self, words: &str) -> anyhow::Result<()> {
        self.until(&format!("`{words}` never came"), |screen| screen.contains(words))
    }

    /// Waits until words are not to be seen any more.
    pub(super) fn hides(&self, words: &str) -> anyhow::Result<()> {
        self.until(&format!("`{words}` never went"), |screen| !screen.contains(words))
    }

    fn until(&self, never: &str, is_so: impl Fn(&str) -> bool) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let screen = self.ask(&["capture-pane", "-p"])?;
            let framed = |c: char| c.is_whitespace() || ('\u{2500}'..='\u{259f}').contains(&c);
            if is_so(&screen.split(framed).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")) {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                bail!("{never}. The screen is\n{screen}");
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until nothing but clocks moved for so long.
    pub(super) fn rests(&self, for_so_long: Duration) -> anyhow::Result<()> {
        let begun = Instant::now();
        let (mut since, mut last) = (begun, String::new());
        while since.elapsed() < for_so_long && begun.elapsed() < PATIENCE {
            let screen = self.ask(&["capture-pane", "-p"])?;
            // A lane's sign and its seconds move all the time.
            let now: String = screen.chars().filter(|c| c.is_alphabetic()).collect();
            if now != last {
                (since, last) = (Instant::now(), now);
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Types words.
    pub(super) fn types(&self, words: &str) -> anyhow::Result<()> {
        self.ask(&["send-keys", "-l", "--", words]).map(drop)
    }

    /// Presses a key that has a name.
    pub(super) fn presses(&self, key: &str) -> anyhow::Result<()> {
        self.ask(&["send-keys", key]).map(drop)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.ask(&["kill-server"]).ok();
    }
}
