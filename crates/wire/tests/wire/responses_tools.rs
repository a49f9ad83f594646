//! What only Responses has: tools and items of its own, at home and on their way to other dialects.

use protocol::request::NativeKind;
use protocol::{Block, Dialect, Position, Reply, Request, StopReason, ToolChoice, Usage};
use wire::openai_responses::depart;
use wire::translate::{Target, prepare};
use wire::{WireError, codec, retarget};

use crate::support::{A, C, assistant, call, json, read, user, write, written};

const R: Dialect = Dialect::OpenaiResponses;

/// A body with this input and these further members.
fn body(members: &str, input: &str) -> String {
    format!(r#"{{"model":"m"{members},"input":[{input}]}}"#)
}

/// What codex sends for its newest models: tools inside the conversation, plain-text tools, groups of tools, a search for
/// more, reasoning, phases.
fn codex() -> String {
    let tools = r#"[{"type":"custom","name":"exec","description":"Runs code.","format":{"type":"grammar","syntax":"lark","definition":"start: /[^]+/"}},{"type":"function","name":"wait","description":"Waits.","parameters":{"type":"object","properties":{}},"strict":false},{"type":"namespace","name":"collab","description":"Agents.","tools":[{"type":"function","name":"spawn","description":"Starts one.","parameters":{"type":"object","properties":{"task":{"type":"string"}}}}]},{"type":"tool_search","execution":"client","description":"Finds tools.","parameters":{"type":"object","properties":{"query":{"type":"string"}}}}]"#;
    let items = [
        format!(r#"{{"type":"additional_tools","role":"developer","tools":{tools}}}"#),
        r#"{"type":"message","role":"developer","content":[{"type":"input_text","text":"Sandbox: read-only."}]}"#.to_owned(),
        r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"Fix it."}]}"#.to_owned(),
        r#"{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Look first."}],"encrypted_content":"gAAA="}"#.to_owned(),
        r#"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Looking."}],"phase":"commentary"}"#.to_owned(),
        r#"{"type":"custom_tool_call","call_id":"call_1","name":"exec","input":"print(\"hé\")\n"}"#.to_owned(),
        r#"{"type":"function_call","call_id":"call_2","name":"spawn","namespace":"collab","arguments":"{\"task\": \"t\"}"}"#.to_owned(),
        r#"{"type":"custom_tool_call_output","call_id":"call_1","output":"ok"}"#.to_owned(),
        r#"{"type":"function_call_output","call_id":"call_2","output":"started"}"#.to_owned(),
        r#"{"type":"tool_search_call","call_id":"call_3","execution":"client","arguments":{"query":"mail"}}"#.to_owned(),
        r#"{"type":"tool_search_output","call_id":"call_3","execution":"client","status":"completed","tools":[{"type":"namespace","name":"mcp__mail","description":"","tools":[{"type":"function","name":"send","parameters":{"type":"object","properties":{}},"defer_loading":true}]}]}"#.to_owned(),
        r#"{"type":"agent_message","author":"/root/a","recipient":"/root","content":[{"type":"input_text","text":"done"}]}"#.to_owned(),
    ];
    let head = r#","instructions":"You are codex.","store":false,"stream":true,"include":["reasoning.encrypted_content"],"prompt_cache_key":"s-1","parallel_tool_calls":true,"tool_choice":"auto","reasoning":{"effort":"medium","summary":"auto"}"#;
    body(head, &items.join(","))
}

