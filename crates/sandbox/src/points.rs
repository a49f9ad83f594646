//! Mount points of what does not exist. bubblewrap can only mount upon something, so a protected name that is absent exists as
//! an empty folder on the host while a command runs, and has to be gone behind the last command that needs it: others of this
//! process, those of other processes, and those that were killed before they could clean up.
#![expect(clippy::disallowed_methods, reason = "makes and removes mount points, keeps their records")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use crate::folders::{Folders, is_live, unique};
use crate::snapshot::Snapshot;

/// The mount points that one command holds. Dropping it lets them go.
#[derive(Debug)]
pub(crate) struct Held {
    folders: Folders,
    record: PathBuf,
    points: BTreeSet<PathBuf>,
}

/// Looks what is there and makes a mount point for each absent name. What is held by others meanwhile is shared with them.
pub(crate) fn hold(
    folders: &Folders,
    look: impl FnOnce(&BTreeSet<PathBuf>) -> Snapshot,
) -> io::Result<(Snapshot, Held)> {
    let _lock = lock(folders)?;
    let others = held_by_others(folders);
    let mut found = look(&others);
    let record = folders.points.join(unique());
    let points: BTreeSet<PathBuf> = found.absent.iter().cloned().collect();
    // The record comes first: a process that is killed in between leaves nothing that nobody knows of.
    if !points.is_empty() {
        write(&record, &points)?;
    }
    let mut held = Held { folders: folders.clone(), record, points };
    let absent = std::mem::take(&mut found.absent);
    let mut pool = entries(&folders.pool);
    for path in absent {
        match place(&mut pool, &path) {
            Ok(()) => found.absent.push(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && others.contains(&path) => {
                found.absent.push(path);
            }
            // It came into being just now, or the file system ignores case.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                held.points.remove(&path);
                found.protected.push(path);
            }
            Err(error) => {
                let text = format!("{} cannot be held: {error}", path.display());
                drop(_lock);
                return Err(io::Error::new(error.kind(), text));
            }
        }
    }
    Ok((found, held))
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.points.is_empty() {
            return;
        }
        // Without the lock nothing may be removed; the next start does it.
        let Ok(_lock) = lock(&self.folders) else { return };
        let _ = fs::remove_file(&self.record);
        let others = held_by_others(&self.folders);
        release(&self.folders, self.points.difference(&others));
    }
}

/// Removes what processes that are no more have left.
pub(crate) fn sweep(folders: &Folders) -> io::Result<()> {
    let _lock = lock(folders)?;
    held_by_others(folders);
    Ok(())
}

/// Puts an empty folder at a place where nothing is: one that was used before, for removing a folder can cost milliseconds
/// (3 ms on ext4) and renaming one costs microseconds. Where the state folder lies on another file system, a new one.
fn place(pool: &mut Vec<PathBuf>, path: &Path) -> io::Result<()> {
    if let Some(used) = pool.pop() {
        match move_to(&used, path) {
            Ok(()) => return Ok(()),
            Err(rustix::io::Errno::EXIST) => {
                pool.push(used);
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            Err(_) => {}
        }
    }
    fs::create_dir(path)
}

/// Takes mount points away. What somebody has put something into is not ours any more.
fn release<'a>(folders: &Folders, points: impl Iterator<Item = &'a PathBuf>) {
    for point in points {
        let kept = folders.pool.join(unique());
        if move_to(point, &kept).is_err() {
            // This fails where something was put into it meanwhile.
            let _ = fs::remove_dir(point);
        } else if !is_empty_folder(&kept) {
            let _ = move_to(&kept, point);
        }
    }
}

fn move_to(from: &Path, to: &Path) -> rustix::io::Result<()> {
    rustix::fs::renameat_with(rustix::fs::CWD, from, rustix::fs::CWD, to, rustix::fs::RenameFlags::NOREPLACE)
}

fn is_empty_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
        && fs::read_dir(path).is_ok_and(|mut listing| listing.next().is_none())
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).map(|listing| listing.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
}

fn lock(folders: &Folders) -> io::Result<File> {
    let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(folders.own.join("lock"))?;
    loop {
        match rustix::fs::flock(&file, FlockOperation::LockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// All that is in the records of live processes. Those of dead ones are cleaned up.
fn held_by_others(folders: &Folders) -> BTreeSet<PathBuf> {
    let Ok(listing) = fs::read_dir(&folders.points) else { return BTreeSet::new() };
    let (live, dead): (Vec<_>, Vec<_>) =
        listing.flatten().partition(|entry| is_live(&entry.file_name().to_string_lossy()));
    let held: BTreeSet<PathBuf> = live.iter().flat_map(|entry| read(&entry.path())).collect();
    for entry in dead {
        release(folders, read(&entry.path()).difference(&held));
        let _ = fs::remove_file(entry.path());
    }
    held
}

fn write(record: &Path, points: &BTreeSet<PathBuf>) -> io::Result<()> {
    let mut bytes = Vec::new();
    for point in points {
        bytes.extend_from_slice(point.as_os_str().as_bytes());
        bytes.push(0);
    }
    fs::write(record, bytes)
}

fn read(record: &Path) -> BTreeSet<PathBuf> {
    let bytes = fs::read(record).unwrap_or_default();
    // A record that was cut off names no folder with its last piece, which has no end.
    let whole = bytes.iter().rposition(|byte| *byte == 0).map_or(&[][..], |end| &bytes[..end]);
    let paths = whole.split(|byte| *byte == 0).filter(|path| path.starts_with(b"/"));
    paths.map(|path| PathBuf::from(OsStr::from_bytes(path))).collect()
}

#[cfg(test)]
#[path = "points_tests.rs"]
mod tests;
