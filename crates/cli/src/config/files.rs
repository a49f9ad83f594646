//! Small files of the user's and the project's: read whole, written whole.
#![expect(clippy::disallowed_methods, reason = "the user's and the project's configuration files are opened here")]

use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
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
    let size = match std::fs::metadata(path) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let message = format!("there is no file {}", path.display());
            return Err(Failure::usage_with(message, "check its name; it is looked for from the folder you are in"));
        }
        Err(error) => return Err(wrong(error.to_string())),
    };
    if size > CAP {
        return Err(wrong(format!("{size} bytes; at most {CAP} are read")));
    }
    std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))
}

/// The text of a file that may be missing.
pub(crate) fn read_if_there(path: &Path) -> anyhow::Result<Option<String>> {
    if path.is_file() { read(path).map(Some) } else { Ok(None) }
}

/// The last whole lines of a file, at most so many bytes of it, and how long it is; none where there is no such file.
pub(crate) fn read_tail(path: &Path, most: u64) -> std::io::Result<Option<(String, u64)>> {
    let mut file = match std::fs::File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let length = file.metadata()?.len();
    // The byte before tells whether a line begins there.
    let from = length.saturating_sub(most.saturating_add(1));
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let whole = if from == 0 { &*text } else { text.split_once('\n').map_or("", |(_, whole)| whole) };
    Ok(Some((whole.to_owned(), length)))
}

/// Whether a path, from the root on, is a file within the root, links followed.
pub(crate) fn is_file_inside(root: &Path, path: &Path) -> bool {
    let (Ok(root), Ok(real)) = (root.canonicalize(), root.join(path).canonicalize()) else { return false };
    real.starts_with(&root) && real.is_file()
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

/// The Markdown files of a folder, by name, with their texts; none where there is no folder. What is no plain file inside of it (a link
/// that leads out, a folder) is left out, and so is what is longer than `longest` or not UTF-8: `left_out` is told of each.
pub(crate) fn markdown_in(
    folder: &Path,
    most: usize,
    longest: u64,
    left_out: &mut dyn FnMut(String),
) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let named = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        name.strip_suffix(".md").filter(|name| !name.is_empty() && !name.starts_with('.')).map(str::to_owned)
    };
    let mut names: Vec<String> = entries.flatten().filter_map(named).collect();
    names.sort_unstable();
    if names.len() > most {
        left_out(format!("{}: {} files; the first {most} are used", folder.display(), names.len()));
        names.truncate(most);
    }
    let inside = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mut found = Vec::new();
    for name in names {
        let path = folder.join(format!("{name}.md"));
        // A repository could link to anything the user can read.
        if !path.canonicalize().is_ok_and(|real| real.starts_with(&inside)) || !path.is_file() {
            left_out(format!("{}: no plain file of this folder", path.display()));
            continue;
        }
        match std::fs::metadata(&path) {
            Ok(data) if data.len() > longest => {
                left_out(format!("{}: {} bytes; at most {longest} are read", path.display(), data.len()));
            }
            _ => match std::fs::read_to_string(&path) {
                Ok(text) => found.push((name, text)),
                Err(error) => left_out(format!("{}: {error}", path.display())),
            },
        }
    }
    found
}

/// Writes a file that must not be there yet.
///
/// # Errors
/// It is there (exit code 2), or cannot be written.
pub(crate) fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::usage_with(
            format!("{} is there already", path.display()),
            "name another file; nothing is replaced",
        ),
        _ => Failure::usage(format!("{} cannot be written: {error}", path.display())),
    })
}

/// Adds a line to a file that only the user may read. Makes the file, and its folder.
pub(crate) fn append_private(path: &Path, line: &str) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    if let Some(folder) = path.parent().filter(|folder| !folder.is_dir()) {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(format!("{line}\n").as_bytes())
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
