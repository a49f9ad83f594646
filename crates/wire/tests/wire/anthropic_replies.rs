//! Answers in Anthropic's dialect, streamed and whole.

use protocol::{Block, ErrorKind, Reply, Request, StopReason, StreamEvent, Usage};
use wire::{WireError, codec, replay};

use crate::support::{A, call, data, events, failure, json, order, reply, stream, written};

const START: &str = concat!(
    r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[],"#,
    r#""stop_reason":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":100,"output_tokens":1}}}"#
);
const STOP: &str = r#"{"type":"message_stop"}"#;

fn end(stop: &str) -> String {
    format!(
        r#"{{"type":"message_delta","delta":{{"stop_reason":"{stop}"}},"usage":{{"output_tokens":9,"input_tokens":null}}}}"#
    )
}

fn block(index: usize, start: &str, deltas: &[&str]) -> Vec<String> {
    let mut lines = vec![format!(r#"{{"type":"content_block_start","index":{index},"content_block":{start}}}"#)];
    let delta = |delta: &&str| format!(r#"{{"type":"content_block_delta","index":{index},"delta":{delta}}}"#);
    lines.extend(deltas.iter().map(delta));
    lines.push(format!(r#"{{"type":"content_block_stop","index":{index}}}"#));
    lines
}

/// A stream of these blocks.
fn said(blocks: &[Vec<String>], stop: &str) -> String {
    let mut lines = vec![START.to_owned()];
    lines.extend(blocks.iter().flatten().cloned());
    lines.extend([end(stop), STOP.to_owned()]);
    data(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

const TEXT: &str = r#"{"type":"text","text":""}"#;
const HELLO: &str = r#"{"type":"text_delta","text":"héllo"}"#;
const TOOL: &str = r#"{"type":"tool_use","id":"toolu_1","name":"read","input":{}}"#;

fn parts(json: &[&str]) -> Vec<String> {
    let pieces: Vec<String> = json
        .iter()
        .map(|json| format!(r#"{{"type":"input_json_delta","partial_json":{}}}"#, serde_json::json!(json)))
        .collect();
    block(0, TOOL, &pieces.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn thinking_text_and_calls_come_in_their_order() {
    let thinking = block(
        0,
        r#"{"type":"thinking","thinking":"","signature":""}"#,
        &[r#"{"type":"thinking_delta","thinking":"hm"}"#, r#"{"type":"signature_delta","signature":"sig"}"#],
    );
    let redacted = block(1, r#"{"type":"redacted_thinking","data":"xx"}"#, &[]);
    let text = block(2, TEXT, &[HELLO]);
    let tool: Vec<String> = parts(&["", "{\"pa", "th\": 1}"])
        .into_iter()
        .map(|line| line.replace(r#""index":0"#, r#""index":3"#))
        .collect();
    let stream = said(&[thinking, redacted, text, tool], "tool_use");
    assert_eq!(
        order(&events(A, &stream)),
        "start think0=hm done0 done1 text2=héllo done2 call3=toolu_1/read args3={\"pa args3=th\": 1} done3 finished"
    );
    let expected = Reply {
        id: "msg_1".into(),
        model: "claude".into(),
        blocks: vec![
            Block::Thinking { text: "hm".into(), signature: Some("sig".into()) },
            Block::RedactedThinking { data: "xx".into() },
            Block::text("héllo"),
            call("toolu_1", "read", "{\"path\": 1}"),
        ],
        stop: StopReason::ToolUse,
        usage: Usage { input: 10, cache_read: 100, cache_write_short: 5, output: 9, ..Usage::default() },
    };
    assert_eq!(reply(A, &stream), expected);
}

#[test]
fn a_call_without_input_has_an_empty_object_and_a_malformed_one_keeps_its_text() {
    assert_eq!(reply(A, &said(&[parts(&[])], "tool_use")).blocks, [call("toolu_1", "read", "{}")]);
    assert_eq!(reply(A, &said(&[parts(&["", ""])], "tool_use")).blocks, [call("toolu_1", "read", "{}")]);
    assert_eq!(reply(A, &said(&[parts(&["{\"a\":"])], "tool_use")).blocks, [call("toolu_1", "read", "{\"a\":")]);
}

#[test]
fn an_input_that_is_said_at_the_start_is_kept() {
    let start = r#"{"type":"tool_use","id":"t","name":"f","input":{"a": 1}}"#;
    assert_eq!(reply(A, &said(&[block(0, start, &[])], "tool_use")).blocks, [call("t", "f", r#"{"a": 1}"#)]);
}

#[test]
fn signature_only_thinking_is_kept_and_an_empty_text_block_is_not() {
    let sealed = block(0, r#"{"type":"thinking","thinking":""}"#, &[r#"{"type":"signature_delta","signature":"s"}"#]);
    let stream = said(&[sealed, block(1, TEXT, &[]), block(2, TEXT, &[HELLO])], "end_turn");
    let expected = [Block::Thinking { text: String::new(), signature: Some("s".into()) }, Block::text("héllo")];
    assert_eq!(reply(A, &stream).blocks, expected);
    assert_eq!(order(&events(A, &stream)), "start done0 text1=héllo done1 finished");
}

#[test]
fn pings_comments_unknown_events_and_deltas_do_no_harm() {
    let novel = [r#"{"type":"citations_delta","citation":{}}"#, HELLO, r#"{"type":"novel_delta","text":7}"#];
    let plain = said(&[block(0, TEXT, &[HELLO])], "end_turn");
    let noisy = said(&[block(0, TEXT, &novel)], "end_turn");
    let noise = ": keep-alive\n\nevent: ping\nid: 4\ndata: {\"type\": \"ping\"}\n\ndata: {\"type\":\"novelty\",\"index\":\"x\"}\n\n\n";
    let noisy = noisy.replace("data: ", &format!("{noise}data: "));
    assert_eq!(reply(A, &noisy), reply(A, &plain));
    assert!(events(A, &noisy).contains(&StreamEvent::Ping));
}

#[test]
fn an_event_may_be_spread_over_several_data_lines() {
    let plain = said(&[block(0, TEXT, &[HELLO])], "end_turn");
    assert_eq!(reply(A, &plain.replace(r#","delta":"#, "\ndata: ,\"delta\":\ndata: ")), reply(A, &plain));
}

#[test]
fn every_single_cut_gives_the_same_events_with_every_line_ending() {
    let thinking =
        block(0, r#"{"type":"thinking","thinking":""}"#, &[r#"{"type":"thinking_delta","thinking":"日本"}"#]);
    let plain = said(&[thinking, block(1, TEXT, &[HELLO])], "end_turn");
    let expected = events(A, &plain);
    for text in [plain.clone(), plain.replace('\n', "\r\n"), plain.replace('\n', "\r"), format!("\u{feff}{plain}")] {
        for at in 0..=text.len() {
            let (before, after) = text.as_bytes().split_at(at);
            assert_eq!(stream(A, [before, after]), (expected.clone(), None), "cut at {at}");
        }
    }
}

#[test]
fn a_stream_without_message_stop_is_truncated_wherever_it_ends() {
    let whole = said(&[block(0, TEXT, &[HELLO])], "end_turn");
    let before_stop = whole.len() - data(&[STOP]).len();
    for at in 0..before_stop {
        let (_, error) = stream(A, [&whole.as_bytes()[..at]]);
        let Some(WireError::Provider(error)) = error else { panic!("no error at {at}") };
        assert_eq!(
            (error.kind, error.message.as_str()),
            (ErrorKind::Truncated, "stream ended before message_stop"),
            "{at}"
        );
    }
}

#[test]
fn a_last_event_without_its_blank_line_counts() {
    let whole = said(&[block(0, TEXT, &[HELLO])], "end_turn");
    assert_eq!(reply(A, whole.trim_end()), reply(A, &whole));
}

#[test]
fn an_error_event_is_typed_and_what_came_before_it_is_not_lost() {
    let cut = data(&[START, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#]);
    let (events, error) = stream(A, [cut.as_bytes()]);
    assert_eq!(order(&events), "start");
    let Some(WireError::Provider(error)) = error else { panic!("no error") };
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Overloaded, "Overloaded"));
}

#[test]
fn bytes_that_are_not_the_dialects_are_malformed() {
    let second = data(&[START, START]);
    let mixed = data(&[
        START,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"x"}}"#,
    ]);
    let unopened =
        data(&[START, r#"{"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"x"}}"#]);
    for bytes in ["data: {oops}\n\n", &data(&[STOP]), &second, &mixed, &unopened] {
        assert_eq!(failure(A, bytes).kind, ErrorKind::Malformed, "{bytes}");
    }
    let (_, error) = stream(A, [b"data: \xff\xfe\n\n".as_slice()]);
    assert!(matches!(error, Some(WireError::Provider(error)) if error.kind == ErrorKind::Malformed));
}

#[test]
fn a_stream_beyond_its_budget_is_stopped() {
    let mut reader = codec(A).reply_reader();
    let megabyte = vec![b'x'; 1 << 20];
    let failed = (0..65).map(|_| reader.push(&megabyte)).find_map(Result::err);
    assert!(matches!(failed, Some(WireError::Provider(error)) if error.message.contains("longer than 67108864 bytes")));
}

#[test]
fn later_usage_counts_only_where_it_says_something() {
    let with_usage = |usage: &str| {
        let last = format!(r#"{{"type":"message_delta","delta":{{"stop_reason":"end_turn"}},"usage":{usage}}}"#);
        reply(A, &data(&[START, &last, STOP])).usage
    };
    let kept = Usage { input: 10, cache_read: 100, cache_write_short: 5, output: 7, ..Usage::default() };
    assert_eq!(with_usage(r#"{"output_tokens":7,"cache_read_input_tokens":null}"#), kept);
    let full = concat!(
        r#"{"input_tokens":1,"cache_creation_input_tokens":30,"cache_read_input_tokens":0,"output_tokens":8,"#,
        r#""cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens_details":{"thinking_tokens":6}}"#
    );
    let expected =
        Usage { input: 1, cache_read: 0, cache_write_short: 10, cache_write_long: 20, output: 8, reasoning: 6 };
    assert_eq!(with_usage(full), expected);
}

#[test]
fn every_stop_reason_is_read_and_written() {
    let words = [
        ("end_turn", StopReason::EndTurn),
        ("tool_use", StopReason::ToolUse),
        ("max_tokens", StopReason::MaxTokens),
        ("stop_sequence", StopReason::StopSequence),
        ("refusal", StopReason::Refusal),
        ("pause_turn", StopReason::Pause),
        ("model_context_window_exceeded", StopReason::ContextWindow),
        ("compaction", StopReason::Other("compaction".into())),
    ];
    for (word, stop) in words {
        let read = reply(A, &said(&[], word));
        assert_eq!(read.stop, stop);
        assert_eq!(json(&codec(A).write_reply(&read))["stop_reason"], word);
    }
}

#[test]
fn a_block_of_the_providers_own_is_kept_with_what_was_streamed_of_it() {
    let search = block(
        0,
        r#"{"type":"server_tool_use","id":"s","name":"web_search","input":{}}"#,
        &[
            r#"{"type":"input_json_delta","partial_json":"{\"q\": "}"#,
            r#"{"type":"input_json_delta","partial_json":"1}"}"#,
        ],
    );
    let compaction =
        block(1, r#"{"type":"compaction","content":"a"}"#, &[r#"{"type":"compaction_delta","content":"b","n":1}"#]);
    let read = reply(A, &said(&[search, compaction], "end_turn"));
    let opaque = |json: &str| Block::Opaque { dialect: A, json: json.into() };
    let expected = [
        opaque(r#"{"type":"server_tool_use","id":"s","name":"web_search","input":{"q": 1}}"#),
        opaque(r#"{"type":"compaction","content":"ab","n":1}"#),
    ];
    assert_eq!(read.blocks, expected);
    let again = String::from_utf8(written(A, &Request::default(), &read, 5)).unwrap();
    assert_eq!(reply(A, &again), read);
}

#[test]
fn a_block_that_was_never_ended_is_ended_by_the_next() {
    let open = |line: &str| data(&[START, line]);
    let first = open(r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}"#);
    let rest: Vec<String> = block(1, TEXT, &[HELLO]).into_iter().chain([end("end_turn"), STOP.to_owned()]).collect();
    let rest = data(&rest.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(reply(A, &(first + &rest)).blocks, [Block::text("a"), Block::text("héllo")]);
}

fn sample() -> Reply {
    Reply {
        id: "msg_1".into(),
        model: "claude".into(),
        blocks: vec![Block::text("hi"), call("t1", "read", r#"{"a": 1}"#)],
        stop: StopReason::ToolUse,
        usage: Usage { input: 3, cache_read: 2, cache_write_short: 1, cache_write_long: 4, output: 5, reasoning: 0 },
    }
}

#[test]
fn a_whole_answer_has_exactly_these_bytes() {
    let expected = concat!(
        r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude","#,
        r#""content":[{"type":"text","text":"hi"},{"type":"tool_use","id":"t1","name":"read","input":{"a": 1}}],"#,
        r#""stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":3,"cache_creation_input_tokens":5,"#,
        r#""cache_read_input_tokens":2,"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":4},"output_tokens":5}}"#
    );
    assert_eq!(String::from_utf8(codec(A).write_reply(&sample())).unwrap(), expected);
}

#[test]
fn a_streamed_answer_is_written_in_the_providers_order() {
    let mut writer = codec(A).reply_writer(&Request::default());
    let bytes: Vec<u8> = replay(&sample(), 4).iter().flat_map(|event| writer.push(event)).collect();
    let text = String::from_utf8(bytes).unwrap();
    let kinds: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    let (start, delta, stop) = ("content_block_start", "content_block_delta", "content_block_stop");
    let expected =
        ["message_start", start, delta, stop, start, delta, delta, delta, stop, "message_delta", "message_stop"];
    assert_eq!(kinds, expected);
    assert!(text.contains(r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"read","input":{}}}"#));
    assert!(text.contains(r#""delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":3"#));
}

#[test]
fn an_error_in_a_stream_is_an_error_event() {
    let mut writer = codec(A).reply_writer(&Request::default());
    let error = protocol::ProviderError::new(ErrorKind::Overloaded, "busy");
    let expected =
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}\n\n";
    assert_eq!(String::from_utf8(writer.error(&error)).unwrap(), expected);
    assert_eq!(failure(A, expected), error);
}

#[test]
fn an_error_object_with_status_200_is_an_error() {
    let body = br#"{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}"#;
    let Err(WireError::Provider(error)) = codec(A).read_reply(body) else { panic!("no error") };
    assert_eq!(error.kind, ErrorKind::RateLimit);
}
