//! A client's socket with its time limits: slow heads, idle connections, clients that take nothing of what is written. Heads of more
//! than one meaning are spoilt here.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::core::Limits;
use crate::door::phase::{Phase, Waiting};
use crate::door::strict::Strict;

/// A connection.
pub(crate) struct Line {
    stream: TcpStream,
    phase: Phase,
    strict: Strict,
    /// For what the reading timer runs.
    timed: Waiting,
    reading: Pin<Box<Sleep>>,
    /// Made when a write first has to wait: most never do.
    writing: Option<Pin<Box<Sleep>>>,
    head: Duration,
    idle: Duration,
    stall: Duration,
}

impl Line {
    pub(crate) fn new(stream: TcpStream, phase: Phase, limits: &Limits) -> Self {
        let reading = Box::pin(sleep_until(Instant::now() + limits.headers));
        let (head, idle, stall) = (limits.headers, limits.idle, limits.write_stall);
        Self {
            stream,
            phase,
            strict: Strict::default(),
            timed: Waiting::Head,
            reading,
            writing: None,
            head,
            idle,
            stall,
        }
    }

    /// Whether what is waited for has taken too long.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        let waiting = self.phase.get();
        if waiting != self.timed {
            self.timed = waiting;
            match waiting {
                Waiting::Head => self.reading.as_mut().reset(Instant::now() + self.head),
                Waiting::Idle => self.reading.as_mut().reset(Instant::now() + self.idle),
                Waiting::Busy => {}
            }
        }
        waiting != Waiting::Busy && self.reading.as_mut().poll(context).is_ready()
    }

    /// A write that has to wait: until when?
    fn stalled<T>(&mut self, context: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.writing = None;
            return result;
        }
        let until = self.stall;
        let timer = self.writing.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + until)));
        if timer.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing of its answer")));
        }
        Poll::Pending
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        if result.is_ready() {
            if buffer.filled().len() > before {
                if self.phase.get() == Waiting::Idle {
                    self.phase.head_begins();
                    self.strict = Strict::default();
                }
                if self.phase.get() == Waiting::Head {
                    self.strict.look(&mut buffer.filled_mut()[before..]);
                }
            }
            return result;
        }
        if self.is_late(context) {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no request came in time")));
        }
        Poll::Pending
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.stalled(context, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.stalled(context, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(context);
        // An answer that is out may be the last thing that happens here: from now on the next request is waited for.
        if result.is_ready() && self.phase.get() == Waiting::Idle && self.is_late(context) {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no request came in time")));
        }
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
