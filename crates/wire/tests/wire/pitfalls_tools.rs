//! Known pitfalls of tool calls and their results.

use protocol::Block;
use serde_json::{Value, json};
use wire::codec;
use wire::translate::{CallIds, Target};

use crate::support::{
    A, C, anthropic_body, chat, chat_body, chat_heard, heard, json, prepared, read, relayed, sent, target, told,
};

const ASK: &str = r#"{"role":"user","content":"go"}"#;

fn called(ids: &[&str]) -> String {
    let calls: Vec<Value> = ids
        .iter()
        .map(|id| json!({"id": id, "type": "function", "function": {"name": "read", "arguments": "{}"}}))
        .collect();
    json!({"role": "assistant", "content": null, "tool_calls": calls}).to_string()
}

fn answered(id: &str, content: &Value) -> String {
    json!({"role": "tool", "tool_call_id": id, "content": content}).to_string()
}

fn used(ids: &[&str]) -> String {
    let blocks: Vec<Value> =
        ids.iter().map(|id| json!({"type": "tool_use", "id": id, "name": "read", "input": {}})).collect();
    json!({"role": "assistant", "content": blocks}).to_string()
}

fn resulted(blocks: &Value) -> String {
    json!({"role": "user", "content": blocks}).to_string()
}

fn roles(body: &Value) -> Vec<String> {
    body["messages"].as_array().unwrap().iter().map(|message| message["role"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn w21_results_come_first_and_right_behind_the_calls() {
    let result = |id: &str| json!({"type": "tool_result", "tool_use_id": id, "content": id});
    let mixed = resulted(&json!([{"type": "text", "text": "look"}, result("a"), result("b")]));
    let body = anthropic_body(&[ASK, &used(&["a", "b"]), &mixed].join(","));
    let content = sent(A, &body, A)["messages"][2]["content"].clone();
    let kinds: Vec<&Value> = content.as_array().unwrap().iter().map(|block| &block["type"]).collect();
    assert_eq!(kinds, ["tool_result", "tool_result", "text"]);
    let chat = sent(A, &body, C);
    assert_eq!(roles(&chat), ["system", "user", "assistant", "tool", "tool", "user"]);
    // A message of the system's between a call and its result is moved behind the result, in either direction.
    let between =
        [ASK, &called(&["a"]), r#"{"role":"system","content":"note"}"#, &answered("a", &json!("x"))].join(",");
    assert_eq!(roles(&sent(C, &chat_body(&between), C)), ["user", "assistant", "tool", "system"]);
    let there = sent(C, &chat_body(&between), A);
    assert_eq!(there["messages"][2]["content"][0]["type"], "tool_result");
    assert_eq!(there["messages"][3]["content"][0]["text"], "<system-reminder>\nnote\n</system-reminder>");
}

#[test]
fn w22_parallel_results_are_one_message_here_and_several_there() {
    let parallel = [ASK, &called(&["a", "b"]), &answered("a", &json!("1")), &answered("b", &json!("2"))].join(",");
    let there = sent(C, &chat_body(&parallel), A);
    assert_eq!(roles(&there), ["user", "assistant", "user"]);
    assert_eq!(there["messages"][2]["content"].as_array().unwrap().len(), 2);
    let result = |id: &str| json!({"type": "tool_result", "tool_use_id": id, "content": id});
    let body = anthropic_body(&[ASK, &used(&["a", "b"]), &resulted(&json!([result("a"), result("b")]))].join(","));
    assert_eq!(roles(&sent(A, &body, C)), ["system", "user", "assistant", "tool", "tool"]);
    // Results that came in messages of their own are brought together.
    let apart = [ASK, &used(&["a", "b"]), &resulted(&json!([result("b")])), &resulted(&json!([result("a")]))].join(",");
    let found = sent(A, &anthropic_body(&apart), A);
    let ids: Vec<&Value> =
        found["messages"][2]["content"].as_array().unwrap().iter().map(|it| &it["tool_use_id"]).collect();
    assert_eq!((roles(&found).len(), ids), (3, vec![&json!("a"), &json!("b")]));
}

#[test]
fn w23_a_call_without_a_result_gets_one_and_a_result_without_a_call_becomes_text() {
    for to in [A, C] {
        let lost = sent(C, &chat_body(&[ASK, &called(&["a", "b"]), &answered("b", &json!("2")), ASK].join(",")), to);
        let text = lost.to_string();
        assert!(text.contains("No result provided"), "{text}");
        let orphan = sent(C, &chat_body(&[&answered("gone", &json!("old news")), ASK].join(",")), to);
        assert!(!orphan.to_string().contains("gone"), "{orphan}");
        assert!(orphan.to_string().contains("no longer part of the conversation]\\nold news"), "{orphan}");
    }
    let missing = sent(C, &chat_body(&[ASK, &called(&["a"])].join(",")), A);
    let result = &missing["messages"][2]["content"][0];
    assert_eq!((&result["tool_use_id"], &result["is_error"]), (&json!("a"), &json!(true)));
}

#[test]
fn w24_a_second_answer_is_dropped_and_ids_used_twice_are_told_apart() {
    let twice = [ASK, &called(&["a"]), &answered("a", &json!("1")), &answered("a", &json!("2"))].join(",");
    let found = sent(C, &chat_body(&twice), A)["messages"][2]["content"].clone();
    assert_eq!(
        found,
        json!([{"type": "tool_result", "tool_use_id": "a", "content": "1", "cache_control": {"type": "ephemeral"}}])
    );
    // A server that numbers its calls anew in every turn.
    let id = "functions.read:0";
    let turn = [called(&[id]), answered(id, &json!("x"))].join(",");
    let found = sent(C, &chat_body(&[ASK, &turn, &turn].join(",")), A);
    let ids = |message: usize, name: &str| found["messages"][message]["content"][0][name].clone();
    assert_eq!((ids(1, "id"), ids(3, "id")), (ids(2, "tool_use_id"), ids(4, "tool_use_id")));
    assert_ne!(ids(1, "id"), ids(3, "id"));
    // Twice in one turn: paired in order.
    let same = [ASK, &called(&["x", "x"]), &answered("x", &json!("1")), &answered("x", &json!("2"))].join(",");
    let found = sent(C, &chat_body(&same), A);
    let calls = &found["messages"][1]["content"];
    let results = &found["messages"][2]["content"];
    assert_eq!((&calls[0]["id"], &calls[1]["id"]), (&results[0]["tool_use_id"], &results[1]["tool_use_id"]));
    assert_eq!((&results[0]["content"], &results[1]["content"]), (&json!("1"), &json!("2")));
    assert_ne!(calls[0]["id"], calls[1]["id"]);
}

#[test]
fn w25_ids_are_made_legal_in_pairs_and_the_same_way_each_time() {
    let long = "x".repeat(90);
    for id in ["functions.read:0", "日本", &long] {
        let body = chat_body(&[ASK, &called(&[id]), &answered(id, &json!("1"))].join(","));
        let found = sent(C, &body, A);
        let legal = found["messages"][1]["content"][0]["id"].as_str().unwrap().to_owned();
        assert!(legal.len() <= 64 && legal.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)), "{legal}");
        assert_eq!(found["messages"][2]["content"][0]["tool_use_id"], legal.as_str());
        assert_eq!(sent(C, &body, A), found);
        let mistral = Target { call_ids: CallIds::Nine, ..target(C) };
        let found = prepared(C, &body, &mistral).0;
        let nine = found["messages"][1]["tool_calls"][0]["id"].as_str().unwrap().to_owned();
        assert!(nine.len() == 9 && nine.chars().all(|c| c.is_ascii_alphanumeric()), "{nine}");
        assert_eq!(found["messages"][2]["tool_call_id"], nine.as_str());
    }
}

#[test]
fn w27_names_that_are_too_long_or_not_legal_are_changed_and_changed_back() {
    let long = format!("mcp__server__{}", "n".repeat(70));
    let odd = "files.read/v1";
    let tool = |name: &str| json!({"name": name, "input_schema": {"type": "object"}});
    let body = json!({"model": "m", "max_tokens": 9, "tools": [tool(&long), tool(odd), tool("plain")],
        "tool_choice": {"type": "tool", "name": long},
        "messages": [{"role": "user", "content": "go"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": odd, "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "x"}]}]});
    let (found, reverse) = prepared(A, &body.to_string(), &target(C));
    let name = |index: usize| found["tools"][index]["function"]["name"].as_str().unwrap().to_owned();
    assert_eq!((name(0).len(), &name(0)[..56], name(2)), (64, &format!("{}_", &long[..55])[..], "plain".to_owned()));
    assert!(name(0)[56..].chars().all(|c| c.is_ascii_hexdigit()));
    assert!(name(1).starts_with("files_read_v1_"), "{}", name(1));
    assert_eq!(found["tool_choice"]["function"]["name"], name(0));
    assert_eq!(found["messages"][1]["tool_calls"][0]["function"]["name"], name(1));
    let delta = json!({"tool_calls": [{"index": 0, "id": "t", "function": {"name": name(0), "arguments": "{}"}}]});
    let out = relayed(C, A, &chat(&[&delta.to_string()], r#""tool_calls""#), &reverse);
    assert_eq!(heard(&out)[0], format!("tool_use:t/{long}:{{}}"));
    let mut whole = crate::support::reply(C, &chat(&[&delta.to_string()], r#""tool_calls""#));
    reverse.reply(&mut whole);
    assert!(matches!(&whole.blocks[0], Block::ToolCall { name, .. } if *name == long));
}

#[test]
fn w28_a_choice_of_tools_means_the_same_in_every_dialect() {
    let ask = |choice: &str| chat_body(ASK).replace(r#""messages""#, &format!(r#""tool_choice":{choice},"messages""#));
    let to_anthropic = |choice: &str| sent(C, &ask(choice), A)["tool_choice"].clone();
    assert_eq!(to_anthropic(r#""auto""#), Value::Null);
    assert_eq!(to_anthropic(r#""none""#), json!({"type": "none"}));
    assert_eq!(to_anthropic(r#""required""#), json!({"type": "any"}));
    let named = r#"{"type":"function","function":{"name":"read"}}"#;
    assert_eq!(to_anthropic(named), json!({"type": "tool", "name": "read"}));
    assert_eq!(to_anthropic(&named.replace("read", "unknown")), Value::Null);
    assert_eq!(to_anthropic(r#"{"type":"allowed_tools","mode":"auto"}"#), Value::Null);
    let body =
        |choice: &str| anthropic_body(ASK).replace(r#""messages""#, &format!(r#""tool_choice":{choice},"messages""#));
    let to_chat = |choice: &str| sent(A, &body(choice), C);
    assert_eq!(to_chat(r#"{"type":"any"}"#)["tool_choice"], "required");
    assert_eq!(to_chat(r#"{"type":"tool","name":"read"}"#)["tool_choice"]["function"]["name"], "read");
    assert_eq!(to_chat(r#"{"type":"none"}"#)["tool_choice"], "none");
    let single = r#"{"type":"auto","disable_parallel_tool_use":true}"#;
    assert_eq!(to_chat(single)["parallel_tool_calls"], false);
    let back = chat_body(ASK).replace(r#""messages""#, r#""parallel_tool_calls":false,"messages""#);
    assert_eq!(sent(C, &back, A)["tool_choice"], json!({"type": "auto", "disable_parallel_tool_use": true}));
    let bare = r#"{"model":"m","tool_choice":"required","parallel_tool_calls":false,"messages":[{"role":"user","content":"x"}]}"#;
    for to in [A, C] {
        assert_eq!(sent(C, bare, to).get("tool_choice"), None);
        assert_eq!(sent(C, bare, to).get("parallel_tool_calls"), None);
    }
    let unforced = Target { forced_tool_choice: false, ..target(A) };
    assert_eq!(prepared(C, &ask(r#""required""#), &unforced).0.get("tool_choice"), None);
}

#[test]
fn w29_an_empty_list_of_tools_is_left_out_but_for_servers_that_want_one() {
    let body = |messages: &str| format!(r#"{{"model":"m","tools":[],"messages":[{messages}]}}"#);
    let history = [ASK, &called(&["a"]), &answered("a", &json!("x"))].join(",");
    for to in [A, C] {
        assert_eq!(sent(C, &body(ASK), to).get("tools"), None);
    }
    let proxy = Target { empty_tools_with_history: true, ..target(C) };
    assert_eq!(prepared(C, &body(&history), &proxy).0["tools"], json!([]));
    assert_eq!(prepared(C, &body(ASK), &proxy).0.get("tools"), None);
}

#[test]
fn w31_a_failure_is_said_in_words_and_images_of_results_follow_them() {
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}});
    let results = resulted(&json!([
        {"type": "tool_result", "tool_use_id": "a", "content": "no such file", "is_error": true},
        {"type": "tool_result", "tool_use_id": "b", "content": [{"type": "text", "text": "see"}, image]},
        {"type": "text", "text": "and now?"}]));
    let body = anthropic_body(&[ASK, &used(&["a", "b"]), &results].join(","));
    let found = sent(A, &body, C);
    assert_eq!(roles(&found), ["system", "user", "assistant", "tool", "tool", "user"]);
    assert_eq!(found["messages"][3]["content"], "Error: no such file");
    assert_eq!(found["messages"][5]["content"][0]["image_url"]["url"], "data:image/png;base64,AAAA");
    assert_eq!(found["messages"][5]["content"][1]["text"], "and now?");
    // Servers whose templates want a model's turn in between.
    let strict = Target { strict_turns: true, ..target(C) };
    let found = prepared(A, &body, &strict).0;
    assert_eq!(roles(&found), ["system", "user", "assistant", "tool", "tool", "assistant", "user"]);
    assert_eq!(found["messages"][6]["content"][0]["image_url"]["url"], "data:image/png;base64,AAAA");
}

#[test]
fn w32_a_result_may_be_null_missing_an_object_or_a_list() {
    let found = |content: &str| {
        let tool = format!(r#"{{"role":"tool","tool_call_id":"a"{content}}}"#);
        sent(C, &chat_body(&[ASK, &called(&["a"]), &tool].join(",")), A)["messages"][2]["content"][0]["content"].clone()
    };
    assert_eq!(found(r#","content":null"#), Value::Null);
    assert_eq!(found(""), Value::Null);
    assert_eq!(found(r#","content":{"ok": true}"#), "{\"ok\": true}");
    assert_eq!(found(r#","content":[1, 2]"#), "[1, 2]");
    assert_eq!(found(r#","content":[{"type":"text","text":"x"}]"#), "x");
}

#[test]
fn w33_a_call_that_leaks_into_text_is_shown_and_not_swallowed() {
    let leaked = json!({"content": "<tool_call>{\"name\": \"read\"}</tool_call>"}).to_string();
    assert_eq!(chat_heard(&[&leaked], r#""stop""#), ["text:<tool_call>{\"name\": \"read\"}</tool_call>", "end_turn"]);
    let thought = json!({"reasoning_content": "<tool_call>x</tool_call>"}).to_string();
    assert_eq!(chat_heard(&[&thought], r#""tool_calls""#), ["thinking:<tool_call>x</tool_call>", "end_turn"]);
}

#[test]
fn w34_optional_arguments_filled_with_nothing_are_taken_out() {
    let schema = json!({"type": "object", "required": ["path", "text"], "properties": {
        "path": {"type": "string"}, "text": {"type": "string"}, "pages": {"type": "string"},
        "limit": {"type": "integer"}, "flag": {"type": ["boolean", "null"]}}});
    let body = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}],
        "tools": [{"name": "read", "input_schema": schema}, {"name": "bash", "input_schema": {"type": "object"}}]});
    let strict = Target { fills_optional: true, ..target(C) };
    let (_, reverse) = prepared(A, &body.to_string(), &strict);
    let call = |name: &str, arguments: &str| {
        let call =
            json!({"tool_calls": [{"index": 0, "id": "t", "function": {"name": name, "arguments": ""}}]}).to_string();
        let more = json!({"tool_calls": [{"index": 0, "function": {"arguments": arguments}}]}).to_string();
        let out = relayed(C, A, &chat(&[&call, &more], r#""tool_calls""#), &reverse);
        heard(&out)[0].clone()
    };
    let filled = r#"{"path": "a", "text": "", "pages": "", "limit": null, "flag": null}"#;
    assert_eq!(call("read", filled), r#"tool_use:t/read:{"path":"a","text":"","flag":null}"#);
    // What has nothing to take out keeps its bytes, and a tool without optional arguments is streamed as it comes.
    assert_eq!(call("read", r#"{ "path": "a", "text": "b" }"#), r#"tool_use:t/read:{ "path": "a", "text": "b" }"#);
    assert_eq!(call("bash", r#"{"x": ""}"#), r#"tool_use:t/bash:{"x": ""}"#);
    assert_eq!(call("read", "{\"path\": "), "tool_use:t/read:{\"path\": ");
}

#[test]
fn a_call_that_is_held_back_keeps_its_client_alive() {
    let body = anthropic_body(ASK);
    let (_, reverse) = prepared(A, &body, &Target { fills_optional: true, ..target(C) });
    let call =
        json!({"tool_calls": [{"index": 0, "id": "t", "function": {"name": "read", "arguments": "{\"path\":\"\"}"}}]});
    let out = relayed(C, A, &chat(&[&call.to_string()], r#""tool_calls""#), &reverse);
    assert!(told(&out).iter().any(|event| event["type"] == "ping"));
    assert_eq!(heard(&out)[0], "tool_use:t/read:{}");
}

#[test]
fn a_models_turn_said_in_two_messages_is_one() {
    let body = chat_body(
        &[ASK, r#"{"role":"assistant","content":"hm"}"#, &called(&["a"]), &answered("a", &json!("x"))].join(","),
    );
    let found = sent(C, &body, A);
    assert_eq!(roles(&found), ["user", "assistant", "user"]);
    assert_eq!(found["messages"][1]["content"].as_array().unwrap().len(), 2);
}

#[test]
fn w72_tools_that_only_anthropic_runs_are_not_offered_to_others() {
    let body = json!({"model": "m", "max_tokens": 9, "tools": [
            {"type": "web_search_20260209", "name": "web_search", "max_uses": 5},
            {"name": "read", "input_schema": {"type": "object"}, "eager_input_streaming": true}],
        "messages": [{"role": "user", "content": "go"},
            {"role": "assistant", "content": [
                {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"}},
                {"type": "web_search_tool_result", "tool_use_id": "s", "content": [
                    {"type": "web_search_result", "title": "Found", "url": "https://x.test", "encrypted_content": "e"}]},
                {"type": "text", "text": "so", "citations": [{"type": "web_search_result_location", "url": "https://x.test"}]}]},
            {"role": "user", "content": "more"}]});
    let found = sent(A, &body.to_string(), C);
    assert_eq!((found["tools"].as_array().unwrap().len(), &found["tools"][0]["function"]["name"]), (1, &json!("read")));
    assert_eq!(found["messages"][1]["content"], "[Result of web_search]\n- Found https://x.test\n\nso");
    // To the same dialect they go as they came.
    assert_eq!(sent(A, &body.to_string(), A)["tools"], body["tools"]);
    let only = body.to_string().replace(r#","eager_input_streaming":true"#, "");
    let request = read(A, &only).unwrap();
    assert_eq!(
        json(&codec(A).write_request(&request).unwrap())["tools"],
        serde_json::from_str::<Value>(&only).unwrap()["tools"]
    );
}

#[test]
fn w21_a_result_that_only_its_own_dialect_can_say_answers_its_call() {
    let document = json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}});
    let result = |id: &str| json!({"type": "tool_result", "tool_use_id": id, "content": [document]});
    let turn = [used(&["a"]), resulted(&json!([{"type": "text", "text": "see"}, result("a")]))].join(",");
    let found = sent(A, &anthropic_body(&[ASK, &turn, &turn].join(",")), A);
    assert!(!found.to_string().contains("No result provided"), "{found}");
    assert_eq!(found["messages"][2]["content"][0], result("a"));
    // The second turn's id is another one, and its result goes with it.
    let id = found["messages"][3]["content"][0]["id"].as_str().unwrap();
    assert_ne!(id, "a");
    assert_eq!(found["messages"][4]["content"][0]["tool_use_id"], id);
    assert_eq!(found["messages"][4]["content"][0]["content"], json!([document]));
}
