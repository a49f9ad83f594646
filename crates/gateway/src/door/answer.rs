//! What goes back to a client: whole or live.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use protocol::{Dialect, ProviderError};

use crate::core::Page;
use crate::door::phase::Serving;

/// The gateway's own id of a request.
pub(crate) const REQUEST_ID: &str = "x-agent-request-id";

/// Pieces of an answer as they come. It cannot fail: what goes wrong is said in the stream.
pub(crate) type Live = Pin<Box<dyn Stream<Item = Bytes> + Send>>;

/// The body of an answer. While it is there, its connection is busy.
pub(crate) struct Answer {
    content: Content,
    _serving: Option<Serving>,
}

enum Content {
    Whole(Option<Bytes>),
    Live(Live),
}

impl Answer {
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self { content: Content::Whole(Some(bytes.into()).filter(|bytes| !bytes.is_empty())), _serving: None }
    }

    pub(crate) fn live(stream: Live) -> Self {
        Self { content: Content::Live(stream), _serving: None }
    }

    pub(crate) fn serving(mut self, serving: Serving) -> Self {
        self._serving = Some(serving);
        self
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.content {
            Content::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Content::Live(stream) => {
                stream.as_mut().poll_next(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
            }
        }
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
