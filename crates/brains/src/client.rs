//! The client of one provider.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use protocol::{Clock, Dialect, ErrorKind, ProviderError, StreamEvent, Timestamp, Usage};
use reqwest::Method;
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use wire::Codec;

use crate::breaker::{Breakers, model_of};
use crate::emit::Emitter;
use crate::endpoint::{Base, Endpoint};
use crate::headers;
use crate::outcome::{Answer, Attempt, ByteStream, Failure, RawResponse};
use crate::policy::Policy;
use crate::reading;
use crate::retry::{self, Backoff};
use crate::text::{bytes_without_key, without_key};
use crate::transport::{Body, Opened, Outgoing, Transport, cancelled};

/// Longest error body that is read.
const LONGEST_ERROR: usize = 1024 * 1024;

/// Calls one provider. Cheap to share behind an `Arc`, made once: it keeps connections open between calls.
pub struct Client {
    pub(crate) endpoint: Endpoint,
    pub(crate) base: Base,
    pub(crate) headers: HeaderMap,
    codec: &'static dyn Codec,
    transport: Transport,
    policy: Policy,
    pub(crate) backoff: Backoff,
    breakers: Breakers,
    pub(crate) clock: Arc<dyn Clock>,
}

/// An attempt that failed.
pub(crate) struct Fault {
    pub(crate) error: ProviderError,
    /// Whether another attempt can help.
    pub(crate) again: bool,
    /// The answer behind it, where there was one: status, headers, body.
    pub(crate) response: Option<(u16, HeaderMap, Vec<u8>)>,
}

/// What follows a failed attempt.
enum Next {
    Again,
    GiveUp,
    Cancelled,
}

impl Client {
    /// A client for this provider. Connects to nothing yet.
    ///
    /// The pauses between attempts are waited for on `clock`; `rng_seed` makes their jitter repeatable.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] for a base URL or header that cannot be used, [`ErrorKind::Auth`] for a key that
    /// cannot be sent, [`ErrorKind::Transport`] when the system's root certificates are missing.
    pub fn new(
        endpoint: Endpoint,
        policy: Policy,
        clock: Arc<dyn Clock>,
        rng_seed: Option<u64>,
    ) -> Result<Self, ProviderError> {
        let base = Base::parse(&endpoint)?;
        let headers = headers::base(&endpoint)?;
        let transport = Transport::new(policy, &base)?;
        let codec = wire::codec(endpoint.dialect);
        let backoff = Backoff::new(rng_seed);
        let breakers = Breakers::default();
        Ok(Self { endpoint, base, headers, codec, transport, policy, backoff, breakers, clock })
    }

    /// What the provider speaks.
    pub fn dialect(&self) -> Dialect {
        self.endpoint.dialect
    }

    /// Sends a request body as it is and reads the answer, streamed or whole, whichever the server sends.
    ///
    /// `headers` override the endpoint's, except for its key. Events are handed on as they arrive; `Started` comes with the
    /// first content and thus once, also when an earlier attempt failed. A whole answer is handed on as the events it
    /// would have had.
    ///
    /// # Errors
    /// When no attempt succeeded, or one failed after content had been handed on. Of the body only the model's name is read:
    /// what the provider says about it comes back as its error. At once, and with nothing sent, while the calls before it failed
    /// so often in a row that this model is left alone for half a minute.
    pub async fn call(
        &self,
        body: Bytes,
        headers: &[(String, String)],
        cancel: &CancellationToken,
        on_event: &mut (dyn FnMut(&StreamEvent) + Send),
    ) -> Result<Answer, Box<Failure>> {
        let model = model_of(&body);
        let outgoing = self.post(self.codec.path(), body, headers)?;
        let began = self.clock.now();
        let admitted = self.breakers.admit(&self.endpoint.name, &model, began);
        admitted.map_err(|error| Box::new(failure(error, Vec::new(), began, 0)))?;
        let ended = |error| self.breakers.ended(&model, error, self.clock.now());
        let mut attempts = Vec::new();
        loop {
            let at = self.clock.now();
            let mut emitter = Emitter::new(on_event, self.clock.as_ref(), at);
            let result = self.attempt(&outgoing, cancel, &mut emitter).await;
            let (shown, usage, first_token_ms) = (emitter.shown, emitter.usage, emitter.first_token_ms);
            let mut fault = match result {
                Ok((reply, request_id)) => {
                    let ms = self.ms_since(at);
                    ended(None);
                    return Ok(Answer { reply, attempts, first_token_ms, ms, request_id, at });
                }
                Err(fault) => fault,
            };
            let might_help = fault.again;
            fault.again &= !shown;
            let failed = Attempt { at, ms: self.ms_since(at), usage, error: fault.error.clone() };
            match self.next(&fault, failed, &mut attempts, cancel).await {
                Next::Again => {}
                Next::Cancelled => {
                    ended(Some((ErrorKind::Cancelled, false)));
                    return Err(self.cancelled_between(attempts));
                }
                Next::GiveUp => {
                    let ms = self.ms_since(at);
                    let error = fault.error;
                    ended(Some((error.kind, might_help)));
                    return Err(Box::new(Failure { error, attempts, at, ms, first_token_ms, usage, shown }));
                }
            }
        }
    }

