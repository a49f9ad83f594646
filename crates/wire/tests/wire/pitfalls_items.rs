//! Known pitfalls of the items of Responses, as clients and servers of other dialects meet them.

use protocol::{Block, Reply, StopReason, Usage};
use serde_json::{Value, json};
use wire::translate::Reverse;
use wire::{codec, replay};

use crate::support::{A, C, R, anthropic_body, heard, json, prepared, read, relayed, told, work};

const ASK: &str = r#"{"role":"user","content":"go"}"#;

fn stream(events: &[Value]) -> String {
    events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())).collect()
}

fn begun() -> Value {
    json!({"type": "response.created", "response": {"id": "r1", "model": "m", "status": "in_progress", "output": []}})
}

fn completed(output: &Value) -> Value {
    json!({"type": "response.completed", "response": {"id": "r1", "model": "m", "status": "completed", "output": output,
        "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}}})
}

#[test]
fn w09_arguments_that_come_whole_at_the_end_are_not_lost() {
    let item =
        json!({"id": "fc_1", "type": "function_call", "call_id": "t1", "name": "read", "arguments": "{\"x\":1}"});
    let added = json!({"type": "response.output_item.added", "output_index": 0, "item": {"id": "fc_1", "type": "function_call", "call_id": "t1", "name": "read", "arguments": ""}});
    let arguments = json!({"type": "response.function_call_arguments.done", "item_id": "fc_1", "output_index": 0, "arguments": "{\"x\":1}"});
    let done = json!({"type": "response.output_item.done", "output_index": 0, "item": item});
    let ends = [
        vec![begun(), added.clone(), arguments, done.clone(), completed(&json!([item]))],
        vec![begun(), added, done.clone(), completed(&json!([item]))],
        vec![begun(), done, completed(&json!([item]))],
        vec![begun(), completed(&json!([item]))],
    ];
    for events in ends {
        let out = relayed(R, A, &stream(&events), &Reverse::default());
        assert_eq!(heard(&out), ["tool_use:t1/read:{\"x\":1}", "tool_use"]);
    }
}

fn said() -> Reply {
    Reply {
        id: "m1".into(),
        model: "claude".into(),
        blocks: vec![
            Block::text("Looking."),
            Block::Opaque {
                dialect: A,
                json: r#"{"type":"server_tool_use","id":"s","name":"web_search","input":{}}"#.into(),
            },
            Block::ToolCall { id: "t1".into(), name: "read".into(), arguments: "{\"x\":1}".into() },
        ],
        stop: StopReason::ToolUse,
        usage: Usage { input: 3, output: 2, ..Usage::default() },
    }
}

/// The reply as a client of Responses is told it.
fn told_to_responses(reply: &Reply) -> (String, Vec<Value>) {
    let mut writer = codec(R).reply_writer(&read(R, r#"{"model":"m","input":"go"}"#).unwrap());
    let out: Vec<u8> = replay(reply, 3).iter().flat_map(|event| writer.push(event)).collect();
    let text = String::from_utf8(out).unwrap();
    let events = told(&text);
    (text, events)
}

#[test]
fn w16_a_stream_has_types_numbers_one_end_and_no_gaps() {
    let (text, events) = told_to_responses(&said());
    let names: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    let types: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!((names, text.contains("[DONE]")), (types.clone(), false));
    let numbers: Vec<Option<u64>> = events.iter().map(|event| event["sequence_number"].as_u64()).collect();
    assert_eq!(numbers, (0..events.len() as u64).map(Some).collect::<Vec<_>>());
    let ends = ["response.completed", "response.incomplete", "response.failed"];
    assert_eq!(types.iter().filter(|kind| ends.contains(kind)).count(), 1);
    assert_eq!(types.last(), Some(&"response.completed"));
    let places: Vec<u64> = events
        .iter()
        .filter(|event| event["type"] == "response.output_item.added")
        .filter_map(|event| event["output_index"].as_u64())
        .collect();
    assert_eq!(places, [0, 1], "what the client is not shown leaves no gap");
}

#[test]
fn w26_items_have_ids_of_their_own_kind_and_calls_keep_theirs() {
    let (_, events) = told_to_responses(&said());
    let items: Vec<Value> = events
        .iter()
        .filter(|event| event["type"] == "response.output_item.done")
        .map(|event| event["item"].clone())
        .collect();
    let call = items.iter().find(|item| item["type"] == "function_call").unwrap();
    assert_eq!(call["call_id"], "t1");
    assert!(call["id"].as_str().unwrap().starts_with("fc_"), "{call}");
    assert!(items[0]["id"].as_str().unwrap().starts_with("msg_"), "{}", items[0]);
    // Towards OpenAI an id that it did not give is not invented; the call's own one pairs it.
    let request = json(&codec(R).write_request(&work()).unwrap());
    let input = request["input"].as_array().unwrap();
    let call = input.iter().find(|item| item["type"] == "function_call").unwrap();
    assert!(call.get("id").is_none_or(|id| id.as_str().unwrap().starts_with("fc_")), "{call}");
    assert_eq!(call["call_id"], "t1");
}

/// A body as Codex sends it: a grammar, a namespace, an instruction of the developer's in mid-conversation.
fn codex() -> String {
    json!({"model": "m", "instructions": "You are an agent.", "store": false, "stream": true, "include": ["reasoning.encrypted_content"],
        "parallel_tool_calls": true, "tool_choice": "auto", "prompt_cache_key": "session-1", "reasoning": {"effort": "medium", "summary": "auto"},
        "tools": [
            {"type": "function", "name": "shell", "description": "Runs.", "parameters": {"type": "object", "properties": {"command": {"type": "string"}}}, "strict": false},
            {"type": "custom", "name": "apply_patch", "description": "Edits.", "format": {"type": "grammar", "syntax": "lark", "definition": "start: \"x\""}},
            {"type": "namespace", "name": "mcp__files", "tools": [{"type": "function", "name": "find", "parameters": {"type": "object"}}]},
            {"type": "web_search"}],
        "input": [
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Permissions."}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "go"}]},
            {"type": "custom_tool_call", "call_id": "p1", "name": "apply_patch", "input": "*** Begin"},
            {"type": "custom_tool_call_output", "call_id": "p1", "output": "Done"},
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Now read-only."}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "more"}]}]})
    .to_string()
}

#[test]
fn w30_tools_that_take_text_become_functions_elsewhere_and_are_called_as_what_they_are() {
    for to in [A, C] {
        let (found, reverse) = prepared(R, &codex(), &crate::support::target(to));
        let text = found.to_string();
        assert!(!text.contains("lark\",") && !text.contains("web_search"), "{text}");
        let names: Vec<String> = found["tools"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| tool.get("function").unwrap_or(tool)["name"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["shell", "apply_patch", "mcp__files__find"]);
        let call = |id: &str, name: &str, arguments: &str| Block::ToolCall {
            id: id.into(),
            name: name.into(),
            arguments: arguments.into(),
        };
        let blocks = vec![call("p2", "apply_patch", r#"{"input":"*** End"}"#), call("f1", "mcp__files__find", "{}")];
        let mut reverse = reverse;
        let mut writer = codec(R).reply_writer(&read(R, &codex()).unwrap());
        let mut out = Vec::new();
        for mut event in replay(&Reply { blocks, ..said() }, 4) {
            reverse.event(&mut event);
            out.extend(writer.push(&event));
        }
        let events = told(std::str::from_utf8(&out).unwrap());
        let items: Vec<&Value> = events
            .iter()
            .filter(|event| event["type"] == "response.output_item.done")
            .map(|event| &event["item"])
            .collect();
        assert_eq!((&items[0]["type"], &items[0]["input"]), (&json!("custom_tool_call"), &json!("*** End")));
        assert_eq!(
            (&items[1]["type"], &items[1]["namespace"], &items[1]["name"]),
            (&json!("function_call"), &json!("mcp__files"), &json!("find"))
        );
    }
}

#[test]
fn codex_gets_a_well_cached_claude() {
    let found = prepared(R, &codex(), &crate::support::target(A)).0;
    let system: Vec<&str> =
        found["system"].as_array().unwrap().iter().filter_map(|block| block["text"].as_str()).collect();
    assert_eq!(system, ["You are an agent.", "Permissions."]);
    assert_eq!(found["messages"][1]["content"][0]["input"], json!({"input": "*** Begin"}));
    assert_eq!(found["messages"][3]["content"][0]["text"], "<system-reminder>\nNow read-only.\n</system-reminder>");
    assert_eq!(
        (&found["thinking"], &found["output_config"]["effort"]),
        (&json!({"type": "adaptive"}), &json!("medium"))
    );
    assert!(
        ["store", "include", "prompt_cache_key", "tool_choice"].iter().all(|name| found.get(*name).is_none()),
        "{found}"
    );
    let marks = found.to_string().matches("cache_control").count();
    assert_eq!(marks, 4);
    assert!(
        found["messages"][4]["content"][0].get("cache_control").is_some()
            && found["messages"][0]["content"][0].get("cache_control").is_some()
    );
}

#[test]
fn a_claude_client_gets_an_openai_that_thinks() {
    let body = anthropic_body(ASK)
        .replace(r#""messages""#, r#""thinking":{"type":"enabled","budget_tokens":31999},"messages""#);
    let found = prepared(A, &body, &crate::support::target(R)).0;
    assert_eq!(found["reasoning"], json!({"effort": "high", "summary": "auto"}));
    assert_eq!((&found["instructions"], &found["store"]), (&json!("Be brief."), &json!(false)));
    assert_eq!(found["tools"][0]["strict"], false);
}

#[test]
fn a_file_in_a_conversation_of_responses_reaches_other_dialects() {
    let file = json!({"type": "input_file", "filename": "spec.pdf", "file_data": "data:application/pdf;base64,UERG"});
    let body = json!({"model": "m", "input": [
        {"type": "message", "role": "user", "content": [file]},
        {"type": "function_call", "call_id": "t", "name": "read", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "t", "output": [{"type": "input_text", "text": "page"}, file]}]});
    let found = prepared(R, &body.to_string(), &crate::support::target(A)).0;
    assert_eq!(found["messages"][0]["content"][0]["source"]["data"], "UERG");
    assert_eq!(found["messages"][2]["content"][0]["tool_use_id"], "t");
    assert_eq!(found["messages"][2]["content"][1]["source"]["data"], "UERG");
}
