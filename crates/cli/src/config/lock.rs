//! One process works on a session at a time.
#![expect(clippy::disallowed_methods, reason = "opens the session's lock file")]

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use anyhow::Context as _;
use protocol::SessionId;

use crate::failure::Failure;

/// Held as long as the session is open; let go of by the system when the process ends, however it ends.
pub(crate) struct SessionLock {
    file: File,
}

impl SessionLock {
    /// Takes the lock of a session.
    ///
    /// # Errors
    /// Another process holds it (exit code 2), or the file cannot be made.
    pub(crate) fn take(state: &Path, session: &SessionId) -> anyhow::Result<Self> {
        let folder = state.join("sessions").join(session.as_str());
        std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let path = folder.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("{} cannot be opened", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(Failure::usage_with(
                format!("session {session} is open in another process"),
                "leave it there first, or start a session of its own here",
            )),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", path.display()))
            }
        }
    }
}

/// Said, and not left to the closing: a process that is being started at this moment has a copy of the file for an instant.
impl Drop for SessionLock {
    fn drop(&mut self) {
        // It fails only for a file that is not locked.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_open_once_and_can_be_opened_again_afterwards() {
        let state = tempfile::tempdir().unwrap();
        let session = SessionId::from("s1");
        let first = SessionLock::take(state.path(), &session).unwrap();
        let second = SessionLock::take(state.path(), &session).err().map(|error| error.to_string());
        assert_eq!(second.as_deref(), Some("session s1 is open in another process"));
        assert!(SessionLock::take(state.path(), &SessionId::from("s2")).is_ok());
        drop(first);
        assert!(SessionLock::take(state.path(), &session).is_ok());
    }
}
