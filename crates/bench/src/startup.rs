//! The figure `startup`: how lean the binary is. Everything is measured from outside, on a small real repository, against
//! the simulator in a process of its own.
#![expect(clippy::disallowed_methods, reason = "asks for the time: that is what is measured")]

mod process;
mod proxy;
mod stage;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, ensure};
use serde_json::json;

use self::process::{Chat, Used};
use self::proxy::Proxy;
use self::stage::Stage;
use crate::figure::{Figure, machine, progress};
use crate::spread::Spread;
use crate::{binary, figure};

/// What has to hold: milliseconds, milliseconds, megabytes, seconds.
const VERSION_MS: f64 = 15.0;
const FIRST_REQUEST_MS: f64 = 100.0;
const RSS_MB: f64 = 90.0;
const CPU_S: f64 = 1.0;

/// Turns of the long session; each asks the model twice and reads one file of 2 to 5 KB between.
const TURNS: usize = 100;

/// Runs that are counted, behind a few that only warm the page cache.
const VERSION_RUNS: usize = 20;
const FIRST_REQUEST_RUNS: usize = 15;
const SESSION_RUNS: usize = 3;
const WARM_UP: usize = 3;

/// Measures all four numbers.
pub(crate) fn measure(data: Option<&Path>) -> anyhow::Result<Figure> {
    let agent = binary::agent()?;
    figure::progress(&format!("measuring {}", agent.display()));
    let stage = Stage::set_up(&agent, data, TURNS)?;
    let version = spread(WARM_UP, VERSION_RUNS, || version_ms(&stage))?;
    progress("version done");
    let first = spread(WARM_UP, FIRST_REQUEST_RUNS, || first_request_ms(&stage))?;
    progress("first request done");
    let mut sessions = Vec::new();
    for number in 1..=SESSION_RUNS {
        sessions.push(hundred_turns(&stage)?);
        progress(&format!("session {number} of {SESSION_RUNS} done"));
    }
    let of = |value: fn(&Used) -> f64| Spread::of(sessions.iter().map(value).collect()).context("no session ran");
    let (rss, cpu) = (of(|used| used.peak_mb)?, of(|used| used.own_s)?);
    let (children, wall) = (of(|used| used.children_s)?, of(|used| used.wall_s)?);
    Ok(Figure {
        lines: vec![
            version.line("agent --version", "ms", VERSION_MS),
            first.line("exec to first request", "ms", FIRST_REQUEST_MS),
            rss.line("peak memory, tokenizer loaded", "MB", RSS_MB),
            cpu.line("processor time, 100 turns", "s", CPU_S),
            format!(
                "besides, in those {TURNS} turns ({} model calls, {TURNS} reads): {:.2} s of processor time in processes that \
                 the agent started (git, where a turn may change files); {:.2} s wall time",
                2 * TURNS,
                children.median,
                wall.median
            ),
        ],
        json: json!({
            "version_ms": version.rounded(),
            "first_request_ms": first.rounded(),
            "rss_mb": rss.rounded(),
            "cpu_s_100_turns": cpu.rounded(),
            "cpu_s_100_turns_children": children.rounded(),
            "wall_s_100_turns": wall.rounded(),
            "model_calls_100_turns": 2 * TURNS,
            "runs": {"version": version.runs, "first_request": first.runs, "session": cpu.runs},
            "machine": machine(),
        }),
    })
}

fn spread(warm_up: usize, runs: usize, mut once: impl FnMut() -> anyhow::Result<f64>) -> anyhow::Result<Spread> {
    for _ in 0..warm_up {
        once()?;
    }
    let values = (0..runs).map(|_| once()).collect::<anyhow::Result<Vec<f64>>>()?;
    Spread::of(values).context("nothing was measured")
}

/// From starting `agent --version` to its end.
fn version_ms(stage: &Stage) -> anyhow::Result<f64> {
    let mut command = stage.agent();
    command.arg("--version");
    let began = Instant::now();
    let status = command.status().context("the agent cannot be started")?;
    let took = began.elapsed();
    ensure!(status.success(), "`agent --version` ended with {status}");
    Ok(took.as_secs_f64() * 1000.0)
}

/// From starting `agent run` to the last byte of its first request, on a connection that hands every byte on to the
/// simulator: a clock of one process cannot be compared with another's. It counts only if the simulator accepts it.
fn first_request_ms(stage: &Stage) -> anyhow::Result<f64> {
    let proxy = Proxy::open(stage.simulator())?;
    let mut command = stage.agent();
    command.args(["run", "hello"]).env("ANTHROPIC_BASE_URL", proxy.base_url());
    let began = Instant::now();
    let mut child = command.spawn().context("the agent cannot be started")?;
    let accepted = proxy.first_accepted();
    let status = child.wait()?;
    let arrived = accepted.with_context(|| format!("the agent ended with {status}"))?;
    ensure!(status.success(), "`agent run hello` ended with {status}");
    Ok(arrived.duration_since(began).as_secs_f64() * 1000.0)
}

/// A chat over a pipe: the next line is typed when the prompt is back.
fn hundred_turns(stage: &Stage) -> anyhow::Result<Used> {
    let began = Instant::now();
    let mut chat = Chat::start(stage)?;
    for turn in 0..TURNS {
        chat.turn(&format!("Read {} and say what it does.", stage::file(turn)))
            .with_context(|| format!("turn {}", turn + 1))?;
    }
    chat.end(began)
}
