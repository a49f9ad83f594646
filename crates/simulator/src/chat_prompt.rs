//! A Chat Completions request as its messages, read from the bytes received.

use std::sync::Arc;

use blake3::{Hash, Hasher};
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::block::{FRAME_TOKENS, IMAGE_TOKENS, Reader};
use crate::chat_cache::{ChatChain, ChatMark, Span, Speaker};

type Fields<'a> = IndexMap<String, &'a RawValue>;

/// A message.
#[derive(Clone, Debug)]
pub(crate) struct ChatMessage {
    pub(crate) role: String,
    pub(crate) span: Span,
    /// Ids of the tool calls it asks for.
    pub(crate) calls: Vec<String>,
    /// Call that it answers, for role `tool`.
    pub(crate) answers: Option<String>,
}

/// A request's messages and the parameters that rules and cache keys look at.
#[derive(Clone, Debug)]
pub(crate) struct ChatPrompt {
    pub(crate) model: String,
    pub(crate) messages: Vec<Arc<ChatMessage>>,
    pub(crate) tool_names: Vec<String>,
    pub(crate) tool_tokens: u64,
    pub(crate) max_completion_tokens: Option<u64>,
    pub(crate) max_tokens: Option<u64>,
    pub(crate) temperature: Option<f64>,
    pub(crate) effort: Option<String>,
    pub(crate) has_stop: bool,
    /// Hash of what stands before all messages: tools and the parameters that are part of the prefix.
    pub(crate) head: Hash,
}

#[derive(Deserialize)]
struct Body<'a> {
    model: String,
    #[serde(borrow)]
    messages: Vec<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    response_format: Option<&'a RawValue>,
    #[serde(borrow)]
    stop: Option<&'a RawValue>,
    reasoning_effort: Option<String>,
    verbosity: Option<String>,
    service_tier: Option<String>,
    max_completion_tokens: Option<u64>,
    max_tokens: Option<u64>,
    temperature: Option<f64>,
}

#[derive(Deserialize)]
struct ToolBody<'a> {
    #[serde(borrow)]
    function: Option<FunctionBody<'a>>,
}

