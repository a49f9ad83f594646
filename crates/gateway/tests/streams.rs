//! A thousand streams at once. A program of its own: what memory they take is measured.

#![allow(clippy::disallowed_methods, reason = "tests open real sockets and read what the system says of them")]
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "a test that cannot go on fails")]
#![allow(dead_code, reason = "the modules serve other tests too")]

#[path = "path/client.rs"]
mod client;
#[path = "path/rig.rs"]
mod rig;
#[path = "path/upstream.rs"]
mod upstream;
#[path = "path/words.rs"]
mod words;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use protocol::Dialect::AnthropicMessages;
use tokio::sync::Notify;

use client::Client;
use rig::in_front_of;
use upstream::{Step, Upstream, chunk, stream_head};

const STREAMS: usize = 1_000;

/// Events of each stream; `AGENT_STREAM_EVENTS` makes it a long load.
fn events() -> usize {
    std::env::var("AGENT_STREAM_EVENTS").ok().and_then(|count| count.parse().ok()).unwrap_or(30)
}

/// Most memory that a stream may take: client, gateway and upstream of this test together.
const EACH: usize = 192 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gw_03_a_thousand_streams_at_once_lose_double_reorder_and_change_nothing() {
    let go = Arc::new(Notify::new());
    let scripts = (0..STREAMS).map(|number| script(number, &go)).collect();
    let up = Upstream::play(scripts).await;
    let rig = in_front_of(AnthropicMessages, &up.url).await;
    let before = resident();
    let begun = Arc::new(AtomicUsize::new(0));
    let asked: Vec<_> = (0..STREAMS).map(|_| tokio::spawn(follow(rig.addr, Arc::clone(&begun)))).collect();
    // All of them are open before any goes on.
    while begun.load(Ordering::SeqCst) < STREAMS {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let open = resident();
    let mut numbers = BTreeSet::new();
    for stream in asked {
        while !stream.is_finished() {
            go.notify_waiters();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let (number, body) = stream.await.expect("a whole stream");
        assert_eq!(body, said(number).concat(), "stream {number}");
        numbers.insert(number);
    }
    assert_eq!(numbers.len(), STREAMS, "each stream once");
    let each = open.max(resident()).saturating_sub(before) / STREAMS;
    eprintln!("{each} bytes for a stream, with client and upstream in the same process");
    assert!(each <= EACH, "{each} bytes for a stream");
    assert!(rig.books.settled(STREAMS).await.iter().all(|ending| ending.error.is_none() && ending.usage.output == 7));
}

/// Waits for the first piece, then reads to the end.
async fn follow(addr: SocketAddr, begun: Arc<AtomicUsize>) -> (usize, String) {
    let mut client = Client::connect(addr).await;
    client.post("/v1/messages", "", words::request(AnthropicMessages, true)).await;
    let head = client.until(b"> 0").await;
    begun.fetch_add(1, Ordering::SeqCst);
    let number = head.split('<').nth(1).and_then(|rest| rest.split('>').next()).expect("a number");
    let number = number.parse().expect("a number");
    let answer = client.answer().await;
    assert!(answer.whole);
    (number, answer.text())
}

/// The first piece, then after the signal all others, each in a chunk of its own.
fn script(number: usize, go: &Arc<Notify>) -> Vec<Step> {
    let mut events = said(number);
    let rest = events.split_off(4);
    vec![
        Step::Send(stream_head()),
        Step::Send(chunk(events.concat())),
        Step::Await(Arc::clone(go)),
        Step::Pieces(rest.into_iter().map(chunk).collect()),
        Step::Send(b"0\r\n\r\n".to_vec()),
    ]
}

/// The events of a stream: each piece says whose it is and which.
fn said(number: usize) -> Vec<String> {
    let mut said = words::events(AnthropicMessages);
    let delta = said.remove(3);
    for step in 0..events() {
        said.insert(3 + step, delta.replace("there", &format!("<{number}> {step}")));
    }
    said
}

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches("kB").trim().parse::<usize>().expect("a number") * 1024
}
