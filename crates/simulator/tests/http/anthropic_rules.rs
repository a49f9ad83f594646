//! The 400s of the Messages API, asked over HTTP.

use crate::common::{
    Bench, HAIKU, OPUS, PLAIN, assistant, marked, marked_long, request, text, tool_result, tool_use, user,
};
use serde_json::{Value, json};

fn asked(messages: &[Value]) -> Value {
    request(OPUS, &[], messages)
}

#[tokio::test]
async fn broken_conversations_are_refused_in_the_vendor_s_words() {
    let bench = Bench::start(PLAIN).await;
    let hello = user(&[text("Hello.")]);
    let call = assistant(&[tool_use("toolu_1")]);
    let cases: Vec<(Vec<Value>, &str)> = vec![
        (vec![], "at least one message is required"),
        (vec![assistant(&[text("Hi.")]), hello.clone()], "first message must use the \"user\" role"),
        (vec![hello.clone(), assistant(&[text("Hi.")])], "does not support assistant message prefill"),
        (vec![user(&[text(" \n")])], "text content blocks must contain non-whitespace text"),
        (vec![user(&[])], "all messages must have non-empty content"),
        (
            vec![hello.clone(), call.clone(), hello.clone()],
            "without `tool_result` blocks immediately after: toolu_1. Each",
        ),
        (vec![hello.clone(), call.clone()], "prefill"),
        (
            vec![hello.clone(), user(&[tool_result("toolu_9")])],
            "unexpected `tool_use_id` found in `tool_result` blocks: toolu_9",
        ),
        (
            vec![hello.clone(), call.clone(), user(&[text("First this."), tool_result("toolu_1")])],
            "without `tool_result` blocks immediately after: toolu_1",
        ),
        (
            vec![hello.clone(), call.clone(), user(&[tool_result("toolu_1"), tool_result("toolu_1")])],
            "Found multiple `tool_result` blocks with id: toolu_1",
        ),
        (
            vec![hello.clone(), assistant(&[tool_use("functions.read:0")]), user(&[tool_result("functions.read:0")])],
            "messages.1.content.0.tool_use.id: String should match pattern",
        ),
        (
            vec![
                hello.clone(),
                call.clone(),
                user(&[tool_result("toolu_1")]),
                call.clone(),
                user(&[tool_result("toolu_1")]),
            ],
            "`tool_use` ids must be unique",
        ),
    ];
    for (messages, words) in cases {
        let refusal = bench.refusal(&asked(&messages)).await;
        assert!(refusal.contains(words), "{words:?} is not in {refusal:?}");
    }
}

#[tokio::test]
async fn text_may_follow_results_in_the_same_or_in_another_user_message() {
    let bench = Bench::start(PLAIN).await;
    let hello = user(&[text("Hello.")]);
    let call = assistant(&[text("I look."), tool_use("toolu_1"), tool_use("toolu_2")]);
    let same = user(&[tool_result("toolu_2"), tool_result("toolu_1"), text("Go on.")]);
    bench.bill(&asked(&[hello.clone(), call.clone(), same])).await;
    let split = [user(&[tool_result("toolu_1")]), user(&[tool_result("toolu_2")]), user(&[text("Go on.")])];
    bench.bill(&asked(&[vec![hello, call], split.to_vec()].concat())).await;
}

#[tokio::test]
async fn a_fifth_breakpoint_is_refused() {
    let bench = Bench::start(PLAIN).await;
    let blocks: Vec<Value> = (0..5).map(|n| marked(text(format!("Block {n}.")))).collect();
    assert_eq!(
        bench.refusal(&asked(&[user(&blocks)])).await,
        "A maximum of 4 blocks with cache_control may be provided. Found 5."
    );
    let mut automatic = asked(&[user(&blocks[..4])]);
    automatic["cache_control"] = json!({"type": "ephemeral"});
    assert!(bench.refusal(&automatic).await.contains("Found 5."));
    bench.bill(&asked(&[user(&blocks[..4])])).await;
}

