//! Replaces a file's content in one step: whoever reads it, and whatever happens to the machine, sees the old or the new
//! content, never a part of one.

use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use crate::filesystem::beneath::Base;
use crate::tool::ToolError;

/// Writes beside the file, then renames over it. `relative` has its symlinks resolved. With `old` the file's mode and
/// owner are kept; without, the file must not exist, and its folders are made.
pub(crate) fn replace(base: &Base, relative: &Path, content: &[u8], old: Option<&Metadata>) -> io::Result<()> {
    let name = relative.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let folder = base.make_folder(relative.parent().unwrap_or(Path::new("")))?;
    remove_abandoned(&folder);
    let (temporary, mut file) = temporary(&folder)?;
    let done = fill(&mut file, content, old).and_then(|()| rename(&folder, &temporary, Path::new(name), old.is_some()));
    if done.is_err() {
        let _ = rustix::fs::unlinkat(&folder, &temporary, AtFlags::empty());
        return done;
    }
    // The new name is on disk only when the folder is. Some file systems cannot sync folders; then it is as it is.
    let _ = rustix::fs::fsync(&folder);
    Ok(())
}

/// Removes what a process that was killed between writing and renaming left in the folder.
fn remove_abandoned(folder: &OwnedFd) {
    let Ok(entries) = rustix::fs::Dir::read_from(folder) else { return };
    for entry in entries.flatten() {
        let writer = entry.file_name().to_str().ok().and_then(writer_of);
        if writer.is_some_and(|writer| test_kill_process(writer) == Err(Errno::SRCH)) {
            let _ = rustix::fs::unlinkat(folder, entry.file_name(), AtFlags::empty());
        }
    }
}

/// The process that made a temporary file, by the file's name.
fn writer_of(name: &str) -> Option<Pid> {
    let (process, _) = name.strip_prefix(".tandem-")?.strip_suffix(".tmp")?.split_once('-')?;
    Pid::from_raw(process.parse().ok()?)
}

fn temporary(folder: &OwnedFd) -> io::Result<(String, File)> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    loop {
        let name = format!(".tandem-{}-{}.tmp", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(folder, &name, flags, Mode::from_raw_mode(0o666)) {
            Ok(file) => return Ok((name, File::from(file))),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn fill(file: &mut File, content: &[u8], old: Option<&Metadata>) -> io::Result<()> {
    file.write_all(content)?;
    if let Some(old) = old {
        let new = file.metadata()?;
        if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
            // Only an administrator can give files away; for everyone else the content is what matters.
            let _ = fchown(&*file, Some(old.uid()), Some(old.gid()));
        }
        file.set_permissions(old.permissions())?;
    }
    file.sync_all()
}

fn rename(folder: &OwnedFd, from: &str, to: &Path, over: bool) -> io::Result<()> {
    if over {
        return Ok(rustix::fs::renameat(folder, from, folder, to)?);
    }
    match rustix::fs::renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
        // Not every file system can rename without replacing. A new file's name was free a moment ago.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(rustix::fs::renameat(folder, from, folder, to)?),
        other => Ok(other?),
    }
}

/// A failed [`replace`] in words. A disk that takes nothing more ends the session, for a person to see to.
pub(crate) fn failed(shown: &str, error: &io::Error) -> ToolError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ToolError::Fatal(format!(
            "{shown} could not be saved: no space left on its disk ({error}). The file is untouched. Free some space, \
             then resume the session"
        )),
        io::ErrorKind::ReadOnlyFilesystem => ToolError::Fatal(format!(
            "{shown} could not be saved: its disk is read-only ({error}). The file is untouched"
        )),
        _ if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => {
            ToolError::Fatal(format!("{shown} could not be saved: its disk fails ({error}). The file is untouched"))
        }
        io::ErrorKind::CrossesDevices => ToolError::RespondToModel(format!(
            "{shown} leads out of the workspace through a symlink; only files beneath it can be written"
        )),
        io::ErrorKind::AlreadyExists => {
            ToolError::RespondToModel(format!("{shown} exists since a moment ago; read it before you write it"))
        }
        _ => ToolError::RespondToModel(format!("{shown} could not be saved: {error}. The file is untouched")),
    }
}

#[cfg(test)]
#[path = "atomic_tests.rs"]
mod tests;
