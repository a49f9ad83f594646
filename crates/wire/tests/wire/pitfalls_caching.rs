//! Known pitfalls of prompt caches behind a translation.

use protocol::request::Ttl;
use serde_json::{Value, json};
use wire::translate::Target;

use crate::support::{A, C, anthropic_body, chat_body, prepared, refusal, sent, target};

const ASK: &str = r#"{"role":"user","content":"go"}"#;

/// Paths of everything that carries a marker, in prompt order.
fn marked(body: &Value) -> Vec<String> {
    fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if let Some(marker) = members.get("cache_control") {
                    let ttl = marker["ttl"].as_str().map(|ttl| format!("={ttl}")).unwrap_or_default();
                    found.push(format!("{path}{ttl}"));
                }
                for (name, value) in members.iter().filter(|(name, _)| *name != "cache_control") {
                    walk(value, &format!("{path}.{name}"), found);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    walk(value, &format!("{path}.{index}"), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(body, "", &mut found);
    found
}

fn turn(number: usize) -> String {
    let id = format!("t{number}");
    let call = json!({"role": "assistant", "content": null, "tool_calls": [{"id": id, "type": "function", "function": {"name": "read", "arguments": "{}"}}]});
    format!("{call},{}", json!({"role": "tool", "tool_call_id": id, "content": format!("result {number}")}))
}

fn session(turns: usize) -> String {
    let said: Vec<String> = [r#"{"role":"system","content":"s"}"#.to_owned(), ASK.to_owned()]
        .into_iter()
        .chain((0..turns).map(turn))
        .collect();
    chat_body(&said.join(","))
}

#[test]
fn w51_a_marker_stays_on_its_block_and_is_refused_where_the_provider_refuses_it() {
    let text = |text: &str, mark: bool| {
        let mut part = json!({"type": "text", "text": text});
        if mark {
            part["cache_control"] = json!({"type": "ephemeral"});
        }
        part
    };
    let blocks = json!({"role": "user", "content": [text("a", true), text("b", false)]}).to_string();
    assert_eq!(marked(&sent(A, &anthropic_body(&blocks), A)), [".messages.0.content.0"]);
    // On what is left out it moves to what was said before it.
    let blank = json!({"role": "user", "content": [text("a", false), text(" ", true)]}).to_string();
    assert_eq!(marked(&sent(A, &anthropic_body(&blank), A)), [".messages.0.content.0"]);
    // A text that was a string becomes a part where the server knows markers.
    let mut router = Target::new(C, "anthropic");
    router.chat.cache_control = true;
    assert_eq!(marked(&prepared(A, &anthropic_body(&blocks), &router).0), [".messages.1.content.0"]);
    let result = json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "x", "cache_control": {"type": "ephemeral"}}]});
    let used = json!({"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "read", "input": {}}]});
    let with_result = anthropic_body(&format!("{ASK},{used},{result}"));
    assert_eq!(marked(&sent(A, &with_result, A)), [".messages.2.content.0"]);
    let null = anthropic_body(r#"{"role":"user","content":[{"type":"text","text":"a","cache_control":null}]}"#);
    assert!(refusal(A, &null).starts_with("messages.0.content.0.cache_control"));
    let inside = with_result
        .replace(r#""content":"x""#, r#""content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]"#);
    assert!(refusal(A, &inside).contains("cannot be set inside a tool_result"));
}

#[test]
fn w52_there_are_never_more_than_four_markers_and_no_long_one_behind_a_short_one() {
    let text = |name: &str, ttl: &str| json!({"type": "text", "text": name, "cache_control": {"type": "ephemeral", "ttl": ttl}});
    let body = json!({"model": "m", "max_tokens": 9,
        "tools": [{"name": "read", "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "system": [text("s", "5m")],
        "messages": [{"role": "user", "content": [text("a", "1h"), text("b", "5m"), text("c", "5m")]}]});
    assert_eq!(
        marked(&sent(A, &body.to_string(), A)),
        [".tools.0=1h", ".system.0", ".messages.0.content.1", ".messages.0.content.2"]
    );
}

#[test]
fn w53_breakpoints_are_put_in_where_the_client_has_none_and_a_key_where_the_server_takes_one() {
    assert_eq!(marked(&sent(C, &session(0), A)), [".tools.0", ".system.0", ".messages.0.content.0"]);
    let four = [".tools.0", ".system.0", ".messages.2.content.0", ".messages.4.content.0"];
    assert_eq!(marked(&sent(C, &session(2), A)), four);
    let long = Target { breakpoints: Some(Ttl::Long), ..target(A) };
    assert_eq!(marked(&prepared(C, &session(0), &long).0)[0], ".tools.0=1h");
    let none = Target { breakpoints: None, ..target(A) };
    assert!(marked(&prepared(C, &session(2), &none).0).is_empty());
    // What the client has set is left as it is.
    let own = anthropic_body(
        &json!({"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}]})
            .to_string(),
    );
    assert_eq!(marked(&sent(A, &own, A)).len(), 1);
    // Towards OpenAI: no markers, the session's key, and none of the fields that a server refuses.
    let keyed = Target { session: Some("session-1".into()), ..target(C) };
    let found = prepared(A, &own, &keyed).0;
    assert_eq!((marked(&found).len(), &found["prompt_cache_key"]), (0, &json!("session-1")));
    let mut refuses =
        Target { refuses: vec!["prompt_cache_options".into(), "prompt_cache_retention".into()], ..target(C) };
    refuses.chat.cache_key = false;
    let asks = session(0).replace(r#""messages""#, r#""prompt_cache_key":"k","prompt_cache_options":{"ttl":"12h"},"prompt_cache_retention":"24h","seed":1,"messages""#);
    let found = prepared(C, &asks, &refuses).0.to_string();
    assert!(!found.contains("prompt_cache") && found.contains(r#""seed":1"#), "{found}");
}

#[test]
fn w54_the_same_request_gives_the_same_bytes_and_a_longer_one_the_shorter_as_its_prefix() {
    let projected = |turns: usize| {
        let mut request = crate::support::read(C, &session(turns)).unwrap();
        wire::translate::prepare(&mut request, C, &target(A)).unwrap();
        request.breakpoints.clear();
        crate::support::write(A, &request)
    };
    for turns in 0..6 {
        let (shorter, longer) = (projected(turns), projected(turns + 1));
        assert_eq!(projected(turns), shorter);
        assert!(longer.starts_with(shorter.strip_suffix("]}").unwrap()), "{shorter}\n{longer}");
    }
}

#[test]
fn w55_a_marker_that_moves_on_leaves_every_other_byte_alone() {
    let bytes = |turns: usize| {
        let mut request = crate::support::read(C, &session(turns)).unwrap();
        wire::translate::prepare(&mut request, C, &target(A)).unwrap();
        crate::support::write(A, &request).replace(r#","cache_control":{"type":"ephemeral"}"#, "")
    };
    assert!(bytes(5).starts_with(bytes(4).strip_suffix("]}").unwrap()));
    // Where the last request ended there is a marker again, however much was appended since.
    let last = |turns: usize| marked(&sent(C, &session(turns), A)).pop().unwrap();
    for turns in 1..5 {
        assert!(marked(&sent(C, &session(turns + 1), A)).contains(&last(turns)), "{turns}");
    }
}
