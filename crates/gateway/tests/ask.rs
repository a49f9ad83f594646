//! What a request is taken for, by what real clients send.

#![allow(clippy::disallowed_methods, reason = "tests measure time")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use gateway::ask::{Ask, AskError, Class, target};
use gateway::core::Incoming;
use http::HeaderMap;
use protocol::{Dialect, Timestamp};
use serde_json::{Value, json};

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let of = |(name, value): &(&str, &str)| -> (http::HeaderName, http::HeaderValue) {
        (name.parse().unwrap(), value.parse().unwrap())
    };
    pairs.iter().map(of).collect()
}

fn try_ask(dialect: Dialect, path: &str, pairs: &[(&str, &str)], body: Bytes) -> Result<Ask, AskError> {
    Ask::read(Incoming {
        id: "r1".into(),
        at: Timestamp(1),
        dialect,
        counts: target(path).is_some_and(|(_, counts)| counts),
        path_and_query: path.to_owned(),
        headers: headers(pairs),
        body,
        token: None,
    })
}

fn ask(dialect: Dialect, path: &str, pairs: &[(&str, &str)], body: &Value) -> Ask {
    try_ask(dialect, path, pairs, body.to_string().into()).expect("a request")
}

fn claude(body: &Value) -> Ask {
    ask(Dialect::AnthropicMessages, "/v1/messages?beta=true", &[], body)
}

fn chat(body: &Value) -> Ask {
    ask(Dialect::OpenaiChat, "/v1/chat/completions", &[], body)
}

fn codex(pairs: &[(&str, &str)], body: &Value) -> Ask {
    ask(Dialect::OpenaiResponses, "/v1/responses", pairs, body)
}

const BILLING: &str = "x-anthropic-billing-header: cc_version=2.1.197.a1b; cc_entrypoint=sdk-cli; cch=00000;";

/// A first request as Claude Code sends it.
fn claude_first() -> Value {
    json!({
        "model": "claude-opus-5-5",
        "max_tokens": 32000,
        "stream": true,
        "system": [
            {"type": "text", "text": BILLING},
            {"type": "text", "text": "You are Claude Code, Anthropic's official CLI for Claude.", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        ],
        "tools": [{"name": "Bash", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "<system-reminder>\nToday is Monday. Fix the title generator.\n</system-reminder>\n"},
                {"type": "text", "text": "Add a test for the parser.", "cache_control": {"type": "ephemeral"}},
            ]},
            {"role": "system", "content": [{"type": "text", "text": "Agents and skills: ..."}]},
        ],
        "metadata": {"user_id": "{\"device_id\":\"d\",\"account_uuid\":\"\",\"session_id\":\"11111111-2222-4333-8444-555555555555\"}"},
    })
}

#[test]
fn paths_are_matched_without_their_query() {
    assert_eq!(target("/v1/messages?beta=true"), Some((Dialect::AnthropicMessages, false)));
    assert_eq!(target("/messages/count_tokens"), Some((Dialect::AnthropicMessages, true)));
    assert_eq!(target("/v1/chat/completions"), Some((Dialect::OpenaiChat, false)));
    assert_eq!(target("/v1/responses"), Some((Dialect::OpenaiResponses, false)));
    assert_eq!(target("/v1/responses/compact"), Some((Dialect::OpenaiResponses, false)));
    assert_eq!(target("/v1/models"), None);
    assert_eq!(target("/v1beta/messages"), None);
}

#[test]
fn the_main_loop_of_claude_code_has_its_session_and_the_users_own_words() {
    let ask = claude(&claude_first());
    assert_eq!((ask.class, ask.stream, ask.model.as_str()), (Class::Main, true, "claude-opus-5-5"));
    assert_eq!(&*ask.session, "11111111-2222-4333-8444-555555555555");
    assert_eq!(&*ask.task, "Add a test for the parser.");
    assert_eq!((ask.messages, ask.long_cache), (2, true));
}

#[test]
fn older_clients_put_the_session_behind_the_account() {
    let mut body = claude_first();
    body["metadata"]["user_id"] = json!("user_ab12_account_uuid_session_9999");
    assert_eq!(&*claude(&body).session, "9999");
    body["metadata"]["user_id"] = json!("somebody@example.com");
    assert!(claude(&body).session.starts_with("p-"), "a person is no session");
}

