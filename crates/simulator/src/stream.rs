//! How an answer goes out: its chunks, its pace, and the ways in which a fault breaks it off.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use protocol::Dialect;

use crate::exchange::{Exchange, PendingWrites, Simulator};
use crate::faults::stream_error;
use crate::line::Line;
use crate::scenario::{Fault, FaultKind};

/// Characters of text or arguments in one chunk.
const PIECE: usize = 48;

/// What comes behind the last chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Clean,
    Silence,
    Reset,
}

/// An answer as it will go out.
pub(crate) struct Outgoing {
    chunks: std::vec::IntoIter<Bytes>,
    end: End,
    takes: Duration,
    first: Duration,
    pace: Duration,
    writes: Option<PendingWrites>,
    simulator: Arc<Simulator>,
    line: Line,
}

impl Outgoing {
    pub(crate) fn new(dialect: Dialect, exchange: Exchange, simulator: Arc<Simulator>, line: Line) -> Self {
        let fault = exchange.fault.clone();
        let mut chunks = if exchange.request.settings.stream {
            streamed(dialect, &exchange, fault.as_ref())
        } else {
            let body = Bytes::from(wire::codec(dialect).write_reply(&exchange.reply));
            let half = body.len() / 2;
            vec![body.slice(..half), body.slice(half..)]
        };
        let kind = fault.as_ref().map(|fault| fault.kind);
        let end = match kind {
            Some(FaultKind::Stall) => End::Silence,
            Some(FaultKind::Reset) => End::Reset,
            _ => End::Clean,
        };
        let cut = fault.as_ref().and_then(|fault| match fault.kind {
            FaultKind::Stall | FaultKind::Reset => Some(fault.after_chunks.unwrap_or(0)),
            // At least the terminal event is missing.
            FaultKind::Truncated => {
                Some(fault.after_chunks.unwrap_or(chunks.len() / 2).min(chunks.len().saturating_sub(1)))
            }
            _ => None,
        });
        chunks.truncate(cut.unwrap_or(usize::MAX));
        let latency = simulator.scenario.latency;
        let slow = fault.filter(|fault| fault.kind == FaultKind::Slow).map_or(0, |fault| fault.ms);
        Self {
            chunks: chunks.into_iter(),
            end,
            takes: exchange.takes,
            first: Duration::from_millis(latency.first_token_ms + slow),
            pace: Duration::from_millis(latency.per_chunk_ms),
            writes: Some(exchange.writes),
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
        let Some(chunk) = self.chunks.next() else { return self.finish().await };
        let wait = if self.writes.is_some() { self.first } else { self.pace };
        if !wait.is_zero() {
            tokio::select! {
                () = self.simulator.clock.sleep(wait) => {}
                () = self.simulator.stop.cancelled() => return None,
            }
        }
        if let Some(writes) = self.writes.take() {
            if !self.takes.is_zero() {
                tokio::select! {
                    () = self.simulator.clock.elapse(self.takes) => {}
                    () = self.simulator.stop.cancelled() => return None,
                }
            }
            self.simulator.commit(&writes);
        }
        Some(Ok(chunk))
    }

    async fn finish(&mut self) -> Option<io::Result<Bytes>> {
        match self.end {
            End::Clean => None,
            End::Silence => {
                self.simulator.stop.cancelled().await;
                None
            }
            End::Reset => {
                self.line.cut();
                Some(Err(io::Error::from(io::ErrorKind::ConnectionReset)))
            }
        }
    }
}

/// The events of an answer as the dialect writes them, broken off by an error where a fault says so.
fn streamed(dialect: Dialect, exchange: &Exchange, fault: Option<&Fault>) -> Vec<Bytes> {
    let mut writer = wire::codec(dialect).reply_writer(&exchange.request);
    let events = wire::replay(&exchange.reply, PIECE);
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
