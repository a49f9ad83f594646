//! Answers in the Responses dialect, written: streamed and whole.

use async_openai::types::responses::{OutputItem, Response, ResponseStreamEvent, Status};
use protocol::request::{NativeKind, NativeTool, NativeTools};
use protocol::{Block, Dialect, ErrorKind, ProviderError, Reply, Request, Settings, StopReason, StreamEvent, Usage};
use wire::{codec, replay};

use crate::support::{A, C, call, json, reply, written};

const R: Dialect = Dialect::OpenaiResponses;

fn thinking(text: &str, seal: Option<&str>) -> Block {
    Block::Thinking { text: text.into(), signature: seal.map(str::to_owned) }
}

fn answered(blocks: Vec<Block>, stop: StopReason) -> Reply {
    let usage = Usage { input: 10, cache_read: 60, cache_write_short: 30, output: 9, reasoning: 4, ..Usage::default() };
    Reply { id: "resp_1".into(), model: "m".into(), blocks, stop, usage }
}

fn full() -> Reply {
    let blocks = vec![
        thinking("hm so", Some("EqQ=")),
        Block::text("Hello"),
        call("c1", "read", r#"{"p": 1}"#),
        call("c2", "bash", ""),
    ];
    answered(blocks, StopReason::ToolUse)
}

/// A client that offered a plain-text tool, a tool in a group, and a search.
fn codex() -> Request {
    let tool = |name: &str, kind, namespace: Option<&str>, own_name: &str| NativeTool {
        name: name.into(),
        kind,
        namespace: namespace.map(str::to_owned),
        own_name: own_name.into(),
    };
    let tools = vec![
        tool("exec", NativeKind::Custom, None, "exec"),
        tool("collab__spawn", NativeKind::Function, Some("collab"), "spawn"),
        tool("tool_search", NativeKind::ToolSearch, None, "tool_search"),
    ];
    Request {
        settings: Settings { native: NativeTools { tools, calls: vec![] }, ..Settings::default() },
        ..Request::default()
    }
}

/// The data of a stream's events, checked to be named as their data say.
fn data(bytes: &[u8]) -> Vec<serde_json::Value> {
    let text = std::str::from_utf8(bytes).unwrap();
    text.split_terminator("\n\n")
        .filter(|event| !event.starts_with(':'))
        .map(|event| {
            let (name, data) = event.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
            let data: serde_json::Value = serde_json::from_str(data).unwrap();
            assert_eq!(data["type"], name);
            data
        })
        .collect()
}

fn kinds(events: &[serde_json::Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap().trim_start_matches("response.")).collect()
}

#[test]
fn w16_the_events_come_in_openais_order_with_numbers_and_one_end() {
    let bytes = written(R, &Request::default(), &full(), 3);
    assert!(!String::from_utf8_lossy(&bytes).contains("[DONE]"));
    let events = data(&bytes);
    let expected = [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ];
    assert_eq!(kinds(&events), expected);
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number);
    }
    let items: Vec<u64> = events.iter().filter_map(|event| event["output_index"].as_u64()).collect();
    assert!(items.is_sorted() && items.last() == Some(&3));
    // Every event about an item bears the id under which it was added.
    for added in events.iter().filter(|event| event["type"] == "response.output_item.added") {
        let about = events.iter().filter(|event| event["output_index"] == added["output_index"]);
        let ids = about.map(|event| event.get("item_id").unwrap_or(&event["item"]["id"]));
        assert!(ids.clone().all(|id| *id == added["item"]["id"]), "{added}");
    }
}

