//! What the stage says to us and to nobody else: a file in the session's temporary folder, which every command sees as `/tmp`. The stage
//! takes the file's name away before the command begins, so that no command finds it; a mount of its own would cost each command a third
//! of a millisecond.

use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// How names begin. What follows is random.
const PREFIX: &str = ".tandem-report-";

/// The report of one command. Dropping it removes what the stage has not.
#[derive(Debug)]
pub(crate) struct Report {
    file: NamedTempFile,
    /// From when on something is the command's doing, in nanoseconds since 1970.
    pub(crate) since: i128,
}

impl Report {
    /// A new empty one in the session's temporary folder.
    pub(crate) fn new(session_tmp: &Path) -> io::Result<Self> {
        let file = tempfile::Builder::new().prefix(PREFIX).tempfile_in(session_tmp)?;
        let made = file.as_file().metadata()?;
        // By the clock that the file system uses for all.
        let since = i128::from(made.ctime()) * 1_000_000_000 + i128::from(made.ctime_nsec());
        Ok(Self { file, since })
    }

    /// Where the stage finds it.
    pub(crate) fn inside(&self) -> PathBuf {
        Path::new("/tmp").join(self.file.path().file_name().unwrap_or_default())
    }

    /// What was written by now; empty where nothing was.
    pub(crate) fn read(&mut self) -> String {
        let mut text = String::new();
        let file = self.file.as_file_mut();
        let whole = file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_string(&mut text));
        if whole.is_ok() { text } else { String::new() }
    }
}
