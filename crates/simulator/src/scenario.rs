//! Scenario files: what the simulator plays.
//!
//! ```yaml
//! name: refactor
//! description: one line
//! latency: {first_token_ms: 0, per_chunk_ms: 0}
//! token_factor: {"claude-opus-*": 1.27}     # billed tokens = o200k_base tokens x factor; default 1.0 for gpt-*, else 1.25
//! require_key: false                        # true: a request without an API key gets a 401
//! faults:
//!   - {on: {actor: main, step: 1}, kind: http_529, times: 2, retry_after_ms: 10}
//! actors:
//!   - id: main
//!     when: {system_contains: "You are `main`", model: "claude-opus-*"}
//!     advance_ms: 0                         # what an answer takes on a clock that is moved by hand
//!     steps:
//!       - say: "I look first."
//!         thinking: "..."
//!         calls: [{tool: read, args: {files: [{path: src/lib.rs}]}}]
//!       - capture: {line: {from: last_result, regex: "lib.rs:(\\d+)"}}
//!         cases:
//!           - if: {last_result: "FAILED|panicked"}
//!             say: "Line {{line}} fails."
//!           - say: "All is well."
//!     otherwise: {say: "That is all."}
//! ```
//!
//! - **Actors** are tried in order; the first whose `when` holds answers. All conditions that are given must hold:
//!   `system_contains`, `model` (a glob), `has_tool` (the request offers this tool), `last_user_contains` (text behind the
//!   last assistant message), `any: true`.
//! - **Steps** are counted from 0 and the count is taken from the request alone: its assistant messages (consecutive
//!   ones are one), minus the rounds in which an error result says `interrupted, effects unknown`. When the last results
//!   say that, the calls of the last assistant message are asked again, under new ids. `count: turn` counts from the last
//!   user message that carries no tool results, so that a script starts anew with every task; the default is
//!   `count: conversation`.
//! - **Cases**: the first whose `if` holds is played. `if` knows `last_result` (a regex on the text behind the last
//!   assistant message), `all_results` (a regex on all user-role text of the request), `lacks` (a regex that this text does
//!   not match) and `has_tool`; all that are given must hold. When none holds, `otherwise` is played.
//! - **`advance_ms`** of an actor is what each of its answers takes before the first byte; a step or a case can say
//!   otherwise for itself. A manual clock is moved forward by
//!   it, any other is waited for. An answer that the caller's output limit cut takes nothing: so a request that only keeps
//!   a cache alive does.
//! - **Captures** are usable as `{{name}}` in `say`, `thinking` and every string of `args` of their step or case. `from` is
//!   `last_result` or `all_results` (all user-role text of the request); group 1 of the regex, or the whole match.
//!   Without a match the `default` is taken; without a default the request is refused with a 400 that says so. Known
//!   everywhere: `{{first_agent}}` (first agent named by the schema of the `delegate` tool) and `{{task}}` (start of the
//!   last user message without tool results) and `{{images}}` (how many images the request holds). Other double braces are left as they are.
//! - **`stop`** of a step or a case says why the answer ends, where that does not follow from the rest: `refusal`,
//!   `max_tokens`, `context_window`, `pause`.
//! - **Faults** hit a request when everything under `on` holds (`actor`, `step`, `model`: a glob, `nth_request`: 1 is the
//!   first request, of that actor if one is named, `every`: each so-many-th), at most `times` times (default 1).
//!   `docs/scenarios.md` lists the kinds.

use protocol::StopReason;
use serde::Deserialize;

use crate::scenario_load::{Glob, Pattern, unique_map};

/// A scenario, checked. Made by [`Scenario::from_yaml`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it shows, in one line.
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub(crate) latency: Latency,
    #[serde(default, deserialize_with = "unique_map")]
    pub(crate) token_factor: Vec<(Glob, f64)>,
    #[serde(default)]
    pub(crate) require_key: bool,
    #[serde(default)]
    pub(crate) faults: Vec<Fault>,
    pub(crate) actors: Vec<Actor>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Latency {
    pub(crate) first_token_ms: u64,
    pub(crate) per_chunk_ms: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Actor {
    pub(crate) id: String,
    pub(crate) when: When,
    #[serde(default)]
    pub(crate) count: Count,
    /// What an answer takes, in milliseconds of the play.
    #[serde(default)]
    pub(crate) advance_ms: u64,
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
    #[serde(default)]
    pub(crate) otherwise: Option<Step>,
}

/// What steps are counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Count {
    #[default]
    Conversation,
    Turn,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct When {
    pub(crate) any: Option<bool>,
    pub(crate) system_contains: Option<String>,
    pub(crate) model: Option<Glob>,
    pub(crate) has_tool: Option<String>,
    pub(crate) last_user_contains: Option<String>,
}

/// A step: words and calls of its own, or cases.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Step {
    pub(crate) say: Option<String>,
    pub(crate) thinking: Option<String>,
    pub(crate) calls: Vec<CallSpec>,
    pub(crate) stop: Option<Stop>,
    #[serde(deserialize_with = "unique_map")]
    pub(crate) capture: Vec<(String, Capture)>,
    /// What this answer takes, where it is not what the actor's answers take.
    pub(crate) advance_ms: Option<u64>,
    pub(crate) cases: Vec<Case>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Case {
    #[serde(rename = "if")]
    pub(crate) condition: Option<Condition>,
    pub(crate) say: Option<String>,
    pub(crate) thinking: Option<String>,
    pub(crate) calls: Vec<CallSpec>,
    pub(crate) stop: Option<Stop>,
    #[serde(deserialize_with = "unique_map")]
    pub(crate) capture: Vec<(String, Capture)>,
    pub(crate) advance_ms: Option<u64>,
}

/// Why an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stop {
    Refusal,
    MaxTokens,
    ContextWindow,
    Pause,
}

