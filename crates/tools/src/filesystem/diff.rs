//! Differences between two texts: whole for the person, short for the model, counted for the receipt.

use protocol::FileChange;
use similar::{ChangeTag, TextDiff};

use crate::arguments::cut;

/// Most lines of a diff that a model is shown: it knows what it wrote.
const SHORT_LINES: usize = 40;
/// Longest line of a short diff, bytes.
const SHORT_LINE: usize = 200;

/// The whole unified diff of one file, three lines of context. An old text that is none makes a new file.
pub(crate) fn unified(path: &str, old: Option<&str>, new: &str) -> String {
    let from = if old.is_some() { format!("a/{path}") } else { "/dev/null".to_owned() };
    let diff = TextDiff::from_lines(old.unwrap_or_default(), new);
    diff.unified_diff().context_radius(3).header(&from, &format!("b/{path}")).to_string()
}

/// The changed lines, with one line of context, cut.
pub(crate) fn short(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let text = diff.unified_diff().context_radius(1).missing_newline_hint(false).to_string();
    let lines: Vec<String> =
        text.lines().take(SHORT_LINES).map(|line| cut(line.trim_end_matches('\r'), SHORT_LINE)).collect();
    let left = text.lines().count().saturating_sub(SHORT_LINES);
    let more = if left > 0 { format!("\n(… {left} more lines of diff)") } else { String::new() };
    format!("{}{more}", lines.join("\n"))
}

/// Lines added and removed.
pub(crate) fn count(path: &str, old: &str, new: &str) -> FileChange {
    let diff = TextDiff::from_lines(old, new);
    let mut change = FileChange { path: path.to_owned(), added: 0, removed: 0 };
    for line in diff.iter_all_changes() {
        match line.tag() {
            ChangeTag::Insert => change.added += 1,
            ChangeTag::Delete => change.removed += 1,
            ChangeTag::Equal => {}
        }
    }
    change
}
