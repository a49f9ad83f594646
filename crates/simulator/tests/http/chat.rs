//! Chat Completions, asked over HTTP.

use std::time::Duration;

use crate::common::{Bench, LUNA, PLAIN, words};
use protocol::{Block, Dialect, StopReason, StreamEvent};
use serde_json::{Value, json};

fn body(model: &str, messages: &[Value]) -> Value {
    json!({
        "model": model,
        "messages": messages,
        "tools": [{"type": "function", "function": {"name": "read", "description": "Reads.", "parameters": {"type": "object"}}}],
    })
}

fn message(role: &str, content: impl Into<String>) -> Value {
    json!({"role": role, "content": content.into()})
}

fn calls(ids: &[&str]) -> Value {
    let calls: Vec<Value> = ids
        .iter()
        .map(|id| json!({"id": id, "type": "function", "function": {"name": "read", "arguments": "{}"}}))
        .collect();
    json!({"role": "assistant", "content": null, "tool_calls": calls})
}

fn answer(id: &str) -> Value {
    json!({"role": "tool", "tool_call_id": id, "content": "fine"})
}

/// (prompt, cached, written), inclusive as the API reports them.
async fn bill(bench: &Bench, body: &Value) -> (u64, u64, u64) {
    let (status, answer) = bench.chat(body).await;
    assert_eq!(status, 200, "{answer}");
    let usage = &answer["usage"];
    let detail = |key: &str| usage["prompt_tokens_details"][key].as_u64().unwrap_or(0);
    (usage["prompt_tokens"].as_u64().unwrap(), detail("cached_tokens"), detail("cache_write_tokens"))
}

#[tokio::test]
async fn newer_models_write_whole_messages_for_money_and_read_them_back() {
    let bench = Bench::start(PLAIN).await;
    let mut talk = vec![message("system", words("system", 1_000)), message("user", words("task", 300))];
    let (prompt, cached, written) = bill(&bench, &body(LUNA, &talk)).await;
    assert!(prompt >= 1_024);
    assert_eq!((cached, written), (0, prompt));
    talk.extend([message("assistant", "Very well."), message("user", "Go on.")]);
    let (grown, cached, written) = bill(&bench, &body(LUNA, &talk)).await;
    assert_eq!((cached, written), (prompt, grown - prompt));
    bench.later(Duration::from_secs(1_799));
    assert_eq!(bill(&bench, &body(LUNA, &talk)).await, (grown, grown, 0));
    bench.later(Duration::from_secs(1_800));
    assert_eq!(bill(&bench, &body(LUNA, &talk)).await, (grown, 0, grown));
}

#[tokio::test]
async fn older_models_read_in_steps_of_128_and_write_for_free() {
    let bench = Bench::start(PLAIN).await;
    let talk = [message("system", words("system", 1_000)), message("user", words("task", 300))];
    let (prompt, cached, written) = bill(&bench, &body("gpt-5.4", &talk)).await;
    assert_eq!((cached, written), (0, 0));
    assert_eq!(bill(&bench, &body("gpt-5.4", &talk)).await, (prompt, prompt / 128 * 128, 0));
}

#[tokio::test]
async fn a_short_prompt_or_another_prefix_is_not_read() {
    let bench = Bench::start(PLAIN).await;
    let short = [message("user", "Hello.")];
    bill(&bench, &body(LUNA, &short)).await;
    let (_, cached, written) = bill(&bench, &body(LUNA, &short)).await;
    assert_eq!((cached, written), (0, 0));
    let long = [message("system", words("system", 1_500)), message("user", "Hello.")];
    let first = body(LUNA, &long);
    bill(&bench, &first).await;
    let mut keyed = first.clone();
    keyed["prompt_cache_key"] = json!("some key");
    assert!(bill(&bench, &keyed).await.1 > 0, "the key is no part of the prefix");
    for (key, value) in [("reasoning_effort", json!("none")), ("tools", json!([])), ("model", json!("gpt-6-sol"))] {
        let mut other = first.clone();
        other[key] = value;
        assert_eq!(bill(&bench, &other).await.1, 0, "{key}");
    }
}

/// Text parts, the numbered ones with an explicit breakpoint.
fn parts(role: &str, texts: &[String], marked: &[usize]) -> Value {
    let part = |(at, text): (usize, &String)| {
        let mut part = json!({"type": "text", "text": text});
        if marked.contains(&at) {
            part["prompt_cache_breakpoint"] = json!({"mode": "explicit"});
        }
        part
    };
    json!({"role": role, "content": texts.iter().enumerate().map(part).collect::<Vec<_>>()})
}

