//! What is tried again, where, and what is not.

use std::time::Duration;

use protocol::Dialect::{AnthropicMessages, OpenaiChat};
use protocol::ErrorKind;

use crate::client::post;
use crate::rig::{Make, binding};
use crate::upstream::{Step, Upstream, answer, chunk, stream_head, streamed};
use crate::words;

fn refusal(status: u16, kind: &str) -> Vec<u8> {
    answer(status, "", format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"said {status}"}}}}"#))
}

#[tokio::test]
async fn gw_09_a_failure_before_the_first_byte_goes_to_the_next_binding_with_the_same_key() {
    let broken: [(&str, Vec<Step>); 6] = [
        ("429", vec![Step::Send(refusal(429, "rate_limit_error"))]),
        ("529", vec![Step::Send(refusal(529, "overloaded_error"))]),
        ("500", vec![Step::Send(refusal(500, "api_error"))]),
        ("reset", vec![Step::Reset]),
        ("nothing behind the head", vec![Step::Send(stream_head())]),
        ("an error first", vec![Step::Send([stream_head(), chunk("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"x\"}}\n\n")].concat())]),
    ];
    for (name, script) in broken {
        let first = Upstream::play(vec![script]).await;
        let second = Upstream::play(vec![streamed(&words::events(OpenaiChat))]).await;
        let bindings = vec![binding("a", AnthropicMessages, &first.url), binding("b", OpenaiChat, &second.url)];
        let rig = Make::new(bindings).rig().await;
        let got =
            post(rig.addr, "/v1/messages", "idempotency-key: mine\r\n", words::request(AnthropicMessages, true)).await;
        assert_eq!(words::said(AnthropicMessages, &got.body).expect(name), "Hello there", "{name}");
        for seen in [first.seen(), second.seen()] {
            assert_eq!(seen.len(), 1, "{name}");
            assert_eq!(seen[0].header("idempotency-key"), ["mine"], "{name}");
        }
        let endings = rig.books.settled(2).await;
        assert!(endings[0].error.is_some() && endings[1].error.is_none(), "{name}: {endings:?}");
        let names: Vec<String> = rig.books.ended().into_iter().map(|(name, ..)| name).collect();
        assert_eq!(names, ["a", "b"], "{name}");
    }
}

#[tokio::test]
async fn gw_09_what_is_wrong_with_the_request_or_its_key_is_said_at_once() {
    for (status, kind) in [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (413, "request_too_large"),
    ] {
        let first = Upstream::always(&refusal(status, kind)).await;
        let second = Upstream::always(&answer(200, "", words::whole(AnthropicMessages))).await;
        let bindings = vec![binding("a", AnthropicMessages, &first.url), binding("b", AnthropicMessages, &second.url)];
        let rig = Make { retries: 2, ..Make::new(bindings) }.rig().await;
        let got = post(rig.addr, "/v1/messages", "", words::request(AnthropicMessages, false)).await;
        assert_eq!((got.status, got.json()["error"]["type"].as_str()), (status, Some(kind)));
        assert_eq!((first.seen().len(), second.seen().len()), (1, 0), "{status}");
    }
}

#[tokio::test]
async fn a_model_that_one_provider_does_not_know_may_be_known_to_the_next() {
    let unknown = refusal(404, "not_found_error");
    let (first, second) =
        (Upstream::always(&unknown).await, Upstream::always(&answer(200, "", words::whole(AnthropicMessages))).await);
    let bindings = vec![binding("a", AnthropicMessages, &first.url), binding("b", AnthropicMessages, &second.url)];
    let rig = Make::new(bindings).rig().await;
    assert_eq!(post(rig.addr, "/v1/messages", "", words::request(AnthropicMessages, false)).await.status, 200);

    let third = Upstream::always(&unknown).await;
    let bindings = vec![binding("a", AnthropicMessages, &first.url), binding("c", AnthropicMessages, &third.url)];
    let rig = Make::new(bindings).rig().await;
    let got = post(rig.addr, "/v1/messages", "", words::request(AnthropicMessages, false)).await;
    assert_eq!((got.status, got.json()["error"]["type"].as_str()), (404, Some("not_found_error")));
}

#[tokio::test]
async fn gw_09_a_storm_of_429s_is_answered_by_a_bounded_number_of_attempts() {
    let storm = refusal(429, "rate_limit_error");
    let (first, second) = (Upstream::always(&storm).await, Upstream::always(&storm).await);
    let bindings = vec![binding("a", AnthropicMessages, &first.url), binding("b", AnthropicMessages, &second.url)];
    let rig = Make { retries: 5, attempts: 4, ..Make::new(bindings) }.rig().await;
    let got = post(rig.addr, "/v1/messages", "", words::request(AnthropicMessages, true)).await;
    assert_eq!((got.status, got.json()["error"]["message"].as_str()), (429, Some("said 429")));
    assert_eq!(first.seen().len() + second.seen().len(), 4);
    let endings = rig.books.settled(4).await;
    assert!(endings.iter().all(|ending| ending.error == Some(ErrorKind::RateLimit)));
}

#[tokio::test]
async fn gw_09_no_attempt_begins_after_the_deadline() {
    // Each pause of a retry moves the clock: half a second, a second, two.
    let storm = Upstream::always(&refusal(500, "api_error")).await;
    let bindings = vec![binding("a", AnthropicMessages, &storm.url)];
    let rig = Make { retries: 9, attempts: 99, deadline: Duration::from_secs(2), ..Make::new(bindings) }.rig().await;
    let got = post(rig.addr, "/v1/messages", "", words::request(AnthropicMessages, false)).await;
    assert_eq!(got.status, 500);
    assert!((2..=3).contains(&storm.seen().len()), "{}", storm.seen().len());
}

#[tokio::test]
async fn gw_10_a_wait_that_is_too_long_is_handed_to_the_client() {
    let busy =
        answer(429, "retry-after: 40\r\n", r#"{"type":"error","error":{"type":"rate_limit_error","message":"later"}}"#);
    let up = Upstream::always(&busy).await;
    let rig = Make { retries: 3, ..Make::new(vec![binding("a", AnthropicMessages, &up.url)]) }.rig().await;
    let got = post(rig.addr, "/v1/messages", "", words::request(AnthropicMessages, true)).await;
    assert_eq!((got.status, got.header("retry-after")), (429, Some("40")));
    assert_eq!(up.seen().len(), 1);
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_a_502_and_an_upstream_that_is_late_a_504() {
    let nobody = Make::new(vec![binding("a", AnthropicMessages, "http://127.0.0.1:9")]).rig().await;
    let got = post(nobody.addr, "/v1/chat/completions", "", words::request(OpenaiChat, true)).await;
    assert_eq!(got.status, 502, "{}", got.text());
    let silent = Upstream::play(vec![vec![Step::Hang]]).await;
    let late =
        Make { deadline: Duration::from_millis(50), ..Make::new(vec![binding("a", AnthropicMessages, &silent.url)]) };
    let late = late.rig().await;
    let got = post(late.addr, "/v1/chat/completions", "", words::request(OpenaiChat, true)).await;
    assert_eq!(got.status, 504, "{}", got.text());
}