#[tokio::test]
async fn a_long_breakpoint_behind_a_short_one_is_refused() {
    let bench = Bench::start(PLAIN).await;
    let body = request(OPUS, &[marked(text("System."))], &[user(&[marked_long(text("Hello."))])]);
    assert!(bench.refusal(&body).await.contains("a ttl='1h' cache_control block must not come after a ttl='5m'"));
}

#[tokio::test]
async fn a_breakpoint_inside_a_tool_result_s_content_is_refused() {
    let bench = Bench::start(PLAIN).await;
    let mut result = tool_result("toolu_1");
    result["content"] = json!([marked(text("fine"))]);
    let body = asked(&[user(&[text("Hello.")]), assistant(&[tool_use("toolu_1")]), user(&[result])]);
    assert!(bench.refusal(&body).await.contains("cache_control"));
}

#[tokio::test]
async fn parameters_a_model_does_not_take_are_refused_and_others_take_them() {
    let bench = Bench::start(PLAIN).await;
    let with = |model: &str, key: &str, value: Value| {
        let mut body = request(model, &[], &[user(&[text("Hello.")])]);
        body[key] = value;
        body
    };
    let refused = [
        (with(OPUS, "temperature", json!(0.5)), "`temperature` is not supported"),
        (with("claude-sonnet-5-5", "tool_choice", json!({"type": "any"})), "tool_choice"),
        (with(OPUS, "tool_choice", json!({"type": "tool", "name": "fly"})), "Tool 'fly' not found"),
        (with(OPUS, "thinking", json!({"type": "enabled", "budget_tokens": 2_000})), "not supported for this model"),
        (with(HAIKU, "thinking", json!({"type": "enabled", "budget_tokens": 10})), "greater than or equal to 1024"),
        (with(HAIKU, "thinking", json!({"type": "enabled", "budget_tokens": 2_000})), "`max_tokens` must be greater"),
        (with("claude-fable-5-1", "thinking", json!({"type": "disabled"})), "`disabled` is not supported"),
        (with(OPUS, "max_tokens", json!(1_000_000)), "maximum allowed number of output tokens"),
    ];
    for (body, words) in refused {
        let refusal = bench.refusal(&body).await;
        assert!(refusal.contains(words), "{words:?} is not in {refusal:?}");
    }
    bench.bill(&with(HAIKU, "temperature", json!(0.5))).await;
    bench.bill(&with(OPUS, "tool_choice", json!({"type": "any"}))).await;
}

#[tokio::test]
async fn tool_names_are_checked() {
    let bench = Bench::start(PLAIN).await;
    let mut body = asked(&[user(&[text("Hello.")])]);
    body["tools"][0]["name"] = json!("read files");
    assert!(bench.refusal(&body).await.contains("tools.0.custom.name: String should match pattern"));
    let tool = json!({"name": "read", "input_schema": {"type": "object"}});
    body["tools"] = json!([tool, tool]);
    assert!(bench.refusal(&body).await.contains("Tool names must be unique"));
}

#[tokio::test]
async fn a_prompt_longer_than_the_window_is_refused_with_both_numbers() {
    let bench = Bench::start(&PLAIN.replace("1.0", "400.0")).await;
    let body = request(HAIKU, &[text(crate::common::words("system", 2_000))], &[user(&[text("Hello.")])]);
    let refusal = bench.refusal(&body).await;
    assert!(refusal.starts_with("prompt is too long: ") && refusal.ends_with(" tokens > 200000 maximum"), "{refusal}");
}

const THINKER: &str = r#"
name: thinker
actors:
  - id: thinker
    when: {any: true}
    steps:
      - {thinking: "The file first.", say: "I look.", calls: [{tool: read, args: {path: a}}]}
      - {thinking: "Now I know.", say: "Done."}
    otherwise: {say: "Nothing more."}
"#;

/// The conversation after the thinker's first step, as an honest client replays it.
async fn first_step(bench: &Bench, model: &str) -> Vec<Value> {
    let hello = user(&[text("Hello.")]);
    let (status, answer) = bench.messages(&request(model, &[text("Be brief.")], std::slice::from_ref(&hello))).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["content"][0]["type"], "thinking");
    let id = answer["content"][2]["id"].as_str().unwrap();
    vec![hello, json!({"role": "assistant", "content": answer["content"]}), user(&[tool_result(id)])]
}

