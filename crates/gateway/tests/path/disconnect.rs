//! Clients that leave, and clients that do not read.

use std::time::Duration;

use gateway::core::Limits;
use protocol::Dialect::{AnthropicMessages, OpenaiChat};
use protocol::ErrorKind;

use crate::client::Client;
use crate::rig::{Make, binding, in_front_of};
use crate::upstream::{Step, Upstream, chunk, stream_head};
use crate::words;

const SOON: Duration = Duration::from_secs(1);

#[tokio::test]
async fn gw_07_a_client_that_leaves_takes_its_upstream_with_it() {
    let begun = words::events(AnthropicMessages)[..3].concat();
    let scripts = [
        ("before the head", vec![Step::Hang]),
        ("after the head", vec![Step::Send(stream_head()), Step::Hang]),
        ("in the middle", vec![Step::Send(stream_head()), Step::Send(chunk(&begun)), Step::Hang]),
        ("inside an event", vec![Step::Send(stream_head()), Step::Send(chunk(&begun[..begun.len() - 20])), Step::Hang]),
    ];
    for (name, script) in scripts {
        for client_dialect in [AnthropicMessages, OpenaiChat] {
            let mut up = Upstream::play(vec![script.clone()]).await;
            let rig = in_front_of(AnthropicMessages, &up.url).await;
            let mut client = Client::connect(rig.addr).await;
            client.post(words::path(client_dialect), "", words::request(client_dialect, true)).await;
            if name == "in the middle" {
                client.until(b"Hello ").await;
            } else {
                while up.seen().is_empty() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
            drop(client);
            up.left(SOON).await;
            let ending = rig.books.settled(1).await.remove(0);
            assert_eq!(ending.error, Some(ErrorKind::Cancelled), "{name}");
            if name == "in the middle" {
                assert_eq!(ending.usage.input, 11, "what was billed until then is on the books");
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_leaves_after_the_last_event_had_its_answer() {
    for dialect in [AnthropicMessages, OpenaiChat] {
        let all = words::events(dialect).concat();
        let mut up = Upstream::play(vec![vec![Step::Send(stream_head()), Step::Send(chunk(&all)), Step::Hang]]).await;
        let limits = Limits { linger: Duration::from_secs(60), ..Limits::default() };
        let rig = Make { limits, ..Make::new(vec![binding("up", dialect, &up.url)]) }.rig().await;
        let mut client = Client::connect(rig.addr).await;
        client.post(words::path(dialect), "", words::request(dialect, true)).await;
        client.until(all.trim_end().as_bytes()).await;
        drop(client);
        up.left(SOON).await;
        let ending = rig.books.settled(1).await.remove(0);
        assert_eq!((ending.error, ending.usage.output), (None, 7), "{dialect:?}");
    }
}

#[tokio::test]
async fn an_upstream_that_stays_open_behind_the_last_event_does_not_hold_the_client() {
    for dialect in [AnthropicMessages, OpenaiChat] {
        let all = words::events(dialect).concat();
        let mut up = Upstream::play(vec![vec![Step::Send(stream_head()), Step::Send(chunk(&all)), Step::Hang]]).await;
        let rig = in_front_of(dialect, &up.url).await;
        let mut client = Client::connect(rig.addr).await;
        client.post(words::path(dialect), "", words::request(dialect, true)).await;
        let got = client.answer().await;
        assert!(got.whole && got.text() == all);
        up.left(SOON).await;
    }
}

#[tokio::test]
async fn gw_06_a_client_that_does_not_read_holds_up_its_upstream_and_is_let_go() {
    let delta = &words::events(AnthropicMessages)[2];
    let piece = chunk(delta.repeat(200));
    let flood = 64 * 1024 * 1024 / piece.len();
    let begin = chunk(words::events(AnthropicMessages)[..2].concat());
    let mut up =
        Upstream::play(vec![vec![Step::Send(stream_head()), Step::Send(begin), Step::Flood(piece, flood)]]).await;
    let limits = Limits { write_stall: Duration::from_millis(150), ..Limits::default() };
    let rig = Make { limits, ..Make::new(vec![binding("up", AnthropicMessages, &up.url)]) }.rig().await;
    let mut client = Client::connect(rig.addr).await;
    client.post("/v1/messages", "", words::request(AnthropicMessages, true)).await;
    // Most of what was sent until the gateway let go stands in the system's socket buffers, which grow to several megabytes each.
    let sent = up.left(Duration::from_secs(20)).await;
    assert!(sent < 32 * 1024 * 1024, "the upstream was held up: {sent}");
    let ending = rig.books.settled(1).await.remove(0);
    assert_eq!(ending.error, Some(ErrorKind::Cancelled));
    drop(client);
}
