//! What a person typed in earlier chats: kept in a file that only they may read, without secrets.

use std::path::PathBuf;

use redact::redact_for_record;

use crate::config::Context;
use crate::config::files;

/// Entries that are kept.
const MOST: usize = 1_000;
/// Longest entry that is kept, in bytes.
const LONGEST: usize = 16 * 1024;
/// Bytes that are kept; the file is cut when it is twice as long.
const MOST_BYTES: u64 = 1024 * 1024;

/// The file; none where nothing is to be kept.
pub(super) struct History {
    path: Option<PathBuf>,
    last: Option<String>,
}

impl History {
    /// Where it is, and what it holds, the oldest first. What cannot be read is left out.
    pub(super) fn open(context: &Context) -> (Self, Vec<String>) {
        if context.environment.get("AGENT_HISTORY") == Some("off") {
            return (Self { path: None, last: None }, Vec::new());
        }
        let path = context.home.state.join("history");
        // What cannot be read is left as it is.
        let (text, length) = files::read_tail(&path, MOST_BYTES).ok().flatten().unwrap_or_default();
        let all: Vec<String> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let kept: Vec<String> = all.iter().skip(all.len().saturating_sub(MOST)).cloned().collect();
        if all.len() > 2 * MOST || length > 2 * MOST_BYTES {
            let lines: String = kept.iter().filter_map(line).collect();
            // It is cut at the next chat otherwise.
            files::write(&path, &lines).ok();
        }
        (Self { path: Some(path), last: kept.last().cloned() }, kept)
    }

    /// Keeps a prompt, so that it is one again where it is recalled: not a shell command, not a command.
    pub(super) fn add_prompt(&mut self, text: &str) {
        let text = text.trim();
        match text.strip_prefix('/').map(|rest| rest.split_whitespace().next().unwrap_or_default()) {
            Some(word) if !word.contains('/') => self.add(&format!("/{text}")),
            _ if text.starts_with('!') => self.add(&format!(" {text}")),
            _ => self.add(text),
        }
    }

    /// Keeps an entry, as it is typed.
    pub(super) fn add(&mut self, typed: &str) {
        let Some(path) = &self.path else { return };
        let kept = redact_for_record(typed.trim_end()).into_owned();
        if kept.trim().is_empty() || kept.len() > LONGEST || self.last.as_ref() == Some(&kept) {
            return;
        }
        let Some(line) = line(&kept) else { return };
        if let Err(error) = files::append_private(path, line.trim_end()) {
            tracing::warn!("what was typed is not remembered: {}: {error}", path.display());
            self.path = None;
            return;
        }
        self.last = Some(kept);
    }
}

fn line(entry: &String) -> Option<String> {
    serde_json::to_string(entry).ok().map(|line| line + "\n")
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
