//! An answer on its way: its chunks, its pace, and whether the client stayed to the end.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use protocol::{Dialect, Reply, Request, StreamEvent};

use crate::delivery::Act;
use crate::exchange::{Exchange, PendingWrites, Simulator};
use crate::faults::stream_error;
use crate::line::Line;
use crate::scenario::{Fault, FaultKind};

/// Characters of text or arguments in one chunk.
const PIECE: usize = 48;

/// An answer as it will go out.
pub(crate) struct Outgoing {
    acts: std::vec::IntoIter<Act>,
    takes: Duration,
    first: Duration,
    pace: Duration,
    begun: bool,
    ended: bool,
    writes: Option<PendingWrites>,
    simulator: Arc<Simulator>,
    line: Line,
}

impl Outgoing {
    pub(crate) fn new(exchange: Exchange, simulator: Arc<Simulator>, line: Line) -> Self {
        let latency = simulator.scenario.latency;
        let slow = exchange.fault.filter(|fault| fault.kind == FaultKind::Slow).map_or(0, |fault| fault.ms);
        simulator.traffic.open.fetch_add(1, Ordering::Relaxed);
        Self {
            acts: exchange.acts.into_iter(),
            takes: exchange.takes,
            first: Duration::from_millis(latency.first_token_ms + slow),
            pace: Duration::from_millis(latency.per_chunk_ms),
            begun: false,
            ended: false,
            writes: exchange.writes,
            simulator,
            line,
        }
    }

    /// The bytes of the body.
    pub(crate) fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send {
        futures::stream::unfold(self, |mut outgoing| async move {
            let item = outgoing.next().await?;
            Some((item, outgoing))
        })
    }

    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        // What was said so far leaves the house before the next piece, or its fault, comes.
        tokio::task::yield_now().await;
        loop {
            match self.acts.next() {
                Some(Act::Send(chunk)) => {
                    self.before_chunk().await?;
                    return Some(Ok(chunk));
                }
                Some(Act::Wait(span)) => self.wait(span).await?,
                Some(Act::Silence) => self.simulator.stop.cancelled().await,
                Some(Act::Reset) => {
                    self.ended = true;
                    self.line.cut();
                    return Some(Err(io::Error::from(io::ErrorKind::ConnectionReset)));
                }
                None => {
                    self.ended = true;
                    return None;
                }
            }
        }
    }

    /// Waits as long as the answer takes, and makes what it wrote readable.
    async fn before_chunk(&mut self) -> Option<()> {
        if self.begun {
            return self.wait(self.pace).await;
        }
        self.begun = true;
        self.wait(self.first).await?;
        if !self.takes.is_zero() {
            tokio::select! {
                () = self.simulator.clock.elapse(self.takes) => {}
                () = self.simulator.stop.cancelled() => return None,
            }
        }
        if let Some(writes) = self.writes.take() {
            self.simulator.commit(&writes);
        }
        Some(())
    }

    /// None when the simulator stops meanwhile.
    async fn wait(&self, span: Duration) -> Option<()> {
        if span.is_zero() {
            return Some(());
        }
        tokio::select! {
            () = self.simulator.clock.sleep(span) => Some(()),
            () = self.simulator.stop.cancelled() => None,
        }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        let traffic = &self.simulator.traffic;
        traffic.open.fetch_sub(1, Ordering::Relaxed);
        if !self.ended && !self.simulator.stop.is_cancelled() {
            traffic.abandoned.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The bytes of an answer: its events as the dialect writes them, broken off by an error where a fault says so, or all of it
/// in two halves.
pub(crate) fn chunks(dialect: Dialect, request: &Request, reply: &Reply, fault: Option<&Fault>) -> Vec<Bytes> {
    let codec = wire::codec(dialect);
    let stream = request.settings.stream;
    if fault.is_some_and(|fault| fault.kind == FaultKind::ErrorJson) {
        let (_, body) = codec.write_error(&stream_error());
        return vec![if stream { error_line(dialect, &body) } else { Bytes::from(body) }];
    }
    if !stream {
        let body = Bytes::from(codec.write_reply_to(request, reply));
        let half = body.len() / 2;
        return vec![body.slice(..half), body.slice(half..)];
    }
    let mut writer = codec.reply_writer(request);
    let events = wire::replay(reply, PIECE);
    let broken = fault.filter(|fault| fault.kind == FaultKind::ErrorEvent);
    let stop = broken.map_or(events.len(), |fault| {
        fault.after_chunks.unwrap_or(events.len() / 2).min(events.len().saturating_sub(1))
    });
    let mut chunks: Vec<Bytes> = events[..stop].iter().map(|event| Bytes::from(writer.push(event))).collect();
    chunks.retain(|chunk| !chunk.is_empty());
    if broken.is_some() {
        chunks.push(Bytes::from(writer.error(&stream_error())));
    }
    chunks
}

/// What keeps a silent stream alive.
pub(crate) fn ping(dialect: Dialect, request: &Request) -> Bytes {
    Bytes::from(wire::codec(dialect).reply_writer(request).push(&StreamEvent::Ping))
}

/// An error as the only event of a stream. Responses have an event of their own for it.
fn error_line(dialect: Dialect, body: &[u8]) -> Bytes {
    let body = String::from_utf8_lossy(body);
    if dialect != Dialect::OpenaiResponses {
        return Bytes::from(format!("data: {body}\n\n"));
    }
    let mut error = serde_json::from_str::<serde_json::Value>(&body).unwrap_or_default()["error"].take();
    error["type"] = "error".into();
    error["sequence_number"] = 0.into();
    Bytes::from(format!("event: error\ndata: {error}\n\n"))
}
