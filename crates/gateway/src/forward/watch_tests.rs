use protocol::Dialect::{AnthropicMessages, OpenaiChat};

use super::*;

const START: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"x\",\"usage\":{\"input_tokens\":11,\"output_tokens\":1}}}\n\n";
const DELTA: &str = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"\\\"usage\\\":{\"}}\n\n";
const END: &str = "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":7}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

/// All of it in pieces of that size.
fn watched(dialect: Dialect, text: &str, size: usize) -> Watch {
    let mut watch = Watch::new(dialect);
    for piece in text.as_bytes().chunks(size) {
        watch.push(piece);
    }
    watch.finish();
    watch.settle();
    watch
}

#[test]
fn usage_and_end_are_seen_whatever_the_cuts_and_line_ends() {
    let lines = format!("{START}{DELTA}: comment\n\n{END}");
    for text in [lines.clone(), lines.replace('\n', "\r\n"), lines.replace('\n', "\r"), lines.replace("event: ", "x: ")]
    {
        for size in [1, 2, 3, 7, 50, 10_000] {
            let watch = watched(AnthropicMessages, &text, size);
            assert!(watch.over && watch.error.is_none(), "{size}: {text}");
            assert_eq!((watch.usage.input, watch.usage.output), (11, 7), "{size}: {text}");
        }
    }
}

#[test]
fn the_end_of_an_event_is_found_where_it_is() {
    let mut watch = Watch::new(AnthropicMessages);
    assert_eq!(watch.push(START.as_bytes()), Some(START.len()));
    assert_eq!(watch.push(&DELTA.as_bytes()[..20]), None);
    assert_eq!(watch.push(&DELTA.as_bytes()[20..DELTA.len() - 1]), None);
    assert_eq!(watch.push(b"\nevent: mess"), Some(1));
    let mut watch = Watch::new(AnthropicMessages);
    assert_eq!(watch.push(b": x\r\n\r"), Some(6));
    assert_eq!(watch.push(b"\n: y\r\n"), Some(1));
    assert_eq!(watch.push(b"\r\n: z"), Some(2));
}

#[test]
fn a_chat_stream_is_over_with_its_finish_reason_and_its_usage_may_follow() {
    let chunk = |rest: &str| format!("data: {{\"id\":\"c\",{rest}}}\n\n");
    let begun = chunk(
        r#""choices":[{"index":0,"delta":{"content":"\"finish_reason\":\"stop\" \"usage\":{"},"finish_reason":null}],"usage":null"#,
    );
    assert!(!watched(OpenaiChat, &begun, 9).over, "what a model says is not an end");
    let ended = begun.clone() + &chunk(r#""choices":[{"index":0,"delta":{},"finish_reason":"length"}]"#);
    assert!(watched(OpenaiChat, &ended, 9).over);
    let told = ended + &chunk(r#""choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4}"#);
    assert_eq!(watched(OpenaiChat, &told, 9).usage.output, 4);
    assert_eq!(watched(OpenaiChat, &(told + "data: [DONE]"), 9).usage.input, 9);
}

#[test]
fn an_error_is_seen_and_nonsense_is_no_error() {
    let error =
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Busy\"}}\n\n";
    let watch = watched(AnthropicMessages, &format!("{START}{error}"), 8);
    assert_eq!(watch.error.unwrap().message, "Busy");
    assert!(watch.began);
    let watch = watched(AnthropicMessages, "event: message_delta\ndata: {{{\n\ndata: what\n\n", 8);
    assert!(watch.error.is_none() && !watch.over);
}
