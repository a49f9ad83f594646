//! Known pitfalls of reasoning: its seals, its place, and how much of it is asked for.

use protocol::{Block, Effort, Reply, StopReason, Usage};
use serde_json::{Value, json};
use wire::translate::{Target, ThinkingStyle, is_sealed};
use wire::{codec, replay};

use crate::support::{
    A, C, R, anthropic_body, chat, chat_body, chat_heard, heard, json, prepared, relayed, sent, target, told,
};

const ASK: &str = r#"{"role":"user","content":"go"}"#;

fn turn(blocks: &Value) -> String {
    [ASK.to_owned(), json!({"role": "assistant", "content": blocks}).to_string(), ASK.to_owned()].join(",")
}

fn thinking(text: &str, signature: &str) -> Value {
    json!({"type": "thinking", "thinking": text, "signature": signature})
}

/// The blocks of the second message that the target gets.
fn second(messages: &str, to: &Target) -> Value {
    prepared(A, &anthropic_body(messages), to).0["messages"][1]["content"].clone()
}

/// An answer of Claude's with sealed reasoning, whole.
fn sealed() -> Reply {
    Reply {
        id: "m1".into(),
        model: "claude".into(),
        blocks: vec![
            Block::Thinking { text: "step".into(), signature: Some("c2ln+/==".into()) },
            Block::RedactedThinking { data: "ZGF0YQ==".into() },
            Block::ToolCall { id: "t1".into(), name: "read".into(), arguments: "{}".into() },
        ],
        stop: StopReason::ToolUse,
        usage: Usage::default(),
    }
}

#[test]
fn w38_sealed_reasoning_goes_through_a_client_of_another_dialect_and_comes_back_byte_for_byte() {
    // Claude behind a client of Responses: what it replays is what Claude sealed.
    let body = r#"{"model":"m","input":[{"type":"message","role":"user","content":"go"}]}"#;
    let (_, reverse) = prepared(R, body, &target(A));
    let mut writer = codec(R).reply_writer(&crate::support::read(R, body).unwrap());
    let mut back = reverse.clone();
    let mut out = Vec::new();
    for mut event in replay(&sealed(), 2) {
        back.event(&mut event);
        out.extend(writer.push(&event));
    }
    let events = told(std::str::from_utf8(&out).unwrap());
    let done = events.iter().filter(|event| event["type"] == "response.output_item.done");
    let mut input = vec![json!({"type": "message", "role": "user", "content": "go"})];
    input.extend(done.map(|event| event["item"].clone()));
    input.push(json!({"type": "function_call_output", "call_id": "t1", "output": "x"}));
    let replayed = json!({"model": "m", "input": input}).to_string();
    assert!(is_sealed(replayed.as_bytes()), "not to be passed through to anybody else");
    let again = prepared(R, &replayed, &target(A)).0["messages"][1]["content"].clone();
    assert_eq!(again[0], thinking("step", "c2ln+/=="));
    assert_eq!(again[1], json!({"type": "redacted_thinking", "data": "ZGF0YQ=="}));
    // And nobody else is sent it.
    for other in [target(C), target(R), Target::new(A, "minimax")] {
        let text = prepared(R, &replayed, &other).0.to_string();
        assert!(!text.contains("c2ln") && !text.contains("ZGF0YQ"), "{text}");
    }
}

#[test]
fn w39_signature_only_reasoning_is_kept_and_reasoning_without_one_only_where_it_is_taken() {
    let native = Target { owns_unnamed_seals: true, ..target(A) };
    let kept = second(&turn(&json!([thinking("", "c2ln"), {"type": "text", "text": "a"}])), &native);
    assert_eq!(kept[0], thinking("", "c2ln"));
    let unsealed = turn(&json!([thinking("hm", ""), {"type": "text", "text": "a"}]));
    assert_eq!(second(&unsealed, &native)[0]["type"], "text");
    let imitation = Target { unsealed_thinking: true, ..Target::new(A, "minimax") };
    assert_eq!(second(&unsealed, &imitation)[0], thinking("hm", ""));
    let start = r#"{"type":"message_start","message":{"id":"m","model":"m"}}"#;
    let lines = [
        start,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}"#,
        r#"{"type":"content_block_stop","index":0}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}"#,
        r#"{"type":"message_stop"}"#,
    ];
    let out = relayed(A, A, &crate::support::data(&lines), &wire::translate::Reverse::default());
    assert_eq!(heard(&out), ["thinking:|c2ln", "end_turn"]);
}

