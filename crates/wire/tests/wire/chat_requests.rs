//! Requests in the Chat Completions dialect.

use async_openai::types::chat::{ChatCompletionRequestMessage, CreateChatCompletionRequest};
use protocol::request::ChatFlavor;
use protocol::{
    Block, Breakpoint, Effort, ImageSource, Position, Request, ResultPart, Role, Settings, ToolChoice, Ttl,
};
use serde_json::{Value, json};

use crate::support::{A, C, assistant, call, json, read, refusal, result, user, work, write};

const GOLDEN: &str = concat!(
    r#"{"model":"m-1","max_completion_tokens":900,"stream":true,"stream_options":{"include_usage":true},"temperature":0.5,"#,
    r#""reasoning_effort":"xhigh","parallel_tool_calls":true,"tool_choice":"required","prompt_cache_key":"s-1","#,
    r#""tools":[{"type":"function","function":{"name":"read","description":"Runs read.","parameters":{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}}},"#,
    r#"{"type":"function","function":{"name":"bash","description":"Runs bash.","parameters":{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}}}],"#,
    r#""messages":[{"role":"system","content":"Be brief.\n\nRepo: demo."},{"role":"user","content":"Fix the test."},"#,
    r#"{"role":"assistant","content":"Looking.","tool_calls":[{"id":"t1","type":"function","function":{"name":"read","arguments":"{\"path\": \"a.rs\"}"}},"#,
    r#"{"id":"t2","type":"function","function":{"name":"bash","arguments":"{}"}}]},"#,
    r#"{"role":"tool","tool_call_id":"t1","content":"fn a() {}"},{"role":"tool","tool_call_id":"t2","content":"Error: exit 1"}]}"#,
);

fn golden() -> Request {
    let mut request = work();
    request.settings = Settings {
        max_tokens: Some(900),
        stream: true,
        temperature: Some(0.5),
        effort: Some(Effort::Xhigh),
        tool_choice: ToolChoice::Any,
        parallel_tool_calls: Some(true),
        cache_key: Some("s-1".into()),
        ..Settings::default()
    };
    // This dialect's servers find the prefix themselves: breakpoints leave no trace.
    request.breakpoints = vec![Breakpoint { at: Position::Message { message: 0, block: 0 }, ttl: Ttl::Long }];
    request
}

fn messages(request: &Request) -> Value {
    json(write(C, request).as_bytes())["messages"].clone()
}

#[test]
fn a_request_has_exactly_these_bytes() {
    assert_eq!(write(C, &golden()), GOLDEN);
}

#[test]
fn the_bytes_are_openais_own_shape() {
    let mut full = golden();
    let image = ImageSource::Base64 { media_type: "image/png".into(), data: "AAAA".into() };
    full.messages.push(user(vec![Block::text("see"), Block::Image { source: image }]));
    full.settings.response_schema = Some(json!({"type": "object"}));
    full.settings.stop = vec!["END".into()];
    let typed: CreateChatCompletionRequest = serde_json::from_str(&write(C, &full)).unwrap();
    assert_eq!(typed.tools.map(|tools| tools.len()), Some(2));
    let roles: Vec<&str> = typed
        .messages
        .iter()
        .map(|message| match message {
            ChatCompletionRequestMessage::System(_) => "system",
            ChatCompletionRequestMessage::User(_) => "user",
            ChatCompletionRequestMessage::Assistant(_) => "assistant",
            ChatCompletionRequestMessage::Tool(_) => "tool",
            _ => "other",
        })
        .collect();
    assert_eq!(roles, ["system", "user", "assistant", "tool", "tool", "user"]);
}

#[test]
fn reading_the_bytes_gives_the_request_back_but_for_what_the_dialect_cannot_say() {
    let mut expected = golden();
    expected.breakpoints.clear();
    expected.system = vec!["Be brief.\n\nRepo: demo.".into()];
    expected.messages[2] = user(vec![result("t1", "fn a() {}", false), result("t2", "Error: exit 1", false)]);
    assert_eq!(read(C, GOLDEN).unwrap(), expected);
}

