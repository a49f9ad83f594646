//! Requests in the Responses dialect, read and written.

use async_openai::types::responses::CreateResponse;
use protocol::request::Thinking;
use protocol::{
    Block, Breakpoint, Dialect, Effort, ImageSource, Message, Position, Request, ResultPart, Role, Settings,
    ToolChoice, Ttl,
};
use wire::openai_responses::is_seal;
use wire::{WireError, codec, retarget};

use crate::support::{A, C, assistant, call, json, read, refusal, result, user, work, write};

const R: Dialect = Dialect::OpenaiResponses;

/// A body with this input and these further members.
fn body(members: &str, input: &str) -> String {
    format!(r#"{{"model":"m"{members},"input":[{input}]}}"#)
}

#[test]
fn a_request_is_written_as_these_bytes() {
    let mut request = work();
    request.settings = Settings {
        max_tokens: Some(4_096),
        stream: true,
        effort: Some(Effort::High),
        cache_key: Some("s-1".into()),
        parallel_tool_calls: Some(true),
        ..Settings::default()
    };
    let schema = r#"{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}"#;
    let tool = |name: &str| {
        format!(
            r#"{{"type":"function","name":"{name}","description":"Runs {name}.","parameters":{schema},"strict":false}}"#
        )
    };
    let expected = [
        r#"{"model":"m-1","max_output_tokens":4096,"stream":true,"reasoning":{"effort":"high"},"parallel_tool_calls":true,"#,
        r#""prompt_cache_key":"s-1","store":false,"include":["reasoning.encrypted_content"],"#,
        &format!(r#""tools":[{},{}],"#, tool("read"), tool("bash")),
        r#""instructions":"Be brief.","input":["#,
        r#"{"type":"message","role":"developer","content":[{"type":"input_text","text":"Repo: demo."}]},"#,
        r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"Fix the test."}]},"#,
        r#"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Looking."}]},"#,
        r#"{"type":"function_call","call_id":"t1","name":"read","arguments":"{\"path\": \"a.rs\"}"},"#,
        r#"{"type":"function_call","call_id":"t2","name":"bash","arguments":"{}"},"#,
        r#"{"type":"function_call_output","call_id":"t1","output":"fn a() {}"},"#,
        r#"{"type":"function_call_output","call_id":"t2","output":"Error: exit 1"}]}"#,
    ];
    assert_eq!(write(R, &request), expected.concat());
    // OpenAI's own description of a request agrees, but for the model's turns, which may come without an id.
    request.messages.remove(1);
    let theirs: CreateResponse = serde_json::from_str(&write(R, &request)).unwrap();
    assert_eq!((theirs.store, theirs.max_output_tokens), (Some(false), Some(4_096)));
}

#[test]
fn what_was_written_is_read_as_what_was_meant() {
    let mut expected = work();
    expected.messages[2] = user(vec![result("t1", "fn a() {}", false), result("t2", "Error: exit 1", false)]);
    let found = read(R, &write(R, &work())).unwrap();
    assert_eq!((found.tools, found.system, found.messages), (expected.tools, expected.system, expected.messages));
}

