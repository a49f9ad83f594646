//! Whatever an upstream streams reaches the client unchanged.

use proptest::prelude::*;
use protocol::Dialect::{self, AnthropicMessages, OpenaiChat};

use crate::client::post;
use crate::rig::{Rig, in_front_of};
use crate::upstream::{Upstream, answer, streamed};
use crate::words;

/// Events that no dialect knows, comments, pings, unknown fields, every kind of line end.
fn noise() -> impl Strategy<Value = String> {
    let end = prop_oneof![Just("\n"), Just("\r\n")];
    let line = prop_oneof![
        Just(": a comment é".to_owned()),
        Just("event: ping\ndata: {\"type\":\"ping\"}".to_owned()),
        Just("id: 7\nretry: 5".to_owned()),
        Just("event: future_event\ndata: {\"type\":\"future_event\",\"x\":1e2}".to_owned()),
        "[a-zé\u{1F600}\\\\\" ]{0,40}".prop_map(|text| {
            let text = serde_json::to_string(&text).expect("a string");
            format!("event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":{text}}}}}")
        }),
        "[a-z]{1,5}".prop_map(|text| format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}],\"new\":null}}")),
    ];
    (line, end).prop_map(|(line, end)| format!("{}{end}{end}", line.replace('\n', end)))
}

/// A stream, and where it is cut into pieces.
fn stream(dialect: Dialect) -> impl Strategy<Value = (Vec<u8>, Vec<usize>)> {
    let last = words::events(dialect).split_off(words::events(dialect).len() - 2).concat();
    (prop::collection::vec(noise(), 0..12), prop::collection::vec(1..400usize, 0..12)).prop_map(move |(noise, cuts)| {
        let first = words::events(dialect).remove(0);
        (format!("{first}{}{last}", noise.concat()).into_bytes(), cuts)
    })
}

fn pieces<'a>(mut bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for cut in cuts {
        let (piece, rest) = bytes.split_at((*cut).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces.push(bytes);
    pieces
}

async fn through(dialect: Dialect, bytes: &[u8], cuts: &[usize]) -> (Rig, Vec<u8>) {
    let up = Upstream::play(vec![streamed(&pieces(bytes, cuts))]).await;
    let rig = in_front_of(dialect, &up.url).await;
    let got = post(rig.addr, words::path(dialect), "", words::request(dialect, true)).await;
    assert!(got.whole);
    (rig, got.body)
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn gw_05_any_stream_passes_byte_for_byte(
        (dialect, (bytes, cuts)) in prop_oneof![
            stream(AnthropicMessages).prop_map(|stream| (AnthropicMessages, stream)),
            stream(OpenaiChat).prop_map(|stream| (OpenaiChat, stream)),
        ],
    ) {
        block_on(async {
            let (rig, got) = through(dialect, &bytes, &cuts).await;
            assert_eq!(String::from_utf8_lossy(&got), String::from_utf8_lossy(&bytes));
            assert_eq!(rig.books.settled(1).await[0].error, None);
        });
    }

    #[test]
    fn gw_05_what_comes_before_a_cut_is_unchanged_and_whole_events(
        (bytes, cuts) in stream(AnthropicMessages),
        share in 0.0..1.0f64,
    ) {
        // The end is missing, and maybe more.
        let most = bytes.len() - words::events(AnthropicMessages)[6].len();
        let cut = (most as f64 * share) as usize;
        block_on(async {
            let (rig, got) = through(AnthropicMessages, &bytes[..cut.max(1)], &cuts).await;
            if let Some(at) = find(&got, b"event: error\n") {
                assert_eq!(String::from_utf8_lossy(&got[..at]), String::from_utf8_lossy(&bytes[..at]));
                // A carriage return alone ends a line too: that is how a cut inside of the last line end is read.
                let ends: [&[u8]; 3] = [b"\n\n", b"\n\r\n", b"\n\r"];
                assert!(at == 0 || ends.iter().any(|end| got[..at].ends_with(end)));
            } else {
                // Nothing but a piece of the first line had come: that is an answer of another kind.
                panic!("no error event in {}", String::from_utf8_lossy(&got));
            }
            assert!(rig.books.settled(1).await[0].error.is_some());
        });
    }

    #[test]
    fn gw_05_any_json_passes_byte_for_byte(text in "[ \\n]{0,3}", value in json()) {
        let body = format!("{text}{{\"type\":\"message\",\"value\":{value} }}{text}");
        block_on(async {
            let up = Upstream::play(vec![vec![crate::upstream::Step::Send(answer(200, "", &body))]]).await;
            let rig = in_front_of(AnthropicMessages, &up.url).await;
            let got = post(rig.addr, "/v1/messages", "", words::request(AnthropicMessages, false)).await;
            assert_eq!((got.status, got.text()), (200, body));
        });
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// JSON as it is written in the field: spaces, escapes, numbers that no double holds.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("1e2".to_owned()),
        Just("-0.0".to_owned()),
        Just("12345678901234567890123".to_owned()),
        Just("\"\\u00e9\\/\"".to_owned()),
        "[a-zé ]{0,8}".prop_map(|text| format!("\"{text}\"")),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|all| format!("[ {}]", all.join(" , "))),
            prop::collection::vec(("[a-c]{1,2}", inner), 0..4).prop_map(|all| {
                let all: Vec<String> = all.into_iter().map(|(key, value)| format!("\"{key}\" :{value}")).collect();
                format!("{{{}}}", all.join(","))
            }),
        ]
    })
}

#[tokio::test]
async fn gw_05_a_compressed_stream_is_not_touched() {
    let bytes: Vec<u8> = (0..=255u8).cycle().take(5_000).collect();
    let head =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n"
            .to_vec();
    let up = Upstream::play(vec![vec![crate::upstream::Step::Send([head, bytes.clone()].concat())]]).await;
    let rig = in_front_of(AnthropicMessages, &up.url).await;
    let got = post(rig.addr, "/v1/messages", "", words::request(AnthropicMessages, true)).await;
    assert_eq!(got.header("content-encoding"), Some("gzip"));
    assert_eq!(got.body, bytes);
}
