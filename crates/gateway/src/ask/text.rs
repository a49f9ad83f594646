//! Texts of messages, and what in them is the user's own.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// A block of a content.
#[derive(Deserialize)]
struct Block<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
}

/// A JSON text, borrowed where it has no escapes.
pub(super) fn of_json(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(raw).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// The texts of a content, in their order.
pub(super) fn of_content(raw: &RawValue) -> Vec<Cow<'_, str>> {
    if raw.get().starts_with('"') {
        return of_json(raw.get()).into_iter().collect();
    }
    blocks(raw).into_iter().filter(Block::is_text).filter_map(|block| of_json(block.text?.get())).collect()
}

/// Whether it holds a block `tool_result`.
pub(super) fn has_tool_result(raw: &RawValue) -> bool {
    blocks(raw).iter().any(|block| block.kind.as_deref().is_some_and(|kind| kind.ends_with("tool_result")))
}

fn blocks(raw: &RawValue) -> Vec<Block<'_>> {
    serde_json::from_str(raw.get()).unwrap_or_default()
}

impl Block<'_> {
    fn is_text(&self) -> bool {
        matches!(self.kind.as_deref(), None | Some("text" | "input_text"))
    }
}

/// How clients begin what they say in the user's name beside elements such as `<system-reminder>`: instructions of a project, the
/// list of files of a chat.
const PREAMBLES: [&str; 4] = [
    "# AGENTS.md instructions",
    "Here are summaries of some files present in my git repo",
    "I have *added these files to the chat*",
    "Here are READ ONLY files",
];

/// The part of a text that is the user's: without elements (`<environment_context>...</environment_context>`) that stand in front.
/// None where nothing is left.
pub(super) fn own_words(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let mut rest = text.trim_start();
    while let Some(end) = element(rest) {
        rest = rest[end..].trim_start();
    }
    if rest.is_empty() || PREAMBLES.iter().any(|preamble| rest.starts_with(preamble)) {
        return None;
    }
    let at = text.len() - rest.len();
    Some(match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[at..]),
        Cow::Owned(text) => Cow::Owned(text[at..].to_owned()),
    })
}

/// Length of the element with which a text begins.
fn element(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('<')?;
    let name = &rest[..rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))?];
    if name.is_empty() || !rest[name.len()..].starts_with(['>', ' ']) {
        return None;
    }
    let end = format!("</{name}>");
    text.find(&end).map(|at| at + end.len())
}

/// The beginning of a text, `most` bytes at most, whole characters.
pub(super) fn most(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// Sixteen bytes that differ where a text does.
pub(super) fn fingerprint(text: &str) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
    short
}

/// Whether bytes hold others.
pub(super) fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    memchr::memmem::find(bytes, wanted).is_some()
}
