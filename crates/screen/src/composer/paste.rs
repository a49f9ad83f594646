//! What comes by the clipboard: its line breaks, and whether it is the name of an image that was dropped on the window.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;

use super::files::Files;
use super::words::is_image;

/// Longer text is not looked at as a list of names.
const MOST_BYTES: usize = 8_192;
/// Names in one paste.
const MOST_NAMES: usize = 20;

/// Terminals send a paste's line breaks as they like: all become `\n`.
pub(super) fn with_line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// The names of the images that a paste is the paths of, and nothing else; none for any other text.
pub(super) fn images(text: &str, files: &dyn Files) -> Option<Vec<String>> {
    let text = text.trim();
    if text.is_empty() || text.len() > MOST_BYTES {
        return None;
    }
    let name = |path: &str| {
        let path = path_of(path)?;
        is_image(path.to_str()?).then(|| files.name(&path)).flatten()
    };
    // A path with blanks as it is, then one or several as a shell would read them.
    if let Some(name) = name(text) {
        return Some(vec![name]);
    }
    let words = shell_words(text)?;
    if words.len() > MOST_NAMES {
        return None;
    }
    words.iter().map(|word| name(word)).collect()
}

/// A path, or a `file://` address of this machine.
fn path_of(word: &str) -> Option<PathBuf> {
    let Some(address) = word.strip_prefix("file://") else { return Some(word.into()) };
    let path = address.strip_prefix("localhost").unwrap_or(address);
    let path = percent_decode_str(path).decode_utf8().ok()?;
    path.starts_with('/').then(|| path.into_owned().into())
}

/// Words as a shell reads them: quotes, and `\` before a blank. None where a quote is not closed.
fn shell_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().push(chars.next()?),
            (None, _) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
#[path = "paste_tests.rs"]
mod tests;
