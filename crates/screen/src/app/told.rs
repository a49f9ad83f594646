//! What has been told: pieces that wait for the terminal's scrollback, in their order, and the words that still stream. Nothing that was
//! drawn is kept.

use std::collections::VecDeque;
use std::sync::Arc;

use ratatui::text::Line;

use super::entry::{Body, Entry};
use super::shelf::Shelf;
use crate::text::{Stream, Theme, wrap};
use crate::view::entries;
use crate::view::line::count;

/// Most bytes of pieces that wait to be drawn. More comes together only while the viewer hides the history; all of it is drawn in one
/// frame then, and stays in the viewer.
const MOST_PENDING: usize = 1 << 20;

/// A piece of the history that was not drawn yet.
enum Piece {
    Entry {
        entry: Arc<Entry>,
        place: u64,
    },
    /// More of the main agent's words.
    Words(String),
    /// The main agent's words are whole.
    End,
}

impl Piece {
    fn bytes(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Entry { entry, .. } => entry.bytes(),
                Self::Words(words) => words.len(),
                Self::End => 0,
            }
    }
}

/// What was drawn last: the next knows whether it stands apart.
enum Last {
    Nothing,
    Words,
    Entry(Arc<Entry>),
}

/// What has been told.
pub(crate) struct Told {
    pub(crate) shelf: Shelf,
    pending: VecDeque<Piece>,
    /// Bytes of the pieces that wait, roughly.
    waiting: usize,
    /// Pieces that were left out because too much waited.
    skipped: usize,
    stream: Stream,
    /// The streaming words that may still change, as they were drawn last.
    tail: Vec<Line<'static>>,
    /// The streaming words from their beginning.
    words: String,
    last: Last,
    /// The last line that went out is blank.
    blank: bool,
    /// The place of the newest thing of which a part was left out.
    newest: Option<u64>,
}

impl Told {
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self {
            shelf: Shelf::new(most_bytes),
            pending: VecDeque::new(),
            waiting: 0,
            skipped: 0,
            stream: Stream::new(),
            tail: Vec::new(),
            words: String::new(),
            last: Last::Nothing,
            blank: true,
            newest: None,
        }
    }

    /// Into the history.
    pub(crate) fn show(&mut self, body: Body) {
        let entry = self.shelf.put(body);
        let place = self.shelf.places().end.saturating_sub(1);
        self.wait(Piece::Entry { entry, place });
    }

    /// For the viewer only.
    pub(crate) fn keep(&mut self, body: Body) {
        self.shelf.put(body);
    }

    /// More of the main agent's words.
    pub(crate) fn speak(&mut self, text: &str) {
        if text.is_empty() || (self.words.is_empty() && text.trim().is_empty()) {
            return;
        }
        self.words.push_str(text);
        match self.pending.back_mut() {
            Some(Piece::Words(words)) => {
                words.push_str(text);
                self.waiting += text.len();
            }
            _ => self.wait(Piece::Words(text.to_owned())),
        }
    }

    /// Puts a piece behind those that wait; the oldest go where that is too much. What ends words stays with them, once.
    fn wait(&mut self, piece: Piece) {
        self.waiting += piece.bytes();
        self.pending.push_back(piece);
        let mut ends = false;
        while self.waiting > MOST_PENDING && self.pending.len() > 1 {
            let Some(oldest) = self.pending.pop_front() else { break };
            self.waiting -= oldest.bytes();
            match oldest {
                Piece::End => ends = true,
                Piece::Words(_) | Piece::Entry { .. } => self.skipped += 1,
            }
        }
        if ends {
            self.pending.push_front(Piece::End);
            self.waiting += Piece::End.bytes();
        }
    }

    /// Bytes of the pieces that wait.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether the main agent is in the middle of its words.
    pub(crate) fn is_speaking(&self) -> bool {
        !self.words.is_empty()
    }

    /// The main agent's words are whole.
    pub(crate) fn end_words(&mut self) {
        if self.is_speaking() {
            self.wait(Piece::End);
            self.shelf.put(Body::Words(std::mem::take(&mut self.words)));
        }
    }

    /// The newest thing of which a part was left out.
    pub(crate) fn newest(&self) -> Option<u64> {
        self.newest.filter(|place| self.shelf.get(*place).is_some()).or_else(|| self.shelf.newest())
    }

    /// The words that may still change.
    pub(crate) fn tail(&self) -> &[Line<'static>] {
        &self.tail
    }

    /// Lines that nothing changes any more. Costs as much as what came since the last call.
    pub(crate) fn take(&mut self, theme: &Theme, width: u16) -> Vec<Line<'static>> {
        let mut out = Vec::new();
        self.waiting = 0;
        if self.skipped > 0 {
            let left = count(std::mem::take(&mut self.skipped), "thing", "things");
            let said = format!("({left} that came meanwhile are left out here: Ctrl-T shows what happened)");
            self.gap(&mut out);
            self.push(&mut out, wrap(vec![Line::styled(said, theme.warn())], width, 1));
        }
        for piece in std::mem::take(&mut self.pending) {
            match piece {
                Piece::Words(text) => {
                    let finished = {
                        self.stream.push(&text);
                        self.stream.take_finished(theme, width)
                    };
                    self.spoken(&mut out, finished);
                }
                Piece::End => {
                    let finished = self.stream.finish(theme, width);
                    self.spoken(&mut out, finished);
                    self.stream = Stream::new();
                }
                Piece::Entry { entry, place } => self.entry(&mut out, theme, width, entry, place),
            }
        }
        self.tail = self.stream.tail(theme, width);
        out
    }

    fn spoken(&mut self, out: &mut Vec<Line<'static>>, lines: Vec<Line<'static>>) {
        if lines.is_empty() {
            return;
        }
        if !matches!(self.last, Last::Nothing | Last::Words) {
            self.gap(out);
        }
        self.last = Last::Words;
        self.push(out, lines);
    }

    fn entry(&mut self, out: &mut Vec<Line<'static>>, theme: &Theme, width: u16, entry: Arc<Entry>, place: u64) {
        let apart = match &self.last {
            Last::Nothing => false,
            Last::Words => true,
            Last::Entry(before) => entry.apart_from(before),
        };
        if apart {
            self.gap(out);
        }
        let drawn = entries::closed(&entry, theme, width);
        if drawn.left_out {
            self.newest = Some(place);
        }
        self.last = Last::Entry(entry);
        self.push(out, drawn.lines);
    }

    fn gap(&mut self, out: &mut Vec<Line<'static>>) {
        if !self.blank {
            out.push(Line::default());
            self.blank = true;
        }
    }

    fn push(&mut self, out: &mut Vec<Line<'static>>, lines: Vec<Line<'static>>) {
        let Some(last) = lines.last() else { return };
        self.blank = last.spans.iter().all(|span| span.content.trim().is_empty());
        out.extend(lines);
    }
}
