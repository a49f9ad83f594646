//! What servers say in these tests, and the clients that ask them.

use std::sync::Arc;
use std::time::Duration;

use brains::{Answer, Auth, Client, Endpoint, Failure, Policy};
use bytes::Bytes;
use protocol::{Clock, Dialect, ManualClock, StreamEvent, Timestamp};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::server::Step;

/// The key that must never be seen.
pub(crate) const KEY: &str = "sk-do-not-show-7c1f";

/// 6 November 1994, 08:49:37 UTC.
pub(crate) const NOW: Timestamp = Timestamp(784_111_777_000);

/// A whole HTTP answer; `headers` are lines with their line ends.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> Step {
    let length = body.len();
    Step::Send(
        format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}")
            .into_bytes(),
    )
}

/// An Anthropic error.
pub(crate) fn error(status: u16, headers: &str, kind: &str, message: &str) -> Vec<Step> {
    let body = format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}"}}}}"#);
    vec![answer(status, &format!("content-type: application/json\r\n{headers}"), &body)]
}

/// The head of a stream that ends with the connection.
pub(crate) fn stream_head() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nrequest-id: req_7\r\nconnection: close\r\n\r\n".to_vec()
}

/// A stream that ends with the connection.
pub(crate) fn stream(body: &str) -> Step {
    Step::Send([&stream_head(), body.as_bytes()].concat())
}

pub(crate) fn event(json: &str) -> String {
    let kind = json.split('"').nth(3).expect("a type in front");
    format!("event: {kind}\ndata: {json}\n\n")
}

pub(crate) fn start() -> String {
    event(
        r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"usage":{"input_tokens":12,"cache_read_input_tokens":30,"output_tokens":1}}}"#,
    )
}

pub(crate) fn open() -> String {
    event(r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#)
}

pub(crate) fn delta(text: &str) -> String {
    event(&format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{text}"}}}}"#))
}

pub(crate) fn end() -> String {
    [
        event(r#"{"type":"content_block_stop","index":0}"#),
        event(r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":5}}"#),
        event(r#"{"type":"message_stop"}"#),
    ]
    .concat()
}

pub(crate) fn ping() -> String {
    event(r#"{"type":"ping"}"#)
}

/// A whole Anthropic stream.
pub(crate) fn said(text: &str) -> String {
    [start(), open(), delta(text), end()].concat()
}

/// A whole Chat Completions stream.
pub(crate) fn chat_said(text: &str) -> String {
    let chunk =
        |rest: &str| format!("data: {{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",{rest}}}\n\n");
    [
        chunk(&format!(
            r#""choices":[{{"index":0,"delta":{{"role":"assistant","content":"{text}"}},"finish_reason":null}}]"#
        )),
        chunk(r#""choices":[{"index":0,"delta":{},"finish_reason":"stop"}]"#),
        chunk(r#""choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}"#),
        "data: [DONE]\n\n".to_owned(),
    ]
    .concat()
}

pub(crate) fn endpoint(base_url: &str) -> Endpoint {
    Endpoint {
        name: "house".to_owned(),
        dialect: Dialect::AnthropicMessages,
        base_url: base_url.to_owned(),
        key: Some(SecretString::from(KEY)),
        auth: Auth::XApiKey,
        headers: Vec::new(),
    }
}

pub(crate) fn chat_endpoint(base_url: &str) -> Endpoint {
    Endpoint { dialect: Dialect::OpenaiChat, auth: Auth::Bearer, ..endpoint(base_url) }
}

/// Patient enough for a busy machine, so that only what is tested runs out.
pub(crate) fn policy() -> Policy {
    Policy {
        first_byte: Duration::from_secs(20),
        idle: Duration::from_secs(20),
        connect: Duration::from_secs(10),
        ..Policy::default()
    }
}

/// A client whose pauses pass at once, and its clock.
pub(crate) fn client(endpoint: Endpoint, policy: Policy) -> (Client, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::jumping(NOW));
    let client = Client::new(endpoint, policy, Arc::clone(&clock) as Arc<dyn Clock>, Some(7)).expect("a client");
    (client, clock)
}

/// Calls and keeps the events.
pub(crate) async fn call(client: &Client) -> (Result<Answer, Box<Failure>>, Vec<StreamEvent>) {
    call_until_text(client, || {}).await
}

/// As [`call`]; `at_text` is called with each piece of text.
pub(crate) async fn call_until_text(
    client: &Client,
    at_text: impl Fn() + Send + Sync,
) -> (Result<Answer, Box<Failure>>, Vec<StreamEvent>) {
    let mut events = Vec::new();
    let body = Bytes::from_static(br#"{"model":"m","stream":true}"#);
    let mut keep = |event: &StreamEvent| {
        events.push(event.clone());
        if matches!(event, StreamEvent::TextDelta { .. }) {
            at_text();
        }
    };
    let result = client.call(body, &[], &CancellationToken::new(), &mut keep).await;
    (result, events)
}

/// The text that a screen would show.
pub(crate) fn shown(events: &[StreamEvent]) -> String {
    events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::TextDelta { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}