#[test]
fn w40_reasoning_that_another_model_sealed_is_taken_out_and_its_own_left_alone() {
    let mixed = turn(
        &json!([thinking("hm", "Zm9yZWlnbg=="), {"type": "redacted_thinking", "data": "eHg="}, {"type": "text", "text": "a"}]),
    );
    let native = Target { owns_unnamed_seals: true, ..target(A) };
    assert_eq!(second(&mixed, &native)[1], json!({"type": "redacted_thinking", "data": "eHg="}));
    for other in [target(A), Target::new(A, "deepseek")] {
        assert_eq!(second(&mixed, &other), json!([{"type": "text", "text": "a"}]));
    }
    assert_eq!(prepared(A, &anthropic_body(&mixed), &target(C)).0["messages"][2]["content"], json!("a"));
    // A turn that said nothing else goes as a whole.
    let only = turn(&json!([thinking("hm", "Zm9yZWlnbg==")]));
    for to in [target(A), target(C)] {
        let roles = prepared(A, &anthropic_body(&only), &to).0["messages"].to_string();
        assert!(!roles.contains("assistant"), "{roles}");
    }
    // What one family sealed on the way through is not another's.
    let (_, reverse) = prepared(A, &anthropic_body(ASK), &Target::new(A, "minimax"));
    let mut said = sealed();
    reverse.reply(&mut said);
    let blocks = json(&codec(A).write_reply(&said))["content"].clone();
    let history = [ASK.to_owned(), json!({"role": "assistant", "content": blocks}).to_string()].join(",");
    assert!(is_sealed(history.as_bytes()));
    assert_eq!(second(&history, &native)[0]["type"], "tool_use");
    assert_eq!(second(&history, &Target::new(A, "minimax"))[0], thinking("step", "c2ln+/=="));
}

