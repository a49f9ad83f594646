//! One request and its answer as bytes, with every wait bounded. No retries, no wire formats.
//!
//! Sockets are opened by `reqwest` here and nowhere else in the crate. Time limits are those of the real socket; they do
//! not go through the clock that was handed down, because a manual clock cannot know what a socket is doing.

use std::error::Error;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use protocol::{ErrorKind, ProviderError};
use reqwest::header::HeaderMap;
use reqwest::{Method, Url};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::endpoint::{Base, shown};
use crate::policy::Policy;

/// The longest time limit that is calculated with; a longer one means the same.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// What is sent.
#[derive(Clone)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What began to come back.
pub(crate) struct Opened {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// A pool of connections.
#[derive(Debug)]
pub(crate) struct Transport {
    http: reqwest::Client,
    policy: Policy,
}

impl Transport {
    /// Sets up the pool; connects to nothing yet.
    ///
    /// Proxies come from the environment (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), except for a server on this
    /// machine, which a proxy could not reach. Redirects are never followed: a request carries a key and a prompt, and
    /// where those go is for the user to say. For a plain `http` base URL no root certificates are read, which is nearly
    /// all of the set-up time (so a proxy on its way must be a plain `http` one too).
    ///
    /// # Errors
    /// [`ErrorKind::Transport`] when the system's root certificates cannot be read.
    pub(crate) fn new(policy: Policy, base: &Base) -> Result<Self, ProviderError> {
        crate::tls::init();
        let builder = reqwest::Client::builder()
            .connect_timeout(policy.connect)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .tcp_keepalive(Duration::from_secs(30));
        let builder = if base.is_tls() { builder } else { builder.tls_certs_only([]) };
        let builder = if base.is_local() { builder.no_proxy() } else { builder };
        let http = builder.build().map_err(|error| {
            ProviderError::new(
                ErrorKind::Transport,
                format!(
                    "the HTTP client cannot be set up: {}. For `https` the system's CA certificates are needed: install \
                     them (package `ca-certificates`) or name a PEM file in SSL_CERT_FILE",
                    root_cause(&error)
                ),
            )
        })?;
        Ok(Self { http, policy })
    }

    /// Sends a request and waits for the status line.
    ///
    /// # Errors
    /// [`ErrorKind::Transport`], [`ErrorKind::Timeout`] or [`ErrorKind::Cancelled`]; any status is an answer.
    pub(crate) async fn send(&self, out: &Outgoing, cancel: &CancellationToken) -> Result<Opened, ProviderError> {
        let address = shown(&out.url);
        let deadline = Instant::now() + self.policy.first_byte.min(YEAR);
        let request =
            self.http.request(out.method.clone(), out.url.clone()).headers(out.headers.clone()).body(out.body.clone());
        let response = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(cancelled()),
            response = timeout_at(deadline, request.send()) => response,
        };
        let response = match response {
            Err(_) => return Err(no_first_byte(&address, self.policy.first_byte)),
            Ok(Err(error)) => return Err(cannot_send(&error, &address, self.policy.connect)),
            Ok(Ok(response)) => response,
        };
        Ok(Opened {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: Body { response, address, deadline, policy: self.policy, cancel: cancel.clone(), received: 0 },
        })
    }
}

/// The body of an answer.
pub(crate) struct Body {
    response: reqwest::Response,
    address: String,
    deadline: Instant,
    policy: Policy,
    cancel: CancellationToken,
    received: u64,
}