    /// Posts a body and gives back the answer as bytes: the layer for forwarding. Retries as [`Client::call`] does until the
    /// status line of an answer that stands; then the bytes are the caller's, and what is wrong in them too.
    ///
    /// `path_and_query` begins with the version (`/v1/messages?beta=true`); it is left out where the base URL has one.
    ///
    /// # Errors
    /// Only when there is no answer: no connection, no first byte, cancelled, a header that cannot be sent, or a model that is left
    /// alone as [`Client::call`] says. Any HTTP status is an answer.
    pub async fn raw(
        &self,
        body: Bytes,
        headers: &[(String, String)],
        path_and_query: &str,
        cancel: &CancellationToken,
    ) -> Result<RawResponse, Box<Failure>> {
        let model = model_of(&body);
        let outgoing = self.post(path_and_query, body, headers)?;
        let began = self.clock.now();
        let admitted = self.breakers.admit(&self.endpoint.name, &model, began);
        admitted.map_err(|error| Box::new(failure(error, Vec::new(), began, 0)))?;
        let ended = |error| self.breakers.ended(&model, error, self.clock.now());
        let mut attempts = Vec::new();
        loop {
            let at = self.clock.now();
            let fault = match self.exchange(&outgoing, cancel).await {
                Ok(Opened { status, headers, body }) => {
                    let ms = self.ms_since(at);
                    ended(None);
                    let headers = pairs(&headers, self.endpoint.key.as_ref());
                    return Ok(RawResponse { status, headers, stream: live(body), error: None, attempts, at, ms });
                }
                Err(fault) => fault,
            };
            let ms = self.ms_since(at);
            let failed = Attempt { at, ms, usage: Usage::default(), error: fault.error.clone() };
            match self.next(&fault, failed, &mut attempts, cancel).await {
                Next::Again => {}
                Next::Cancelled => {
                    ended(Some((ErrorKind::Cancelled, false)));
                    return Err(self.cancelled_between(attempts));
                }
                Next::GiveUp => {
                    ended(Some((fault.error.kind, fault.again)));
                    return give_up(*fault, self.endpoint.key.as_ref(), attempts, at, ms);
                }
            }
        }
    }

    fn post(&self, path: &str, body: Bytes, own: &[(String, String)]) -> Result<Outgoing, Box<Failure>> {
        let headers = headers::of_request(&self.headers, &self.endpoint, own)
            .map_err(|error| Box::new(failure(error, Vec::new(), self.clock.now(), 0)))?;
        Ok(Outgoing { method: Method::POST, url: self.base.join(path), headers, body })
    }

    async fn attempt(
        &self,
        outgoing: &Outgoing,
        cancel: &CancellationToken,
        emitter: &mut Emitter<'_>,
    ) -> Result<(protocol::Reply, Option<String>), Box<Fault>> {
        let mut opened = self.exchange(outgoing, cancel).await?;
        let request_id = request_id(&opened.headers).map(|id| without_key(id, self.endpoint.key.as_ref()));
        match reading::read(self.codec, &mut opened, emitter).await {
            Ok(reply) => Ok((reply, request_id)),
            Err(mut error) => {
                error.request_id = error.request_id.or(request_id);
                Err(self.fault(error))
            }
        }
    }

    /// One request: a 2xx answer, or why not.
    pub(crate) async fn exchange(&self, outgoing: &Outgoing, cancel: &CancellationToken) -> Result<Opened, Box<Fault>> {
        let mut opened = self.transport.send(outgoing, cancel).await.map_err(|error| self.fault(error))?;
        if (200..300).contains(&opened.status) {
            return Ok(opened);
        }
        // A body that breaks off still has a status and mostly a beginning.
        let body = match opened.body.rest(LONGEST_ERROR, Vec::new()).await {
            Ok((body, _)) => bytes_without_key(body, self.endpoint.key.as_ref()),
            Err(error) if error.kind == ErrorKind::Cancelled => return Err(self.fault(error)),
            Err(_) => Vec::new(),
        };
        Err(self.refusal(opened.status, opened.headers, body))
    }

