//! The parts of a body that decide, borrowed from its bytes in one pass.

use std::borrow::Cow;
use std::fmt;

use protocol::Dialect;
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::text;

/// Messages of the user that are kept from the beginning: clients put instructions and surroundings before the user's own words.
const KEPT: usize = 8;

/// A body.
#[derive(Debug, Default)]
pub(super) struct Body<'a> {
    pub(super) model: Cow<'a, str>,
    pub(super) stream: bool,
    /// `system` or `instructions`.
    system: Option<&'a RawValue>,
    pub(super) tools: Option<&'a RawValue>,
    /// Most tokens of the answer, whatever the dialect calls it.
    pub(super) max_tokens: Option<u64>,
    metadata: Option<&'a RawValue>,
    pub(super) session_id: Option<Cow<'a, str>>,
    pub(super) cache_key: Option<Cow<'a, str>>,
    history: History<'a>,
    pub(super) messages: usize,
}

/// One message or input item.
#[derive(Clone, Debug, Default)]
pub(super) struct Message<'a> {
    pub(super) role: Cow<'a, str>,
    /// Of an input item.
    pub(super) kind: Cow<'a, str>,
    content: Option<&'a RawValue>,
}

/// The messages, as far as they are kept.
#[derive(Debug, Default)]
struct History<'a> {
    count: usize,
    /// The first one, where it instructs.
    system: Option<Message<'a>>,
    users: Vec<Message<'a>>,
    last: Option<Message<'a>>,
    /// Tools that come as an input item.
    has_tools: bool,
    /// Input that is one text.
    text: Option<Cow<'a, str>>,
}

/// The user's first words.
#[derive(Debug, Default)]
pub(super) struct First<'a> {
    /// Without what clients put around them; empty where there are none.
    pub(super) task: Cow<'a, str>,
    /// They, or whatever came first where there are none.
    pub(super) all: Cow<'a, str>,
}

impl<'a> Body<'a> {
    /// Reads a body.
    pub(super) fn read(dialect: Dialect, bytes: &'a [u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8 at byte {}", error.valid_up_to()))?;
        let mut body: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        body.messages = body.history.count;
        if dialect == Dialect::AnthropicMessages {
            // There a `system` message is never the first one; it is no system prompt.
            body.history.system = None;
        }
        Ok(body)
    }

    /// No tool is offered.
    pub(super) fn is_without_tools(&self) -> bool {
        !self.history.has_tools && self.tools.is_none_or(|tools| matches!(tools.get().trim(), "[]" | "null"))
    }

    /// The texts of the system prompt, without the header by which Claude Code says who pays: it changes from request to request.
    pub(super) fn system(&self) -> Vec<Cow<'a, str>> {
        let raw = self.system.into_iter().chain(self.history.system.as_ref().and_then(|message| message.content));
        let mut texts: Vec<Cow<'a, str>> = raw.flat_map(text::of_content).collect();
        texts.retain(|text| !text.starts_with("x-anthropic-billing-header"));
        texts
    }

    /// The last message that is not the client's own instruction.
    pub(super) fn last(&self) -> Option<&Message<'a>> {
        self.history.last.as_ref()
    }

    /// What the user said first.
    pub(super) fn first_words(&self) -> First<'a> {
        if let Some(text) = &self.history.text {
            let task = text::own_words(text.clone());
            return First { task: task.clone().unwrap_or_default(), all: text.clone() };
        }
        let mut all = None;
        for message in &self.history.users {
            for text in message.texts() {
                if let Some(task) = text::own_words(text.clone()) {
                    return First { all: task.clone(), task };
                }
                all.get_or_insert(text);
            }
        }
        First { task: Cow::default(), all: all.unwrap_or_default() }
    }

    /// A text field of `metadata`.
    pub(super) fn metadata(&self, field: &str) -> Option<String> {
        let fields: std::collections::BTreeMap<Cow<'_, str>, &RawValue> =
            serde_json::from_str(self.metadata?.get()).ok()?;
        serde_json::from_str(fields.get(field)?.get()).ok()
    }
}

