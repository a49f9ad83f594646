//! What connections cost in memory. A program of its own: whatever else runs beside it would be measured too.

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

use std::time::Duration;

use gateway::core::Limits;
use protocol::Dialect::AnthropicMessages;

use client::{Client, get};
use rig::{Make, binding};
use upstream::{Step, Upstream, chunk, stream_head};

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches("kB").trim().parse::<usize>().expect("a number") * 1024
}

/// Both in one, one after the other: memory that one has freed is used by the next without being seen.
#[tokio::test]
async fn gw_28_gw_06_idle_connections_and_stalled_streams_take_a_bounded_amount() {
    idle().await;
    stalled().await;
}

async fn idle() {
    let up = Upstream::always(b"").await;
    let rig = Make::new(vec![binding("up", AnthropicMessages, &up.url)]).rig().await;
    assert_eq!(get(rig.addr, "/healthz").await.status, 200);
    let before = resident();
    let mut idle = Vec::new();
    for number in 0..1_500 {
        let mut client = Client::connect(rig.addr).await;
        // Most have been served once; some never say a word.
        if number % 5 != 0 {
            client.send(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
            let mut answer = [0; 512];
            client.socket.readable().await.expect("an answer");
            let read = client.socket.try_read(&mut answer).expect("an answer");
            assert!(answer[..read].starts_with(b"HTTP/1.1 200"));
        }
        idle.push(client);
    }
    assert_eq!(get(rig.addr, "/healthz").await.status, 200);
    let each = resident().saturating_sub(before) / idle.len();
    eprintln!("{each} bytes for an idle connection");
    assert!(each <= 16 * 1024, "{each} bytes for an idle connection");
}

/// What the gateway itself keeps is below 100 KB a stream; the HTTP client towards the upstream reads up to 400 KB at once, twice.
async fn stalled() {
    const STREAMS: usize = 40;
    let delta = &words::events(AnthropicMessages)[2];
    let piece = chunk(delta.repeat(100));
    let begin = chunk(words::events(AnthropicMessages)[..2].concat());
    let mut up =
        Upstream::play(vec![vec![Step::Send(stream_head()), Step::Send(begin), Step::Flood(piece, 100_000)]]).await;
    let limits = Limits { write_stall: Duration::from_secs(3), ..Limits::default() };
    let rig = Make { limits, ..Make::new(vec![binding("up", AnthropicMessages, &up.url)]) }.rig().await;
    let before = resident();
    let mut stalled = Vec::new();
    for _ in 0..STREAMS {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        // Little room in the system, so that it is the gateway that has to hold back.
        socket.set_recv_buffer_size(4096).expect("an option of TCP");
        let socket = socket.connect(rig.addr).await.expect("a connection");
        let mut client = Client { socket, read: Vec::new() };
        client.post("/v1/messages", "", words::request(AnthropicMessages, true)).await;
        stalled.push(client);
    }
    // All are stuck once the first is let go for it.
    up.left(Duration::from_secs(60)).await;
    let each = resident().saturating_sub(before) / STREAMS;
    eprintln!("{each} bytes for a stalled stream");
    assert!(each <= 1024 * 1024, "{each} bytes for a stalled stream");
}
