//! Transcripts of Claude Code: a record per line. One answer of the API is logged in several lines, one per block, each with the
//! usage so far; resumed sessions repeat lines of earlier files. Sub-agents are records marked `isSidechain`, or are
//! carried inside `progress` records.

use std::collections::{HashMap, HashSet};

use protocol::Usage;
use serde_json::{Map, Value};

use super::{Lines, chars, is_set, moment, number, output, skip_unknown, text};
use crate::activity::Activity;
use crate::flow::{Call, Flow, Tool};

/// Fields of the records that are read, whether they mean anything here or not.
const FIELDS: [&str; 35] = [
    "type",
    "message",
    "sessionId",
    "timestamp",
    "requestId",
    "isSidechain",
    "agentId",
    "isMeta",
    "isCompactSummary",
    "parentUuid",
    "uuid",
    "logicalParentUuid",
    "userType",
    "cwd",
    "version",
    "gitBranch",
    "slug",
    "toolUseID",
    "parentToolUseID",
    "toolUseResult",
    "sourceToolAssistantUUID",
    "sourceToolUseID",
    "thinkingMetadata",
    "todos",
    "permissionMode",
    "isApiErrorMessage",
    "error",
    "isVisibleInTranscriptOnly",
    "teamName",
    "data",
    "imagePasteIds",
    "entrypoint",
    "promptId",
    "apiError",
    "apiErrorStatus",
];

/// Where a message is kept while its lines come in.
struct Open {
    session: String,
    agent: Option<String>,
    at: usize,
    chars: u64,
    reported: u64,
}

#[derive(Default)]
pub(super) struct Transcripts {
    file: String,
    /// By the message's id. Ids are the provider's, so that a message counts once over all files.
    messages: HashMap<String, Open>,
    /// Where the call of a tool use stands: message, place among its tools.
    tool_uses: HashMap<String, (String, usize)>,
    /// The sidechain that a record belongs to, by the record's id.
    sidechains: HashMap<String, String>,
    /// Records that were read: a session that was resumed or forked has those of the one before it.
    seen: HashSet<String>,
    /// A person spoke since the last call, by session and agent.
    spoken: HashMap<(String, Option<String>), bool>,
}

/// Who a record belongs to.
struct Whose {
    session: String,
    agent: Option<String>,
}

impl Lines for Transcripts {
    fn begin(&mut self, file: &str) {
        file.clone_into(&mut self.file);
    }

    fn take(&mut self, record: Map<String, Value>, flow: &mut Flow) -> bool {
        let Some(kind) = text(&record, "type").map(str::to_owned) else {
            flow.skip("record without a type".to_owned());
            return false;
        };
        let mut whose = self.whose(&record);
        match kind.as_str() {
            "assistant" | "user" => {
                skip_unknown(&record, &FIELDS, flow);
                self.message(&kind, &record, whose, flow)
            }
            "progress" => match record.get("data").and_then(Value::as_object) {
                Some(data) if text(data, "type") == Some("agent_progress") => {
                    whose.agent = Some(text(data, "agentId").unwrap_or("sub-agent").to_owned());
                    let inner = data.get("message").and_then(Value::as_object);
                    let kind = inner.and_then(|inner| text(inner, "type")).unwrap_or_default().to_owned();
                    inner.is_some_and(|inner| self.message(&kind, inner, whose, flow))
                }
                _ => skipped(&kind, flow),
            },
            // Everything else carries no tokens.
            "system" | "summary" | "file-history-snapshot" | "queue-operation" => skipped(&kind, flow),
            _ => {
                flow.skip(format!("record {kind}"));
                false
            }
        }
    }

    fn end(&mut self, _flow: &mut Flow) {
        self.sidechains.clear();
    }
}

fn skipped(kind: &str, flow: &mut Flow) -> bool {
    flow.skip(format!("record {kind}"));
    true
}

impl Transcripts {
    fn whose(&mut self, record: &Map<String, Value>) -> Whose {
        let session = text(record, "sessionId").unwrap_or(&self.file).to_owned();
        if !is_set(record, "isSidechain") {
            return Whose { session, agent: None };
        }
        if let Some(agent) = text(record, "agentId") {
            return Whose { session, agent: Some(agent.to_owned()) };
        }
        // Older versions put all sub-agents into one file: each is a chain of its own.
        let own = text(record, "uuid").unwrap_or_default();
        let chain =
            text(record, "parentUuid").and_then(|parent| self.sidechains.get(parent)).map_or(own, String::as_str);
        let chain = chain.to_owned();
        self.sidechains.insert(own.to_owned(), chain.clone());
        Whose { session, agent: Some(chain) }
    }

    fn message(&mut self, kind: &str, record: &Map<String, Value>, whose: Whose, flow: &mut Flow) -> bool {
        let Some(message) = record.get("message").and_then(Value::as_object) else {
            flow.skip(format!("{kind} without a message"));
            return false;
        };
        if text(record, "uuid").is_some_and(|uuid| !self.seen.insert(uuid.to_owned())) {
            flow.skip("repeated record".to_owned());
            return true;
        }
        match kind {
            "assistant" => self.answer(record, message, whose, flow),
            "user" => {
                self.said(record, message, whose, flow);
                true
            }
            _ => {
                flow.skip(format!("record {kind}"));
                false
            }
        }
    }