#[test]
fn a_result_of_a_tool_goes_on_in_the_main_loop_in_every_dialect() {
    let mut body = claude_first();
    let results = json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "Your task is to create a detailed summary of it"}]});
    body["messages"].as_array_mut().unwrap().extend([
        json!({"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "Bash", "input": {}}]}),
        results,
        json!({"role": "system", "content": "a trailing note"}),
    ]);
    assert_eq!(claude(&body).class, Class::ToolResult);
    let body = json!({"model": "m", "messages": [
        {"role": "system", "content": "s"}, {"role": "user", "content": "do it"},
        {"role": "assistant", "content": null, "tool_calls": []}, {"role": "tool", "tool_call_id": "c", "content": "x"},
    ]});
    assert_eq!((chat(&body).class, &*chat(&body).task), (Class::ToolResult, "do it"));
    let body = json!({"model": "m", "input": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "do it"}]},
        {"type": "custom_tool_call", "call_id": "c", "name": "exec", "input": "ls"},
        {"type": "custom_tool_call_output", "call_id": "c", "output": "x"},
    ]});
    assert_eq!(codex(&[], &body).class, Class::ToolResult);
}

#[test]
fn codex_names_session_sub_agents_and_compaction_by_header() {
    let body = json!({
        "model": "gpt-6.1-sol", "instructions": "You are Codex.", "stream": true, "prompt_cache_key": "key-1",
        "input": [
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "<permissions instructions>\nx\n</permissions instructions>"}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "# AGENTS.md instructions for /repo\n\nRefactor nothing."}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "<environment_context>\n<cwd>/repo</cwd>\n</environment_context>"}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "List the tests."}]},
        ],
    });
    let main = codex(&[("session-id", "root"), ("originator", "codex_exec")], &body);
    assert_eq!((main.class, &*main.session, &*main.task), (Class::Main, "root", "List the tests."));
    assert_eq!(&*codex(&[], &body).session, "key-1");
    let child = codex(&[("session-id", "root"), ("x-openai-subagent", "collab_spawn")], &body);
    assert_eq!(child.class, Class::SubAgent);
    assert!(child.session.starts_with("root/"), "{}", child.session);
    assert_eq!(codex(&[("x-openai-subagent", "compact")], &body).class, Class::Compaction);
    assert_eq!(codex(&[("x-openai-subagent", "0")], &body).class, Class::Main);
    let path = ask(Dialect::OpenaiResponses, "/v1/responses/compact", &[], &body);
    assert_eq!(path.class, Class::Compaction);
}

#[test]
fn tools_of_codex_that_come_as_an_item_are_tools() {
    let title = "You are a title generator.";
    let item = json!({"type": "additional_tools", "tools": []});
    let user = json!({"type": "message", "role": "user", "content": "x"});
    let with = |items: Vec<Value>| codex(&[], &json!({"model": "m", "instructions": title, "input": items})).class;
    assert_eq!(with(vec![user.clone()]), Class::Title);
    assert_eq!(with(vec![item, user]), Class::Main);
}

#[test]
fn a_title_is_known_by_the_clients_own_prompt_and_by_nothing_that_a_user_says() {
    let title = json!({"model": "m", "messages": [
        {"role": "system", "content": "You are a title generator. You output ONLY a thread title. Nothing else."},
        {"role": "user", "content": "Generate a title for this conversation:\n"}, {"role": "user", "content": "fix it"},
    ]});
    assert_eq!(chat(&title).class, Class::Title);
    let mut claude_title = claude_first();
    claude_title["tools"] = json!([]);
    claude_title["system"][1]["text"] = json!(
        "Generate a concise, sentence-case title (3-7 words) that captures the main topic of this coding session."
    );
    assert_eq!(claude(&claude_title).class, Class::Title);
    claude_title["tools"] = json!([{"name": "Bash"}]);
    assert_eq!(claude(&claude_title).class, Class::Main, "with tools it is more than a title");
    let said = json!({"model": "m", "messages": [{"role": "user", "content": "You are a title generator. Fix it."}]});
    assert_eq!(chat(&said).class, Class::Main);
}