#[tokio::test]
async fn an_explicit_breakpoint_keeps_what_stands_before_it_readable_and_costs_no_token_twice() {
    let bench = Bench::start(PLAIN).await;
    let (head, task) = ([words("system", 1_500)], [words("task", 300)]);
    let talk = |marked: &[usize], end: &str| {
        [parts("system", &head, marked), parts("user", &task, marked), message("user", end)]
    };
    let (_, cached, _) = bill(&bench, &body(LUNA, &talk(&[], "One."))).await;
    assert_eq!(cached, 0);
    // No entry ends behind the task, so another ending reads nothing; this request writes three and pays for one prompt.
    let (prompt, cached, written) = bill(&bench, &body(LUNA, &talk(&[0], "Another end."))).await;
    assert_eq!((cached, written), (0, prompt));
    let (prompt, cached, written) = bill(&bench, &body(LUNA, &talk(&[0], "A third one."))).await;
    assert!(cached > 1_500 && prompt - cached < 40, "{cached} of {prompt}");
    assert_eq!(written, prompt - cached);
    // A marker is no part of the prefix: the same without one reads all of it.
    assert_eq!(bill(&bench, &body(LUNA, &talk(&[], "A third one."))).await, (prompt, prompt, 0));
}

#[tokio::test]
async fn a_breakpoint_inside_a_message_is_read_by_whoever_marks_the_same_place() {
    let bench = Bench::start(PLAIN).await;
    let talk = |end: &str, marked: &[usize]| [parts("user", &[words("shared", 1_500), end.to_owned()], marked)];
    bill(&bench, &body(LUNA, &talk("One.", &[0]))).await;
    let (_, cached, _) = bill(&bench, &body(LUNA, &talk("Two.", &[]))).await;
    assert_eq!(cached, 0, "it is no message's end");
    let (prompt, cached, _) = bill(&bench, &body(LUNA, &talk("Three.", &[0]))).await;
    assert!(cached >= 1_024 && cached < prompt, "{cached} of {prompt}");
}

#[tokio::test]
async fn a_request_writes_at_its_end_and_at_the_latest_three_breakpoints_and_a_fifth_is_refused() {
    let bench = Bench::start(PLAIN).await;
    let texts: Vec<String> = (0..6).map(|at| words(&format!("part{at}"), 1_200)).collect();
    bill(&bench, &body(LUNA, &[parts("user", &texts, &[0, 1, 2, 3])])).await;
    let reads = async |count: usize| {
        let other = [&texts[..count], &["Else.".to_owned()]].concat();
        bill(&bench, &body(LUNA, &[parts("user", &other, &[count - 1])])).await.1
    };
    assert_eq!(reads(1).await, 0);
    for count in 2..=4 {
        assert!(reads(count).await > 0, "{count}");
    }
    let (status, answer) = bench.chat(&body(LUNA, &[parts("user", &texts, &[0, 1, 2, 3, 4])])).await;
    assert_eq!(status, 400, "{answer}");
    let text = answer["error"]["message"].as_str().unwrap_or_default();
    assert!(text.contains("prompt_cache_breakpoint") && text.contains("found 5"), "{text}");
}

#[tokio::test]
async fn tool_messages_must_follow_the_calls_they_answer() {
    let bench = Bench::start(PLAIN).await;
    let hello = message("user", "Hello.");
    let refused = [
        (vec![], "empty array"),
        (vec![hello.clone(), calls(&["a", "b"]), answer("a")], "did not have response messages: b"),
        (vec![hello.clone(), calls(&["a"]), hello.clone(), answer("a")], "must be followed by tool messages"),
        (vec![hello.clone(), answer("a")], "must be a response to a preceding message with 'tool_calls'"),
    ];
    for (talk, words) in refused {
        let (status, answer) = bench.chat(&body(LUNA, &talk)).await;
        let text = answer["error"]["message"].as_str().unwrap_or_default();
        assert_eq!(status, 400, "{answer}");
        assert!(text.contains(words), "{words:?} is not in {text:?}");
    }
    bill(&bench, &body(LUNA, &[hello, calls(&["a", "b"]), answer("b"), answer("a")])).await;
}

