//! The file of tokens: for the user only, written whole, changed by one process at a time.
#![expect(clippy::disallowed_methods, reason = "the file of the gateway's tokens is opened here")]

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::time::SystemTime;

use super::{Book, TokenError};

/// By which a changed file is known: every change makes a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    size: u64,
    inode: u64,
}

/// None where there is no file.
pub(super) fn stamp(path: &Path) -> Option<Stamp> {
    let about = std::fs::metadata(path).ok()?;
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&about);
    #[cfg(not(unix))]
    let inode = 0;
    Some(Stamp { modified: about.modified().ok(), size: about.len(), inode })
}

/// What is in the file; none where there is none.
pub(super) fn read(path: &Path) -> Result<Option<Book>, TokenError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(path, &error)),
    };
    let damaged = |detail: String| TokenError::Damaged { path: path.to_owned(), detail };
    let book: Book = serde_json::from_str(&text).map_err(|error| damaged(format!("line {}", error.line())))?;
    let readable = blake3::Hash::from_hex(&book.key).is_ok()
        && book.tokens.iter().all(|grant| blake3::Hash::from_hex(&grant.hash).is_ok());
    match book.version {
        1 if readable => Ok(Some(book)),
        1 => Err(damaged("a hash".to_owned())),
        other => Err(damaged(format!("version {other}; version 1 is known"))),
    }
}

/// Reads, changes and writes, alone.
pub(super) fn change(path: &Path, with: impl FnOnce(&mut Book) -> Result<(), TokenError>) -> Result<(), TokenError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folder(folder).map_err(|error| wrong(folder, &error))?;
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path.with_extension("lock"));
    let lock = lock.and_then(|lock: File| lock.lock().map(|()| lock)).map_err(|error| wrong(path, &error))?;
    let mut book = read(path)?.unwrap_or_else(Book::new);
    with(&mut book)?;
    let written = write(path, &book);
    drop(lock);
    written.map_err(|error| wrong(path, &error))
}

fn write(path: &Path, book: &Book) -> std::io::Result<()> {
    let mut text = serde_json::to_string_pretty(book)?;
    text.push('\n');
    let new = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(new, path)
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut maker = DirBuilder::new();
    maker.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
    maker.create(folder)
}

fn wrong(path: &Path, error: &std::io::Error) -> TokenError {
    TokenError::File { path: path.to_owned(), detail: error.to_string() }
}
