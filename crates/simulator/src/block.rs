//! One block of an Anthropic request (a tool, a system text, a piece of a message) as its bytes say it, read once.

use std::sync::Arc;

use blake3::{Hash, Hasher};
use indexmap::IndexMap;
use protocol::Ttl;
use serde_json::value::RawValue;

use crate::chat_prompt::ChatMessage;
use crate::memo::Memo;
use crate::responses_item::Item;
use crate::tokens::Counter;

/// Tokens of an image. Providers bill by pixels; the simulator does not decode images and takes a full-size one.
pub(crate) const IMAGE_TOKENS: u64 = 1_600;

/// Tokens that frame each block (role, type, separators) beside its text.
pub(crate) const FRAME_TOKENS: u64 = 3;

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tool { name: String },
    Text { blank: bool },
    Thinking { text: Hash, signature: String },
    RedactedThinking,
    ToolUse { id: String, name: String },
    ToolResult { id: String, is_error: bool, has_image: bool, inner_marker: bool },
    Image,
    Other,
}

/// A block without its cache marker, and the marker.
#[derive(Clone, Debug)]
pub(crate) struct BlockInfo {
    /// Hash of the canonical bytes: the fields in the order sent, their values as sent, `cache_control` left out.
    pub(crate) canonical: Hash,
    /// `o200k_base` tokens of what the model sees of it.
    pub(crate) tokens: u64,
    pub(crate) kind: Kind,
    /// `cache_control`: its lifetime, or what is wrong with it.
    pub(crate) marker: Option<Result<Ttl, String>>,
}

type Fields<'a> = IndexMap<String, &'a RawValue>;

/// Reads the pieces of requests, each once.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    tools: Memo<BlockInfo>,
    blocks: Memo<BlockInfo>,
    /// Messages of Chat Completions.
    pub(crate) messages: Memo<ChatMessage>,
    /// Input items of Responses.
    pub(crate) items: Memo<Item>,
    counter: Counter,
}

impl Reader {
    /// Tokens of a text.
    pub(crate) fn count(&self, text: &str) -> u64 {
        self.counter.count(text)
    }

    /// A block. A bare string is the short form of a text block.
    ///
    /// # Errors
    /// In words, for bytes that are not an object.
    pub(crate) fn block(&self, raw: &str, is_tool: bool) -> Result<Arc<BlockInfo>, String> {
        let memo = if is_tool { &self.tools } else { &self.blocks };
        memo.get(raw, || self.read(raw, is_tool))
    }

    fn read(&self, raw: &str, is_tool: bool) -> Result<BlockInfo, String> {
        let wrapped;
        let text = if raw.trim_start().starts_with('"') {
            wrapped = format!(r#"{{"type":"text","text":{raw}}}"#);
            &wrapped
        } else {
            raw
        };
        let fields: Fields<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let (kind, tokens) = if is_tool { self.tool(&fields) } else { self.content(&fields) };
        let marker = fields.get("cache_control").filter(|raw| raw.get() != "null").map(|raw| ttl(raw));
        Ok(BlockInfo { canonical: canonical(&fields), tokens: tokens + FRAME_TOKENS, kind, marker })
    }

    fn tool(&self, fields: &Fields<'_>) -> (Kind, u64) {
        let name = string(fields, "name");
        let schema = fields.get("input_schema").map_or("", |raw| raw.get());
        let tokens = self.count(&name) + self.count(&string(fields, "description")) + self.count(schema);
        (Kind::Tool { name }, tokens)
    }

    fn content(&self, fields: &Fields<'_>) -> (Kind, u64) {
        match string(fields, "type").as_str() {
            "text" => {
                let text = string(fields, "text");
                (Kind::Text { blank: text.trim().is_empty() }, self.count(&text))
            }
            "thinking" => {
                let text = string(fields, "thinking");
                let signature = string(fields, "signature");
                (Kind::Thinking { text: blake3::hash(text.as_bytes()), signature }, self.count(&text))
            }
            "redacted_thinking" => (Kind::RedactedThinking, string(fields, "data").len() as u64 / 4),
            "tool_use" => {
                let name = string(fields, "name");
                let input = fields.get("input").map_or("{}", |raw| raw.get());
                let tokens = self.count(&name) + self.count(input);
                (Kind::ToolUse { id: string(fields, "id"), name }, tokens)
            }
            "tool_result" => self.result(fields),
            "image" => (Kind::Image, IMAGE_TOKENS),
            _ => (Kind::Other, fields.values().map(|raw| self.count(raw.get())).sum()),
        }
    }

    fn result(&self, fields: &Fields<'_>) -> (Kind, u64) {
        let mut tokens = 0;
        let (mut has_image, mut inner_marker) = (false, false);
        let content = fields.get("content").map_or("", |raw| raw.get());
        if content.starts_with('"') {
            tokens += self.count(&string(fields, "content"));
        }
        for part in serde_json::from_str::<Vec<Fields<'_>>>(content).unwrap_or_default() {
            inner_marker |= part.get("cache_control").is_some_and(|raw| raw.get() != "null");
            if string(&part, "type") == "image" {
                has_image = true;
                tokens += IMAGE_TOKENS;
            } else {
                tokens += self.count(&string(&part, "text"));
            }
        }
        let is_error = fields.get("is_error").is_some_and(|raw| raw.get() == "true");
        (Kind::ToolResult { id: string(fields, "tool_use_id"), is_error, has_image, inner_marker }, tokens)
    }
}

/// A string field; empty where it is missing or something else (the shape of a request was checked before).
fn string(fields: &Fields<'_>, key: &str) -> String {
    fields.get(key).and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

/// Lengths stand before the bytes, so that no two lists of fields hash alike.
fn canonical(fields: &Fields<'_>) -> Hash {
    let mut hasher = Hasher::new();
    for (key, value) in fields.iter().filter(|(key, _)| *key != "cache_control") {
        hasher.update(&(key.len() as u64).to_le_bytes()).update(key.as_bytes());
        hasher.update(&(value.get().len() as u64).to_le_bytes()).update(value.get().as_bytes());
    }
    hasher.finalize()
}

/// Lifetime of a marker: `{"type":"ephemeral"}` or with `"ttl":"5m"|"1h"`.
pub(crate) fn ttl(raw: &RawValue) -> Result<Ttl, String> {
    let fields: Fields<'_> = serde_json::from_str(raw.get()).map_err(|_| "Input should be an object".to_owned())?;
    if string(&fields, "type") != "ephemeral" {
        return Err("type: Input should be 'ephemeral'".to_owned());
    }
    match fields.get("ttl").map(|raw| raw.get()) {
        None | Some("null" | "\"5m\"") => Ok(Ttl::Short),
        Some("\"1h\"") => Ok(Ttl::Long),
        Some(_) => Err("ttl: Input should be '5m' or '1h'".to_owned()),
    }
}
