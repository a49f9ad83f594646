//! Requests and answers in each dialect.

use protocol::Dialect;
use protocol::Dialect::{AnthropicMessages, OpenaiChat};

/// A request's path.
pub(crate) fn path(dialect: Dialect) -> &'static str {
    wire::codec(dialect).path()
}

/// A small request.
pub(crate) fn request(dialect: Dialect, stream: bool) -> String {
    match dialect {
        AnthropicMessages => format!(
            r#"{{"model":"up-model","max_tokens":64,"stream":{stream},"messages":[{{"role":"user","content":"Say hello."}}]}}"#
        ),
        OpenaiChat => {
            format!(r#"{{"model":"up-model","stream":{stream},"messages":[{{"role":"user","content":"Say hello."}}]}}"#)
        }
        _ => format!(r#"{{"model":"up-model","stream":{stream},"input":"Say hello."}}"#),
    }
}

/// A streamed answer, event by event: a beginning, two deltas, an end.
pub(crate) fn events(dialect: Dialect) -> Vec<String> {
    let event = |name: &str, data: &str| format!("event: {name}\ndata: {data}\n\n");
    match dialect {
        AnthropicMessages => vec![
            event(
                "message_start",
                r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"up-model","content":[],"stop_reason":null,"usage":{"input_tokens":11,"cache_read_input_tokens":5,"output_tokens":1}}}"#,
            ),
            event(
                "content_block_start",
                r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            ),
            event(
                "content_block_delta",
                r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello "}}"#,
            ),
            event(
                "content_block_delta",
                r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"there"}}"#,
            ),
            event("content_block_stop", r#"{"type":"content_block_stop","index":0}"#),
            event(
                "message_delta",
                r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":7}}"#,
            ),
            event("message_stop", r#"{"type":"message_stop"}"#),
        ],
        OpenaiChat => {
            let chunk = |rest: &str| {
                format!(
                    "data: {{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"model\":\"up-model\",{rest}}}\n\n"
                )
            };
            vec![
                chunk(r#""choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]"#),
                chunk(r#""choices":[{"index":0,"delta":{"content":"Hello "},"finish_reason":null}]"#),
                chunk(r#""choices":[{"index":0,"delta":{"content":"there"},"finish_reason":null}]"#),
                chunk(r#""choices":[{"index":0,"delta":{},"finish_reason":"stop"}]"#),
                chunk(
                    r#""choices":[],"usage":{"prompt_tokens":16,"completion_tokens":7,"total_tokens":23,"prompt_tokens_details":{"cached_tokens":5}}"#,
                ),
                "data: [DONE]\n\n".to_owned(),
            ]
        }
        _ => unreachable!("no test streams this dialect from here"),
    }
}

/// The same answer in one piece.
pub(crate) fn whole(dialect: Dialect) -> &'static str {
    match dialect {
        AnthropicMessages => {
            r#"{"id":"msg_1","type":"message","role":"assistant","model":"up-model","content":[{"type":"text","text":"Hello there"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":11,"cache_read_input_tokens":5,"output_tokens":7}}"#
        }
        _ => {
            r#"{"id":"c1","object":"chat.completion","model":"up-model","choices":[{"index":0,"message":{"role":"assistant","content":"Hello there"},"finish_reason":"stop"}],"usage":{"prompt_tokens":16,"completion_tokens":7,"total_tokens":23,"prompt_tokens_details":{"cached_tokens":5}}}"#
        }
    }
}

/// What the events of a stream say, read by the dialect's own reader: the text, or the error.
pub(crate) fn said(dialect: Dialect, body: &[u8]) -> Result<String, protocol::ProviderError> {
    let mut reader = wire::codec(dialect).reply_reader();
    let mut events = Vec::new();
    for step in [reader.push(body), reader.push(b""), reader.finish()] {
        match step {
            Ok(more) => events.extend(more),
            Err(wire::WireError::Provider(error)) => return Err(error),
            Err(other) => panic!("{other}: {}", String::from_utf8_lossy(body)),
        }
    }
    let reply = events.into_iter().find_map(|event| match event {
        protocol::StreamEvent::Finished { reply } => Some(reply),
        _ => None,
    });
    let reply = reply.expect("a stream without an error has an end");
    let text = reply.blocks.iter().filter_map(|block| match block {
        protocol::Block::Text { text } => Some(text.as_str()),
        _ => None,
    });
    Ok(text.collect())
}
