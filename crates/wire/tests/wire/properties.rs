//! What holds for any request and any answer.

use proptest::prelude::*;
use protocol::request::{ChatFlavor, Thinking};
use protocol::{
    Block, Breakpoint, Dialect, Effort, ImageSource, Message, Position, Reply, Request, ResultPart, Role, Settings,
    StopReason, StreamEvent, ToolChoice, ToolSpec, Ttl, Usage,
};
use wire::codec;

use crate::support::{A, C, cut, read, stream, write, written};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[a-z \"\\\\\n{}\\[\\]:,é日😀\u{7}]{0,16}",
        1 => Just(r#"{"type":"text","text":"x"}]}"#.to_owned()),
        1 => Just("data: [DONE]\r\n\r\n".to_owned()),
    ]
}

fn said() -> impl Strategy<Value = String> {
    text().prop_filter("says something", |text| !text.trim().is_empty())
}

fn arguments() -> impl Strategy<Value = String> {
    let object = said().prop_map(|text| serde_json::json!({ "path": text, "n": 1 }).to_string());
    let written = [r#"{ "n": 1e2, "u": "\u00e9" }"#, "{\n \"a\": [1,\t2]\r\n}", "{}"];
    prop_oneof![object, proptest::sample::select(written.to_vec()).prop_map(str::to_owned)]
}

fn broken_or_not() -> impl Strategy<Value = String> {
    prop_oneof![4 => arguments(), 1 => Just(String::new()), 1 => Just("{\"path\": \"a".to_owned()), 1 => Just(" {} ".to_owned())]
}

fn id() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-zA-Z0-9_-]{1,20}", 1 => "functions\\.[a-z]{1,70}:[0-9]"]
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

fn user_block(dialect: Dialect) -> impl Strategy<Value = Block> {
    let result = (id(), prop::collection::vec(result_part(), 0..3), any::<bool>());
    let own = r#"{"type":"document","source":{"n": 1e2}}"#.to_owned();
    // Unknown parts of a chat message are put together anew, so only compact ones keep their bytes.
    let own = if dialect == C { own.replace("source", "file") } else { own };
    prop_oneof![
        3 => text().prop_map(Block::text),
        3 => result.prop_map(|(call_id, content, is_error)| Block::ToolResult { call_id, content, is_error }),
        1 => image().prop_map(|source| Block::Image { source }),
        1 => Just(Block::Opaque { dialect, json: own }),
    ]
}

fn assistant_block() -> impl Strategy<Value = Block> {
    let thinking = (text(), prop::option::of("[a-z]{0,6}"));
    prop_oneof![
        3 => text().prop_map(Block::text),
        3 => (id(), broken_or_not()).prop_map(|(id, arguments)| Block::ToolCall { id, name: "read".into(), arguments }),
        1 => thinking.prop_map(|(text, signature)| Block::Thinking { text, signature }),
        1 => Just(Block::RedactedThinking { data: "xx".into() }),
    ]
}

fn message(dialect: Dialect) -> impl Strategy<Value = Message> {
    let user = prop::collection::vec(user_block(dialect), 0..4).prop_map(|blocks| Message { role: Role::User, blocks });
    let assistant =
        prop::collection::vec(assistant_block(), 0..4).prop_map(|blocks| Message { role: Role::Assistant, blocks });
    prop_oneof![user, assistant]
}

fn conversation(dialect: Dialect) -> impl Strategy<Value = Vec<Message>> {
    let instruction = said().prop_map(|text| Message { role: Role::System, blocks: vec![Block::text(text)] });
    let opening = said().prop_map(|text| Message { role: Role::User, blocks: vec![Block::text(text)] });
    let rest = prop::collection::vec(prop_oneof![6 => message(dialect), 1 => instruction], 0..6);
    (opening, rest).prop_map(|(opening, rest)| std::iter::once(opening).chain(rest).collect())
}

fn tool() -> impl Strategy<Value = ToolSpec> {
    ("[a-z_]{1,8}", text(), said()).prop_map(|(name, description, key)| ToolSpec {
        name,
        description,
        schema: serde_json::json!({"type": "object", "properties": {key: {"type": "number", "minimum": 1e2}}}),
    })
}

