//! Files of the gateway's own: its lock, the file of keys, other tools' settings.
#![expect(clippy::disallowed_methods, reason = "opens the gateway's lock and other tools' settings")]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::files;
use crate::failure::Failure;

/// One gateway works on a state folder: its budgets and its ledger are kept by one process. Let go of by the system when the process
/// ends, however it ends.
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock.
    ///
    /// # Errors
    /// Another gateway holds it (exit code 2), or the file cannot be made.
    pub(super) fn take(state: &Path) -> anyhow::Result<Self> {
        let folder = state.join("gateway");
        std::fs::create_dir_all(&folder)
            .and_then(|()| for_the_user_alone(&folder))
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        let path = folder.join("lock");
        let options = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = options.with_context(|| format!("{} cannot be opened", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => {
                let mut at = String::new();
                // Where it listens is a help, and no more.
                let _ = file.read_to_string(&mut at);
                let at = if at.trim().is_empty() { String::new() } else { format!(" ({})", at.trim()) };
                Err(Failure::usage_with(
                    format!("another gateway{at} works on {}", state.display()),
                    "use that one, end it first, or give this one a folder of its own with AGENT_HOME",
                ))
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", path.display()))
            }
        }
    }

    /// Says where the gateway listens, for whoever finds the lock taken.
    pub(super) fn says(&mut self, url: &str) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(url.as_bytes())
    }
}

/// Takes the rights of everybody else away: hashes of tokens are in there.
fn for_the_user_alone(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// The file of keys, `NAME=VALUE` on each line.
///
/// # Errors
/// It cannot be read, others can read it, or a line is not of that form; no value is ever repeated.
pub(super) fn keys(path: &Path) -> anyhow::Result<Vec<(String, String)>> {
    private(path)?;
    let text = SecretString::from(files::read(path)?);
    let mut keys = Vec::new();
    for (number, line) in text.expose_secret().lines().enumerate() {
        let line = line.trim().strip_prefix("export ").unwrap_or(line.trim());
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let Some((name, value)) = line.split_once('=').filter(|(name, _)| is_name(name)) else {
            return Err(Failure::usage(format!(
                "{}:{}: NAME=VALUE is wanted on each line",
                path.display(),
                number + 1
            )));
        };
        let quoted = |mark: char| value.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
        keys.push((name.to_owned(), quoted('"').or_else(|| quoted('\'')).unwrap_or(value).to_owned()));
    }
    Ok(keys)
}

fn private(path: &Path) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let about = std::fs::metadata(path).map_err(|error| {
            let message = format!("--keys {} cannot be read: {}", path.display(), error.to_string().to_lowercase());
            Failure::usage_with(message, "name a file with a key on each line, as NAME=VALUE, that only you can read")
        })?;
        if !about.is_file() {
            let message = format!("--keys {} is no file", path.display());
            return Err(Failure::usage_with(message, "name a file with a key on each line, as NAME=VALUE"));
        }
        if about.permissions().mode() & 0o077 != 0 {
            return Err(Failure::usage_with(
                format!("{}: others can read this file, and it holds keys", path.display()),
                format!("chmod 600 {}", path.display()),
            ));
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// The file itself, where a link leads to it: other tools' settings are often kept elsewhere and linked.
pub(super) fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Writes a file in one step and with the rights it had.
pub(super) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let rights = std::fs::metadata(path).ok().map(|about| about.permissions());
    files::write(path, text)?;
    match rights {
        Some(rights) => {
            std::fs::set_permissions(path, rights).with_context(|| format!("{} cannot be written", path.display()))
        }
        None => Ok(()),
    }
}

/// Removes a file, if it is there.
pub(super) fn remove(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gw_27_a_second_gateway_is_told_where_the_first_one_listens() {
        let state = tempfile::tempdir().unwrap();
        let mut first = Lock::take(state.path()).unwrap();
        first.says("http://127.0.0.1:8787").unwrap();
        let second = Lock::take(state.path()).err().map(|error| error.to_string()).unwrap();
        assert!(second.contains("http://127.0.0.1:8787"), "{second}");
        drop(first);
        assert!(Lock::take(state.path()).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_of_keys_is_for_the_user_alone_and_its_errors_repeat_no_value() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        std::fs::write(&path, "# keys\nA_KEY=one\nexport B_KEY=\"two\"\n\nC_KEY='x=y'\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(keys(&path).unwrap_err().to_string().contains("others can read"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let pairs: Vec<(String, String)> = keys(&path).unwrap();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("A_KEY", "one"), ("B_KEY", "two"), ("C_KEY", "x=y")]);
        std::fs::write(&path, "A_KEY=one\nsk-canary\n").unwrap();
        let error = keys(&path).unwrap_err().to_string();
        assert!(error.contains("keys:2") && !error.contains("canary"), "{error}");
    }
}
