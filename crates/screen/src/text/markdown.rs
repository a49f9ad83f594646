//! A block of Markdown as lines.

use pulldown_cmark::{BlockQuoteKind, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::blocks::language;
use super::code::Painter;
use super::stream::Stream;
use super::table::Table;
use super::theme::{Colors, Theme};
use super::wrap::{columns, cut, last_columns, measure, tidy, without_blanks, words};

/// What is written on.
#[derive(Clone, Copy)]
pub(crate) struct Paper<'t> {
    /// The styles.
    pub(crate) theme: &'t Theme,
    /// Columns.
    pub(crate) width: u16,
}

/// Before each line of code: it is told apart by this even where there are no colours.
const CODE_INDENT: &str = "  ";
/// Widest rule, in columns: a wider one would be broken when the window is made smaller.
const RULE: usize = 40;
/// Columns that are left for text, however deep it stands.
const LEAST: usize = 10;

/// Markdown as lines that are no wider than `width` columns (2 at least). Line breaks of the source stay. HTML is shown as it stands,
/// links with their address; what [`blocks`](super::blocks) says about definitions and lists holds. Nothing in it steers a terminal.
pub(crate) fn markdown(source: &str, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let mut stream = Stream::new();
    stream.push(source);
    stream.finish(theme, width)
}

/// One block; `number` takes the place of the number that its first list begins with.
pub(crate) fn text(source: &str, number: Option<u64>, paper: Paper<'_>) -> Vec<Line<'static>> {
    #[cfg(test)]
    super::looks::looked_at(source.len());
    let source = without_definitions(source);
    let mut writer = Writer::new(paper, number);
    for event in Parser::new_ext(&source, options()) {
        writer.event(event);
    }
    writer.flush();
    writer.lines
}

/// One line of a fence's code.
pub(crate) fn code_line(line: &str, painter: &mut Painter, paper: Paper<'_>) -> Vec<Line<'static>> {
    let mut writer = Writer::new(paper, None);
    writer.code_line(line, painter);
    writer.lines
}

fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_GFM
}

/// Definitions of links are text like any other: they may stand far from their use, and would be lost if they were taken out here.
fn without_definitions(source: &str) -> std::borrow::Cow<'_, str> {
    let mut text = std::borrow::Cow::Borrowed(source);
    // The second of two definitions of one name shows itself only when the first is gone.
    for _ in 0..4 {
        if !text.contains("]:") {
            break;
        }
        let parser = Parser::new_ext(&text, options());
        let mut begins: Vec<usize> = parser.reference_definitions().iter().map(|(_, found)| found.span.start).collect();
        if begins.is_empty() {
            break;
        }
        begins.sort_unstable();
        let mut kept = String::with_capacity(text.len() + begins.len());
        let mut from = 0;
        for begin in begins {
            kept.push_str(text.get(from..begin).unwrap_or_default());
            kept.push('\\');
            from = begin;
        }
        kept.push_str(text.get(from..).unwrap_or_default());
        text = std::borrow::Cow::Owned(kept);
    }
    text
}

/// A link or picture whose words are being written.
struct Link {
    address: String,
    words: String,
}

/// Code whose lines are being collected.
struct Code {
    language: String,
    text: String,
}

struct Writer<'t> {
    theme: &'t Theme,
    width: usize,
    lines: Vec<Line<'static>>,
    /// Stands before each line: quotes and lists.
    margin: Vec<Span<'static>>,
    /// Stands before the next line instead: the mark of a list item.
    mark: Option<Vec<Span<'static>>>,
    /// The margins outside of this one.
    margins: Vec<Vec<Span<'static>>>,
    /// A blank line belongs before what comes next.
    gap: bool,
    /// The words of the open paragraph, line by line.
    rows: Vec<Vec<Span<'static>>>,
    styles: Vec<Style>,
    links: Vec<Link>,
    /// The numbers of the next items; none where there are marks.
    lists: Vec<Option<u64>>,
    number: Option<u64>,
    code: Option<Code>,
    table: Option<Table>,
}

