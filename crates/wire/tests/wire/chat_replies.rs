//! Answers in the Chat Completions dialect, streamed and whole.

use async_openai::types::chat::{CreateChatCompletionResponse, CreateChatCompletionStreamResponse};
use protocol::{Block, ErrorKind, Reply, Request, StopReason, Usage};
use wire::{WireError, codec};

use crate::support::{C, call, chat, chunk, data, events, failure, json, order, reply, stream, written};

const STOP: &str = r#""stop""#;
const TOOLS: &str = r#""tool_calls""#;

/// A delta of one piece of a call.
fn piece(json: &str) -> String {
    format!(r#"{{"tool_calls":[{json}]}}"#)
}

fn blocks(deltas: &[&str], finish: &str) -> Vec<Block> {
    reply(C, &chat(deltas, finish)).blocks
}

fn thinking(text: &str) -> Block {
    Block::Thinking { text: text.into(), signature: None }
}

#[test]
fn text_that_comes_with_the_role_is_not_lost_and_empty_call_lists_open_nothing() {
    let deltas = [
        r#"{"role":"assistant","content":"a","tool_calls":[]}"#,
        r#"{"content":"b","tool_calls":null}"#,
        r#"{"content":null,"refusal":null}"#,
    ];
    assert_eq!(order(&events(C, &chat(&deltas, STOP))), "start text0=a text0=b done0 finished");
}

#[test]
fn null_call_lists_do_not_suppress_a_later_call() {
    let call_piece = piece(r#"{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":""}}"#);
    let found = blocks(&[r#"{"content":"a","tool_calls":null}"#, &call_piece], TOOLS);
    assert_eq!(found, [Block::text("a"), call("t", "f", "{}")]);
}

#[test]
fn one_chunk_with_reasoning_and_text_gives_two_blocks() {
    let found = events(C, &chat(&[r#"{"reasoning_content":"hm","content":"a"}"#], STOP));
    assert_eq!(order(&found), "start think0=hm done0 text1=a done1 finished");
}

#[test]
fn reasoning_is_read_under_every_name_and_not_doubled() {
    for name in ["reasoning_content", "reasoning", "reasoning_text"] {
        let delta = format!(r#"{{"{name}":"hm"}}"#);
        assert_eq!(blocks(&[&delta, r#"{"content":"a"}"#], STOP), [thinking("hm"), Block::text("a")], "{name}");
    }
    let doubled = r#"{"reasoning_content":"","reasoning":"hm","reasoning_text":"hm"}"#;
    assert_eq!(blocks(&[doubled], STOP), [thinking("hm")]);
    let parts =
        r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a"}]}"#;
    assert_eq!(blocks(&[parts], STOP), [thinking("hm"), Block::text("a")]);
}

#[test]
fn interleaved_calls_are_put_in_a_row() {
    let pieces = [
        piece(r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}"#),
        piece(r#"{"index":2,"id":"b","function":{"name":"g","arguments":"{"}}"#),
        piece(r#"{"index":0,"function":{"arguments":":1}"}}"#),
        piece(r#"{"index":2,"function":{"arguments":"}"}}"#),
    ];
    let deltas: Vec<&str> = pieces.iter().map(String::as_str).collect();
    assert_eq!(
        order(&events(C, &chat(&deltas, TOOLS))),
        "start call0=a/f args0={\"x\" args0=:1} done0 call1=b/g args1={} done1 finished"
    );
    assert_eq!(blocks(&deltas, TOOLS), [call("a", "f", "{\"x\":1}"), call("b", "g", "{}")]);
}

#[test]
fn an_id_and_a_name_that_are_repeated_open_no_second_call() {
    let repeated =
        |json: &str| piece(&format!(r#"{{"index":0,"id":"a","function":{{"name":"f","arguments":"{json}"}}}}"#));
    let (first, second) = (repeated("{"), repeated("}"));
    assert_eq!(blocks(&[&first, &second], TOOLS), [call("a", "f", "{}")]);
}

#[test]
fn a_late_name_and_a_late_id_are_waited_for() {
    let pieces = [
        piece(r#"{"index":0,"function":{"arguments":"{\"x\":"}}"#),
        piece(r#"{"index":0,"function":{"name":"f"}}"#),
        piece(r#"{"index":0,"id":"a","function":{"arguments":"1}"}}"#),
    ];
    let deltas: Vec<&str> = pieces.iter().map(String::as_str).collect();
    assert_eq!(order(&events(C, &chat(&deltas, TOOLS))), "start call0=a/f args0={\"x\":1} done0 finished");
}

#[test]
fn a_call_without_a_name_is_dropped_and_then_the_turn_has_ended() {
    let nameless = piece(r#"{"index":0,"id":"a","function":{"name":"","arguments":"{}"}}"#);
    let found = reply(C, &chat(&[r#"{"content":"x"}"#, &nameless], TOOLS));
    assert_eq!((found.blocks, found.stop), (vec![Block::text("x")], StopReason::EndTurn));
}

#[test]
fn missing_ids_are_made_up_the_same_way_each_time_and_repeated_ones_are_told_apart() {
    let bare = piece(
        r#"{"index":0,"function":{"name":"f","arguments":"{}"}},{"index":1,"function":{"name":"f","arguments":"{}"}}"#,
    );
    let found = blocks(&[&bare], TOOLS);
    assert_eq!(found, blocks(&[&bare], TOOLS));
    let id = |block: &Block| match block {
        Block::ToolCall { id, .. } => id.clone(),
        other => panic!("expected a call, found {other:?}"),
    };
    assert!(id(&found[0]).starts_with("call_") && id(&found[0]) != id(&found[1]));
    let twice = piece(r#"{"index":0,"id":"a","function":{"name":"f"}},{"index":1,"id":"a","function":{"name":"g"}}"#);
    assert_eq!(blocks(&[&twice], TOOLS), [call("a", "f", "{}"), call("a_1", "g", "{}")]);
}

#[test]
fn calls_that_all_carry_number_0_or_none_are_told_apart() {
    let zero = |id: &str| piece(&format!(r#"{{"index":0,"id":"{id}","function":{{"name":"f","arguments":"{{}}"}}}}"#));
    assert_eq!(blocks(&[&zero("a"), &zero("b")], TOOLS), [call("a", "f", "{}"), call("b", "f", "{}")]);
    let none = |name: &str| piece(&format!(r#"{{"function":{{"name":"{name}","arguments":{{"x": 1}}}}}}"#));
    let found = blocks(&[&none("f"), &none("g")], TOOLS);
    assert!(matches!(&found[..], [Block::ToolCall { name: f, arguments, .. }, Block::ToolCall { name: g, .. }]
        if f == "f" && g == "g" && arguments == r#"{"x": 1}"#));
}

#[test]
fn text_after_a_call_follows_the_calls() {
    let first = piece(r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}"#);
    let last = piece(r#"{"index":0,"function":{"arguments":"}"}}"#);
    let found = blocks(&[&first, r#"{"content":"so"}"#, &last, r#"{"content":"!"}"#], TOOLS);
    assert_eq!(found, [call("a", "f", "{}"), Block::text("so!")]);
}

#[test]
fn the_calls_decide_what_a_finish_reason_means() {
    let one = piece(r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#);
    let stop = |deltas: &[&str], finish: &str| reply(C, &chat(deltas, finish)).stop;
    assert_eq!(stop(&[&one], STOP), StopReason::ToolUse);
    assert_eq!(stop(&[&one], "null"), StopReason::ToolUse);
    assert_eq!(stop(&[&one], r#""length""#), StopReason::MaxTokens);
    assert_eq!(stop(&[], "null"), StopReason::EndTurn);
    assert_eq!(stop(&[], r#""end""#), StopReason::EndTurn);
    assert_eq!(stop(&[], r#""content_filter""#), StopReason::Refusal);
    assert_eq!(stop(&[r#"{"refusal":"no"}"#], STOP), StopReason::Refusal);
    assert_eq!(stop(&[], r#""model_context_window_exceeded""#), StopReason::ContextWindow);
    assert_eq!(stop(&[], r#""novel""#), StopReason::Other("novel".into()));
}

#[test]
fn a_finish_reason_or_done_ends_a_stream_and_nothing_else_does() {
    let said = chunk(r#"{"content":"a"}"#);
    let finish = r#"{"id":"c1","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    assert_eq!(reply(C, &data(&[&said, finish])).blocks, [Block::text("a")]);
    assert_eq!(reply(C, &data(&[&said, "[DONE]"])).blocks, [Block::text("a")]);
    assert_eq!(reply(C, data(&[&said, "[DONE]"]).trim_end()).blocks, [Block::text("a")]);
    assert_eq!(failure(C, &data(&[&said])).kind, ErrorKind::Truncated);
    assert_eq!(failure(C, "").kind, ErrorKind::Truncated);
    assert_eq!(failure(C, &data(&["[DONE]"])).kind, ErrorKind::Truncated);
    assert_eq!(failure(C, &data(&[&said])[..40]).kind, ErrorKind::Truncated);
}

#[test]
fn usage_is_found_in_the_chunk_in_the_choice_and_after_the_finish() {
    let expected = Usage { input: 5, cache_read: 4, cache_write_short: 1, output: 3, ..Usage::default() };
    let usage = r#"{"prompt_tokens":10,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":1}}"#;
    let finish = r#""finish_reason":"stop""#;
    let late = format!(r#"{{"choices":[],"usage":{usage}}}"#);
    let streams = [
        data(&[&format!(r#"{{"choices":[{{"delta":{{}},{finish}}}],"usage":{usage}}}"#), "[DONE]"]),
        data(&[&format!(r#"{{"choices":[{{"delta":{{}},{finish},"usage":{usage}}}],"usage":null}}"#), "[DONE]"]),
        data(&[&format!(r#"{{"choices":[{{"delta":{{}},{finish}}}],"usage":null}}"#), &late, "[DONE]"]),
        data(&[&format!(r#"{{"choices":[{{"delta":{{}},{finish}}}]}}"#), &late]),
        data(&[
            &format!(r#"{{"choices":[{{"delta":{{}},{finish}}}],"usage":{usage}}}"#),
            "[DONE]",
            r#"{"choices":[{"delta":{"content":"x"}}]}"#,
        ]),
    ];
    for text in streams {
        assert_eq!(reply(C, &text).usage, expected, "{text}");
    }
}

#[test]
fn inclusive_counts_become_exclusive_ones_and_never_negative() {
    let usage =
        |json: &str| reply(C, &data(&[&format!(r#"{{"choices":[{{"finish_reason":"stop"}}],"usage":{json}}}"#)])).usage;
    let deepseek =
        usage(r#"{"prompt_tokens":10,"prompt_cache_hit_tokens":7,"prompt_cache_miss_tokens":3,"completion_tokens":1}"#);
    assert_eq!((deepseek.input, deepseek.cache_read), (3, 7));
    let parts_only = usage(r#"{"prompt_cache_hit_tokens":7,"prompt_cache_miss_tokens":3}"#);
    assert_eq!((parts_only.input, parts_only.cache_read), (3, 7));
    let kimi = usage(r#"{"prompt_tokens":10,"cached_tokens":8,"completion_tokens":1}"#);
    assert_eq!((kimi.input, kimi.cache_read), (2, 8));
    let more_cached_than_sent = usage(r#"{"prompt_tokens":5,"prompt_tokens_details":{"cached_tokens":8}}"#);
    assert_eq!((more_cached_than_sent.input, more_cached_than_sent.cache_read), (0, 8));
    let broken = usage(r#"{"prompt_tokens":-4,"completion_tokens":null,"prompt_tokens_details":null}"#);
    assert_eq!(broken, Usage::default());
    let gemini =
        usage(r#"{"prompt_tokens":1,"completion_tokens":2,"completion_tokens_details":{"reasoning_tokens":9}}"#);
    assert_eq!((gemini.output, gemini.reasoning), (11, 9));
    let twelve_hours = usage(
        r#"{"prompt_tokens":9,"prompt_tokens_details":{"cache_write_tokens":6,"cache_write_tokens_details":{"ttl_12h_tokens":4}}}"#,
    );
    assert_eq!((twelve_hours.input, twelve_hours.cache_write_short, twelve_hours.cache_write_long), (3, 2, 4));
}

#[test]
fn an_error_inside_a_stream_is_an_error_whatever_form_it_has() {
    let said = chunk(r#"{"content":"a"}"#);
    let with = |last: &str| data(&[&said, last]);
    let router = r#"{"choices":[{"delta":{},"finish_reason":"error"}],"error":{"code":502,"message":"Provider died","metadata":{"raw":"upstream"}}}"#;
    let error = failure(C, &with(router));
    assert_eq!((error.kind, error.status), (ErrorKind::Server, Some(502)));
    assert_eq!(error.message, "Provider died: upstream");
    let cases = [
        (with(r#"{"error":{"message":"slow","type":"rate_limit_error"}}"#), ErrorKind::RateLimit),
        (with(r#"{"error":"Overloaded, try later"}"#), ErrorKind::Overloaded),
        (with(r#"{"object":"error","message":"maximum context length is 5","code":400}"#), ErrorKind::Overflow),
        (with(r#"{"choices":[{"delta":{},"finish_reason":"network_error"}]}"#), ErrorKind::Server),
        (
            "event: error\ndata: {\"message\":\"no credit\",\"code\":\"insufficient_quota\"}\n\n".into(),
            ErrorKind::Billing,
        ),
        (with("{oops}"), ErrorKind::Malformed),
    ];
    for (text, kind) in cases {
        assert_eq!(failure(C, &text).kind, kind, "{text}");
    }
}

#[test]
fn every_single_cut_gives_the_same_events_with_every_line_ending() {
    let one = piece(r#"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"ü\":1}"}}"#);
    let plain = format!(": OPENROUTER PROCESSING\n\n{}", chat(&[r#"{"content":"日本"}"#, &one], TOOLS));
    let expected = events(C, &plain);
    for text in [plain.clone(), plain.replace('\n', "\r\n")] {
        for at in 0..=text.len() {
            let (before, after) = text.as_bytes().split_at(at);
            assert_eq!(stream(C, [before, after]), (expected.clone(), None), "cut at {at}");
        }
    }
}

fn sample() -> Reply {
    Reply {
        id: "c1".into(),
        model: "m".into(),
        blocks: vec![thinking("hm"), Block::text("hi"), call("t1", "read", r#"{"a": 1}"#), call("t2", "read", "{}")],
        stop: StopReason::ToolUse,
        usage: Usage { input: 3, cache_read: 2, cache_write_short: 1, cache_write_long: 0, output: 5, reasoning: 4 },
    }
}

#[test]
fn a_whole_answer_has_exactly_these_bytes_and_openais_own_shape() {
    let bytes = codec(C).write_reply(&sample());
    let expected = concat!(
        r#"{"id":"c1","object":"chat.completion","created":0,"model":"m","choices":[{"index":0,"message":{"role":"assistant","#,
        r#""content":"hi","refusal":null,"reasoning_content":"hm","tool_calls":["#,
        r#"{"id":"t1","type":"function","function":{"name":"read","arguments":"{\"a\": 1}"}},"#,
        r#"{"id":"t2","type":"function","function":{"name":"read","arguments":"{}"}}]},"logprobs":null,"finish_reason":"tool_calls"}],"#,
        r#""usage":{"prompt_tokens":6,"completion_tokens":5,"total_tokens":11,"#,
        r#""prompt_tokens_details":{"cached_tokens":2,"cache_write_tokens":1},"completion_tokens_details":{"reasoning_tokens":4}}}"#
    );
    assert_eq!(std::str::from_utf8(&bytes).unwrap(), expected);
    let typed: CreateChatCompletionResponse = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(typed.usage.map(|usage| usage.total_tokens), Some(11));
}

#[test]
fn the_usage_chunk_is_written_only_where_it_was_asked_for() {
    let lines = |include_usage: bool| {
        let mut request = Request::default();
        request.settings.chat.include_usage = include_usage;
        let text = String::from_utf8(written(C, &request, &sample(), 3)).unwrap();
        text.lines().filter_map(|line| line.strip_prefix("data: ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let asked = lines(true);
    let usage = json(asked[asked.len() - 2].as_bytes());
    assert_eq!((usage["choices"].to_string().as_str(), &usage["usage"]["total_tokens"]), ("[]", &11.into()));
    assert!(lines(false).iter().all(|line| !line.contains("usage")));
    for lines in [asked, lines(false)] {
        assert_eq!(lines.last().map(String::as_str), Some("[DONE]"));
        assert_eq!(json(lines[0].as_bytes())["choices"][0]["delta"]["role"], "assistant");
        assert_eq!(lines.iter().filter(|line| line.contains("\"role\"")).count(), 1);
        for line in &lines[..lines.len() - 1] {
            serde_json::from_str::<CreateChatCompletionStreamResponse>(line).unwrap();
        }
    }
}

#[test]
fn an_error_in_a_stream_is_a_chunk_with_an_error() {
    let error = protocol::ProviderError::new(ErrorKind::Overloaded, "busy");
    let bytes = codec(C).reply_writer(&Request::default()).error(&error);
    assert_eq!(failure(C, std::str::from_utf8(&bytes).unwrap()).kind, ErrorKind::Overloaded);
}

#[test]
fn a_whole_answer_without_choices_is_refused_and_an_error_in_it_is_an_error() {
    assert!(
        matches!(codec(C).read_reply(b"{\"choices\":[]}"), Err(WireError::Invalid { path, .. }) if path == "choices")
    );
    assert!(matches!(codec(C).read_reply(b"<html>"), Err(WireError::Invalid { .. })));
    let error = br#"{"error":{"message":"gone","code":"model_not_found"}}"#;
    assert!(matches!(codec(C).read_reply(error), Err(WireError::Provider(error)) if error.kind == ErrorKind::NotFound));
}
