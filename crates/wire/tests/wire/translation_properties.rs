//! What holds for any conversation that goes from any dialect to any other.

use std::collections::HashSet;

use proptest::prelude::*;
use protocol::{
    Block, Dialect, ImageSource, Message, Reply, Request, ResultPart, Role, StopReason, StreamEvent, Usage,
};
use serde_json::Value;
use wire::codec;
use wire::translate::{CallIds, Target, prepare};

use crate::support::{A, C, R, json, read, stream, tool, write, written};

const ALL: [Dialect; 3] = [A, C, R];

/// A call of a turn: its id, and what becomes of its answer (there, missing, twice).
type Call = (u8, u8);

/// A turn of the model's and what is said to it.
#[derive(Clone, Debug)]
struct Turn {
    thinking: Option<(String, Option<String>)>,
    text: Option<String>,
    calls: Vec<Call>,
    orphan: bool,
    instruction: Option<String>,
    says: Option<String>,
    shown: bool,
}

impl Turn {
    fn messages(&self) -> Vec<Message> {
        let id = |number: u8| format!("call_{}", number % 4);
        let thinking = self.thinking.clone().map(|(text, signature)| Block::Thinking { text, signature });
        let call = |(number, _): &Call| Block::ToolCall {
            id: id(*number),
            name: "read".into(),
            arguments: "{\"path\": \"a\"}".into(),
        };
        let said: Vec<Block> =
            thinking.into_iter().chain(self.text.clone().map(Block::text)).chain(self.calls.iter().map(call)).collect();
        let result = |id: String| {
            let image = ImageSource::Base64 { media_type: "image/png".into(), data: "AAAA".into() };
            let mut content = vec![ResultPart::Text { text: "done".into() }];
            content.extend(self.shown.then_some(ResultPart::Image { source: image }));
            Block::ToolResult { call_id: id, content, is_error: false }
        };
        let mut results: Vec<Block> = Vec::new();
        for (number, fate) in &self.calls {
            results.extend((0..[1, 1, 0, 2][usize::from(fate % 4)]).map(|_| result(id(*number))));
        }
        results.extend(self.orphan.then(|| result("call_gone".into())));
        let mut messages = vec![Message { role: Role::Assistant, blocks: said }];
        let instruction =
            self.instruction.clone().map(|text| Message { role: Role::System, blocks: vec![Block::text(text)] });
        let user = |blocks: Vec<Block>| Message { role: Role::User, blocks };
        messages.extend((!results.is_empty()).then(|| user(results)));
        messages.extend(instruction);
        messages.push(user(vec![Block::text(self.says.clone().unwrap_or_else(|| "go on".into()))]));
        messages.retain(|message| !message.blocks.is_empty());
        messages
    }
}

fn words() -> impl Strategy<Value = String> {
    "[a-z\"{}é😀]{1,12}"
}

fn turn() -> impl Strategy<Value = Turn> {
    let thinking = prop::option::of((words(), prop::option::of("[a-zA-Z]{4,12}")));
    let calls = prop::collection::vec((0..8u8, 0..8u8), 0..3);
    let said = (thinking, prop::option::of(words()), calls);
    let answered = (
        prop::bool::weighted(0.2),
        prop::option::weighted(0.2, words()),
        prop::option::of(words()),
        prop::bool::weighted(0.2),
    );
    (said, answered).prop_map(|((thinking, text, calls), (orphan, instruction, says, shown))| Turn {
        thinking,
        text,
        calls,
        orphan,
        instruction,
        says,
        shown,
    })
}

fn target() -> impl Strategy<Value = Target> {
    let dialect = proptest::sample::select(ALL.to_vec());
    (dialect, any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(dialect, own, mid, blind, strict, nine)| {
            let mut target = Target::new(dialect, if dialect == A { "anthropic" } else { "openai" });
            target.owns_unnamed_seals = own;
            target.mid_system = mid;
            target.images = !blind;
            if dialect == C {
                target.strict_turns = strict;
                target.call_ids = if nine { CallIds::Nine } else { CallIds::Any };
            }
            if dialect == A {
                target.unsealed_thinking = strict;
            }
            target
        },
    )
}

fn opening(turns: &[Turn]) -> Request {
    let mut messages = vec![Message { role: Role::User, blocks: vec![Block::text("Fix the test.")] }];
    messages.extend(turns.iter().flat_map(Turn::messages));
    Request {
        model: "m".into(),
        tools: vec![tool("read"), tool("bash")],
        system: vec!["Be brief.".into()],
        messages,
        ..Request::default()
    }
}

/// What a client of a dialect sends for these turns, translated, without markers.
fn projected(from: Dialect, turns: &[Turn], target: &Target) -> String {
    let mut request = read(from, &write(from, &opening(turns))).unwrap();
    prepare(&mut request, from, target).unwrap();
    request.breakpoints.clear();
    write(target.dialect, &request)
}

