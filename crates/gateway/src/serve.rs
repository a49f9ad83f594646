//! The server: connections, requests, and an orderly end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::TE;
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode, Version};
use hyper::body::Incoming as Body;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use protocol::{Dialect, ProviderError, Timestamp};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::core::{Denied, Incoming, PageRequest, Preview, Setup};
use crate::door::accept::Listening;
use crate::door::answer::{self, Answer};
use crate::door::body::{self, Held, Load};
use crate::door::files;
use crate::door::guard::{self, Refusal};
use crate::door::line::Line;
use crate::door::paths::{For, Place, place};
use crate::door::phase::Phase;
use crate::forward::off_loop::off_loop;
use crate::forward::{self, Demand};
use crate::shield;

/// Most that the body of a page's form may have.
const FORM: usize = 64 * 1024;

/// How long answers have to be written once the gateway stops at once.
const AT_ONCE: Duration = Duration::from_millis(200);

/// The gateway could not start.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The address is taken, or not one of this machine's.
    #[error(
        "the gateway cannot listen on {addr}: {source}; choose another address with --listen, or port 0 for any free port"
    )]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A running gateway. Dropping it stops it at once.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    stop: Stop,
    task: Option<JoinHandle<()>>,
}

/// Stops a gateway, from wherever signals are heard.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// No more connections, no more requests.
    drain: CancellationToken,
    /// What is still being answered ends with an error.
    pub(crate) cut: CancellationToken,
    /// At once.
    now: CancellationToken,
}

impl Stop {
    /// Takes no more requests and lets those that are being answered come to their end, for as long as the limits say; then they end
    /// with an error in the client's dialect.
    pub fn drain(&self) {
        self.drain.cancel();
    }

    /// Ends everything now. Streams still get their error event, if their client takes it within a moment.
    pub fn now(&self) {
        self.drain.cancel();
        self.now.cancel();
    }
}

impl Running {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Base URL of the gateway, without a version.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// How it is stopped.
    pub fn stop_handle(&self) -> Stop {
        self.stop.clone()
    }

    /// Waits until it has stopped, which somebody else has to ask for.
    pub async fn stopped(mut self) {
        if let Some(task) = self.task.take()
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the gateway's task failed");
        }
    }

    /// Stops it in an orderly way, and waits until it has.
    pub async fn stop(self) {
        self.stop.drain();
        self.stopped().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.task.is_some() {
            self.stop.now();
        }
    }
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) setup: Setup,
    pub(crate) stop: Stop,
    held: Held,
    began: Timestamp,
    requests: AtomicU64,
}

/// Listens, and serves in the background until it is told to stop.
///
/// # Errors
/// [`GatewayError::Listen`].
pub async fn serve(setup: Setup) -> Result<Running, GatewayError> {
    let limits = setup.limits;
    files::raise(limits.connections);
    let bound = Listening::bind(setup.listen, limits.connections, limits.accept_pause).await;
    let (listening, addr) = bound.map_err(|source| GatewayError::Listen { addr: setup.listen, source })?;
    let stop = Stop::default();
    let (held, began, requests) = (Held::default(), setup.clock.now(), AtomicU64::new(0));
    let shared = Arc::new(Shared { setup, stop: stop.clone(), held, began, requests });
    let task = tokio::spawn(accept(shared, listening));
    Ok(Running { addr, stop, task: Some(task) })
}

async fn accept(shared: Arc<Shared>, mut listening: Listening) {
    let connections = TaskTracker::new();
    loop {
        tokio::select! {
            biased;
            () = shared.stop.drain.cancelled() => break,
            (stream, room) = listening.next() => {
                let serving = connection(Arc::clone(&shared), stream, room);
                connections.spawn(async move {
                    if shield::contained(serving).await.is_none() {
                        tracing::error!("a connection ended by a fault of the gateway");
                    }
                });
            }
        }
    }
    shared.setup.draining.store(true, Ordering::Release);
    // The port is free for a successor from here on.
    drop(listening);
    connections.close();
    let limits = &shared.setup.limits;
    let over = tokio::select! {
        () = connections.wait() => true,
        () = shared.stop.now.cancelled() => false,
        () = tokio::time::sleep(limits.drain) => false,
    };
    if !over {
        shared.stop.cut.cancel();
        let moment = if shared.stop.now.is_cancelled() { AT_ONCE } else { limits.linger };
        tokio::select! {
            () = connections.wait() => {}
            () = tokio::time::sleep(moment) => shared.stop.now.cancel(),
            () = shared.stop.now.cancelled(), if moment != AT_ONCE => {}
        }
    }
    shared.stop.now.cancel();
}

