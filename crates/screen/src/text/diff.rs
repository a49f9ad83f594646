//! Unified diffs as they are shown: numbers, signs, and the words that changed.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use similar::{ChangeTag, TextDiff};

use super::code::Painter;
use super::patch::{File, Hunk, Piece, Row, parse};
use super::theme::{Code, Colors, Theme};
use super::wrap::{clip, columns, cut, plain, without_blanks, wrap};

/// From this width on, there is a column of numbers for each side; below it only one.
const TWO_NUMBERS: usize = 60;
/// Columns that are left for text; numbers that leave less are not shown.
const LEAST: usize = 12;
/// Words are compared in changes of up to so many lines and bytes: in larger ones nobody looks for them.
const COMPARED_LINES: usize = 40;
const COMPARED_BYTES: usize = 4 * 1024;
/// Share of words that have to be the same for the others to be marked.
const ALIKE: f32 = 0.4;

/// A unified diff, of one file or several, as lines that are no wider than `width` columns (2 at least). Each file has a heading with
/// its path and its counts of lines. What is no part of a diff is shown as it stands, and nothing in it steers a terminal.
pub(crate) fn diff(unified: &str, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let pieces = parse(unified);
    let files: Vec<&File> =
        pieces.iter().filter_map(|piece| if let Piece::File(file) = piece { Some(file) } else { None }).collect();
    let mut lines = Vec::new();
    if files.len() > 1 {
        let counts = files.iter().map(|file| file.counts());
        let counts = counts.fold((0, 0), |sum, of_one| (sum.0 + of_one.0, sum.1 + of_one.1));
        let mut spans = vec![Span::styled(format!("{} files", files.len()), theme.strong())];
        spans.extend(counted(counts, theme));
        lines.extend(wrap(vec![Line::from(spans)], width, 2));
    }
    for piece in &pieces {
        match piece {
            Piece::Text(text) => lines.extend(wrap(vec![Line::styled(plain(text), theme.dim())], width, 0)),
            Piece::File(file) => {
                if !lines.is_empty() {
                    lines.push(Line::default());
                }
                lines.extend(wrap(vec![heading(file, theme)], width, 2));
                lines.extend(Body::new(file, theme, columns(width)).lines());
            }
        }
    }
    lines
}

fn heading(file: &File<'_>, theme: &Theme) -> Line<'static> {
    let path = match (&file.old, &file.new) {
        (Some(old), Some(new)) if old != new => format!("{old} → {new}"),
        (old, new) => new.clone().or_else(|| old.clone()).unwrap_or_default(),
    };
    let mut spans = vec![Span::styled(plain(&path), theme.strong())];
    let kind = match (&file.old, &file.new) {
        (None, Some(_)) => Some("new"),
        (Some(_), None) => Some("deleted"),
        _ => None,
    };
    let words: Vec<String> = kind.into_iter().map(str::to_owned).chain(file.notes.iter().cloned()).collect();
    if !words.is_empty() {
        spans.push(Span::styled(format!("  {}", plain(&words.join(", "))), theme.dim()));
    }
    if !file.hunks.is_empty() {
        spans.extend(counted(file.counts(), theme));
    }
    Line::from(spans)
}

fn counted((added, removed): (usize, usize), theme: &Theme) -> [Span<'static>; 4] {
    [
        Span::raw("  "),
        Span::styled(format!("+{added}"), theme.added_count()),
        Span::raw(" "),
        Span::styled(format!("-{removed}"), theme.removed_count()),
    ]
}

/// Which side of a change a line is on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Same,
    Removed,
    Added,
}

/// What stands before a line's text.
#[derive(Clone, Copy)]
enum Gutter {
    Two {
        digits: usize,
    },
    One {
        digits: usize,
    },
    Sign,
    /// The sign runs into the text.
    Nothing,
}

impl Gutter {
    fn width(self) -> usize {
        match self {
            Self::Two { digits } => 2 * digits + 4,
            Self::One { digits } => digits + 3,
            Self::Sign => 2,
            Self::Nothing => 0,
        }
    }

    fn numbers(self, old: Option<usize>, new: Option<usize>) -> String {
        let shown = |number: Option<usize>| number.map(|number| number.to_string()).unwrap_or_default();
        match self {
            Self::Two { digits } => format!("{:>digits$} {:>digits$} ", shown(old), shown(new)),
            Self::One { digits } => format!("{:>digits$} ", shown(new.or(old))),
            Self::Sign | Self::Nothing => String::new(),
        }
    }
}

/// The changed places of one file.
struct Body<'a> {
    file: &'a File<'a>,
    theme: &'a Theme,
    width: usize,
    gutter: Gutter,
    lines: Vec<Line<'static>>,
}