impl Body {
    /// The next bytes, never empty; none at the end.
    ///
    /// # Errors
    /// Reset or silence ([`ErrorKind::Transport`]), nothing at all ([`ErrorKind::Timeout`]), an end before the announced
    /// one ([`ErrorKind::Truncated`]), [`ErrorKind::Cancelled`].
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, ProviderError> {
        let until = if self.received == 0 { self.deadline } else { Instant::now() + self.policy.idle.min(YEAR) };
        loop {
            let chunk = tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Err(cancelled()),
                chunk = timeout_at(until, self.response.chunk()) => chunk,
            };
            match chunk {
                Ok(Ok(Some(bytes))) if bytes.is_empty() => {}
                Ok(Ok(bytes)) => {
                    self.received += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
                    return Ok(bytes);
                }
                Ok(Err(error)) => return Err(self.broken(&error)),
                Err(_) if self.received == 0 => return Err(no_first_byte(&self.address, self.policy.first_byte)),
                Err(_) => return Err(self.silent()),
            }
        }
    }

    /// The rest of the body, up to `most` bytes, and whether that is all of it.
    ///
    /// # Errors
    /// As [`Body::next`].
    pub(crate) async fn rest(&mut self, most: usize, mut head: Vec<u8>) -> Result<(Vec<u8>, bool), ProviderError> {
        while let Some(bytes) = self.next().await? {
            let room = most.saturating_sub(head.len());
            head.extend_from_slice(&bytes[..bytes.len().min(room)]);
            if bytes.len() > room {
                return Ok((head, false));
            }
        }
        Ok((head, true))
    }

    /// Waits a moment for the end of a body whose content is known to be over, so that the connection can be used again.
    pub(crate) async fn drain(&mut self, moment: Duration) {
        let until = Instant::now() + moment;
        while let Ok(Ok(Some(_))) = timeout_at(until, self.response.chunk()).await {}
    }

    fn broken(&self, error: &reqwest::Error) -> ProviderError {
        let (address, received, cause) = (&self.address, self.received, root_cause(error));
        if io_errors(error).any(|error| error.kind() == io::ErrorKind::UnexpectedEof) {
            return ProviderError::new(
                ErrorKind::Truncated,
                format!("the answer of {address} was cut off after {received} bytes: {cause}"),
            );
        }
        ProviderError::new(
            ErrorKind::Transport,
            format!("the connection to {address} broke after {received} bytes of the answer: {cause}"),
        )
    }

    fn silent(&self) -> ProviderError {
        ProviderError::new(
            ErrorKind::Transport,
            format!(
                "{} sent nothing for {} after {} bytes of its answer",
                self.address,
                span(self.policy.idle),
                self.received
            ),
        )
    }
}

/// The caller cancelled.
pub(crate) fn cancelled() -> ProviderError {
    ProviderError::new(ErrorKind::Cancelled, "cancelled by the caller")
}

fn no_first_byte(address: &str, limit: Duration) -> ProviderError {
    ProviderError::new(ErrorKind::Timeout, format!("{address} did not begin its answer within {}", span(limit)))
}

fn cannot_send(error: &reqwest::Error, address: &str, connect: Duration) -> ProviderError {
    let cause = root_cause(error);
    let refused = io_errors(error).any(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    let message = if refused {
        format!("cannot connect to {address}: connection refused. Is the server running, and are host and port right?")
    } else if error.is_dns() {
        format!("cannot connect to {address}: the host name is not known ({cause}). Check the base URL and the network")
    } else if let Some(tls) = tls_error(error) {
        format!(
            "no secure connection to {address}: {tls}. If the server's certificate comes from a CA of your own, name that \
             one's PEM file in SSL_CERT_FILE; if the server speaks no TLS, begin the base URL with `http://`"
        )
    } else if error.is_timeout() && error.is_connect() {
        format!(
            "cannot connect to {address} within {}. Check the network, the proxy variables and any firewall",
            span(connect)
        )
    } else if error.is_connect() {
        format!("cannot connect to {address}: {cause}. Check the base URL, the network and the proxy variables")
    } else {
        format!("the connection to {address} broke before an answer came: {cause}")
    };
    ProviderError::new(ErrorKind::Transport, message)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// All I/O errors in the chain, with those that they wrap: `source` of an I/O error skips what it wraps.
fn io_errors(error: &reqwest::Error) -> impl Iterator<Item = &io::Error> {
    chain(error).filter_map(|error| error.downcast_ref::<io::Error>()).flat_map(|error| {
        std::iter::successors(Some(error), |error| error.get_ref().and_then(|inner| inner.downcast_ref()))
    })
}

/// What TLS says, where that is the cause.
fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    io_errors(error).filter_map(|error| error.get_ref()).find_map(|inner| inner.downcast_ref())
}

/// The innermost error: the outer ones say only "error sending request", and where to.
fn root_cause(error: &reqwest::Error) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

fn span(span: Duration) -> String {
    if span < Duration::from_secs(10) { format!("{} ms", span.as_millis()) } else { format!("{} s", span.as_secs()) }
}
