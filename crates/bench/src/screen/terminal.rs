//! A pseudo-terminal with a parser of terminal bytes behind it. Its reader is a thread of its own and looks at the clock before anything
//! else, so that what is measured is when bytes came, not when somebody had time for them.
#![expect(clippy::disallowed_methods, reason = "starts the agent in a pseudo-terminal, and measures by the clock")]

use std::collections::VecDeque;
use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const COLS: u16 = 100;
const ROWS: u16 = 40;
/// Lines that can be scrolled back to.
const SCROLLBACK: usize = 60_000;
/// Longer than anything should take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The agent on a terminal. Dropping it ends the agent.
pub(super) struct Terminal {
    _master: Box<dyn MasterPty + Send>,
    keyboard: Arc<Mutex<Box<dyn Write + Send>>>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
}

/// What came so far.
struct Seen {
    parser: vt100::Parser<Frames>,
    bytes: u64,
    /// Keys that were pressed and are not to be seen yet.
    waiting: VecDeque<(char, Instant)>,
    /// How long the others took.
    latencies: Vec<Duration>,
}

/// What the parser does not keep.
#[derive(Default)]
struct Frames {
    /// Updates that were begun and not ended: a terminal shows nothing of them yet.
    open: bool,
    drawn: u64,
    answers: Vec<u8>,
}

impl vt100::Callbacks for Frames {
    fn unhandled_csi(&mut self, screen: &mut vt100::Screen, i1: Option<u8>, _: Option<u8>, params: &[&[u16]], c: char) {
        match (i1, params, c) {
            (Some(b'?'), [[2026]], 'h') => self.open = true,
            (Some(b'?'), [[2026]], 'l') => {
                self.open = false;
                self.drawn += 1;
            }
            (None, [[6]], 'n') => {
                let (row, col) = screen.cursor_position();
                self.answers.extend(format!("\x1b[{};{}R", row + 1, col + 1).bytes());
            }
            _ => {}
        }
    }
}

impl Seen {
    fn take(&mut self, bytes: &[u8], at: Instant) -> Vec<u8> {
        self.bytes += bytes.len() as u64;
        self.parser.process(bytes);
        if !self.parser.callbacks().open {
            self.see_keys(at);
        }
        std::mem::take(&mut self.parser.callbacks_mut().answers)
    }

    /// The key that stands left of the cursor is to be seen, and so are those that were pressed before it.
    fn see_keys(&mut self, at: Instant) {
        let screen = self.parser.screen();
        let Some((row, col)) = cursor(screen) else { return };
        let Some(cell) = col.checked_sub(1).and_then(|col| screen.cell(row, col)) else { return };
        let Some(last) = self.waiting.iter().rposition(|(key, _)| cell.contents().starts_with(*key)) else { return };
        for (_, pressed) in self.waiting.drain(..=last) {
            self.latencies.push(at.saturating_duration_since(pressed));
        }
    }

    fn text(&self) -> String {
        let rows: Vec<_> = self.parser.screen().rows(0, COLS).map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n")
    }
}

/// Where the cursor is to be seen: the terminal's own, or while that one is hidden the cell that is drawn as one, the last that is reversed.
fn cursor(screen: &vt100::Screen) -> Option<(u16, u16)> {
    if !screen.hide_cursor() {
        return Some(screen.cursor_position());
    }
    let reversed = |row, col| screen.cell(row, col).is_some_and(vt100::Cell::inverse);
    (0..ROWS).rev().find_map(|row| (0..COLS).find(|col| reversed(row, *col)).map(|col| (row, col)))
}

/// What was written so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    pub(super) bytes: u64,
    pub(super) frames: u64,
}

impl Terminal {
    /// Starts `agent chat` in this folder, with nothing of the user's own.
    pub(super) fn open(agent: &Path, folder: &Path, provider: &str) -> anyhow::Result<Self> {
        let pair = native_pty_system().openpty(PtySize { rows: ROWS, cols: COLS, pixel_width: 0, pixel_height: 0 })?;
        let mut command = CommandBuilder::new(agent);
        command.arg("chat");
        command.env_clear();
        for name in ["PATH", "LANG"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("HOME", folder.join("home"));
        command.env("AGENT_HOME", folder.join("state"));
        command.env("ANTHROPIC_API_KEY", "none");
        command.env("ANTHROPIC_BASE_URL", provider);
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.cwd(folder.join("repo"));
        let child = pair.slave.spawn_command(command).with_context(|| agent.display().to_string())?;
        let output = pair.master.try_clone_reader()?;
        let keyboard = Arc::new(Mutex::new(pair.master.take_writer()?));
        let parser = vt100::Parser::new_with_callbacks(size(ROWS), size(COLS), SCROLLBACK, Frames::default());
        let seen = Seen { parser, bytes: 0, waiting: VecDeque::new(), latencies: Vec::new() };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        read(output, Arc::clone(&seen), Arc::clone(&keyboard));
        Ok(Self { _master: pair.master, keyboard, child, seen })
    }

    /// The agent's process.
    pub(super) fn pid(&self) -> anyhow::Result<u32> {
        self.child.process_id().context("the agent has no process any more")
    }

    /// Keys whose effect is not measured.
    pub(super) fn send(&self, keys: &str) -> anyhow::Result<()> {
        Ok(held(&self.keyboard).write_all(keys.as_bytes())?)
    }

    /// A key, measured until it stands left of the cursor.
    pub(super) fn press(&self, key: char) -> anyhow::Result<()> {
        // The time first: whatever is in the way from here on, the person waits for it.
        held(&self.seen.0).waiting.push_back((key, Instant::now()));
        self.send(&key.to_string())
    }

    /// Waits until the screen is so.
    pub(super) fn until(&self, what: &str, is: impl Fn(&str) -> bool) -> anyhow::Result<()> {
        self.wait(what, |seen| !seen.parser.callbacks().open && is(&seen.text()))
    }

    /// Waits until all keys are seen.
    pub(super) fn caught_up(&self) -> anyhow::Result<()> {
        self.wait("the keys", |seen| seen.waiting.is_empty())
    }

    fn wait(&self, what: &str, is: impl Fn(&Seen) -> bool) -> anyhow::Result<()> {
        let end = Instant::now() + PATIENCE;
        let mut seen = held(&self.seen.0);
        while !is(&seen) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("{what}: not after {PATIENCE:?}, but\n{}", seen.text());
            }
            seen = self.seen.1.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// What was written so far.
    pub(super) fn output(&self) -> Output {
        let seen = held(&self.seen.0);
        Output { bytes: seen.bytes, frames: seen.parser.callbacks().drawn }
    }

    /// Lines in the scrollback.
    pub(super) fn lines(&self) -> usize {
        held(&self.seen.0).parser.screen().scrollback_len()
    }

    /// How long the keys took, in milliseconds, the shortest first.
    pub(super) fn latencies_ms(&self) -> Vec<f64> {
        let mut all: Vec<_> = held(&self.seen.0).latencies.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        all.sort_by(f64::total_cmp);
        all
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn read(
    mut output: Box<dyn std::io::Read + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    keyboard: Arc<Mutex<Box<dyn Write + Send>>>,
) {
    std::thread::spawn(move || {
        let mut bytes = [0; 65_536];
        while let Ok(count @ 1..) = output.read(&mut bytes) {
            let at = Instant::now();
            let answers = held(&seen.0).take(&bytes[..count], at);
            seen.1.notify_all();
            if !answers.is_empty() {
                // It fails where nobody reads the answer any more.
                held(&keyboard).write_all(&answers).ok();
            }
        }
    });
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn size(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap_or(NonZeroU16::MIN)
}
