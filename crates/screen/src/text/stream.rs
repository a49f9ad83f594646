//! Markdown as it arrives.

use ratatui::text::Line;

use super::blocks::{Block, Blocks};
use super::code::Painter;
use super::markdown::{Paper, code_line, text};
use super::theme::Theme;

/// As much of an unfinished block is laid out for [`Stream::tail`], in bytes: more than any screen shows of it, and little enough to be
/// done for every frame.
const TAIL: usize = 8 * 1024;

/// Markdown that is still being written.
///
/// What [`take_finished`](Stream::take_finished) gives out never changes, and together with what [`finish`](Stream::finish) gives out
/// it is what [`markdown`](super::markdown::markdown) makes of the whole, whatever pieces it came in. The work is in proportion to the
/// text. Blocks are finished one by one (a list item by item), and code in a fence line by line.
#[derive(Clone, Default)]
pub(crate) struct Stream {
    /// The line that is being written.
    line: String,
    blocks: Blocks,
    /// Lines have been given out.
    begun: bool,
    fence: Option<Fence>,
}

/// The fence whose code is given out.
#[derive(Clone)]
struct Fence {
    painter: Painter,
    /// Nothing of it has been given out.
    is_fresh: bool,
}

impl Stream {
    /// Nothing has been written.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// More of the text.
    pub(crate) fn push(&mut self, text: &str) {
        #[cfg(test)]
        super::looks::looked_at(text.len());
        for piece in text.split_inclusive('\n') {
            let Some(end) = piece.strip_suffix('\n') else {
                self.line.push_str(piece);
                continue;
            };
            self.line.push_str(end);
            self.end_line();
        }
    }

    /// The lines that nothing that follows can change, laid out for `width` columns: each is given out once.
    pub(crate) fn take_finished(&mut self, theme: &Theme, width: u16) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for block in self.blocks.take() {
            self.lay_out(block, Paper { theme, width }, &mut lines);
        }
        lines
    }

    /// What has not been given out, as it looks by now; of a very long block only the end.
    pub(crate) fn tail(&self, theme: &Theme, width: u16) -> Vec<Line<'static>> {
        let begin = self.line.floor_char_boundary(self.line.len().saturating_sub(TAIL));
        let mut rest = Self {
            line: self.line.get(begin..).unwrap_or_default().to_owned(),
            blocks: self.blocks.rest(TAIL),
            begun: self.begun,
            fence: self.fence.clone(),
        };
        rest.finish(theme, width)
    }

    /// Everything that has not been given out: the text is whole. The stream is as new afterwards.
    pub(crate) fn finish(&mut self, theme: &Theme, width: u16) -> Vec<Line<'static>> {
        if !self.line.is_empty() {
            self.end_line();
        }
        self.blocks.finish();
        let lines = self.take_finished(theme, width);
        *self = Self::new();
        lines
    }

    /// Lines are made harmless one by one: an escape sequence that goes on over a line break is none.
    fn end_line(&mut self) {
        #[cfg(test)]
        super::looks::looked_at(self.line.len());
        let line = self.line.strip_suffix('\r').unwrap_or(&self.line);
        self.blocks.line(&redact::inert(line));
        self.line.clear();
    }

    fn lay_out(&mut self, block: Block, paper: Paper<'_>, lines: &mut Vec<Line<'static>>) {
        let (laid_out, gap) = match block {
            Block::Fence { language } => {
                self.fence = Some(Fence { painter: Painter::new(&language, paper.theme), is_fresh: true });
                return;
            }
            Block::Code(line) => {
                let Some(fence) = &mut self.fence else { return };
                let gap = std::mem::take(&mut fence.is_fresh);
                (code_line(&line, &mut fence.painter, paper), gap)
            }
            Block::Text { source, gap, number } => (text(&source, number, paper), gap),
        };
        if laid_out.is_empty() {
            return;
        }
        if gap && self.begun {
            lines.push(Line::default());
        }
        self.begun = true;
        lines.extend(laid_out);
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
