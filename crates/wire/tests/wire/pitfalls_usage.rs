//! Known pitfalls of token counts.

use serde_json::{Value, json};
use wire::codec;
use wire::translate::Reverse;

use crate::support::{A, C, anthropic_body, chat, data, json, prepared, relayed, reply, target, told};

fn finished(usage: &Value) -> String {
    data(&[&json!({"id": "c", "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage}).to_string(), "[DONE]"])
}

fn last(stream: &str) -> Value {
    told(stream).into_iter().find(|event| event["type"] == "message_delta").unwrap()["usage"].clone()
}

fn anthropic(usage: &Value) -> String {
    data(&[
        &json!({"type": "message_start", "message": {"id": "m", "model": "m", "usage": usage}}).to_string(),
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":7,"input_tokens":null}}"#,
        r#"{"type":"message_stop"}"#,
    ])
}

#[test]
fn w57_inclusive_and_exclusive_counts_are_converted_and_never_negative() {
    let found = last(&relayed(
        C,
        A,
        &finished(&json!({"prompt_tokens": 100, "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30}})),
        &Reverse::default(),
    ));
    assert_eq!(
        (&found["input_tokens"], &found["cache_read_input_tokens"], &found["cache_creation_input_tokens"]),
        (&json!(10), &json!(60), &json!(30))
    );
    let odd = last(&relayed(
        C,
        A,
        &finished(&json!({"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 8}})),
        &Reverse::default(),
    ));
    assert_eq!((&odd["input_tokens"], &odd["cache_read_input_tokens"]), (&json!(0), &json!(8)));
    let there = relayed(
        A,
        C,
        &anthropic(&json!({"input_tokens": 10, "cache_read_input_tokens": 60, "cache_creation_input_tokens": 30})),
        &Reverse::default(),
    );
    let counts = told(&there).pop().unwrap()["usage"].clone();
    assert_eq!((&counts["prompt_tokens"], &counts["total_tokens"]), (&json!(100), &json!(107)));
    assert_eq!(counts["prompt_tokens_details"], json!({"cached_tokens": 60, "cache_write_tokens": 30}));
}

#[test]
fn w58_the_start_of_an_answer_tells_the_prompts_size_and_its_end_the_servers_count() {
    let long = json!({"role": "user", "content": "x".repeat(4_000)}).to_string();
    let (_, reverse) = prepared(A, &anthropic_body(&long), &target(C));
    let text = chat(&[r#"{"content":"a"}"#], r#""stop""#);
    let late = text.replace(
        "data: [DONE]",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1234,\"completion_tokens\":1}}\n\ndata: [DONE]",
    );
    let out = relayed(C, A, &late, &reverse);
    let estimate = told(&out)[0]["message"]["usage"]["input_tokens"].as_u64().unwrap();
    assert!((1_000..1_100).contains(&estimate), "{estimate}");
    assert_eq!(last(&out)["input_tokens"], 1_234);
    // What the server has told at the start is not overwritten by null at the end.
    let known =
        relayed(A, A, &anthropic(&json!({"input_tokens": 9, "cache_read_input_tokens": 4})), &Reverse::default());
    assert_eq!(
        (&told(&known)[0]["message"]["usage"]["input_tokens"], &last(&known)["input_tokens"]),
        (&json!(9), &json!(9))
    );
}

#[test]
fn w59_cache_writes_keep_their_lifetimes_and_their_zero() {
    let usage = json!({"input_tokens": 1, "cache_creation_input_tokens": 30,
        "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}});
    let counts = told(&relayed(A, C, &anthropic(&usage), &Reverse::default())).pop().unwrap()["usage"].clone();
    let details = &counts["prompt_tokens_details"];
    assert_eq!(
        (&details["cache_write_tokens"], &details["cache_write_tokens_details"]),
        (&json!(30), &json!({"ttl_30m_tokens": 10, "ttl_12h_tokens": 20}))
    );
    let back = last(&relayed(C, A, &finished(&counts), &Reverse::default()));
    assert_eq!(back["cache_creation"], usage["cache_creation"]);
    let none = told(&relayed(
        A,
        C,
        &anthropic(&json!({"input_tokens": 1, "cache_creation_input_tokens": 0})),
        &Reverse::default(),
    ))
    .pop()
    .unwrap();
    assert_eq!(none["usage"]["prompt_tokens_details"]["cache_write_tokens"], 0);
}

#[test]
fn w60_every_servers_names_for_its_counts_are_known() {
    let read = |usage: Value| last(&relayed(C, A, &finished(&usage), &Reverse::default()));
    let deepseek = read(
        json!({"prompt_tokens": 10, "prompt_cache_hit_tokens": 7, "prompt_cache_miss_tokens": 3, "completion_tokens": 1}),
    );
    let kimi = read(json!({"prompt_tokens": 10, "cached_tokens": 7, "completion_tokens": 1}));
    for found in [deepseek, kimi] {
        assert_eq!((&found["input_tokens"], &found["cache_read_input_tokens"]), (&json!(3), &json!(7)));
    }
    let gemini =
        read(json!({"prompt_tokens": 1, "completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 9}}));
    assert_eq!(gemini["output_tokens"], 11);
}

#[test]
fn w61_usage_in_the_stream_is_asked_for_upstream_and_given_to_the_client_only_where_it_asked() {
    let body = r#"{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"x"}]}"#;
    assert_eq!(prepared(A, body, &target(C)).0["stream_options"], json!({"include_usage": true}));
    let mut without = target(C);
    without.chat.include_usage = false;
    assert_eq!(prepared(A, body, &without).0.get("stream_options"), None);
    // The writer is made from the request as it was read, so the client that did not ask is not told.
    let silent = crate::support::read(C, r#"{"model":"m","stream":true,"messages":[]}"#).unwrap();
    let mut writer = codec(C).reply_writer(&silent);
    let events = crate::support::events(A, &anthropic(&json!({"input_tokens": 3})));
    let out: Vec<u8> = events.iter().flat_map(|event| writer.push(event)).collect();
    assert!(!String::from_utf8(out).unwrap().contains("usage"));
    let whole = reply(A, &anthropic(&json!({"input_tokens": 3})));
    assert_eq!(json(&codec(C).write_reply(&whole))["usage"]["prompt_tokens"], 3);
}