#[test]
fn w16_openais_own_types_read_every_event_and_the_whole_answer() {
    for (request, reply) in [(Request::default(), full()), (codex(), restored())] {
        for event in data(&written(R, &request, &reply, 3)) {
            let theirs: ResponseStreamEvent =
                serde_json::from_value(event.clone()).unwrap_or_else(|error| panic!("{error}: {event}"));
            let again = serde_json::to_value(theirs).unwrap();
            assert_eq!((&again["type"], &again["sequence_number"]), (&event["type"], &event["sequence_number"]));
        }
        let _: Response = serde_json::from_slice(&codec(R).write_reply_to(&request, &reply)).unwrap();
    }
    let theirs: Response = serde_json::from_slice(&codec(R).write_reply(&full())).unwrap();
    assert_eq!((theirs.id.as_str(), theirs.status, theirs.output.len()), ("resp_1", Status::Completed, 4));
    let usage = theirs.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.input_tokens_details.cached_tokens), (100, 60));
    assert_eq!((usage.output_tokens, usage.output_tokens_details.reasoning_tokens, usage.total_tokens), (9, 4, 109));
    let OutputItem::FunctionCall(read) = &theirs.output[2] else {
        panic!("expected a call, found {:?}", theirs.output[2])
    };
    assert_eq!((read.call_id.as_str(), read.arguments.as_str()), ("c1", r#"{"p": 1}"#));
}

#[test]
fn w17_the_last_event_holds_the_answer_that_would_have_been_given_whole() {
    for (request, reply) in [(Request::default(), full()), (codex(), restored())] {
        let events = data(&written(R, &request, &reply, 2));
        let whole = json(&codec(R).write_reply_to(&request, &reply));
        assert_eq!(events.last().unwrap()["response"], whole);
        let done: Vec<&serde_json::Value> = events
            .iter()
            .filter(|event| event["type"] == "response.output_item.done")
            .map(|event| &event["item"])
            .collect();
        assert_eq!(done, whole["output"].as_array().unwrap().iter().collect::<Vec<_>>());
    }
}

#[test]
fn w26_ids_begin_as_openais_do_and_differ_from_call_ids() {
    let whole = json(&codec(R).write_reply_to(&codex(), &restored()));
    let ids: Vec<&str> = whole["output"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    for (id, prefix) in ids.iter().zip(["ctc_", "fc_", "tsc_", "fc_"]) {
        assert!(id.starts_with(prefix), "{id}");
    }
    assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), 4);
    let calls: Vec<&str> =
        whole["output"].as_array().unwrap().iter().map(|item| item["call_id"].as_str().unwrap()).collect();
    assert_eq!(calls, ["c1", "c2", "c3", "c4"]);
    let full = json(&codec(R).write_reply(&full()));
    assert!(full["output"][0]["id"].as_str().unwrap().starts_with("rs_"));
    assert!(full["output"][1]["id"].as_str().unwrap().starts_with("msg_"));
    let other = json(&codec(R).write_reply(&Reply { id: "resp_2".into(), ..self::full() }));
    assert_ne!(full["output"][1]["id"], other["output"][1]["id"]);
}

