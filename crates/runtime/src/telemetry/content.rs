//! What was asked and answered, as the conventions write it. Only where the person asked for it.

use protocol::{Block, Reply, ResultPart, ToolOutcome};
use serde::Deserialize;
use serde_json::{Value, json};

/// The conventions' own switch.
const SWITCH: &str = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";

/// Values that put content into spans (`event_only` does not).
const ON: [&str; 3] = ["true", "span_only", "span_and_event"];

/// Whether what is said may be in spans.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capture(bool);

impl Capture {
    /// As the environment says; off where it says nothing.
    pub(crate) fn of(environment: &[(String, String)]) -> Self {
        let value = environment.iter().find(|(name, _)| name == SWITCH).map(|(_, value)| value.trim().to_lowercase());
        Self(value.is_some_and(|value| ON.contains(&value.as_str())))
    }

    pub(crate) fn is_on(self) -> bool {
        self.0
    }
}

/// The limit of the answer that a request asks for, by any dialect's name.
pub(super) fn max_tokens(body: &[u8]) -> Option<i64> {
    #[derive(Deserialize)]
    struct Limits {
        max_tokens: Option<i64>,
        max_completion_tokens: Option<i64>,
        max_output_tokens: Option<i64>,
    }
    let limits: Limits = serde_json::from_slice(body).ok()?;
    limits.max_completion_tokens.or(limits.max_output_tokens).or(limits.max_tokens)
}

/// The messages of a request behind the model's last answer: what this call adds to the conversation.
pub(super) fn sent(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Messages {
        #[serde(alias = "input")]
        messages: Vec<Value>,
    }
    let messages = serde_json::from_slice::<Messages>(body).ok()?.messages;
    // What a model says in Responses are items of their own, and only its words have a role.
    let is_said = |message: &Value| {
        message["role"] == "assistant" || matches!(message["type"].as_str(), Some("function_call" | "reasoning"))
    };
    let answered = messages.iter().rposition(is_said).map_or(0, |at| at + 1);
    let new: Vec<Value> = messages[answered..].iter().map(message).collect();
    serde_json::to_string(&new).ok()
}

/// A message of any dialect.
fn message(message: &Value) -> Value {
    if message["type"] == "function_call_output" {
        let id = message["call_id"].as_str().unwrap_or_default();
        return json!({"role": "tool", "parts": [response(id, &message["output"])]});
    }
    let parts = match (&message["tool_call_id"], &message["content"]) {
        (Value::String(id), content) => vec![response(id, content)],
        (_, Value::Array(blocks)) => blocks.iter().map(part).collect(),
        (_, content) => vec![text(content)],
    };
    json!({"role": message["role"], "parts": parts})
}

fn part(block: &Value) -> Value {
    match block["type"].as_str() {
        Some("text" | "input_text") => text(&block["text"]),
        Some("tool_result") => response(block["tool_use_id"].as_str().unwrap_or_default(), &block["content"]),
        // An image, a document: that it was there.
        kind => json!({"type": kind}),
    }
}

fn text(content: &Value) -> Value {
    json!({"type": "text", "content": content})
}

fn response(id: &str, content: &Value) -> Value {
    json!({"type": "tool_call_response", "id": id, "response": content})
}

/// An answer as one output message.
pub(super) fn said(reply: &Reply, finish_reason: &str) -> String {
    let parts: Vec<Value> = reply
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Text { text } => Some(json!({"type": "text", "content": text})),
            Block::Thinking { text, .. } if !text.is_empty() => Some(json!({"type": "reasoning", "content": text})),
            Block::ToolCall { id, name, arguments } => {
                let arguments = serde_json::from_str(arguments).unwrap_or_else(|_| Value::from(arguments.as_str()));
                Some(json!({"type": "tool_call", "id": id, "name": name, "arguments": arguments}))
            }
            _ => None,
        })
        .collect();
    json!([{"role": "assistant", "parts": parts, "finish_reason": finish_reason}]).to_string()
}

/// What a tool said, as text.
pub(super) fn result(outcome: &ToolOutcome) -> String {
    let texts = outcome.content.iter().filter_map(|part| match part {
        ResultPart::Text { text } => Some(text.as_str()),
        ResultPart::Image { .. } => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capture(value: &str) -> bool {
        Capture::of(&[("PATH".to_owned(), "true".to_owned()), (SWITCH.to_owned(), value.to_owned())]).is_on()
    }

    #[test]
    fn content_is_captured_only_by_a_value_that_asks_for_it_in_spans() {
        assert!(["true", "TRUE", "span_only", "SPAN_AND_EVENT"].into_iter().all(capture));
        assert!(!["", "false", "no_content", "event_only", "1"].into_iter().any(capture));
        assert!(!Capture::of(&[]).is_on());
    }

    #[test]
    fn a_request_shows_what_came_after_the_last_answer_in_any_dialect() {
        let anthropic = br#"{"max_tokens": 7, "messages": [{"role": "user", "content": "old"}, {"role": "assistant", "content": "x"},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "done"}, {"type": "text", "text": "go on"}]}]}"#;
        let chat = br#"{"max_completion_tokens": 8, "messages": [{"role": "assistant", "content": "x"},
            {"role": "tool", "tool_call_id": "t1", "content": "done"}, {"role": "user", "content": "go on"}]}"#;
        let responses = br#"{"max_output_tokens": 9, "input": [{"type": "message", "role": "user", "content": "old"},
            {"type": "reasoning", "id": "rs_1"}, {"type": "function_call", "call_id": "t1", "name": "run", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "t1", "output": "done"},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "go on"}]}]}"#;
        let response = json!({"type": "tool_call_response", "id": "t1", "response": "done"});
        let words = json!({"type": "text", "content": "go on"});
        let read = |body: &[u8]| serde_json::from_str::<Value>(&sent(body).unwrap()).unwrap();
        assert_eq!(read(anthropic), json!([{"role": "user", "parts": [response, words]}]));
        assert_eq!(read(chat), json!([{"role": "tool", "parts": [response]}, {"role": "user", "parts": [words]}]));
        assert_eq!(read(responses), read(chat));
        assert_eq!([anthropic.as_slice(), chat, responses].map(max_tokens), [Some(7), Some(8), Some(9)]);
    }
}
