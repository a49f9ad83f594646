//! A stream as the client sees it: what the relay gives, signs of life in between, and a proper end also when the gateway stops.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use protocol::{Dialect, ErrorKind, ProviderError};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::door::answer;
use crate::forward::job::Begun;
use crate::forward::relay::{Relay, error_event};

/// An answer that is waited for.
pub(crate) type Coming = Pin<Box<dyn Future<Output = Begun> + Send>>;

/// See the module.
pub(crate) struct Live {
    state: State,
    dialect: Dialect,
    ping: Pin<Box<Sleep>>,
    every: Duration,
    linger: Duration,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    is_cut: bool,
}

enum State {
    Coming(Coming),
    Flowing(Box<Relay>),
    Last(Bytes),
    Over,
}

enum Turn {
    Bytes(Option<Bytes>),
    Begun(Begun),
    Ping,
    Cut,
}

impl Live {
    fn new(state: State, dialect: Dialect, every: Duration, linger: Duration, cut: CancellationToken) -> Self {
        let (ping, cut) = (Box::pin(sleep(every)), Box::pin(cut.cancelled_owned()));
        Self { state, dialect, ping, every, linger, cut, is_cut: false }
    }

    /// A stream that has begun.
    pub(crate) fn flowing(
        relay: Relay,
        dialect: Dialect,
        every: Duration,
        linger: Duration,
        cut: CancellationToken,
    ) -> answer::Live {
        Self::new(State::Flowing(Box::new(relay)), dialect, every, linger, cut).into_stream()
    }

    /// One whose upstream has been silent since it was asked: the client gets its first sign of life at once.
    pub(crate) fn coming(
        coming: Coming,
        dialect: Dialect,
        every: Duration,
        linger: Duration,
        cut: CancellationToken,
    ) -> answer::Live {
        let live = Self::new(State::Coming(coming), dialect, every, linger, cut);
        Box::pin(stream::StreamExt::chain(stream::iter([ping(dialect)]), live.into_stream()))
    }

    /// One that is all there.
    pub(crate) fn last(bytes: Bytes) -> answer::Live {
        Box::pin(stream::iter([bytes]))
    }

    fn into_stream(self) -> answer::Live {
        Box::pin(stream::unfold(self, |mut live| async move { live.next().await.map(|bytes| (bytes, live)) }))
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            match self.turn().await {
                Turn::Bytes(Some(bytes)) => {
                    self.rest();
                    return Some(bytes);
                }
                Turn::Bytes(None) => {
                    self.state = State::Over;
                    return None;
                }
                Turn::Begun(begun) => self.begun(begun),
                Turn::Ping => {
                    self.rest();
                    return Some(ping(self.dialect));
                }
                Turn::Cut => self.cut_off(),
            }
        }
    }

    async fn turn(&mut self) -> Turn {
        let Self { state, ping, linger, cut, is_cut, .. } = self;
        match state {
            State::Over => Turn::Bytes(None),
            State::Last(bytes) => Turn::Bytes(Some(std::mem::take(bytes)).filter(|bytes| !bytes.is_empty())),
            State::Coming(coming) => tokio::select! {
                biased;
                () = cut.as_mut(), if !*is_cut => Turn::Cut,
                begun = coming => Turn::Begun(begun),
                () = ping.as_mut() => Turn::Ping,
            },
            State::Flowing(relay) => {
                let between = relay.is_between_events();
                tokio::select! {
                    biased;
                    () = cut.as_mut(), if !*is_cut => Turn::Cut,
                    bytes = relay.next(*linger) => Turn::Bytes(bytes),
                    () = ping.as_mut(), if between => Turn::Ping,
                }
            }
        }
    }

    fn begun(&mut self, begun: Begun) {
        self.state = match begun {
            Begun::Stream(flow) => {
                let mut relay = flow.relay;
                relay.take(flow.first);
                State::Flowing(Box::new(relay))
            }
            Begun::Whole(whole) => State::Last(whole.body),
            Begun::Failed(failed) => State::Last(match failed.words {
                Some(words) if words.streamed && words.dialect == self.dialect => words.body,
                _ => error_event(self.dialect, &failed.error).into(),
            }),
        };
    }

    fn cut_off(&mut self) {
        self.is_cut = true;
        let error = stopping();
        match &mut self.state {
            State::Flowing(relay) => relay.fail(&error),
            State::Coming(_) => self.state = State::Last(error_event(self.dialect, &error).into()),
            State::Last(_) | State::Over => {}
        }
    }

    /// The client has just heard something.
    fn rest(&mut self) {
        self.ping.as_mut().reset(Instant::now() + self.every);
    }
}

/// A sign of life that says nothing.
fn ping(dialect: Dialect) -> Bytes {
    Bytes::from_static(match dialect {
        Dialect::AnthropicMessages => b"event: ping\ndata: {\"type\": \"ping\"}\n\n",
        Dialect::OpenaiChat | Dialect::OpenaiResponses => b": ping\n\n",
    })
}

/// What is said to those whose answer was not over when the gateway stopped.
pub(crate) fn stopping() -> ProviderError {
    let message = "the gateway is shutting down; send the request again";
    ProviderError { status: Some(503), ..ProviderError::new(ErrorKind::Overloaded, message) }
}
