//! The load: requests one after the other, at a fixed rate, or as fast as they are answered. A process of its own; orders come in
//! on standard input and results go out on standard output, a JSON object each.
#![expect(
    clippy::disallowed_methods,
    reason = "a client: opens sockets, and asks for the time: that is what is measured"
)]

use std::io::{BufRead as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use protocol::Dialect;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::message;
use super::traffic::{self, Size};

/// How requests follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// One after the other on one connection.
    C1,
    /// 1,000 a second over 50 connections, whether they are answered or not: a request that has to wait for a connection has waited.
    Open1000,
    /// 32 clients, each as fast as it is answered.
    Saturation,
}

/// What to send where.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) to: SocketAddr,
    pub(crate) dialect: Dialect,
    pub(crate) model: String,
    pub(crate) large: bool,
    pub(crate) stream: bool,
    pub(crate) mode: Mode,
    /// Requests in all for `C1`, milliseconds otherwise.
    pub(crate) amount: u64,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Result {
    pub(crate) requests: u64,
    pub(crate) seconds: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// Works off orders until standard input ends.
pub(crate) fn work() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for line in std::io::stdin().lock().lines() {
        let order: Order = serde_json::from_str(&line?)?;
        let result = runtime.block_on(run(&order))?;
        writeln!(std::io::stdout(), "{}", serde_json::to_string(&result)?)?;
    }
    Ok(())
}

async fn run(order: &Order) -> anyhow::Result<Result> {
    let size = if order.large { Size::Agent } else { Size::Small };
    let body = traffic::request(order.dialect, &order.model, size, order.stream)?;
    let path = wire::codec(order.dialect).path();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\nanthropic-version: 2023-06-01\r\n\
         authorization: Bearer none\r\ncontent-length: {}\r\n\r\n",
        order.to,
        body.len()
    );
    let request: Arc<[u8]> = [head.into_bytes(), body].concat().into();
    let began = Instant::now();
    let span = Duration::from_millis(order.amount);
    let mut taken = match order.mode {
        Mode::C1 => one_by_one(order.to, &request, order.amount).await?,
        Mode::Open1000 => at_a_rate(order.to, request, span, 50, 1_000.0).await?,
        Mode::Saturation => at_full_speed(order.to, request, span, 32).await?,
    };
    let seconds = began.elapsed().as_secs_f64();
    ensure!(!taken.is_empty(), "nothing was answered");
    taken.sort_unstable();
    let at = |share: f64| taken[((taken.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    Ok(Result { requests: taken.len() as u64, seconds, p50_ms: at(0.5), p99_ms: at(0.99) })
}

async fn one_by_one(to: SocketAddr, request: &[u8], count: u64) -> anyhow::Result<Vec<Duration>> {
    let mut line = Line::open(to).await?;
    let mut taken = Vec::new();
    for _ in 0..count {
        let began = Instant::now();
        line.ask(request).await?;
        taken.push(began.elapsed());
    }
    Ok(taken)
}

async fn at_full_speed(
    to: SocketAddr,
    request: Arc<[u8]>,
    span: Duration,
    clients: usize,
) -> anyhow::Result<Vec<Duration>> {
    let until = Instant::now() + span;
    let client = || {
        let request = Arc::clone(&request);
        tokio::spawn(async move {
            let mut line = Line::open(to).await?;
            let mut taken = Vec::new();
            while Instant::now() < until {
                let began = Instant::now();
                line.ask(&request).await?;
                taken.push(began.elapsed());
            }
            anyhow::Ok(taken)
        })
    };
    together((0..clients).map(|_| client()).collect()).await
}

/// Request `n` is due `n` intervals after the start, and its time counts from then on.
async fn at_a_rate(
    to: SocketAddr,
    request: Arc<[u8]>,
    span: Duration,
    connections: usize,
    per_second: f64,
) -> anyhow::Result<Vec<Duration>> {
    let start = Instant::now();
    let client = |number: usize| {
        let request = Arc::clone(&request);
        tokio::spawn(async move {
            let mut line = Line::open(to).await?;
            let mut taken = Vec::new();
            for turn in 0.. {
                let due = Duration::from_secs_f64((turn * connections + number) as f64 / per_second);
                if due >= span {
                    break;
                }
                tokio::time::sleep_until((start + due).into()).await;
                // The timer is good to a millisecond; what it is late by is nobody's answer time.
                let began = if line.late(start + due) { start + due } else { Instant::now() };
                line.ask(&request).await?;
                line.free_at = Instant::now();
                taken.push(began.elapsed());
            }
            anyhow::Ok(taken)
        })
    };
    together((0..connections).map(client).collect()).await
}

async fn together(all: Vec<tokio::task::JoinHandle<anyhow::Result<Vec<Duration>>>>) -> anyhow::Result<Vec<Duration>> {
    let mut taken = Vec::new();
    for one in all {
        taken.append(&mut one.await??);
    }
    Ok(taken)
}

/// A connection that stays open.
struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// When the last answer was there.
    free_at: Instant,
}

impl Line {
    async fn open(to: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(to).await.with_context(|| format!("no connection to {to}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 * 1024), free_at: Instant::now() })
    }

    /// Whether the answer before came only after the next request was due.
    fn late(&self, due: Instant) -> bool {
        self.free_at > due
    }

    async fn ask(&mut self, request: &[u8]) -> anyhow::Result<()> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        while message::response_end(&self.buffer).is_none() {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the connection was closed within an answer");
        }
        if !self.buffer.starts_with(b"HTTP/1.1 200") {
            bail!("no answer but: {}", String::from_utf8_lossy(&self.buffer));
        }
        Ok(())
    }
}
