//! A stream on its way from the upstream to the client. What does not fit the client is kept back at the upstream: nothing is read
//! ahead of what has been taken.
//!
//! Passed through, bytes go on unchanged and up to the end of an event each time, so that a ping or an error never lands inside one.
//! An end without the dialect's last event becomes an error event.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use brains::ByteStream;
use bytes::{Bytes, BytesMut};
use futures::{FutureExt, StreamExt};
use http::HeaderMap;
use protocol::{Dialect, ErrorKind, ProviderError, Request, StreamEvent};
use tokio::time::timeout;

use crate::forward::send::{self, Other, Way};
use crate::forward::trial::Trial;
use crate::forward::usage_chunk;
use crate::forward::watch::Watch;
use crate::route::Binding;

/// Most that is kept back of an event that has not ended. A longer one goes on in pieces.
const KEPT_BACK: usize = 32 * 1024;

/// Bytes that go on in one piece, where so many are there.
const TOGETHER: usize = 16 * 1024;

/// A stream that has begun.
pub(crate) struct Flow {
    pub(crate) first: Bytes,
    /// The upstream's headers.
    pub(crate) headers: HeaderMap,
    pub(crate) relay: Relay,
}

/// See the module.
pub(crate) struct Relay {
    stream: ByteStream,
    kind: Kind,
    client: Dialect,
    out: VecDeque<Bytes>,
    trial: Trial,
    /// Nothing more comes.
    over: bool,
}

enum Kind {
    Same(Box<Same>),
    Other(Box<Other>, bool),
    /// Compressed by the upstream: nothing is known about it.
    Blind,
}

struct Same {
    watch: Watch,
    /// The client has not asked for a chunk of usage.
    hides_usage: bool,
    /// The beginning of an event.
    kept: VecDeque<Bytes>,
    size: usize,
    /// The client was sent the beginning of an event already.
    inside: bool,
}

impl Relay {
    pub(crate) fn new(stream: ByteStream, way: Way, from: Dialect, client: Dialect, blind: bool, trial: Trial) -> Self {
        let kind = match way {
            Way::Same { .. } if blind => Kind::Blind,
            Way::Same { hides_usage } => Kind::Same(Box::new(Same::new(from, hides_usage))),
            Way::Other(other) => Kind::Other(other, false),
        };
        Self { stream, kind, client, out: VecDeque::new(), trial, over: false }
    }

    /// Whether the bytes are the upstream's own.
    pub(crate) fn is_same(&self) -> bool {
        !matches!(self.kind, Kind::Other(..))
    }

    /// Who is answering.
    pub(crate) fn binding(&self) -> Arc<Binding> {
        Arc::clone(&self.trial.binding)
    }

    /// Whether something may be put between what was sent and what comes next.
    pub(crate) fn is_between_events(&self) -> bool {
        match &self.kind {
            Kind::Same(same) => !same.inside,
            Kind::Other(..) => true,
            Kind::Blind => false,
        }
    }

    /// The next bytes for the client; none at the end. Can be dropped and called again.
    pub(crate) async fn next(&mut self, linger: Duration) -> Option<Bytes> {
        loop {
            if !self.out.is_empty() {
                self.take_what_is_there().await;
                return Some(together(&mut self.out));
            }
            if self.over {
                return None;
            }
            // Some servers leave the connection open behind the last event, some say their usage there.
            let next = if self.is_complete() {
                timeout(linger, self.stream.next()).await.unwrap_or(None)
            } else {
                self.stream.next().await
            };
            self.came(next);
        }
    }

    fn came(&mut self, next: Option<Result<Bytes, ProviderError>>) {
        match next {
            Some(Ok(bytes)) => self.take(bytes),
            Some(Err(_)) if self.is_complete() => self.end(),
            Some(Err(error)) => self.fail(&error),
            None => self.end(),
        }
    }

    /// What has arrived together goes on together: one write instead of one for each event. The connection's task hands over one piece
    /// at a time, so it is let run once more; nothing is waited for. A task of its own does the yielding, because the server polls a body
    /// that yields a second time at once.
    async fn take_what_is_there(&mut self) {
        let mut yields = 0;
        while !self.over && !self.is_complete() && self.out.iter().map(Bytes::len).sum::<usize>() < TOGETHER {
            if let Some(next) = self.stream.next().now_or_never() {
                self.came(next);
                yields = 0;
                continue;
            }
            // It cannot fail but by the runtime's end.
            let _ = match yields {
                // On one thread the connection's task stands before a new one.
                0 => tokio::spawn(async {}).await,
                // Behind everything that can run, on any number of threads.
                1 => tokio::spawn(tokio::task::yield_now()).await,
                _ => return,
            };
            yields += 1;
        }
    }

    /// Whether the dialect's last event has come.
    fn is_complete(&self) -> bool {
        match &self.kind {
            Kind::Same(same) => same.watch.over || same.watch.error.is_some(),
            Kind::Other(_, finished) => *finished,
            Kind::Blind => false,
        }
    }

    /// Takes bytes of the upstream.
    pub(crate) fn take(&mut self, bytes: Bytes) {
        match &mut self.kind {
            Kind::Blind => self.out.push_back(bytes),
            Kind::Same(same) => {
                same.take(bytes, &mut self.out);
                self.trial.usage = same.watch.usage;
            }
            Kind::Other(other, _) => {
                let read = other.reader.push(&bytes);
                // An error that came behind other events in the same bytes is told with the next call.
                let more = read.is_ok().then(|| other.reader.push(b""));
                self.write(read);
                if let (Some(more), false) = (more, self.over) {
                    self.write(more);
                }
            }
        }
    }

