//! The figure `screen`: how long a key takes to be seen in the chat, with a long transcript behind it and a fast stream beside it, and
//! what the chat costs while nothing happens.
#![expect(clippy::disallowed_methods, reason = "makes the folder that the chat works in, and types by the clock")]

mod provider;
mod terminal;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::json;

use self::provider::{LONG, Offer, PACED, TOKENS_PER_EVENT};
use self::terminal::Terminal;
use crate::figure::{Figure, machine, progress};
use crate::{binary, proc};

/// Lines of the long answer, and of the transcript before anything is measured: the last ones are on the screen.
const LINES: usize = 10_100;
const TRANSCRIPT: usize = 10_000;
/// Tokens a second of the stream.
const TOKENS_PER_S: usize = 2_000;
/// How long it streams, in seconds: somewhat longer than is typed.
const SECONDS: usize = 24;
/// Keys a second, and how many.
const KEYS_PER_S: u32 = 20;
const KEYS: usize = 400;
/// Keys after which the box is cleared: it stays within a line.
const BOX: usize = 40;
/// How long nothing happens before and while the idle processor time is measured.
const REST: Duration = Duration::from_secs(3);
const IDLE: Duration = Duration::from_secs(5);

/// Measures it.
pub(crate) fn measure(agent: Option<&Path>) -> anyhow::Result<Figure> {
    let agent = agent.map_or_else(binary::agent, |agent| Ok(agent.canonicalize()?))?;
    let folder = tempfile::tempdir().context("no temporary folder")?;
    for name in ["home", "state", "repo"] {
        std::fs::create_dir_all(folder.path().join(name))?;
    }
    let offer = Offer { lines: LINES, tokens_per_s: TOKENS_PER_S, seconds: SECONDS };
    let address = provider::serve(offer)?;
    let terminal = Terminal::open(&agent, folder.path(), &format!("http://{address}"))?;
    let pid = terminal.pid()?;
    terminal.until("the chat", |screen| screen.contains("> "))?;

    terminal.send(&format!("{LONG}\r"))?;
    let last = format!("line {} of", LINES - 1);
    terminal.until("the transcript", |screen| screen.contains(&last))?;
    let transcript = terminal.lines();
    ensure!(transcript >= TRANSCRIPT, "the transcript has {transcript} lines");
    progress(&format!("{transcript} lines are in the scrollback"));
    std::thread::sleep(REST);

    let before = proc::times(pid)?.own_s;
    std::thread::sleep(IDLE);
    let idle = percent(proc::times(pid)?.own_s - before, IDLE);
    progress(&format!("idle: {idle} % of a core"));

    let streamed = stream(&terminal, pid)?;
    let keys = terminal.latencies_ms();
    ensure!(keys.len() == KEYS, "{} of {KEYS} keys were seen", keys.len());
    let (p50, p99) = (quantile(&keys, 0.50), quantile(&keys, 0.99));
    let peak_mb = round(proc::peak_mb(pid)?);
    Ok(Figure {
        lines: vec![
            format!(
                "key to screen      p50 {p50} ms  p99 {p99} ms  most {} ms  ({KEYS} keys, {KEYS_PER_S}/s)",
                quantile(&keys, 1.0)
            ),
            format!("behind it          {transcript} lines, and a stream of {TOKENS_PER_S} tokens/s"),
            format!("frames             {} a second of {} bytes", streamed.frames_per_s, streamed.bytes_per_frame),
            format!(
                "processor          {} % of a core while it streams, {idle} % while nothing happens",
                streamed.cpu_percent
            ),
            format!("memory             {peak_mb} MB at most"),
        ],
        json: json!({
            "keypress_p50_ms": p50,
            "keypress_p99_ms": p99,
            "keypress_max_ms": quantile(&keys, 1.0),
            "keys": KEYS,
            "keys_per_s": KEYS_PER_S,
            "transcript_lines": transcript,
            "tokens_per_s": TOKENS_PER_S,
            "tokens_per_event": TOKENS_PER_EVENT,
            "idle_cpu_percent": idle,
            "streaming_cpu_percent": streamed.cpu_percent,
            "frames_per_s": streamed.frames_per_s,
            "bytes_per_frame": streamed.bytes_per_frame,
            "peak_mb": peak_mb,
            "machine": machine(),
        }),
    })
}

/// What the stream cost.
struct Streamed {
    cpu_percent: f64,
    frames_per_s: f64,
    bytes_per_frame: f64,
}

/// Types while words arrive.
fn stream(terminal: &Terminal, pid: u32) -> anyhow::Result<Streamed> {
    terminal.send(&format!("{PACED}\r"))?;
    terminal.until("the stream", |screen| screen.matches("the order has a limit").count() > 5)?;
    let (cpu, output, began) = (proc::times(pid)?.own_s, terminal.output(), Instant::now());
    for (index, key) in ('a'..='z').cycle().take(KEYS).enumerate() {
        if index > 0 && index.is_multiple_of(BOX) {
            terminal.caught_up()?;
            terminal.send("\x03")?;
        }
        let due = began + Duration::from_secs(1) / KEYS_PER_S * u32::try_from(index)?;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        terminal.press(key)?;
    }
    terminal.caught_up()?;
    let (seconds, now) = (began.elapsed(), terminal.output());
    let frames = (now.frames - output.frames) as f64;
    ensure!(seconds.as_secs() < SECONDS as u64, "the stream was over before the last key: {seconds:?}");
    Ok(Streamed {
        cpu_percent: percent(proc::times(pid)?.own_s - cpu, seconds),
        frames_per_s: round(frames / seconds.as_secs_f64()),
        bytes_per_frame: ((now.bytes - output.bytes) as f64 / frames.max(1.0)).round(),
    })
}

/// The smallest value that this share of all is not above.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(at.max(1) - 1).copied().map(round).unwrap_or_default()
}

fn percent(cpu_s: f64, of: Duration) -> f64 {
    round(cpu_s / of.as_secs_f64() * 100.0)
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_quantile_is_a_value_that_was_measured() {
        let values: Vec<f64> = (1..=400).map(f64::from).collect();
        assert_eq!(super::quantile(&values, 0.50), 200.0);
        assert_eq!(super::quantile(&values, 0.99), 396.0);
        assert_eq!(super::quantile(&values, 1.0), 400.0);
        assert_eq!(super::quantile(&[], 0.99), 0.0);
    }
}