impl<'t> Writer<'t> {
    fn new(paper: Paper<'t>, number: Option<u64>) -> Self {
        Self {
            theme: paper.theme,
            width: columns(paper.width),
            lines: Vec::new(),
            margin: Vec::new(),
            mark: None,
            margins: Vec::new(),
            gap: false,
            rows: Vec::new(),
            styles: Vec::new(),
            links: Vec::new(),
            lists: Vec::new(),
            number,
            code: None,
            table: None,
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.text.push_str(&text),
                None => self.word(&text, self.style()),
            },
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                let style = self.style().patch(self.theme.code());
                let bare = self.theme.colors() != Colors::None;
                if bare { self.word(&text, style) } else { self.word(&format!("`{text}`"), style) }
            }
            Event::Html(text) | Event::InlineHtml(text) => self.word(&text, self.style().patch(self.theme.dim())),
            Event::FootnoteReference(name) => self.word(&format!("[^{name}]"), self.style()),
            Event::SoftBreak | Event::HardBreak => self.rows.push(Vec::new()),
            Event::Rule => {
                self.flush();
                self.put(vec![Span::styled("─".repeat(self.room().min(RULE)), self.theme.border())]);
            }
            Event::TaskListMarker(done) => self.word(if done { "[x] " } else { "[ ] " }, self.style()),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Emphasis => self.styled(self.theme.emphasis()),
            Tag::Strong => self.styled(self.theme.strong()),
            Tag::Strikethrough => {
                self.struck();
                self.styled(self.theme.struck());
            }
            Tag::Link { dest_url, .. } => {
                self.links.push(Link { address: dest_url.into_string(), words: String::new() });
                self.styled(self.theme.link());
            }
            Tag::Image { dest_url, .. } => {
                self.word("image: ", self.style().patch(self.theme.dim()));
                self.links.push(Link { address: dest_url.into_string(), words: String::new() });
                self.styled(self.theme.emphasis());
            }
            Tag::TableCell => self.rows = Vec::new(),
            Tag::TableRow | Tag::TableHead => {
                if let Some(table) = &mut self.table {
                    table.begin_row();
                }
            }
            block => {
                self.flush();
                self.start_block(block);
            }
        }
    }

    fn start_block(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                let level = level as u8;
                self.styled(self.theme.heading(level));
                self.word(&format!("{} ", "#".repeat(usize::from(level))), self.style());
            }
            Tag::BlockQuote(kind) => {
                self.open_gap();
                let bar = Span::styled("│ ", self.theme.border());
                self.indent(bar.clone(), bar);
                if let Some(kind) = kind {
                    self.put(vec![Span::styled(kind_of_quote(kind), self.theme.strong())]);
                }
            }
            Tag::CodeBlock(kind) => {
                self.gap |= self.mark.is_none();
                let language = match &kind {
                    CodeBlockKind::Fenced(about) => language(about).to_owned(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.code = Some(Code { language, text: String::new() });
            }
            Tag::List(number) => self.lists.push(number.map(|number| self.number.take().unwrap_or(number))),
            Tag::Item => {
                self.open_gap();
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let mark = format!("{number}. ");
                        *number = number.saturating_add(1);
                        mark
                    }
                    _ => "• ".to_owned(),
                };
                let blanks = " ".repeat(measure(&mark));
                self.indent(Span::styled(mark, self.theme.strong()), Span::raw(blanks));
            }
            Tag::Table(alignments) => self.table = Some(Table::new(alignments)),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis | TagEnd::Strong => self.unstyled(),
            TagEnd::Strikethrough => {
                self.unstyled();
                self.struck();
            }
            TagEnd::Link | TagEnd::Image => self.end_link(),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.rows).into_iter().flatten().collect();
                if let Some(table) = &mut self.table {
                    table.cell(cell);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => {}
            TagEnd::Table => {
                let Some(table) = self.table.take() else { return };
                for row in table.rows(self.theme, self.room()) {
                    self.put(row);
                }
                self.gap = true;
            }
            TagEnd::CodeBlock => self.end_code(),
            block => self.end_block(block),
        }
    }

    fn end_block(&mut self, tag: TagEnd) {
        self.flush();
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.gap = true,
            TagEnd::Heading(_) => {
                self.unstyled();
                self.gap = true;
            }
            TagEnd::Item => self.outdent(),
            TagEnd::BlockQuote(_) => {
                self.outdent();
                self.gap = true;
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.gap |= self.lists.is_empty();
            }
            _ => {}
        }
    }

    fn end_link(&mut self) {
        self.unstyled();
        let Some(Link { address, words }) = self.links.pop() else { return };
        let is_told = address.is_empty() || address == words || address.strip_prefix("mailto:") == Some(&words);
        if !is_told {
            let blank = if words.is_empty() { "" } else { " " };
            self.word(&format!("{blank}({address})"), self.style().patch(self.theme.dim()));
        }
    }

    fn end_code(&mut self) {
        let Some(Code { language, text }) = self.code.take() else { return };
        let mut painter = Painter::new(&language, self.theme);
        for line in text.lines() {
            self.code_line(line, &mut painter);
        }
        self.gap = true;
    }

    fn code_line(&mut self, line: &str, painter: &mut Painter) {
        #[cfg(test)]
        super::looks::looked_at(line.len());
        let line = tidy(Line::from(Span::raw(line.to_owned())));
        for line in line {
            let text: String = line.spans.into_iter().map(|span| span.content).collect();
            let indent = if self.room() > CODE_INDENT.len() + 2 { CODE_INDENT } else { "" };
            let room = self.room() - indent.len();
            for row in cut(&painter.spans(text.trim_end(), self.theme), room, room) {
                let indent = (!row.is_empty()).then(|| Span::raw(indent));
                self.put(indent.into_iter().chain(row).collect());
            }
        }
    }

    /// Puts the open paragraph's words down.
    fn flush(&mut self) {
        for row in std::mem::take(&mut self.rows) {
            for line in tidy(Line::from(row)) {
                if line.spans.is_empty() {
                    continue;
                }
                self.open_gap();
                let first = self.width - self.mark.as_ref().map_or_else(|| self.margin_width(), |mark| width_of(mark));
                for row in words(&line.spans, first, self.room()) {
                    self.put(row);
                }
            }
        }
    }

    /// One line that fits, behind the margin.
    fn put(&mut self, row: Vec<Span<'static>>) {
        self.open_gap();
        let mut spans = self.mark.take().unwrap_or_else(|| self.margin.clone());
        spans.extend(row);
        self.lines.push(without_blanks(spans));
    }

    fn open_gap(&mut self) {
        if std::mem::take(&mut self.gap) && !self.lines.is_empty() {
            self.lines.push(without_blanks(self.margin.clone()));
        }
    }

    /// Columns for text.
    fn room(&self) -> usize {
        self.width - self.margin_width()
    }

    fn margin_width(&self) -> usize {
        width_of(&self.margin)
    }

    /// Goes one margin deeper. Where that leaves too little, the outermost columns of it are dropped.
    fn indent(&mut self, mark: Span<'static>, margin: Span<'static>) {
        let most = self.width - LEAST.min(self.width / 2).max(2).min(self.width);
        let add = |to: &[Span<'static>], span: Span<'static>| {
            let mut spans = to.to_vec();
            spans.push(span);
            last_columns(&spans, most)
        };
        let begin = self.mark.take().unwrap_or_else(|| self.margin.clone());
        self.mark = Some(add(&begin, mark));
        let deeper = add(&self.margin, margin);
        self.margins.push(std::mem::replace(&mut self.margin, deeper));
    }

    fn outdent(&mut self) {
        if self.mark.is_some() {
            self.put(Vec::new());
        }
        self.margin = self.margins.pop().unwrap_or_default();
    }

    fn word(&mut self, text: &str, style: Style) {
        if let Some(link) = self.links.last_mut() {
            link.words.push_str(text);
        }
        if self.rows.is_empty() {
            self.rows.push(Vec::new());
        }
        if let Some(row) = self.rows.last_mut() {
            match row.last_mut() {
                // Characters of one word may come in several events.
                Some(last) if last.style == style => last.content.to_mut().push_str(text),
                _ => row.push(Span::styled(text.to_owned(), style)),
            }
        }
    }

    /// Without colours, the marks say what is struck out.
    fn struck(&mut self) {
        if self.theme.colors() == Colors::None {
            self.word("~~", self.style());
        }
    }

    fn style(&self) -> Style {
        self.styles.last().copied().unwrap_or_default()
    }

    fn styled(&mut self, style: Style) {
        self.styles.push(self.style().patch(style));
    }

    fn unstyled(&mut self) {
        self.styles.pop();
    }
}

fn width_of(spans: &[Span<'static>]) -> usize {
    spans.iter().map(|span| measure(&span.content)).sum()
}

fn kind_of_quote(kind: BlockQuoteKind) -> &'static str {
    match kind {
        BlockQuoteKind::Note => "Note",
        BlockQuoteKind::Tip => "Tip",
        BlockQuoteKind::Important => "Important",
        BlockQuoteKind::Warning => "Warning",
        BlockQuoteKind::Caution => "Caution",
    }
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