#[test]
fn w30_every_kind_of_tool_is_a_function_elsewhere_and_itself_at_home() {
    let found = read(R, &codex()).unwrap();
    let names: Vec<&str> = found.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["exec", "wait", "collab__spawn", "tool_search", "mcp__mail__send"]);
    let exec = &found.tools[0];
    assert_eq!(exec.schema["required"], serde_json::json!(["input"]));
    assert!(exec.description.starts_with("Runs code.") && exec.description.ends_with("lark grammar:\nstart: /[^]+/"));
    let calls: Vec<&Block> = found
        .messages
        .iter()
        .flat_map(|message| &message.blocks)
        .filter(|block| matches!(block, Block::ToolCall { .. }))
        .collect();
    let expected = [
        call("call_1", "exec", r#"{"input":"print(\"hé\")\n"}"#),
        call("call_2", "collab__spawn", r#"{"task": "t"}"#),
        call("call_3", "tool_search", r#"{"query":"mail"}"#),
    ];
    assert_eq!(calls, expected.iter().collect::<Vec<_>>());
    // At home each item is what it was.
    let (there, back) = (json(codex().as_bytes()), json(write(R, &found).as_bytes()));
    let kinds = |body: &serde_json::Value| {
        let items = body["input"].as_array().unwrap().iter();
        let mut items: Vec<serde_json::Value> = items.cloned().collect();
        // The leading instruction comes before the tools that were offered with it.
        items.sort_by_key(|item| item["role"] != "developer" || item["type"] == "additional_tools");
        items
    };
    assert_eq!(kinds(&back), kinds(&there));
    for name in ["instructions", "store", "include", "prompt_cache_key", "parallel_tool_calls", "reasoning", "stream"] {
        assert_eq!(back[name], there[name], "{name}");
    }
}

#[test]
fn w30_tools_of_this_dialect_are_kept_at_the_top_as_they_came_and_no_grammar_leaves_it() {
    let tools = r#"[ {"type":"web_search"},{"type":"custom","name":"patch","format":{"type":"text"}},{"type":"function","name":"f","strict":true}]"#;
    let text = body(
        &format!(r#","tools":{tools},"tool_choice":{{"type":"custom","name":"patch"}}"#),
        r#"{"role":"user","content":"hi"}"#,
    );
    let mut request = read(R, &text).unwrap();
    assert_eq!(request.settings.tool_choice, ToolChoice::Tool("patch".into()));
    let home = write(R, &request);
    assert!(
        home.contains(&format!(r#""tools":{tools}"#))
            && home.contains(r#""tool_choice":{"type":"custom","name":"patch"}"#)
    );
    depart(&mut request).unwrap();
    for to in [A, C] {
        let mut request = request.clone();
        retarget(&mut request, R, to);
        let there = write(to, &request);
        assert!(!there.contains("custom") && !there.contains("web_search"), "{there}");
        assert!(
            there.contains(r#""properties":{"input":{"type":"string""#) && there.contains(r#""name":"f""#),
            "{there}"
        );
    }
}

#[test]
fn w30_a_conversation_of_codex_leaves_with_everything_that_was_said() {
    let mut request = read(R, &codex()).unwrap();
    depart(&mut request).unwrap();
    retarget(&mut request, R, C);
    let there = json(write(C, &request).as_bytes());
    let messages = there["messages"].as_array().unwrap();
    let roles: Vec<&str> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "tool", "tool", "assistant", "tool", "user"]);
    assert_eq!(messages[0]["content"], "You are codex.\n\nSandbox: read-only.");
    assert_eq!(messages[2]["tool_calls"][0]["function"]["name"], "exec");
    assert!(messages[6]["content"].as_str().unwrap().contains("mcp__mail"));
    assert_eq!(messages[7]["content"], "[/root/a to /root]\ndone");
    assert_eq!(there["tools"].as_array().unwrap().len(), 5);
}

#[test]
fn w30_names_that_are_too_long_or_taken_are_told_apart() {
    let long = "n".repeat(60);
    let tools = format!(
        r#","tools":[{{"type":"function","name":"a__b"}},{{"type":"namespace","name":"a","tools":[{{"type":"function","name":"b"}}]}},{{"type":"namespace","name":"{long}","tools":[{{"type":"function","name":"send.mail"}}]}}]"#
    );
    let items = format!(
        r#"{{"type":"function_call","call_id":"1","name":"a__b","arguments":"{{}}"}},{{"type":"function_call","call_id":"2","namespace":"a","name":"b","arguments":"{{}}"}},{{"type":"function_call","call_id":"3","namespace":"{long}","name":"send.mail","arguments":"{{}}"}}"#
    );
    let found = read(R, &body(&tools, &items)).unwrap();
    let names: Vec<&String> = found.tools.iter().map(|tool| &tool.name).collect();
    assert!(names.iter().all(|name| name.len() <= 64 && !name.contains('.')));
    let called: Vec<&String> = found.messages[0]
        .blocks
        .iter()
        .map(|block| match block {
            Block::ToolCall { name, .. } => name,
            other => panic!("expected a call, found {other:?}"),
        })
        .collect();
    assert_eq!(called, names);
    assert_eq!(names.iter().collect::<std::collections::HashSet<_>>().len(), 3);
    let again = json(write(R, &found).as_bytes());
    assert_eq!(again["input"][1]["namespace"], "a");
    assert_eq!((&again["input"][2]["namespace"], &again["input"][2]["name"]), (&long.into(), &"send.mail".into()));
    assert!(again["input"][0].get("namespace").is_none());
}

#[test]
fn w30_calls_of_tools_that_are_no_longer_offered_go_back_as_they_came() {
    let items = r#"{"type":"custom_tool_call","call_id":"1","name":"patch","input":"x"},{"type":"function_call","call_id":"2","name":"b","namespace":"a","arguments":"{}"},{"type":"custom_tool_call_output","call_id":"1","output":"ok"}"#;
    let found = read(R, &body("", items)).unwrap();
    assert_eq!(found.settings.native.calls, [("1".to_owned(), NativeKind::Custom)]);
    assert!(write(R, &found).ends_with(&format!(r#""input":[{items}]}}"#)));
}

#[test]
fn w68_what_only_openai_has_is_refused_in_words_that_say_what_to_do() {
    let cases = [
        (
            body(r#","previous_response_id":"resp_1""#, ""),
            "previous_response_id: names an answer that is stored at OpenAI. Send the whole conversation",
        ),
        (body(r#","conversation":"conv_1""#, ""), "conversation: names a conversation"),
        (body(r#","prompt":{"id":"pmpt_1"}"#, ""), "prompt: names a prompt"),
        (body(r#","background":true"#, ""), "background: asks"),
        (
            body("", r#"{"type":"compaction","encrypted_content":"x"}"#),
            "input: an item of type \"compaction\" is a history that only OpenAI can read",
        ),
        (body("", r#"{"type":"item_reference","id":"x"}"#), "input: an item of type \"item_reference\" names an item"),
        (
            body(
                "",
                r#"{"type":"agent_message","author":"a","recipient":"b","content":[{"type":"encrypted_content","encrypted_content":"x"}]}"#,
            ),
            "input: an item of type \"agent_message\" is encrypted",
        ),
        (body("", r#"{"type":"new_thing"}"#), "input: an item of type \"new_thing\" has no form"),
    ];
    for (text, expected) in cases {
        let mut request = read(R, &text).unwrap();
        match depart(&mut request) {
            Err(error @ WireError::Invalid { .. }) => {
                assert!(error.to_string().starts_with(expected), "{error}");
                assert!(error.to_string().ends_with("the model behind this request is not OpenAI's"), "{error}");
            }
            other => panic!("{text}: expected a refusal, found {other:?}"),
        }
    }
    for fine in [r#","previous_response_id":null,"background":false,"store":true"#, ""] {
        depart(&mut read(R, &body(fine, r#"{"role":"user","content":"hi"}"#)).unwrap()).unwrap();
    }
}

#[test]
fn items_that_need_not_be_said_elsewhere_are_left_out_and_breakpoints_keep_their_place() {
    let said = |text: &str| {
        format!(
            r#"{{"role":"user","content":[{{"type":"input_text","text":"{text}","prompt_cache_breakpoint":{{"mode":"explicit"}}}}]}}"#
        )
    };
    let items = [
        said("a"),
        r#"{"type":"configuration_update","reasoning":{"effort":"low"}}"#.to_owned(),
        r#"{"type":"web_search_call","id":"ws_1"}"#.to_owned(),
        r#"{"role":"assistant","content":"x"}"#.to_owned(),
        said("b"),
    ];
    let mut request = read(R, &body("", &items.join(","))).unwrap();
    depart(&mut request).unwrap();
    let expected = [user(vec![Block::text("a")]), assistant(vec![Block::text("x")]), user(vec![Block::text("b")])];
    assert_eq!(request.messages, expected);
    let at: Vec<Position> = request.breakpoints.iter().map(|breakpoint| breakpoint.at).collect();
    assert_eq!(at, [Position::Message { message: 0, block: 0 }, Position::Message { message: 2, block: 0 }]);
}

#[test]
fn files_are_kept_for_whoever_can_translate_them() {
    let part = r#"{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,AA=="}"#;
    let text = body(
        "",
        &format!(r#"{{"type":"message","role":"user","content":[{{"type":"input_text","text":"read"}},{part}]}}"#),
    );
    let mut request = read(R, &text).unwrap();
    assert!(write(R, &request).contains(part));
    depart(&mut request).unwrap();
    assert_eq!(request.messages[0].blocks[1], Block::Opaque { dialect: R, json: part.to_owned() });
}

#[test]
fn w30_codex_works_with_a_model_of_another_maker_and_each_request_extends_the_last() {
    let target = Target { mid_system: true, breakpoints: None, ..Target::new(A, "anthropic") };
    let client = read(R, &codex()).unwrap();
    let mut there = client.clone();
    let mut back = prepare(&mut there, R, &target).unwrap();
    let first = write(A, &there);
    // The model thinks, and uses the plain-text tool.
    let said = Reply {
        id: "msg_1".into(),
        model: "claude".into(),
        blocks: vec![
            Block::Thinking { text: "hm".into(), signature: Some("EqQ=".into()) },
            call("toolu_1", "exec", r#"{"input": "ls\n"}"#),
        ],
        stop: StopReason::ToolUse,
        usage: Usage::default(),
    };
    let mut reader = codec(A).reply_reader();
    let mut writer = codec(R).reply_writer(&client);
    let mut bytes = Vec::new();
    for mut event in reader.push(&written(A, &Request::default(), &said, 3)).unwrap() {
        back.event(&mut event);
        bytes.extend(writer.push(&event));
    }
    let text = String::from_utf8(bytes).unwrap();
    let last = text.rsplit("data: ").next().unwrap();
    let items = json(last.as_bytes())["response"]["output"].clone();
    assert_eq!((&items[1]["type"], &items[1]["input"]), (&"custom_tool_call".into(), &"ls\n".into()));
    // Codex sends both items back, with the tool's answer.
    let mut next = json(codex().as_bytes());
    let history = next["input"].as_array_mut().unwrap();
    history.extend(items.as_array().unwrap().iter().cloned());
    history.push(serde_json::json!({"type": "custom_tool_call_output", "call_id": "toolu_1", "output": "a.rs"}));
    let mut again = read(R, &next.to_string()).unwrap();
    prepare(&mut again, R, &target).unwrap();
    let second = write(A, &again);
    let open = |body: &str| body.trim_end_matches(['}', ']']).to_owned();
    assert!(second.starts_with(&open(&first)), "{first}\n{second}");
    assert!(second.contains(r#"{"type":"thinking","thinking":"hm","signature":"EqQ="}"#), "{second}");
    assert!(second.contains(r#""id":"toolu_1","name":"exec","input":{"input":"ls\n"}"#), "{second}");
}