    /// Says events in the client's dialect.
    fn write(&mut self, events: Result<Vec<StreamEvent>, wire::WireError>) {
        let events = match events {
            Ok(events) => events,
            Err(error) => return self.fail(&spoilt(error)),
        };
        let Kind::Other(other, finished) = &mut self.kind else { return };
        let mut bytes = Vec::new();
        for mut event in events {
            match &event {
                StreamEvent::Started { usage, .. } => self.trial.usage = *usage,
                StreamEvent::Finished { reply } => {
                    self.trial.usage = reply.usage;
                    *finished = true;
                    self.trial.end(200, None);
                }
                _ => {}
            }
            other.reverse.event(&mut event);
            bytes.extend(other.writer.push(&event));
        }
        if !bytes.is_empty() {
            self.out.push_back(bytes.into());
        }
    }

    /// The upstream has nothing more to say.
    fn end(&mut self) {
        match &mut self.kind {
            Kind::Blind => {}
            Kind::Same(same) => {
                same.watch.finish();
                same.watch.settle();
                self.trial.usage = same.watch.usage;
                if !self.is_complete() {
                    return self.fail(&truncated());
                }
            }
            Kind::Other(other, false) => {
                let rest = other.reader.finish();
                self.write(rest);
                if !self.over && !self.is_complete() {
                    self.fail(&truncated());
                }
            }
            Kind::Other(..) => {}
        }
        self.over = true;
        self.settle();
    }

    /// Closes the books on a stream that came to its end.
    fn settle(&mut self) {
        let mut error = None;
        if let Kind::Same(same) = &mut self.kind {
            same.forward_all(&mut self.out);
            error = same.watch.error.take();
        }
        self.trial.end(200, error.as_ref());
    }

    /// Ends the stream with an error event in the client's dialect.
    pub(crate) fn fail(&mut self, error: &ProviderError) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        let mut bytes = Vec::new();
        let said = match &mut self.kind {
            Kind::Other(other, _) => other.writer.error(error),
            Kind::Same(same) => {
                // An event that was sent in part is ended by a line of its own; what follows makes an error of it.
                bytes.extend(same.inside.then_some(b'\n'));
                same.error_event(self.client, error)
            }
            // Nothing can be said inside of compressed bytes; they end before their own end.
            Kind::Blind => Vec::new(),
        };
        bytes.extend(said);
        if !bytes.is_empty() {
            self.out.push_back(bytes.into());
        }
        self.trial.end(200, Some(error));
    }
}

fn together(out: &mut VecDeque<Bytes>) -> Bytes {
    if out.len() == 1 {
        return out.pop_front().unwrap_or_default();
    }
    out.drain(..)
        .fold(BytesMut::new(), |mut all, bytes| {
            all.extend_from_slice(&bytes);
            all
        })
        .freeze()
}

/// A client that leaves once it has read the last event has had its whole answer.
impl Drop for Relay {
    fn drop(&mut self) {
        if !self.over && self.is_complete() {
            if let Kind::Same(same) = &mut self.kind {
                same.watch.settle();
                self.trial.usage = same.watch.usage;
            }
            self.settle();
        }
    }
}

impl Same {
    /// The last event of a stream that failed. Responses says there whose answer it was, and which event of it.
    fn error_event(&self, client: Dialect, error: &ProviderError) -> Vec<u8> {
        match &self.watch.identity {
            Some((id, model)) if client == Dialect::OpenaiResponses => {
                wire::openai_responses::failed_event(id, model, self.watch.named, error)
            }
            _ => error_event(client, error),
        }
    }

    fn new(dialect: Dialect, hides_usage: bool) -> Self {
        Self { watch: Watch::new(dialect), hides_usage, kept: VecDeque::new(), size: 0, inside: false }
    }

    fn take(&mut self, bytes: Bytes, out: &mut VecDeque<Bytes>) {
        let mut rest = bytes;
        if let Some(end) = self.watch.push(&rest) {
            self.kept.push_back(rest.split_to(end));
            self.forward_all(out);
            self.inside = false;
        }
        if !rest.is_empty() {
            self.size += rest.len();
            self.kept.push_back(rest);
        }
        if self.size > KEPT_BACK {
            self.forward_all(out);
            self.inside = true;
        }
    }

    fn forward_all(&mut self, out: &mut VecDeque<Bytes>) {
        self.size = 0;
        if self.hides_usage && std::mem::take(&mut self.watch.usage_alone) {
            let events = usage_chunk::without(&std::mem::take(&mut self.kept).make_contiguous().concat());
            out.extend(Some(events).filter(|events| !events.is_empty()));
        } else {
            out.append(&mut self.kept);
        }
    }
}

/// An error as an event of a stream in this dialect.
pub(crate) fn error_event(dialect: Dialect, error: &ProviderError) -> Vec<u8> {
    wire::codec(dialect).reply_writer(&Request::default()).error(error)
}

/// What an answer that cannot be read is called.
pub(crate) fn spoilt(error: wire::WireError) -> ProviderError {
    match error {
        wire::WireError::Provider(error) => error,
        other => ProviderError { status: None, kind: ErrorKind::Malformed, ..send::refused(other) },
    }
}

fn truncated() -> ProviderError {
    ProviderError::new(ErrorKind::Truncated, "the upstream's answer ended before its last event")
}
