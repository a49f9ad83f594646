//! Rollouts of Codex: a session per file. What the model asked for comes before the `token_count` event with the tokens of that
//! call, results come after it. Prompt tokens are counted with the cached ones in them; what was written to a cache is not said.

use std::collections::HashMap;

use protocol::Usage;
use serde_json::{Map, Value};

use super::{Lines, chars, moment, number, skip_unknown, text};
use crate::activity::Activity;
use crate::flow::{Call, Flow, Tool};

/// Fields of a line.
const FIELDS: [&str; 4] = ["timestamp", "type", "payload", "ordinal"];

/// Items of an answer that are read.
const CALL_ITEMS: [&str; 4] = ["function_call", "custom_tool_call", "local_shell_call", "web_search_call"];

#[derive(Default)]
pub(super) struct Rollouts {
    session: String,
    sub_agent: Option<String>,
    model: String,
    /// Tools asked for since the last count, with their ids.
    asked: Vec<(String, Tool)>,
    /// Where the call of a tool stands: model call, place among its tools.
    placed: HashMap<String, (usize, usize)>,
    /// Results that came before the count of the call that asked for them: characters, failed.
    early: HashMap<String, (u64, bool)>,
    /// The session's sum after the last count: an event that changes nothing is the same count again.
    total: Option<Value>,
    human: bool,
}

impl Lines for Rollouts {
    fn begin(&mut self, file: &str) {
        *self = Self { session: file.to_owned(), model: "unknown".to_owned(), ..Self::default() };
    }

    fn take(&mut self, record: Map<String, Value>, flow: &mut Flow) -> bool {
        let kind = text(&record, "type").unwrap_or_default();
        let Some(payload) = record.get("payload").and_then(Value::as_object) else {
            flow.skip(format!("record {}", if kind.is_empty() { "without a type" } else { kind }));
            return false;
        };
        skip_unknown(&record, &FIELDS, flow);
        let inner = text(payload, "type").unwrap_or_default();
        match (kind, inner) {
            ("session_meta", _) => self.meta(payload),
            ("turn_context", _) => self.model = text(payload, "model").unwrap_or(&self.model).to_owned(),
            ("event_msg", "token_count") => self.count(text(&record, "timestamp"), payload, flow),
            ("event_msg", "user_message") => self.human = true,
            ("response_item", item) if CALL_ITEMS.contains(&item) => self.asked(item, payload),
            ("response_item", "function_call_output" | "custom_tool_call_output") => self.result(payload, flow),
            // What they hold is in the counts already.
            ("response_item", "message" | "reasoning") | ("event_msg", "agent_message" | "agent_reasoning") => {}
            ("response_item" | "event_msg", _) => flow.skip(format!("{kind} {inner}")),
            ("compacted", _) => {}
            _ => {
                flow.skip(format!("record {kind}"));
                return false;
            }
        }
        true
    }

    fn end(&mut self, _flow: &mut Flow) {}
}

impl Rollouts {
    fn meta(&mut self, payload: &Map<String, Value>) {
        if let Some(id) = text(payload, "id") {
            id.clone_into(&mut self.session);
        }
        // `"cli"`, or an object that says which sub-agent it is.
        let source = payload.get("source").and_then(Value::as_object);
        self.sub_agent = source.and_then(|source| source.get("subagent")).map(|_| self.session.clone());
    }

    fn asked(&mut self, item: &str, payload: &Map<String, Value>) {
        let name = text(payload, "name").unwrap_or(match item {
            "local_shell_call" => "local_shell",
            "web_search_call" => "web_search",
            other => other,
        });
        let action = payload.get("action").map(Value::to_string);
        let arguments = text(payload, "arguments").or_else(|| text(payload, "input")).map(str::to_owned).or(action);
        let activity = Activity::of_tool(name, &arguments.unwrap_or_default());
        let tool = Tool { name: name.to_owned(), activity, result_chars: 0, error: false };
        let id = text(payload, "call_id").or_else(|| text(payload, "id")).unwrap_or_default();
        self.asked.push((id.to_owned(), tool));
    }

    /// The tokens of a call: it is complete.
    fn count(&mut self, at: Option<&str>, payload: &Map<String, Value>, flow: &mut Flow) {
        let Some(info) = payload.get("info").and_then(Value::as_object) else {
            flow.skip("token_count without tokens".to_owned());
            return;
        };
        let total = info.get("total_token_usage").cloned();
        if total.is_some() && total == self.total {
            flow.skip("repeated token_count".to_owned());
            return;
        }
        let last = info.get("last_token_usage").and_then(Value::as_object);
        let before = self.total.take();
        let Some(usage) = last.map(|last| usage(last, None)).or_else(|| {
            let before = before.as_ref().and_then(Value::as_object);
            total.as_ref().and_then(Value::as_object).map(|total| usage(total, before))
        }) else {
            flow.skip("token_count without tokens".to_owned());
            return;
        };
        self.total = total;
        let calls = &mut flow.session(&self.session).track(self.sub_agent.as_deref()).calls;
        let mut tools = Vec::new();
        for (id, mut tool) in self.asked.drain(..) {
            if let Some((length, error)) = self.early.remove(&id) {
                (tool.result_chars, tool.error) = (length, error);
            }
            self.placed.insert(id, (calls.len(), tools.len()));
            tools.push(tool);
        }
        let human = std::mem::take(&mut self.human);
        calls.push(Call { at: moment(at), model: self.model.clone(), usage, output_estimated: false, human, tools });
    }

    fn result(&mut self, payload: &Map<String, Value>, flow: &mut Flow) {
        let id = text(payload, "call_id").unwrap_or_default();
        let (length, error) = length_of(payload.get("output"));
        match self.placed.get(id) {
            Some((call, place)) => {
                let calls = &mut flow.session(&self.session).track(self.sub_agent.as_deref()).calls;
                let tool = &mut calls[*call].tools[*place];
                (tool.result_chars, tool.error) = (length, error);
            }
            None => _ = self.early.insert(id.to_owned(), (length, error)),
        }
    }
}

/// Characters of a result, and whether it failed. It is a text; a text of JSON with `output` and an exit code; an object; or
/// a list of parts.
fn length_of(output: Option<&Value>) -> (u64, bool) {
    match output {
        Some(Value::String(text)) => match serde_json::from_str::<Value>(text) {
            Ok(inner @ Value::Object(_)) if inner.get("output").is_some() => length_of(Some(&inner)),
            _ => (chars(text), false),
        },
        Some(Value::Object(object)) => {
            let code = object.get("metadata").and_then(|metadata| metadata.get("exit_code")).and_then(Value::as_i64);
            let failed =
                code.is_some_and(|code| code != 0) || object.get("success").and_then(Value::as_bool) == Some(false);
            let inner = object.get("output").or_else(|| object.get("content"));
            (length_of(inner).0, failed)
        }
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
            (texts.map(chars).sum(), false)
        }
        _ => (0, false),
    }
}

/// The tokens of one call: those reported, without those before it where only sums are reported.
fn usage(counts: &Map<String, Value>, before: Option<&Map<String, Value>>) -> Usage {
    let of =
        |field: &str| number(counts.get(field)).saturating_sub(before.map_or(0, |before| number(before.get(field))));
    let (prompt, cached) = (of("input_tokens"), of("cached_input_tokens"));
    Usage {
        input: prompt.saturating_sub(cached),
        cache_read: cached.min(prompt),
        output: of("output_tokens"),
        reasoning: of("reasoning_output_tokens"),
        ..Usage::default()
    }
}