impl<'a> Body<'a> {
    fn new(file: &'a File<'a>, theme: &'a Theme, width: usize) -> Self {
        let last = |hunk: &Hunk| hunk.old.max(hunk.new).saturating_add(hunk.rows.len());
        let digits = file.hunks.iter().map(last).max().unwrap_or(0).to_string().len();
        let wanted = if width >= TWO_NUMBERS { Gutter::Two { digits } } else { Gutter::One { digits } };
        let gutter = match width {
            0..4 => Gutter::Nothing,
            _ if wanted.width() + LEAST > width => Gutter::Sign,
            _ => wanted,
        };
        Self { file, theme, width, gutter, lines: Vec::new() }
    }

    fn lines(mut self) -> Vec<Line<'static>> {
        for (at, hunk) in self.file.hunks.iter().enumerate() {
            if at > 0 || !hunk.section.is_empty() {
                let text = format!("⋮ {}", plain(hunk.section));
                self.lines.push(Line::styled(clip(text.trim_end(), self.width), self.theme.dim()));
            }
            self.hunk(hunk);
        }
        self.lines
    }

    fn hunk(&mut self, hunk: &Hunk<'_>) {
        let path = self.file.new.as_ref().or(self.file.old.as_ref()).map_or("", String::as_str);
        // A place is code on both sides, and may be in the middle of a string on one of them.
        let painter = if self.theme.colors() == Colors::Rgb { path } else { "" };
        let [mut before, mut after] = [(); 2].map(|()| Painter::for_path(painter, self.theme));
        let texts = texts(hunk);
        let changed = changed_words(hunk, &texts);
        let (mut old, mut new) = (hunk.old, hunk.new);
        for ((row, text), changed) in hunk.rows.iter().zip(&texts).zip(&changed) {
            match row {
                Row::Same(_) => {
                    before.line(text);
                    self.row(Side::Same, Some(old), Some(new), &after.line(text), changed);
                    (old, new) = (old.saturating_add(1), new.saturating_add(1));
                }
                Row::Removed(_) => {
                    self.row(Side::Removed, Some(old), None, &before.line(text), changed);
                    old = old.saturating_add(1);
                }
                Row::Added(_) => {
                    self.row(Side::Added, None, Some(new), &after.line(text), changed);
                    new = new.saturating_add(1);
                }
                Row::NoNewline => {
                    let indent = " ".repeat(self.gutter.width());
                    let text = clip(&format!("{indent}(no line break at the end)"), self.width);
                    self.lines.push(Line::styled(text, self.theme.dim()));
                }
            }
        }
    }

    fn row(
        &mut self,
        side: Side,
        old: Option<usize>,
        new: Option<usize>,
        code: &[(Code, &str)],
        changed: &[Range<usize>],
    ) {
        let mut spans = self.text(side, code, changed);
        let (sign, style) = match side {
            Side::Same => (" ", self.theme.plain()),
            Side::Removed => ("-", self.theme.removed()),
            Side::Added => ("+", self.theme.added()),
        };
        if let Gutter::Nothing = self.gutter {
            spans.insert(0, Span::styled(sign, style));
            self.lines.extend(cut(&spans, self.width, self.width).into_iter().map(Line::from));
            return;
        }
        let room = self.width - self.gutter.width();
        for (at, row) in cut(&spans, room, room).into_iter().enumerate() {
            let is_empty = row.is_empty();
            let mut line = if at == 0 {
                let numbers = self.gutter.numbers(old, new);
                let sign = if is_empty { sign.to_owned() } else { format!("{sign} ") };
                vec![Span::styled(numbers, self.theme.dim()), Span::styled(sign, style)]
            } else {
                vec![Span::raw(" ".repeat(self.gutter.width()))]
            };
            line.extend(row);
            // Blanks at the end of a line are a part of the change.
            self.lines.push(if is_empty { without_blanks(line) } else { Line::from(line) });
        }
    }

    /// A line's text: coloured as code, its changed words marked.
    fn text(&self, side: Side, code: &[(Code, &str)], changed: &[Range<usize>]) -> Vec<Span<'static>> {
        let mut spans = Vec::new();
        let mut at = 0;
        for (kind, part) in code {
            let mut begin = 0;
            for (offset, _) in part.char_indices().skip(1) {
                let place = at + offset;
                if changed.iter().any(|range| range.start == place || range.end == place) {
                    spans.push(self.span(side, *kind, part.get(begin..offset), changed, at + begin));
                    begin = offset;
                }
            }
            if begin < part.len() {
                spans.push(self.span(side, *kind, part.get(begin..), changed, at + begin));
            }
            at += part.len();
        }
        spans
    }

    fn span(&self, side: Side, kind: Code, text: Option<&str>, changed: &[Range<usize>], at: usize) -> Span<'static> {
        let is_changed = changed.iter().any(|range| range.contains(&at));
        let on_tint = |style: Style| style.patch(self.theme.syntax_on_tint(kind).unwrap_or_default());
        let style = match side {
            Side::Same if self.theme.colors() == Colors::Rgb => self.theme.syntax(kind),
            Side::Same => self.theme.plain(),
            Side::Removed if is_changed => self.theme.removed_word(),
            Side::Removed => on_tint(self.theme.removed()),
            Side::Added if is_changed => self.theme.added_word(),
            Side::Added => on_tint(self.theme.added()),
        };
        Span::styled(text.unwrap_or_default().to_owned(), style)
    }
}