impl<'a> Message<'a> {
    /// Its texts.
    pub(super) fn texts(&self) -> Vec<Cow<'a, str>> {
        self.content.map(text::of_content).unwrap_or_default()
    }

    /// Whether it brings results of tools.
    pub(super) fn is_tool_result(&self) -> bool {
        self.role == "tool"
            || self.role == "function"
            || self.kind.ends_with("_call_output")
            || self.kind == "tool_search_output"
            || (self.role == "user" && self.content.is_some_and(text::has_tool_result))
    }
}

/// The fields that are looked at; the same names mean the same in all dialects.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Model,
    Stream,
    System,
    Instructions,
    Tools,
    MaxTokens,
    MaxCompletionTokens,
    MaxOutputTokens,
    Metadata,
    SessionId,
    PromptCacheKey,
    Messages,
    Input,
    #[serde(other)]
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Body<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Body<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Body<'de>, M::Error> {
        let mut body = Body::default();
        while let Some(field) = map.next_key::<Field>()? {
            match field {
                Field::Model => body.model = map.next_value::<Text<'de>>()?.0.unwrap_or_default(),
                Field::Stream => body.stream = is_true(map.next_value()?),
                Field::System | Field::Instructions => body.system = Some(map.next_value()?),
                Field::Tools => body.tools = Some(map.next_value()?),
                Field::MaxTokens | Field::MaxCompletionTokens | Field::MaxOutputTokens => {
                    body.max_tokens = map.next_value::<&RawValue>()?.get().parse().ok();
                }
                Field::Metadata => body.metadata = Some(map.next_value()?),
                Field::SessionId => body.session_id = map.next_value::<Text<'de>>()?.0,
                Field::PromptCacheKey => body.cache_key = map.next_value::<Text<'de>>()?.0,
                Field::Messages | Field::Input => body.history = map.next_value()?,
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(body)
    }
}

fn is_true(raw: &RawValue) -> bool {
    raw.get() == "true"
}

/// A text; what is no text is none. It is for the provider to refuse it.
struct Text<'a>(Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        Ok(Self(text::of_json(raw.get())))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for History<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Messages)
    }
}

struct Messages;

impl<'de> Visitor<'de> for Messages {
    type Value = History<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of messages, or a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<History<'de>, E> {
        Ok(History { count: 1, text: Some(Cow::Borrowed(text)), ..History::default() })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<History<'de>, E> {
        Ok(History { count: 1, text: Some(Cow::Owned(text.to_owned())), ..History::default() })
    }

    fn visit_unit<E: Error>(self) -> Result<History<'de>, E> {
        Ok(History::default())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<History<'de>, S::Error> {
        let mut history = History::default();
        while let Some(message) = seq.next_element::<Message<'de>>()? {
            history.take(message);
        }
        Ok(history)
    }
}

impl<'a> History<'a> {
    fn take(&mut self, message: Message<'a>) {
        self.count += 1;
        match &*message.role {
            "system" | "developer" => {
                if self.count == 1 {
                    self.system = Some(message);
                }
            }
            _ if message.kind == "additional_tools" => self.has_tools = true,
            "user" if self.users.len() < KEPT => {
                self.users.push(message.clone());
                self.last = Some(message);
            }
            _ => self.last = Some(message),
        }
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum MessageField {
    Role,
    Type,
    Content,
    #[serde(other)]
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Message<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MessageFields)
    }
}

struct MessageFields;

impl<'de> Visitor<'de> for MessageFields {
    type Value = Message<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message, which is an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Message<'de>, M::Error> {
        let mut message = Message::default();
        while let Some(field) = map.next_key::<MessageField>()? {
            match field {
                MessageField::Role => message.role = map.next_value::<Text<'de>>()?.0.unwrap_or_default(),
                MessageField::Type => message.kind = map.next_value::<Text<'de>>()?.0.unwrap_or_default(),
                MessageField::Content => message.content = Some(map.next_value()?),
                MessageField::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(message)
    }
}