#[test]
fn a_text_alone_is_a_users_message_and_a_body_without_input_has_none() {
    let found = read(R, r#"{"model":"m","input":"hi"}"#).unwrap();
    assert_eq!(found.messages, [user(vec![Block::text("hi")])]);
    assert_eq!(read(R, r#"{"model":"m","instructions":"x"}"#).unwrap().messages, []);
    let easy = read(R, &body("", r#"{"role":"user","content":"hi"},{"role":"assistant","content":"ho"}"#)).unwrap();
    assert_eq!(easy.messages, [user(vec![Block::text("hi")]), assistant(vec![Block::text("ho")])]);
}

#[test]
fn w47_instructions_come_first_leading_messages_next_and_later_ones_stay_in_place() {
    let system = |role: &str, text: &str| format!(r#"{{"role":"{role}","content":"{text}"}}"#);
    let items = [
        system("developer", "b"),
        system("system", "c"),
        system("user", "hi"),
        system("developer", "d"),
        system("user", "ho"),
    ];
    let found = read(R, &body(r#","instructions":"a""#, &items.join(","))).unwrap();
    assert_eq!(found.system, ["a", "b", "c"]);
    let later = Message { role: Role::System, blocks: vec![Block::text("d")] };
    assert_eq!(found.messages, [user(vec![Block::text("hi")]), later, user(vec![Block::text("ho")])]);
    let again = json(write(R, &found).as_bytes());
    let said: Vec<(&str, &str)> = again["input"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|item| {
            let parts = item["content"].as_array().unwrap();
            parts.iter().map(|part| (item["role"].as_str().unwrap(), part["text"].as_str().unwrap()))
        })
        .collect();
    assert_eq!(again["instructions"], "a");
    assert_eq!(said, [("developer", "b"), ("developer", "c"), ("user", "hi"), ("developer", "d"), ("user", "ho")]);
}

#[test]
fn one_turns_items_are_one_message_and_one_turns_results_another() {
    let items = [
        r#"{"type":"function_call","id":"fc_9","call_id":"c1","name":"f","arguments":""}"#,
        r#"{"type":"function_call","call_id":"c2","name":"g","arguments":"{}","status":"completed"}"#,
        r#"{"type":"function_call_output","call_id":"c1","output":"a"}"#,
        r#"{"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"b"},{"type":"input_image","image_url":"data:image/png;base64,AA=="}]}"#,
        r#"{"type":"message","role":"assistant","content":[{"type":"refusal","refusal":"no"}]}"#,
    ];
    let image = ImageSource::Base64 { media_type: "image/png".into(), data: "AA==".into() };
    let content = vec![ResultPart::Text { text: "b".into() }, ResultPart::Image { source: image }];
    let second = Block::ToolResult { call_id: "c2".into(), content, is_error: false };
    let expected = [
        assistant(vec![call("c1", "f", "{}"), call("c2", "g", "{}")]),
        user(vec![result("c1", "a", false), second]),
        assistant(vec![Block::text("no")]),
    ];
    let found = read(R, &body("", &items.join(","))).unwrap();
    assert_eq!(found.messages, expected);
    // Images are no guests in an answer here: they go back where they stood.
    assert!(write(R, &found).contains(
        r#""output":[{"type":"input_text","text":"b"},{"type":"input_image","image_url":"data:image/png;base64,AA=="}]"#
    ));
}

#[test]
fn w26_a_calls_own_id_is_not_its_call_id_and_is_not_sent_back() {
    let item =
        r#"{"type":"function_call","id":"fc_9","call_id":"call_1","name":"f","arguments":"{}","status":"completed"}"#;
    let found = read(R, &body("", item)).unwrap();
    assert_eq!(found.messages, [assistant(vec![call("call_1", "f", "{}")])]);
    let again = write(R, &found);
    assert!(again.contains(r#"{"type":"function_call","call_id":"call_1","name":"f","arguments":"{}"}"#), "{again}");
    assert!(!again.contains("fc_9"));
}

#[test]
fn w10_arguments_that_are_empty_or_no_object_are_an_empty_object_in_a_history() {
    for (arguments, expected) in
        [("", "{}"), ("  ", "{}"), ("{\"a\": 1", "{}"), ("[1]", "{}"), ("{\"a\": 1}", "{\\\"a\\\": 1}")]
    {
        let request = Request { messages: vec![assistant(vec![call("c", "f", arguments)])], ..Request::default() };
        assert!(write(R, &request).contains(&format!(r#""arguments":"{expected}""#)), "{arguments}");
    }
}

/// What came of reasoning.
const SAID: &str = r#"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"So be it."}]}"#;

#[test]
fn w38_a_reasoning_item_goes_back_byte_for_byte() {
    let item = r#"{ "type":"reasoning","id":"rs_1", "summary":[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}],"encrypted_content":"gA\u0041=","status":null}"#;
    let found = read(R, &body("", &format!("{item},{SAID}"))).unwrap();
    let Block::Thinking { text, signature: Some(seal) } = &found.messages[0].blocks[0] else {
        panic!("expected thinking, found {:?}", found.messages)
    };
    assert_eq!(text, "a\n\nb");
    assert!(is_seal(seal));
    assert!(write(R, &found).ends_with(&format!(r#""input":[{item},{SAID}]}}"#)));
}

#[test]
fn w38_reasoning_that_nothing_came_of_is_left_out_because_it_would_be_refused() {
    let thought = |id: &str| format!(r#"{{"type":"reasoning","id":"{id}","summary":[],"encrypted_content":"gA"}}"#);
    let asked = r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"Go on."}]}"#;
    let written = |items: &[&str]| {
        let written = write(R, &read(R, &body("", &items.join(","))).unwrap());
        written.split_once(r#""input":"#).unwrap().1.to_owned()
    };
    let (cut, whole) = (thought("rs_1"), thought("rs_2"));
    assert_eq!(written(&[&cut, asked]), format!("[{asked}]}}"), "an answer that was cut off in its reasoning");
    assert_eq!(written(&[&whole, SAID, &cut, asked]), format!("[{whole},{SAID},{asked}]}}"));
    let blank = SAID.replace("So be it.", " ");
    assert_eq!(written(&[&whole, SAID, &cut, &blank, asked]), format!("[{whole},{SAID},{asked}]}}"));
    assert_eq!(written(&[&cut, &whole, SAID, asked]), format!("[{cut},{whole},{SAID},{asked}]}}"));
}

#[test]
fn w38_reasoning_that_openai_could_not_find_again_is_left_out() {
    let bare = r#"{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"a"}]}"#;
    assert!(
        write(R, &read(R, &body("", &format!("{bare},{SAID}"))).unwrap()).ends_with(&format!(r#""input":[{SAID}]}}"#))
    );
    // Open models say their reasoning itself.
    let open = r#"{"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"a"}]}"#;
    assert!(write(R, &read(R, &body("", &format!("{open},{SAID}"))).unwrap()).contains(open));
}

#[test]
fn w40_another_makers_reasoning_does_not_reach_this_dialect_nor_this_ones_another() {
    let thought = |seal: Option<&str>| Block::Thinking { text: "hm".into(), signature: seal.map(str::to_owned) };
    let foreign = assistant(vec![
        thought(Some("EqQBCgIYAg==")),
        thought(None),
        Block::RedactedThinking { data: "xx".into() },
        Block::text("a"),
    ]);
    let request = Request { messages: vec![foreign.clone()], ..Request::default() };
    let there = write(R, &request);
    assert!(!there.contains("hm") && !there.contains("xx") && !there.contains("reasoning\""), "{there}");
    // A turn that was nothing but reasoning is no turn.
    let only = Request { messages: vec![assistant(vec![thought(Some("x"))])], ..Request::default() };
    assert!(write(R, &only).ends_with(r#""input":[]}"#));
}

#[test]
fn a_messages_phase_is_replayed() {
    let said = |phase: &str| {
        format!(
            r#"{{"type":"message","role":"assistant","content":[{{"type":"output_text","text":"a"}}],"phase":"{phase}"}}"#
        )
    };
    let call = r#"{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}"#;
    let items = [said("commentary").as_str(), call, &said("final_answer")].join(",");
    assert!(write(R, &read(R, &body("", &items)).unwrap()).ends_with(&format!(r#""input":[{items}]}}"#)));
}

#[test]
fn w44_a_budget_is_an_effort_and_thinking_that_is_to_be_seen_is_summarised() {
    let reasoning = |effort, thinking| {
        let settings = Settings { effort, thinking, ..Settings::default() };
        let written = write(R, &Request { settings, ..Request::default() });
        json(written.as_bytes())["reasoning"].to_string()
    };
    assert_eq!(reasoning(None, None), "null");
    assert_eq!(reasoning(None, Some(Thinking::Disabled)), "null");
    assert_eq!(reasoning(Some(Effort::Xhigh), None), r#"{"effort":"xhigh"}"#);
    assert_eq!(reasoning(None, Some(Thinking::Adaptive)), r#"{"summary":"auto"}"#);
    assert_eq!(reasoning(None, Some(Thinking::Budget(1_024))), r#"{"effort":"low","summary":"auto"}"#);
    assert_eq!(reasoning(None, Some(Thinking::Budget(10_000))), r#"{"effort":"medium","summary":"auto"}"#);
    assert_eq!(reasoning(None, Some(Thinking::Budget(31_999))), r#"{"effort":"high","summary":"auto"}"#);
    assert_eq!(reasoning(Some(Effort::None), Some(Thinking::Adaptive)), r#"{"effort":"none"}"#);
    let found = read(R, &body(r#","reasoning":{"effort":"low","summary":"auto"}"#, "")).unwrap();
    assert_eq!((found.settings.effort, found.settings.thinking), (Some(Effort::Low), Some(Thinking::Adaptive)));
    let odd = r#""reasoning":{"effort":"huge","context":"all_turns"}"#;
    assert!(write(R, &read(R, &body(&format!(",{odd}"), "")).unwrap()).contains(odd));
}

#[test]
fn w53_breakpoints_are_markers_only_where_the_server_knows_them() {
    let mut request = work();
    let at = [
        Position::Tool(1),
        Position::System(1),
        Position::Message { message: 0, block: 0 },
        Position::Message { message: 2, block: 1 },
    ];
    request.breakpoints = at.map(|at| Breakpoint { at, ttl: Ttl::Long }).to_vec();
    assert!(!write(R, &request).contains("prompt_cache_breakpoint"));
    request.settings.chat.cache_breakpoints = true;
    let marked = write(R, &request);
    let marker = r#","prompt_cache_breakpoint":{"mode":"explicit"}"#;
    for text in ["Repo: demo.", "Fix the test.", "Error: exit 1"] {
        assert!(marked.contains(&format!(r#"{{"type":"input_text","text":"{text}"{marker}}}"#)), "{text}: {marked}");
    }
    assert_eq!(marked.matches(marker).count(), 3);
    let bare = Request { breakpoints: vec![], ..request.clone() };
    assert_eq!(marked.replace(marker, ""), write(R, &bare));
    let again = read(R, &marked).unwrap();
    assert!(again.settings.chat.cache_breakpoints);
    assert_eq!(write(R, &again), marked);
}

#[test]
fn w53_cache_fields_that_a_server_refuses_are_left_out_for_it() {
    let fields = r#","prompt_cache_key":"k","prompt_cache_retention":"24h","prompt_cache_options":{"mode":"implicit","ttl":"12h"}"#;
    let mut request = read(R, &body(fields, "")).unwrap();
    assert!(
        write(R, &request).contains("prompt_cache_retention") && write(R, &request).contains("prompt_cache_options")
    );
    request.settings.chat.cache_breakpoints = false;
    assert!(!write(R, &request).contains("prompt_cache_options"));
    request.settings.chat.cache_key = false;
    assert!(!write(R, &request).contains("prompt_cache"));
    let long = Settings { cache_key: Some("k".repeat(70)), ..Settings::default() };
    let written = json(write(R, &Request { settings: long, ..Request::default() }).as_bytes());
    assert_eq!(written["prompt_cache_key"].as_str().unwrap().len(), 64);
}

#[test]
fn w67_the_output_limit_has_this_dialects_name_and_floor() {
    let most = |tokens| {
        let settings = Settings { max_tokens: tokens, ..Settings::default() };
        json(write(R, &Request { settings, ..Request::default() }).as_bytes())["max_output_tokens"].clone()
    };
    assert_eq!((most(Some(1)), most(Some(16)), most(Some(900))), (16.into(), 16.into(), 900.into()));
    assert!(most(None).is_null());
    assert_eq!(read(R, &body(r#","max_output_tokens":77"#, "")).unwrap().settings.max_tokens, Some(77));
}

#[test]
fn w68_fields_and_items_that_are_not_known_go_back_as_they_came() {
    let fields = r#""temperature":0.5,"store":true,"truncation":"auto","metadata":{"a": 1e2},"text":{"verbosity":"low","format":{"type":"text"}}"#;
    let items = r#"{"type":"web_search_call","id":"ws_1","status":"completed"},{"type":"new_thing","x": 1},{"type":"item_reference","id":"msg_1"}"#;
    let text = body(&format!(",{fields}"), items);
    let again = write(R, &read(R, &text).unwrap());
    let (there, back) = (json(text.as_bytes()), json(again.as_bytes()));
    for name in ["temperature", "store", "truncation", "metadata", "text", "input"] {
        assert_eq!(back[name], there[name], "{name}");
    }
    assert!(again.contains(items) && again.contains(r#"{"a": 1e2}"#));
}

#[test]
fn what_a_client_leaves_out_about_storing_means_yes_and_we_say_no() {
    assert_eq!(json(write(R, &read(R, &body("", "")).unwrap()).as_bytes())["store"], true);
    assert_eq!(json(write(R, &Request::default()).as_bytes())["store"], false);
    let mut request = read(C, r#"{"model":"m","messages":[]}"#).unwrap();
    retarget(&mut request, C, R);
    assert_eq!(json(write(R, &request).as_bytes())["store"], false);
}

#[test]
fn tool_choice_crosses_and_is_left_out_without_tools() {
    let choice = |choice: ToolChoice| {
        let settings = Settings { tool_choice: choice, ..Settings::default() };
        json(write(R, &Request { settings, ..work() }).as_bytes())["tool_choice"].to_string()
    };
    assert_eq!(choice(ToolChoice::Auto), "null");
    assert_eq!(choice(ToolChoice::None), r#""none""#);
    assert_eq!(choice(ToolChoice::Any), r#""required""#);
    assert_eq!(choice(ToolChoice::Tool("read".into())), r#"{"type":"function","name":"read"}"#);
    let bare = Settings { tool_choice: ToolChoice::Any, parallel_tool_calls: Some(true), ..Settings::default() };
    let written = write(R, &Request { settings: bare, ..Request::default() });
    assert!(!written.contains("tool_choice") && !written.contains("parallel"));
    let allowed =
        r#","tools":[{"type":"function","name":"f"}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[]}"#;
    assert!(write(R, &read(R, &body(allowed, "")).unwrap()).contains(r#""type":"allowed_tools""#));
}

#[test]
fn an_answers_form_crosses() {
    let schema = serde_json::json!({"type": "object", "required": ["b", "a"]});
    let settings = Settings { response_schema: Some(schema.clone()), ..Settings::default() };
    let written = write(R, &Request { settings, ..Request::default() });
    assert!(written.contains(
        r#""text":{"format":{"type":"json_schema","name":"answer","schema":{"type":"object","required":["b","a"]}}}"#
    ));
    assert_eq!(read(R, &written).unwrap().settings.response_schema, Some(schema));
}

#[test]
fn a_body_of_another_shape_is_refused_by_its_place() {
    let cases = [
        (r#"{"input":[]}"#.to_owned(), "model: is required, and is missing"),
        (r#"{"model":"m","input":3}"#.to_owned(), "input: expected a string or an array of items, found a number"),
        (
            body("", r#"{"role":"tool","content":"x"}"#),
            "input.0.role: expected \"user\", \"assistant\", \"system\" or \"developer\", found \"tool\"",
        ),
        (
            body("", r#"{"type":"function_call","call_id":"c","arguments":"{}"}"#),
            "input.0.name: is required, and is missing",
        ),
        (body("", r#"{"type":"function_call_output","call_id":"c"}"#), "input.0.output: is required, and is missing"),
        (
            body("", r#"{"type":"function_call","name":"f","arguments":"{}"}"#),
            "input.0.id: is required, and is missing",
        ),
        (
            body("", r#"{"role":"user","content":[{"text":"x"}]}"#),
            "input.0.content.0.type: is required, and is missing",
        ),
        (body(r#","tools":[{"type":"function"}]"#, ""), "tools.0.name: is required, and is missing"),
        (
            body(r#","tool_choice":"maybe""#, ""),
            "tool_choice: expected \"auto\", \"none\", \"required\" or an object, found \"maybe\"",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(refusal(R, &text), expected);
    }
}

#[test]
fn blocks_that_cannot_be_said_are_refused_by_name() {
    let foreign = Block::Opaque { dialect: A, json: r#"{"type":"document"}"#.into() };
    for message in [
        user(vec![foreign.clone()]),
        assistant(vec![foreign]),
        user(vec![call("c", "f", "{}")]),
        assistant(vec![result("c", "x", false)]),
    ] {
        let request = Request { messages: vec![message], ..Request::default() };
        assert!(matches!(codec(R).write_request(&request), Err(WireError::Untranslatable(_))));
    }
}
