//! Styled lines broken to a width in columns.

use ratatui::buffer::CellWidth as _;
use ratatui::style::Style;
use ratatui::text::{Line, Span, StyledGrapheme};

/// Columns between two tab stops.
const TAB: usize = 4;
/// No text is laid out narrower than this: one wide character has to fit.
const NARROWEST: usize = 2;

/// Breaks lines between words to `width` columns (2 at least). What follows a break is indented by `indent` columns, though never by
/// more than half of the width. Words longer than a line are cut; tabs become spaces up to the next multiple of four; line breaks inside
/// of a span are breaks; whatever would steer a terminal is shown or dropped as [`redact::inert`] does it. Nothing is lost but blanks
/// at a break.
pub(crate) fn wrap(lines: Vec<Line<'static>>, width: u16, indent: u16) -> Vec<Line<'static>> {
    let width = columns(width);
    let indent = usize::from(indent).min(width / 2).min(width.saturating_sub(NARROWEST));
    let mut wrapped = Vec::with_capacity(lines.len());
    for line in lines {
        for line in tidy(line) {
            if fits(&line.spans, width) {
                wrapped.push(line);
                continue;
            }
            let (style, alignment) = (line.style, line.alignment);
            for (at, row) in words(&line.spans, width, width - indent).into_iter().enumerate() {
                let mut spans = Vec::with_capacity(row.len() + 1);
                if at > 0 && indent > 0 {
                    spans.push(Span::raw(" ".repeat(indent)));
                }
                spans.extend(row);
                let mut line = Line::from(spans).style(style);
                line.alignment = alignment;
                wrapped.push(line);
            }
        }
    }
    wrapped
}

/// A width as it is used: two columns at least.
pub(crate) fn columns(width: u16) -> usize {
    usize::from(width).max(NARROWEST)
}

/// Columns that a tidy text takes: as a terminal counts, one grapheme after the other.
pub(crate) fn measure(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    Span::raw(text).styled_graphemes(Style::new()).map(|grapheme| columns_of(grapheme.symbol)).sum()
}

fn columns_of(grapheme: &str) -> usize {
    if grapheme.len() == 1 {
        return 1;
    }
    usize::from(grapheme.cell_width())
}

/// Text without anything that steers a terminal, tabs expanded, cut to `most` columns with `…` where it is longer; line breaks become
/// spaces.
pub(crate) fn clip(text: &str, most: usize) -> String {
    let text = plain(text);
    if measure(&text) <= most {
        return text;
    }
    let mut clipped = String::new();
    let mut used = 1;
    for grapheme in Span::raw(text.as_str()).styled_graphemes(Style::new()) {
        used += columns_of(grapheme.symbol);
        if used > most {
            break;
        }
        clipped.push_str(grapheme.symbol);
    }
    if most > 0 {
        clipped.push('…');
    }
    clipped
}

/// One line of text, harmless and without tabs; line breaks become spaces.
pub(crate) fn plain(text: &str) -> String {
    let text = redact::inert(text);
    expand(&text.replace('\n', " "), &mut 0)
}

/// A line made fit for a terminal: harmless, without tabs, and as many lines as it has line breaks.
pub(crate) fn tidy(line: Line<'static>) -> Vec<Line<'static>> {
    let is_plain = |span: &Span| span.content.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if line.spans.iter().all(is_plain) {
        return vec![line];
    }
    let (style, alignment) = (line.style, line.alignment);
    let mut rows: Vec<Vec<Span<'static>>> = vec![Vec::new()];
    let mut column = 0;
    for span in line.spans {
        if is_plain(&span) {
            column += span.content.len();
            push(&mut rows, span);
            continue;
        }
        for (at, part) in redact::inert(&span.content).split('\n').enumerate() {
            if at > 0 {
                rows.push(Vec::new());
                column = 0;
            }
            let text = expand(part, &mut column);
            push(&mut rows, Span::styled(text, span.style));
        }
    }
    let line = |row: Vec<Span<'static>>| {
        let mut line = Line::from(row).style(style);
        line.alignment = alignment;
        line
    };
    rows.into_iter().map(line).collect()
}

fn push(rows: &mut [Vec<Span<'static>>], span: Span<'static>) {
    if let Some(row) = rows.last_mut()
        && !span.content.is_empty()
    {
        row.push(span);
    }
}

/// Tabs to spaces, for text that begins at a column; moves the column on.
fn expand(text: &str, column: &mut usize) -> String {
    let mut expanded = String::with_capacity(text.len());
    for (at, part) in text.split('\t').enumerate() {
        if at > 0 {
            let spaces = TAB - *column % TAB;
            expanded.extend(std::iter::repeat_n(' ', spaces));
            *column += spaces;
        }
        expanded.push_str(part);
        *column += measure(part);
    }
    expanded
}

/// Spans broken between words: the first row to one width, the others to another. They have to be tidy.
pub(crate) fn words(spans: &[Span<'static>], first: usize, rest: usize) -> Vec<Vec<Span<'static>>> {
    if fits(spans, first) {
        return vec![spans.to_vec()];
    }
    let mut rows = Rows::new(first, rest);
    for grapheme in graphemes(spans) {
        rows.word(grapheme);
    }
    rows.finish(true)
}

/// Spans cut wherever a row is full, blanks kept: for code, where they mean something. They have to be tidy.
pub(crate) fn cut(spans: &[Span<'static>], first: usize, rest: usize) -> Vec<Vec<Span<'static>>> {
    if fits(spans, first) {
        return vec![spans.to_vec()];
    }
    let mut rows = Rows::new(first, rest);
    for grapheme in graphemes(spans) {
        rows.fit(columns_of(grapheme.symbol));
        rows.put(grapheme);
    }
    rows.finish(false)
}

fn fits(spans: &[Span<'static>], width: usize) -> bool {
    spans.iter().map(|span| measure(&span.content)).sum::<usize>() <= width
}

fn graphemes<'a>(spans: &'a [Span<'static>]) -> impl Iterator<Item = StyledGrapheme<'a>> {
    spans.iter().flat_map(|span| {
        // Most text needs no tables to be taken apart.
        let is_plain = span.content.is_ascii();
        let one = |at: usize| span.content.get(at..=at).map(|symbol| StyledGrapheme::new(symbol, span.style));
        let plain = (0..if is_plain { span.content.len() } else { 0 }).filter_map(one);
        let other = (!is_plain).then(|| span.styled_graphemes(Style::new()).flat_map(narrowed));
        plain.chain(other.into_iter().flatten())
    })
}

/// A grapheme in parts that fit anywhere: with marks that take columns of their own, one can be wider than a line.
fn narrowed(grapheme: StyledGrapheme<'_>) -> impl Iterator<Item = StyledGrapheme<'_>> {
    let mut rest = grapheme.symbol;
    std::iter::from_fn(move || {
        let fits = |end: &usize| rest.get(..*end).is_some_and(|part| columns_of(part) <= NARROWEST);
        let ends = || rest.char_indices().map(|(at, c)| at + c.len_utf8());
        let end =
            if columns_of(rest) <= NARROWEST { rest.len() } else { ends().take_while(fits).last().or(ends().next())? };
        let (part, after) = rest.split_at_checked(end).filter(|(part, _)| !part.is_empty())?;
        rest = after;
        Some(StyledGrapheme::new(part, grapheme.style))
    })
}

/// Rows as they are filled.
struct Rows<'a> {
    rows: Vec<Vec<Span<'static>>>,
    row: Vec<StyledGrapheme<'a>>,
    /// Columns of the row.
    used: usize,
    /// Where the row may be broken: what stands behind goes to the next.
    break_at: Option<usize>,
    /// The row has begun with something that is not blank.
    has_words: bool,
    limit: usize,
    rest: usize,
}

impl<'a> Rows<'a> {
    fn new(first: usize, rest: usize) -> Self {
        let [limit, rest] = [first, rest].map(|width| width.max(NARROWEST));
        Self { rows: Vec::new(), row: Vec::new(), used: 0, break_at: None, has_words: false, limit, rest }
    }

    fn word(&mut self, grapheme: StyledGrapheme<'a>) {
        let width = columns_of(grapheme.symbol);
        if is_blank(grapheme.symbol) {
            let begins_a_row = self.row.is_empty() && !self.rows.is_empty();
            if begins_a_row {
                return;
            }
            if self.used + width > self.limit {
                self.end(self.row.len(), true);
                return;
            }
            self.put(grapheme);
            self.break_at = self.has_words.then_some(self.row.len());
            return;
        }
        // Scripts with wide characters are broken anywhere between them.
        if width > 1 && self.has_words {
            self.break_at = Some(self.row.len());
        }
        self.fit(width);
        self.put(grapheme);
        self.has_words = true;
        if width > 1 {
            self.break_at = Some(self.row.len());
        }
    }

    /// Ends rows until there is room.
    fn fit(&mut self, width: usize) {
        while self.used + width > self.limit && !self.row.is_empty() {
            match self.break_at {
                Some(at) => self.end(at, true),
                None => self.end(self.fitting(), false),
            }
        }
    }

    fn put(&mut self, grapheme: StyledGrapheme<'a>) {
        self.used += columns_of(grapheme.symbol);
        self.row.push(grapheme);
    }

    /// How much of the row fits into it, one at least: what came over from a longer row may be too much for this one.
    fn fitting(&self) -> usize {
        let mut used = 0;
        let fits = |grapheme: &&StyledGrapheme| {
            used += columns_of(grapheme.symbol);
            used <= self.limit
        };
        self.row.iter().take_while(fits).count().max(1)
    }

    /// Ends the row; what stands behind `at` begins the next one.
    fn end(&mut self, at: usize, trimmed: bool) {
        let next = self.row.split_off(at);
        let row = std::mem::replace(&mut self.row, next);
        self.rows.push(joined(row, trimmed));
        self.used = self.row.iter().map(|grapheme| columns_of(grapheme.symbol)).sum();
        self.has_words = self.row.iter().any(|grapheme| !is_blank(grapheme.symbol));
        self.break_at = None;
        self.limit = self.rest;
    }

    fn finish(mut self, trimmed: bool) -> Vec<Vec<Span<'static>>> {
        while self.used > self.limit {
            self.end(self.fitting(), trimmed);
        }
        if !self.row.is_empty() || self.rows.is_empty() {
            let trimmed = trimmed && !self.rows.is_empty();
            self.rows.push(joined(self.row, trimmed));
        }
        self.rows
    }
}

/// Neighbours of one style as one span.
fn joined(mut row: Vec<StyledGrapheme>, trimmed: bool) -> Vec<Span<'static>> {
    while trimmed && row.last().is_some_and(|last| is_blank(last.symbol)) {
        row.pop();
    }
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut text = String::new();
    let mut style = Style::new();
    for grapheme in row {
        if grapheme.style != style && !text.is_empty() {
            spans.push(Span::styled(std::mem::take(&mut text), style));
        }
        style = grapheme.style;
        text.push_str(grapheme.symbol);
    }
    if !text.is_empty() {
        spans.push(Span::styled(text, style));
    }
    spans
}

/// A line, without blanks at its end.
pub(crate) fn without_blanks(mut spans: Vec<Span<'static>>) -> Line<'static> {
    while let Some(last) = spans.last_mut() {
        let length = last.content.trim_end_matches(' ').len();
        if length > 0 {
            if length < last.content.len() {
                last.content.to_mut().truncate(length);
            }
            break;
        }
        spans.pop();
    }
    Line::from(spans)
}

/// A place for a break: white space, unless it is the kind that forbids one.
fn is_blank(symbol: &str) -> bool {
    symbol.chars().all(|c| c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}'))
}

/// The end of a row of spans, `most` columns of it.
pub(crate) fn last_columns(spans: &[Span<'static>], most: usize) -> Vec<Span<'static>> {
    let width: usize = spans.iter().map(|span| measure(&span.content)).sum();
    if width <= most {
        return spans.to_vec();
    }
    let mut left_out = 0;
    let skip = |grapheme: &StyledGrapheme| {
        let skipped = width - left_out > most;
        left_out += columns_of(grapheme.symbol);
        skipped
    };
    joined(graphemes(spans).skip_while(skip).collect(), false)
}

#[cfg(test)]
#[path = "wrap_tests.rs"]
mod tests;
