//! Collects what a search finds, capped.

use std::fmt::Write as _;
use std::io;

use grep_searcher::{Searcher, Sink, SinkContext, SinkContextKind, SinkFinish, SinkMatch};
use tokio_util::sync::CancellationToken;

use crate::arguments::cut;

/// Longest shown line, bytes.
const LONGEST_LINE: usize = 300;
/// Most bytes of an answer.
const MOST_BYTES: usize = 30_000;

/// What is told of each file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The lines, with their numbers.
    Lines,
    /// Its name.
    Files,
    /// Its name and the number of lines that match.
    Count,
}

/// The answer as it grows.
pub(crate) struct Hits {
    mode: Mode,
    limit: usize,
    text: String,
    /// Lines, or files, told so far.
    told: usize,
    full: bool,
}

impl Hits {
    pub(crate) fn new(mode: Mode, limit: usize) -> Self {
        Self { mode, limit, text: String::new(), told: 0, full: false }
    }

    /// Nothing more is taken.
    pub(crate) fn full(&self) -> bool {
        self.full
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The answer, with a note when it was cut.
    pub(crate) fn finish(self) -> String {
        let mut text = self.text.trim_end().to_owned();
        if self.full {
            let what = if self.mode == Mode::Lines { "matches" } else { "files" };
            let _ = write!(text, "\n(stopped after {} {what}; narrow the search, or raise limit)", self.told);
        }
        text
    }

    /// A sink for the search of one file.
    pub(crate) fn file<'a>(&'a mut self, shown: &'a str, cancel: &'a CancellationToken) -> FileHits<'a> {
        FileHits { hits: self, shown, cancel, matches: 0, begun: false, binary_from: None, mark: 0 }
    }

    fn room(&mut self) -> bool {
        if self.told == self.limit || self.text.len() > MOST_BYTES {
            self.full = true;
        }
        !self.full
    }
}

/// What the search of one file finds.
pub(crate) struct FileHits<'a> {
    hits: &'a mut Hits,
    shown: &'a str,
    cancel: &'a CancellationToken,
    matches: usize,
    begun: bool,
    binary_from: Option<(usize, usize)>,
    mark: usize,
}

impl FileHits<'_> {
    fn line(&mut self, number: Option<u64>, mark: char, bytes: &[u8]) {
        if !self.begun {
            self.begun = true;
            let _ = writeln!(self.hits.text, "{}", self.shown);
        }
        let line = String::from_utf8_lossy(bytes);
        let line = cut(line.trim_end_matches(['\n', '\r']), LONGEST_LINE);
        let _ = writeln!(self.hits.text, "{}{mark}{line}", number.unwrap_or_default());
    }
}

impl Sink for FileHits<'_> {
    type Error = io::Error;

    fn begin(&mut self, _searcher: &Searcher) -> io::Result<bool> {
        self.mark = self.hits.text.len();
        self.binary_from = Some((self.hits.text.len(), self.hits.told));
        Ok(true)
    }

    fn matched(&mut self, _searcher: &Searcher, found: &SinkMatch<'_>) -> io::Result<bool> {
        if self.cancel.is_cancelled() || !self.hits.room() {
            return Ok(false);
        }
        self.matches += 1;
        match self.hits.mode {
            Mode::Lines => {
                self.hits.told += 1;
                self.line(found.line_number(), ':', found.bytes());
                Ok(true)
            }
            // One line is enough to name a file.
            Mode::Files => Ok(false),
            Mode::Count => Ok(true),
        }
    }

    fn context(&mut self, _searcher: &Searcher, context: &SinkContext<'_>) -> io::Result<bool> {
        // What comes before a match that there is no room for any more helps nobody.
        let before = *context.kind() == SinkContextKind::Before;
        if self.hits.mode == Mode::Lines && (!before || self.hits.room()) {
            self.line(context.line_number(), '-', context.bytes());
        }
        Ok(!self.hits.full)
    }

    fn context_break(&mut self, _searcher: &Searcher) -> io::Result<bool> {
        if self.hits.mode == Mode::Lines && self.begun {
            self.hits.text.push_str("--\n");
        }
        Ok(true)
    }

    fn finish(&mut self, _searcher: &Searcher, finish: &SinkFinish) -> io::Result<()> {
        // A NUL far behind the first match: what was told of this file so far is taken back.
        if let (Some(_), Some((length, told))) = (finish.binary_byte_offset(), self.binary_from) {
            self.hits.text.truncate(length);
            self.hits.told = told;
            return Ok(());
        }
        match self.hits.mode {
            Mode::Lines if self.begun => self.hits.text.push('\n'),
            Mode::Files if self.matches > 0 => {
                self.hits.told += 1;
                let _ = writeln!(self.hits.text, "{}", self.shown);
            }
            Mode::Count if self.matches > 0 => {
                self.hits.told += 1;
                let _ = writeln!(self.hits.text, "{}:{}", self.shown, self.matches);
            }
            _ => {}
        }
        Ok(())
    }
}
