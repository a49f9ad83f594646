//! What the tests share.

use protocol::{Block, Dialect, Message, Reply, Request, ResultPart, Role, StreamEvent, ToolSpec};
use serde_json::Value;
use wire::{WireError, codec, replay};

pub(crate) use protocol::Dialect::{AnthropicMessages as A, OpenaiChat as C};

pub(crate) fn call(id: &str, name: &str, arguments: &str) -> Block {
    Block::ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() }
}

pub(crate) fn result(id: &str, text: &str, is_error: bool) -> Block {
    Block::ToolResult { call_id: id.into(), content: vec![ResultPart::Text { text: text.into() }], is_error }
}

pub(crate) fn user(blocks: Vec<Block>) -> Message {
    Message { role: Role::User, blocks }
}

pub(crate) fn assistant(blocks: Vec<Block>) -> Message {
    Message { role: Role::Assistant, blocks }
}

pub(crate) fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.into(),
        description: format!("Runs {name}."),
        schema: serde_json::from_str(
            r#"{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}"#,
        )
        .unwrap(),
    }
}

/// A request with one of everything that both dialects can say.
pub(crate) fn work() -> Request {
    Request {
        model: "m-1".into(),
        tools: vec![tool("read"), tool("bash")],
        system: vec!["Be brief.".into(), "Repo: demo.".into()],
        messages: vec![
            user(vec![Block::text("Fix the test.")]),
            assistant(vec![
                Block::text("Looking."),
                call("t1", "read", r#"{"path": "a.rs"}"#),
                call("t2", "bash", "{}"),
            ]),
            user(vec![result("t1", "fn a() {}", false), result("t2", "exit 1", true)]),
        ],
        ..Request::default()
    }
}

pub(crate) fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

pub(crate) fn write(dialect: Dialect, request: &Request) -> String {
    String::from_utf8(codec(dialect).write_request(request).unwrap()).unwrap()
}

pub(crate) fn read(dialect: Dialect, body: &str) -> Result<Request, WireError> {
    codec(dialect).read_request(body.as_bytes())
}

/// The path and message of a body that is refused.
pub(crate) fn refusal(dialect: Dialect, body: &str) -> String {
    match read(dialect, body) {
        Err(error @ WireError::Invalid { .. }) => error.to_string(),
        other => panic!("expected a refusal, found {other:?}"),
    }
}

/// All events of a stream that arrives in the given pieces, and how it failed.
pub(crate) fn stream<'a>(
    dialect: Dialect,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<StreamEvent>, Option<WireError>) {
    let mut reader = codec(dialect).reply_reader();
    let mut events = Vec::new();
    for piece in pieces {
        match reader.push(piece) {
            Ok(more) => events.extend(more),
            Err(error) => return (events, Some(error)),
        }
    }
    match reader.finish() {
        Ok(more) => events.extend(more),
        Err(error) => return (events, Some(error)),
    }
    (events, None)
}

/// The events of a whole stream that has to succeed.
pub(crate) fn events(dialect: Dialect, bytes: &str) -> Vec<StreamEvent> {
    let (events, error) = stream(dialect, [bytes.as_bytes()]);
    assert_eq!(error, None);
    events
}

/// The reply at the end of a stream.
pub(crate) fn reply(dialect: Dialect, bytes: &str) -> Reply {
    match events(dialect, bytes).pop() {
        Some(StreamEvent::Finished { reply }) => reply,
        other => panic!("expected Finished, found {other:?}"),
    }
}

/// The provider's error that a stream ends with.
pub(crate) fn failure(dialect: Dialect, bytes: &str) -> protocol::ProviderError {
    match stream(dialect, [bytes.as_bytes()]) {
        (_, Some(WireError::Provider(error))) => error,
        other => panic!("expected a provider's error, found {other:?}"),
    }
}

/// A reply as the bytes of a stream.
pub(crate) fn written(dialect: Dialect, request: &Request, reply: &Reply, piece: usize) -> Vec<u8> {
    let mut writer = codec(dialect).reply_writer(request);
    replay(reply, piece).iter().flat_map(|event| writer.push(event)).collect()
}

/// Lines as a stream of `data:` events.
pub(crate) fn data(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("data: {line}\n\n")).collect()
}

/// A chunk of a chat stream with this delta.
pub(crate) fn chunk(delta: &str) -> String {
    format!(r#"{{"id":"c1","model":"m","choices":[{{"index":0,"delta":{delta},"finish_reason":null}}]}}"#)
}

/// A chat stream of these deltas, ended as OpenAI ends it.
pub(crate) fn chat(deltas: &[&str], finish: &str) -> String {
    let mut lines: Vec<String> = deltas.iter().map(|delta| chunk(delta)).collect();
    lines.push(format!(r#"{{"id":"c1","model":"m","choices":[{{"index":0,"delta":{{}},"finish_reason":{finish}}}]}}"#));
    lines.push("[DONE]".into());
    data(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The labels of the events, to see their order.
pub(crate) fn order(events: &[StreamEvent]) -> String {
    let label = |event: &StreamEvent| match event {
        StreamEvent::Started { .. } => "start".to_owned(),
        StreamEvent::TextDelta { index, text } => format!("text{index}={text}"),
        StreamEvent::ThinkingDelta { index, text } => format!("think{index}={text}"),
        StreamEvent::ToolCallStarted { index, id, name } => format!("call{index}={id}/{name}"),
        StreamEvent::ArgumentsDelta { index, json } => format!("args{index}={json}"),
        StreamEvent::BlockFinished { index, .. } => format!("done{index}"),
        StreamEvent::Ping => "ping".to_owned(),
        StreamEvent::Finished { .. } => "finished".to_owned(),
    };
    events.iter().map(label).collect::<Vec<_>>().join(" ")
}
