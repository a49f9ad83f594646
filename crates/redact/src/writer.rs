//! A stream without secrets.

use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

use crate::patterns::Kind;
use crate::redactor::Redactor;

/// Bytes that are held back for a line (or a private key) that does not end. Beyond it the beginning goes out.
const LONGEST: usize = 64 << 10;

/// Bytes of a line without an end that stay behind, for a secret that is not whole yet.
const TAIL: usize = 4096;

const KEY_BEGINS: &str = "PRIVATE KEY";

/// Writes whole lines, redacted: a secret that comes in two writes is found. What has no line break yet goes out when the writer is
/// dropped or finished; flushing sends whole lines only.
#[derive(Debug)]
pub struct RedactingWriter<W: Write> {
    redactor: Redactor,
    inner: W,
    pending: Vec<u8>,
}

impl<W: Write> RedactingWriter<W> {
    /// Redacts what goes to `inner`.
    pub fn new(redactor: Redactor, inner: W) -> Self {
        Self { redactor, inner, pending: Vec::new() }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// As the inner writer says.
    pub fn finish(&mut self) -> io::Result<()> {
        let pending = std::mem::take(&mut self.pending);
        self.send(&pending)?;
        self.inner.flush()
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(bytes);
        self.inner.write_all(self.redactor.redact(&text).as_bytes())
    }

    /// Sends what is complete: lines, but not the lines of a private key without its end.
    fn send_lines(&mut self) -> io::Result<()> {
        let Some(end) = self.pending.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1) else {
            return if self.pending.len() > LONGEST { self.send_head() } else { Ok(()) };
        };
        let lines = String::from_utf8_lossy(self.pending.get(..end).unwrap_or_default());
        let open = self.redactor.find(&lines).last().is_some_and(|(place, kind)| {
            let is_open =
                *kind == Kind::PrivateKey || lines.get(place.clone()).is_some_and(|key| key.contains(KEY_BEGINS));
            is_open && place.end == lines.len()
        });
        if open {
            return if self.pending.len() > LONGEST { self.send_head() } else { Ok(()) };
        }
        let lines: Vec<u8> = self.pending.drain(..end).collect();
        self.send(&lines)
    }

    /// Sends most of what has become too long to wait for; never a part of a secret.
    fn send_head(&mut self) -> io::Result<()> {
        let text = String::from_utf8_lossy(&self.pending).into_owned();
        let cut = text.floor_char_boundary(text.len().saturating_sub(TAIL));
        let crossing = self.redactor.find(&text).into_iter().find(|(place, _)| place.start < cut && cut < place.end);
        let cut = crossing.map_or(cut, |(place, _)| place.end);
        let (head, tail) = text.split_at(cut);
        self.pending = tail.as_bytes().to_vec();
        self.send(head.as_bytes())
    }
}

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        if bytes.contains(&b'\n') || self.pending.len() > LONGEST {
            self.send_lines()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write> Drop for RedactingWriter<W> {
    fn drop(&mut self) {
        // Nobody is left to be told.
        self.finish().ok();
    }
}

/// Log lines without secrets: `fmt::layer().with_writer(RedactingMakeWriter::new(global().clone(), std::io::stderr))`.
#[derive(Clone, Debug)]
pub struct RedactingMakeWriter<M> {
    redactor: Redactor,
    inner: M,
}

impl<M> RedactingMakeWriter<M> {
    /// Redacts what goes to the writers that `inner` makes.
    pub fn new(redactor: Redactor, inner: M) -> Self {
        Self { redactor, inner }
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for RedactingMakeWriter<M> {
    type Writer = RedactingWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        RedactingWriter::new(self.redactor.clone(), self.inner.make_writer())
    }

    fn make_writer_for(&'a self, metadata: &tracing::Metadata<'_>) -> Self::Writer {
        RedactingWriter::new(self.redactor.clone(), self.inner.make_writer_for(metadata))
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