/// What a model of another maker's answers to codex.
fn restored() -> Reply {
    let blocks = vec![
        call("c1", "exec", r#"{"input": "print(\"h\u00e9\")\n"}"#),
        call("c2", "collab__spawn", r#"{"task": "t"}"#),
        call("c3", "tool_search", r#"{"query": "mail"}"#),
        call("c4", "read", "{}"),
    ];
    answered(blocks, StopReason::ToolUse)
}

#[test]
fn w30_calls_are_given_back_in_the_clients_own_kinds_and_names() {
    let whole = json(&codec(R).write_reply_to(&codex(), &restored()));
    let items = &whole["output"];
    assert_eq!((&items[0]["type"], &items[0]["name"]), (&"custom_tool_call".into(), &"exec".into()));
    assert_eq!(items[0]["input"], "print(\"hé\")\n");
    assert_eq!((&items[1]["namespace"], &items[1]["name"]), (&"collab".into(), &"spawn".into()));
    assert_eq!((&items[2]["execution"], &items[2]["arguments"]["query"]), (&"client".into(), &"mail".into()));
    assert_eq!((&items[3]["type"], &items[3]["name"]), (&"function_call".into(), &"read".into()));
    let events = data(&written(R, &codex(), &restored(), 1));
    let inputs: Vec<&serde_json::Value> =
        events.iter().filter(|event| event["type"] == "response.custom_tool_call_input.done").collect();
    assert_eq!((inputs.len(), &inputs[0]["input"]), (1, &"print(\"hé\")\n".into()));
    let deltas: String = events
        .iter()
        .filter(|event| event["type"] == "response.custom_tool_call_input.delta")
        .map(|event| event["delta"].as_str().unwrap())
        .collect();
    assert_eq!(deltas, "print(\"hé\")\n");
    // It is said as it comes in, not when it is whole.
    let pieces = events.iter().filter(|event| event["type"] == "response.custom_tool_call_input.delta").count();
    assert_eq!(pieces, "print(\"hé\")\n".chars().count());
    // No JSON of the wrapping is shown.
    let shown = events.iter().filter(|event| event["type"] == "response.function_call_arguments.delta");
    assert!(
        shown.clone().count() > 0 && shown.clone().all(|event| !event["delta"].as_str().unwrap().contains("input"))
    );
}

#[test]
fn w30_a_model_that_writes_plain_text_where_an_object_was_asked_for_is_understood() {
    let input = |arguments: &str| {
        let reply = answered(vec![call("c", "exec", arguments)], StopReason::ToolUse);
        json(&codec(R).write_reply_to(&codex(), &reply))["output"][0]["input"].as_str().unwrap().to_owned()
    };
    assert_eq!(input("ls -l"), "ls -l");
    assert_eq!(input(""), "");
    assert_eq!(input("{}"), "");
    assert_eq!(input(r#"{"input": ["a"]}"#), r#"["a"]"#);
    assert_eq!(input(r#"{"code": "x"}"#), r#"{"code": "x"}"#);
}

#[test]
fn w10_a_call_without_arguments_is_said_with_an_empty_object() {
    let events = data(&written(R, &Request::default(), &answered(vec![call("c", "f", "")], StopReason::ToolUse), 3));
    let done = events.iter().find(|event| event["type"] == "response.function_call_arguments.done").unwrap();
    assert_eq!(done["arguments"], "{}");
}

#[test]
fn w38_another_makers_reasoning_passes_through_a_client_and_comes_back_as_it_was() {
    let blocks = vec![
        thinking("hm\n\nso", Some("EqQBCgIYAg==")),
        thinking("", Some("Eq+/")),
        Block::RedactedThinking { data: "xx:yy".into() },
        thinking("open", None),
        thinking("named", Some("name.x:y.z")),
        Block::text("a"),
    ];
    let whole = json(&codec(R).write_reply(&answered(blocks.clone(), StopReason::EndTurn)));
    let replayed = serde_json::json!({"model": "m", "input": whole["output"]}).to_string();
    assert_eq!(codec(R).read_request(replayed.as_bytes()).unwrap().messages[0].blocks, blocks);
    let streamed = written(R, &Request::default(), &answered(blocks.clone(), StopReason::EndTurn), 2);
    assert_eq!(reply(R, std::str::from_utf8(&streamed).unwrap()).blocks, blocks);
    // A summary that was changed would be refused with its signature: then none is sent.
    let changed = replayed.replace("hm\\n\\nso", "hm");
    assert_eq!(codec(R).read_request(changed.as_bytes()).unwrap().messages[0].blocks, blocks[1..]);
}

#[test]
fn w38_openais_reasoning_passes_through_other_clients_and_comes_back_as_it_was() {
    let item = r#"{"id":"rs_1","type":"reasoning", "summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"gA\u0041"}"#;
    let text = format!(
        r#"{{"id":"resp_1","model":"m","status":"completed","output":[{item},{{"type":"message","content":[{{"type":"output_text","text":"a"}}],"phase":"commentary"}}]}}"#
    );
    let answer = codec(R).read_reply(text.as_bytes()).unwrap();
    let shown = json(&codec(A).write_reply(&answer));
    assert_eq!(shown["content"][0]["thinking"], "hm");
    let replayed = serde_json::json!({"model": "m", "max_tokens": 9, "messages": [{"role": "assistant", "content": shown["content"]}]});
    let request = codec(A).read_request(replayed.to_string().as_bytes()).unwrap();
    let there = String::from_utf8(codec(R).write_request(&request).unwrap()).unwrap();
    assert!(there.contains(item) && there.contains(r#""phase":"commentary""#), "{there}");
}

#[test]
fn a_phase_is_said_when_the_message_begins_and_when_it_is_done() {
    let blocks = vec![thinking("", Some(r#"rs1:{"phase":"commentary"}"#)), Block::text("a"), Block::text("b")];
    let events = data(&written(R, &Request::default(), &answered(blocks, StopReason::EndTurn), 1));
    let phases: Vec<&serde_json::Value> =
        events.iter().filter(|event| event.get("item").is_some()).map(|event| &event["item"]["phase"]).collect();
    assert_eq!(
        phases,
        [&"commentary".into(), &"commentary".into(), &serde_json::Value::Null, &serde_json::Value::Null]
    );
}

#[test]
fn w16_what_is_not_shown_takes_no_number() {
    let blocks = vec![
        thinking("", None),
        Block::Opaque { dialect: A, json: r#"{"type":"server_tool_use"}"#.into() },
        Block::text(""),
        Block::text("a"),
    ];
    let events = data(&written(R, &Request::default(), &answered(blocks, StopReason::EndTurn), 9));
    assert_eq!(events[2]["output_index"], 0);
    assert_eq!(events[2]["item"]["type"], "message");
    assert_eq!(events.last().unwrap()["response"]["output"].as_array().unwrap().len(), 1);
}

#[test]
fn w62_a_failure_is_the_last_event_in_words_that_clients_decide_by() {
    let cases = [
        (ErrorKind::Overflow, "context_length_exceeded"),
        (ErrorKind::RateLimit, "rate_limit_exceeded"),
        (ErrorKind::Overloaded, "server_is_overloaded"),
        (ErrorKind::Billing, "insufficient_quota"),
        (ErrorKind::Truncated, "server_error"),
    ];
    for (kind, code) in cases {
        let error = ProviderError::new(kind, "because");
        let mut writer = codec(R).reply_writer(&Request::default());
        let mut bytes = Vec::new();
        for event in replay(&full(), 3).iter().take(9) {
            bytes.extend(writer.push(event));
        }
        bytes.extend(writer.error(&error));
        assert!(writer.push(&StreamEvent::Finished { reply: full() }).is_empty() && writer.error(&error).is_empty());
        let events = data(&bytes);
        let last = events.last().unwrap();
        assert_eq!((&last["type"], &last["sequence_number"]), (&"response.failed".into(), &(events.len() - 1).into()));
        assert_eq!((&last["response"]["status"], &last["response"]["error"]["code"]), (&"failed".into(), &code.into()));
        let _: ResponseStreamEvent = serde_json::from_value(last.clone()).unwrap();
        let read = crate::support::failure(R, std::str::from_utf8(&bytes).unwrap());
        if kind != ErrorKind::Truncated {
            assert_eq!(read.kind, kind);
        }
        assert_eq!(read.message, "because");
    }
}

#[test]
fn w63_an_error_answer_has_openais_form() {
    let (status, body) =
        codec(R).write_error(&ProviderError { status: Some(529), ..ProviderError::new(ErrorKind::Overloaded, "busy") });
    assert_eq!((status, json(&body)["error"]["code"].as_str()), (503, Some("server_is_overloaded")));
    assert_eq!(codec(R).read_error(status, &|_| None, &body).kind, ErrorKind::Overloaded);
}

#[test]
fn w65_every_end_has_a_status() {
    let ended = |stop| {
        let whole = json(&codec(R).write_reply(&answered(vec![Block::text("a")], stop)));
        (
            whole["status"].as_str().unwrap().to_owned(),
            whole["incomplete_details"]["reason"].as_str().map(str::to_owned),
        )
    };
    let complete = ("completed".to_owned(), None);
    let incomplete = |reason: &str| ("incomplete".to_owned(), Some(reason.to_owned()));
    for stop in [StopReason::EndTurn, StopReason::ToolUse, StopReason::StopSequence, StopReason::Pause] {
        assert_eq!(ended(stop), complete);
    }
    assert_eq!(ended(StopReason::MaxTokens), incomplete("max_output_tokens"));
    assert_eq!(ended(StopReason::ContextWindow), incomplete("max_output_tokens"));
    assert_eq!(ended(StopReason::Refusal), incomplete("content_filter"));
    assert_eq!(ended(StopReason::Other("steered".into())), incomplete("steered"));
    let cut = data(&written(R, &Request::default(), &answered(vec![Block::text("a")], StopReason::MaxTokens), 3));
    assert_eq!(cut.last().unwrap()["type"], "response.incomplete");
}

#[test]
fn w15_a_ping_keeps_the_connection_alive_and_is_no_event() {
    let mut writer = codec(R).reply_writer(&Request::default());
    let mut bytes = writer.push(&StreamEvent::Ping);
    assert_eq!(bytes, b": ping\n\n");
    for event in replay(&full(), 3) {
        bytes.extend(writer.push(&event));
        bytes.extend(writer.push(&StreamEvent::Ping));
    }
    assert_eq!(
        reply(R, std::str::from_utf8(&bytes).unwrap()).blocks,
        reply(R, std::str::from_utf8(&written(R, &Request::default(), &full(), 3)).unwrap()).blocks
    );
}

#[test]
fn deltas_that_never_end_in_a_block_still_end_in_an_item() {
    let mut writer = codec(R).reply_writer(&Request::default());
    let mut bytes = writer.push(&StreamEvent::Started { id: "r".into(), model: "m".into(), usage: Usage::default() });
    bytes.extend(writer.push(&StreamEvent::ThinkingDelta { index: 0, text: "hm".into() }));
    let redone = thinking("", None);
    bytes.extend(writer.push(&StreamEvent::BlockFinished { index: 0, block: redone }));
    bytes.extend(writer.push(&StreamEvent::TextDelta { index: 1, text: "a".into() }));
    bytes.extend(writer.push(&StreamEvent::BlockFinished { index: 1, block: Block::text("a") }));
    bytes.extend(writer.push(&StreamEvent::Finished { reply: answered(vec![Block::text("a")], StopReason::EndTurn) }));
    let events = data(&bytes);
    let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!((count("response.output_item.added"), count("response.output_item.done")), (2, 2));
}

#[test]
fn answers_cross_event_by_event_between_all_dialects() {
    let said = Reply {
        id: "x".into(),
        model: "m".into(),
        blocks: vec![Block::text("Ünder"), call("t1", "read", r#"{"a": [1, 2]}"#), call("t2", "bash", "{}")],
        stop: StopReason::ToolUse,
        usage: Usage { input: 7, cache_read: 3, output: 2, ..Usage::default() },
    };
    for (from, to) in [(A, R), (C, R), (R, A), (R, C), (R, R)] {
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
