//! Hours of streams, some of which go wrong: nothing may pile up. A program of its own: memory and files are the whole process's.

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

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use protocol::Dialect::AnthropicMessages;

use client::Client;
use rig::in_front_of;
use upstream::{Step, Upstream, answer, chunk, stream_head, streamed};

/// Streams at one time.
const STREAMS: usize = 300;

/// How long a client waits for a stream to go on before it leaves.
const PATIENCE: Duration = Duration::from_secs(2);

/// Seconds; `AGENT_SOAK_SECONDS` makes it long.
fn seconds() -> u64 {
    std::env::var("AGENT_SOAK_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(6)
}

/// What came of the streams.
#[derive(Default)]
struct Tally {
    whole: AtomicUsize,
    failed: AtomicUsize,
    left: AtomicUsize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gw_21_hours_of_streams_with_faults_leave_no_memory_and_no_socket_behind() {
    let up = Upstream::cycle(scripts()).await;
    let rig = in_front_of(AnthropicMessages, &up.url).await;
    let (length, tally) = (Duration::from_secs(seconds()), Arc::new(Tally::default()));
    let (began, files) = (Instant::now(), open_files());
    let clients: Vec<_> = (0..STREAMS)
        .map(|_| {
            let (addr, tally) = (rig.addr, Arc::clone(&tally));
            tokio::spawn(async move {
                while began.elapsed() < length {
                    one(addr, &tally).await;
                }
            })
        })
        .collect();
    let mut samples = Vec::new();
    while began.elapsed() < length {
        tokio::time::sleep(length / 60).await;
        // What the test itself remembers is not the gateway's.
        rig.books.forget();
        up.forget();
        samples.push((began.elapsed().as_secs_f64() / 3600.0, resident() as f64 / 1e6));
    }
    for client in clients {
        client.await.expect("no client fails");
    }
    rig.books.settled(0).await;
    let closed = async {
        while open_files() > files + 8 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), closed).await.expect("every socket is closed in the end");
    // The first half is for buffers and pools to grow to their size.
    let settled = &samples[samples.len() / 2..];
    let (slope, grown) = (slope(settled), settled[settled.len() - 1].1 - settled[0].1);
    let [whole, failed, left] = [&tally.whole, &tally.failed, &tally.left].map(|count| count.load(Ordering::SeqCst));
    eprintln!(
        "{whole} streams whole, {failed} ended with an error, {left} left, in {length:?}: {:.1} MB, {slope:+.2} MB an hour; {files} \
         files before and {} after",
        settled[settled.len() - 1].1,
        open_files()
    );
    let share = (failed + left) as f64 / (whole + failed + left) as f64;
    assert!(whole > STREAMS && (0.03..0.08).contains(&share), "{whole} whole, {failed} failed, {left} left");
    assert!(failed > 0 && left > 0);
    assert!(grown < 8.0, "{grown} MB in the second half");
    assert!(seconds() < 3_600 || slope <= 1.0, "{slope} MB an hour");
}

/// One stream of each hundred goes wrong in each of five ways; all others are whole.
fn scripts() -> Vec<Vec<Step>> {
    let events = words::events(AnthropicMessages);
    let begun = || vec![Step::Send(stream_head()), Step::Send(chunk(events[..3].concat()))];
    let then = |step: Step| begun().into_iter().chain([Step::Breathe, step]).collect::<Vec<_>>();
    let faults = [
        then(Step::Reset),
        then(Step::Hang),
        streamed(&events[..4]),
        vec![Step::Send(answer(200, "connection: close\r\n", "{\"type\":"))],
        vec![Step::Send(answer(
            529,
            "connection: close\r\n",
            "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Busy\"}}",
        ))],
    ];
    let mut all = Vec::new();
    for fault in faults {
        all.extend((0..19).map(|_| streamed(&events)));
        all.push(fault);
    }
    all
}

async fn one(addr: SocketAddr, tally: &Tally) {
    let mut client = Client::connect(addr).await;
    client.post("/v1/messages", "", words::request(AnthropicMessages, true)).await;
    let Ok(got) = tokio::time::timeout(PATIENCE, client.answer()).await else {
        tally.left.fetch_add(1, Ordering::SeqCst);
        return;
    };
    assert!(got.whole, "what goes wrong at the provider is said to the client: {}", got.text());
    let well = got.status == 200 && words::said(AnthropicMessages, &got.body).is_ok();
    if well {
        assert_eq!(got.text(), words::events(AnthropicMessages).concat());
    }
    let count = if well { &tally.whole } else { &tally.failed };
    count.fetch_add(1, Ordering::SeqCst);
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("Linux").count()
}

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches("kB").trim().parse::<usize>().expect("a number") * 1024
}

/// By how much the second number grows for each one of the first: least squares.
fn slope(samples: &[(f64, f64)]) -> f64 {
    let count = samples.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|sample| sample.0), mean(|sample| sample.1));
    let (above, below) = samples.iter().fold((0.0, 0.0), |(above, below), sample| {
        (above + (sample.0 - x) * (sample.1 - y), below + (sample.0 - x).powi(2))
    });
    above / below
}
