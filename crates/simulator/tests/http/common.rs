//! A simulator on a free port, and a plain HTTP client for it.

use std::sync::Arc;
use std::time::Duration;

use protocol::{Clock, Dialect, ErrorKind, ManualClock, Reply, StreamEvent, Timestamp};
use serde_json::{Value, json};
use simulator::{Config, Running, Scenario};
use wire::WireError;

pub(crate) const OPUS: &str = "claude-opus-5-5";
pub(crate) const HAIKU: &str = "claude-haiku-4-5";
pub(crate) const LUNA: &str = "gpt-6-luna";

/// Answers anything with one short sentence; tokens are `o200k_base` tokens.
pub(crate) const PLAIN: &str = r#"
name: plain
token_factor: {"*": 1.0}
actors:
  - {id: anyone, when: {any: true}, otherwise: {say: "Very well."}}
"#;

pub(crate) struct Bench {
    pub(crate) running: Running,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) http: reqwest::Client,
}

impl Bench {
    pub(crate) async fn start(yaml: &str) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp(1_000_000)));
        let scenario = Scenario::from_yaml(yaml, "test.yaml").unwrap();
        Self::with(scenario, clock).await
    }

    pub(crate) async fn with(scenario: Scenario, clock: Arc<ManualClock>) -> Self {
        let listen = "127.0.0.1:0".parse().unwrap();
        let shared: Arc<dyn Clock> = clock.clone();
        let running = simulator::serve(Config { scenario, clock: shared, listen, log: false }).await.unwrap();
        // The HTTP client asks for a TLS provider even where no request uses TLS.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { running, clock, http }
    }

    pub(crate) fn later(&self, span: Duration) {
        self.clock.advance(span);
    }

    pub(crate) async fn send(&self, path: &str, body: &Value) -> reqwest::Result<reqwest::Response> {
        let url = format!("{}{path}", self.running.base_url());
        self.http.post(url).header("x-api-key", "test").body(body.to_string()).send().await
    }

    /// Status and JSON of a Messages request.
    pub(crate) async fn messages(&self, body: &Value) -> (u16, Value) {
        whole(self.send("/v1/messages", body).await.unwrap()).await
    }

    /// Status and JSON of a Chat Completions request.
    pub(crate) async fn chat(&self, body: &Value) -> (u16, Value) {
        whole(self.send("/v1/chat/completions", body).await.unwrap()).await
    }

    /// Status and JSON of a Responses request.
    pub(crate) async fn responses(&self, body: &Value) -> (u16, Value) {
        whole(self.send("/v1/responses", body).await.unwrap()).await
    }

    /// The bill of a Messages request that must succeed.
    pub(crate) async fn bill(&self, body: &Value) -> Bill {
        let (status, answer) = self.messages(body).await;
        assert_eq!(status, 200, "{answer}");
        Bill::of(&answer["usage"])
    }

    /// The text of a Messages request's 400.
    pub(crate) async fn refusal(&self, body: &Value) -> String {
        let (status, answer) = self.messages(body).await;
        assert_eq!(status, 400, "{answer}");
        assert_eq!(answer["error"]["type"], "invalid_request_error");
        answer["error"]["message"].as_str().unwrap().to_owned()
    }

    /// A streamed answer, read by the dialect's own reader.
    pub(crate) async fn streamed(
        &self,
        dialect: Dialect,
        body: &Value,
    ) -> Result<(Reply, Vec<StreamEvent>), ErrorKind> {
        let path = match dialect {
            Dialect::AnthropicMessages => "/v1/messages",
            Dialect::OpenaiChat => "/v1/chat/completions",
            Dialect::OpenaiResponses => "/v1/responses",
        };
        let mut body = body.clone();
        body["stream"] = json!(true);
        let mut response = self.send(path, &body).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut reader = wire::codec(dialect).reply_reader();
        let mut events = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| ErrorKind::Transport)? {
            events.extend(reader.push(&chunk).map_err(kind)?);
        }
        events.extend(reader.finish().map_err(kind)?);
        let reply = events.iter().find_map(|event| match event {
            StreamEvent::Finished { reply } => Some(reply.clone()),
            _ => None,
        });
        Ok((reply.expect("a finished answer"), events))
    }
}

fn kind(error: WireError) -> ErrorKind {
    match error {
        WireError::Provider(error) => error.kind,
        other => panic!("{other}"),
    }
}

async fn whole(response: reqwest::Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}")))
}

/// Prompt tokens by kind, as the Messages API reports them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bill {
    pub(crate) read: u64,
    pub(crate) short: u64,
    pub(crate) long: u64,
    pub(crate) input: u64,
}

impl Bill {
    pub(crate) fn of(usage: &Value) -> Self {
        let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{usage}"));
        let bill = Self {
            read: number(&usage["cache_read_input_tokens"]),
            short: number(&usage["cache_creation"]["ephemeral_5m_input_tokens"]),
            long: number(&usage["cache_creation"]["ephemeral_1h_input_tokens"]),
            input: number(&usage["input_tokens"]),
        };
        assert_eq!(number(&usage["cache_creation_input_tokens"]), bill.short + bill.long);
        bill
    }

    pub(crate) fn prompt(&self) -> u64 {
        self.read + self.short + self.long + self.input
    }
}

/// Text of roughly this many tokens; another seed gives another text.
pub(crate) fn words(seed: &str, count: usize) -> String {
    (0..count).map(|n| format!("{seed} {}", n % 10)).collect::<Vec<_>>().join(" ").chars().take(count * 5).collect()
}

pub(crate) fn text(text: impl Into<String>) -> Value {
    json!({"type": "text", "text": text.into()})
}

/// The block with a breakpoint behind it.
pub(crate) fn marked(mut block: Value) -> Value {
    block["cache_control"] = json!({"type": "ephemeral"});
    block
}

/// The block with a one-hour breakpoint behind it.
pub(crate) fn marked_long(mut block: Value) -> Value {
    block["cache_control"] = json!({"type": "ephemeral", "ttl": "1h"});
    block
}

pub(crate) fn user(blocks: &[Value]) -> Value {
    json!({"role": "user", "content": blocks})
}

pub(crate) fn assistant(blocks: &[Value]) -> Value {
    json!({"role": "assistant", "content": blocks})
}

pub(crate) fn tool_use(id: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": "read", "input": {"path": "src/lib.rs"}})
}

pub(crate) fn tool_result(id: &str) -> Value {
    json!({"type": "tool_result", "tool_use_id": id, "content": "pub fn main() {}"})
}

/// A Messages request.
pub(crate) fn request(model: &str, system: &[Value], messages: &[Value]) -> Value {
    json!({
        "model": model,
        "max_tokens": 1000,
        "tools": [{"name": "read", "description": "Reads files.", "input_schema": {"type": "object"}}],
        "system": system,
        "messages": messages,
    })
}
