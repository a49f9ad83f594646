//! Requests in Anthropic's dialect.

use protocol::request::Thinking;
use protocol::{
    Block, Breakpoint, Effort, ImageSource, Position, Request, ResultPart, Role, Settings, ToolChoice, Ttl,
};
use wire::{Assembly, codec};

use crate::support::{A, C, assistant, call, json, read, refusal, result, tool, user, work, write};

const GOLDEN: &str = concat!(
    r#"{"model":"m-1","max_tokens":8192,"stream":true,"temperature":0.5,"#,
    r#""thinking":{"type":"adaptive"},"output_config":{"effort":"high"},"#,
    r#""tools":[{"name":"read","description":"Runs read.","input_schema":{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}},"#,
    r#"{"name":"bash","description":"Runs bash.","input_schema":{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]},"#,
    r#""cache_control":{"type":"ephemeral","ttl":"1h"}}],"#,
    r#""system":[{"type":"text","text":"Be brief."},{"type":"text","text":"Repo: demo."}],"#,
    r#""messages":[{"role":"user","content":[{"type":"text","text":"Fix the test."}]},"#,
    r#"{"role":"assistant","content":[{"type":"text","text":"Looking."},"#,
    r#"{"type":"tool_use","id":"t1","name":"read","input":{"path": "a.rs"}},{"type":"tool_use","id":"t2","name":"bash","input":{}}]},"#,
    r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"fn a() {}"},"#,
    r#"{"type":"tool_result","tool_use_id":"t2","content":"exit 1","is_error":true,"cache_control":{"type":"ephemeral"}}]}]}"#,
);

fn golden() -> Request {
    let mut request = work();
    request.settings = Settings {
        stream: true,
        temperature: Some(0.5),
        thinking: Some(Thinking::Adaptive),
        effort: Some(Effort::High),
        ..Settings::default()
    };
    request.breakpoints = vec![
        Breakpoint { at: Position::Tool(1), ttl: Ttl::Long },
        Breakpoint { at: Position::Message { message: 2, block: 1 }, ttl: Ttl::Short },
    ];
    request
}

#[test]
fn a_request_has_exactly_these_bytes() {
    assert_eq!(write(A, &golden()), GOLDEN);
}

#[test]
fn reading_those_bytes_gives_the_request_back() {
    let mut expected = golden();
    expected.settings.max_tokens = Some(8_192);
    assert_eq!(read(A, GOLDEN).unwrap(), expected);
}

