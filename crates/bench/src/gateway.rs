//! The figure `gateway`: what a request costs that goes through the gateway instead of straight to the provider, in the same run.

mod load;
pub(crate) mod message;
mod processes;
mod traffic;
mod upstream;

use std::net::SocketAddr;
use std::path::Path;

use protocol::Dialect;
use serde_json::{Value, json};

use self::load::{Mode, Order, Result};
use self::processes::Load;
use self::traffic::{CLAUDE, GPT};
use crate::figure::{Figure, machine, progress};
use crate::{binary, proc};

pub(crate) use self::load::work as load;
pub(crate) use self::upstream::serve as provider;

/// A client's dialect and the provider's.
struct Way {
    name: &'static str,
    client: Dialect,
    provider: Dialect,
    large: bool,
}

const PATHS: [Way; 6] = [
    path("anthropic", Dialect::AnthropicMessages, Dialect::AnthropicMessages, false),
    path("chat", Dialect::OpenaiChat, Dialect::OpenaiChat, false),
    path("responses", Dialect::OpenaiResponses, Dialect::OpenaiResponses, false),
    path("anthropic_to_chat", Dialect::AnthropicMessages, Dialect::OpenaiChat, false),
    path("chat_to_anthropic", Dialect::OpenaiChat, Dialect::AnthropicMessages, false),
    path("responses_to_anthropic", Dialect::OpenaiResponses, Dialect::AnthropicMessages, false),
];

/// A large agent's request: only one at a time.
const LARGE: [Way; 2] = [
    path("anthropic_80kb", Dialect::AnthropicMessages, Dialect::AnthropicMessages, true),
    path("chat_to_anthropic_80kb", Dialect::OpenaiChat, Dialect::AnthropicMessages, true),
];

const fn path(name: &'static str, client: Dialect, provider: Dialect, large: bool) -> Way {
    Way { name, client, provider, large }
}

/// Requests of a block, and blocks: straight and through the gateway by turns, so that noise meets both.
const BLOCK: u64 = 200;
const BLOCKS: usize = 8;

/// Milliseconds of each loaded measurement.
const LOADED_MS: u64 = 3_000;

/// Measures all paths.
pub(crate) fn measure(agent: Option<&Path>) -> anyhow::Result<Figure> {
    let agent = agent.map_or_else(binary::agent, |agent| Ok(agent.to_owned()))?;
    let (_provider, provider) = processes::provider()?;
    let (gateway, address, _home) = processes::gateway(&agent, provider)?;
    let mut stage = Stage { load: Load::start()?, gateway: gateway.id(), provider, address };
    let mut rows = Vec::new();
    for path in PATHS.iter().chain(&LARGE) {
        for stream in [false, true] {
            if path.large && !stream {
                continue;
            }
            let modes: &[Mode] = if path.large { &[Mode::C1] } else { &[Mode::C1, Mode::Open1000, Mode::Saturation] };
            for mode in modes {
                rows.push(stage.row(path, stream, *mode)?);
            }
        }
        progress(&format!("{} done", path.name));
    }
    let rss_mb = round(proc::rss_mb(gateway.id())?);
    Ok(Figure {
        lines: rows.iter().map(line).chain([format!("memory of the gateway after all of it: {rss_mb} MB")]).collect(),
        json: json!({"paths": rows, "rss_mb_end": rss_mb, "machine": machine()}),
    })
}

struct Stage {
    load: Load,
    gateway: u32,
    provider: SocketAddr,
    address: SocketAddr,
}

/// What was measured of one side.
#[derive(Default)]
struct Side {
    p50: Vec<f64>,
    p99: Vec<f64>,
    requests: u64,
    seconds: f64,
}

impl Side {
    fn add(&mut self, result: &Result) {
        self.p50.push(result.p50_ms);
        self.p99.push(result.p99_ms);
        self.requests += result.requests;
        self.seconds += result.seconds;
    }
}

impl Stage {
    fn row(&mut self, path: &Way, stream: bool, mode: Mode) -> anyhow::Result<Value> {
        let (blocks, amount) = if mode == Mode::C1 { (BLOCKS, BLOCK) } else { (1, LOADED_MS) };
        let model = if path.provider == Dialect::AnthropicMessages { CLAUDE } else { GPT }.to_owned();
        let through = Order { to: self.address, dialect: path.client, model, large: path.large, stream, mode, amount };
        let straight = Order { to: self.provider, ..through.clone() };
        // Connections, caches, and the session's first decision.
        self.load.run(&Order { amount: BLOCK, mode: Mode::C1, ..through.clone() })?;
        let (mut direct, mut via) = (Side::default(), Side::default());
        let mut cpu_s = 0.0;
        for _ in 0..blocks {
            direct.add(&self.load.run(&straight)?);
            let before = proc::times(self.gateway)?.own_s;
            via.add(&self.load.run(&through)?);
            cpu_s += proc::times(self.gateway)?.own_s - before;
        }
        let added = |of: fn(&Side) -> &Vec<f64>| round(median(of(&via)) - median(of(&direct)));
        Ok(json!({
            "name": path.name,
            "streamed": stream,
            "mode": mode,
            "added_p50_ms": added(|side| &side.p50),
            "added_p99_ms": added(|side| &side.p99),
            "direct_p50_ms": round(median(&direct.p50)),
            "rps": (via.requests as f64 / via.seconds).round(),
            "direct_rps": (direct.requests as f64 / direct.seconds).round(),
            "cpu_ms_per_request": round(cpu_s * 1e3 / via.requests as f64),
            "rss_mb": round(proc::rss_mb(self.gateway)?),
        }))
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn round(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

fn line(row: &Value) -> String {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    format!(
        "{:<24} {:<8} {:<11} added p50 {:>7} ms  p99 {:>7} ms  {:>7} requests/s  {:>6} CPU ms  {:>6} MB",
        text("name"),
        if row["streamed"] == true { "streamed" } else { "whole" },
        text("mode"),
        row["added_p50_ms"],
        row["added_p99_ms"],
        row["rps"],
        row["cpu_ms_per_request"],
        row["rss_mb"]
    )
}
