//! What goes back to a client: whole or live.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use protocol::{Dialect, ProviderError, Request};

use crate::account::{Cost, exactly};
use crate::core::Page;
use crate::door::phase::Serving;
use crate::shield;

/// The gateway's own id of a request.
pub(crate) const REQUEST_ID: &str = "x-agent-request-id";

/// Dollars. A header of whole answers; behind a stream, for clients that take trailers.
pub(crate) const COST: &str = "x-agent-cost-usd";

/// Pieces of an answer as they come. It cannot fail: what goes wrong is said in the stream.
pub(crate) type Live = Pin<Box<dyn Stream<Item = Bytes> + Send>>;

/// The body of an answer. While it is there, its connection is busy.
pub(crate) struct Answer {
    content: Content,
    /// In which an answer that breaks off by a fault of ours says so.
    dialect: Dialect,
    /// What it costs, once that is known.
    cost: Option<Cost>,
    /// The client takes trailers.
    trailers: bool,
    _serving: Option<Serving>,
}

enum Content {
    Whole(Option<Bytes>),
    Live(Live),
}

impl Answer {
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::of(Content::Whole(Some(bytes.into()).filter(|bytes| !bytes.is_empty())))
    }

    pub(crate) fn live(stream: Live) -> Self {
        Self::of(Content::Live(stream))
    }

    fn of(content: Content) -> Self {
        Self { content, dialect: Dialect::OpenaiChat, cost: None, trailers: false, _serving: None }
    }

    /// Who is served with it, and in which dialect.
    pub(crate) fn serving(mut self, serving: Serving, dialect: Dialect) -> Self {
        self._serving = Some(serving);
        self.dialect = dialect;
        self
    }

    /// Its cost will be told here.
    pub(crate) fn costing(mut self, cost: Cost) -> Self {
        self.cost = Some(cost);
        self
    }

    /// Lets it end with its cost, where it is a stream of a model's. True where it will.
    pub(crate) fn with_trailers(&mut self) -> bool {
        self.trailers = self.cost.is_some() && matches!(self.content, Content::Live(_));
        self.trailers
    }

    /// What stands behind the last byte; none where there is nothing to say.
    fn trailer(&mut self) -> Option<HeaderMap> {
        let cost = self.cost.take().filter(|_| self.trailers)?.told()?;
        let mut headers = HeaderMap::new();
        set(&mut headers, COST, &exactly(cost));
        Some(headers)
    }

    /// The end of a stream that met a fault of ours. An event that was sent in part is ended by an empty line.
    fn broken(&self) -> Bytes {
        let event = wire::codec(self.dialect).reply_writer(&Request::default()).error(&shield::fault());
        [b"\n\n", event.as_slice()].concat().into()
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let stream = match &mut self.content {
            Content::Whole(bytes) => return Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Content::Live(stream) => stream,
        };
        let Some(poll) = shield::contain(|| stream.as_mut().poll_next(context)) else {
            self.content = Content::Whole(None);
            return Poll::Ready(Some(Ok(Frame::data(self.broken()))));
        };
        poll.map(|bytes| match bytes {
            Some(bytes) => Some(Ok(Frame::data(bytes))),
            None => self.trailer().map(|headers| Ok(Frame::trailers(headers))),
        })
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.content, Content::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Content::Live(_) => SizeHint::default(),
        }
    }
}

/// An error in the client's dialect, with the provider's wish to wait.
pub(crate) fn error(dialect: Dialect, error: &ProviderError) -> Response<Answer> {
    let (status, body) = wire::codec(dialect).write_error(error);
    let mut response = json(status, body);
    wait(response.headers_mut(), error.retry_after_ms);
    response
}

/// JSON with a status.
pub(crate) fn json(status: u16, body: impl Into<Bytes>) -> Response<Answer> {
    let mut response = Response::new(Answer::whole(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The head of an event stream that the gateway itself writes.
pub(crate) fn events(stream: Live) -> Response<Answer> {
    let mut response = Response::new(Answer::live(stream));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// A page.
pub(crate) fn page(page: Page) -> Response<Answer> {
    let mut response = Response::new(Answer::whole(page.body));
    *response.status_mut() = match page.status {
        0 => StatusCode::OK,
        status => StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    for (name, value) in page.headers {
        set(response.headers_mut(), name, &value);
    }
    response
}

/// Sets a header, unless its value cannot be one.
pub(crate) fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Says how long to wait, where nothing says so yet.
pub(crate) fn wait(headers: &mut HeaderMap, ms: Option<u64>) {
    let Some(ms) = ms else { return };
    if !headers.contains_key("retry-after-ms") && !headers.contains_key(RETRY_AFTER) {
        set(headers, "retry-after", &ms.div_ceil(1_000).to_string());
        set(headers, "retry-after-ms", &ms.to_string());
    }
}