#[tokio::test]
async fn thinking_that_comes_back_unchanged_is_accepted_even_when_markers_moved() {
    let bench = Bench::start(THINKER).await;
    let mut talk = first_step(&bench, OPUS).await;
    let (status, answer) = bench.messages(&request(OPUS, &[marked(text("Be brief."))], &talk)).await;
    assert_eq!(status, 200, "{answer}");
    talk.push(json!({"role": "assistant", "content": answer["content"]}));
    talk.push(user(&[text("And?")]));
    bench.bill(&request(OPUS, &[text("Be brief.")], &talk)).await;
    // Removing the oldest thinking is allowed.
    talk[1]["content"].as_array_mut().unwrap().remove(0);
    bench.bill(&request(OPUS, &[text("Be brief.")], &talk)).await;
}

#[tokio::test]
async fn thinking_removed_from_the_middle_is_refused() {
    let yaml = THINKER.replace("otherwise: {say", "otherwise: {thinking: \"Again.\", say");
    let bench = Bench::start(&yaml).await;
    let mut talk = first_step(&bench, OPUS).await;
    for _ in 0..2 {
        let (_, answer) = bench.messages(&request(OPUS, &[text("Be brief.")], &talk)).await;
        talk.push(json!({"role": "assistant", "content": answer["content"]}));
        talk.push(user(&[text("And?")]));
    }
    bench.bill(&request(OPUS, &[text("Be brief.")], &talk)).await;
    talk[3]["content"].as_array_mut().unwrap().remove(0);
    assert!(
        bench.refusal(&request(OPUS, &[text("Be brief.")], &talk)).await.contains("bound to a different conversation")
    );
}

#[tokio::test]
async fn thinking_under_a_changed_prefix_is_refused_by_the_models_that_bind_it() {
    let bench = Bench::start(THINKER).await;
    let talk = first_step(&bench, OPUS).await;
    let refusal = bench.refusal(&request(OPUS, &[text("Be long.")], &talk)).await;
    assert!(refusal.contains("bound to a different conversation"), "{refusal}");
    let talk = first_step(&bench, HAIKU).await;
    bench.bill(&request(HAIKU, &[text("Be long.")], &talk)).await;
}

#[tokio::test]
async fn a_changed_text_or_an_unknown_signature_is_refused_by_every_model() {
    let bench = Bench::start(THINKER).await;
    for model in [OPUS, HAIKU] {
        let mut talk = first_step(&bench, model).await;
        talk[1]["content"][0]["thinking"] = json!("Something else.");
        let refusal = bench.refusal(&request(model, &[text("Be brief.")], &talk)).await;
        assert!(refusal.contains("messages.1.content.0: Invalid `signature` in `thinking` block"), "{refusal}");
        talk[1]["content"][0]["signature"] = json!("EqQBCkgIARABGAIi");
        assert!(bench.refusal(&request(model, &[text("Be brief.")], &talk)).await.contains("Invalid `signature`"));
    }
}

#[tokio::test]
async fn another_model_s_thinking_is_dropped_without_a_word_and_not_billed() {
    let bench = Bench::start(THINKER).await;
    let mut talk = first_step(&bench, OPUS).await;
    let with = bench.bill(&request("claude-opus-5", &[text("Be brief.")], &talk)).await;
    talk[1]["content"].as_array_mut().unwrap().remove(0);
    assert_eq!(bench.bill(&request("claude-opus-5", &[text("Be brief.")], &talk)).await, with);
}

#[tokio::test]
async fn a_missing_key_is_refused_only_where_the_scenario_asks_for_one() {
    let bench = Bench::start(&PLAIN.replace("name: plain", "name: plain\nrequire_key: true")).await;
    let body = asked(&[user(&[text("Hello.")])]);
    bench.bill(&body).await;
    let url = format!("{}/v1/messages", bench.running.base_url());
    let answer = bench.http.post(&url).body(body.to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let answer = bench.http.post(&url).header("authorization", "Bearer k").body(body.to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}