impl Stop {
    /// The reason in neutral words.
    pub(crate) fn reason(self) -> StopReason {
        match self {
            Self::Refusal => StopReason::Refusal,
            Self::MaxTokens => StopReason::MaxTokens,
            Self::ContextWindow => StopReason::ContextWindow,
            Self::Pause => StopReason::Pause,
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Condition {
    pub(crate) last_result: Option<Pattern>,
    pub(crate) all_results: Option<Pattern>,
    pub(crate) lacks: Option<Pattern>,
    pub(crate) has_tool: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallSpec {
    pub(crate) tool: String,
    #[serde(default = "no_args")]
    pub(crate) args: serde_json::Value,
}

fn no_args() -> serde_json::Value {
    serde_json::Value::Object(serde_json::Map::new())
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Capture {
    pub(crate) from: CaptureFrom,
    pub(crate) regex: Pattern,
    #[serde(default)]
    pub(crate) default: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CaptureFrom {
    LastResult,
    AllResults,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    #[serde(default)]
    pub(crate) on: FaultOn,
    pub(crate) kind: FaultKind,
    #[serde(default = "once")]
    pub(crate) times: u64,
    /// Sent as `retry-after-ms` and, rounded up, as `retry-after`.
    #[serde(default)]
    pub(crate) retry_after_ms: Option<u64>,
    /// Sent as `x-should-retry`.
    #[serde(default)]
    pub(crate) should_retry: Option<bool>,
    /// For `slow`, `slow_headers`, `pause`: milliseconds.
    #[serde(default = "five_seconds")]
    pub(crate) ms: u64,
    /// For `reset`, `stall`, `truncated`, `pause`, `error_event`, `malformed_json`, `malformed_sse`: chunks that are still
    /// sent.
    #[serde(default)]
    pub(crate) after_chunks: Option<usize>,
    /// For `reset`, `stall`, `truncated`, `pause`: bytes that are still sent.
    #[serde(default)]
    pub(crate) after_bytes: Option<usize>,
    /// For `pause`: pings, evenly in it.
    #[serde(default)]
    pub(crate) pings: u32,
    /// For `split`: bytes in one write.
    #[serde(default = "one_byte")]
    pub(crate) bytes: usize,
}

fn one_byte() -> usize {
    1
}

fn once() -> u64 {
    1
}

fn five_seconds() -> u64 {
    5_000
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FaultOn {
    pub(crate) actor: Option<String>,
    pub(crate) step: Option<usize>,
    pub(crate) nth_request: Option<u64>,
    pub(crate) every: Option<u64>,
    pub(crate) model: Option<Glob>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FaultKind {
    #[serde(rename = "http_429")]
    Http429,
    #[serde(rename = "http_529")]
    Http529,
    #[serde(rename = "http_500")]
    Http500,
    NoCredit,
    BadGateway,
    Unauthorized,
    Overflow,
    Reset,
    Stall,
    Pause,
    Truncated,
    ErrorEvent,
    ErrorJson,
    MalformedArguments,
    EmptyArguments,
    MalformedJson,
    MalformedSse,
    Slow,
    SlowHeaders,
    Split,
    Crlf,
    Gzip,
}

/// Billed tokens per `o200k_base` token where a scenario says nothing: OpenAI's own models use that tokenizer, others
/// make more of the same text.
const DEFAULT_FACTOR: f64 = 1.25;

impl Scenario {
    /// A scenario without actors: every request is refused by name.
    pub(crate) fn empty(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: String::new(),
            latency: Latency::default(),
            token_factor: Vec::new(),
            require_key: false,
            faults: Vec::new(),
            actors: Vec::new(),
        }
    }

    /// Billed tokens per `o200k_base` token of a model.
    pub fn factor(&self, model: &str) -> f64 {
        let bare = bare_model(model);
        let stated = self.token_factor.iter().find(|(glob, _)| glob.matches(model) || glob.matches(bare));
        match stated {
            Some((_, factor)) => *factor,
            None if bare.starts_with("gpt-") => 1.0,
            None => DEFAULT_FACTOR,
        }
    }

    /// Names of models that actors ask for without a wildcard.
    pub(crate) fn named_models(&self) -> impl Iterator<Item = &str> {
        self.actors.iter().filter_map(|actor| actor.when.model.as_ref()).filter_map(Glob::literal)
    }
}

/// A model's name without a vendor in front (`anthropic/claude-opus-5.5`).
pub(crate) fn bare_model(model: &str) -> &str {
    model.rsplit('/').next().unwrap_or(model)
}
