//! How a gateway ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway::core::Limits;
use protocol::Dialect::{AnthropicMessages, OpenaiChat};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::client::Client;
use crate::rig::{Make, Rig, binding, in_front_of};
use crate::upstream::{Step, Upstream, chunk, last_chunk, stream_head};
use crate::words;

/// An upstream that goes on when it is told to, and a client that has read the beginning.
async fn streaming(limits: Limits, client_dialect: protocol::Dialect) -> (Rig, Upstream, Client, Arc<Notify>) {
    let events = words::events(AnthropicMessages);
    let go_on = Arc::new(Notify::new());
    let script = vec![
        Step::Send(stream_head()),
        Step::Send(chunk(events[..3].concat())),
        Step::Await(go_on.clone()),
        Step::Send(chunk(events[3..].concat())),
        Step::Send(last_chunk()),
    ];
    let up = Upstream::play(vec![script]).await;
    let rig = Make { limits, ..Make::new(vec![binding("up", AnthropicMessages, &up.url)]) }.rig().await;
    let mut client = Client::connect(rig.addr).await;
    client.post(words::path(client_dialect), "", words::request(client_dialect, true)).await;
    client.until(b"Hello ").await;
    (rig, up, client, go_on)
}

#[tokio::test]
async fn gw_13_what_is_being_answered_comes_to_its_end_and_nothing_new_begins() {
    let (rig, _up, mut client, go_on) = streaming(Limits::default(), AnthropicMessages).await;
    let mut idle = Client::connect(rig.addr).await;
    idle.send(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(idle.answer().await.status, 200);
    let addr = rig.addr;
    let stopping = tokio::spawn(rig.running.stop());
    assert_eq!(idle.more().await, 0, "an idle connection is closed");
    while TcpStream::connect(addr).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(!stopping.is_finished());
    go_on.notify_one();
    let got = client.answer().await;
    assert!(got.whole);
    assert_eq!(got.text(), words::events(AnthropicMessages).concat());
    stopping.await.expect("it stops");
}

#[tokio::test]
async fn gw_13_who_takes_too_long_is_told_in_its_own_dialect() {
    for dialect in [AnthropicMessages, OpenaiChat] {
        let limits = Limits { drain: Duration::from_millis(50), ..Limits::default() };
        let (rig, _up, mut client, _go_on) = streaming(limits, dialect).await;
        let books = rig.books.clone();
        rig.running.stop().await;
        let got = client.answer().await;
        assert!(got.whole);
        let error = words::said(dialect, &got.body).expect_err("an error");
        assert!(error.message.contains("shutting down"), "{}", error.message);
        assert!(books.settled(1).await[0].error.is_some());
    }
}

#[tokio::test]
async fn gw_13_a_second_signal_ends_everything_at_once() {
    let (rig, _up, mut client, _go_on) = streaming(Limits::default(), AnthropicMessages).await;
    let began = Instant::now();
    let stop = rig.running.stop_handle();
    stop.drain();
    stop.now();
    rig.running.stopped().await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let got = client.answer().await;
    assert!(words::said(AnthropicMessages, &got.body).is_err(), "{}", got.text());
}

#[tokio::test]
async fn gw_13_a_whole_answer_that_is_waited_for_is_refused_with_a_status() {
    let up = Upstream::play(vec![vec![Step::Hang]]).await;
    let rig = in_front_of(AnthropicMessages, &up.url).await;
    let mut client = Client::connect(rig.addr).await;
    client.post("/v1/chat/completions", "", words::request(OpenaiChat, false)).await;
    while up.seen().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let stop = rig.running.stop_handle();
    stop.now();
    let got = client.answer().await;
    assert_eq!(got.status, 503);
    assert!(got.json()["error"]["message"].as_str().expect("words").contains("shutting down"));
    rig.running.stopped().await;
}
