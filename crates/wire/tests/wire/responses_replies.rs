//! Answers in the Responses dialect, read: streamed and whole.

use protocol::{Block, Dialect, ErrorKind, Reply, StopReason, StreamEvent, Usage};
use wire::openai_responses::is_seal;
use wire::{WireError, codec};

use crate::support::{call, events, failure, order, reply, stream};

const R: Dialect = Dialect::OpenaiResponses;

/// Events as a stream; each names its type in its data and beside it.
fn sse(events: &[&str]) -> String {
    events
        .iter()
        .map(|data| {
            let event: serde_json::Value = serde_json::from_str(data).unwrap();
            format!("event: {}\ndata: {data}\n\n", event["type"].as_str().unwrap_or_default())
        })
        .collect()
}

const CREATED: &str = r#"{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","model":"gpt-6","status":"in_progress","output":[]}}"#;

fn added(number: usize, item: &str) -> String {
    format!(r#"{{"type":"response.output_item.added","output_index":{number},"item":{item}}}"#)
}

fn done(number: usize, item: &str) -> String {
    format!(r#"{{"type":"response.output_item.done","output_index":{number},"item":{item}}}"#)
}

/// The last event, with these items.
fn completed(items: &[&str]) -> String {
    let usage = r#"{"input_tokens":100,"input_tokens_details":{"cached_tokens":60,"cache_write_tokens":30,"cache_write_tokens_details":{"ttl_30m_tokens":10,"ttl_12h_tokens":20}},"output_tokens":9,"output_tokens_details":{"reasoning_tokens":4},"total_tokens":109}"#;
    let output = items.join(",");
    format!(
        r#"{{"type":"response.completed","response":{{"id":"resp_1","model":"gpt-6","status":"completed","output":[{output}],"usage":{usage}}}}}"#
    )
}

fn text_delta(number: usize, part: usize, text: &str) -> String {
    format!(
        r#"{{"type":"response.output_text.delta","item_id":"i{number}","output_index":{number},"content_index":{part},"delta":"{text}"}}"#
    )
}

fn arguments_delta(number: usize, text: &str) -> String {
    let text = serde_json::to_string(text).unwrap();
    format!(
        r#"{{"type":"response.function_call_arguments.delta","item_id":"fc_{number}","output_index":{number},"delta":{text}}}"#
    )
}

fn summary_delta(number: usize, part: usize, text: &str) -> String {
    format!(
        r#"{{"type":"response.reasoning_summary_text.delta","item_id":"rs_1","output_index":{number},"summary_index":{part},"delta":"{text}"}}"#
    )
}

/// An answer of these events between the first and the last.
fn answer(events: &[String], items: &[&str]) -> String {
    let last = completed(items);
    let all: Vec<&str> =
        std::iter::once(CREATED).chain(events.iter().map(String::as_str)).chain([last.as_str()]).collect();
    sse(&all)
}

const MESSAGE: &str = r#"{"type":"message","id":"msg_1","status":"in_progress","role":"assistant","content":[]}"#;
const SAID: &str = r#"{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],"text":"Hello"}]}"#;
const REASONING: &str = r#"{"type":"reasoning","id":"rs_1","summary":[]}"#;
const REASONED: &str = r#"{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}],"encrypted_content":"gAAA="}"#;
const CALL: &str =
    r#"{"type":"function_call","id":"fc_2","call_id":"call_2","name":"read","arguments":"","status":"in_progress"}"#;
const CALLED: &str = r#"{"type":"function_call","id":"fc_2","call_id":"call_2","name":"read","arguments":"{\"p\": 1}","status":"completed"}"#;

/// Reasoning, a text and a call, as OpenAI streams them.
fn full() -> String {
    let events = [
        added(0, REASONING),
        summary_delta(0, 0, "a"),
        summary_delta(0, 1, "b"),
        done(0, REASONED),
        added(1, MESSAGE),
        text_delta(1, 0, "Hel"),
        text_delta(1, 0, "lo"),
        done(1, SAID),
        added(2, CALL),
        arguments_delta(2, "{\"p\""),
        arguments_delta(2, ": 1}"),
        done(2, CALLED),
    ];
    answer(&events, &[REASONED, SAID, CALLED])
}

fn whole(status: &str, items: &[&str]) -> Result<Reply, WireError> {
    let output = items.join(",");
    let body = format!(
        r#"{{"id":"resp_1","object":"response","model":"gpt-6","status":"{status}","output":[{output}],"usage":null}}"#
    );
    codec(R).read_reply(body.as_bytes())
}

fn said(items: &[&str]) -> Vec<Block> {
    whole("completed", items).unwrap().blocks
}

#[test]
fn an_answer_streams_in_as_blocks_one_after_the_other() {
    let found = events(R, &full());
    let expected = "start think0=a think0=\n\nb done0 text1=Hel text1=lo done1 call2=call_2/read args2={\"p\" args2=: 1} done2 finished";
    assert_eq!(order(&found), expected);
    let reply = reply(R, &full());
    assert_eq!((reply.id.as_str(), reply.model.as_str(), &reply.stop), ("resp_1", "gpt-6", &StopReason::ToolUse));
    assert_eq!(reply.blocks[1..], [Block::text("Hello"), call("call_2", "read", r#"{"p": 1}"#)]);
}

#[test]
fn w45_one_block_per_reasoning_item_with_the_seal_of_its_end() {
    let early = r#"{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"early"}"#;
    let events = [added(0, early), summary_delta(0, 0, "a"), summary_delta(0, 1, "b"), done(0, REASONED)];
    let blocks = reply(R, &answer(&events, &[])).blocks;
    let [Block::Thinking { text, signature: Some(seal) }] = &blocks[..] else {
        panic!("expected one block, found {blocks:?}")
    };
    assert_eq!(text, "a\n\nb");
    assert!(is_seal(seal) && seal.ends_with(REASONED) && !seal.contains("early"));
    // Cut before its end there is no seal.
    let cut = sse(&[
        CREATED,
        &added(0, early),
        &summary_delta(0, 0, "a"),
        r#"{"type":"response.incomplete","response":{"id":"resp_1","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]}}"#,
    ]);
    let found = reply(R, &cut);
    assert_eq!(found.blocks, [Block::Thinking { text: "a".into(), signature: None }]);
    assert_eq!(found.stop, StopReason::MaxTokens);
}

#[test]
fn w38_reasoning_without_a_word_is_kept_for_its_seal() {
    let mute = r#"{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA="}"#;
    let blocks = said(&[mute, SAID]);
    assert!(matches!(&blocks[0], Block::Thinking { text, signature: Some(_) } if text.is_empty()));
    assert_eq!(said(&[REASONING, SAID]), [Block::text("Hello")]);
}

#[test]
fn reasoning_that_open_models_say_themselves_is_shown() {
    let item = r#"{"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"hm so"}]}"#;
    let delta = |text: &str| {
        format!(
            r#"{{"type":"response.reasoning_text.delta","item_id":"rs_1","output_index":0,"content_index":0,"delta":"{text}"}}"#
        )
    };
    let events = [added(0, REASONING), delta("hm "), delta("so"), summary_delta(0, 0, "other"), done(0, item)];
    let text = answer(&events, &[]);
    assert_eq!(order(&crate::support::events(R, &text)), "start think0=hm  think0=so done0 finished");
}

#[test]
fn w09_arguments_that_come_only_at_the_end_of_a_call_or_of_the_answer_are_not_lost() {
    let whole = r#"{"type":"response.function_call_arguments.done","item_id":"fc_2","output_index":0,"arguments":"{\"p\": 1}"}"#;
    let expected = [call("call_2", "read", r#"{"p": 1}"#)];
    let cases = [
        answer(&[added(0, CALL), done(0, CALLED)], &[]),
        answer(&[added(0, CALL), whole.to_owned()], &[]),
        answer(&[done(0, CALLED)], &[]),
        answer(&[added(0, CALL)], &[CALLED]),
        answer(&[], &[CALLED]),
        answer(&[added(0, CALL), arguments_delta(0, "{\"p\""), done(0, CALLED)], &[CALLED]),
    ];
    for text in cases {
        assert_eq!(reply(R, &text).blocks, expected, "{text}");
        let found = order(&events(R, &text));
        assert!(found.starts_with("start call0=call_2/read args0={\"p\""), "{found}");
    }
}

#[test]
fn w09_text_that_comes_only_at_the_end_is_not_lost_and_none_is_doubled() {
    let done_text =
        r#"{"type":"response.output_text.done","item_id":"msg_1","output_index":0,"content_index":0,"text":"Hello"}"#;
    for text in [
        answer(&[added(0, MESSAGE), done(0, SAID)], &[SAID]),
        answer(&[], &[SAID]),
        answer(&[added(0, MESSAGE), done_text.to_owned()], &[]),
        answer(&[added(0, MESSAGE), text_delta(0, 0, "Hel"), done_text.to_owned(), done(0, SAID)], &[SAID]),
        answer(&[done(0, SAID), done(0, SAID)], &[SAID]),
    ] {
        assert_eq!(reply(R, &text).blocks, [Block::text("Hello")], "{text}");
    }
}

#[test]
fn w10_a_call_without_arguments_has_an_empty_object() {
    let bare = r#"{"type":"function_call","id":"fc_2","call_id":"call_2","name":"read","arguments":""}"#;
    assert_eq!(said(&[bare]), [call("call_2", "read", "{}")]);
    assert_eq!(reply(R, &answer(&[added(0, bare), done(0, bare)], &[])).blocks, [call("call_2", "read", "{}")]);
    let cut = r#"{"type":"function_call","call_id":"c","name":"read","arguments":"{\"p\""}"#;
    assert_eq!(said(&[cut]), [call("c", "read", "{\"p\"")]);
}

#[test]
fn w06_items_that_overlap_are_put_in_a_row() {
    let other = r#"{"type":"function_call","id":"fc_1","call_id":"call_1","name":"bash","arguments":"{}"}"#;
    let events = [
        added(0, CALL),
        arguments_delta(0, "{\"p\""),
        added(1, other),
        arguments_delta(1, "{"),
        arguments_delta(0, ": 1}"),
        arguments_delta(1, "}"),
        done(1, other),
        done(0, CALLED),
    ];
    let found = crate::support::events(R, &answer(&events, &[]));
    let expected = "start call0=call_2/read args0={\"p\" args0=: 1} done0 call1=call_1/bash args1={} done1 finished";
    assert_eq!(order(&found), expected);
}

#[test]
fn w08_a_late_name_is_waited_for_and_a_call_without_one_is_dropped() {
    let nameless = r#"{"type":"function_call","id":"fc_2","call_id":"call_2","arguments":""}"#;
    let late = answer(&[added(0, nameless), arguments_delta(0, "{\"p\": 1}"), done(0, CALLED)], &[]);
    assert_eq!(order(&events(R, &late)), "start call0=call_2/read args0={\"p\": 1} done0 finished");
    let never = reply(R, &answer(&[added(0, nameless), done(0, nameless), done(1, SAID)], &[]));
    assert_eq!((never.blocks, never.stop), (vec![Block::text("Hello")], StopReason::EndTurn));
}

#[test]
fn w24_ids_that_repeat_or_are_missing_are_made_unique() {
    let bare = r#"{"type":"function_call","name":"f","arguments":"{}"}"#;
    let ids: Vec<String> = said(&[CALLED, CALLED, bare, bare])
        .iter()
        .map(|block| match block {
            Block::ToolCall { id, .. } => id.clone(),
            other => panic!("expected a call, found {other:?}"),
        })
        .collect();
    assert_eq!(ids[..2], ["call_2", "call_2_1"]);
    assert!(ids[2].starts_with("call_") && ids[2] != ids[3]);
}

#[test]
fn w30_plain_text_and_grouped_tools_are_functions_here() {
    let custom = r#"{"type":"custom_tool_call","id":"ctc_1","call_id":"c1","name":"exec","input":"print(\"é\")\n"}"#;
    let begun = custom.replace(r#"print(\"é\")\n"#, "");
    let delta = |text: &str| {
        format!(
            r#"{{"type":"response.custom_tool_call_input.delta","item_id":"ctc_1","output_index":0,"delta":{text}}}"#
        )
    };
    let text = answer(&[added(0, &begun), delta(r#""print(\"é""#), delta(r#""\")\n""#), done(0, custom)], &[]);
    let expected = [call("c1", "exec", r#"{"input":"print(\"é\")\n"}"#)];
    assert_eq!(reply(R, &text).blocks, expected);
    let shown: String = events(R, &text)
        .into_iter()
        .filter_map(|event| if let StreamEvent::ArgumentsDelta { json, .. } = event { Some(json) } else { None })
        .collect();
    assert_eq!(shown, r#"{"input":"print(\"é\")\n"}"#);
    let grouped = r#"{"type":"function_call","call_id":"c2","name":"spawn","namespace":"collab","arguments":"{}"}"#;
    let search = r#"{"type":"tool_search_call","call_id":"c3","execution":"client","arguments":{"query": "x"}}"#;
    assert_eq!(
        said(&[grouped, search]),
        [call("c2", "collab__spawn", "{}"), call("c3", "tool_search", r#"{"query": "x"}"#)]
    );
    // Cut in the middle, what was written of the text can still be read.
    let cut = sse(&[
        CREATED,
        &added(0, &begun),
        &delta(r#""pri""#),
        r#"{"type":"response.incomplete","response":{"status":"incomplete"}}"#,
    ]);
    assert_eq!(reply(R, &cut).blocks, [call("c1", "exec", r#"{"input":"pri"}"#)]);
}

#[test]
fn items_of_the_servers_own_are_kept_as_they_came() {
    let search = r#"{"type":"web_search_call","id":"ws_1","status":"completed", "action":{"n": 1e2}}"#;
    let expected = [Block::Opaque { dialect: R, json: search.to_owned() }, Block::text("Hello")];
    assert_eq!(said(&[search, SAID]), expected);
    let streamed =
        answer(&[added(0, r#"{"type":"web_search_call","id":"ws_1"}"#), done(0, search), done(1, SAID)], &[]);
    assert_eq!(reply(R, &streamed).blocks, expected);
}

#[test]
fn a_phase_stands_before_its_text() {
    let phased = SAID.replace(r#""role""#, r#""phase":"commentary","role""#);
    let begun = MESSAGE.replace(r#""role""#, r#""phase":"commentary","role""#);
    let streamed = reply(R, &answer(&[added(0, &begun), text_delta(0, 0, "Hello"), done(0, &phased)], &[]));
    assert_eq!(streamed.blocks, said(&[&phased]));
    assert!(matches!(&streamed.blocks[..], [Block::Thinking { text, signature: Some(seal) }, Block::Text { .. }]
        if text.is_empty() && seal == r#"rs1:{"phase":"commentary"}"#));
}

#[test]
fn parts_of_a_message_are_blocks_of_their_own() {
    let item = r#"{"type":"message","id":"msg_1","content":[{"type":"output_text","text":"a"},{"type":"output_text","text":""},{"type":"output_text","text":"b"}]}"#;
    let events = [added(0, MESSAGE), text_delta(0, 0, "a"), text_delta(0, 2, "b"), done(0, item)];
    let text = answer(&events, &[]);
    assert_eq!(order(&crate::support::events(R, &text)), "start text0=a done0 text1=b done1 finished");
    assert_eq!(reply(R, &text).blocks, said(&[item]));
}

#[test]
fn w17_whole_and_streamed_answers_are_the_same() {
    let streamed = reply(R, &full());
    let body = completed(&[REASONED, SAID, CALLED]);
    let response: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        codec(R).read_reply(response["response"].to_string().as_bytes()).unwrap().blocks[1..],
        streamed.blocks[1..]
    );
    let raw = body.split_once(r#""response":"#).unwrap().1;
    assert_eq!(codec(R).read_reply(&raw.as_bytes()[..raw.len() - 1]).unwrap(), streamed);
}

#[test]
fn w57_counts_do_not_overlap_and_are_never_negative() {
    let expected =
        Usage { input: 10, cache_read: 60, cache_write_short: 10, cache_write_long: 20, output: 9, reasoning: 4 };
    assert_eq!(reply(R, &full()).usage, expected);
    let odd = r#"{"id":"r","model":"m","status":"completed","output":[],"usage":{"input_tokens":5,"input_tokens_details":{"cached_tokens":9},"output_tokens":null}}"#;
    assert_eq!(codec(R).read_reply(odd.as_bytes()).unwrap().usage, Usage { cache_read: 9, ..Usage::default() });
}

#[test]
fn w61_usage_stands_on_the_last_event_and_may_be_missing() {
    let bare = sse(&[
        CREATED,
        r#"{"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[],"usage":null}}"#,
    ]);
    assert_eq!(reply(R, &bare).usage, Usage::default());
    let mut request = crate::support::work();
    request.settings.stream = true;
    assert!(!crate::support::write(R, &request).contains("stream_options"));
}

#[test]
fn w62_a_failure_in_the_stream_is_an_error_and_no_end_of_turn() {
    let failed = |code: &str| {
        let last = format!(
            r#"{{"type":"response.failed","response":{{"id":"resp_1","status":"failed","error":{{"code":"{code}","message":"because"}},"output":[]}}}}"#
        );
        let error = failure(R, &sse(&[CREATED, &added(0, MESSAGE), &text_delta(0, 0, "Hel"), &last]));
        assert_eq!(error.message, "because");
        error.kind
    };
    assert_eq!(failed("server_error"), ErrorKind::Server);
    assert_eq!(failed("rate_limit_exceeded"), ErrorKind::RateLimit);
    assert_eq!(failed("context_length_exceeded"), ErrorKind::Overflow);
    assert_eq!(failed("insufficient_quota"), ErrorKind::Billing);
    assert_eq!(failed("invalid_prompt"), ErrorKind::InvalidRequest, "asking again would not help");
    assert_eq!(failed("server_is_overloaded"), ErrorKind::Overloaded);
    for error in [
        r#"{"type":"error","code":"rate_limit_exceeded","message":"slow","param":null,"sequence_number":1}"#,
        r#"{"type":"error","error":{"type":"tokens","code":"rate_limit_exceeded","message":"slow"}}"#,
        r#"{"error":{"type":"tokens","code":"rate_limit_exceeded","message":"slow"}}"#,
    ] {
        let error = failure(R, &format!("data: {CREATED}\n\ndata: {error}\n\n"));
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::RateLimit, "slow"));
    }
    let body = r#"{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"because"},"output":[]}"#;
    match codec(R).read_reply(body.as_bytes()) {
        Err(WireError::Provider(error)) => {
            assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Server, "because"))
        }
        other => panic!("expected a failure, found {other:?}"),
    }
    for status in ["queued", "in_progress", "cancelled"] {
        assert!(matches!(whole(status, &[]), Err(WireError::Provider(_))), "{status}");
    }
}

#[test]
fn w62_a_stream_without_its_last_event_is_cut() {
    for text in [
        sse(&[CREATED]),
        sse(&[CREATED, &done(0, SAID)]),
        format!("data: {CREATED}\n\ndata: [DONE]\n\n"),
        String::new(),
    ] {
        assert_eq!(failure(R, &text).kind, ErrorKind::Truncated);
    }
}

#[test]
fn w65_how_an_answer_ended_is_told_apart() {
    let ended = |status: &str, reason: &str| {
        let last = format!(
            r#"{{"type":"response.{status}","response":{{"id":"r","status":"{status}","incomplete_details":{reason},"output":[]}}}}"#
        );
        reply(R, &sse(&[CREATED, &done(0, SAID), &last])).stop
    };
    assert_eq!(ended("completed", "null"), StopReason::EndTurn);
    assert_eq!(ended("incomplete", r#"{"reason":"max_output_tokens"}"#), StopReason::MaxTokens);
    assert_eq!(ended("incomplete", r#"{"reason":"content_filter"}"#), StopReason::Refusal);
    assert_eq!(ended("incomplete", r#"{"reason":"steered"}"#), StopReason::Other("steered".into()));
    assert_eq!(ended("incomplete", "null"), StopReason::MaxTokens);
    let refused = r#"{"type":"message","id":"m","content":[{"type":"refusal","refusal":"No."}]}"#;
    let refused = whole("completed", &[refused]).unwrap();
    assert_eq!((refused.blocks, refused.stop), (vec![Block::text("No.")], StopReason::Refusal));
    assert_eq!(whole("completed", &[CALLED]).unwrap().stop, StopReason::ToolUse);
}

#[test]
fn w15_signs_of_life_are_pings_and_unknown_events_are_nothing() {
    let events = [
        r#"{"type":"keepalive","sequence_number":3}"#.to_owned(),
        r#"{"type":"response.web_search_call.searching","output_index":0,"item_id":"x","delta":{"odd":1}}"#.to_owned(),
        done(0, SAID),
    ];
    assert_eq!(order(&crate::support::events(R, &answer(&events, &[]))), "start ping text0=Hello done0 finished");
}

#[test]
fn servers_that_leave_out_numbers_types_or_beginnings_are_understood() {
    let data = |event: &str| event.replace(r#","output_index":0"#, "").replace(r#""output_index":0,"#, "");
    let id = |event: String| event.replace(r#""item_id":"i0""#, r#""item_id":"msg_1""#);
    let events: Vec<String> =
        [added(0, MESSAGE), id(text_delta(0, 0, "Hel")), id(text_delta(0, 0, "lo")), done(0, SAID)]
            .map(|event| data(&event))
            .to_vec();
    let found = reply(R, &answer(&events, &[SAID]));
    assert_eq!(found.blocks, [Block::text("Hello")]);
    assert_eq!(
        reply(R, &answer(&[text_delta(0, 0, "Hel"), text_delta(0, 0, "lo")], &[])).blocks,
        [Block::text("Hello")]
    );
    let named = format!(
        "event: response.completed\ndata: {}\n\n",
        completed(&[SAID]).replace(r#""type":"response.completed","#, "")
    );
    assert_eq!(reply(R, &named).blocks, [Block::text("Hello")]);
}

#[test]
fn what_is_not_the_dialect_is_malformed() {
    assert_eq!(failure(R, "data: {\"type\":\n\n").kind, ErrorKind::Malformed);
    assert_eq!(failure(R, &sse(&[CREATED, r#"{"type":"response.completed"}"#])).kind, ErrorKind::Malformed);
    for body in ["{", "[]", r#"{"id":"r"}"#] {
        assert!(codec(R).read_reply(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn w14_bytes_after_the_end_are_nothing_and_any_cut_gives_the_same() {
    let text = format!("{}{}", full().replace('\n', "\r\n"), sse(&[CREATED]));
    let expected = stream(R, [full().as_bytes()]);
    for size in [1, 2, 3, 7, 64, 1_000] {
        assert_eq!(stream(R, text.as_bytes().chunks(size)), expected, "{size}");
    }
}
