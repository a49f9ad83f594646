//! What a review found: what the reviewer says, and what the program checked of it.

use protocol::Usd;
use serde::{Deserialize, Deserializer, Serialize};

use super::asking::or_empty;
use super::diff::FileDiff;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It must not be merged so. What a reviewer calls otherwise (`critical`), or by no name, is this: nobody said that it can wait.
    High,
    /// It should be mended.
    Medium,
    /// Worth a look.
    Low,
}

impl<'de> Deserialize<'de> for Severity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let said = serde_json::Value::deserialize(deserializer)?;
        let word = said.as_str().unwrap_or_default().trim().to_ascii_lowercase();
        let milder = [Self::Medium, Self::Low].into_iter().find(|known| known.as_str() == word);
        Ok(milder.unwrap_or(Self::High))
    }
}

impl Severity {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// Whether the place of a finding is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundAt {
    /// The diff shows it.
    Diff,
    /// It is in a file of the workspace, outside of what the diff shows.
    File,
    /// There is no such place.
    Nowhere,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// The file, relative to the workspace.
    pub file: String,
    /// The line, where one was named.
    pub line: Option<u32>,
    /// Whether the program found this place.
    pub found_at: FoundAt,
    /// In one line.
    pub title: String,
    /// Why, when, what to do.
    pub detail: String,
}

/// What the review comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewVerdict {
    /// Nothing that has to be mended was found.
    Approved,
    /// Something has to be mended.
    Objections,
    /// Nothing was found, but not all of the diff could be looked at.
    Incomplete,
    /// There is no difference.
    Nothing,
}

impl ReviewVerdict {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Objections => "objections",
            Self::Incomplete => "incomplete",
            Self::Nothing => "nothing to review",
        }
    }

    /// The exit code of `agent review`.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Approved | Self::Nothing => 0,
            Self::Objections | Self::Incomplete => 1,
        }
    }
}

/// A review.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// What it comes to.
    pub verdict: ReviewVerdict,
    /// What was reviewed, in words: `main..HEAD`, `the working tree against HEAD`.
    pub range: String,
    /// Who reviewed, `provider/model`; empty where nobody had to.
    pub brain: String,
    /// What the change does, in the reviewer's words.
    pub summary: String,
    /// What is wrong, worst first.
    pub findings: Vec<Finding>,
    /// Files of the diff.
    pub files: Vec<String>,
    /// What was not looked at, a sentence each.
    pub left_out: Vec<String>,
    /// Requests that it took.
    pub requests: u32,
    /// Dollars; none where the price is unknown.
    pub usd: Option<Usd>,
}

/// What a reviewer answers.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    pub(super) approve: bool,
    #[serde(default, deserialize_with = "or_empty")]
    pub(super) summary: String,
    #[serde(default, deserialize_with = "or_empty")]
    pub(super) findings: Vec<SaidFinding>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SaidFinding {
    #[serde(default = "high")]
    severity: Severity,
    #[serde(default, deserialize_with = "or_empty")]
    file: String,
    #[serde(default)]
    line: Option<serde_json::Value>,
    #[serde(default, deserialize_with = "or_empty")]
    title: String,
    #[serde(default, deserialize_with = "or_empty")]
    detail: String,
}

fn high() -> Severity {
    Severity::High
}

impl SaidFinding {
    /// With its place looked up: in the diff, else by `exists` in the files (`path:line`).
    pub(super) fn checked(self, files: &[FileDiff], exists: impl Fn(&str) -> bool) -> Finding {
        let (file, at_end) = place(&self.file);
        // Models write a line as a number, as words, and behind the file.
        let line = self.line.as_ref().and_then(number).or(at_end);
        let of_diff = files.iter().find(|of| of.path == file);
        let found_at = match (of_diff, line) {
            (Some(of_diff), Some(line)) if of_diff.shows(line) => FoundAt::Diff,
            (Some(_), None) => FoundAt::Diff,
            (_, Some(line)) if exists(&format!("{file}:{line}")) => FoundAt::File,
            (None, None) if exists(&file) => FoundAt::File,
            _ => FoundAt::Nowhere,
        };
        Finding { severity: self.severity, file, line, found_at, title: self.title, detail: self.detail }
    }
}

/// A path as a model names it, with the line that stands behind it, if one does.
fn place(named: &str) -> (String, Option<u32>) {
    let named = named.trim().trim_matches('`');
    let named = named.strip_prefix("a/").or_else(|| named.strip_prefix("b/")).unwrap_or(named);
    let named = named.strip_prefix("./").unwrap_or(named);
    match named.split_once(':') {
        Some((path, line)) => (path.to_owned(), first_number(line)),
        None => (named.to_owned(), None),
    }
}

fn number(value: &serde_json::Value) -> Option<u32> {
    match value {
        serde_json::Value::String(text) => first_number(text),
        other => other.as_u64().and_then(|line| u32::try_from(line).ok()),
    }
    .filter(|line| *line > 0)
}

/// `12` of `12-19` or `L12`.
fn first_number(text: &str) -> Option<u32> {
    let from = text.find(|c: char| c.is_ascii_digit())?;
    let digits: String = text[from..].chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

impl Review {
    /// As Markdown, for people.
    pub fn markdown(&self) -> String {
        let mut text = format!("**{}**: {}", capital(self.verdict.as_str()), self.range);
        if self.verdict == ReviewVerdict::Nothing {
            return text + "\n";
        }
        let cost = self.usd.map_or("cost unknown".to_owned(), |usd| usd.to_string());
        let files = if self.files.len() == 1 { "1 file".to_owned() } else { format!("{} files", self.files.len()) };
        text.push_str(&format!(" ({files}, by {}, {cost})\n", self.brain));
        if !self.summary.trim().is_empty() {
            text.push_str(&format!("\n{}\n", self.summary.trim()));
        }
        for (at, finding) in self.findings.iter().enumerate() {
            let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
            let place = match finding.found_at {
                FoundAt::Diff => String::new(),
                FoundAt::File => " (outside of the diff)".to_owned(),
                FoundAt::Nowhere => " (there is no such place)".to_owned(),
            };
            let (severity, title) = (finding.severity.as_str(), finding.title.trim());
            text.push_str(&format!("\n{}. **{severity}** `{}{line}`{place} {title}\n", at + 1, finding.file));
            for line in finding.detail.trim().lines() {
                text.push_str(&format!("   {line}\n"));
            }
        }
        for left_out in &self.left_out {
            text.push_str(&format!("\nNot reviewed: {left_out}\n"));
        }
        text
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
#[path = "findings_tests.rs"]
mod tests;
