//! Opens files beneath a folder so that neither `..`, nor a symlink, nor somebody who swaps a folder for a symlink in the
//! meantime leads out of it. On Linux the kernel sees to that (openat2, RESOLVE_BENEATH).

use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

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
            // An old kernel, or a container whose filter does not know the call.
            Err(Errno::NOSYS | Errno::PERM) => self.open_checked(relative, flags, mode),
            other => other,
        }
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

    /// Opens a folder, making it and its parents where they are missing.
    pub(crate) fn make_folder(&self, relative: &Path) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let mut path = PathBuf::new();
        let mut folder = self.open_at(&path, flags, Mode::empty())?;
        for part in relative.components() {
            path.push(part);
            folder = match self.open_at(&path, flags, Mode::empty()) {
                Err(Errno::NOENT) => {
                    match rustix::fs::mkdirat(&folder, Path::new(part.as_os_str()), Mode::from_raw_mode(0o777)) {
                        Ok(()) | Err(Errno::EXIST) => {}
                        Err(error) => return Err(error),
                    }
                    self.open_at(&path, flags, Mode::empty())?
                }
                other => other?,
            };
        }
        Ok(folder)
    }
}

#[cfg(test)]
#[path = "beneath_tests.rs"]
mod tests;
