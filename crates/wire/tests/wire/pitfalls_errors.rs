//! Known pitfalls of errors, stop reasons, limits and what has no form elsewhere.

use protocol::{ErrorKind, ProviderError};
use serde_json::{Value, json};
use wire::translate::{Reverse, Target, prepare};
use wire::{WireError, codec};

use crate::support::{
    A, C, anthropic_body, chat, chat_body, chunk, data, heard, json, prepared, read, relayed, sent, target, told,
};

const ASK: &str = r#"{"role":"user","content":"go"}"#;

#[test]
fn w62_an_error_behind_a_200_is_an_error_event_and_not_the_end_of_a_turn() {
    let said = chunk(r#"{"content":"half"}"#);
    let cases = [
        data(&[&said, r#"{"error":{"message":"busy","code":"server_is_overloaded"}}"#]),
        data(&[&said, r#"{"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}"#]),
        data(&[r#"{"error":{"message":"busy","type":"overloaded_error"}}"#]),
        data(&[&said]),
    ];
    for text in cases {
        let events = told(&relayed(C, A, &text, &Reverse::default()));
        assert_eq!(events.last().unwrap()["type"], "error", "{text}");
        assert!(events.iter().all(|event| event["type"] != "message_stop"), "{text}");
    }
    let broken = data(&[
        r#"{"type":"message_start","message":{"id":"m","model":"m"}}"#,
        r#"{"type":"error","error":{"type":"overloaded_error","message":"busy"}}"#,
    ]);
    let chunks = relayed(A, C, &broken, &Reverse::default());
    assert_eq!(told(&chunks).last().unwrap()["error"]["code"], "server_is_overloaded");
    assert!(!chunks.contains("[DONE]"), "{chunks}");
}

#[test]
fn w64_errors_keep_their_kind_across_dialects_and_an_overflow_its_words() {
    let crossed = |from, to, status: u16, body: Value| {
        let header = |name: &str| (name == "retry-after").then(|| "7".to_owned());
        let error = codec(from).read_error(status, &header, body.to_string().as_bytes());
        let (status, body) = codec(to).write_error(&error);
        (status, json(&body)["error"].clone(), error)
    };
    let openai =
        |message: &str, kind: &str, code: &str| json!({"error": {"message": message, "type": kind, "code": code}});
    let anthropic = |kind: &str, message: &str| json!({"type": "error", "error": {"type": kind, "message": message}});
    let (status, body, _) = crossed(C, A, 503, openai("busy", "server_error", "server_is_overloaded"));
    assert_eq!((status, &body["type"]), (529, &json!("overloaded_error")));
    let (status, body, _) = crossed(A, C, 529, anthropic("overloaded_error", "Overloaded"));
    assert_eq!((status, &body["code"]), (503, &json!("server_is_overloaded")));
    let (status, _, error) = crossed(C, A, 429, openai("slow", "requests", "rate_limit_exceeded"));
    assert_eq!((status, error.retry_after_ms), (429, Some(7_000)));
    let (status, body, _) =
        crossed(C, A, 429, openai("You exceeded your current quota", "insufficient_quota", "insufficient_quota"));
    assert_eq!((status, &body["type"]), (402, &json!("billing_error")));
    let words = "Your input exceeds the context window of this model";
    for (status, code) in [(400, "context_length_exceeded"), (413, "x")] {
        let (status, body, _) = crossed(C, A, status, openai(words, "invalid_request_error", code));
        assert_eq!((status, &body["message"]), (400, &json!(format!("prompt is too long: {words}"))));
    }
    // Cerebras says nothing at all; a body that is too large is something else.
    let silent = codec(C).read_error(413, &|_| None, b"");
    assert!(
        json(&codec(A).write_error(&silent).1)["error"]["message"].as_str().unwrap().starts_with("prompt is too long")
    );
    let (status, body, _) = crossed(A, A, 413, anthropic("request_too_large", "Request exceeds the maximum size"));
    assert_eq!((status, &body["type"]), (413, &json!("request_too_large")));
    let (_, body, _) =
        crossed(A, C, 400, anthropic("invalid_request_error", "prompt is too long: 213462 tokens > 200000 maximum"));
    assert_eq!(body["code"], "context_length_exceeded");
}

#[test]
fn w65_every_reason_to_stop_has_its_word_in_the_other_dialect() {
    let (_, reverse) = prepared(A, &anthropic_body(ASK), &target(C));
    let here = |finish: &str| heard(&relayed(C, A, &chat(&[], &format!("\"{finish}\"")), &reverse)).pop().unwrap();
    let pairs = [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("content_filter", "refusal"),
        ("model_context_window_exceeded", "model_context_window_exceeded"),
        ("novel", "end_turn"),
    ];
    for (word, expected) in pairs {
        assert_eq!(here(word), expected, "{word}");
    }
    let (_, reverse) = prepared(C, &chat_body(ASK), &target(A));
    let there = |stop: &str| {
        let text = data(&[
            r#"{"type":"message_start","message":{"id":"m","model":"m"}}"#,
            &json!({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 1}})
                .to_string(),
            r#"{"type":"message_stop"}"#,
        ]);
        let chunks = told(&relayed(A, C, &text, &reverse));
        chunks.iter().find_map(|chunk| chunk["choices"][0]["finish_reason"].as_str().map(str::to_owned)).unwrap()
    };
    let pairs = [
        ("end_turn", "stop"),
        ("max_tokens", "length"),
        ("tool_use", "tool_calls"),
        ("stop_sequence", "stop"),
        ("refusal", "content_filter"),
        ("pause_turn", "stop"),
        ("model_context_window_exceeded", "length"),
        ("compaction", "stop"),
    ];
    for (word, expected) in pairs {
        assert_eq!(there(word), expected, "{word}");
    }
}

#[test]
fn w66_stop_sequences_are_a_list_of_what_the_server_takes() {
    let found =
        |stop: &str, to| sent(C, &chat_body(ASK).replace(r#""messages""#, &format!(r#""stop":{stop},"messages""#)), to);
    assert_eq!(found(r#""END""#, A)["stop_sequences"], json!(["END"]));
    assert_eq!(found(r#"["a"," ","b"]"#, A)["stop_sequences"], json!(["a", "b"]));
    for empty in ["null", "[]", r#""""#, r#"[""]"#] {
        assert_eq!((found(empty, A).get("stop_sequences"), found(empty, C).get("stop")), (None, None), "{empty}");
    }
    let many = anthropic_body(ASK).replace(r#""messages""#, r#""stop_sequences":["1","2","3","4","5"],"messages""#);
    assert_eq!(sent(A, &many, C)["stop"], json!(["1", "2", "3", "4"]));
    assert_eq!(sent(A, &many, A)["stop_sequences"].as_array().unwrap().len(), 5);
}

#[test]
fn w67_the_bound_of_an_answer_has_each_servers_name_and_lies_within_what_it_takes() {
    let with = |field: &str| chat_body(ASK).replace(r#""messages""#, &format!(r#"{field},"messages""#));
    assert_eq!(sent(C, &chat_body(ASK), A)["max_tokens"], 8_192);
    let known = Target { max_output: Some(64_000), ..target(A) };
    assert_eq!(prepared(C, &chat_body(ASK), &known).0["max_tokens"], 32_000);
    assert_eq!(prepared(C, &with(r#""max_completion_tokens":99999"#), &known).0["max_tokens"], 64_000);
    assert_eq!(sent(C, &with(r#""max_tokens":77"#), A)["max_tokens"], 77);
    let there = sent(A, &anthropic_body(ASK), C);
    assert_eq!((&there["max_completion_tokens"], there.get("max_tokens")), (&json!(9_000), None));
    let mut older = target(C);
    older.chat.max_tokens_field = "max_tokens".into();
    let there = prepared(A, &anthropic_body(ASK), &older).0;
    assert_eq!((&there["max_tokens"], there.get("max_completion_tokens")), (&json!(9_000), None));
    let probe = anthropic_body(ASK).replace("9000", "1");
    assert_eq!(sent(A, &probe, crate::support::R)["max_output_tokens"], 16);
    assert_eq!(sent(A, &anthropic_body(ASK).replace("9000", "0"), C)["max_completion_tokens"], 1);
}

#[test]
fn w68_unknown_fields_stay_within_their_dialect_and_what_cannot_be_said_fails_by_name() {
    let body =
        anthropic_body(ASK).replace(r#""messages""#, r#""novel":{"x": 1},"metadata":{"user_id":"u"},"messages""#);
    assert_eq!(sent(A, &body, A)["novel"], json!({"x": 1}));
    let there = sent(A, &body, C);
    assert_eq!((there.get("novel"), there.get("metadata")), (None, None));
    let untranslatable = |from, body: &str, to| {
        let mut request = read(from, body).unwrap();
        match prepare(&mut request, from, &target(to)) {
            Err(WireError::Untranslatable(what)) => what,
            other => panic!("{other:?}"),
        }
    };
    let sealed = anthropic_body(r#"{"role":"user","content":[{"type":"container_upload","file_id":"f"}]}"#);
    assert_eq!(
        untranslatable(A, &sealed, C),
        "a part of Anthropic Messages of type \"container_upload\", in Chat Completions"
    );
    let compacted = anthropic_body(r#"{"role":"user","content":[{"type":"compaction","encrypted_content":"e"}]}"#);
    assert!(untranslatable(A, &compacted, C).contains("compaction"));
    let audio = chat_body(r#"{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"x"}}]}"#);
    assert!(untranslatable(C, &audio, A).contains("input_audio"));
}

#[test]
fn w69_media_keep_their_order_and_models_that_cannot_see_are_told_so() {
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}});
    let linked = json!({"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}});
    let pdf = json!({"type": "document", "title": "spec.pdf", "source": {"type": "base64", "media_type": "application/pdf", "data": "UERG"}});
    let note = json!({"type": "document", "title": "note", "source": {"type": "text", "media_type": "text/plain", "data": "plain words"}});
    let user = json!({"role": "user", "content": [{"type": "text", "text": "a"}, image, linked, pdf, note, {"type": "text", "text": "b"}]});
    let body = anthropic_body(&user.to_string());
    let sees = Target { documents: true, ..target(C) };
    let found = prepared(A, &body, &sees).0["messages"][1]["content"].clone();
    assert_eq!(found[1]["image_url"]["url"], "data:image/png;base64,AAAA");
    assert_eq!(found[2]["image_url"]["url"], "https://x.test/a.png");
    assert_eq!(
        found[3],
        json!({"type": "file", "file": {"filename": "spec.pdf", "file_data": "data:application/pdf;base64,UERG"}})
    );
    assert_eq!((&found[4]["text"], &found[5]["text"]), (&json!("note\nplain words"), &json!("b")));
    let blind = Target { images: false, documents: false, ..target(C) };
    let found = prepared(A, &body, &blind).0.to_string();
    assert_eq!(found.matches("an image was left out").count(), 2);
    assert!(
        found.contains("a document was left out") && found.contains("spec.pdf") && !found.contains("AAAA"),
        "{found}"
    );
    // The other way, and in tools' answers.
    let file =
        json!({"type": "file", "file": {"filename": "spec.pdf", "file_data": "data:application/pdf;base64,UERG"}});
    let there = sent(C, &chat_body(&json!({"role": "user", "content": [file]}).to_string()), A);
    assert_eq!(there["messages"][0]["content"][0]["source"], pdf["source"]);
    let used = json!({"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "read", "input": {}}]});
    let result = json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "page"}, pdf, image]}]});
    let found = prepared(A, &anthropic_body(&format!("{ASK},{used},{result}")), &sees).0;
    let last = found["messages"].as_array().unwrap().last().unwrap()["content"].to_string();
    assert!(last.contains("UERG") && last.contains("AAAA"), "{found}");
    let shown = prepared(A, &anthropic_body(&format!("{ASK},{used},{result}")), &blind).0.to_string();
    assert!(shown.contains("page") && shown.contains("an image was left out"), "{shown}");
}

#[test]
fn w70_the_server_gets_its_own_name_of_the_model_and_the_client_the_one_it_is_to_see() {
    let routed = Target { model: "gpt-6-luna".into(), shown_model: Some("claude-opus-5-5[1m]".into()), ..target(C) };
    let (found, reverse) = prepared(A, &anthropic_body(ASK), &routed);
    assert_eq!(found["model"], "gpt-6-luna");
    let out = told(&relayed(C, A, &chat(&[r#"{"content":"a"}"#], r#""stop""#), &reverse));
    assert_eq!(out[0]["message"]["model"], "claude-opus-5-5[1m]");
    let mut whole = crate::support::reply(C, &chat(&[r#"{"content":"a"}"#], r#""stop""#));
    reverse.reply(&mut whole);
    assert_eq!(json(&codec(A).write_reply(&whole))["model"], "claude-opus-5-5[1m]");
}

#[test]
fn an_error_without_a_kind_of_its_own_is_the_servers() {
    let (status, body) =
        codec(A).write_error(&ProviderError::new(ErrorKind::Truncated, "stream ended before message_stop"));
    assert_eq!((status, &json(&body)["error"]["type"]), (502, &json!("api_error")));
}