    fn refusal(&self, status: u16, headers: HeaderMap, body: Vec<u8>) -> Box<Fault> {
        let header = |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let mut error = match header("location") {
            Some(location) if (300..400).contains(&status) => redirected(status, &location, &self.endpoint.name),
            _ => self.codec.read_error(status, &header, &body),
        };
        error.status = error.status.or(Some(status));
        error.request_id = error.request_id.or_else(|| request_id(&headers));
        retry::read_hints(&mut error, &headers, self.clock.now());
        let again = retry::may_help(&error, &String::from_utf8_lossy(&body));
        Box::new(Fault { response: Some((status, headers, body)), again, ..*self.fault(error) })
    }

    fn fault(&self, mut error: ProviderError) -> Box<Fault> {
        let key = self.endpoint.key.as_ref();
        error.message = without_key(error.message, key);
        error.request_id = error.request_id.map(|id| without_key(id, key));
        let again = retry::may_help(&error, &error.message);
        Box::new(Fault { error, again, response: None })
    }

    /// Decides whether there is another attempt, and waits for it.
    async fn next(
        &self,
        fault: &Fault,
        failed: Attempt,
        attempts: &mut Vec<Attempt>,
        cancel: &CancellationToken,
    ) -> Next {
        if !fault.again || attempts.len() >= self.policy.max_retries as usize {
            return Next::GiveUp;
        }
        let Some(pause) = self.backoff.pause(attempts.len(), &fault.error) else { return Next::GiveUp };
        tracing::debug!(provider = self.endpoint.name, error = %fault.error, pause_ms = pause.as_millis() as u64, "retry");
        attempts.push(failed);
        self.wait(pause, cancel).await
    }

    async fn wait(&self, pause: Duration, cancel: &CancellationToken) -> Next {
        tokio::select! {
            biased;
            () = cancel.cancelled() => Next::Cancelled,
            () = self.clock.sleep(pause) => Next::Again,
        }
    }

    fn cancelled_between(&self, attempts: Vec<Attempt>) -> Box<Failure> {
        Box::new(failure(cancelled(), attempts, self.clock.now(), 0))
    }

    pub(crate) fn ms_since(&self, at: Timestamp) -> u64 {
        self.clock.now().since(at).as_millis() as u64
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("endpoint", &self.endpoint).field("policy", &self.policy).finish_non_exhaustive()
    }
}

fn failure(error: ProviderError, attempts: Vec<Attempt>, at: Timestamp, ms: u64) -> Failure {
    Failure { error, attempts, at, ms, first_token_ms: None, usage: Usage::default(), shown: false }
}

/// A provider's refusal is an answer to forward; without one the call has failed.
fn give_up(
    fault: Fault,
    key: Option<&SecretString>,
    attempts: Vec<Attempt>,
    at: Timestamp,
    ms: u64,
) -> Result<RawResponse, Box<Failure>> {
    let Some((status, headers, body)) = fault.response else {
        return Err(Box::new(failure(fault.error, attempts, at, ms)));
    };
    let headers = pairs(&headers, key);
    let stream: ByteStream = Box::pin(stream::iter([Ok(Bytes::from(body))]));
    Ok(RawResponse { status, headers, stream, error: Some(fault.error), attempts, at, ms })
}

pub(crate) fn live(body: Body) -> ByteStream {
    Box::pin(stream::unfold(Some(body), |body| async {
        let mut body = body?;
        match body.next().await {
            Ok(Some(bytes)) => Some((Ok(bytes), Some(body))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    }))
}

/// The headers of an answer, as they may be passed on and written down.
fn pairs(headers: &HeaderMap, key: Option<&SecretString>) -> Vec<(String, String)> {
    let text = |value: &[u8]| without_key(String::from_utf8_lossy(value).into_owned(), key);
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get("request-id").or_else(|| headers.get("x-request-id"))?;
    Some(id.to_str().ok()?.to_owned())
}

fn redirected(status: u16, location: &str, provider: &str) -> ProviderError {
    // The address without its query: whoever redirects may have put a session into it.
    let location = location.split(['?', '#']).next().unwrap_or_default();
    let message = format!(
        "provider `{provider}` redirects to `{location}`; keys are not sent on to another address. If that is the right \
         one, make it the base URL"
    );
    ProviderError { status: Some(status), ..ProviderError::new(ErrorKind::InvalidRequest, message) }
}
