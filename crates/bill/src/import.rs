//! Session logs of other coding agents, read into a [`Flow`]. JSON Lines, plain or gzipped. What is not known is left out and
//! counted; it never stops the reading.

mod calls;
mod claude_code;
mod codex;

use std::io::{BufRead, BufReader, Read};

use flate2::read::MultiGzDecoder;
use jiff::Timestamp as Moment;
use protocol::Timestamp;
use serde_json::{Map, Value};

use crate::flow::{Flow, tokens_of_chars};

/// Whose log it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Transcripts of Claude Code.
    ClaudeCode,
    /// Rollouts of Codex.
    Codex,
    /// One line per model call, with its tokens.
    Calls,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ClaudeCode, Self::Codex, Self::Calls];

    /// As written on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
            Self::Calls => "calls",
        }
    }

    /// What a line of it looks like, for an error.
    fn looks_like(self) -> &'static str {
        match self {
            Self::ClaudeCode => r#"lines such as {"type": "assistant", "message": {"model": ..., "usage": {...}}}"#,
            Self::Codex => r#"lines such as {"type": "event_msg", "payload": {"type": "token_count", ...}}"#,
            Self::Calls => r#"lines such as {"s": "session", "agent": "main", "ts": ..., "model": ..., "inp": ...}"#,
        }
    }
}

/// A log that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file itself.
    #[error("{file}: cannot be read: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is something else.
    #[error("{file}: nothing in it could be read as a log of `{format}` ({found}); expected are {expected}")]
    Nothing {
        /// The file.
        file: String,
        /// What it was read as.
        format: &'static str,
        /// What is in it.
        found: String,
        /// What should be.
        expected: &'static str,
    },
}

/// Reads logs one after the other into one flow. Where messages have ids (Claude Code), one that is in several counts once.
pub struct Importer {
    flow: Flow,
    reader: Box<dyn Lines>,
    format: Format,
}

/// What each format does with its lines.
trait Lines {
    /// A file begins.
    fn begin(&mut self, file: &str);
    /// Takes a line's object; false where it is nothing that this format has.
    fn take(&mut self, record: Map<String, Value>, flow: &mut Flow) -> bool;
    /// The file is at its end.
    fn end(&mut self, flow: &mut Flow);
}

impl Importer {
    /// For logs of a format.
    pub fn new(format: Format) -> Self {
        let reader: Box<dyn Lines> = match format {
            Format::ClaudeCode => Box::<claude_code::Transcripts>::default(),
            Format::Codex => Box::<codex::Rollouts>::default(),
            Format::Calls => Box::<calls::CallLines>::default(),
        };
        Self { flow: Flow::default(), reader, format }
    }

    /// Reads a file to its end; a gzipped one is known by its first bytes.
    ///
    /// # Errors
    /// When it cannot be read, or nothing in it is of this format.
    pub fn read(&mut self, file: &str, input: impl Read) -> Result<(), ImportError> {
        let broken = |source| ImportError::Read { file: file.to_owned(), source };
        let mut input = BufReader::new(input);
        let gzipped = input.fill_buf().map_err(broken)?.starts_with(&[0x1f, 0x8b]);
        let mut lines: Box<dyn BufRead + '_> =
            if gzipped { Box::new(BufReader::new(MultiGzDecoder::new(input))) } else { Box::new(input) };
        self.reader.begin(file);
        let (mut line, mut seen, mut known) = (Vec::new(), 0_u64, 0_u64);
        while lines.read_until(b'\n', &mut line).map_err(broken)? > 0 {
            if !line.trim_ascii().is_empty() {
                seen += 1;
                known += u64::from(self.line(&line));
            }
            line.clear();
        }
        self.reader.end(&mut self.flow);
        if known > 0 {
            return Ok(());
        }
        let found = if seen == 0 { "it is empty".to_owned() } else { format!("{seen} lines of something else") };
        let (format, expected) = (self.format.as_str(), self.format.looks_like());
        Err(ImportError::Nothing { file: file.to_owned(), format, found, expected })
    }

    fn line(&mut self, line: &[u8]) -> bool {
        match serde_json::from_slice::<Value>(line) {
            Ok(Value::Object(record)) => self.reader.take(record, &mut self.flow),
            Ok(_) | Err(_) => {
                self.flow.skip("broken line".to_owned());
                false
            }
        }
    }

    /// What was read.
    pub fn finish(mut self) -> Flow {
        self.flow.tidy();
        self.flow
    }
}

/// Counts the fields of a record that nobody here knows.
fn skip_unknown(record: &Map<String, Value>, known: &[&str], flow: &mut Flow) {
    for field in record.keys().filter(|field| !known.contains(&field.as_str())) {
        flow.skip(format!("field {field}"));
    }
}

/// A whole number; 0 for anything else.
fn number(value: Option<&Value>) -> u64 {
    let value = value.unwrap_or(&Value::Null);
    value.as_u64().or_else(|| value.as_f64().map(|number| number.max(0.0) as u64)).unwrap_or_default()
}

fn text<'a>(record: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    record.get(field).and_then(Value::as_str)
}

fn is_set(record: &Map<String, Value>, field: &str) -> bool {
    record.get(field).and_then(Value::as_bool).unwrap_or_default()
}

/// `2026-01-23T00:41:53.727Z`; the beginning of time where it cannot be read.
fn moment(text: Option<&str>) -> Timestamp {
    let read = text.and_then(|text| text.parse::<Moment>().ok());
    Timestamp(read.and_then(|moment| u64::try_from(moment.as_millisecond()).ok()).unwrap_or_default())
}

fn chars(text: &str) -> u64 {
    text.chars().count() as u64
}

/// What a log says was generated, or what the text in it takes where that is more: logs are often written before the count is
/// final. Says too whether it is the latter.
fn output(reported: u64, written_chars: u64) -> (u64, bool) {
    let written = tokens_of_chars(written_chars);
    (reported.max(written), written > reported)
}

#[cfg(test)]
#[path = "import/tests.rs"]
mod tests;
