//! What a change of a file changes: whole for the person, short for the model, counted for the receipt.

use std::time::Duration;

use protocol::FileChange;
use similar::{ChangeTag, TextDiff};

use crate::arguments::cut;

/// Most lines of a diff that a model is shown: it knows what it wrote.
const SHORT_LINES: usize = 40;
/// Longest line of a short diff, bytes.
const SHORT_LINE: usize = 200;
/// After this time a diff may be longer than it need be.
const PATIENCE: Duration = Duration::from_secs(1);

/// The difference between two contents of one file.
pub(crate) struct Difference {
    /// A unified diff with three lines of context and the file's name.
    pub(crate) whole: String,
    /// The changed lines, with one line of context, cut.
    pub(crate) short: String,
    /// Lines added and removed.
    pub(crate) change: FileChange,
}

/// Compares. Without an old text the file is a new one.
pub(crate) fn between(path: &str, old: Option<&str>, new: &str) -> Difference {
    let from = if old.is_some() { format!("a/{path}") } else { "/dev/null".to_owned() };
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old.unwrap_or_default(), new);
    let whole = diff.unified_diff().context_radius(3).header(&from, &format!("b/{path}")).to_string();
    let near = diff.unified_diff().context_radius(1).missing_newline_hint(false).to_string();
    let mut change = FileChange { path: path.to_owned(), added: 0, removed: 0 };
    for line in diff.iter_all_changes() {
        match line.tag() {
            ChangeTag::Insert => change.added += 1,
            ChangeTag::Delete => change.removed += 1,
            ChangeTag::Equal => {}
        }
    }
    Difference { whole, short: short(&near), change }
}

fn short(diff: &str) -> String {
    let lines: Vec<String> =
        diff.lines().take(SHORT_LINES).map(|line| cut(line.trim_end_matches('\r'), SHORT_LINE)).collect();
    let left = diff.lines().count().saturating_sub(SHORT_LINES);
    let more = if left > 0 { format!("\n(… {left} more lines of diff)") } else { String::new() };
    format!("{}{more}", lines.join("\n"))
}