    /// A line of an answer.
    fn answer(
        &mut self,
        record: &Map<String, Value>,
        message: &Map<String, Value>,
        whose: Whose,
        flow: &mut Flow,
    ) -> bool {
        let model = text(message, "model").unwrap_or_default();
        let Some(usage) = message.get("usage").and_then(Value::as_object).filter(|_| !model.is_empty()) else {
            flow.skip("answer without model or usage".to_owned());
            return true;
        };
        if model == "<synthetic>" {
            flow.skip("synthetic answer".to_owned());
            return true;
        }
        // Without an id every line is an answer of its own.
        let id = text(message, "id").or_else(|| text(record, "uuid")).unwrap_or_default().to_owned();
        if !self.messages.contains_key(&id) {
            let human = self.spoken.remove(&(whose.session.clone(), whose.agent.clone())).unwrap_or_default();
            let call = Call {
                at: moment(text(record, "timestamp")),
                model: model.to_owned(),
                usage: Usage::default(),
                output_estimated: false,
                human,
                tools: Vec::new(),
            };
            let calls = &mut flow.session(&whose.session).track(whose.agent.as_deref()).calls;
            calls.push(call);
            let at = calls.len() - 1;
            let open = Open { session: whose.session, agent: whose.agent, at, chars: 0, reported: 0 };
            self.messages.insert(id.clone(), open);
        }
        self.more(&id, message, usage, flow);
        true
    }

    /// The blocks of a line are new, its usage is the whole answer's so far.
    fn more(&mut self, id: &str, message: &Map<String, Value>, usage: &Map<String, Value>, flow: &mut Flow) {
        let Some(open) = self.messages.get_mut(id) else { return };
        let call = &mut flow.session(&open.session).track(open.agent.as_deref()).calls[open.at];
        for block in message.get("content").and_then(Value::as_array).into_iter().flatten() {
            let Some(block) = block.as_object() else { continue };
            match text(block, "type") {
                Some("text") => open.chars += chars(text(block, "text").unwrap_or_default()),
                Some("thinking") => open.chars += chars(text(block, "thinking").unwrap_or_default()),
                Some("tool_use" | "server_tool_use") => {
                    let arguments = block.get("input").map(Value::to_string).unwrap_or_default();
                    open.chars += chars(&arguments);
                    let key = text(block, "id").unwrap_or_default();
                    self.tool_uses.insert(key.to_owned(), (id.to_owned(), call.tools.len()));
                    let name = text(block, "name").unwrap_or_default();
                    let activity = Activity::of_tool(name, &arguments);
                    call.tools.push(Tool { name: name.to_owned(), activity, result_chars: 0, error: false });
                }
                _ => {}
            }
        }
        open.reported = open.reported.max(number(usage.get("output_tokens")));
        let (output, estimated) = output(open.reported, open.chars);
        call.usage = Usage { output, ..prompt(usage) };
        call.output_estimated = estimated;
    }

    /// What came back from tools, and what a person said.
    fn said(&mut self, record: &Map<String, Value>, message: &Map<String, Value>, whose: Whose, flow: &mut Flow) {
        let machine = is_set(record, "isMeta") || is_set(record, "isCompactSummary");
        let mut words = false;
        match message.get("content") {
            Some(Value::String(text)) => words |= is_speech(text),
            Some(Value::Array(blocks)) => {
                for block in blocks.iter().filter_map(Value::as_object) {
                    match text(block, "type") {
                        Some("tool_result") => self.result(block, flow),
                        Some("text") => words |= is_speech(text(block, "text").unwrap_or_default()),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        if words && !machine {
            self.spoken.insert((whose.session, whose.agent), true);
        }
    }

    fn result(&mut self, block: &Map<String, Value>, flow: &mut Flow) {
        let known = text(block, "tool_use_id").and_then(|id| self.tool_uses.get(id));
        let open = known.and_then(|(message, at)| Some((self.messages.get(message)?, *at)));
        let Some((open, place)) = open else {
            flow.skip("result of an unknown tool call".to_owned());
            return;
        };
        let length = match block.get("content") {
            Some(Value::String(text)) => chars(text),
            Some(Value::Array(parts)) => {
                parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).map(chars).sum()
            }
            _ => 0,
        };
        let call = &mut flow.session(&open.session).track(open.agent.as_deref()).calls[open.at];
        call.tools[place].result_chars = length;
        call.tools[place].error = is_set(block, "is_error");
    }
}

/// Output of commands that the tool ran for the person is not said by anybody.
fn is_speech(text: &str) -> bool {
    let text = text.trim_start();
    !text.is_empty() && !text.starts_with("<local-command-") && !text.starts_with("[Request interrupted")
}

/// The prompt's tokens; lines before the long lifetime existed have one sum of writes.
fn prompt(usage: &Map<String, Value>) -> Usage {
    let by_lifetime = usage.get("cache_creation").and_then(Value::as_object);
    let of = |field: &str| by_lifetime.map_or(0, |lifetimes| number(lifetimes.get(field)));
    let written = number(usage.get("cache_creation_input_tokens"));
    let long = of("ephemeral_1h_input_tokens");
    Usage {
        input: number(usage.get("input_tokens")),
        cache_read: number(usage.get("cache_read_input_tokens")),
        cache_write_short: written.saturating_sub(long).max(of("ephemeral_5m_input_tokens")),
        cache_write_long: long,
        ..Usage::default()
    }
}
