//! One dialect here, another one there, in front of the simulator.

use std::sync::Arc;

use protocol::Dialect::{self, AnthropicMessages, OpenaiChat};
use protocol::{Clock, ManualClock, Timestamp};
use simulator::{Config, Running, Scenario};

use crate::client::post;
use crate::rig::in_front_of;
use crate::upstream::{Step, Upstream, answer, streamed};
use crate::words;

const PLAIN: &str = r#"
name: plain
token_factor: {"*": 1.0}
actors:
  - {id: anyone, when: {any: true}, otherwise: {say: "Very well, é \U0001F600.", thinking: "Let me see."}}
"#;

async fn simulated() -> Running {
    let scenario = Scenario::from_yaml(PLAIN, "test.yaml").expect("a scenario");
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp(1_000_000)));
    let listen = "127.0.0.1:0".parse().expect("an address");
    simulator::serve(Config { scenario, clock, listen, log: false }).await.expect("a free port")
}

const PAIRS: [(Dialect, Dialect); 4] = [
    (AnthropicMessages, AnthropicMessages),
    (AnthropicMessages, OpenaiChat),
    (OpenaiChat, AnthropicMessages),
    (OpenaiChat, OpenaiChat),
];

#[tokio::test]
async fn an_answer_is_the_same_in_every_pair_of_dialects_streamed_and_whole() {
    for (client, upstream) in PAIRS {
        let simulated = simulated().await;
        let rig = in_front_of(upstream, &simulated.base_url()).await;
        let asking = words::request(client, true)
            .replace("\"stream\":true", "\"stream\":true,\"stream_options\":{\"include_usage\":true}");
        let asking = if client == OpenaiChat { asking } else { words::request(client, true) };
        let streamed = post(rig.addr, words::path(client), "", asking).await;
        assert_eq!(streamed.status, 200, "{}", streamed.text());
        assert_eq!(
            words::said(client, &streamed.body).expect("an answer"),
            "Very well, é \u{1F600}.",
            "{client:?} {upstream:?}"
        );
        let whole = post(rig.addr, words::path(client), "", words::request(client, false)).await;
        let reply = wire::codec(client).read_reply(&whole.body).expect("an answer of the dialect");
        assert!(whole.text().contains("Very well"), "{}", whole.text());
        assert_eq!(whole.header("content-type"), Some("application/json"));
        let billed: Vec<_> = simulated.requests().iter().map(|request| request.usage).collect();
        let told: Vec<_> = rig.books.settled(2).await.iter().map(|ending| ending.usage).collect();
        assert_eq!(told, billed, "what was billed is what is on the books: {client:?} {upstream:?}");
        assert_eq!(reply.usage.output, billed[1].output);
        assert!(simulated.requests().iter().all(|request| request.dialect == upstream));
        assert!(simulated.requests().iter().all(|request| request.model == "up-model"));
    }
}

#[tokio::test]
async fn headers_of_one_dialect_do_not_reach_another() {
    let up =
        Upstream::always(&answer(200, "x-ratelimit-remaining-requests: 3\r\nx-odd: 1\r\n", words::whole(OpenaiChat)))
            .await;
    let rig = in_front_of(OpenaiChat, &up.url).await;
    let headers = "anthropic-beta: a-1\r\nanthropic-version: 2023-06-01\r\nx-stainless-lang: python\r\ntraceparent: 00-1-2-01\r\n";
    let got = post(rig.addr, "/v1/messages", headers, words::request(AnthropicMessages, false)).await;
    assert_eq!(got.status, 200, "{}", got.text());
    let seen = &up.seen()[0];
    assert_eq!(seen.line(), "POST /v1/chat/completions HTTP/1.1");
    assert_eq!(seen.header("anthropic-beta").len() + seen.header("anthropic-version").len(), 0);
    assert_eq!(seen.header("authorization"), ["Bearer sk-upstream-key"]);
    assert_eq!(seen.header("traceparent"), ["00-1-2-01"]);
    assert_eq!(got.header("x-ratelimit-remaining-requests"), Some("3"));
    assert_eq!(got.header("x-odd"), None);
}

