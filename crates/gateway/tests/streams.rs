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
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use protocol::Dialect::AnthropicMessages;
use tokio::sync::Notify;

use client::Client;
use rig::in_front_of;
use upstream::{Step, Upstream, chunk, stream_head};

const STREAMS: usize = 1_000;

/// Deltas of each stream; `AGENT_STREAM_EVENTS` makes it a long load.
fn events() -> usize {
    static EVENTS: LazyLock<usize> =
        LazyLock::new(|| std::env::var("AGENT_STREAM_EVENTS").ok().and_then(|count| count.parse().ok()).unwrap_or(30));
    *EVENTS
}

/// Events a second of each stream, where `AGENT_STREAM_PACE` says so; else as fast as they go.
fn pace() -> Option<Duration> {
    let events: f64 = std::env::var("AGENT_STREAM_PACE").ok()?.parse().ok()?;
    Some(Duration::from_secs_f64(1.0 / events))
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
    let (began, cpu) = (Instant::now(), cpu_seconds());
    let mut numbers = BTreeSet::new();
    for stream in asked {
        while !stream.is_finished() {
            go.notify_waiters();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let (number, came) = stream.await.expect("a whole stream");
        let mut said = blake3::Hasher::new();
        for at in 0..all() {
            said.update(event(number, at).as_bytes());
        }
        assert_eq!(came, said.finalize(), "stream {number}");
        numbers.insert(number);
    }
    assert_eq!(numbers.len(), STREAMS, "each stream once");
    let each = open.max(resident()).saturating_sub(before) / STREAMS;
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    eprintln!(
        "{STREAMS} streams of {} events in {seconds:.1} s: {each} bytes for a stream and {:.0} % of a core, with client and upstream in \
         the same process",
        events(),
        100.0 * cpu / seconds
    );
    assert!(each <= EACH, "{each} bytes for a stream");
    assert!(rig.books.settled(STREAMS).await.iter().all(|ending| ending.error.is_none() && ending.usage.output == 7));
}

/// Waits for the first piece, then reads to the end: whose stream it is, and the hash of every byte of it.
async fn follow(addr: SocketAddr, begun: Arc<AtomicUsize>) -> (usize, blake3::Hash) {
    let mut client = Client::connect(addr).await;
    client.post("/v1/messages", "", words::request(AnthropicMessages, true)).await;
    let head = client.until(b"> 0").await;
    begun.fetch_add(1, Ordering::SeqCst);
    let number = head.split('<').nth(1).and_then(|rest| rest.split('>').next()).expect("a number");
    let number = number.parse().expect("a number");
    client.head().await;
    let mut came = blake3::Hasher::new();
    let whole = client.chunks(|bytes| {
        came.update(bytes);
    });
    assert!(whole.await);
    (number, came.finalize())
}

/// The first piece, then after the signal all others, each in a chunk of its own.
fn script(number: usize, go: &Arc<Notify>) -> Vec<Step> {
    let begin: String = (0..FIRST).map(|at| event(number, at)).collect();
    vec![
        Step::Send(stream_head()),
        Step::Send(chunk(begin)),
        Step::Await(Arc::clone(go)),
        Step::Made(all() - FIRST, Arc::new(move |at| chunk(event(number, FIRST + at))), pace()),
        Step::Send(b"0\r\n\r\n".to_vec()),
    ]
}

/// Events that are sent at once: the beginning with the first delta.
const FIRST: usize = 4;

/// Number of all events of a stream.
fn all() -> usize {
    WORDS.len() - 1 + events()
}

static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| words::events(AnthropicMessages));

/// An event of a stream: each delta says whose it is and which.
fn event(number: usize, at: usize) -> String {
    let deltas = FIRST - 1..FIRST - 1 + events();
    match at {
        _ if deltas.contains(&at) => WORDS[3].replace("there", &format!("<{number}> {}", at - deltas.start)),
        _ if at < deltas.start => WORDS[at].clone(),
        _ => WORDS[at - events() + 1].clone(),
    }
}

/// Processor time of this process.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<&str> = stat.rsplit(") ").next().expect("fields").split(' ').collect();
    // Ticks of 10 ms: user and system.
    [11, 12].iter().map(|at| fields[*at].parse::<f64>().expect("a number") / 100.0).sum()
}

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches("kB").trim().parse::<usize>().expect("a number") * 1024
}
