//! A Responses request as its items, read from the bytes received.

use std::sync::Arc;

use blake3::{Hash, Hasher};
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::block::{FRAME_TOKENS, Reader};
use crate::chat_cache::{ChatChain, Span, Speaker};
use crate::responses_item::Item;

/// A tool as the rules look at it.
#[derive(Clone, Debug)]
pub(crate) struct Tool {
    pub(crate) kind: String,
    pub(crate) name: Option<String>,
    /// The schema, where the tool asks for strict arguments.
    pub(crate) strict: Option<serde_json::Value>,
}

/// A request's items and the parameters that rules and cache keys look at.
#[derive(Clone, Debug)]
pub(crate) struct ResponsesPrompt {
    pub(crate) model: String,
    /// Names of all parameters.
    pub(crate) parameters: Vec<String>,
    pub(crate) items: Vec<Arc<Item>>,
    pub(crate) has_input: bool,
    pub(crate) tools: Vec<Tool>,
    /// Name of the function that has to be called.
    pub(crate) forced: Option<String>,
    pub(crate) include: Vec<String>,
    /// Whether the answer is kept at the vendor's; it is unless one says no.
    pub(crate) store: bool,
    pub(crate) previous: Option<String>,
    pub(crate) conversation: Option<String>,
    pub(crate) cache_key: Option<String>,
    pub(crate) max_output_tokens: Option<i64>,
    pub(crate) temperature: Option<f64>,
    pub(crate) effort: Option<String>,
    pub(crate) summary: Option<String>,
    /// `reasoning.context`.
    pub(crate) context: Option<String>,
    instructions: Option<Span>,
    tool_tokens: u64,
    /// Hash of what stands before all items: tools and the parameters that are part of the prefix.
    head: Hash,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body<'a> {
    model: String,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    instructions: Option<String>,
    #[serde(borrow)]
    tools: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    tool_choice: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    reasoning: Option<ReasoningBody>,
    include: Option<Vec<String>>,
    store: Option<bool>,
    previous_response_id: Option<String>,
    conversation: Option<serde_json::Value>,
    prompt_cache_key: Option<String>,
    service_tier: Option<String>,
    max_output_tokens: Option<i64>,
    temperature: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ReasoningBody {
    effort: Option<String>,
    summary: Option<String>,
    context: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ToolBody<'a> {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    strict: Option<bool>,
    #[serde(borrow)]
    parameters: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ChoiceBody {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
}

impl ResponsesPrompt {
    /// Reads a body.
    ///
    /// # Errors
    /// In words, for bytes that are not this dialect.
    pub(crate) fn read(text: &str, reader: &Reader) -> Result<Self, String> {
        let parameters: IndexMap<String, &RawValue> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let body: Body<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut head = Hasher::new();
        head.update(b"responses");
        let (mut tools, mut tool_tokens) = (Vec::new(), 0);
        for tool in body.tools.iter().flatten() {
            head.update(&(tool.get().len() as u64).to_le_bytes()).update(tool.get().as_bytes());
            let parsed: ToolBody<'_> = serde_json::from_str(tool.get()).map_err(|error| format!("tools: {error}"))?;
            tool_tokens += FRAME_TOKENS + reader.count(tool.get());
            let schema = parsed.parameters.filter(|_| parsed.strict == Some(true));
            let strict = schema.and_then(|raw| serde_json::from_str(raw.get()).ok());
            tools.push(Tool { kind: parsed.kind, name: parsed.name, strict });
        }
        let reasoning = body.reasoning.unwrap_or_default();
        for part in [&reasoning.effort, &body.service_tier, &body.prompt_cache_key] {
            head.update(&[0]).update(part.as_deref().unwrap_or_default().as_bytes());
        }
        head.update(&[0]).update(body.text.map_or("", RawValue::get).as_bytes());
        let chosen: Option<ChoiceBody> = body.tool_choice.and_then(|raw| serde_json::from_str(raw.get()).ok());
        Ok(Self {
            model: body.model,
            parameters: parameters.into_keys().collect(),
            has_input: body.input.is_some_and(|input| input.get() != "null"),
            items: items(body.input, reader)?,
            tools,
            forced: chosen.filter(|chosen| chosen.kind == "function").and_then(|chosen| chosen.name),
            include: body.include.unwrap_or_default(),
            store: body.store.unwrap_or(true),
            previous: body.previous_response_id,
            conversation: body.conversation.map(|named| {
                let id = named.get("id").unwrap_or(&named);
                id.as_str().unwrap_or_default().to_owned()
            }),
            cache_key: body.prompt_cache_key,
            max_output_tokens: body.max_output_tokens,
            temperature: body.temperature,
            effort: reasoning.effort,
            summary: reasoning.summary,
            context: reasoning.context,
            instructions: body.instructions.filter(|text| !text.is_empty()).map(|text| Span {
                speaker: Speaker::Instructions,
                canonical: blake3::hash(text.as_bytes()),
                tokens: FRAME_TOKENS + reader.count(&text),
                marks: Vec::new(),
            }),
            tool_tokens,
            head: head.finalize(),
        })
    }

    /// The pieces that the model sees: the instructions, and the items that are not left out.
    pub(crate) fn spans<'a>(&'a self, removed: &[usize]) -> Vec<&'a Span> {
        let kept = self.items.iter().enumerate().filter(|(at, _)| !removed.contains(at)).map(|(_, item)| &item.span);
        self.instructions.iter().chain(kept).collect()
    }

    /// The prompt as the cache of one account sees it (`workspace`: hash of the API key).
    pub(crate) fn chain(&self, workspace: &str, removed: &[usize], factor: f64) -> ChatChain {
        let mut hasher = Hasher::new();
        hasher.update(workspace.as_bytes()).update(self.model.as_bytes()).update(self.head.as_bytes());
        ChatChain::new(hasher.finalize(), self.tool_tokens, &self.spans(removed), factor)
    }

    /// The instructions' hash, where there are any.
    pub(crate) fn instructions(&self) -> Option<Hash> {
        self.instructions.as_ref().map(|span| span.canonical)
    }
}

fn items(input: Option<&RawValue>, reader: &Reader) -> Result<Vec<Arc<Item>>, String> {
    let Some(input) = input.map(RawValue::get).filter(|input| *input != "null") else { return Ok(Vec::new()) };
    if input.starts_with('"') {
        let text: String = serde_json::from_str(input).map_err(|error| format!("input: {error}"))?;
        return Ok(vec![Arc::new(Item::text(&text, reader))]);
    }
    let items: Vec<&RawValue> = serde_json::from_str(input).map_err(|error| format!("input: {error}"))?;
    let read = |(at, raw): (usize, &&RawValue)| {
        let item = reader.items.get(raw.get(), || Item::read(raw.get(), reader));
        item.map_err(|error| format!("input[{at}]: {error}"))
    };
    items.iter().enumerate().map(read).collect()
}