#[tokio::test]
async fn w14_code_points_and_events_split_across_packets_are_put_together() {
    let text: String = words::events(OpenaiChat).concat().replace("there", "thére \u{1F600}").replace("\n", "\r\n");
    let bytes = [b": comment\r\n\r\n", text.as_bytes()].concat();
    let pieces: Vec<&[u8]> = bytes.chunks(3).collect();
    let up = Upstream::play(vec![streamed(&pieces)]).await;
    let rig = in_front_of(OpenaiChat, &up.url).await;
    let got = post(rig.addr, "/v1/messages", "", words::request(AnthropicMessages, true)).await;
    assert_eq!(words::said(AnthropicMessages, &got.body).expect("an answer"), "Hello thére \u{1F600}");
}

#[tokio::test]
async fn an_upstream_that_does_not_stream_is_streamed_and_one_that_does_is_not() {
    for client in [AnthropicMessages, OpenaiChat] {
        for upstream in [AnthropicMessages, OpenaiChat] {
            let up = Upstream::always(&answer(200, "", words::whole(upstream))).await;
            let rig = in_front_of(upstream, &up.url).await;
            let got = post(rig.addr, words::path(client), "", words::request(client, true)).await;
            assert!(got.header("content-type").expect("a type").starts_with("text/event-stream"));
            assert_eq!(words::said(client, &got.body).expect("an answer"), "Hello there");

            let up = Upstream::play(vec![streamed(&words::events(upstream))]).await;
            let rig = in_front_of(upstream, &up.url).await;
            let got = post(rig.addr, words::path(client), "", words::request(client, false)).await;
            assert_eq!(got.header("content-type"), Some("application/json"));
            let reply = wire::codec(client).read_reply(&got.body).expect("an answer of the dialect");
            assert_eq!(reply.usage.output, 7, "{client:?} {upstream:?}");
        }
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_refused_in_the_clients_words() {
    let up = Upstream::always(b"").await;
    let rig = in_front_of(OpenaiChat, &up.url).await;
    let got = post(rig.addr, "/v1/messages", "", r#"{"model":"m","max_tokens":5,"messages":7}"#).await;
    assert_eq!((got.status, got.json()["error"]["type"].as_str()), (400, Some("invalid_request_error")));
    let rig = in_front_of(AnthropicMessages, &up.url).await;
    let got = post(rig.addr, "/v1/chat/completions", "", "{\"model\":").await;
    assert_eq!((got.status, got.json()["error"]["type"].as_str()), (400, Some("invalid_request_error")));
    assert_eq!(up.seen().len(), 0);
}

#[tokio::test]
async fn a_server_that_blames_a_schema_gets_a_plainer_one_once() {
    let blame = answer(
        400,
        "",
        r#"{"error":{"message":"Invalid schema for function 'find': 'patternProperties' is not permitted","type":"invalid_request_error"}}"#,
    );
    let fine = answer(200, "", words::whole(OpenaiChat));
    let up = Upstream::play(vec![vec![Step::Send(blame.clone()), Step::NextRequest, Step::Send(fine)]]).await;
    let rig = in_front_of(OpenaiChat, &up.url).await;
    let body = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Go"}],"tools":[{"name":"find","description":"Finds","input_schema":{"type":"object","properties":{"a":{"type":"string","pattern":"^x$"}},"patternProperties":{"^b":{"type":"string"}}}}]}"#;
    let got = post(rig.addr, "/v1/messages", "", body).await;
    assert_eq!(got.status, 200, "{}", got.text());
    let seen = up.seen();
    assert_eq!(seen.len(), 2);
    assert!(seen[1].body.len() < seen[0].body.len(), "{}", String::from_utf8_lossy(&seen[1].body));
    assert_eq!(rig.books.settled(2).await.len(), 2);

    let up = Upstream::always(&blame).await;
    let rig = in_front_of(OpenaiChat, &up.url).await;
    assert_eq!(post(rig.addr, "/v1/messages", "", body).await.status, 400);
    assert_eq!(up.seen().len(), 2, "and no third time");

    let up = Upstream::always(&blame).await;
    let rig = in_front_of(OpenaiChat, &up.url).await;
    let plain = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Go"}],"tools":[{"name":"find","input_schema":{"type":"object","properties":{}}}]}"#;
    let got = post(rig.addr, "/v1/messages", "", plain).await;
    assert_eq!(got.status, 400);
    assert!(got.text().contains("Invalid schema for function"), "{}", got.text());
    assert_eq!(up.seen().len(), 1, "the same is not sent twice");
}