/// The rules of Anthropic's that a request is refused for.
fn check_anthropic(body: &Value) {
    let messages = body["messages"].as_array().unwrap();
    assert_eq!(messages[0]["role"], "user");
    assert_ne!(messages.last().unwrap()["role"], "assistant");
    let blocks = |message: &Value, kind: &str, name: &str| -> Vec<String> {
        let blocks = message["content"].as_array().unwrap().iter().filter(|block| block["type"] == kind);
        blocks.map(|block| block[name].as_str().unwrap().to_owned()).collect()
    };
    let mut used = HashSet::new();
    let mut open: Vec<String> = Vec::new();
    for message in messages {
        assert!(!message["content"].as_array().unwrap().is_empty(), "{body}");
        for text in blocks(message, "text", "text") {
            assert!(!text.trim().is_empty(), "{body}");
        }
        let results = blocks(message, "tool_result", "tool_use_id");
        assert_eq!(results, open, "results answer the calls right before them: {body}");
        let kinds: Vec<bool> =
            message["content"].as_array().unwrap().iter().map(|block| block["type"] == "tool_result").collect();
        assert!(kinds.is_sorted_by(|before, after| before >= after), "results come first: {body}");
        open = blocks(message, "tool_use", "id");
        assert!(open.iter().all(|id| used.insert(id.clone())), "ids are used once: {body}");
    }
    assert!(body.to_string().matches("cache_control").count() <= 4);
}

/// The rules of Chat Completions.
fn check_chat(body: &Value) {
    let mut open: HashSet<String> = HashSet::new();
    for message in body["messages"].as_array().unwrap() {
        match message["role"].as_str().unwrap() {
            "tool" => assert!(open.remove(message["tool_call_id"].as_str().unwrap()), "{body}"),
            _ => assert!(open.is_empty(), "every call is answered before anybody speaks: {body}"),
        }
        let calls = message["tool_calls"].as_array().map(Vec::as_slice).unwrap_or_default();
        open.extend(calls.iter().map(|call| call["id"].as_str().unwrap().to_owned()));
    }
    assert!(open.is_empty(), "{body}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_longer_history_has_the_shorter_one_as_a_byte_prefix_from_every_dialect_to_every_other(
        turns in prop::collection::vec(turn(), 0..6), cut in 0..6usize, target in target()
    ) {
        let (shorter, longer) = (&turns[..cut.min(turns.len())], &turns[..]);
        for from in ALL {
            let (shorter, longer) = (projected(from, shorter, &target), projected(from, longer, &target));
            let prefix = shorter.strip_suffix("]}").unwrap();
            prop_assert!(longer.starts_with(prefix), "from {from:?}\n{shorter}\n{longer}");
        }
    }

    #[test]
    fn the_same_request_gives_the_same_bytes(turns in prop::collection::vec(turn(), 0..4), target in target()) {
        for from in ALL {
            prop_assert_eq!(projected(from, &turns, &target), projected(from, &turns, &target));
        }
    }

    #[test]
    fn what_is_sent_is_what_the_provider_takes(turns in prop::collection::vec(turn(), 0..5), target in target()) {
        for from in ALL {
            let mut request = read(from, &write(from, &opening(&turns))).unwrap();
            prepare(&mut request, from, &target).unwrap();
            let body = json(write(target.dialect, &request).as_bytes());
            match target.dialect {
                A => check_anthropic(&body),
                C => check_chat(&body),
                _ => {}
            }
        }
    }

    #[test]
    fn an_answer_says_the_same_in_every_dialect(
        text in prop::option::of(words()), calls in prop::collection::vec("[a-z]{1,6}", 0..3), piece in 1..9usize, cut in 1..30usize
    ) {
        let call = |(nth, path): (usize, &String)| Block::ToolCall { id: format!("t{nth}"), name: "read".into(), arguments: format!("{{\"path\": \"{path}\"}}") };
        let blocks: Vec<Block> = text.map(Block::text).into_iter().chain(calls.iter().enumerate().map(call)).collect();
        let stop = if calls.is_empty() { StopReason::EndTurn } else { StopReason::ToolUse };
        let said = Reply { id: "r1".into(), model: "m".into(), blocks, stop, usage: Usage { input: 5, cache_read: 3, output: 2, ..Usage::default() } };
        for (upstream, client) in ALL.into_iter().flat_map(|upstream| ALL.map(|client| (upstream, client))) {
            let request = read(client, &write(client, &opening(&[]))).unwrap();
            let mut reverse = prepare(&mut request.clone(), client, &Target::new(upstream, "x")).unwrap();
            let bytes = written(upstream, &Request::default(), &said, piece);
            let (mut reader, mut asks) = (codec(upstream).reply_reader(), request);
            asks.settings.chat.include_usage = true;
            let mut writer = codec(client).reply_writer(&asks);
            let mut out = Vec::new();
            let mut events: Vec<StreamEvent> = Vec::new();
            for piece in bytes.chunks(cut) {
                events.extend(reader.push(piece).unwrap());
            }
            events.extend(reader.finish().unwrap());
            for mut event in events {
                reverse.event(&mut event);
                out.extend(writer.push(&event));
            }
            let (mut heard, error) = stream(client, [out.as_slice()]);
            prop_assert_eq!(error, None);
            let Some(StreamEvent::Finished { reply }) = heard.pop() else { panic!("not finished") };
            prop_assert_eq!((&reply.blocks, &reply.stop, reply.usage), (&said.blocks, &said.stop, said.usage), "{:?} to {:?}", upstream, client);
        }
    }
}