#[test]
fn moving_a_marker_changes_nothing_but_the_marker() {
    let strip = |body: String| {
        let long = r#","cache_control":{"type":"ephemeral","ttl":"1h"}"#;
        body.replace(long, "").replace(r#","cache_control":{"type":"ephemeral"}"#, "")
    };
    let mut moved = golden();
    moved.breakpoints = vec![Breakpoint { at: Position::System(0), ttl: Ttl::Short }];
    assert_eq!(strip(write(A, &moved)), strip(GOLDEN.into()));
}

#[test]
fn the_arguments_of_a_call_keep_the_bytes_the_model_wrote() {
    let written = r#"{ "n": 1e2, "big": 12345678901234567890123, "e": "\u00e9" }"#;
    let request = Request { messages: vec![assistant(vec![call("t", "f", written)])], ..work() };
    let body = write(A, &request);
    assert!(body.contains(&format!(r#""input":{written}}}"#)), "{body}");
    assert_eq!(read(A, &body).unwrap().messages, request.messages);
}

#[test]
fn empty_or_malformed_arguments_become_an_empty_object() {
    for arguments in ["", "  ", "{\"path\": \"a", "[1]", "\"text\"", "null"] {
        let request = Request { messages: vec![assistant(vec![call("t", "f", arguments)])], ..work() };
        assert!(write(A, &request).contains(r#""input":{}}"#), "{arguments}");
    }
}

#[test]
fn thinking_is_kept_byte_for_byte_and_left_out_without_its_seal() {
    let sealed = Block::Thinking { text: String::new(), signature: Some("c2ln".into()) };
    let unsealed = Block::Thinking { text: "hm".into(), signature: None };
    let redacted = Block::RedactedThinking { data: "xx".into() };
    let request = Request { messages: vec![assistant(vec![sealed, unsealed, redacted, Block::text("a")])], ..work() };
    let content = json(write(A, &request).as_bytes())["messages"][0]["content"].to_string();
    let expected = concat!(
        r#"[{"type":"thinking","thinking":"","signature":"c2ln"},{"type":"redacted_thinking","data":"xx"},"#,
        r#"{"type":"text","text":"a"}]"#
    );
    assert_eq!(content, expected);
}

#[test]
fn a_marker_on_thinking_moves_to_the_block_before_it() {
    let thinking = || Block::Thinking { text: "hm".into(), signature: Some("s".into()) };
    let mut request = Request { messages: vec![assistant(vec![Block::text("a"), thinking()])], ..work() };
    request.breakpoints = vec![Breakpoint { at: Position::Message { message: 0, block: 1 }, ttl: Ttl::Short }];
    assert!(write(A, &request).contains(r#"{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}"#));
    request.messages = vec![assistant(vec![thinking()])];
    request.breakpoints[0].at = Position::Message { message: 0, block: 0 };
    assert!(!write(A, &request).contains("cache_control"));
}

#[test]
fn two_breakpoints_on_one_piece_leave_one_marker() {
    let mut request = golden();
    request.breakpoints = vec![
        Breakpoint { at: Position::Message { message: 0, block: 0 }, ttl: Ttl::Long },
        Breakpoint { at: Position::Message { message: 0, block: 7 }, ttl: Ttl::Short },
    ];
    assert_eq!(write(A, &request).matches("cache_control").count(), 1);
}

#[test]
fn tool_results_come_first_and_blank_text_is_left_out() {
    let blocks = vec![Block::text(" \n"), Block::text("go on"), result("t1", "ok", false), Block::text("")];
    let mut request = Request { messages: vec![user(blocks), user(vec![Block::text(" ")])], ..work() };
    request.breakpoints = vec![Breakpoint { at: Position::Message { message: 0, block: 2 }, ttl: Ttl::Short }];
    let body = json(write(A, &request).as_bytes());
    let expected = concat!(
        r#"[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"ok","cache_control":{"type":"ephemeral"}},"#,
        r#"{"type":"text","text":"go on"}]}]"#
    );
    assert_eq!(body["messages"].to_string(), expected);
}

#[test]
fn messages_of_one_role_stay_apart() {
    let request = Request { messages: vec![user(vec![Block::text("a")]), user(vec![Block::text("b")])], ..work() };
    assert_eq!(json(write(A, &request).as_bytes())["messages"].as_array().unwrap().len(), 2);
}

#[test]
fn images_are_passed_through_but_not_in_a_failed_answer() {
    let image = || ImageSource::Base64 { media_type: "image/png".into(), data: "AAAA".into() };
    let failed = Block::ToolResult {
        call_id: "t".into(),
        content: vec![ResultPart::Text { text: "no".into() }, ResultPart::Image { source: image() }],
        is_error: true,
    };
    let shown = Block::ToolResult {
        call_id: "u".into(),
        content: vec![ResultPart::Image { source: ImageSource::Url { url: "https://x/y.png".into() } }],
        is_error: false,
    };
    let request = Request { messages: vec![user(vec![failed, shown, Block::Image { source: image() }])], ..work() };
    let content = &json(write(A, &request).as_bytes())["messages"][0]["content"];
    assert_eq!(content[0]["content"][1]["type"], "text");
    assert_eq!(content[1]["content"][0]["source"]["url"], "https://x/y.png");
    assert_eq!(content[2]["source"]["data"], "AAAA");
}

#[test]
fn an_id_that_is_not_legal_is_changed_in_call_and_result_alike() {
    let id = "functions.read:0";
    let messages = vec![assistant(vec![call(id, "read", "{}")]), user(vec![result(id, "ok", false)])];
    let body = json(write(A, &Request { messages, ..work() }).as_bytes());
    let written = body["messages"][0]["content"][0]["id"].as_str().unwrap();
    assert_eq!(body["messages"][1]["content"][0]["tool_use_id"], written);
    assert!(written.len() <= 64 && written.starts_with("functions_read_0_"), "{written}");
}

#[test]
fn what_is_not_set_is_not_sent() {
    let request = Request { tools: vec![], system: vec![], ..work() };
    let keys: Vec<String> = json(write(A, &request).as_bytes()).as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["model", "max_tokens", "messages"]);
}

#[test]
fn a_tool_choice_without_tools_is_dropped() {
    let settings = Settings { tool_choice: ToolChoice::Any, parallel_tool_calls: Some(false), ..Settings::default() };
    let request = Request { settings, ..work() };
    let expected = serde_json::json!({"type": "any", "disable_parallel_tool_use": true});
    assert_eq!(json(write(A, &request).as_bytes())["tool_choice"], expected);
    assert!(!write(A, &Request { tools: vec![], ..request }).contains("tool_choice"));
}

#[test]
fn efforts_that_the_dialect_does_not_know_are_clamped() {
    let config = |effort| {
        let settings = Settings { effort: Some(effort), ..Settings::default() };
        json(write(A, &Request { settings, ..work() }).as_bytes())["output_config"]["effort"].clone()
    };
    assert_eq!(config(Effort::Minimal), "low");
    assert_eq!(config(Effort::Max), "max");
    assert_eq!(config(Effort::None), serde_json::Value::Null);
}

#[test]
fn a_block_of_another_dialect_is_an_error() {
    let block = Block::Opaque { dialect: C, json: r#"{"type":"input_audio"}"#.into() };
    let request = Request { messages: vec![user(vec![block])], ..work() };
    assert!(codec(A).write_request(&request).unwrap_err().to_string().contains("cannot be said"));
}

fn body(rest: &str) -> String {
    format!(r#"{{"model":"m","max_tokens":5,{rest}}}"#)
}

#[test]
fn content_may_be_a_string_and_so_may_system() {
    let request = read(A, &body(r#""system":"s","messages":[{"role":"user","content":"hi"}]"#)).unwrap();
    assert_eq!((request.system, request.messages), (vec!["s".to_owned()], vec![user(vec![Block::text("hi")])]));
}

#[test]
fn a_system_message_in_mid_conversation_stays_where_it_is() {
    let text = body(
        r#""messages":[{"role":"user","content":"a"},{"role":"system","content":"b"},{"role":"user","content":"c"}]"#,
    );
    let request = read(A, &text).unwrap();
    assert_eq!(request.messages[1].role, Role::System);
    assert_eq!(json(write(A, &request).as_bytes())["messages"][1]["role"], "system");
}

#[test]
fn markers_are_collected_in_prompt_order_whatever_the_order_of_the_body() {
    let text = concat!(
        r#"{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b","cache_control":{"type":"ephemeral","ttl":"5m"}}]}],"#,
        r#""tools":[{"name":"f","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral","ttl":"1h"}}],"#,
        r#""system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"model":"m","max_tokens":5}"#
    );
    let request = read(A, text).unwrap();
    let at = [Position::Tool(0), Position::System(0), Position::Message { message: 0, block: 1 }];
    assert_eq!(request.breakpoints.iter().map(|it| it.at).collect::<Vec<_>>(), at);
    assert_eq!(request.breakpoints[0].ttl, Ttl::Long);
}

#[test]
fn automatic_caching_marks_the_last_cacheable_block_once() {
    let text = body(concat!(
        r#""cache_control":{"type":"ephemeral"},"messages":[{"role":"user","content":"a"},"#,
        r#"{"role":"assistant","content":[{"type":"text","text":"b"},{"type":"thinking","thinking":"t","signature":"s"}]}]"#
    ));
    let expected = Breakpoint { at: Position::Message { message: 1, block: 0 }, ttl: Ttl::Short };
    let request = read(A, &text).unwrap();
    assert_eq!(request.breakpoints, [expected]);
    assert_eq!(read(A, &write(A, &request)).unwrap().breakpoints, [expected]);
}

#[test]
fn fields_that_are_not_understood_go_back_as_they_came() {
    let text = body(concat!(
        r#""thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"low","task_budget":{"n": 1}},"#,
        r#""messages":[],"metadata":{"user_id": "u"},"service_tier":"auto""#
    ));
    let request = read(A, &text).unwrap();
    assert_eq!(request.settings.thinking, Some(Thinking::Adaptive));
    assert_eq!(request.settings.effort, Some(Effort::Low));
    let expected = concat!(
        r#"{"model":"m","max_tokens":5,"thinking":{"type":"adaptive","display":"omitted"},"#,
        r#""output_config":{"effort":"low","task_budget":{"n": 1}},"metadata":{"user_id": "u"},"service_tier":"auto","messages":[]}"#
    );
    assert_eq!(write(A, &request), expected);
}

#[test]
fn blocks_that_are_not_understood_go_back_as_they_came_without_their_marker() {
    let text = body(concat!(
        r#""messages":[{"role":"user","content":[{"type":"document","source":{"type": "text"},"cache_control":{"type":"ephemeral"}},"#,
        r#"{"type":"tool_result","tool_use_id":"t","content":[{"type":"document","x": 1}]}]}]"#
    ));
    let request = read(A, &text).unwrap();
    assert_eq!(request.breakpoints.len(), 1);
    let Block::Opaque { json, .. } = &request.messages[0].blocks[0] else { panic!("not opaque") };
    assert_eq!(json, r#"{"type":"document","source":{"type": "text"}}"#);
    assert_eq!(write(A, &request), text);
}

#[test]
fn a_tool_result_may_have_no_content() {
    for content in ["", r#","content":null"#, r#","content":"""#, r#","content":[]"#] {
        let block = format!(r#"{{"type":"tool_result","tool_use_id":"t"{content}}}"#);
        let request = read(A, &body(&format!(r#""messages":[{{"role":"user","content":[{block}]}}]"#))).unwrap();
        assert!(write(A, &request).contains(r#"{"type":"tool_result","tool_use_id":"t"}"#), "{content}");
    }
}

#[test]
fn every_refusal_names_the_place() {
    let in_message = |content: &str| body(&format!(r#""messages":[{{"role":"user","content":[{content}]}}]"#));
    let marked = |kind: &str| in_message(&format!(r#"{{{kind},"cache_control":{{"type":"ephemeral"}}}}"#));
    let inner = r#"{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}"#;
    let cases = [
        ("[1", "body: not JSON"),
        ("[1]", "body: expected an object, found an array"),
        (r#"{"model":"m","messages":[]}"#, "max_tokens: is required"),
        (r#"{"max_tokens":1,"messages":[]}"#, "model: is required"),
        (r#"{"model":"m","max_tokens":-1,"messages":[]}"#, "max_tokens: expected a whole number"),
        (&body(r#""messages":{}"#), "messages: expected an array, found an object"),
        (&body(r#""messages":[{"role":"robot","content":"x"}]"#), "messages.0.role: expected \"user\""),
        (&body(r#""messages":[{"role":"user","content":7}]"#), "messages.0.content: expected a string or an array"),
        (&in_message(r#"{"text":"x"}"#), "messages.0.content.0.type: is required"),
        (
            &in_message(r#"{"type":"tool_use","id":"a","name":"f","input":"x"}"#),
            "messages.0.content.0.input: expected an object",
        ),
        (
            &in_message(&format!(r#"{{"type":"tool_result","tool_use_id":"t","content":[{inner}]}}"#)),
            "messages.0.content.0.content.0.cache_control: cannot be set inside",
        ),
        (
            &marked(r#""type":"thinking","thinking":"x","signature":"s""#),
            "messages.0.content.0.cache_control: cannot be set",
        ),
        (
            &in_message(r#"{"type":"text","text":"x","cache_control":null}"#),
            "messages.0.content.0.cache_control: expected an object",
        ),
        (
            &in_message(r#"{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"2h"}}"#),
            "messages.0.content.0.cache_control.ttl: expected \"5m\" or \"1h\", found \"2h\"",
        ),
        (&body(r#""messages":[],"tools":[{"name":"f"}]"#), "tools.0.input_schema: is required"),
    ];
    for (text, expected) in cases {
        let found = refusal(A, text);
        assert!(found.starts_with(expected), "{text}\n  found:    {found}\n  expected: {expected}");
    }
}

#[test]
fn rendered_pieces_are_copied_and_not_parsed() {
    let codec = codec(A);
    let settings = Settings::default();
    let message = codec.render_message(&user(vec![Block::text("a")]), &settings).unwrap();
    let assembly = Assembly {
        model: "m",
        tools: &["{not json}".to_owned()],
        system: &[],
        messages: &[message],
        breakpoints: &[Breakpoint { at: Position::Tool(0), ttl: Ttl::Short }],
        settings: &settings,
    };
    let body = String::from_utf8(codec.assemble(&assembly)).unwrap();
    assert!(body.contains(r#""tools":[{not json,"cache_control":{"type":"ephemeral"}}]"#), "{body}");
    assert_eq!(codec.render_tools(&[tool("read")]).len(), 1);
}
