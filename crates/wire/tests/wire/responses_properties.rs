//! What holds for any request and any answer of Responses.

use proptest::prelude::*;
use protocol::request::{ChatFlavor, NativeKind, Thinking};
use protocol::{
    Block, Breakpoint, Dialect, Effort, ImageSource, Message, Position, Reply, Request, ResultPart, Role, Settings,
    StopReason, StreamEvent, ToolChoice, ToolSpec, Ttl, Usage,
};
use wire::{codec, retarget};

use crate::support::{A, C, cut, read, stream, write, written};

const R: Dialect = Dialect::OpenaiResponses;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[a-z \"\\\\\n{}\\[\\]:,é日😀\u{7}]{0,16}",
        1 => Just(r#"{"type":"input_text","text":"x"}]}"#.to_owned()),
        1 => Just("data: [DONE]\r\n\r\n".to_owned()),
    ]
}

fn said() -> impl Strategy<Value = String> {
    text().prop_filter("says something", |text| !text.trim().is_empty())
}

fn arguments() -> impl Strategy<Value = String> {
    let object = said().prop_map(|text| serde_json::json!({ "path": text, "n": 1 }).to_string());
    let written = [r#"{ "n": 1e2, "u": "\u00e9" }"#, "{\n \"a\": [1,\t2]\r\n}", "{}", "{\"path\": \"a"];
    prop_oneof![object, proptest::sample::select(written.to_vec()).prop_map(str::to_owned)]
}

/// Seals as they occur: another maker's, an item of this dialect, a phase.
fn seal() -> impl Strategy<Value = Option<String>> {
    let item = said().prop_map(|text| {
        let summary = serde_json::json!([{"type": "summary_text", "text": text}]);
        Some(format!(r#"rs1:{{"type":"reasoning","id":"rs_1","summary":{summary},"encrypted_content":"gA"}}"#))
    });
    let phase = Just(Some(r#"rs1:{"phase":"commentary"}"#.to_owned()));
    prop_oneof![item, phase, Just(None), "[a-z:]{1,6}".prop_map(Some)]
}

fn image() -> impl Strategy<Value = ImageSource> {
    prop_oneof![
        Just(ImageSource::Base64 { media_type: "image/png".into(), data: "iVBORw0KGgo=".into() }),
        Just(ImageSource::Url { url: "https://example.test/a.png".into() }),
    ]
}

fn result_part() -> impl Strategy<Value = ResultPart> {
    prop_oneof![
        3 => text().prop_map(|text| ResultPart::Text { text }),
        1 => image().prop_map(|source| ResultPart::Image { source }),
    ]
}

fn user_block() -> impl Strategy<Value = Block> {
    let result = ("[a-z]{1,3}", prop::collection::vec(result_part(), 0..3), any::<bool>());
    let own = [r#"{"type":"input_file","file_id":"f"}"#, r#"{"type":"item_reference","id": "x"}"#];
    prop_oneof![
        3 => text().prop_map(Block::text),
        3 => result.prop_map(|(call_id, content, is_error)| Block::ToolResult { call_id, content, is_error }),
        1 => image().prop_map(|source| Block::Image { source }),
        1 => proptest::sample::select(own.to_vec()).prop_map(|json| Block::Opaque { dialect: R, json: json.into() }),
    ]
}

fn assistant_block() -> impl Strategy<Value = Block> {
    let called = ("[a-z]{1,3}", proptest::sample::select(vec!["read", "exec", "g__f"]), arguments());
    prop_oneof![
        3 => text().prop_map(Block::text),
        3 => called.prop_map(|(id, name, arguments)| Block::ToolCall { id, name: name.into(), arguments }),
        2 => (text(), seal()).prop_map(|(text, signature)| Block::Thinking { text, signature }),
        1 => Just(Block::RedactedThinking { data: "xx".into() }),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let of = |role| move |blocks| Message { role, blocks };
    prop_oneof![
        4 => prop::collection::vec(user_block(), 0..4).prop_map(of(Role::User)),
        4 => prop::collection::vec(assistant_block(), 0..5).prop_map(of(Role::Assistant)),
        1 => said().prop_map(|text| Message { role: Role::System, blocks: vec![Block::text(text)] }),
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    let choice = [ToolChoice::Auto, ToolChoice::None, ToolChoice::Any, ToolChoice::Tool("exec".into())];
    let thinking = [None, Some(Thinking::Adaptive), Some(Thinking::Disabled), Some(Thinking::Budget(2_048))];
    let effort = [None, Some(Effort::None), Some(Effort::Minimal), Some(Effort::Max)];
    let words = (
        proptest::sample::select(choice.to_vec()),
        proptest::sample::select(thinking.to_vec()),
        proptest::sample::select(effort.to_vec()),
    );
    let counts = (prop::option::of(1..99_999u32), prop::option::of(0.0..1.0f64), prop::option::of(any::<bool>()));
    let rest = (any::<bool>(), prop::option::of("[a-z]{1,80}"), any::<bool>(), any::<bool>());
    (words, counts, rest).prop_map(|((tool_choice, thinking, effort), (max_tokens, temperature, parallel), rest)| {
        let (stream, cache_key, schema, cache_breakpoints) = rest;
        Settings {
            max_tokens,
            temperature,
            effort,
            thinking,
            tool_choice,
            parallel_tool_calls: parallel,
            stream,
            cache_key,
            response_schema: schema.then(|| serde_json::json!({"type": "object", "required": ["b", "a"]})),
            chat: ChatFlavor { cache_breakpoints, ..ChatFlavor::default() },
            extra: vec![("metadata".into(), r#"{"user_id": "u"}"#.into())],
            ..Settings::default()
        }
    })
}

/// A request as a client would send it: a neutral one, with tools of all kinds offered inside the conversation.
fn request() -> impl Strategy<Value = Request> {
    let tool = (said(), said()).prop_map(|(description, key)| ToolSpec {
        name: "read".into(),
        description,
        schema: serde_json::json!({"type": "object", "properties": {key: {"type": "number", "minimum": 1e2}}}),
    });
    let at = prop_oneof![
        (0..3usize).prop_map(Position::System),
        (0..7usize, 0..4usize).prop_map(|(message, block)| Position::Message { message, block }),
    ];
    let breakpoint = at.prop_map(|at| Breakpoint { at, ttl: Ttl::Short });
    let context = (prop::option::of(tool), prop::collection::vec(text(), 0..3), prop::collection::vec(message(), 0..6));
    (context, prop::collection::vec(breakpoint, 0..4), settings(), any::<bool>()).prop_map(
        |((tool, system, messages), breakpoints, mut settings, offers)| {
            let mut opening = vec![Message { role: Role::User, blocks: vec![Block::text("go")] }];
            if offers {
                let json = r#"{"type":"additional_tools","role":"developer","tools":[{"type":"custom","name":"exec"},{"type":"namespace","name":"g","tools":[{"type":"function","name":"f"}]}]}"#;
                opening.insert(0, Message { role: Role::System, blocks: vec![Block::Opaque { dialect: R, json: json.into() }] });
                let client = read(R, &format!(r#"{{"model":"m","input":[{json}]}}"#)).unwrap();
                settings.native = client.settings.native;
            }
            // Ids of calls that are not functions' are known to whoever has read them.
            let custom = settings.native.tools.iter().any(|tool| tool.kind == NativeKind::Custom);
            let ids = messages.iter().flat_map(|message| &message.blocks).filter_map(|block| match block {
                Block::ToolCall { id, name, .. } if custom && name == "exec" => Some((id.clone(), NativeKind::Custom)),
                _ => None,
            });
            settings.native.calls = ids.collect();
            opening.extend(messages);
            Request { model: "m".into(), tools: tool.into_iter().collect(), system, messages: opening, breakpoints, settings }
        },
    )
}

/// The cacheable part of a request: tools, system and messages as bytes, without markers and without what closes the list.
fn context(dialect: Dialect, request: &Request, messages: &[Message]) -> String {
    let codec = codec(dialect);
    let mut context = codec.render_tools(&request.tools).concat();
    context.extend(codec.render_system(&request.system));
    for message in messages {
        let rendered = codec.render_message(message, &request.settings).unwrap();
        context.push_str(&rendered.open);
        context.push_str(&rendered.blocks.join(","));
        context.push_str(&rendered.close);
    }
    context
}

/// Items of an input, each alone so that any number of them is a history.
fn items() -> impl Strategy<Value = Vec<String>> {
    let string = |text: &str| serde_json::to_string(text).unwrap();
    let user = said().prop_map(move |text| format!(r#"{{"role":"user","content":{}}}"#, string(&text)));
    let model = said().prop_map(move |text| {
        let text = string(&text);
        format!(r#"{{"type":"message","role":"assistant","content":[{{"type":"output_text","text":{text}}}],"phase":"commentary"}}"#)
    });
    let fixed = [
        r#"{"role":"developer","content":"mode changed"}"#,
        r#"{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gA"}"#,
        r#"{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"rt1:xx"}"#,
        r#"{"type":"function_call","call_id":"c1","name":"read","arguments":"{\"p\": 1}"}"#,
        r#"{"type":"function_call_output","call_id":"c1","output":"ok"}"#,
        r#"{"type":"custom_tool_call","call_id":"c2","name":"exec","input":"x\n"}"#,
        r#"{"type":"custom_tool_call_output","call_id":"c2","output":[{"type":"input_text","text":"ok"}]}"#,
        r#"{"type":"function_call","call_id":"c3","namespace":"g","name":"f","arguments":"{}"}"#,
    ];
    let item =
        prop_oneof![2 => user, 2 => model, 6 => proptest::sample::select(fixed.to_vec()).prop_map(str::to_owned)];
    prop::collection::vec(item, 0..10)
}

fn body(items: &[String]) -> String {
    let tools = r#"[{"type":"custom","name":"exec"},{"type":"function","name":"read"}]"#;
    format!(
        r#"{{"model":"m","instructions":"x","tools":{tools},"input":[{{"role":"user","content":"go"}}{}]}}"#,
        items.iter().map(|item| format!(",{item}")).collect::<String>()
    )
}

/// Answers that this dialect says in full.
fn reply() -> impl Strategy<Value = Reply> {
    let call = (0..1_000u32, arguments());
    let calls = prop::collection::vec(call, 0..4).prop_map(|calls| {
        let call =
            |(nth, (id, arguments))| Block::ToolCall { id: format!("t{nth}_{id}"), name: "read".into(), arguments };
        calls.into_iter().enumerate().map(call).collect::<Vec<_>>()
    });
    let foreign = prop_oneof![Just(None), "[a-zA-Z0-9+/=:.]{1,9}".prop_map(Some)];
    let own = said().prop_map(|text| {
        let part = serde_json::to_string(&text).unwrap();
        let item = format!(r#"{{"id":"rs_1","type":"reasoning","summary":[{{"type":"summary_text","text":{part}}}],"encrypted_content":"gA"}}"#);
        Block::Thinking { text, signature: Some(format!("rs1:{item}")) }
    });
    let thinking =
        prop_oneof![(said(), foreign).prop_map(|(text, signature)| Block::Thinking { text, signature }), own];
    let aside = prop_oneof![
        Just(Block::RedactedThinking { data: "xx".into() }),
        Just(Block::Opaque { dialect: R, json: r#"{"type":"web_search_call","id":"ws_1","n": 1e2}"#.into() }),
    ];
    let phased = (said(), any::<bool>()).prop_map(|(text, phased)| {
        let phase = Block::Thinking { text: String::new(), signature: Some(r#"rs1:{"phase":"commentary"}"#.into()) };
        let mut blocks = if phased { vec![phase] } else { vec![] };
        blocks.push(Block::Text { text });
        blocks
    });
    let spoken = (prop::option::of(thinking), prop::option::of(aside), prop::collection::vec(phased, 0..3), calls);
    let counts = (0..9_999u64, 0..9_999u64, 0..9_999u64, 0..9_999u64, 0..9_999u64, 0..9_999u64);
    (spoken, counts, any::<bool>()).prop_map(move |((thinking, aside, texts, calls), counts, cut)| {
        let (input, cache_read, cache_write_short, cache_write_long, output, reasoning) = counts;
        let stop = match (cut, calls.is_empty()) {
            (true, _) => StopReason::MaxTokens,
            (false, true) => StopReason::EndTurn,
            (false, false) => StopReason::ToolUse,
        };
        let reasoning = reasoning.min(output);
        Reply {
            id: "r1".into(),
            model: "m".into(),
            blocks: thinking.into_iter().chain(aside).chain(texts.into_iter().flatten()).chain(calls).collect(),
            stop,
            usage: Usage { input, cache_read, cache_write_short, cache_write_long, output, reasoning },
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_is_read_and_written_to_the_same_bytes(request in request()) {
        let once = write(R, &request);
        let mut again = read(R, &once).unwrap();
        // Whether the server knows markers is not said where there are none.
        again.settings.chat = request.settings.chat.clone();
        prop_assert_eq!(once, write(R, &again));
    }

    #[test]
    fn what_was_read_is_written_and_read_to_the_same_request(request in request()) {
        let mut first = read(R, &write(R, &request)).unwrap();
        first.settings.chat = request.settings.chat;
        let mut second = read(R, &write(R, &first)).unwrap();
        second.settings.chat = first.settings.chat.clone();
        prop_assert_eq!(second, first);
    }

    #[test]
    fn w54_a_longer_history_has_the_shorter_one_as_a_byte_prefix(request in request(), at in 0..8usize) {
        let at = at.min(request.messages.len());
        let shorter = context(R, &request, &request.messages[..at]);
        let longer = context(R, &request, &request.messages);
        prop_assert!(longer.starts_with(&shorter), "{shorter}\n{longer}");
    }

    #[test]
    fn w54_a_clients_longer_history_is_written_with_the_shorter_one_as_a_byte_prefix(items in items(), at in 0..10usize) {
        // Cut where a client would send: behind what a user or a tool has said.
        let is_ours = |item: &String| item.contains(r#""role":"user""#) || item.contains("_output");
        let at = (0..=at.min(items.len())).rev().find(|&at| at == 0 || is_ours(&items[at - 1])).unwrap_or(0);
        let (shorter, longer) = (read(R, &body(&items[..at])).unwrap(), read(R, &body(&items)).unwrap());
        for to in [R, A, C] {
            let bytes = |request: &Request| {
                let mut request = request.clone();
                retarget(&mut request, R, to);
                let text = context(to, &request, &request.messages);
                // What closes the last list is written behind what grows.
                text.trim_end_matches("]}").to_owned()
            };
            let (shorter, longer) = (bytes(&shorter), bytes(&longer));
            prop_assert!(longer.starts_with(&shorter), "{to:?}\n{shorter}\n{longer}");
        }
    }

    #[test]
    fn markers_are_the_only_thing_that_breakpoints_add(request in request()) {
        let bare = write(R, &Request { breakpoints: vec![], ..request.clone() });
        let stripped = write(R, &request).replace(r#","prompt_cache_breakpoint":{"mode":"explicit"}"#, "");
        prop_assert_eq!(bare, stripped);
    }

    #[test]
    fn an_answer_written_whole_is_read_as_itself(reply in reply()) {
        prop_assert_eq!(codec(R).read_reply(&codec(R).write_reply(&reply)).unwrap(), reply);
    }

    #[test]
    fn w17_an_answer_streamed_is_read_as_itself(reply in reply(), piece in 1..9usize) {
        let bytes = written(R, &Request::default(), &reply, piece);
        let (mut events, error) = stream(R, [bytes.as_slice()]);
        prop_assert_eq!(error, None);
        prop_assert_eq!(events.pop(), Some(StreamEvent::Finished { reply }));
    }

    #[test]
    fn w14_a_stream_cut_anywhere_gives_the_same_events(
        reply in reply(),
        cuts in prop::collection::vec(1..40usize, 1..200),
        end in prop::option::of(0..6_000usize),
    ) {
        let mut bytes = written(R, &Request::default(), &reply, 3);
        bytes.truncate(end.unwrap_or(bytes.len()));
        let expected = stream(R, [bytes.as_slice()]);
        prop_assert_eq!(stream(R, cut(&bytes, cuts)), expected);
    }

    #[test]
    fn deltas_add_up_to_the_blocks(reply in reply(), piece in 1..9usize) {
        let bytes = written(R, &Request::default(), &reply, piece);
        let (events, _) = stream(R, [bytes.as_slice()]);
        let mut shown = vec![String::new(); reply.blocks.len()];
        let mut finished = Vec::new();
        for event in events {
            match event {
                StreamEvent::TextDelta { index, text: json }
                | StreamEvent::ThinkingDelta { index, text: json }
                | StreamEvent::ArgumentsDelta { index, json } => {
                    prop_assert_eq!(index, finished.len(), "blocks do not interleave");
                    shown[index].push_str(&json);
                }
                StreamEvent::BlockFinished { index, block } => {
                    prop_assert_eq!(index, finished.len(), "blocks are numbered in a row");
                    match &block {
                        Block::Text { text } | Block::Thinking { text, .. } => prop_assert_eq!(text, &shown[index]),
                        Block::ToolCall { arguments, .. } => prop_assert_eq!(arguments, &shown[index]),
                        _ => {}
                    }
                    finished.push(block);
                }
                _ => {}
            }
        }
        prop_assert_eq!(finished, reply.blocks);
    }
}
