//! One input item of a Responses request as its bytes say it, read once.

use blake3::{Hash, Hasher};
use indexmap::IndexMap;
use serde_json::value::RawValue;

use crate::block::{FRAME_TOKENS, IMAGE_TOKENS, Reader};
use crate::chat_cache::{ChatMark, Span, Speaker};
use crate::responses_seal;

pub(crate) type Fields<'a> = IndexMap<String, &'a RawValue>;

/// What an item is to the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Message,
    Reasoning {
        /// `encrypted_content`.
        sealed: Option<String>,
        /// It has words of its own, as open models' reasoning does.
        open: bool,
    },
    /// A call that has to be answered.
    Call,
    /// The answer to one.
    Output,
    /// The name of an item that is stored.
    Reference,
    Other,
}

/// A part of a message that the vendor refuses.
#[derive(Clone, Debug)]
pub(crate) struct Flaw {
    /// Where in the item.
    pub(crate) at: String,
    pub(crate) message: String,
    pub(crate) code: &'static str,
}

/// An item.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Its `type`.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) id: Option<String>,
    pub(crate) call_id: Option<String>,
    pub(crate) span: Span,
    pub(crate) flaw: Option<Flaw>,
}

/// Members that are no part of what the model sees.
const UNSEEN: [&str; 3] = ["id", "status", "type"];

/// The same of a part.
const UNSEEN_PART: [&str; 4] = ["annotations", "logprobs", "cache_control", BREAKPOINT];

const BREAKPOINT: &str = "prompt_cache_breakpoint";

/// Types of parts, as a refusal lists them.
const PARTS: [&str; 7] =
    ["input_text", "input_image", "output_text", "refusal", "input_file", "computer_screenshot", "summary_text"];

impl Item {
    /// Reads an item.
    ///
    /// # Errors
    /// In words, for bytes that are not an object.
    pub(crate) fn read(raw: &str, reader: &Reader) -> Result<Self, String> {
        let fields: Fields<'_> = serde_json::from_str(raw).map_err(|error| error.to_string())?;
        let name =
            Some(string(&fields, "type")).filter(|name| !name.is_empty()).unwrap_or_else(|| "message".to_owned());
        let id = Some(string(&fields, "id")).filter(|id| !id.is_empty());
        let call_id = Some(string(&fields, "call_id")).filter(|id| !id.is_empty());
        let seen = Seen::of(&name, &fields, reader);
        let kind = match name.as_str() {
            "message" => Kind::Message,
            "reasoning" => Kind::Reasoning {
                sealed: Some(string(&fields, "encrypted_content")).filter(|sealed| !sealed.is_empty()),
                open: fields.get("content").is_some_and(|raw| !matches!(raw.get(), "null" | "[]")),
            },
            "function_call" | "custom_tool_call" => Kind::Call,
            "function_call_output" | "custom_tool_call_output" => Kind::Output,
            "item_reference" => Kind::Reference,
            _ => Kind::Other,
        };
        let speaker = speaker(&name, &fields);
        let span = Span { speaker, canonical: seen.canonical, tokens: seen.tokens, marks: seen.marks };
        Ok(Self { name, kind, id, call_id, span, flaw: seen.flaw })
    }

    /// A user's message of one text: the short form of the whole input.
    pub(crate) fn text(text: &str, reader: &Reader) -> Self {
        let part = serde_json::json!({"role": "user", "content": text}).to_string();
        Self::read(&part, reader).unwrap_or_else(|_| unreachable_text())
    }
}

/// An object that was written here is read here; this is what stands in for it all the same.
fn unreachable_text() -> Item {
    let span = Span { speaker: Speaker::User, canonical: blake3::hash(b""), tokens: 0, marks: Vec::new() };
    Item { name: "message".to_owned(), kind: Kind::Message, id: None, call_id: None, span, flaw: None }
}

