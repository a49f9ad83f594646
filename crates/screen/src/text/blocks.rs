//! Markdown cut into blocks, line by line, so that what is finished can be shown while the rest is still being written.
//!
//! A block that has been given out is never looked at again. So that this always holds, a block ends where nothing that follows could
//! change what it is: before a heading, a fence or a list item, and at a blank line outside of lists. Each block is markdown on its own.
//! This leaves out what Markdown lets reach over blocks: definitions of links are shown as they stand, and used nowhere; each list item
//! has its own blank lines, whatever the others have; comments and `<pre>` end at a blank line.

/// A finished block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// Paragraphs, a heading, one item of a list, a table, ...
    Text {
        /// Markdown that stands on its own, a line break behind each line.
        source: String,
        /// A blank line stands before it.
        gap: bool,
        /// The number of a list item, where it counts on from the one before.
        number: Option<u64>,
    },
    /// A fence opens; [`Block::Code`] follows.
    Fence {
        /// The word behind it.
        language: String,
    },
    /// A line of code of the last fence.
    Code(String),
}

/// What is being written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Open {
    #[default]
    Nothing,
    /// Ends at a blank line.
    Text,
    /// An item of a list that stands in no other: goes on with what is indented by so many columns. It is loose when a line that is not
    /// has followed: only Markdown's whole reading tells what such a line, and a number behind it, belong to.
    Item { inside: usize, loose: bool },
    /// Code by indentation.
    Indented,
    /// Code in a fence: of which marks, how many of them, how far indented.
    Fence { mark: char, length: usize, indent: usize },
}

/// The list that the next item belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct List {
    /// `-`, `*`, `+`, `.` or `)`: another one begins another list.
    mark: char,
    /// Number of the next item.
    next: u64,
}

/// Cuts lines into blocks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks {
    open: Open,
    /// The open block's text so far.
    source: String,
    /// The open block has a blank line before it.
    gap: bool,
    /// A line of the open block begins a quote, a table or HTML: `===` behind them is text.
    nests: bool,
    /// The open item's number, where the list's count decides it.
    number: Option<u64>,
    /// Blank lines since the last that was not.
    blanks: usize,
    /// The last block was a fence.
    after_fence: bool,
    list: Option<List>,
    done: Vec<Block>,
}

impl Blocks {
    /// One more line, without its line break.
    pub(crate) fn line(&mut self, line: &str) {
        if let Open::Fence { mark, length, indent } = self.open {
            self.code(line, mark, length, indent);
            return;
        }
        let (indent, text) = indentation(line);
        if text.is_empty() {
            self.blank();
        } else if self.goes_on(indent, text) {
            self.loosen(indent);
            self.add(line);
            if self.open == Open::Text && indent <= 3 && self.is_underline(text) {
                self.close();
            }
        } else {
            self.close();
            self.begin(line, indent, text);
        }
    }

    /// What has been finished since this was last asked.
    pub(crate) fn take(&mut self) -> Vec<Block> {
        std::mem::take(&mut self.done)
    }

    /// Nothing follows.
    pub(crate) fn finish(&mut self) {
        self.close();
        *self = Self { done: self.take(), ..Self::default() };
    }

    /// What is not finished, of a long one only the end: about `most` bytes, from the beginning of a line.
    pub(crate) fn rest(&self, most: usize) -> Self {
        let begin = self.source.floor_char_boundary(self.source.len().saturating_sub(most));
        let end = self.source.get(begin..).unwrap_or_default();
        let end = if begin == 0 { end } else { end.split_once('\n').map_or(end, |(_, lines)| lines) };
        Self {
            open: self.open.clone(),
            source: end.to_owned(),
            gap: self.gap,
            nests: self.nests,
            number: self.number,
            blanks: self.blanks,
            after_fence: self.after_fence,
            list: self.list.clone(),
            done: self.done.clone(),
        }
    }

    fn code(&mut self, line: &str, mark: char, length: usize, indent: usize) {
        let (columns, text) = indentation(line);
        let marks = text.chars().take_while(|c| *c == mark).count();
        if columns <= 3 && marks >= length && text.trim_end().chars().all(|c| c == mark) {
            self.open = Open::Nothing;
            self.after_fence = true;
            return;
        }
        self.done.push(Block::Code(outdented(line, indent)));
    }

    fn blank(&mut self) {
        if self.open == Open::Text {
            self.close();
        }
        self.blanks += 1;
    }

    /// Whether a line, which is not blank, belongs to the open block.
    fn goes_on(&self, indent: usize, text: &str) -> bool {
        match self.open {
            Open::Nothing | Open::Fence { .. } => false,
            Open::Indented => indent >= 4,
            Open::Item { inside, .. } if indent >= inside => true,
            Open::Item { loose, .. } => {
                let unless_loose = item(text, indent).is_some() || is_rule(text);
                let interrupts = item(text, indent).is_some_and(|item| item.may_interrupt) && !is_rule(text);
                let begins = heading(text) || fence(text).is_some() || interrupts || text.starts_with('>');
                let begins = begins || (unless_loose && !loose);
                self.blanks == 0 && (indent > 3 || !begins)
            }
            Open::Text => {
                let interrupts = item(text, indent).is_some_and(|item| item.may_interrupt) && !is_rule(text);
                indent > 3 || !(heading(text) || fence(text).is_some() || interrupts)
            }
        }
    }

    fn loosen(&mut self, indent: usize) {
        if let Open::Item { inside, loose } = &mut self.open
            && indent < *inside
        {
            *loose = true;
            // The list may be over, or not: the numbers that are written are believed from here on.
            self.list = None;
        }
    }

