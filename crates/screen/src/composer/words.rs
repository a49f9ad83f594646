//! What typed words mean: a command, names of files, a prompt with its images.

use std::path::Path;

use crate::feed::Attachment;

use super::files::Files;
use super::marks::{Marks, is_mark};

/// Endings of images that a brain may be able to see.
const IMAGES: [&str; 5] = ["png", "jpg", "jpeg", "gif", "webp"];

/// What a key came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// Enter: the next turn, or a word to the running one.
    Submit(Prompt),
    /// Tab or Alt-Enter while a turn runs: the turn after it.
    Queue(Prompt),
    /// A command, without its `/`. Whether there is one of that name is not known here.
    Command {
        /// Its name; empty for a `/` alone.
        name: String,
        /// What stands behind it, without blanks around.
        arguments: String,
    },
    /// A shell command of the person's own, without its `!`.
    Shell(String),
    /// The box took the key; nothing is to be done.
    Nothing,
}

/// What is said to the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prompt {
    /// The words, pasted text put back where it was, without blanks at the end.
    pub(crate) text: String,
    /// Images that the words name by `@`. What was pasted as a mark names none.
    pub(crate) images: Vec<Attachment>,
}

/// A word that begins with `@`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// Where its `@` stands, in characters.
    pub(super) from: usize,
    /// Behind its last character.
    pub(super) to: usize,
    /// Where the name itself begins, behind `@` or `@"`.
    pub(super) begins: usize,
    /// Without `@` and quotes.
    pub(super) name: String,
    /// Ends with a quote.
    pub(super) is_closed: bool,
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_mark(c)
}

/// The words of a line that begin with `@`: to the next blank, or `@"to the next quote"`.
pub(super) fn named(line: &str) -> Vec<Named> {
    let mut found = Vec::new();
    if !line.contains('@') {
        return found;
    }
    let chars: Vec<char> = line.chars().collect();
    let until = |from: usize, ends: &dyn Fn(char) -> bool| {
        chars.iter().enumerate().skip(from).find(|(_, c)| ends(**c)).map_or(chars.len(), |(at, _)| at)
    };
    let mut at = 0;
    while at < chars.len() {
        let from = until(at, &|c| !is_blank(c));
        let is_named = chars.get(from) == Some(&'@');
        at = if is_named && chars.get(from + 1) == Some(&'"') {
            let quote = until(from + 2, &|c| c == '"');
            let is_closed = quote < chars.len();
            let to = if is_closed { quote + 1 } else { quote };
            let name = chars.get(from + 2..quote).unwrap_or_default().iter().collect();
            found.push(Named { from, to, begins: from + 2, name, is_closed });
            to
        } else {
            let to = until(from, &is_blank);
            if is_named {
                let name = chars.get(from + 1..to).unwrap_or_default().iter().collect();
                found.push(Named { from, to, begins: from + 1, name, is_closed: false });
            }
            to
        };
    }
    found
}

/// How a name is written behind `@`.
pub(super) fn spelled(name: &str) -> String {
    if name.contains(char::is_whitespace) { format!("@\"{name}\"") } else { format!("@{name}") }
}

/// Whether a name is an image's, by its ending.
pub(super) fn is_image(name: &str) -> bool {
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| IMAGES.iter().any(|image| image.eq_ignore_ascii_case(ending)))
}

/// Images that exist and that the words name, each once.
fn images(text: &str, files: &dyn Files) -> Vec<Attachment> {
    let mut images: Vec<Attachment> = Vec::new();
    for named in text.lines().flat_map(named) {
        // A name may stand at the end of a sentence.
        let bare = named.name.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '"', '\'']);
        let name = [named.name.as_str(), bare]
            .into_iter()
            .filter(|name| is_image(name))
            .find_map(|name| files.name(Path::new(name)));
        if let Some(path) = name.map(|name| Attachment { path: name.into() })
            && !images.contains(&path)
        {
            images.push(path);
        }
    }
    images
}

/// A prompt of the text in the box. `//words` are words that begin with a slash: what would be a command with one is said with one.
pub(super) fn prompt(text: &str, marks: &Marks, files: &dyn Files) -> Prompt {
    let doubled = |rest: &&str| !rest.starts_with('/') && !rest.starts_with(char::is_whitespace);
    let text = match text.strip_prefix("//").filter(doubled) {
        Some(rest) if !rest.is_empty() => text.get(text.len() - rest.len() - 1..).unwrap_or(text),
        _ => text,
    };
    Prompt { text: marks.expand(text.trim_end()), images: images(text, files) }
}

/// The name's length in characters where the text begins with a command: `/` in the first column, and no other `/` in the first word,
/// which would make it a path or a comment.
pub(super) fn command_name(text: &str) -> Option<usize> {
    let name = text.strip_prefix('/')?;
    let name = name.split(char::is_whitespace).next().unwrap_or_default();
    (!name.contains(|c| c == '/' || is_mark(c))).then(|| name.chars().count())
}

/// The command that the text is, if it is one.
pub(super) fn command(text: &str, marks: &Marks) -> Option<Typed> {
    let length = command_name(text)?;
    let name: String = text.chars().skip(1).take(length).collect();
    let arguments = text.get(1 + name.len()..).unwrap_or_default().trim();
    Some(Typed::Command { name, arguments: marks.expand(arguments) })
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