async fn connection(shared: Arc<Shared>, stream: TcpStream, _room: OwnedSemaphorePermit) {
    let Ok(local) = stream.local_addr() else { return };
    let limits = &shared.setup.limits;
    let phase = Phase::default();
    let line = TokioIo::new(Line::new(stream, phase.clone(), limits));
    let service = Requests { shared: Arc::clone(&shared), local, phase };
    let connection = http1::Builder::new()
        // A client that has closed its side has left: its upstream is told so.
        .half_close(false)
        .max_headers(limits.header_lines)
        .max_header_size(limits.head_bytes)
        // Also what is read of a body at once, and what is kept of an answer until the client takes it.
        .max_buf_size(limits.head_bytes.max(8192))
        .serve_connection(line, service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shared.stop.drain.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = at_once(&shared.stop) => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}

/// A moment after everything was told to end.
async fn at_once(stop: &Stop) {
    stop.now.cancelled().await;
    stop.cut.cancelled().await;
    tokio::time::sleep(AT_ONCE).await;
}

/// The requests of one connection.
struct Requests {
    shared: Arc<Shared>,
    local: SocketAddr,
    phase: Phase,
}

impl Service<Request<Body>> for Requests {
    type Response = Response<Answer>;
    type Error = Infallible;
    /// Boxed: between two requests a connection keeps only what it needs to wait.
    type Future = Pin<Box<dyn Future<Output = Result<Response<Answer>, Infallible>> + Send>>;

    fn call(&self, request: Request<Body>) -> Self::Future {
        let serving = self.phase.serving();
        let (shared, local) = (Arc::clone(&self.shared), self.local);
        Box::pin(async move {
            let number = shared.requests.fetch_add(1, Ordering::Relaxed);
            let id: Arc<str> = format!("req_{:x}{:06x}", shared.began.0, number).into();
            let place = place(request.method(), request.uri().path());
            let dialect = spoken(place.what, request.headers());
            let trailers = takes_trailers(&request);
            let answered = shield::contained(handle(&shared, local, &id, place, request)).await;
            let mut response = answered.unwrap_or_else(|| {
                tracing::error!(request = %id, "a request ended by a fault of the gateway");
                let response = answer::error(dialect, &shield::fault());
                shared.setup.accounts.refused(response.status().as_u16());
                response
            });
            answer::set(response.headers_mut(), answer::REQUEST_ID, &id);
            if trailers && response.body_mut().with_trailers() {
                answer::set(response.headers_mut(), "trailer", answer::COST);
            }
            Ok(response.map(|body| body.serving(serving, dialect)))
        })
    }
}

/// Whether a client reads what stands behind an answer.
fn takes_trailers(request: &Request<Body>) -> bool {
    let told = request.headers().get_all(TE).iter().filter_map(|value| value.to_str().ok());
    request.version() == Version::HTTP_11
        && told.flat_map(|value| value.split(',')).any(|word| word.trim().eq_ignore_ascii_case("trailers"))
}

/// A request whose head has come in.
struct Arrival<'a> {
    shared: &'a Arc<Shared>,
    id: &'a Arc<str>,
    at: Timestamp,
    what: For,
    dialect: Dialect,
    path: String,
}

