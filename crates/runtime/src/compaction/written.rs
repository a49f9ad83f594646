//! A transcript as plain text: what a brain reads that is not the window's own, and what is left of old steps.

use cache::TokenCounter;
use protocol::{Block, Item, ToolOutcome};

use crate::fragments::cut;
use crate::toolrun::text_of;

/// Longest arguments of a call that are repeated, in bytes.
const ARGUMENTS: usize = 600;

/// Longest line of an outline, in bytes.
const OUTLINE: usize = 160;

/// A transcript as text, without thinking. Results are left out, the bulkiest first, until it counts at most `budget` tokens.
pub(super) fn transcript(items: &[Item], budget: u64) -> String {
    let arguments = if budget == u64::MAX { usize::MAX } else { ARGUMENTS };
    let mut pieces: Vec<Piece> = items.iter().flat_map(|item| pieces(item, arguments)).collect();
    let mut total: u64 = pieces.iter().map(|piece| piece.tokens).sum();
    // The newest results are the last to go.
    let newest = pieces.len().saturating_sub(4);
    let mut bulky: Vec<usize> = (0..newest).filter(|at| pieces[*at].receipt.is_some()).collect();
    bulky.sort_by_key(|at| std::cmp::Reverse(pieces[*at].tokens));
    for at in bulky {
        if total <= budget {
            break;
        }
        if let Some(receipt) = pieces[at].receipt.take() {
            let tokens = TokenCounter::count(&receipt);
            total = total.saturating_sub(pieces[at].tokens) + tokens;
            pieces[at] = Piece { text: receipt, tokens, receipt: None };
        }
    }
    pieces.into_iter().map(|piece| piece.text).collect::<Vec<_>>().join("\n")
}

/// The same in two parts, each of half the budget where results can be left out for it. No part is empty: where one half of the
/// items says nothing (there is one item only, or thinking), the text is cut in its middle.
pub(super) fn halves(items: &[Item], budget: u64) -> (String, String) {
    let (first, second) = items.split_at(items.len() / 2);
    let (first, second) = (transcript(first, budget / 2), transcript(second, budget / 2));
    if !first.trim().is_empty() && !second.trim().is_empty() {
        return (first, second);
    }
    let whole = if first.trim().is_empty() { second.trim() } else { first.trim() };
    let (first, second) = whole.split_at(middle(whole));
    (first.trim_end().to_owned(), second.trim_start().to_owned())
}

/// Where a text is cut in two: at the last line break, else the last blank, before its middle; in the middle of a word where
/// there is neither.
fn middle(text: &str) -> usize {
    let mut half = text.len() / 2;
    while !text.is_char_boundary(half) {
        half += 1;
    }
    let says_something = |at: &usize| !text[..*at].trim().is_empty();
    let head = &text[..half];
    head.rfind('\n').filter(says_something).or_else(|| head.rfind(' ').filter(says_something)).unwrap_or(half)
}

/// A stretch of text, and what stands for it where there is no room.
struct Piece {
    text: String,
    tokens: u64,
    receipt: Option<String>,
}

impl Piece {
    fn new(text: String, receipt: Option<String>) -> Self {
        Self { tokens: TokenCounter::count(&text), text, receipt }
    }
}

fn pieces(item: &Item, arguments: usize) -> Vec<Piece> {
    match item {
        Item::User { .. } => vec![Piece::new(format!("[user]\n{}", item.plain_text()), None)],
        Item::Fragment { text, .. } => vec![Piece::new(format!("[runtime]\n{text}"), None)],
        Item::Assistant { blocks, .. } => {
            blocks.iter().filter_map(|block| said(block, arguments)).map(|text| Piece::new(text, None)).collect()
        }
        Item::ToolResults { results } => results.iter().map(answered).collect(),
    }
}

fn said(block: &Block, longest: usize) -> Option<String> {
    match block {
        Block::Text { text } => Some(format!("[agent]\n{text}")),
        Block::ToolCall { name, arguments, .. } => Some(format!("[call] {name} {}", cut(arguments, longest))),
        _ => None,
    }
}

fn answered(result: &ToolOutcome) -> Piece {
    let text = text_of(result);
    let failed = if result.is_error { " failed" } else { "" };
    let receipt = format!("[result of {}{failed}: {} bytes, left out]", result.tool, text.len());
    Piece::new(format!("[result of {}{failed}]\n{text}", result.tool), Some(receipt))
}

/// What was done, a line per call: what is left when nobody could summarise it.
pub(super) fn outline(items: &[Item]) -> String {
    let mut lines = Vec::new();
    for item in items {
        match item {
            Item::Assistant { .. } => {
                for (_, name, arguments) in item.tool_calls() {
                    lines.push(format!("- {name} {}", one_line(arguments)));
                }
            }
            Item::ToolResults { results } => {
                for result in results.iter().filter(|result| result.is_error) {
                    lines.push(format!("  {} failed: {}", result.tool, one_line(&text_of(result))));
                }
            }
            Item::User { .. } | Item::Fragment { .. } => {}
        }
    }
    // The end matters most.
    const LINES: usize = 60;
    let skipped = lines.len().saturating_sub(LINES);
    let mut text = String::from("## Calls made, oldest first\n");
    if skipped > 0 {
        text.push_str(&format!("({skipped} earlier ones left out)\n"));
    }
    text + &lines[skipped..].join("\n")
}

fn one_line(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(OUTLINE).collect();
    if short.len() < line.len() { format!("{short} ...") } else { short }
}

#[cfg(test)]
#[path = "written_tests.rs"]
mod tests;
