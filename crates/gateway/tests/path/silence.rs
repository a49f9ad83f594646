//! Upstreams that say nothing for a while.

use std::time::Duration;

use brains::Policy;
use gateway::core::Limits;
use protocol::Dialect::{self, AnthropicMessages, OpenaiChat};
use protocol::ErrorKind;

use crate::client::{Client, post};
use crate::rig::{Make, binding_with};
use crate::upstream::{Step, Upstream, answer, chunk, stream_head};
use crate::words;

fn ping(dialect: Dialect) -> &'static str {
    if dialect == AnthropicMessages { "event: ping\ndata: {\"type\": \"ping\"}\n\n" } else { ": ping\n\n" }
}

fn make(upstream: Dialect, url: &str, idle: Duration) -> Make {
    let policy = Policy { max_retries: 0, idle, ..Policy::default() };
    let limits = Limits { ping: Duration::from_millis(20), linger: Duration::from_millis(100), ..Limits::default() };
    Make { limits, ..Make::new(vec![binding_with("up", upstream, url, policy)]) }
}

/// Reads until so many pings have come.
async fn heard(client: &mut Client, ping: &str, times: usize) {
    while String::from_utf8_lossy(&client.read).matches(ping.trim_end()).count() < times {
        client.more().await;
    }
}

#[tokio::test]
async fn w15_a_silent_upstream_does_not_make_a_silent_gateway() {
    for client in [AnthropicMessages, OpenaiChat] {
        for upstream in [AnthropicMessages, OpenaiChat] {
            let go_on = std::sync::Arc::new(tokio::sync::Notify::new());
            let wait = || Step::Await(go_on.clone());
            let events = words::events(upstream);
            let script = vec![
                wait(),
                Step::Send(stream_head()),
                wait(),
                Step::Send(chunk(events[..3].concat())),
                wait(),
                Step::Send(chunk(events[3..].concat())),
                Step::Send(b"0\r\n\r\n".to_vec()),
            ];
            let up = Upstream::play(vec![script]).await;
            let rig = make(upstream, &up.url, Duration::from_secs(60)).rig().await;
            let mut asking = Client::connect(rig.addr).await;
            asking.post(words::path(client), "", words::request(client, true)).await;
            // Before the upstream's head, behind it, and in the middle of the answer: always several signs of life.
            for signs in [2, 4] {
                heard(&mut asking, ping(client), signs).await;
                go_on.notify_one();
            }
            let before = asking.until(b"Hello ").await.matches(ping(client).trim_end()).count();
            heard(&mut asking, ping(client), before + 2).await;
            go_on.notify_one();
            let got = asking.answer().await;
            assert_eq!(got.status, 200);
            let without = got.text().replace(ping(client), "");
            assert_eq!(words::said(client, without.as_bytes()).expect("an answer"), "Hello there");
            if client == upstream {
                assert_eq!(without, events.concat(), "a ping stands between events and changes none");
            }
        }
    }
}

#[tokio::test]
async fn pings_are_no_progress_and_silence_ends_in_an_error() {
    for client in [AnthropicMessages, OpenaiChat] {
        let begun = words::events(AnthropicMessages)[..3].concat();
        let up = Upstream::play(vec![vec![Step::Send(stream_head()), Step::Send(chunk(begun)), Step::Hang]]).await;
        let rig = make(AnthropicMessages, &up.url, Duration::from_millis(600)).rig().await;
        let got = post(rig.addr, words::path(client), "", words::request(client, true)).await;
        assert!(got.text().matches(ping(client).trim_end()).count() >= 2, "{}", got.text());
        let error = words::said(client, &got.body).expect_err("an error");
        assert!(error.message.contains("sent nothing"), "{}", error.message);
        assert_eq!(rig.books.settled(1).await[0].error, Some(ErrorKind::Transport));
    }
}

#[tokio::test]
async fn a_ping_never_lands_inside_an_event() {
    let events = words::events(AnthropicMessages);
    let all = events.concat();
    let cut = events[..2].concat().len() + 30;
    let go_on = std::sync::Arc::new(tokio::sync::Notify::new());
    let script = vec![
        Step::Send(stream_head()),
        Step::Send(chunk(&all[..cut])),
        Step::Await(go_on.clone()),
        Step::Send(chunk(&all[cut..])),
        Step::Send(b"0\r\n\r\n".to_vec()),
    ];
    let up = Upstream::play(vec![script]).await;
    let rig = make(AnthropicMessages, &up.url, Duration::from_secs(60)).rig().await;
    let mut client = Client::connect(rig.addr).await;
    client.post("/v1/messages", "", words::request(AnthropicMessages, true)).await;
    client.until(b"event: ping").await;
    go_on.notify_one();
    let got = client.answer().await;
    assert_eq!(got.text().replace(ping(AnthropicMessages), ""), all);
    assert!(got.text().contains(&events[2]), "the event is whole: {}", got.text());
}

#[tokio::test]
async fn once_a_ping_was_sent_a_failure_is_an_error_event_and_nothing_is_tried_again() {
    let refused = answer(529, "", r#"{"type":"error","error":{"type":"overloaded_error","message":"Busy"}}"#);
    let go_on = std::sync::Arc::new(tokio::sync::Notify::new());
    let first = Upstream::play(vec![vec![Step::Await(go_on.clone()), Step::Send(refused)]]).await;
    let second = Upstream::always(&answer(200, "", words::whole(AnthropicMessages))).await;
    let mut make = make(AnthropicMessages, &first.url, Duration::from_secs(60));
    make.bindings.push(binding_with("b", AnthropicMessages, &second.url, Policy::default()));
    let rig = make.rig().await;
    let mut client = Client::connect(rig.addr).await;
    client.post("/v1/messages", "", words::request(AnthropicMessages, true)).await;
    client.until(b"event: ping").await;
    go_on.notify_one();
    let got = client.answer().await;
    let error = words::said(AnthropicMessages, &got.body).expect_err("an error");
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Overloaded, "Busy"));
    assert_eq!(second.seen().len(), 0);
}