#[test]
fn a_server_is_spoken_to_in_its_own_flavor() {
    let chat = ChatFlavor {
        max_tokens_field: "max_tokens".into(),
        include_usage: false,
        cache_key: false,
        reasoning_effort: false,
        ..ChatFlavor::default()
    };
    let request = Request { settings: Settings { chat, ..golden().settings }, ..golden() };
    let body = write(C, &request);
    assert!(
        body.starts_with(r#"{"model":"m-1","max_tokens":900,"stream":true,"temperature":0.5,"parallel_tool_calls""#),
        "{body}"
    );
    assert!(!body.contains("prompt_cache_key") && !body.contains("stream_options"));
}

#[test]
fn images_in_a_tools_answer_follow_it_in_a_message_of_the_users() {
    let image = |data: &str| ImageSource::Base64 { media_type: "image/png".into(), data: data.into() };
    let shown = Block::ToolResult {
        call_id: "t1".into(),
        content: vec![ResultPart::Image { source: image("ONE") }],
        is_error: false,
    };
    let blocks = vec![shown, result("t2", "ok", false), Block::text("go on"), Block::Image { source: image("TWO") }];
    let found = messages(&Request { system: vec![], messages: vec![user(blocks)], ..work() });
    let roles: Vec<&str> = found.as_array().unwrap().iter().filter_map(|it| it["role"].as_str()).collect();
    assert_eq!(roles, ["tool", "tool", "user"]);
    assert_eq!(found[0]["content"], "[the image follows in the next message]");
    assert_eq!(found[2]["content"][0]["image_url"]["url"], "data:image/png;base64,ONE");
    assert_eq!(found[2]["content"][1]["text"], "go on");
    assert_eq!(found[2]["content"][2]["image_url"]["url"], "data:image/png;base64,TWO");
}

#[test]
fn a_turn_of_calls_alone_has_null_content_and_a_turn_of_thinking_alone_is_left_out() {
    let thinking = Block::Thinking { text: "hm".into(), signature: Some("s".into()) };
    let turns = vec![assistant(vec![thinking.clone(), call("t", "f", "")]), assistant(vec![thinking])];
    let expected = json!([
        {"role": "assistant", "content": null,
         "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
    ]);
    assert_eq!(messages(&Request { system: vec![], messages: turns, ..work() }), expected);
}

#[test]
fn reasoning_goes_back_where_the_server_wants_it_and_only_what_came_unsealed() {
    let own = Block::Thinking { text: "mine".into(), signature: None };
    let foreign = Block::Thinking { text: "foreign".into(), signature: Some("s".into()) };
    let turns = vec![assistant(vec![own, Block::text("a")]), assistant(vec![foreign, Block::text("b")])];
    let mut request = Request { system: vec![], messages: turns, ..work() };
    assert!(!write(C, &request).contains("reasoning_content"));
    request.settings.chat.replay_reasoning_content = true;
    let found = messages(&request);
    assert_eq!((&found[0]["reasoning_content"], &found[1]["reasoning_content"]), (&json!("mine"), &json!("")));
}

#[test]
fn markers_are_written_as_text_parts_where_the_server_knows_them() {
    let mut request = golden();
    request.settings.chat.cache_control = true;
    let at = [
        Position::System(1),
        Position::Message { message: 0, block: 0 },
        Position::Message { message: 2, block: 1 },
        Position::Message { message: 1, block: 0 },
    ];
    request.breakpoints = at.into_iter().map(|at| Breakpoint { at, ttl: Ttl::Short }).collect();
    let found = messages(&request);
    let marker = json!({"type": "ephemeral"});
    assert_eq!(found[0]["content"][0].get("cache_control"), None);
    assert_eq!(found[0]["content"][1]["cache_control"], marker);
    assert_eq!(found[1]["content"][0]["cache_control"], marker);
    assert_eq!(found[4]["content"][0]["cache_control"], marker);
    // An assistant's turn cannot carry one.
    assert_eq!(write(C, &request).matches("cache_control").count(), 3);
    let again = read(C, &write(C, &request)).unwrap();
    assert_eq!(again.breakpoints.iter().map(|it| it.at).collect::<Vec<_>>(), at[..3]);
    assert_eq!(write(C, &again), write(C, &request));
}

#[test]
fn openais_own_markers_add_nothing_but_themselves_to_these_bytes() {
    let mut request = golden();
    request.settings.chat.cache_breakpoints = true;
    let parts = GOLDEN
        .replace(
            r#""content":"Be brief.\n\nRepo: demo."}"#,
            r#""content":[{"type":"text","text":"Be brief.\n\nRepo: demo."}]}"#,
        )
        .replace(r#""content":"Fix the test."}"#, r#""content":[{"type":"text","text":"Fix the test."}]}"#)
        .replace(r#""content":"fn a() {}"}"#, r#""content":[{"type":"text","text":"fn a() {}"}]}"#)
        .replace(r#""content":"Error: exit 1"}"#, r#""content":[{"type":"text","text":"Error: exit 1"}]}"#);
    request.breakpoints.clear();
    assert_eq!(write(C, &request), parts);
    let at = [Position::System(1), Position::Message { message: 0, block: 0 }];
    request.breakpoints = at.into_iter().map(|at| Breakpoint { at, ttl: Ttl::Long }).collect();
    let marker = r#","prompt_cache_breakpoint":{"mode":"explicit"}}]}"#;
    let marked = parts
        .replace(r#"Repo: demo."}]}"#, &format!(r#"Repo: demo."{marker}"#))
        .replace(r#"Fix the test."}]}"#, &format!(r#"Fix the test."{marker}"#));
    assert_eq!(write(C, &request), marked);
    let again = read(C, &marked).unwrap();
    let expected = [Position::System(0), at[1]];
    assert_eq!(again.breakpoints.iter().map(|it| it.at).collect::<Vec<_>>(), expected);
    assert_eq!(write(C, &again), marked);
}

#[test]
fn a_marker_inside_the_joined_system_prompt_is_left_out() {
    let mut request = golden();
    request.settings.chat.cache_breakpoints = true;
    request.breakpoints = vec![Breakpoint { at: Position::System(0), ttl: Ttl::Short }];
    assert!(!write(C, &request).contains("prompt_cache_breakpoint"));
}

#[test]
fn what_a_text_says_does_not_confuse_the_splicing_of_markers() {
    let text = r#"{"role":"user","content":[{"type":"text","text":"x"}]}"#;
    let mut request = Request { messages: vec![user(vec![result("t", text, false), Block::text(text)])], ..work() };
    request.settings.chat.cache_control = true;
    let clean = messages(&request);
    request.breakpoints = vec![Breakpoint { at: Position::Message { message: 0, block: 1 }, ttl: Ttl::Long }];
    let mut marked = messages(&request);
    let part = marked[2]["content"][0].as_object_mut().unwrap();
    assert_eq!(part.shift_remove("cache_control"), Some(json!({"type": "ephemeral", "ttl": "1h"})));
    assert_eq!(marked, clean);
}

#[test]
fn an_empty_tool_list_and_a_choice_without_tools_are_left_out() {
    let body = write(C, &Request { tools: vec![], ..golden() });
    assert!(!body.contains("tool_choice") && !body.contains("\"tools\"") && !body.contains("parallel"), "{body}");
}

#[test]
fn a_schema_without_properties_gets_empty_ones() {
    let mut request = work();
    request.tools[0].schema = json!({"type": "object"});
    let found = json(write(C, &request).as_bytes())["tools"][0]["function"]["parameters"].to_string();
    assert_eq!(found, r#"{"type":"object","properties":{}}"#);
}

#[test]
fn a_long_cache_key_is_cut_and_stays_distinct() {
    let key = |tail: &str| {
        let settings = Settings { cache_key: Some("k".repeat(70) + tail), ..Settings::default() };
        json(write(C, &Request { settings, ..work() }).as_bytes())["prompt_cache_key"].as_str().unwrap().to_owned()
    };
    assert_eq!(key("a").len(), 64);
    assert_ne!(key("a"), key("b"));
}

fn body(rest: &str) -> String {
    format!(r#"{{"model":"m",{rest}}}"#)
}

#[test]
fn leading_system_and_developer_messages_are_the_system_prompt_and_later_ones_stay_in_place() {
    let text = body(concat!(
        r#""messages":[{"role":"system","content":"a"},{"role":"developer","content":[{"type":"text","text":"b"}]},"#,
        r#"{"role":"user","content":"c"},{"role":"developer","content":"d"}]"#
    ));
    let request = read(C, &text).unwrap();
    assert_eq!(request.system, ["a", "b"]);
    assert_eq!(request.messages[1].role, Role::System);
    let expected = json!([
        {"role": "system", "content": "a\n\nb"}, {"role": "user", "content": "c"}, {"role": "system", "content": "d"},
    ]);
    assert_eq!(messages(&request), expected);
}

#[test]
fn answers_of_parallel_calls_are_one_message() {
    let text = body(concat!(
        r#""messages":[{"role":"tool","tool_call_id":"a","content":"1"},{"role":"tool","tool_call_id":"b","content":null},"#,
        r#"{"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"3"}]}]"#
    ));
    let empty = Block::ToolResult { call_id: "b".into(), content: vec![], is_error: false };
    let expected = user(vec![result("a", "1", false), empty, result("c", "3", false)]);
    assert_eq!(read(C, &text).unwrap().messages, [expected]);
}

#[test]
fn stop_may_be_null_a_string_or_a_list() {
    let stop = |json: &str| read(C, &body(&format!(r#""messages":[],"stop":{json}"#))).unwrap().settings.stop;
    assert_eq!(stop("null"), Vec::<String>::new());
    assert_eq!(stop("\"a\""), ["a"]);
    assert_eq!(stop(r#"["a","b"]"#), ["a", "b"]);
}

#[test]
fn usage_in_the_stream_is_as_the_client_asked() {
    let asked = |rest: &str| read(C, &body(rest)).unwrap().settings.chat.include_usage;
    assert!(!asked(r#""messages":[],"stream":true"#));
    assert!(asked(r#""messages":[],"stream":true,"stream_options":{"include_usage":true}"#));
}

#[test]
fn fields_that_are_not_understood_go_back_as_they_came() {
    let text = body(concat!(
        r#""max_tokens":7,"stream":true,"stream_options":{"include_usage":true,"include_obfuscation": false},"#,
        r#""reasoning_effort":"gigantic","tool_choice":{"type":"allowed_tools"},"#,
        r#""response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object"}}},"#,
        r#""messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data": "x"}}]}],"seed": 4"#
    ));
    let request = read(C, &text).unwrap();
    assert_eq!(request.settings.response_schema, Some(json!({"type": "object"})));
    let written = json(write(C, &request).as_bytes());
    assert_eq!(written, json(text.as_bytes()));
    assert_eq!(read(C, &write(C, &request)).unwrap(), request);
}

#[test]
fn a_block_of_another_dialect_is_an_error() {
    let block = Block::Opaque { dialect: A, json: r#"{"type":"document"}"#.into() };
    let request = Request { messages: vec![user(vec![block])], ..work() };
    let error = wire::codec(C).write_request(&request).unwrap_err();
    assert!(error.to_string().starts_with("cannot be said in this dialect"), "{error}");
}

#[test]
fn every_refusal_names_the_place() {
    let in_message = |message: &str| body(&format!(r#""messages":[{message}]"#));
    let called = |call: &str| in_message(&format!(r#"{{"role":"assistant","tool_calls":[{call}]}}"#));
    let cases = [
        (body(r#""x":1"#), "messages: is required"),
        (r#"{"messages":[]}"#.to_owned(), "model: is required"),
        (in_message(r#"{"content":"x"}"#), "messages.0.role: is required"),
        (in_message(r#"{"role":"function","content":"x"}"#), "messages.0.role: expected \"system\", \"developer\""),
        (in_message(r#"{"role":"user"}"#), "messages.0.content: is required"),
        (
            in_message(r#"{"role":"user","content":{"type":"text"}}"#),
            "messages.0.content: expected a string or an array",
        ),
        (in_message(r#"{"role":"user","content":[{"type":"text"}]}"#), "messages.0.content.0.text: is required"),
        (in_message(r#"{"role":"tool","content":"x"}"#), "messages.0.tool_call_id: is required"),
        (called(r#"{"id":"a","function":{}}"#), "messages.0.tool_calls.0.function.name: is required"),
        (called(r#"{"id":"a","type":"custom","custom":{}}"#), "messages.0.tool_calls.0.type: only function tools"),
        (body(r#""messages":[],"tools":[{"type":"custom"}]"#), "tools.0.type: only function tools"),
        (body(r#""messages":[],"tool_choice":"maybe""#), "tool_choice: expected \"auto\""),
        (body(r#""messages":[],"max_tokens":1.5"#), "max_tokens: expected a whole number"),
    ];
    for (text, expected) in cases {
        let found = refusal(C, &text);
        assert!(found.starts_with(expected), "{text}\n  found:    {found}\n  expected: {expected}");
    }
}

#[test]
fn user_messages_in_a_row_become_one_only_where_the_server_wants_it() {
    let says = |text: &str| protocol::Message { role: Role::User, blocks: vec![Block::text(text)] };
    let mut request = Request {
        model: "m".into(),
        messages: vec![says("first \"quoted\""), says("second"), says("third")],
        ..Request::default()
    };
    let texts = |request: &Request| -> Vec<String> {
        let body: Value = serde_json::from_slice(&wire::codec(C).write_request(request).unwrap()).unwrap();
        body["messages"].as_array().unwrap().iter().map(|m| m["content"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(texts(&request), ["first \"quoted\"", "second", "third"]);
    request.settings.chat.merge_user_messages = true;
    assert_eq!(texts(&request), ["first \"quoted\"\n\nsecond\n\nthird"]);
    let answer = protocol::Message { role: Role::Assistant, blocks: vec![Block::text("answer")] };
    request.messages.insert(1, answer);
    assert_eq!(texts(&request), ["first \"quoted\"", "answer", "second\n\nthird"]);
}
