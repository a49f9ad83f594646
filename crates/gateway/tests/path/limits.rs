//! Clients that are slow, large or many.

use std::time::{Duration, Instant};

use gateway::core::Limits;
use protocol::Dialect::AnthropicMessages;

use crate::client::{Client, get, post};
use crate::rig::{Make, Rig, binding};
use crate::upstream::{Upstream, answer};
use crate::words;

async fn limited(limits: Limits) -> (Rig, Upstream) {
    let up = Upstream::always(&answer(200, "", words::whole(AnthropicMessages))).await;
    let rig = Make { limits, ..Make::new(vec![binding("up", AnthropicMessages, &up.url)]) }.rig().await;
    (rig, up)
}

fn quick() -> Limits {
    Limits {
        headers: Duration::from_millis(150),
        idle: Duration::from_millis(400),
        body_idle: Duration::from_millis(100),
        linger: Duration::from_millis(100),
        ..Limits::default()
    }
}

#[tokio::test]
async fn gw_11_slow_heads_and_bodies_are_cut_off_and_others_do_not_notice() {
    let (rig, _up) = limited(quick()).await;
    let mut slow = Vec::new();
    for number in 0..60 {
        let mut client = Client::connect(rig.addr).await;
        let begin = match number % 3 {
            0 => "",
            1 => "POST /v1/messages HTTP/1.1\r\nhost: loc",
            _ => "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{\"mo",
        };
        client.send(begin.as_bytes()).await;
        slow.push((number % 3, client));
    }
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let began = Instant::now();
        let got = post(rig.addr, "/v1/messages", "", words::request(AnthropicMessages, false)).await;
        assert_eq!(got.status, 200);
        slowest = slowest.max(began.elapsed());
    }
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    for (kind, mut client) in slow {
        // One byte now and then does not help: the limit is for the whole head.
        let began = Instant::now();
        while client.more().await > 0 {}
        assert!(began.elapsed() < Duration::from_secs(5));
        let text = String::from_utf8_lossy(&client.read).into_owned();
        assert_eq!(text.starts_with("HTTP/1.1 408"), kind == 2, "{text}");
    }
}

#[tokio::test]
async fn gw_11_a_head_that_dribbles_has_no_more_time_than_another() {
    let (rig, _up) = limited(quick()).await;
    let mut client = Client::connect(rig.addr).await;
    let began = Instant::now();
    for byte in b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nx: ".iter().chain(std::iter::repeat_n(&b'y', 10_000))
    {
        let sent = tokio::io::AsyncWriteExt::write_all(&mut client.socket, &[*byte]).await;
        if sent.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(began.elapsed() < Duration::from_secs(5), "the gateway should have hung up");
    }
    assert!(began.elapsed() >= Duration::from_millis(140));
}

#[tokio::test]
async fn an_idle_connection_lives_longer_than_a_slow_head_and_not_for_ever() {
    let (rig, _up) = limited(quick()).await;
    let mut client = Client::connect(rig.addr).await;
    for _ in 0..2 {
        client.post("/v1/messages", "", words::request(AnthropicMessages, false)).await;
        assert_eq!(client.answer().await.status, 200);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(client.more().await, 0, "closed in the end");
}

#[tokio::test]
async fn gw_12_what_is_too_large_is_refused_by_its_own_status() {
    let limits = Limits { body_bytes: 10_000, ..quick() };
    let (rig, up) = limited(limits).await;
    let many: String = (0..101).map(|number| format!("x-{number}: 1\r\n")).collect();
    assert_eq!(post(rig.addr, "/v1/messages", &many, "{}").await.status, 431);
    let large = format!("x-large: {}\r\n", "y".repeat(70_000));
    assert_eq!(post(rig.addr, "/v1/messages", &large, "{}").await.status, 431);
    let long = format!("/v1/messages?{}", "q".repeat(9_000));
    assert_eq!(post(rig.addr, &long, "", "{}").await.status, 414);

    let told = post(rig.addr, "/v1/messages", "", "x".repeat(10_001)).await;
    assert_eq!((told.status, told.json()["error"]["type"].as_str()), (413, Some("request_too_large")));
    let mut client = Client::connect(rig.addr).await;
    client.send(b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n").await;
    for _ in 0..11 {
        client.send(&crate::upstream::chunk("y".repeat(1_000))).await;
    }
    assert_eq!(client.answer().await.status, 413);

    let mut client = Client::connect(rig.addr).await;
    client.send(b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 99999999\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 413, "nothing of the body was asked for");
    assert_eq!(post(rig.addr, "/v1/messages", "content-encoding: gzip\r\n", "{}").await.status, 415);
    assert_eq!(up.seen().len(), 0);
}

#[tokio::test]
async fn gw_12_bodies_in_flight_share_one_bound() {
    let limits = Limits { bodies_bytes: 1_000_000, body_idle: Duration::from_secs(20), ..quick() };
    let (rig, _up) = limited(limits).await;
    let mut holding = Client::connect(rig.addr).await;
    holding.send(b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n").await;
    holding.send(&vec![b' '; 950_000]).await;
    let big = format!("{}{}", " ".repeat(100_000), words::request(AnthropicMessages, false));
    // Whoever comes to the bound first is refused: mostly the small one, which comes last.
    let mut said = [0; 12];
    let refused = loop {
        let status = post(rig.addr, "/v1/messages", "", &big).await.status;
        match holding.socket.try_read(&mut said) {
            Ok(_) => break String::from_utf8_lossy(&said).into_owned(),
            Err(_) if status != 200 => break format!("HTTP/1.1 {status}"),
            Err(_) => {}
        }
    };
    assert_eq!(refused, "HTTP/1.1 503");
    drop(holding);
    while post(rig.addr, "/v1/messages", "", &big).await.status != 200 {}
}

#[tokio::test]
async fn gw_11_connections_beyond_the_limit_are_told_so() {
    let (rig, _up) = limited(Limits { connections: 4, ..Limits::default() }).await;
    let mut inside = Vec::new();
    for _ in 0..4 {
        let mut client = Client::connect(rig.addr).await;
        client.send(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        assert_eq!(client.answer().await.status, 200);
        inside.push(client);
    }
    let turned_away = get(rig.addr, "/healthz").await;
    assert_eq!((turned_away.status, turned_away.header("retry-after")), (503, Some("1")));
    assert_eq!(turned_away.json()["error"]["type"], "overloaded_error");
    inside.pop();
    while get(rig.addr, "/healthz").await.status != 200 {}
}