#[test]
fn compactions_are_known_in_each_client() {
    let mut body = claude_first();
    body["messages"].as_array_mut().unwrap().push(json!({"role": "user", "content": [{"type": "text", "text":
        "CRITICAL: Respond with TEXT ONLY.\n\nYour task is to create a detailed summary of the conversation so far."}]}));
    assert_eq!(claude(&body).class, Class::Compaction);
    let body = json!({"model": "m", "input": [{"type": "message", "role": "user", "content": [{"type": "input_text",
        "text": "You are performing a CONTEXT CHECKPOINT COMPACTION. Create a handoff summary."}]}]});
    assert_eq!(codex(&[], &body).class, Class::Compaction);
    let body = json!({"model": "m", "messages": [
        {"role": "system", "content": "You are a helpful AI assistant tasked with summarizing conversations."},
        {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"},
        {"role": "user", "content": "Provide a detailed prompt for continuing our conversation above."},
    ]});
    assert_eq!(chat(&body).class, Class::Compaction);
    let body = json!({"model": "m", "messages": [
        {"role": "system", "content": "*Briefly* summarize this partial conversation about programming."},
        {"role": "user", "content": "*Briefly* summarize this partial conversation about programming. # USER ..."},
    ]});
    assert_eq!(chat(&body).class, Class::Compaction, "aider");
}

#[test]
fn probes_and_counts_generate_nothing() {
    let quota = json!({"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "quota"}]});
    assert_eq!(claude(&quota).class, Class::Probe);
    let warm = json!({"model": "m", "max_tokens": 1, "tools": [{"name": "Bash"}], "messages": [{"role": "user", "content": "x"}]});
    assert_eq!(claude(&warm).class, Class::Main, "with tools it warms the session's cache");
    let counted = ask(Dialect::AnthropicMessages, "/v1/messages/count_tokens?beta=true", &[], &claude_first());
    assert_eq!(counted.class, Class::Count);
    let ping = json!({"model": "m", "max_output_tokens": 16, "input": "ping"});
    assert_eq!((codex(&[], &ping).class, &*codex(&[], &ping).task), (Class::Probe, "ping"));
}

#[test]
fn sub_agents_of_claude_code_have_a_context_of_their_own() {
    let agent = [("x-claude-code-session-id", "s"), ("x-claude-code-agent-id", "a")];
    let path = "/v1/messages";
    let child = ask(Dialect::AnthropicMessages, path, &agent, &claude_first());
    assert_eq!(child.class, Class::SubAgent);
    assert!(child.session.starts_with("s/"));
    let mut body = claude_first();
    body["system"][1]["text"] = json!("You are a file search specialist for Claude Code, Anthropic's official CLI.");
    assert_eq!(claude(&body).class, Class::SubAgent);
}

#[test]
fn without_a_name_the_frozen_head_is_the_session() {
    let mut body = claude_first();
    body.as_object_mut().unwrap().remove("metadata");
    let first = claude(&body);
    // Another billing header, another marker, a longer history: the same conversation.
    body["system"][0]["text"] = json!(BILLING.replace("00000", "12345"));
    body["messages"][0]["content"][1].as_object_mut().unwrap().remove("cache_control");
    body["messages"].as_array_mut().unwrap().extend([
        json!({"role": "assistant", "content": "done"}),
        json!({"role": "user", "content": "and now the docs"}),
    ]);
    assert_eq!(claude(&body).session, first.session);
    assert_eq!(claude(&body).head, first.head);
    body["messages"][0]["content"][1]["text"] = json!("Add a test for the lexer.");
    assert_ne!(claude(&body).session, first.session);
}

#[test]
fn a_session_name_is_safe_in_a_log_and_bounded() {
    let body = claude_first();
    for name in ["a b\u{7f}", &"x".repeat(5_000), "../../etc"] {
        let Ok(value) = http::HeaderValue::from_bytes(name.as_bytes()) else { continue };
        let mut incoming = HeaderMap::new();
        incoming.insert("x-session-id", value);
        let session = Ask::read(Incoming {
            id: "r".into(),
            at: Timestamp(0),
            dialect: Dialect::AnthropicMessages,
            counts: false,
            path_and_query: "/v1/messages".to_owned(),
            headers: incoming,
            body: body.to_string().into(),
            token: None,
        })
        .unwrap()
        .session;
        assert!(session.len() <= 80 && session.chars().all(|c| c.is_ascii_graphic() && c != '/'), "{session}");
    }
}

#[test]
fn what_is_said_to_the_gateway_is_not_forwarded_and_neither_is_the_connection() {
    let pairs = [
        ("x-agent-hint-files", "12"),
        ("x-agent-hint-schema-change", "true"),
        ("x-agent-force-lane", "strong"),
        ("connection", "keep-alive, x-private"),
        ("x-private", "1"),
        ("transfer-encoding", "chunked"),
        ("host", "127.0.0.1"),
        ("anthropic-beta", "context-1m-2025-08-07,unknown-2027"),
        ("x-stainless-lang", "js"),
    ];
    let ask = ask(Dialect::AnthropicMessages, "/v1/messages", &pairs, &claude_first());
    assert_eq!(ask.force.as_deref(), Some("strong"));
    assert!(ask.hints.refused().is_empty(), "{:?}", ask.hints);
    let mut names: Vec<&str> = ask.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["anthropic-beta", "x-stainless-lang"]);
}

#[test]
fn what_is_no_request_is_said_so() {
    let read = |body: &'static str| try_ask(Dialect::OpenaiChat, "/v1/chat/completions", &[], body.into());
    assert!(matches!(read("not json"), Err(AskError::NotJson(_))));
    assert!(matches!(read("[]"), Err(AskError::NotJson(_))));
    assert_eq!(read("{}").unwrap_err(), AskError::NoModel);
    assert_eq!(read(r#"{"model": 7}"#).unwrap_err(), AskError::NoModel);
    let cut = Bytes::from_static(b"{\"model\":\"\xff\"}");
    assert!(matches!(try_ask(Dialect::OpenaiChat, "/v1/chat/completions", &[], cut), Err(AskError::NotJson(_))));
    // What is odd inside is the provider's to refuse.
    assert_eq!(read(r#"{"model":"m","messages":null,"stream":"yes","metadata":3,"tools":{}}"#).unwrap().messages, 0);
}

#[test]
fn deep_nesting_is_skipped_and_not_descended_into() {
    let deep = format!(
        r#"{{"model":"m","messages":[{{"role":"user","content":{}{}}}]}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(try_ask(Dialect::OpenaiChat, "/v1/chat/completions", &[], deep.into()).is_ok());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// Whatever comes, it is a request or it is said why not.
    #[test]
    fn gw_22_any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400), at in 0usize..2000) {
        let _ = try_ask(Dialect::OpenaiChat, "/v1/chat/completions", &[], bytes.clone().into());
        // A real one with bytes in it, or cut off.
        let mut body = claude_first().to_string().into_bytes();
        let at = at.min(body.len());
        body.splice(at..at, bytes.into_iter().take(3));
        let _ = try_ask(Dialect::AnthropicMessages, "/v1/messages", &[], body.clone().into());
        body.truncate(at);
        let _ = try_ask(Dialect::AnthropicMessages, "/v1/messages", &[], body.into());
    }
}

/// Not in a debug build, which says nothing about speed: `cargo test --release -p gateway --test ask speed -- --nocapture`.
#[test]
fn speed_of_reading_a_request_is_a_few_microseconds_for_each_kilobyte() {
    let mut large = claude_first();
    let filler =
        "let total = items.iter().map(|item| item.price * item.count).sum::<u64>(); // \"quoted\"\n".repeat(20);
    for number in 0..38 {
        large["messages"].as_array_mut().unwrap().push(if number % 2 == 0 {
            json!({"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": filler}}]})
        } else {
            json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": filler}]})
        });
    }
    let mut small = claude_first();
    small["tools"] = json!([{"name": "Bash", "description": "x".repeat(1_000)}]);
    for (name, body, limit_us) in [("2 KB", small, 20.0), ("80 KB", large, 300.0)] {
        let body = Bytes::from(body.to_string());
        let read =
            || try_ask(Dialect::AnthropicMessages, "/v1/messages", &[("x-session-id", "s")], body.clone()).unwrap();
        (0..50).for_each(|_| drop(read()));
        let mut times: Vec<f64> = (0..300)
            .map(|_| {
                let began = std::time::Instant::now();
                drop(read());
                began.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("{name} ({} bytes): p50 {:.1} us, p99 {:.1} us", body.len(), times[150], times[297]);
        assert!(cfg!(debug_assertions) || times[150] < limit_us, "{name}: {} us", times[150]);
    }
}
