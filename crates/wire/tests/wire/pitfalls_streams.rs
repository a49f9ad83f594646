//! Known pitfalls of streams that cross from one dialect to another.

use serde_json::{Value, json};
use wire::codec;
use wire::translate::Reverse;

use crate::support::{A, C, chat, chat_heard, chunk, data, heard, json, relayed, stream, told};

const STOP: &str = r#""stop""#;
const TOOLS: &str = r#""tool_calls""#;

fn piece(index: u32, id: &str, name: &str, arguments: &str) -> String {
    let function = json!({"name": name, "arguments": arguments});
    json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": function}]}).to_string()
}

fn more(index: u32, arguments: &str) -> String {
    json!({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]}).to_string()
}

#[test]
fn w01_text_that_arrives_with_the_role_is_not_lost() {
    let found = chat_heard(&[r#"{"role":"assistant","content":"first"}"#, r#"{"content":" second"}"#], STOP);
    assert_eq!(found, ["text:first second", "end_turn"]);
}

#[test]
fn w02_empty_call_lists_open_no_call_and_hide_no_later_one() {
    let call = piece(0, "t1", "read", "{}");
    let deltas = [r#"{"content":"a","tool_calls":[]}"#, r#"{"content":"b","tool_calls":null}"#, &call];
    assert_eq!(chat_heard(&deltas, TOOLS), ["text:ab", "tool_use:t1/read:{}", "tool_use"]);
}

#[test]
fn w03_reasoning_and_text_in_one_chunk_are_two_blocks() {
    let found = chat_heard(&[r#"{"reasoning_content":"hm","content":"a"}"#, r#"{"content":"b"}"#], STOP);
    assert_eq!(found, ["thinking:hm", "text:ab", "end_turn"]);
    assert_eq!(chat_heard(&[r#"{"reasoning":"only"}"#], STOP), ["thinking:only", "end_turn"]);
}

#[test]
fn w04_a_block_never_mixes_kinds_and_the_answer_starts_once() {
    let deltas = [
        r#"{"role":"assistant","content":""}"#,
        r#"{"reasoning_content":"a"}"#,
        r#"{"content":"b"}"#,
        r#"{"role":"assistant","reasoning_content":"c"}"#,
        r#"{"content":"d"}"#,
    ];
    // What the reader of a well-formed stream asserts is the point here.
    assert_eq!(chat_heard(&deltas, STOP), ["thinking:a", "text:b", "thinking:c", "text:d", "end_turn"]);
}

#[test]
fn w05_every_answer_is_opened_and_closed_even_an_empty_one() {
    assert_eq!(chat_heard(&[], STOP), ["end_turn"]);
    assert_eq!(chat_heard(&[r#"{"content":null}"#], "null"), ["end_turn"]);
    let cut = data(&[&chunk(r#"{"content":"half"}"#)]);
    let events = told(&relayed(C, A, &cut, &Reverse::default()));
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(kinds, ["message_start", "content_block_start", "content_block_delta", "error"]);
}

#[test]
fn w06_interleaved_calls_are_told_one_after_the_other() {
    let pieces = [piece(0, "a", "read", "{\"x\""), piece(3, "b", "bash", "{\"y\""), more(0, ":1}"), more(3, ":2}")];
    let deltas: Vec<&str> = pieces.iter().map(String::as_str).collect();
    assert_eq!(chat_heard(&deltas, TOOLS), ["tool_use:a/read:{\"x\":1}", "tool_use:b/bash:{\"y\":2}", "tool_use"]);
}

#[test]
fn w07_an_id_that_every_delta_repeats_opens_one_block() {
    let pieces = [piece(0, "a", "read", "{"), piece(0, "a", "read", "}")];
    let deltas: Vec<&str> = pieces.iter().map(String::as_str).collect();
    assert_eq!(chat_heard(&deltas, TOOLS), ["tool_use:a/read:{}", "tool_use"]);
}

#[test]
fn w08_a_late_name_is_waited_for_and_a_call_without_one_is_none() {
    let late = [more(0, "{\"x\":"), piece(0, "a", "read", "1}")];
    let deltas: Vec<&str> = late.iter().map(String::as_str).collect();
    assert_eq!(chat_heard(&deltas, TOOLS), ["tool_use:a/read:{\"x\":1}", "tool_use"]);
    let nameless = piece(0, "a", "", "{}");
    assert_eq!(chat_heard(&[r#"{"content":"x"}"#, &nameless], TOOLS), ["text:x", "end_turn"]);
    assert_eq!(chat_heard(&[&nameless, &piece(1, "b", "read", "{}")], TOOLS), ["tool_use:b/read:{}", "tool_use"]);
}

#[test]
fn w10_empty_arguments_are_an_empty_object_and_malformed_ones_no_crash() {
    assert_eq!(chat_heard(&[&piece(0, "a", "read", "")], TOOLS), ["tool_use:a/read:{}", "tool_use"]);
    // Streamed pieces are given on as they come; a whole answer can be repaired.
    for broken in ["{\"path\": \"a", "[1]", "nonsense"] {
        assert_eq!(chat_heard(&[&piece(0, "a", "read", broken)], TOOLS).len(), 2);
        let answer = json!({"id": "c", "model": "m", "choices": [{"index": 0, "finish_reason": "tool_calls", "message":
            {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "read", "arguments": broken}}]}}]});
        let whole = codec(C).read_reply(answer.to_string().as_bytes()).unwrap();
        assert_eq!(json(&codec(A).write_reply(&whole))["content"][0]["input"], json!({}), "{broken}");
        let back = json(&codec(C).write_reply(&whole));
        assert_eq!(back["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"], "{}", "{broken}");
    }
}

#[test]
fn w11_calls_as_geminis_own_chat_surface_streams_them_keep_arguments_and_get_legal_ids() {
    // Whole in one delta, with a signature beside them, an id that is none, or an index that is missing.
    let first = r#"{"role":"assistant","tool_calls":[{"extra_content":{"google":{"thought_signature":"c2ln"}},"function":{"arguments":"{\"path\":\"a\"}","name":"read"},"id":"__thought__c2ln+/=","type":"function"}]}"#;
    let second =
        r#"{"tool_calls":[{"function":{"arguments":"{\"path\":\"b\"}","name":"read"},"id":"","type":"function"}]}"#;
    let found = chat_heard(&[first, second], STOP);
    assert!(
        found[0].starts_with("tool_use:__thought__c2ln____") && found[0].ends_with("/read:{\"path\":\"a\"}"),
        "{found:?}"
    );
    assert!(found[1].starts_with("tool_use:call_") && found[1].ends_with("/read:{\"path\":\"b\"}"), "{found:?}");
    assert_eq!(found[2], "tool_use");
}

#[test]
fn w12_a_missing_finish_reason_and_stop_with_calls_mean_what_was_said() {
    let call = piece(0, "a", "read", "{}");
    for finish in ["null", STOP, TOOLS, r#""function_call""#] {
        assert_eq!(chat_heard(&[&call], finish).last().map(String::as_str), Some("tool_use"), "{finish}");
    }
    assert_eq!(chat_heard(&[r#"{"content":"a"}"#], "null"), ["text:a", "end_turn"]);
}

#[test]
fn w13_usage_is_found_wherever_it_comes_and_what_follows_done_is_nothing() {
    let usage = r#"{"prompt_tokens":10,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}"#;
    let finish = r#"{"index":0,"delta":{},"finish_reason":"stop""#;
    let streams = [
        data(&[
            &format!(r#"{{"choices":[{finish}}}],"usage":null}}"#),
            &format!(r#"{{"choices":[],"usage":{usage}}}"#),
            "[DONE]",
        ]),
        data(&[&format!(r#"{{"choices":[{finish},"usage":{usage}}}],"usage":null}}"#), "[DONE]"]),
        data(&[&format!(r#"{{"choices":[{finish}}}],"usage":{usage}}}"#), "[DONE]", &chunk(r#"{"content":"late"}"#)]),
    ];
    for text in streams {
        let out = relayed(C, A, &text, &Reverse::default());
        assert_eq!(heard(&out), ["end_turn"]);
        let last = told(&out).into_iter().find(|event| event["type"] == "message_delta").unwrap();
        assert_eq!(last["usage"]["input_tokens"], 6, "{text}");
        assert_eq!(
            (&last["usage"]["cache_read_input_tokens"], &last["usage"]["output_tokens"]),
            (&json!(4), &json!(3))
        );
    }
}

#[test]
fn w14_cuts_in_characters_line_endings_comments_and_data_lines_change_nothing() {
    let plain = chat(&[r#"{"content":"日本 😀"}"#], STOP);
    let expected = heard(&relayed(C, A, &plain, &Reverse::default()));
    assert_eq!(expected, ["text:日本 😀", "end_turn"]);
    let split = plain.replace(r#","choices":"#, "\ndata: ,\"choices\":");
    for text in [plain.replace('\n', "\r\n"), format!(": OPENROUTER PROCESSING\n\n{plain}"), split] {
        assert_eq!(heard(&relayed(C, A, &text, &Reverse::default())), expected);
        for at in 0..text.len() {
            let (before, after) = text.as_bytes().split_at(at);
            assert_eq!(stream(C, [before, after]).1, None, "cut at {at}");
        }
    }
}

#[test]
fn w17_a_streamed_answer_and_a_whole_one_say_the_same() {
    let message = json!({"role": "assistant", "reasoning_content": "hm", "content": "a", "tool_calls": [
        {"id": "t1", "type": "function", "function": {"name": "read", "arguments": "{\"path\":\"x\"}"}}]});
    let usage = json!({"prompt_tokens": 9, "completion_tokens": 2});
    let whole = json!({"id": "c1", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}], "usage": usage});
    let whole = codec(C).read_reply(whole.to_string().as_bytes()).unwrap();
    let mut streamed = message;
    streamed["tool_calls"][0]["index"] = json!(0);
    let finish = json!({"id": "c1", "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}], "usage": usage});
    let lines = [chunk(&streamed.to_string()), finish.to_string(), "[DONE]".to_owned()];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let out = relayed(C, A, &data(&lines), &Reverse::default());
    assert_eq!(crate::support::reply(A, &out), whole);
    let blocks = json(&codec(A).write_reply(&whole))["content"].clone();
    let kinds: Vec<&Value> = blocks.as_array().unwrap().iter().map(|block| &block["type"]).collect();
    assert_eq!(kinds, ["thinking", "text", "tool_use"]);
}

#[test]
fn w18_the_order_of_blocks_is_kept() {
    let start =
        r#"{"type":"message_start","message":{"id":"m1","model":"m","usage":{"input_tokens":1,"output_tokens":1}}}"#;
    let text = |index: u32, text: &str| {
        [
            json!({"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}})
                .to_string(),
            json!({"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}})
                .to_string(),
            json!({"type": "content_block_stop", "index": index}).to_string(),
        ]
    };
    let call = [
        json!({"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}}}).to_string(),
        json!({"type": "content_block_stop", "index": 1}).to_string(),
    ];
    let end = [
        r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":2}}"#.to_owned(),
        r#"{"type":"message_stop"}"#.to_owned(),
    ];
    let mut lines = vec![start.to_owned()];
    lines.extend(text(0, "before").into_iter().chain(call).chain(text(2, "after")).chain(end));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let input = data(&lines);
    assert_eq!(
        heard(&relayed(A, A, &input, &Reverse::default())),
        ["text:before", "tool_use:t/f:{}", "text:after", "tool_use"]
    );
    let chat = told(&relayed(A, C, &input, &Reverse::default()));
    let said: Vec<String> = chat
        .iter()
        .filter_map(|chunk| {
            let delta = &chunk["choices"][0]["delta"];
            let text = delta["content"].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
            text.or_else(|| delta["tool_calls"][0]["id"].as_str().map(str::to_owned))
        })
        .collect();
    assert_eq!(said, ["before", "t", "after"]);
}

#[test]
fn w19_no_empty_text_block_stands_before_a_call() {
    let call = piece(0, "a", "read", "{}");
    let found = chat_heard(&[r#"{"role":"assistant","content":""}"#, r#"{"content":null}"#, &call], TOOLS);
    assert_eq!(found, ["tool_use:a/read:{}", "tool_use"]);
}

#[test]
fn w20_the_role_is_said_once_and_an_answer_without_an_id_gets_the_requests_own() {
    let out = relayed(
        A,
        C,
        &relayed(C, A, &chat(&[r#"{"content":"a"}"#, r#"{"content":"b"}"#], STOP), &Reverse::default()),
        &Reverse::default(),
    );
    assert_eq!(out.matches(r#""role":"assistant""#).count(), 1);
    let nameless = chat(&[r#"{"content":"a"}"#], STOP).replace(r#""id":"c1","#, "");
    let mut target = crate::support::target(C);
    let mut ids = Vec::new();
    for id in ["req-1", "req-2"] {
        target.fallback_id = id.into();
        let (_, reverse) = crate::support::prepared(A, &crate::support::anthropic_body(""), &target);
        ids.push(told(&relayed(C, A, &nameless, &reverse))[0]["message"]["id"].clone());
    }
    assert_eq!(ids, ["req-1", "req-2"]);
}
