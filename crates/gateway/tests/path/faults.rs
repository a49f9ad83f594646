//! Upstreams that fail once an answer has begun.

use protocol::Dialect::{AnthropicMessages, OpenaiChat};
use protocol::{Dialect, ErrorKind};

use crate::client::post;
use crate::rig::in_front_of;
use crate::upstream::{Step, Upstream, answer, chunk, last_chunk, stream_head};
use crate::words;

const PAIRS: [(Dialect, Dialect); 4] = [
    (AnthropicMessages, AnthropicMessages),
    (AnthropicMessages, OpenaiChat),
    (OpenaiChat, AnthropicMessages),
    (OpenaiChat, OpenaiChat),
];

/// Ways in which a stream that has begun can go wrong, as what follows its first three events.
fn endings(upstream: Dialect) -> Vec<(&'static str, Vec<Step>)> {
    let half = words::events(upstream)[3].clone().into_bytes();
    let half = half[..half.len() / 2].to_vec();
    let error = match upstream {
        AnthropicMessages => {
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded now\"}}\n\n"
        }
        _ => {
            "data: {\"error\":{\"message\":\"Overloaded now\",\"type\":\"server_error\",\"code\":\"server_is_overloaded\"}}\n\n"
        }
    };
    vec![
        ("proper end without the last event", vec![Step::Send(last_chunk())]),
        ("closed", vec![]),
        ("reset", vec![Step::Breathe, Step::Reset]),
        ("closed inside an event", vec![Step::Send(chunk(&half)), Step::Breathe]),
        ("reset inside an event", vec![Step::Send(chunk(&half)), Step::Breathe, Step::Reset]),
        ("garbage instead of a chunk", vec![Step::Send(b"zzzz\r\n\0\0".to_vec()), Step::Breathe]),
        ("an error event", vec![Step::Send(chunk(error)), Step::Send(last_chunk())]),
    ]
}

#[tokio::test]
async fn gw_08_a_stream_that_breaks_ends_with_an_error_and_is_not_tried_again() {
    for (client, upstream) in PAIRS {
        for (name, ending) in endings(upstream) {
            let begun = words::events(upstream)[..3].concat();
            let script = [vec![Step::Send(stream_head()), Step::Send(chunk(begun)), Step::Breathe], ending].concat();
            let up = Upstream::play(vec![script]).await;
            let rig = in_front_of(upstream, &up.url).await;
            let got = post(rig.addr, words::path(client), "", words::request(client, true)).await;
            let case = format!("{client:?} from {upstream:?}, {name}: {}", got.text());
            assert!(got.whole && got.text().contains("Hello "), "{case}");
            let error = words::said(client, &got.body).expect_err(&case);
            assert!(!error.message.is_empty(), "{case}");
            assert_eq!(got.text().matches("\"error\":").count(), 1, "{case}");
            assert_eq!(up.seen().len(), 1, "{case}");
            let ending = rig.books.settled(1).await.remove(0);
            assert!(ending.error.is_some(), "{case}");
            if upstream == AnthropicMessages {
                assert_eq!(ending.usage.input, 11, "what was told before the break is on the books: {case}");
            }
            if name == "an error event" {
                assert_eq!(ending.error, Some(ErrorKind::Overloaded), "{case}");
                assert!(error.message.contains("Overloaded now"), "{case}");
            }
        }
    }
}

#[tokio::test]
async fn gw_08_an_event_of_more_than_is_kept_back_still_ends_in_an_error() {
    let long =
        format!("event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"x\":\"{}", "y".repeat(100_000));
    let script = vec![
        Step::Send(stream_head()),
        Step::Send(chunk(words::events(AnthropicMessages)[0].clone() + &long)),
        Step::Breathe,
    ];
    let up = Upstream::play(vec![script]).await;
    let rig = in_front_of(AnthropicMessages, &up.url).await;
    let got = post(rig.addr, "/v1/messages", "", words::request(AnthropicMessages, true)).await;
    let text = got.text();
    let (_, end) = text.split_once(&"y".repeat(100_000)).expect("the piece was passed on");
    assert!(end.starts_with("\nevent: error\ndata: "), "{end}");
}