/// A string member; empty where it is missing or something else (the shape of a request was checked before).
pub(crate) fn string(fields: &Fields<'_>, key: &str) -> String {
    fields.get(key).and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

fn speaker(name: &str, fields: &Fields<'_>) -> Speaker {
    match name {
        "message" => match string(fields, "role").as_str() {
            "user" => Speaker::User,
            "system" | "developer" => Speaker::Instructions,
            _ => Speaker::Model,
        },
        "additional_tools" | "configuration_update" => Speaker::Instructions,
        name if name.ends_with("_output") => Speaker::Tool,
        name if name.ends_with("_call") || name == "reasoning" || name == "compaction" => Speaker::Model,
        _ => Speaker::User,
    }
}

/// What the model sees of an item.
struct Seen {
    canonical: Hash,
    tokens: u64,
    marks: Vec<ChatMark>,
    flaw: Option<Flaw>,
}

/// Lengths stand before the bytes, so that no two lists of members hash alike.
fn update(hasher: &mut Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
}

impl Seen {
    fn of(name: &str, fields: &Fields<'_>, reader: &Reader) -> Self {
        let mut hasher = Hasher::new();
        update(&mut hasher, name);
        let listed = match name {
            "message" => Some("content"),
            name if name.ends_with("_output") => Some("output"),
            _ => None,
        };
        let mut tokens = FRAME_TOKENS;
        for (key, value) in fields.iter().filter(|(key, _)| !UNSEEN.contains(&key.as_str())) {
            if Some(key.as_str()) == listed {
                continue;
            }
            if name == "reasoning" {
                // Its words are for the client; what the model reads is sealed.
                if key == "encrypted_content" {
                    tokens += responses_seal::tokens(&string(fields, key));
                } else if key != "content" {
                    continue;
                } else {
                    tokens += reader.count(value.get());
                }
            } else if !matches!(key.as_str(), "role" | "call_id" | "phase") {
                let text = string(fields, key);
                tokens += reader.count(if text.is_empty() { value.get() } else { &text });
            }
            update(&mut hasher, key);
            update(&mut hasher, value.get());
        }
        let role = string(fields, "role");
        let mut seen = Self { canonical: blake3::hash(b""), tokens, marks: Vec::new(), flaw: None };
        if let Some((key, content)) = listed.and_then(|key| Some((key, fields.get(key)?))) {
            seen.parts(&mut hasher, key, &role, content.get(), reader);
        }
        seen.canonical = hasher.finalize();
        seen
    }

    /// A text is the short form of one part.
    fn parts(&mut self, hasher: &mut Hasher, key: &str, role: &str, content: &str, reader: &Reader) {
        let kind = if role == "assistant" { "output_text" } else { "input_text" };
        let short;
        let content = if content.starts_with('"') {
            short = format!(r#"[{{"type":"{kind}","text":{content}}}]"#);
            &short
        } else {
            content
        };
        let parts = serde_json::from_str::<Vec<Fields<'_>>>(content).unwrap_or_default();
        for (at, part) in parts.iter().enumerate() {
            self.flaw = self.flaw.take().or_else(|| flaw(part, key, at, role));
            self.tokens += match string(part, "type").as_str() {
                "input_image" => IMAGE_TOKENS,
                "refusal" => reader.count(&string(part, "refusal")),
                "input_file" => part.values().map(|raw| raw.get().len() as u64 / 4).sum(),
                _ => reader.count(&string(part, "text")),
            };
            for (key, value) in part.iter().filter(|(key, _)| !UNSEEN_PART.contains(&key.as_str())) {
                update(hasher, key);
                update(hasher, value.get());
            }
            hasher.update(&[0]);
            if part.get(BREAKPOINT).is_some_and(|raw| raw.get() != "null") {
                let cut = (at + 1 < parts.len()).then(|| hasher.finalize());
                self.marks.push(ChatMark { cut, tokens: self.tokens });
            }
        }
    }
}

/// What the vendor would refuse of a part.
fn flaw(part: &Fields<'_>, key: &str, at: usize, role: &str) -> Option<Flaw> {
    let kind = string(part, "type");
    if part.contains_key("cache_control") {
        let at = format!("{key}[{at}].cache_control");
        return Some(Flaw { message: format!("Unknown parameter: '{{}}{at}'."), at, code: "unknown_parameter" });
    }
    let at = format!("{key}[{at}]");
    let supported = match role {
        "assistant" if matches!(kind.as_str(), "output_text" | "refusal") => return None,
        "assistant" if PARTS.contains(&kind.as_str()) => "'output_text' and 'refusal'".to_owned(),
        _ if PARTS.contains(&kind.as_str()) => return None,
        _ => listed(&PARTS),
    };
    let message = format!("Invalid value: '{kind}'. Supported values are: {supported}.");
    Some(Flaw { at, message, code: "invalid_value" })
}

/// Words as the vendor lists them.
pub(crate) fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{}, and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
