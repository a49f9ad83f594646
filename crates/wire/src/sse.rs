//! Server-sent events: bytes to events as they come in, and events to bytes.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::stream::{Map, Stream, StreamExt};
use protocol::{ErrorKind, ProviderError};
use sse_stream::{Sse, SseByteStream};

/// Most bytes that one streamed answer may have: beyond it the sender is broken, and our memory would be the next victim.
pub(crate) const STREAM_BUDGET: u64 = 64 * 1024 * 1024;

type Queue = Map<UnboundedReceiver<Bytes>, fn(Bytes) -> Result<Bytes, Infallible>>;

/// Takes bytes, gives events. The parser is `sse-stream`'s; a queue stands in for the body it expects to poll.
pub(crate) struct Decoder {
    queue: UnboundedSender<Bytes>,
    events: SseByteStream<Queue>,
    seen: u64,
}

impl Decoder {
    pub(crate) fn new() -> Self {
        let (queue, receiver) = unbounded();
        let events = SseByteStream::new(receiver.map(Ok as fn(Bytes) -> Result<Bytes, Infallible>));
        Self { queue, events, seen: 0 }
    }

    /// Takes the next bytes; gives each event that they complete, and how decoding failed, if it did.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> (Vec<Sse>, Option<ProviderError>) {
        self.seen += bytes.len() as u64;
        if self.seen > STREAM_BUDGET {
            let message = format!("the streamed answer is longer than {STREAM_BUDGET} bytes");
            return (Vec::new(), Some(malformed(message)));
        }
        if !bytes.is_empty() && self.queue.unbounded_send(Bytes::copy_from_slice(bytes)).is_err() {
            return (Vec::new(), Some(malformed("bytes after a decoding error")));
        }
        let mut events = Vec::new();
        let mut context = Context::from_waker(Waker::noop());
        loop {
            match Pin::new(&mut self.events).poll_next(&mut context) {
                Poll::Ready(Some(Ok(event))) => events.push(event),
                Poll::Ready(Some(Err(error))) => {
                    return (events, Some(malformed(format!("not an event stream: {error}"))));
                }
                Poll::Ready(None) | Poll::Pending => return (events, None),
            }
        }
    }
}

/// An answer that is not its dialect's.
pub(crate) fn malformed(message: impl Into<String>) -> ProviderError {
    ProviderError::new(ErrorKind::Malformed, message)
}

/// An event as bytes. A line break inside the JSON (between tokens: strings have theirs escaped) makes a new data line.
pub(crate) fn frame(event: Option<&str>, data: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(data.len() + 32);
    if let Some(event) = event {
        bytes.extend_from_slice(b"event: ");
        bytes.extend_from_slice(event.as_bytes());
        bytes.push(b'\n');
    }
    for line in data.split(['\n', '\r']).filter(|line| !line.is_empty()) {
        bytes.extend_from_slice(b"data: ");
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
    }
    bytes.push(b'\n');
    bytes
}