fn settings() -> impl Strategy<Value = Settings> {
    let choice = prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::None),
        Just(ToolChoice::Any),
        Just(ToolChoice::Tool("read".into())),
    ];
    let thinking = prop_oneof![Just(Thinking::Adaptive), Just(Thinking::Disabled), Just(Thinking::Budget(2_048))];
    let effort = prop_oneof![Just(Effort::None), Just(Effort::Minimal), Just(Effort::Medium), Just(Effort::Max)];
    let fraction = || prop::option::of(0.0..1.0f64);
    let option = prop::option::of::<BoxedStrategy<Effort>>;
    let first = (prop::option::of(1..99_999u32), fraction(), fraction(), prop::collection::vec(text(), 0..3));
    let second = (option(effort.boxed()), prop::option::of(thinking), choice, prop::option::of(any::<bool>()));
    let third =
        (any::<bool>(), prop::option::of("[a-z]{1,80}"), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (first, second, third).prop_map(|((max_tokens, temperature, top_p, stop), second, third)| {
        let (effort, thinking, tool_choice, parallel_tool_calls) = second;
        let (stream, cache_key, schema, replay_reasoning_content, include_usage, old) = third;
        let max_tokens_field = if old { "max_tokens" } else { "max_completion_tokens" }.to_owned();
        Settings {
            max_tokens,
            temperature,
            top_p,
            stop,
            effort,
            thinking,
            tool_choice,
            parallel_tool_calls,
            stream,
            cache_key,
            response_schema: schema.then(|| serde_json::json!({"type": "object", "required": ["b", "a"]})),
            chat: ChatFlavor { max_tokens_field, include_usage, replay_reasoning_content, ..ChatFlavor::default() },
            extra: vec![("metadata".into(), r#"{"user_id": "u"}"#.into())],
            ..Settings::default()
        }
    })
}

fn breakpoint() -> impl Strategy<Value = Breakpoint> {
    let at = prop_oneof![
        (0..3usize).prop_map(Position::Tool),
        (0..3usize).prop_map(Position::System),
        (0..7usize, 0..4usize).prop_map(|(message, block)| Position::Message { message, block }),
    ];
    (at, prop_oneof![Just(Ttl::Short), Just(Ttl::Long)]).prop_map(|(at, ttl)| Breakpoint { at, ttl })
}

fn request(dialect: Dialect) -> impl Strategy<Value = Request> {
    let context = (prop::collection::vec(tool(), 0..3), prop::collection::vec(text(), 0..3), conversation(dialect));
    (context, prop::collection::vec(breakpoint(), 0..4), settings()).prop_map(
        |((tools, system, messages), breakpoints, settings)| Request {
            model: "m".into(),
            tools,
            system,
            messages,
            breakpoints,
            settings,
        },
    )
}

/// Answers that both sides of a dialect can say in full.
fn reply(dialect: Dialect, arguments: BoxedStrategy<String>) -> impl Strategy<Value = Reply> {
    let call = (0..1_000u32, arguments);
    let calls = prop::collection::vec(call, 0..4).prop_map(|calls| {
        let call =
            |(nth, (id, arguments))| Block::ToolCall { id: format!("t{nth}_{id}"), name: "read".into(), arguments };
        calls.into_iter().enumerate().map(call).collect::<Vec<_>>()
    });
    let seal = if dialect == A { prop::option::of("[a-z]{1,6}").boxed() } else { Just(None).boxed() };
    let thinking = prop::option::of((said(), seal).prop_map(|(text, signature)| Block::Thinking { text, signature }));
    let redacted = prop::option::of(Just(Block::RedactedThinking { data: "xx".into() }));
    let spoken = (thinking, prop::option::of(said().prop_map(Block::text)), redacted, calls);
    let counts = (0..9_999u64, 0..9_999u64, 0..9_999u64, 0..9_999u64, 0..9_999u64, 0..9_999u64);
    (spoken, counts, any::<bool>()).prop_map(move |((thinking, text, redacted, calls), counts, cut)| {
        let (input, cache_read, cache_write_short, cache_write_long, output, reasoning) = counts;
        let stop = match (cut, calls.is_empty()) {
            (true, _) => StopReason::MaxTokens,
            (false, true) => StopReason::EndTurn,
            (false, false) => StopReason::ToolUse,
        };
        let redacted = redacted.filter(|_| dialect == A);
        Reply {
            id: "r1".into(),
            model: "m".into(),
            blocks: thinking.into_iter().chain(redacted).chain(text).chain(calls).collect(),
            stop,
            usage: Usage {
                input,
                cache_read,
                cache_write_short,
                cache_write_long,
                output,
                reasoning: reasoning.min(output),
            },
        }
    })
}

fn dialect() -> impl Strategy<Value = Dialect> {
    prop_oneof![Just(A), Just(C)]
}

fn any_request() -> impl Strategy<Value = (Dialect, Request)> {
    dialect().prop_flat_map(|dialect| request(dialect).prop_map(move |request| (dialect, request)))
}

/// Arguments that are objects, or (streams only: a whole answer of Anthropic's has to hold an object) anything.
fn any_reply(arguments: fn() -> BoxedStrategy<String>) -> impl Strategy<Value = (Dialect, Reply)> {
    dialect().prop_flat_map(move |dialect| reply(dialect, arguments()).prop_map(move |reply| (dialect, reply)))
}

fn whole() -> BoxedStrategy<String> {
    arguments().boxed()
}

fn cut_short() -> BoxedStrategy<String> {
    prop_oneof![3 => arguments(), 1 => Just("{\"path\": \"a".to_owned())].boxed()
}

/// The bytes up to the end of the messages.
fn context(dialect: Dialect, request: &Request, messages: &[Message]) -> String {
    let request = Request { messages: messages.to_vec(), breakpoints: vec![], ..request.clone() };
    let body = write(dialect, &request);
    body.strip_suffix("]}").expect("messages come last").to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_is_read_and_written_to_the_same_bytes((dialect, request) in any_request()) {
        let once = write(dialect, &request);
        let twice = write(dialect, &read(dialect, &once).unwrap());
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn what_was_read_is_written_and_read_to_the_same_request((dialect, request) in any_request()) {
        let first = read(dialect, &write(dialect, &request)).unwrap();
        prop_assert_eq!(read(dialect, &write(dialect, &first)).unwrap(), first);
    }

    #[test]
    fn a_longer_history_has_the_shorter_one_as_a_byte_prefix((dialect, request) in any_request(), at in 0..8usize) {
        let at = at.min(request.messages.len());
        let shorter = context(dialect, &request, &request.messages[..at]);
        let longer = context(dialect, &request, &request.messages);
        prop_assert!(longer.starts_with(&shorter), "{shorter}\n{longer}");
    }

    #[test]
    fn markers_are_the_only_thing_that_breakpoints_add((dialect, request) in any_request()) {
        let bare = write(dialect, &Request { breakpoints: vec![], ..request.clone() });
        let marked = write(dialect, &request);
        let stripped = marked
            .replace(r#","cache_control":{"type":"ephemeral","ttl":"1h"}"#, "")
            .replace(r#","cache_control":{"type":"ephemeral"}"#, "");
        prop_assert_eq!(bare, stripped);
    }

    #[test]
    fn an_answer_written_whole_is_read_as_itself((dialect, reply) in any_reply(whole)) {
        prop_assert_eq!(codec(dialect).read_reply(&codec(dialect).write_reply(&reply)).unwrap(), reply);
    }

    #[test]
    fn an_answer_streamed_is_read_as_itself((dialect, reply) in any_reply(cut_short), piece in 1..9usize) {
        let bytes = written(dialect, &Request::default(), &reply, piece);
        let (mut events, error) = stream(dialect, [bytes.as_slice()]);
        prop_assert_eq!(error, None);
        prop_assert_eq!(events.pop(), Some(StreamEvent::Finished { reply }));
    }

    #[test]
    fn a_stream_cut_anywhere_gives_the_same_events(
        (dialect, reply) in any_reply(cut_short),
        cuts in prop::collection::vec(1..40usize, 1..200),
        crlf in any::<bool>(),
        end in prop::option::of(0..4_000usize),
    ) {
        let mut bytes = written(dialect, &Request::default(), &reply, 3);
        if crlf {
            bytes = String::from_utf8(bytes).unwrap().replace('\n', "\r\n").into_bytes();
        }
        // A stream that ends too early fails in the same way, too.
        bytes.truncate(end.unwrap_or(bytes.len()));
        let expected = stream(dialect, [bytes.as_slice()]);
        prop_assert_eq!(stream(dialect, cut(&bytes, cuts)), expected);
    }

    #[test]
    fn deltas_add_up_to_the_blocks((dialect, reply) in any_reply(whole), piece in 1..9usize) {
        let bytes = written(dialect, &Request::default(), &reply, piece);
        let (events, _) = stream(dialect, [bytes.as_slice()]);
        let mut shown = vec![String::new(); reply.blocks.len()];
        let mut finished = Vec::new();
        for event in events {
            match event {
                StreamEvent::TextDelta { index, text } | StreamEvent::ThinkingDelta { index, text } => {
                    prop_assert_eq!(index, finished.len(), "blocks do not interleave");
                    shown[index].push_str(&text);
                }
                StreamEvent::ArgumentsDelta { index, json } => shown[index].push_str(&json),
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
