//! What was asked and billed, kept for tests and for the log.

use std::collections::VecDeque;

use protocol::{Block, Breakpoint, Dialect, Message, Position, Request, Role, Usage};

use crate::scenario::bare_model;

/// Bodies that are kept at most, in bytes; beyond that the oldest records lose body and request, never their numbers.
const MAX_KEPT: usize = 128 * 1024 * 1024;

/// Messages at the start and at the end of a request that a label shows.
const SHOWN_HEAD: usize = 2;
const SHOWN_TAIL: usize = 4;

/// One request to a model, as it was received and answered.
#[derive(Clone, Debug)]
pub struct RequestRecord {
    /// Wire format of the endpoint it came to.
    pub dialect: Dialect,
    /// Who answered; none when the request was refused before.
    pub actor: Option<String>,
    /// Step of the actor's script, from 0.
    pub step: usize,
    /// Model asked for.
    pub model: String,
    /// The bytes received; empty in the oldest records of a very long run.
    pub body: Vec<u8>,
    /// The same, read; default when it could not be read, and in the oldest records of a very long run.
    pub request: Request,
    /// Path and query that it came to.
    pub target: String,
    /// Its headers in the order they came, without those that carry a key.
    pub headers: Vec<(String, String)>,
    /// Images in it, those in tool results included.
    pub images: usize,
    /// Reasoning that the model could not read, and why: another model's, another account's, another conversation's. In a
    /// client that keeps its reasoning there is none.
    pub removed: Vec<String>,
    /// What was billed; zero for refused requests.
    pub usage: Usage,
    /// HTTP status of the answer; 0 when the connection was reset instead.
    pub status: u16,
    /// The shape of the request and its bill on one line, without content:
    /// `main opus: tools[13] system[1]* user assistant(delegate) results* | read 3120 write 410 input 3 output 52`.
    /// A `*` stands behind a piece with a cache breakpoint.
    pub label: String,
}

/// Records that are kept at most: nobody reads those of a long load, and they would fill the memory.
const MAX_RECORDS: usize = 50_000;

/// Records of a run.
#[derive(Debug, Default)]
pub(crate) struct Records {
    list: VecDeque<RequestRecord>,
    kept: usize,
    emptied: usize,
}

impl Records {
    pub(crate) fn push(&mut self, record: RequestRecord) {
        self.kept += record.body.len();
        self.list.push_back(record);
        if self.list.len() > MAX_RECORDS
            && let Some(oldest) = self.list.pop_front()
        {
            self.kept -= oldest.body.len();
            self.emptied = self.emptied.saturating_sub(1);
        }
        while self.kept > MAX_KEPT && self.emptied + 1 < self.list.len() {
            let oldest = &mut self.list[self.emptied];
            self.kept -= oldest.body.len();
            oldest.body = Vec::new();
            oldest.request = Request::default();
            oldest.headers = Vec::new();
            self.emptied += 1;
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn list(&self) -> Vec<RequestRecord> {
        self.list.iter().cloned().collect()
    }
}

/// The label of a request.
pub(crate) fn label(actor: Option<&str>, request: &Request, status: u16, usage: &Usage) -> String {
    let mut words = Vec::new();
    let marked = |wanted: &dyn Fn(&Position) -> bool| {
        if request.breakpoints.iter().any(|Breakpoint { at, .. }| wanted(at)) { "*" } else { "" }
    };
    if !request.tools.is_empty() {
        words.push(format!("tools[{}]{}", request.tools.len(), marked(&|at| matches!(at, Position::Tool(_)))));
    }
    if !request.system.is_empty() {
        words.push(format!("system[{}]{}", request.system.len(), marked(&|at| matches!(at, Position::System(_)))));
    }
    let count = request.messages.len();
    for (n, message) in request.messages.iter().enumerate() {
        if n < SHOWN_HEAD || n + SHOWN_TAIL >= count {
            let mark = marked(&|at| matches!(at, Position::Message { message, .. } if *message == n));
            words.push(format!("{}{mark}", shape(message)));
        } else if n == SHOWN_HEAD {
            words.push(format!("…{}…", count - SHOWN_HEAD - SHOWN_TAIL));
        }
    }
    let bill = if status == 200 {
        let (read, write) = (usage.cache_read, usage.cache_write());
        format!("read {read} write {write} input {} output {}", usage.input, usage.output)
    } else {
        format!("status {status}")
    };
    format!("{} {}: {} | {bill}", actor.unwrap_or("?"), short_model(&request.model), words.join(" "))
}

/// `opus` for `claude-opus-5-5`; other names as they are.
fn short_model(model: &str) -> &str {
    let bare = bare_model(model);
    bare.strip_prefix("claude-").and_then(|rest| rest.split('-').next()).unwrap_or(bare)
}

fn shape(message: &Message) -> String {
    let results = message.blocks.iter().filter(|block| matches!(block, Block::ToolResult { .. })).count();
    match message.role {
        Role::Assistant => {
            let calls = message.blocks.iter().filter_map(|block| match block {
                Block::ToolCall { name, .. } => Some(name.as_str()),
                _ => None,
            });
            let calls: Vec<&str> = calls.collect();
            if calls.is_empty() { "assistant".to_owned() } else { format!("assistant({})", counted(&calls)) }
        }
        Role::System => "system".to_owned(),
        Role::User if results > 1 => format!("results[{results}]"),
        Role::User if results == 1 => "results".to_owned(),
        Role::User => "user".to_owned(),
    }
}

/// `read×2,grep`: names in order, runs counted.
fn counted(names: &[&str]) -> String {
    let runs = names.chunk_by(|a, b| a == b);
    let words = runs.map(|run| if run.len() > 1 { format!("{}×{}", run[0], run.len()) } else { run[0].to_owned() });
    words.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
