//! Opens files beneath a folder so that neither `..`, nor a symlink, nor somebody who swaps a folder for a symlink in the
//! meantime leads out of it. On Linux the kernel sees to that (openat2, RESOLVE_BENEATH).

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// Longest text that [`Base::small_text`] reads, bytes.
const SMALL: u64 = 4096;

/// A folder that paths are resolved beneath.
pub(crate) struct Base {
    /// Canonical, absolute.
    pub(crate) path: PathBuf,
    folder: OwnedFd,
}

impl Base {
    /// Opens the folder; `path` is canonical.
    pub(crate) fn open(path: &Path) -> Result<Self, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Self { path: path.to_owned(), folder })
    }

    /// Opens a file or folder. `relative` has no `..`; symlinks are followed as long as they stay inside.
    ///
    /// # Errors
    /// `XDEV` when the path leads out of the folder, else what the kernel says.
    pub(crate) fn open_at(&self, relative: &Path, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        let relative = if relative.as_os_str().is_empty() { Path::new(".") } else { relative };
        let flags = flags | OFlags::CLOEXEC;
        match self.open_by_kernel(relative, flags, mode) {
            // An absolute symlink that points back inside is harmless, but RESOLVE_BENEATH refuses every absolute one.
            Err(Errno::XDEV) => self.open_by_kernel(&self.real(relative)?, flags, mode),
            // An old kernel, or a container whose filter does not know the call. Never because of a file: what is in the workspace
            // must not choose the weaker way.
            Err(Errno::NOSYS | Errno::PERM) if !kernel_helps() => self.open_checked(relative, flags, mode),
            other => other,
        }
    }

    /// The text of a short file that is where it is said to be, and not behind a symlink.
    pub(crate) fn small_text(&self, relative: &Path) -> Option<String> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW;
        let file = File::from(self.open_at(relative, flags, Mode::empty()).ok()?);
        let mut text = String::new();
        let is_file = file.metadata().ok()?.is_file();
        (is_file && file.take(SMALL).read_to_string(&mut text).is_ok()).then_some(text)
    }

    #[cfg(target_os = "linux")]
    fn open_by_kernel(&self, relative: &Path, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        use rustix::fs::ResolveFlags;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        // AGAIN: something on the way was renamed during the look-up, so the kernel could not be sure.
        for _ in 0..8 {
            match rustix::fs::openat2(&self.folder, relative, flags, mode, resolve) {
                Err(Errno::AGAIN) => {}
                other => return other,
            }
        }
        Err(Errno::AGAIN)
    }

    #[cfg(not(target_os = "linux"))]
    fn open_by_kernel(&self, _relative: &Path, _flags: OFlags, _mode: Mode) -> Result<OwnedFd, Errno> {
        Err(Errno::NOSYS)
    }

    /// Without the kernel's help: resolve, compare, open without following a last symlink. A folder that is swapped
    /// between the two steps is not noticed.
    fn open_checked(&self, relative: &Path, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        let real = self.real(relative)?;
        let real = if real.as_os_str().is_empty() { Path::new(".") } else { &real };
        rustix::fs::openat(&self.folder, real, flags | OFlags::NOFOLLOW, mode)
    }

    /// Where a path really is, relative to the folder: symlinks resolved as far as the path exists.
    ///
    /// # Errors
    /// `XDEV` when that is outside; `LOOP`, `ACCESS` and the like as the kernel says them.
    pub(crate) fn real(&self, relative: &Path) -> Result<PathBuf, Errno> {
        let mut existing = self.path.join(relative);
        let mut missing = Vec::new();
        loop {
            match existing.canonicalize() {
                Ok(real) => {
                    let inside = real.strip_prefix(&self.path).map_err(|_| Errno::XDEV)?;
                    return Ok(missing.iter().rev().fold(inside.to_owned(), |path, part| path.join(part)));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    // A dangling symlink counts as what it is: a name in its folder.
                    let Some(Component::Normal(name)) = existing.components().next_back() else {
                        return Err(Errno::XDEV);
                    };
                    missing.push(name.to_owned());
                    existing.pop();
                }
                Err(error) => return Err(Errno::from_io_error(&error).unwrap_or(Errno::IO)),
            }
        }
    }

    /// Opens a folder, making it and its parents where they are missing. `real` has its symlinks resolved, so none is followed:
    /// one that stands there now was put there since.
    pub(crate) fn make_folder(&self, real: &Path) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut folder = self.folder.try_clone().map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        for part in real.components() {
            let Component::Normal(name) = part else { return Err(Errno::INVAL) };
            folder = match rustix::fs::openat(&folder, name, flags, Mode::empty()) {
                Err(Errno::NOENT) => {
                    match rustix::fs::mkdirat(&folder, name, Mode::from_raw_mode(0o777)) {
                        Ok(()) | Err(Errno::EXIST) => {}
                        Err(error) => return Err(error),
                    }
                    rustix::fs::openat(&folder, name, flags, Mode::empty())?
                }
                other => other?,
            };
        }
        Ok(folder)
    }
}

/// Whether the kernel knows the call that keeps paths beneath a folder.
#[cfg(target_os = "linux")]
fn kernel_helps() -> bool {
    use std::sync::OnceLock;
    static HELPS: OnceLock<bool> = OnceLock::new();
    *HELPS.get_or_init(|| {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let resolve = rustix::fs::ResolveFlags::BENEATH;
        rustix::fs::openat2(rustix::fs::CWD, ".", flags, Mode::empty(), resolve).is_ok()
    })
}

#[cfg(not(target_os = "linux"))]
fn kernel_helps() -> bool {
    false
}

#[cfg(test)]
#[path = "beneath_tests.rs"]
mod tests;