#[tokio::test]
async fn reasoning_models_refuse_what_they_refuse_and_other_servers_do_not() {
    let bench = Bench::start(PLAIN).await;
    let hello = [message("user", "Hello.")];
    let with = |model: &str, key: &str, value: Value| {
        let mut body = body(model, &hello);
        body[key] = value;
        body
    };
    for (key, value) in [("max_tokens", json!(100)), ("stop", json!(["x"])), ("reasoning_effort", json!("low"))] {
        assert_eq!(bench.chat(&with(LUNA, key, value.clone())).await.0, 400, "{key}");
        assert_eq!(bench.chat(&with("qwen-coder-local", key, value)).await.0, 200, "{key}");
    }
}

const WORKER: &str = r#"
name: worker
token_factor: {"*": 1.0}
actors:
  - id: worker
    when: {any: true}
    steps:
      - thinking: "Two files at once."
        say: "I read both files in one go, because they do not depend on each other."
        calls:
          - {tool: read, args: {path: "src/first.rs", note: "ünïcode — and \"quotes\""}}
          - {tool: read, args: {path: "src/second.rs"}}
"#;

#[tokio::test]
async fn both_dialects_stream_text_in_pieces_and_parallel_calls() {
    let bench = Bench::start(WORKER).await;
    let hello = json!([{"role": "user", "content": "Hello."}]);
    let requests = [
        (Dialect::AnthropicMessages, json!({"model": "claude-opus-5-5", "max_tokens": 500, "messages": hello})),
        (
            Dialect::OpenaiChat,
            json!({"model": "qwen-coder-local", "messages": hello, "stream_options": {"include_usage": true}}),
        ),
    ];
    for (dialect, body) in requests {
        let (reply, events) = bench.streamed(dialect, &body).await.unwrap();
        assert_eq!(reply.stop, StopReason::ToolUse);
        let [Block::Thinking { text, signature }, Block::Text { text: said }, rest @ ..] = &reply.blocks[..] else {
            panic!("{:?}", reply.blocks)
        };
        assert_eq!(text, "Two files at once.");
        assert_eq!(signature.is_some(), dialect == Dialect::AnthropicMessages);
        assert!(said.starts_with("I read both"));
        assert!(events.iter().filter(|event| matches!(event, StreamEvent::TextDelta { .. })).count() > 1);
        let calls: Vec<_> = rest
            .iter()
            .map(|block| match block {
                Block::ToolCall { id, name, arguments } => (id.as_str(), name.as_str(), arguments.as_str()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            calls,
            [
                ("toolu_worker_0_0", "read", r#"{"path":"src/first.rs","note":"ünïcode — and \"quotes\""}"#),
                ("toolu_worker_0_1", "read", r#"{"path":"src/second.rs"}"#),
            ]
        );
        let record = bench.running.requests().pop().unwrap();
        assert_eq!(reply.usage.prompt(), record.usage.prompt());
        assert_eq!(reply.usage.output, record.usage.output);
        assert!(record.usage.reasoning > 0 && record.usage.output > record.usage.reasoning);
    }
}

#[tokio::test]
async fn an_output_limit_cuts_the_answer_and_says_so() {
    let bench = Bench::start(WORKER).await;
    let hello = json!([{"role": "user", "content": "Hello."}]);
    for limit in [3, 10, 28] {
        let body = json!({"model": "claude-opus-5-5", "max_tokens": limit, "messages": hello});
        let (reply, _) = bench.streamed(Dialect::AnthropicMessages, &body).await.unwrap();
        assert_eq!((reply.stop, reply.usage.output), (StopReason::MaxTokens, limit));
    }
}

#[tokio::test]
async fn the_version_in_the_path_is_optional_and_models_are_listed() {
    let bench = Bench::start(PLAIN).await;
    let answer = bench.send("/chat/completions", &body(LUNA, &[message("user", "Hello.")])).await.unwrap();
    assert_eq!(answer.status(), 200);
    for path in ["/v1/models", "/models"] {
        let answer = bench.http.get(format!("{}{path}", bench.running.base_url())).send().await.unwrap();
        let list: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert!(list["data"].as_array().unwrap().iter().any(|model| model["id"] == LUNA));
    }
    let lost = bench.send("/v1/embeddings", &json!({})).await.unwrap();
    assert_eq!(lost.status(), 404);
    assert!(lost.text().await.unwrap().contains("it serves POST /v1/messages"));
}