#[test]
fn w41_reasoning_comes_before_what_it_led_to() {
    let late = json!([{"type": "text", "text": "a"}, thinking("hm", ""), {"type": "tool_use", "id": "t", "name": "read", "input": {}}]);
    let imitation = Target { unsealed_thinking: true, ..Target::new(A, "minimax") };
    // Within a dialect the order was the provider's own.
    assert_eq!(second(&turn(&late), &imitation)[0]["type"], "text");
    let chat = json!({"role": "assistant", "content": "a", "reasoning_content": "hm"}).to_string();
    let early =
        prepared(C, &chat_body(&[ASK, r#"{"role":"assistant","content":"first"}"#, &chat, ASK].join(",")), &imitation)
            .0;
    assert_eq!(early["messages"][1]["content"][0], thinking("hm", ""));
    assert_eq!(
        chat_heard(&[r#"{"content":"a","reasoning_content":"hm"}"#], r#""stop""#),
        ["thinking:hm", "text:a", "end_turn"]
    );
}

#[test]
fn w42_reasoning_content_is_replayed_where_it_is_required_and_absent_where_it_is_not() {
    let history = turn(&json!([thinking("hm", ""), {"type": "text", "text": "a"}]));
    let bare = turn(&json!([{"type": "text", "text": "a"}]));
    let mut deepseek = Target::new(C, "deepseek");
    deepseek.chat.replay_reasoning_content = true;
    let replayed = |messages: &str, to: &Target| prepared(A, &anthropic_body(messages), to).0["messages"][2].clone();
    assert_eq!(replayed(&history, &deepseek)["reasoning_content"], "hm");
    assert_eq!(replayed(&bare, &deepseek)["reasoning_content"], "");
    assert_eq!(replayed(&history, &target(C)).get("reasoning_content"), None);
    let twice = r#"{"reasoning_content":"hm","reasoning":"hm"}"#;
    assert_eq!(chat_heard(&[twice], r#""stop""#), ["thinking:hm", "end_turn"]);
}

#[test]
fn w44_efforts_and_budgets_are_one_ladder_within_what_the_model_takes() {
    let with = |fields: &str| {
        anthropic_body(ASK).replace(r#""messages""#, &format!(r#"{fields},"messages""#)).replace("9000", "64000")
    };
    let effort = |fields: &str, to: &Target| prepared(A, &with(fields), to).0["reasoning_effort"].clone();
    let budget = |tokens: u32| format!(r#""thinking":{{"type":"enabled","budget_tokens":{tokens}}}"#);
    let ladder = [(1_024, "minimal"), (2_048, "low"), (10_000, "medium"), (31_999, "high"), (60_000, "xhigh")];
    for (tokens, word) in ladder {
        assert_eq!(effort(&budget(tokens), &target(C)), word, "{tokens}");
    }
    let few = Target { efforts: vec![Effort::Low, Effort::High], ..target(C) };
    assert_eq!(effort(&budget(60_000), &few), "high");
    assert_eq!(effort(&budget(10_000), &few), "low");
    assert_eq!(effort(r#""thinking":{"type":"disabled"}"#, &target(C)), "none");
    assert_eq!(effort(r#""thinking":{"type":"disabled"}"#, &few), "low");
    assert_eq!(effort(r#""thinking":{"type":"adaptive"},"output_config":{"effort":"max"}"#, &target(C)), "xhigh");
    assert_eq!(effort(r#""thinking":{"type":"adaptive"}"#, &target(C)), "high");
    assert_eq!(effort(r#""top_k":1"#, &target(C)), Value::Null);
    let with_tools = Target { tools_with_effort: false, ..target(C) };
    assert_eq!(effort(&budget(10_000), &with_tools), "none");
    let chat = |word: &str| {
        chat_body(ASK)
            .replace(r#""messages""#, &format!(r#""reasoning_effort":"{word}","messages""#))
            .replace(r#""tools""#, r#""unknown""#)
    };
    let adaptive = sent(C, &chat("minimal"), A);
    assert_eq!(
        (&adaptive["thinking"], &adaptive["output_config"]["effort"]),
        (&json!({"type": "adaptive"}), &json!("low"))
    );
    assert_eq!(sent(C, &chat("none"), A)["thinking"], json!({"type": "disabled"}));
    let always = Target { thinking_always_on: true, ..target(A) };
    assert_eq!(prepared(C, &chat("none"), &always).0.get("thinking"), None);
    let old = Target { thinking: ThinkingStyle::Budget, efforts: vec![], max_output: Some(64_000), ..target(A) };
    for (word, tokens) in [("low", 2_048), ("medium", 8_192), ("high", 16_000), ("xhigh", 16_000)] {
        let found = prepared(C, &chat(word), &old).0;
        assert_eq!(found["thinking"]["budget_tokens"], tokens, "{word}: at most half of max_tokens");
        assert_eq!(found.get("output_config"), None);
    }
    // A client of Chat Completions cannot replay what a budget with tools needs replayed.
    let tools = chat_body(ASK).replace(r#""messages""#, r#""reasoning_effort":"high","messages""#);
    assert_eq!(prepared(C, &tools, &old).0.get("thinking"), None);
    // Within the dialect: from a budget to a model that decides itself, and back.
    let newer = prepared(A, &with(&budget(31_999)), &target(A)).0;
    assert_eq!((&newer["thinking"], &newer["output_config"]["effort"]), (&json!({"type": "adaptive"}), &json!("high")));
    let older = prepared(A, &with(r#""thinking":{"type":"adaptive","display":"omitted"}"#), &old).0;
    assert_eq!(older["thinking"], json!({"type": "enabled", "budget_tokens": 24_576}));
    let up_to = Target { thinking_off_up_to: Some(Effort::High), ..target(A) };
    let off = |effort: &str| {
        prepared(
            A,
            &with(&format!(r#""thinking":{{"type":"disabled"}},"output_config":{{"effort":"{effort}"}}"#)),
            &up_to,
        )
        .0
    };
    assert_eq!(off("high")["thinking"]["type"], "disabled");
    assert_eq!(off("max").get("thinking"), None);
}

#[test]
fn w45_responses_reasoning_is_one_block_per_item_with_the_final_seal() {
    let item = |sealed: Value| json!({"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": sealed});
    let answer = json!({"id": "r1", "object": "response", "model": "m", "status": "completed", "output": [
        item(json!("FINAL")), {"type": "message", "role": "assistant", "id": "msg_1", "status": "completed", "content": [{"type": "output_text", "text": "a", "annotations": []}]}],
        "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}});
    let events = [
        json!({"type": "response.created", "sequence_number": 0, "response": {"id": "r1", "model": "m", "status": "in_progress", "output": []}}),
        json!({"type": "response.output_item.added", "sequence_number": 1, "output_index": 0, "item": item(json!("EARLY"))}),
        json!({"type": "response.reasoning_summary_text.delta", "sequence_number": 2, "item_id": "rs_1", "output_index": 0, "summary_index": 0, "delta": "hm"}),
        json!({"type": "response.output_item.done", "sequence_number": 3, "output_index": 0, "item": item(json!("FINAL"))}),
        json!({"type": "response.output_item.added", "sequence_number": 4, "output_index": 1, "item": {"type": "message", "id": "msg_1", "role": "assistant", "content": []}}),
        json!({"type": "response.output_text.delta", "sequence_number": 5, "item_id": "msg_1", "output_index": 1, "content_index": 0, "delta": "a"}),
        json!({"type": "response.output_item.done", "sequence_number": 6, "output_index": 1, "item": answer["output"][1]}),
        json!({"type": "response.completed", "sequence_number": 7, "response": answer}),
    ];
    let stream: String =
        events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())).collect();
    let (_, reverse) = prepared(A, &anthropic_body(ASK), &target(R));
    let found = heard(&relayed(R, A, &stream, &reverse));
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found[0].starts_with("thinking:hm|") && found[0].contains("FINAL") && !found[0].contains("EARLY"),
        "{found:?}"
    );
    assert_eq!(found[1..], ["text:a", "end_turn"]);
    // The client replays it, and OpenAI gets its own item back.
    let signature = found[0].split_once('|').unwrap().1;
    let replayed = turn(&json!([thinking("hm", signature), {"type": "text", "text": "a"}]));
    let input = prepared(A, &anthropic_body(&replayed), &target(R)).0["input"].clone();
    assert_eq!(input[1], item(json!("FINAL")));
    assert!(!sent(A, &anthropic_body(&replayed), A).to_string().contains("FINAL"));
}

#[test]
fn w46_sampling_and_stops_are_left_out_for_models_that_reason() {
    let body = chat_body(ASK).replace(r#""messages""#, r#""temperature":1.7,"top_p":0.5,"stop":["x"],"messages""#);
    let reasons = Target { sampling: false, max_stops: 0, ..target(C) };
    let found = prepared(C, &body, &reasons).0;
    assert_eq!((found.get("temperature"), found.get("top_p"), found.get("stop")), (None, None, None));
    let plain = sent(C, &body, C);
    assert_eq!((&plain["temperature"], &plain["top_p"], &plain["stop"]), (&json!(1.7), &json!(0.5), &json!(["x"])));
    let claude = sent(C, &body, A);
    assert_eq!(
        (&claude["temperature"], claude.get("top_p"), &claude["stop_sequences"]),
        (&json!(1.0), None, &json!(["x"]))
    );
    let thinks = body.replace(r#""messages""#, r#""reasoning_effort":"high","messages""#);
    assert_eq!(sent(C, &thinks, A).get("temperature"), None);
    let forced = thinks.replace(r#""messages""#, r#""tool_choice":"required","messages""#);
    let found = sent(C, &forced, A);
    assert_eq!((found.get("thinking"), &found["tool_choice"]["type"]), (None, &json!("any")));
    let always = Target { thinking_always_on: true, ..target(A) };
    assert_eq!(prepared(C, &forced, &always).0.get("tool_choice"), None);
}

#[test]
fn reasoning_of_a_chat_server_reaches_the_client_and_returns_to_that_server_alone() {
    let heard_text = heard(&relayed(
        C,
        A,
        &chat(&[r#"{"reasoning_content":"hm"}"#, r#"{"content":"a"}"#], r#""stop""#),
        &prepared(A, &anthropic_body(ASK), &target(C)).1,
    ));
    assert_eq!(heard_text, ["thinking:hm", "text:a", "end_turn"]);
}

#[test]
fn w40_what_openai_sealed_is_not_sent_to_anthropic_even_without_a_translation() {
    let blocks = vec![
        Block::Thinking { text: "hm".into(), signature: Some(r#"rs1:{"type":"reasoning"}"#.into()) },
        Block::text("a"),
    ];
    let request = protocol::Request { messages: vec![crate::support::assistant(blocks)], ..crate::support::work() };
    assert!(!crate::support::write(A, &request).contains("thinking"));
}
