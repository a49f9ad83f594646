//! Read with one dialect, written with the other.

use protocol::{Block, ErrorKind, Reply, Request, StopReason, StreamEvent, Usage};
use wire::{codec, retarget};

use crate::support::{A, C, call, json, read, reply, result, stream, user, work, write, written};

#[test]
fn a_conversation_with_tools_means_the_same_in_both_dialects() {
    let there = read(C, &write(C, &read(A, &write(A, &work())).unwrap())).unwrap();
    let mut expected = work();
    expected.system = vec!["Be brief.\n\nRepo: demo.".into()];
    // The one dialect has no word for a failed tool, so the text says it.
    expected.messages[2] = user(vec![result("t1", "fn a() {}", false), result("t2", "Error: exit 1", false)]);
    assert_eq!((&there.tools, &there.system, &there.messages), (&expected.tools, &expected.system, &expected.messages));
    let back = read(A, &write(A, &there)).unwrap();
    assert_eq!(back.messages, expected.messages);
}

#[test]
fn markers_do_not_reach_a_server_that_does_not_know_them() {
    let marked = write(A, &work())
        .replace(r#""text":"Be brief.""#, r#""text":"Be brief.","cache_control":{"type":"ephemeral"}"#);
    let request = read(A, &marked).unwrap();
    assert_eq!(request.breakpoints.len(), 1);
    assert!(!write(C, &request).contains("cache_control"));
}

#[test]
fn fields_that_only_one_dialect_knows_stay_behind() {
    let text =
        r#"{"model":"m","max_tokens":9,"thinking":{"type":"adaptive","display":"omitted"},"top_k":3,"messages":[]}"#;
    let mut request = read(A, text).unwrap();
    retarget(&mut request, A, A);
    assert_eq!(write(A, &request), text);
    retarget(&mut request, A, C);
    assert_eq!(write(C, &request), r#"{"model":"m","max_completion_tokens":9,"messages":[]}"#);
}

#[test]
fn a_streamed_answer_crosses_event_by_event() {
    let said = Reply {
        id: "x".into(),
        model: "m".into(),
        blocks: vec![Block::text("Ünder"), call("t1", "read", r#"{"a": [1, 2]}"#), call("t2", "bash", "{}")],
        stop: StopReason::ToolUse,
        usage: Usage { input: 7, cache_read: 3, output: 2, ..Usage::default() },
    };
    for (from, to) in [(A, C), (C, A)] {
        let request = Request::default();
        let mut reader = codec(from).reply_reader();
        let mut writer = codec(to).reply_writer(&request);
        let mut out = Vec::new();
        for piece in written(from, &request, &said, 2).chunks(7) {
            for event in reader.push(piece).unwrap() {
                out.extend(writer.push(&event));
            }
        }
        for event in reader.finish().unwrap() {
            out.extend(writer.push(&event));
        }
        assert_eq!(reply(to, std::str::from_utf8(&out).unwrap()), said, "{from:?} to {to:?}");
    }
}

#[test]
fn reasoning_without_a_seal_is_shown_to_anthropics_clients_and_not_taken_back() {
    let thought = Block::Thinking { text: "hm".into(), signature: None };
    let said = Reply {
        id: "x".into(),
        model: "m".into(),
        blocks: vec![thought.clone(), Block::text("a")],
        stop: StopReason::EndTurn,
        usage: Usage::default(),
    };
    let bytes = written(A, &Request::default(), &said, 9);
    assert_eq!(reply(A, std::str::from_utf8(&bytes).unwrap()).blocks, said.blocks);
    let replayed = r#"{"model":"m","max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":""},{"type":"text","text":"a"}]}]}"#;
    let request = read(A, replayed).unwrap();
    assert_eq!(request.messages[0].blocks[0], thought);
    assert!(!write(A, &request).contains("thinking"));
}

#[test]
fn an_error_crosses_with_its_kind() {
    let (status, body) = codec(C).write_error(&protocol::ProviderError::new(ErrorKind::Overloaded, "busy"));
    let error = codec(C).read_error(status, &|_| None, &body);
    let (status, body) = codec(A).write_error(&error);
    assert_eq!((status, &json(&body)["error"]["type"]), (529, &"overloaded_error".into()));
}

#[test]
fn a_ping_keeps_both_kinds_of_client_alive_and_is_no_content() {
    for dialect in [A, C] {
        let ping = codec(dialect).reply_writer(&Request::default()).push(&StreamEvent::Ping);
        let (events, _) = stream(dialect, [ping.as_slice()]);
        assert!(!ping.is_empty() && events.iter().all(|event| *event == StreamEvent::Ping));
    }
}