/// The hunk's lines, fit to be shown. Carriage returns at the ends are shown only where not every line has one.
fn texts(hunk: &Hunk<'_>) -> Vec<String> {
    let text = |row: &Row| match *row {
        Row::Same(text) | Row::Removed(text) | Row::Added(text) => Some(text.to_owned()),
        Row::NoNewline => None,
    };
    let mut texts: Vec<String> = hunk.rows.iter().map(|row| text(row).unwrap_or_default()).collect();
    let are_dos = hunk.rows.iter().filter_map(text).all(|text| text.ends_with('\r'));
    for text in &mut texts {
        *text = plain(if are_dos { text.trim_end_matches('\r') } else { text });
    }
    texts
}

/// For each line, the places of the words that its counterpart does not have.
fn changed_words(hunk: &Hunk<'_>, texts: &[String]) -> Vec<Vec<Range<usize>>> {
    let mut changed = vec![Vec::new(); texts.len()];
    let mut at = 0;
    while at < hunk.rows.len() {
        let run = |from: usize, is: fn(&Row) -> bool| {
            let of_run = |row: &&Row| is(row) || matches!(row, Row::NoNewline);
            hunk.rows.get(from..).unwrap_or_default().iter().take_while(of_run).count()
        };
        let removed = run(at, |row| matches!(row, Row::Removed(_)));
        let added = run(at + removed, |row| matches!(row, Row::Added(_)));
        if removed > 0 && added > 0 {
            compare(texts, at..at + removed, at + removed..at + removed + added, &mut changed);
        }
        at += (removed + added).max(1);
    }
    changed
}

fn compare(texts: &[String], old: Range<usize>, new: Range<usize>, changed: &mut [Vec<Range<usize>>]) {
    let (before, after) = (tokens(texts, old.clone()), tokens(texts, new.clone()));
    let bytes: usize = before.iter().chain(&after).map(|token| token.text.len()).sum();
    if old.len() + new.len() > COMPARED_LINES || bytes > COMPARED_BYTES {
        return;
    }
    let [old_words, new_words] = [&before, &after].map(|side| side.iter().map(|token| token.text).collect::<Vec<_>>());
    let compared = TextDiff::from_slices(&old_words, &new_words);
    if compared.ratio() < ALIKE {
        return;
    }
    for change in compared.iter_all_changes() {
        let token = match change.tag() {
            ChangeTag::Equal => None,
            ChangeTag::Delete => change.old_index().and_then(|index| before.get(index)),
            ChangeTag::Insert => change.new_index().and_then(|index| after.get(index)),
        };
        let Some((ranges, token)) = token.and_then(|token| Some((changed.get_mut(token.line)?, token))) else {
            continue;
        };
        match ranges.last_mut() {
            Some(last) if last.end == token.at => last.end = token.at + token.text.len(),
            _ => ranges.push(token.at..token.at + token.text.len()),
        }
    }
    for line in old.chain(new) {
        if let (Some(text), Some(ranges)) = (texts.get(line), changed.get_mut(line))
            && is_all(text, ranges)
        {
            ranges.clear();
        }
    }
}

/// Whether nothing of a line stayed, so that no part of it stands out.
fn is_all(text: &str, changed: &[Range<usize>]) -> bool {
    let is_changed = |at: usize| changed.iter().any(|range| range.contains(&at));
    text.char_indices().all(|(at, c)| c.is_whitespace() || is_changed(at))
}

/// A word, a run of blanks, or another character.
struct Token<'a> {
    line: usize,
    at: usize,
    text: &'a str,
}

fn tokens(texts: &[String], lines: Range<usize>) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for line in lines {
        let Some(text) = texts.get(line) else { continue };
        let mut begin = 0;
        let mut chars = text.chars().peekable();
        let mut at = 0;
        while let Some(c) = chars.next() {
            at += c.len_utf8();
            if chars.peek().is_none_or(|next| kind(c).is_none() || kind(c) != kind(*next)) {
                tokens.push(Token { line, at: begin, text: text.get(begin..at).unwrap_or_default() });
                begin = at;
            }
        }
        // Words of one line are not found again in another.
        tokens.push(Token { line, at, text: "\n" });
    }
    tokens
}

/// What a run consists of: letters and digits, or blanks.
fn kind(c: char) -> Option<bool> {
    if c.is_alphanumeric() || c == '_' { Some(true) } else { c.is_whitespace().then_some(false) }
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
