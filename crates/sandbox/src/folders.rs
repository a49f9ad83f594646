//! Our part of the state folder.
#![expect(clippy::disallowed_methods, reason = "makes the folders and files of the state folder")]

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where things lie.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    /// `STATE/sandbox`.
    pub(crate) own: PathBuf,
    /// One record for each command that holds mount points.
    pub(crate) points: PathBuf,
    /// Empty folders that were mount points and can be again.
    pub(crate) pool: PathBuf,
}

static NEXT: AtomicU64 = AtomicU64::new(0);

impl Folders {
    /// Makes what is missing, for this user alone.
    pub(crate) fn open(state: &Path) -> io::Result<Self> {
        fs::create_dir_all(state)?;
        let own = state.join("sandbox");
        let [points, pool] = ["points", "pool"].map(|name| own.join(name));
        let folders = Self { own, points, pool };
        for folder in [&folders.own, &folders.points, &folders.pool] {
            private(folder)?;
        }
        Ok(folders)
    }
}

/// A folder of ours: made, or found to be a real one that belongs to us.
fn private(folder: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
        let text = format!("{} is a link or belongs to another user; remove it", folder.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    Ok(())
}

/// A name that says which process it belongs to: its number, when it started, and a count.
pub(crate) fn unique() -> String {
    static START: OnceLock<u64> = OnceLock::new();
    let own = std::process::id();
    let start = START.get_or_init(|| started(own).unwrap_or_default());
    format!("{own}-{start}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Whether the process that made such a name still runs. Numbers are used again: the start tells them apart.
pub(crate) fn is_live(name: &str) -> bool {
    let mut parts = name.split('-');
    let id = parts.next().and_then(|text| text.parse().ok());
    let start = parts.next().and_then(|text| text.parse::<u64>().ok());
    id.zip(start).is_some_and(|(id, start)| started(id).unwrap_or_default() == start && exists(id))
}

fn exists(id: u32) -> bool {
    let id = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw);
    id.is_some_and(|id| !matches!(rustix::process::test_kill_process(id), Err(rustix::io::Errno::SRCH)))
}

/// When a process started, in ticks since the machine did: field 22 of proc(5). Its name may hold blanks and brackets.
fn started(id: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, behind) = stat.rsplit_once(')')?;
    let mut fields = behind.split_whitespace();
    let dead = matches!(fields.next(), Some("Z" | "X"));
    if dead { None } else { fields.nth(18)?.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_ours_is_live_and_one_of_an_earlier_process_with_our_number_is_not() {
        let name = unique();
        assert!(is_live(&name));
        let own = std::process::id();
        assert!(!is_live(&format!("{own}-1-0")));
        assert!(!is_live("4194999-5-0"));
        assert!(!is_live("nonsense"));
    }
}
