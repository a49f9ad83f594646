//! An Anthropic request as a list of blocks in prompt order (tools, system, messages), read from the bytes received.

use std::sync::Arc;

use blake3::{Hash, Hasher};
use protocol::{Role, Ttl};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::block::{BlockInfo, Kind, Reader, ttl};

/// Which part of a prompt a block belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Tools,
    System,
    Messages,
}

/// A block in its place.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) level: Level,
    pub(crate) role: Role,
    /// Path in the request (`messages.2.content.0`), for errors.
    pub(crate) path: String,
    /// Number of the message, 0 outside of messages.
    pub(crate) message: usize,
    pub(crate) info: Arc<BlockInfo>,
}

/// A message: its role and how many blocks it has.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) role: Role,
    pub(crate) blocks: usize,
}

/// A request's blocks and the parameters that rules and cache keys look at.
#[derive(Clone, Debug)]
pub(crate) struct Prompt {
    pub(crate) model: String,
    pub(crate) max_tokens: Option<u64>,
    pub(crate) stream: bool,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) shapes: Vec<Shape>,
    /// Top-level `cache_control`: a breakpoint on the last block that can carry one.
    pub(crate) automatic: Option<Result<Ttl, String>>,
    pub(crate) effort: Option<String>,
    pub(crate) speed: Option<String>,
    pub(crate) sampling: Option<&'static str>,
    pub(crate) tool_choice: Option<ToolChoiceBody>,
    pub(crate) thinking: Option<ThinkingBody>,
    pub(crate) has_format: bool,
    /// Bytes of the parameters that a change of which loses the messages' cache.
    message_params: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ToolChoiceBody {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) name: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ThinkingBody {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) budget_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Body<'a> {
    model: String,
    max_tokens: Option<u64>,
    stream: Option<bool>,
    #[serde(borrow)]
    tools: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    system: Option<&'a RawValue>,
    #[serde(borrow)]
    messages: Vec<MessageBody<'a>>,
    #[serde(borrow)]
    cache_control: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_choice: Option<&'a RawValue>,
    #[serde(borrow)]
    thinking: Option<&'a RawValue>,
    output_config: Option<OutputConfig>,
    speed: Option<String>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<f64>,
}

#[derive(Deserialize)]
struct OutputConfig {
    effort: Option<String>,
    format: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct MessageBody<'a> {
    role: Role,
    #[serde(borrow)]
    content: &'a RawValue,
}

impl Prompt {
    /// Reads a body.
    ///
    /// # Errors
    /// In words that name the place, for bytes that are not this dialect.
    pub(crate) fn read(body: &str, reader: &Reader) -> Result<Self, String> {
        let body: Body<'_> = serde_json::from_str(body).map_err(|error| error.to_string())?;
        let mut pieces = Vec::new();
        let mut push = |level, role, path: String, message, raw: &str| {
            let info = reader.block(raw, level == Level::Tools).map_err(|error| format!("{path}: {error}"))?;
            pieces.push(Piece { level, role, path, message, info });
            Ok::<(), String>(())
        };
        for (n, tool) in body.tools.iter().flatten().enumerate() {
            push(Level::Tools, Role::System, format!("tools.{n}"), 0, tool.get())?;
        }
        for (n, block) in blocks(body.system, "system")?.iter().enumerate() {
            push(Level::System, Role::System, format!("system.{n}"), 0, block.get())?;
        }
        let mut shapes = Vec::new();
        for (m, message) in body.messages.iter().enumerate() {
            let content = blocks(Some(message.content), &format!("messages.{m}.content"))?;
            for (n, block) in content.iter().enumerate() {
                push(Level::Messages, message.role, format!("messages.{m}.content.{n}"), m, block.get())?;
            }
            shapes.push(Shape { role: message.role, blocks: content.len() });
        }
        let raw = |value: Option<&RawValue>| value.map_or("", RawValue::get).to_owned();
        let message_params = format!("{}|{}", raw(body.tool_choice), raw(body.thinking));
        let sampling = [("temperature", body.temperature), ("top_p", body.top_p), ("top_k", body.top_k)];
        let output = body.output_config;
        Ok(Self {
            model: body.model,
            max_tokens: body.max_tokens,
            stream: body.stream.unwrap_or(false),
            pieces,
            shapes,
            automatic: body.cache_control.map(ttl),
            has_format: output.as_ref().is_some_and(|config| config.format.is_some()),
            effort: output.and_then(|config| config.effort),
            speed: body.speed,
            sampling: sampling.iter().find(|(_, value)| value.is_some()).map(|(name, _)| *name),
            tool_choice: parameter(body.tool_choice, "tool_choice")?,
            thinking: parameter(body.thinking, "thinking")?,
            message_params,
        })
    }

    /// The breakpoints in prompt order, as numbers of pieces with their lifetimes, the automatic one included.
    pub(crate) fn breakpoints(&self) -> Vec<(usize, Ttl)> {
        let marked = |(at, piece): (usize, &Piece)| match piece.info.marker {
            Some(Ok(ttl)) => Some((at, ttl)),
            _ => None,
        };
        let mut found: Vec<_> = self.pieces.iter().enumerate().filter_map(marked).collect();
        if let (Some(Ok(ttl)), Some(last)) = (&self.automatic, self.pieces.iter().rposition(Piece::is_markable))
            && found.last().is_none_or(|(at, _)| *at < last)
        {
            found.push((last, *ttl));
        }
        found
    }

    /// Hash of the parameters that belong to a level: a change of them loses the cache from there on.
    pub(crate) fn level_params(&self, level: Level) -> Hash {
        let mut hasher = Hasher::new();
        hasher.update(&[level as u8]);
        if level == Level::Messages {
            hasher.update(self.message_params.as_bytes());
            let images = self
                .pieces
                .iter()
                .any(|piece| matches!(piece.info.kind, Kind::Image | Kind::ToolResult { has_image: true, .. }));
            hasher.update(&[u8::from(images)]);
        }
        hasher.finalize()
    }

    /// `o200k_base` tokens of the whole prompt.
    pub(crate) fn tokens(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.info.tokens).sum()
    }
}

impl Piece {
    /// Whether a cache marker may stand on it.
    pub(crate) fn is_markable(&self) -> bool {
        !matches!(self.info.kind, Kind::Thinking { .. } | Kind::RedactedThinking | Kind::Text { blank: true })
    }
}

/// Content as its blocks: a string is one block, an array is its elements.
fn blocks<'a>(content: Option<&'a RawValue>, path: &str) -> Result<Vec<&'a RawValue>, String> {
    match content {
        None => Ok(Vec::new()),
        Some(raw) if raw.get() == "null" => Ok(Vec::new()),
        Some(raw) if raw.get().starts_with('"') => Ok(vec![raw]),
        Some(raw) => serde_json::from_str(raw.get()).map_err(|error| format!("{path}: {error}")),
    }
}

fn parameter<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>, name: &str) -> Result<Option<T>, String> {
    raw.map(|raw| serde_json::from_str(raw.get()).map_err(|error| format!("{name}: {error}"))).transpose()
}
