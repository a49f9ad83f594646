//! Small files of the user's and the project's: read whole, written whole.
#![expect(clippy::disallowed_methods, reason = "the user's and the project's configuration files are opened here")]

use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use anyhow::Context as _;

use crate::failure::Failure;

/// Longest configuration file, in bytes.
const CAP: u64 = 4 * 1024 * 1024;

/// Longest first line of a file of git's, in bytes: a path.
const LONGEST_LINE: u64 = 8 * 1024;

/// The text of a file that must be there.
pub(crate) fn read(path: &Path) -> anyhow::Result<String> {
    let wrong = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
    if size > CAP {
        return Err(wrong(format!("{size} bytes; at most {CAP} are read")));
    }
    std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))
}

/// The text of a file that may be missing.
pub(crate) fn read_if_there(path: &Path) -> anyhow::Result<Option<String>> {
    if path.is_file() { read(path).map(Some) } else { Ok(None) }
}

/// The first line of a short file, of those that git keeps; none where there is no such file.
pub(crate) fn read_first_line(path: &Path) -> Option<String> {
    if !path.is_file() {
        return None;
    }
    let mut text = String::new();
    std::fs::File::open(path).ok()?.take(LONGEST_LINE).read_to_string(&mut text).ok()?;
    text.lines().next().map(str::to_owned)
}

/// Writes a file in one step: the old one stays until the new one is whole. Makes the folder.
pub(crate) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let mut file =
        tempfile::NamedTempFile::new_in(folder).with_context(|| format!("{} cannot be written", folder.display()))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.as_file().sync_all())
        .with_context(|| format!("{} cannot be written", path.display()))?;
    file.persist(path).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(())
}

/// Everything on standard input.
pub(crate) fn read_stdin() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => Failure::usage("standard input is not UTF-8 text"),
        _ => Failure::usage(format!("standard input cannot be read: {error}")),
    })?;
    if text.trim().is_empty() {
        return Err(Failure::usage("standard input is empty; there is no task in it"));
    }
    Ok(text)
}

/// Removes a folder of the program's own, if it is there.
pub(crate) fn remove_folder(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", path.display()))
        }
        _ => Ok(()),
    }
}
