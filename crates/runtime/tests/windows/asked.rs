//! Requests as bytes: what of them a cache sees.

use serde_json::Value;
use serde_json::value::RawValue;
use simulator::RequestRecord;

/// The cacheable projection of a request: tools, system and messages, each piece as the bytes that were sent, without
/// cache markers.
pub(crate) fn projection(request: &RequestRecord) -> Vec<String> {
    projection_of(&request.body)
}

/// The same of a body.
pub(crate) fn projection_of(body: &[u8]) -> Vec<String> {
    let body: Body<'_> = serde_json::from_slice(body).unwrap();
    let pieces = |raw: Option<&RawValue>| match raw.map(RawValue::get) {
        None => Vec::new(),
        Some(list) if list.starts_with('[') => {
            let list: Vec<&RawValue> = serde_json::from_str(list).unwrap();
            list.into_iter().map(|piece| without_markers(piece.get())).collect()
        }
        Some(one) => vec![without_markers(one)],
    };
    let parts = [body.tools, body.system, body.instructions, body.messages, body.input];
    parts.into_iter().flat_map(pieces).collect()
}

#[derive(serde::Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    tools: Option<&'a RawValue>,
    #[serde(borrow, default)]
    system: Option<&'a RawValue>,
    #[serde(borrow, default)]
    messages: Option<&'a RawValue>,
    #[serde(borrow, default)]
    instructions: Option<&'a RawValue>,
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
}

fn without_markers(piece: &str) -> String {
    piece
        .replace(r#","cache_control":{"type":"ephemeral","ttl":"1h"}"#, "")
        .replace(r#","cache_control":{"type":"ephemeral"}"#, "")
        .replace(r#","prompt_cache_breakpoint":{"mode":"explicit"}"#, "")
}

/// Whether a request begins with all of another one.
#[track_caller]
pub(crate) fn assert_extends(later: &RequestRecord, earlier: &RequestRecord) {
    let (later, earlier) = (projection(later), projection(earlier));
    let differs = earlier.iter().zip(&later).position(|(one, other)| one != other);
    assert_eq!(differs, None, "\n{}\nbecame\n{}", earlier[differs.unwrap_or(0)], later[differs.unwrap_or(0)]);
    assert!(later.len() >= earlier.len(), "{} pieces became {}", earlier.len(), later.len());
}

/// The body of a request without the bound on the answer: what a ping must not change.
pub(crate) fn without_bound(request: &RequestRecord) -> String {
    let mut body: Value = serde_json::from_slice(&request.body).unwrap();
    let body = body.as_object_mut().unwrap();
    for name in ["max_tokens", "max_completion_tokens", "max_output_tokens"] {
        body.remove(name);
    }
    serde_json::to_string(body).unwrap()
}

/// All text of a request's messages, as the model reads it.
pub(crate) fn text(request: &RequestRecord) -> String {
    texts(request).join("\n")
}

/// The model reads these words in a request.
#[track_caller]
pub(crate) fn assert_says(request: &RequestRecord, words: &str) {
    let text = text(request);
    let head: String = text.chars().take(3_000).collect();
    assert!(text.contains(words), "`{words}` is not in {}\n{head}", request.label);
}

/// The text of each message.
pub(crate) fn texts(request: &RequestRecord) -> Vec<String> {
    let of = |message: &protocol::Message| -> String {
        let blocks = message.blocks.iter().map(|block| match block {
            protocol::Block::Text { text } => text.clone(),
            protocol::Block::ToolResult { content, .. } => serde_json::to_string(content).unwrap(),
            other => serde_json::to_string(other).unwrap(),
        });
        blocks.collect::<Vec<_>>().join("\n")
    };
    request.request.messages.iter().map(of).collect()
}

/// Whether this request asks for a summary.
pub(crate) fn is_compaction(request: &RequestRecord) -> bool {
    request.request.messages.last().is_some_and(|message| {
        message
            .blocks
            .iter()
            .any(|block| matches!(block, protocol::Block::Text { text } if text.contains("<compaction>")))
    })
}

/// Whether this request asks the window's own brain on the window's own bytes.
pub(crate) fn is_own_compaction(request: &RequestRecord) -> bool {
    is_compaction(request) && !request.request.tools.is_empty()
}

/// Every call has its result right behind it, every result its call, and nothing thinks.
#[track_caller]
pub(crate) fn assert_sound_opening(request: &RequestRecord) {
    let mut open: Vec<String> = Vec::new();
    for message in &request.request.messages {
        let mut answered = Vec::new();
        for block in &message.blocks {
            match block {
                protocol::Block::ToolResult { call_id, .. } => answered.push(call_id.clone()),
                protocol::Block::Thinking { .. } | protocol::Block::RedactedThinking { .. } => {
                    panic!("a thinking block crossed into a window: {}", request.label)
                }
                _ => {}
            }
        }
        assert_eq!(open, answered, "{}", request.label);
        open = calls(message);
    }
    assert!(open.is_empty(), "{} is not answered", open.join(", "));
}

fn calls(message: &protocol::Message) -> Vec<String> {
    let ids = message.blocks.iter().filter_map(|block| match block {
        protocol::Block::ToolCall { id, .. } => Some(id.clone()),
        _ => None,
    });
    ids.collect()
}