#[derive(Deserialize)]
struct FunctionBody<'a> {
    name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(borrow)]
    parameters: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct CallBody {
    #[serde(default)]
    id: String,
    #[serde(default)]
    function: CallFunction,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CallFunction {
    name: String,
    arguments: String,
}

impl ChatPrompt {
    /// Reads a body.
    ///
    /// # Errors
    /// In words, for bytes that are not this dialect.
    pub(crate) fn read(body: &str, reader: &Reader) -> Result<Self, String> {
        let body: Body<'_> = serde_json::from_str(body).map_err(|error| error.to_string())?;
        let mut head = Hasher::new();
        let (mut tool_names, mut tool_tokens) = (Vec::new(), 0);
        for tool in body.tools.iter().flatten() {
            head.update(tool.get().as_bytes());
            let parsed: ToolBody<'_> = serde_json::from_str(tool.get()).map_err(|error| format!("tools: {error}"))?;
            tool_tokens += FRAME_TOKENS;
            if let Some(function) = parsed.function {
                tool_tokens += reader.count(&function.name)
                    + reader.count(function.description.as_deref().unwrap_or_default())
                    + reader.count(function.parameters.map_or("", RawValue::get));
                tool_names.push(function.name);
            }
        }
        for part in [&body.reasoning_effort, &body.verbosity, &body.service_tier] {
            head.update(&[0]).update(part.as_deref().unwrap_or_default().as_bytes());
        }
        head.update(&[0]).update(body.response_format.map_or("", RawValue::get).as_bytes());
        let messages = body.messages.iter().map(|raw| reader.messages.get(raw.get(), || message(raw.get(), reader)));
        Ok(Self {
            model: body.model,
            messages: messages.collect::<Result<_, String>>()?,
            tool_names,
            tool_tokens,
            max_completion_tokens: body.max_completion_tokens,
            max_tokens: body.max_tokens,
            temperature: body.temperature,
            effort: body.reasoning_effort,
            has_stop: body.stop.is_some(),
            head: head.finalize(),
        })
    }

    /// The prompt as the cache of one account sees it (`workspace`: hash of the API key).
    pub(crate) fn chain(&self, workspace: &str, factor: f64) -> ChatChain {
        let mut hasher = Hasher::new();
        hasher.update(workspace.as_bytes()).update(self.model.as_bytes()).update(self.head.as_bytes());
        let spans: Vec<&Span> = self.messages.iter().map(|message| &message.span).collect();
        ChatChain::new(hasher.finalize(), self.tool_tokens, &spans, factor)
    }
}

fn message(raw: &str, reader: &Reader) -> Result<ChatMessage, String> {
    let fields: &Fields<'_> = &serde_json::from_str(raw).map_err(|error| format!("messages: {error}"))?;
    let mut hasher = Hasher::new();
    for (key, value) in fields {
        hasher.update(&(key.len() as u64).to_le_bytes()).update(key.as_bytes());
        let value = without_markers(key, value);
        hasher.update(&(value.len() as u64).to_le_bytes()).update(value.as_bytes());
    }
    let calls: Vec<CallBody> =
        fields.get("tool_calls").and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let called: u64 =
        calls.iter().map(|call| reader.count(&call.function.name) + reader.count(&call.function.arguments)).sum();
    let reasoning = reader.count(&string(fields, "reasoning_content"));
    let role = string(fields, "role");
    let speaker = match role.as_str() {
        "system" | "developer" => Speaker::Instructions,
        "user" => Speaker::User,
        "tool" => Speaker::Tool,
        _ => Speaker::Model,
    };
    let tokens = FRAME_TOKENS + content_tokens(fields, reader) + called + reasoning;
    Ok(ChatMessage {
        role,
        span: Span { speaker, canonical: hasher.finalize(), tokens, marks: marks(fields, reader) },
        calls: calls.into_iter().map(|call| call.id).collect(),
        answers: fields.get("tool_call_id").and_then(|raw| serde_json::from_str(raw.get()).ok()),
    })
}

fn content_tokens(fields: &Fields<'_>, reader: &Reader) -> u64 {
    let Some(content) = fields.get("content") else { return 0 };
    if content.get().starts_with('"') {
        return reader.count(&string(fields, "content"));
    }
    let parts = serde_json::from_str::<Vec<Fields<'_>>>(content.get()).unwrap_or_default();
    parts.iter().map(|part| part_tokens(part, reader)).sum()
}

fn part_tokens(part: &Fields<'_>, reader: &Reader) -> u64 {
    match string(part, "type").as_str() {
        "image_url" | "input_image" => IMAGE_TOKENS,
        _ => reader.count(&string(part, "text")),
    }
}

/// Members of a part that are markers, this dialect's own and another's.
const BREAKPOINT: &str = "prompt_cache_breakpoint";
const MARKERS: [&str; 2] = ["cache_control", BREAKPOINT];

fn marks(fields: &Fields<'_>, reader: &Reader) -> Vec<ChatMark> {
    let Some(content) = fields.get("content").filter(|content| content.get().contains(BREAKPOINT)) else {
        return Vec::new();
    };
    let parts = serde_json::from_str::<Vec<Fields<'_>>>(content.get()).unwrap_or_default();
    let mut hasher = Hasher::new();
    hasher.update(string(fields, "role").as_bytes());
    let mut tokens = FRAME_TOKENS;
    let mut marks = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        tokens += part_tokens(part, reader);
        for (key, value) in part.iter().filter(|(key, _)| !MARKERS.contains(&key.as_str())) {
            for piece in [key.as_str(), value.get()] {
                hasher.update(&(piece.len() as u64).to_le_bytes()).update(piece.as_bytes());
            }
        }
        hasher.update(&[0]);
        if part.contains_key(BREAKPOINT) {
            let cut = (at + 1 < parts.len()).then(|| hasher.finalize());
            marks.push(ChatMark { cut, tokens });
        }
    }
    marks
}

/// Markers in the style of other dialects are allowed on text parts and are no part of what is cached.
fn without_markers(key: &str, value: &RawValue) -> String {
    let text = value.get();
    if key != "content" || !MARKERS.iter().any(|marker| text.contains(marker)) {
        return text.to_owned();
    }
    let Ok(mut parts) = serde_json::from_str::<Vec<Fields<'_>>>(text) else { return text.to_owned() };
    for part in &mut parts {
        part.retain(|key, _| !MARKERS.contains(&key.as_str()));
    }
    serde_json::to_string(&parts).unwrap_or_else(|_| text.to_owned())
}

fn string(fields: &Fields<'_>, key: &str) -> String {
    fields.get(key).and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}
