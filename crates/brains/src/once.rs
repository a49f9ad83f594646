//! One attempt, for whoever decides by itself what follows: the gateway, which tries several bindings.

use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use protocol::ProviderError;
use reqwest::Method;
use reqwest::header::HeaderMap;
use tokio_util::sync::CancellationToken;

use crate::client::{Client, live};
use crate::headers;
use crate::outcome::{ByteStream, Once, OnceError};
use crate::retry;
use crate::transport::{Opened, Outgoing};

impl Client {
    /// Posts a body once and gives back the answer as bytes. No pause, no second attempt, no breaker: the caller has those
    /// ([`crate::Health`], [`Client::pause`]). The body is not looked at.
    ///
    /// `headers` override the endpoint's, except for its key; what belongs to one connection is left out. `path_and_query` as for
    /// [`Client::raw`].
    ///
    /// # Errors
    /// Only when there is no answer: no connection, no first byte, cancelled. Any HTTP status is an answer.
    pub async fn once(
        &self,
        body: Bytes,
        headers: &HeaderMap,
        path_and_query: &str,
        cancel: &CancellationToken,
    ) -> Result<Once, Box<OnceError>> {
        let headers = headers::of_forwarded(&self.headers, &self.endpoint, headers);
        let outgoing = Outgoing { method: Method::POST, url: self.base.join(path_and_query), headers, body };
        let at = self.clock.now();
        match self.exchange(&outgoing, cancel).await {
            Ok(Opened { status, headers, body }) => {
                let ms = self.ms_since(at);
                Ok(Once { status, headers, stream: live(body), error: None, again: false, elsewhere: false, at, ms })
            }
            Err(fault) => {
                let (ms, again, elsewhere) = (self.ms_since(at), fault.again, retry::elsewhere(&fault.error));
                let error = fault.error;
                let Some((status, headers, body)) = fault.response else {
                    return Err(Box::new(OnceError { error, again, elsewhere, at, ms }));
                };
                let stream: ByteStream = Box::pin(stream::iter([Ok(Bytes::from(body))]));
                Ok(Once { status, headers, stream, error: Some(error), again, elsewhere, at, ms })
            }
        }
    }

    /// The pause before retry number `retry` (from 0) at the same place: what the provider asked for, else half a second, doubled
    /// each time up to eight, with jitter. None where the provider asks for more than a minute: that is for the caller's caller.
    pub fn pause(&self, retry: usize, error: &ProviderError) -> Option<Duration> {
        self.backoff.pause(retry, error)
    }
}
