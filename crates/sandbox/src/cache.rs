//! Remembers that the self-test held: for this start of the machine, this bubblewrap, this stage and this kind of wall.
#![expect(clippy::disallowed_methods, reason = "reads and writes what is remembered")]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::mode::Mode;
use crate::profile::{Network, Profile};

/// What one result stands for.
pub(crate) struct Memory {
    file: PathBuf,
    boot: String,
    line: String,
}

/// Lines that are kept at most: kinds of wall times programs.
const MOST: usize = 32;

impl Memory {
    /// None where the machine does not say when it started: then nothing is remembered.
    pub(crate) fn new(profile: &Profile, bwrap: &Path) -> Option<Self> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
        let kind = if profile.mode == Mode::ReadOnly { "reads" } else { "writes" };
        let network = if profile.network == Network::None { "none" } else { "sockets" };
        let user = rustix::process::geteuid().as_raw();
        let (bwrap, stage) = (identity(bwrap)?, identity(&profile.stage.program)?);
        let line = format!("{boot} {} {user} {kind} {network} {bwrap} {stage}", env!("CARGO_PKG_VERSION"));
        Some(Self { file: profile.state.join("sandbox/self-test"), boot, line })
    }

    pub(crate) fn held(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|text| text.lines().any(|line| line == self.line))
    }

    /// A result that cannot be kept is found again at the next start.
    pub(crate) fn keep(&self) {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        let mut lines: Vec<&str> =
            text.lines().filter(|line| line.starts_with(&self.boot) && *line != self.line).collect();
        lines.push(&self.line);
        let kept = lines.split_off(lines.len().saturating_sub(MOST));
        let _ = fs::write(&self.file, kept.join("\n") + "\n");
    }
}

/// A file as it is now: put in its place or written anew, it is another.
fn identity(file: &Path) -> Option<String> {
    let found = fs::metadata(file).ok()?;
    Some(format!("{}:{}:{}:{}:{}", found.dev(), found.ino(), found.size(), found.ctime(), found.ctime_nsec()))
}