    /// Whether a line makes a heading of the ones before, or draws a line under them: either way they end with it.
    fn is_underline(&self, text: &str) -> bool {
        let is_of = |mark: char| text.trim_end().chars().all(|c| c == mark);
        is_of('-') || is_rule(text) || (is_of('=') && !self.nests)
    }

    fn add(&mut self, line: &str) {
        self.source.extend(std::iter::repeat_n('\n', std::mem::take(&mut self.blanks)));
        self.source.push_str(line);
        self.nests |= line.trim_start().starts_with(['>', '<', '|']);
        self.source.push('\n');
    }

    fn close(&mut self) {
        if matches!(self.open, Open::Text | Open::Item { .. } | Open::Indented) {
            let source = std::mem::take(&mut self.source);
            #[cfg(test)]
            super::looks::looked_at(source.len());
            self.done.push(Block::Text { source, gap: self.gap, number: self.number.take() });
            self.open = Open::Nothing;
        }
    }

    fn begin(&mut self, line: &str, indent: usize, text: &str) {
        self.gap = std::mem::take(&mut self.blanks) > 0 || self.after_fence;
        self.after_fence = false;
        self.nests = false;
        let list = self.list.take();
        if indent > 3 {
            self.open = Open::Indented;
        } else if let Some(Fence { mark, length, language }) = fence(text) {
            self.open = Open::Fence { mark, length, indent };
            self.done.push(Block::Fence { language });
            return;
        } else if heading(text) || is_rule(text) {
            self.open = Open::Text;
            self.add(line);
            self.close();
            return;
        } else if let Some(item) = item(text, indent) {
            let counts = matches!(item.mark, '.' | ')');
            let counted = list.filter(|list| counts && list.mark == item.mark).map(|list| list.next);
            self.list = Some(List { mark: item.mark, next: counted.unwrap_or(item.number).saturating_add(1) });
            self.number = counted;
            self.open = Open::Item { inside: indent + item.inside, loose: false };
        } else {
            self.open = Open::Text;
        }
        self.add(line);
    }
}

/// Columns of blanks before a line's text, tabs going to multiples of four; and the text.
fn indentation(line: &str) -> (usize, &str) {
    blanks_from(line, 0)
}

/// A line with so many columns of blanks less, if it has them; what is left of a tab becomes spaces.
fn outdented(line: &str, columns: usize) -> String {
    let (mut at, mut column) = (0, 0);
    for byte in line.bytes() {
        if column >= columns || !matches!(byte, b' ' | b'\t') {
            break;
        }
        column += if byte == b'\t' { 4 - column % 4 } else { 1 };
        at += 1;
    }
    format!("{}{}", " ".repeat(column.saturating_sub(columns)), line.get(at..).unwrap_or_default())
}

/// The same for text that begins at a column: its blanks' columns only.
fn blanks_from(line: &str, column: usize) -> (usize, &str) {
    let text = line.trim_start_matches([' ', '\t']);
    let blanks = line.get(..line.len() - text.len()).unwrap_or_default();
    let end = blanks.bytes().fold(column, |at, byte| if byte == b'\t' { at + 4 - at % 4 } else { at + 1 });
    let text = if text.trim().is_empty() { "" } else { text };
    (end - column, text)
}

/// Whether `#` to `######` stand there, and a blank or nothing behind them.
fn heading(text: &str) -> bool {
    let rest = text.trim_start_matches('#');
    (1..=6).contains(&(text.len() - rest.len())) && (rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// Whether there are three marks or more of one kind and nothing else.
fn is_rule(text: &str) -> bool {
    let mut marks = text.chars().filter(|c| !matches!(c, ' ' | '\t'));
    let Some(mark @ ('-' | '_' | '*')) = marks.next() else { return false };
    let mut count = 1;
    marks.by_ref().all(|c| {
        count += 1;
        c == mark
    }) && count >= 3
}

struct Fence {
    mark: char,
    length: usize,
    language: String,
}

fn fence(text: &str) -> Option<Fence> {
    let mark = text.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let about = text.trim_start_matches(mark);
    let length = text.len() - about.len();
    if length < 3 || (mark == '`' && about.contains('`')) {
        return None;
    }
    let language = language(about).to_owned();
    Some(Fence { mark, length, language })
}

/// The language in what stands behind a fence: `rust`, `rust,ignore`, `{.rust}`.
pub(crate) fn language(about: &str) -> &str {
    let word = about.trim_matches(['{', '}', ' ', '\t', '.']);
    word.split([',', ' ', '\t', '{', ':']).next().unwrap_or_default()
}

struct Item {
    mark: char,
    number: u64,
    /// Columns from the mark to its text.
    inside: usize,
    /// May stand right behind a paragraph.
    may_interrupt: bool,
}

/// The mark of a list item, in a line that is indented by so many columns.
fn item(text: &str, indent: usize) -> Option<Item> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (mark, number) = match digits {
        0 => (text.chars().next().filter(|mark| matches!(mark, '-' | '*' | '+'))?, 0),
        1..=9 => {
            let mark = text.get(digits..)?.chars().next().filter(|mark| matches!(mark, '.' | ')'))?;
            (mark, text.get(..digits)?.parse().ok()?)
        }
        _ => return None,
    };
    let rest = text.get(digits + 1..)?;
    if !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let (blanks, content) = blanks_from(rest, indent + digits + 1);
    let blanks = if content.is_empty() || blanks > 4 { 1 } else { blanks };
    let may_interrupt = !content.is_empty() && (digits == 0 || number == 1);
    Some(Item { mark, number, inside: digits + 1 + blanks, may_interrupt })
}

#[cfg(test)]
#[path = "blocks_tests.rs"]
mod tests;