async fn handle(
    shared: &Arc<Shared>,
    local: SocketAddr,
    id: &Arc<str>,
    place: Place,
    request: Request<Body>,
) -> Response<Answer> {
    let at = shared.setup.clock.now();
    let (head, body) = request.into_parts();
    let Place { what, path } = place;
    let dialect = spoken(what, &head.headers);
    let arrival = Arrival { shared, id, at, what, dialect, path };
    let setup = &shared.setup;
    if let Err(refusal) = guard::check(&head, local, &setup.names, setup.limits.uri_bytes) {
        return arrival.refused(&refusal);
    }
    if what == For::WrongMethod {
        let message = format!("{} is not what {} takes", head.method, shortened(&arrival.path));
        return arrival.refused(&Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message));
    }
    let for_models = matches!(what, For::Model { .. } | For::Preview);
    let admitted = setup.gate.admit(&head.headers);
    if let (true, Err(denied)) = (for_models, &admitted) {
        return arrival.failed(&ProviderError::new(denied.kind, denied.message.clone()));
    }
    let most = if for_models { setup.limits.body_bytes } else { FORM };
    match body::read(&head.headers, body, most, &shared.held, &setup.limits).await {
        Ok((body, load)) => arrival.served(head, admitted, body, load).await,
        Err(refusal) => arrival.refused(&refusal),
    }
}

impl Arrival<'_> {
    async fn served(
        self,
        head: Parts,
        admitted: Result<Option<Arc<str>>, Denied>,
        body: Bytes,
        load: Load,
    ) -> Response<Answer> {
        let Parts { method, uri, mut headers, .. } = head;
        forward::headers::drop_hop_by_hop(&mut headers);
        let query = uri.query().map(str::to_owned);
        let setup = &self.shared.setup;
        match self.what {
            For::Model { counts, native, .. } => {
                forward::headers::drop_credentials(&mut headers);
                let incoming = self.incoming(query, headers, body, admitted.unwrap_or_default(), counts);
                let asks = Arc::clone(&setup.asks);
                match off_loop(incoming.body.len(), move || asks.read(incoming)).await {
                    Ok(ask) => forward::answer(self.shared, ask, Demand { counts, native }, load).await,
                    Err(error) => self.failed(&error),
                }
            }
            For::Preview => {
                let token = admitted.unwrap_or_default();
                match setup.router.preview(&Preview {
                    headers: &headers,
                    body: &body,
                    token,
                    keep: &|ask, plan| plan(ask),
                }) {
                    Ok(json) => answer::json(200, json),
                    Err(error) => self.failed(&error),
                }
            }
            _ => {
                let page = PageRequest { method, path: self.path.clone(), query, headers, body, admitted };
                match setup.pages.page(&page) {
                    Some(page) => answer::page(page),
                    None => self.refused(&Refusal::new(StatusCode::NOT_FOUND, not_found(&page.path))),
                }
            }
        }
    }

    fn incoming(
        &self,
        query: Option<String>,
        headers: HeaderMap,
        body: Bytes,
        token: Option<Arc<str>>,
        counts: bool,
    ) -> Incoming {
        let path_and_query = match query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        };
        let id = Arc::clone(self.id);
        Incoming { id, at: self.at, dialect: self.dialect, counts, path_and_query, headers, body, token }
    }

    /// Turned away by the server itself, with its status.
    fn refused(&self, refusal: &Refusal) -> Response<Answer> {
        self.shared.setup.accounts.refused(refusal.status.as_u16());
        let mut response = answer::error(self.dialect, &refusal.error());
        *response.status_mut() = refusal.status;
        response
    }

    fn failed(&self, error: &ProviderError) -> Response<Answer> {
        let response = answer::error(self.dialect, error);
        self.shared.setup.accounts.refused(response.status().as_u16());
        response
    }
}

/// In which dialect a request is answered that may have none.
fn spoken(what: For, headers: &HeaderMap) -> Dialect {
    match what {
        For::Model { dialect, .. } => dialect,
        _ if headers.contains_key("anthropic-version") => Dialect::AnthropicMessages,
        _ => Dialect::OpenaiChat,
    }
}

fn not_found(path: &str) -> String {
    let path = shortened(path);
    format!(
        "the gateway has nothing at {path}; it serves POST /v1/messages, /v1/messages/count_tokens, /v1/chat/completions, \
         /v1/responses, /v1/route and GET /v1/models, /healthz, /readyz, /metrics, /"
    )
}

/// A path as it may be repeated.
fn shortened(path: &str) -> String {
    path.chars().take(200).collect()
}
