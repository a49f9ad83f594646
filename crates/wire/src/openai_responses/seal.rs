//! Reasoning that crosses dialects. OpenAI's goes through other dialects inside a signature, other makers' reasoning goes
//! through Responses clients inside `encrypted_content`; both come back exactly as they were, or not at all.
//!
//! - `rs1:JSON`, a signature: a reasoning item of Responses as it came (`{"type":"reasoning",...}`), or
//!   `{"phase":"..."}`, the phase of the message that follows. Only Responses can take it back.
//! - `th1:DIGEST:SIGNATURE`, an `encrypted_content`: a block of thinking whose text stands in the summary (`DIGEST` tells
//!   whether it still does) and whose signature, empty where it had none, is what follows.
//! - `rt1:DATA`, an `encrypted_content`: a block of redacted thinking.

use protocol::Block;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::{Object, array};

/// How a signature begins that holds something of Responses. Every other dialect has to leave such a block out.
pub const SEAL: &str = "rs1:";

const THINKING: &str = "th1:";
const REDACTED: &str = "rt1:";

/// Whether a signature is one of ours: reasoning of a Responses server, which only such a server can read.
pub fn is_seal(signature: &str) -> bool {
    signature.starts_with(SEAL)
}

/// What is under a seal.
pub(super) enum Sealed<'a> {
    /// A reasoning item, as JSON text.
    Item(&'a str),
    /// The phase of the message that follows.
    Phase(String),
}

/// What all reasoning items have, and a phase.
#[derive(Deserialize)]
struct Inner<'a> {
    #[serde(default, rename = "type")]
    kind: String,
    phase: Option<String>,
    encrypted_content: Option<String>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(default)]
    summary: Option<Vec<Words>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Words {
    text: String,
}

/// How the seal of a phase begins.
const PHASE: &str = r#"rs1:{"phase""#;

/// Opens a signature; none where it is not ours. A phase is nobody's secret: it is found behind the name of a maker, too.
pub(super) fn open(signature: &str) -> Option<Sealed<'_>> {
    let signature = signature.find(PHASE).and_then(|at| signature.get(at..)).unwrap_or(signature);
    let json = signature.strip_prefix(SEAL)?;
    let inner: Inner<'_> = serde_json::from_str(json).ok()?;
    match (inner.kind.as_str(), inner.phase) {
        ("reasoning", _) => Some(Sealed::Item(json)),
        (_, Some(phase)) => Some(Sealed::Phase(phase)),
        _ => None,
    }
}

/// A block that says nothing but the phase of the text after it. A dialect without phases leaves it out as any foreign
/// reasoning.
pub(super) fn phase(phase: &str) -> Block {
    let json = Object::new().text("phase", phase).end();
    Block::Thinking { text: String::new(), signature: Some(format!("{SEAL}{json}")) }
}

/// A reasoning item as a block. None where there is nothing to say or to send back: what OpenAI has not sealed and did not
/// store it cannot find again, and what was ours and has been changed would be refused.
pub(super) fn read(json: &str) -> Option<Block> {
    let inner: Inner<'_> = serde_json::from_str(json).ok()?;
    let words = |words: Vec<Words>| words.into_iter().map(|words| words.text).collect::<Vec<_>>().join("\n\n");
    let content: Vec<Words> =
        inner.content.and_then(|content| serde_json::from_str(content.get()).ok()).unwrap_or_default();
    let has_content = !content.is_empty();
    let summary = words(inner.summary.unwrap_or_default());
    let text = if summary.is_empty() { words(content) } else { summary };
    let sealed = inner.encrypted_content.filter(|sealed| !sealed.is_empty());
    if let Some(data) = sealed.as_deref().and_then(|sealed| sealed.strip_prefix(REDACTED)) {
        return Some(Block::RedactedThinking { data: data.to_owned() });
    }
    if let Some(rest) = sealed.as_deref().and_then(|sealed| sealed.strip_prefix(THINKING)) {
        let (told, signature) = rest.split_once(':')?;
        let signature = Some(signature.to_owned()).filter(|signature| !signature.is_empty());
        return (told == digest(&text)).then_some(Block::Thinking { text, signature });
    }
    if sealed.is_none() && !has_content && text.is_empty() {
        return None;
    }
    Some(Block::Thinking { text, signature: Some(format!("{SEAL}{json}")) })
}

/// Whether a reasoning item can be sent back to a server that stored nothing.
pub(super) fn is_replayable(json: &str) -> bool {
    serde_json::from_str::<Inner<'_>>(json).is_ok_and(|inner| {
        let content =
            inner.content.map(|content| content.get().trim()).filter(|content| !matches!(*content, "null" | "[]"));
        inner.encrypted_content.is_some_and(|sealed| !sealed.is_empty()) || content.is_some()
    })
}

/// Thinking of another maker's as a reasoning item for a client.
pub(super) fn thinking(id: &str, text: &str, signature: Option<&str>) -> String {
    let sealed = format!("{THINKING}{}:{}", digest(text), signature.unwrap_or_default());
    let summary = if text.is_empty() { Vec::new() } else { vec![summary_part(text)] };
    item(id, &array(summary)).text("encrypted_content", &sealed).end()
}

/// The same for redacted thinking.
pub(super) fn redacted(id: &str, data: &str) -> String {
    item(id, "[]").text("encrypted_content", &format!("{REDACTED}{data}")).end()
}

/// A reasoning item that has just begun.
pub(super) fn begun(id: &str) -> String {
    item(id, "[]").end()
}

/// A part of a summary.
pub(super) fn summary_part(text: &str) -> String {
    Object::of_type("summary_text").text("text", text).end()
}

fn item(id: &str, summary: &str) -> Object {
    Object::new().text("id", id).text("type", "reasoning").raw("summary", summary)
}

fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().chars().take(16).collect()
}
