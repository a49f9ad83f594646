//! What the tests share.

use protocol::{Block, Dialect, Message, Reply, Request, ResultPart, Role, StreamEvent, ToolSpec};
use serde_json::Value;
use wire::translate::{Reverse, Target, prepare};
use wire::{WireError, codec, replay};

pub(crate) use protocol::Dialect::{AnthropicMessages as A, OpenaiChat as C, OpenaiResponses as R};

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

/// The maker whose dialect it is.
pub(crate) fn target(dialect: Dialect) -> Target {
    Target::new(dialect, if dialect == A { "anthropic" } else { "openai" })
}

/// A client's body as the target's server gets it, and the way back.
pub(crate) fn prepared(from: Dialect, body: &str, target: &Target) -> (Value, Reverse) {
    let mut request = read(from, body).unwrap();
    let reverse = prepare(&mut request, from, target).unwrap();
    (json(write(target.dialect, &request).as_bytes()), reverse)
}

/// The same for an ordinary target, without the way back.
pub(crate) fn sent(from: Dialect, body: &str, to: Dialect) -> Value {
    prepared(from, body, &target(to)).0
}

/// A streamed answer as a client of another dialect gets it, errors included, through the gateway's own chain.
pub(crate) fn relayed(upstream: Dialect, client: Dialect, bytes: &str, reverse: &Reverse) -> String {
    let mut request = Request::default();
    request.settings.chat.include_usage = true;
    let (mut reader, mut writer) = (codec(upstream).reply_reader(), codec(client).reply_writer(&request));
    let mut reverse = reverse.clone();
    let mut out = Vec::new();
    let mut give = |events: Result<Vec<StreamEvent>, WireError>| match events {
        Ok(events) => {
            for mut event in events {
                reverse.event(&mut event);
                out.extend(writer.push(&event));
            }
            true
        }
        Err(WireError::Provider(error)) => {
            out.extend(writer.error(&error));
            false
        }
        Err(error) => panic!("{error}"),
    };
    // In pieces, as from a network.
    let _ = bytes.as_bytes().chunks(11).all(|piece| give(reader.push(piece))) && give(reader.finish());
    String::from_utf8(out).unwrap()
}

/// The data of a stream's events, without `[DONE]`.
pub(crate) fn told(stream: &str) -> Vec<Value> {
    let lines = stream.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|line| *line != "[DONE]");
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What an Anthropic client makes of a stream: each block as `type:content`, then the stop reason. Fails where the stream is
/// not one that this dialect's clients take: one start, blocks one after the other with numbers in a row and deltas of
/// their own kind, one `message_delta`, one `message_stop`.
pub(crate) fn heard(stream: &str) -> Vec<String> {
    let mut events = told(stream).into_iter().filter(|event| event["type"] != "ping");
    assert_eq!(events.next().unwrap()["type"], "message_start", "{stream}");
    let (mut blocks, mut open, mut ended) = (Vec::new(), None::<(String, String)>, 0);
    for event in events {
        let index = event["index"].as_u64();
        match event["type"].as_str().unwrap() {
            "content_block_start" => {
                assert_eq!((open.is_none(), index), (true, Some(blocks.len() as u64)), "{stream}");
                let block = &event["content_block"];
                let kind = block["type"].as_str().unwrap();
                let told = match kind {
                    "tool_use" => format!("{}/{}:", block["id"].as_str().unwrap(), block["name"].as_str().unwrap()),
                    "redacted_thinking" => block["data"].as_str().unwrap().to_owned(),
                    _ => String::new(),
                };
                open = Some((kind.to_owned(), told));
            }
            "content_block_delta" => {
                let (kind, told) = open.as_mut().unwrap();
                assert_eq!(index, Some(blocks.len() as u64), "{stream}");
                let delta = &event["delta"];
                let piece = match (kind.as_str(), delta["type"].as_str().unwrap()) {
                    ("text", "text_delta") => delta["text"].as_str().unwrap().to_owned(),
                    ("thinking", "thinking_delta") => delta["thinking"].as_str().unwrap().to_owned(),
                    ("thinking", "signature_delta") => format!("|{}", delta["signature"].as_str().unwrap()),
                    ("tool_use", "input_json_delta") => delta["partial_json"].as_str().unwrap().to_owned(),
                    other => panic!("{other:?} in {stream}"),
                };
                told.push_str(&piece);
            }
            "content_block_stop" => {
                let (kind, told) = open.take().unwrap();
                assert_eq!(index, Some(blocks.len() as u64), "{stream}");
                blocks.push(format!("{kind}:{told}"));
            }
            "message_delta" => {
                ended += 1;
                blocks.push(event["delta"]["stop_reason"].as_str().unwrap().to_owned());
            }
            "message_stop" => ended += 10,
            other => panic!("{other} in {stream}"),
        }
    }
    assert_eq!((ended, open), (11, None), "{stream}");
    blocks
}

/// A chat stream as an Anthropic client hears it.
pub(crate) fn chat_heard(deltas: &[&str], finish: &str) -> Vec<String> {
    heard(&relayed(C, A, &chat(deltas, finish), &Reverse::default()))
}

/// A body of Anthropic's with these messages.
pub(crate) fn anthropic_body(messages: &str) -> String {
    let tool = r#"{"name":"read","input_schema":{"type":"object","properties":{"path":{"type":"string"}}}}"#;
    format!(r#"{{"model":"m","max_tokens":9000,"system":"Be brief.","tools":[{tool}],"messages":[{messages}]}}"#)
}

/// A chat body with these messages.
pub(crate) fn chat_body(messages: &str) -> String {
    let tool = r#"{"type":"function","function":{"name":"read","parameters":{"type":"object","properties":{"path":{"type":"string"}}}}}"#;
    format!(r#"{{"model":"m","tools":[{tool}],"messages":[{messages}]}}"#)
}

/// The bytes in pieces of these sizes, again and again.
pub(crate) fn cut(bytes: &[u8], sizes: Vec<usize>) -> Vec<&[u8]> {
    let mut rest = bytes;
    let mut pieces = Vec::new();
    for size in sizes.into_iter().cycle() {
        let (piece, more) = rest.split_at(size.min(rest.len()));
        pieces.push(piece);
        rest = more;
        if rest.is_empty() {
            break;
        }
    }
    pieces
}