#[tokio::test]
async fn w62_an_error_inside_of_a_200_stays_an_error() {
    let anthropic = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Busy\",\"new\":1}}\n\n";
    let chat =
        "data: {\"error\":{\"message\":\"Busy\",\"type\":\"server_error\",\"code\":\"server_is_overloaded\"}}\n\n";
    for (client, upstream) in PAIRS {
        let first = if upstream == AnthropicMessages { anthropic } else { chat };
        let up = Upstream::always(&[stream_head(), chunk(first), last_chunk()].concat()).await;
        let rig = in_front_of(upstream, &up.url).await;
        let got = post(rig.addr, words::path(client), "", words::request(client, true)).await;
        let error = words::said(client, &got.body).expect_err("an error");
        assert!(error.message.contains("Busy"), "{client:?} from {upstream:?}: {}", got.text());
        if client == upstream {
            assert_eq!(got.text(), first, "the provider's own words");
        }
        // The same as an object, under the name of a stream.
        let body = r#"{"type":"error","error":{"type":"overloaded_error","message":"Busy"}}"#;
        let up = Upstream::always(&answer(200, "", body)).await;
        let rig = in_front_of(upstream, &up.url).await;
        for stream in [true, false] {
            let got = post(rig.addr, words::path(client), "", words::request(client, stream)).await;
            assert!(got.status >= 500, "{client:?} from {upstream:?}: {} {}", got.status, got.text());
            assert!(got.json()["error"]["message"].as_str().expect("words").contains("Busy"));
        }
    }
}

#[tokio::test]
async fn w63_a_refusal_keeps_status_words_and_wait() {
    let anthropic =
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"Slow down, please"},"request_id":"req_9"}"#;
    let chat = r#"{"error":{"message":"Slow down, please","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"},"x":1}"#;
    for (client, upstream) in PAIRS {
        let body = if upstream == AnthropicMessages { anthropic } else { chat };
        let up = Upstream::always(&answer(429, "retry-after: 700\r\nx-should-retry: false\r\n", body)).await;
        let rig = in_front_of(upstream, &up.url).await;
        let got = post(rig.addr, words::path(client), "", words::request(client, true)).await;
        assert_eq!(got.status, 429);
        assert_eq!(got.header("retry-after"), Some("700"));
        assert_eq!(got.header("x-should-retry"), Some("false"));
        assert_eq!(got.json()["error"]["message"], "Slow down, please");
        assert_eq!(got.json()["error"]["type"], "rate_limit_error");
        if client == upstream {
            assert_eq!(got.text(), body, "the provider's own words");
        }
        assert_eq!(rig.books.settled(1).await[0].status, 429);
    }
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_a_502_in_the_clients_dialect() {
    for (client, upstream) in PAIRS {
        for body in ["{\"id\":\"msg_1\",\"content\":[", "<html>proxy</html>", "upstream connect error"] {
            for stream in [true, false] {
                let up = Upstream::always(&answer(200, "", body)).await;
                let rig = in_front_of(upstream, &up.url).await;
                let got = post(rig.addr, words::path(client), "", words::request(client, stream)).await;
                assert_eq!(got.status, 502, "{client:?} from {upstream:?}: {body}: {}", got.text());
                assert!(got.json()["error"]["message"].is_string());
                assert_eq!(rig.books.settled(1).await[0].error, Some(ErrorKind::Malformed));
            }
        }
        let up = Upstream::always(&answer(502, "content-type: text/html\r\n", "<html>Bad gateway</html>")).await;
        let rig = in_front_of(upstream, &up.url).await;
        let got = post(rig.addr, words::path(client), "", words::request(client, true)).await;
        assert_eq!(got.status, 502);
        assert!(got.json()["error"]["message"].as_str().expect("words").contains("Bad gateway"), "{}", got.text());
    }
}
