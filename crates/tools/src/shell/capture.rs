//! Keeps the beginning and the end of what a command prints, whatever its length, and the whole of it, but for secrets, in a file.
#![expect(clippy::disallowed_methods, reason = "long output is kept in a file")]

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use redact::RedactingWriter;

/// Bytes kept of the beginning.
const HEAD: usize = 10_000;
/// Bytes kept of the end: where failures are told.
const TAIL: usize = 20_000;
/// Bytes kept in the file: a command that prints without end shall not fill the disk.
const MOST_ON_DISK: u64 = 1024 * 1024 * 1024;

/// Output as it comes in. Its size in memory does not depend on the output's.
pub(crate) struct Capture {
    folder: PathBuf,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: u64,
    line_breaks: u64,
    file: Kept,
}

/// How it stands with the file.
enum Kept {
    /// Not needed so far.
    Not,
    /// All of the output so far is in it, its last lines when this is dropped.
    In(PathBuf, RedactingWriter<File>),
    /// It could not be written (any more), for this reason.
    Failed(Option<PathBuf>, String),
}

impl Capture {
    /// `folder` is where the file is made, once the output is too long to be shown whole.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            head: Vec::new(),
            tail: VecDeque::new(),
            total: 0,
            line_breaks: 0,
            file: Kept::Not,
        }
    }

    /// Takes the next piece.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.total += piece.len() as u64;
        self.line_breaks += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
        let (head, rest) = piece.split_at(piece.len().min(HEAD - self.head.len()));
        self.head.extend_from_slice(head);
        if self.total > (HEAD + TAIL) as u64 {
            self.keep(piece);
        }
        // Only what can still be in the end is moved at all.
        self.tail.extend(&rest[rest.len().saturating_sub(TAIL)..]);
        let surplus = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..surplus);
    }

    /// Writes a piece to the file; when the file is made, first what came before it. Called before the end is cut.
    fn keep(&mut self, piece: &[u8]) {
        let result = match &mut self.file {
            Kept::Failed(..) => return,
            Kept::In(path, _) if self.total > MOST_ON_DISK => {
                let reason = format!("only the first {} MB are there", MOST_ON_DISK / 1024 / 1024);
                self.file = Kept::Failed(Some(path.clone()), reason);
                return;
            }
            Kept::In(_, file) => file.write_all(piece),
            Kept::Not => self.begin_file(piece),
        };
        if let Err(error) = result {
            let path = if let Kept::In(path, _) = &self.file { Some(path.clone()) } else { None };
            self.file = Kept::Failed(path, format!("writing it failed: {error}"));
        }
    }

    fn begin_file(&mut self, piece: &[u8]) -> std::io::Result<()> {
        let (path, file) = new_file(&self.folder)?;
        let mut file = RedactingWriter::new(redact::global().clone(), file);
        // Up to now everything is in memory: the beginning, and behind it the end.
        let before = self.total as usize - piece.len();
        file.write_all(&self.head[..self.head.len().min(before)])?;
        let (one, two) = self.tail.as_slices();
        file.write_all(one)?;
        file.write_all(two)?;
        file.write_all(piece)?;
        self.file = Kept::In(path, file);
        Ok(())
    }

    /// The output for the model: whole when it is short, else beginning and end with what was left out and where it is.
    pub(crate) fn text(&self) -> String {
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        let shown = (self.head.len() + tail.len()) as u64;
        if shown == self.total {
            return clean(&[self.head.as_slice(), &tail].concat());
        }
        // Begin and end with whole lines, unless a line is as long as all that is shown.
        let head = match self.head.iter().rposition(|byte| *byte == b'\n') {
            Some(at) if at > HEAD / 2 => &self.head[..=at],
            _ => &self.head,
        };
        let tail = match tail.iter().position(|byte| *byte == b'\n') {
            Some(at) if at < TAIL / 2 => &tail[at + 1..],
            _ => &tail,
        };
        let left = self.total - (head.len() + tail.len()) as u64;
        let whole = match &self.file {
            Kept::In(path, _) => format!("all of it: {}", path.display()),
            Kept::Failed(Some(path), reason) => format!("more of it: {}, {reason}", path.display()),
            Kept::Failed(None, reason) => format!("the rest is lost, {reason}"),
            Kept::Not => "the rest is lost".to_owned(),
        };
        format!(
            "{}\n[… {left} of {} bytes ({} lines in all) left out; {whole}]\n{}",
            clean(head).trim_end(),
            self.total,
            self.line_breaks,
            clean(tail)
        )
    }
}

/// The first free name: the same commands in the same order get the same names.
fn new_file(folder: &Path) -> std::io::Result<(PathBuf, File)> {
    for number in 1..100_000 {
        let path = folder.join(format!("output-{number:04}.log"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(std::io::Error::other(format!("{} is full of files", folder.display())))
}

/// Without colours and cursor movements, and of a line that was written over only what was there in the end.
pub(crate) fn clean(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = anstream::adapter::strip_str(&text).to_string();
    if !text.contains('\r') {
        return text;
    }
    let last = |line: &str| {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        let line = line.trim_end_matches('\r');
        format!("{}{end}", line.rsplit('\r').next().unwrap_or(line))
    };
    text.split_inclusive('\n').map(last).collect()
}

#[cfg(test)]
#[path = "capture_tests.rs"]
mod tests;
