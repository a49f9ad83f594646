//! Known pitfalls of roles and of the system prompt.

use serde_json::{Value, json};
use wire::translate::Target;

use crate::support::{A, C, anthropic_body, chat_body, prepared, sent, target};

fn said(role: &str, text: &str) -> String {
    json!({"role": role, "content": text}).to_string()
}

/// Role and text of each message.
fn lines(body: &Value) -> Vec<String> {
    let text = |content: &Value| match content {
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("|"),
        content => content.as_str().unwrap_or_default().to_owned(),
    };
    let messages = body["messages"].as_array().unwrap();
    messages
        .iter()
        .map(|message| format!("{}: {}", message["role"].as_str().unwrap(), text(&message["content"])))
        .collect()
}

#[test]
fn w47_an_instruction_in_mid_conversation_is_converted_where_it_stands() {
    let body = chat_body(
        &[
            said("system", "s"),
            said("user", "a"),
            said("assistant", "b"),
            said("user", "c"),
            said("developer", "note"),
            said("user", "d"),
        ]
        .join(","),
    );
    let old = sent(C, &body, A);
    assert_eq!(old["system"], json!([{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]));
    let reminder = "user: <system-reminder>\nnote\n</system-reminder>";
    assert_eq!(lines(&old), ["user: a", "assistant: b", "user: c", reminder, "user: d"]);
    let new = Target { mid_system: true, ..target(A) };
    assert_eq!(lines(&prepared(C, &body, &new).0), ["user: a", "assistant: b", "user: c", "system: note", "user: d"]);
    // Behind the model's turn the newer form is refused.
    let behind =
        chat_body(&[said("user", "a"), said("assistant", "b"), said("system", "note"), said("user", "c")].join(","));
    assert_eq!(lines(&prepared(C, &behind, &new).0)[2], reminder);
    // The other way it stays what it is, or becomes the user's where the server knows one system message only.
    let there = anthropic_body(&[said("user", "a"), said("system", "note"), said("user", "b")].join(","));
    assert_eq!(lines(&sent(A, &there, C)), ["system: Be brief.", "user: a", "system: note", "user: b"]);
    let plain = Target { mid_system: false, ..target(C) };
    assert_eq!(lines(&prepared(A, &there, &plain).0)[2], reminder);
}

#[test]
fn w48_system_blocks_keep_their_bounds_where_they_can_and_the_clients_account_of_itself_stays_at_home() {
    let text = |text: &str| json!({"type": "text", "text": text});
    let mut brief = text("Be brief.");
    brief["cache_control"] = json!({"type": "ephemeral"});
    let body = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}],
        "system": [text("x-anthropic-billing-header: cc_version=2.1.300; cc_entrypoint=cli;"), brief, text("Repo: demo.")]});
    assert_eq!(lines(&sent(A, &body.to_string(), C))[0], "system: Be brief.\n\nRepo: demo.");
    let mut router = Target::new(C, "anthropic-elsewhere");
    router.chat.cache_control = true;
    let found = prepared(A, &body.to_string(), &router).0;
    assert_eq!(lines(&found)[0], "system: Be brief.|Repo: demo.");
    assert_eq!(found["messages"][0]["content"][0]["cache_control"], json!({"type": "ephemeral"}));
    assert_eq!(sent(A, &body.to_string(), A)["system"], body["system"]);
    let compatible = prepared(A, &body.to_string(), &Target::new(A, "minimax")).0;
    assert_eq!(
        (compatible["system"].as_array().unwrap().len(), &compatible["system"][0]["text"]),
        (2, &json!("Be brief."))
    );
    assert!(compatible["system"][0].get("cache_control").is_some());
}

#[test]
fn w49_there_is_one_system_message_and_no_developer() {
    let body =
        chat_body(&[said("system", "a"), said("developer", "b"), said("user", "c"), said("developer", "d")].join(","));
    assert_eq!(lines(&sent(C, &body, C)), ["system: a\n\nb", "user: c", "system: d"]);
    let leading = anthropic_body(&[said("system", "first"), said("user", "a")].join(","));
    assert_eq!(lines(&sent(A, &leading, C)), ["system: Be brief.\n\nfirst", "user: a"]);
    let found = sent(A, &leading, A);
    assert_eq!((found["system"].as_array().unwrap().len(), lines(&found)), (2, vec!["user: a".to_owned()]));
}

#[test]
fn w50_somebody_speaks_first_and_last_whatever_the_client_sent() {
    let go_on = "user: Continue.";
    assert_eq!(lines(&sent(C, &chat_body(&said("system", "only this")), A)), [go_on]);
    assert_eq!(
        lines(&sent(C, &chat_body(&[said("assistant", "hello"), said("user", "a")].join(",")), A)),
        [go_on, "assistant: hello", "user: a"]
    );
    let prefill = chat_body(&[said("user", "a"), said("assistant", "{ ")].join(","));
    assert_eq!(lines(&sent(C, &prefill, A)), ["user: a", "assistant: { ", go_on]);
    let takes = Target { prefill: true, ..target(A) };
    assert_eq!(lines(&prepared(C, &prefill, &takes).0), ["user: a", "assistant: {"]);
    let twice = chat_body(
        &[said("user", "a"), said("assistant", "b"), said("assistant", "c"), said("user", "d"), said("user", "e")]
            .join(","),
    );
    assert_eq!(lines(&sent(C, &twice, A)), ["user: a", "assistant: b|c", "user: d", "user: e"]);
    let mut template = Target { strict_turns: true, ..target(C) };
    template.chat.merge_user_messages = true;
    assert_eq!(lines(&prepared(C, &twice, &template).0), ["user: a", "assistant: b\n\nc", "user: d\n\ne"]);
    // Text that is empty or white space is refused, and a message of nothing else.
    let blank = anthropic_body(&[said("user", "a"), said("assistant", " \n"), said("user", "b")].join(","));
    assert_eq!(lines(&sent(A, &blank, A)), ["user: a", "user: b"]);
}
