//! What the server needs of the other parts of the gateway, as traits, and its limits. `serve` is given one implementation of
//! each; tests give small ones.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bytes::Bytes;
use catalogue::Catalogue;
use http::{HeaderMap, Method};
use protocol::{Clock, Dialect, ErrorKind, ProviderError, Timestamp, Usd};

use crate::account::Ending;
use crate::ask::Ask;
use crate::route::{Binding, Plan};

/// Everything a gateway is made of.
#[derive(Clone)]
pub struct Setup {
    /// Address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Names by which clients may call this gateway, beside `localhost` and the address that they connect to.
    pub names: Vec<String>,
    /// Limits of time, size and number.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who may come in.
    pub gate: Arc<dyn Gate>,
    /// How a request is understood.
    pub asks: Arc<dyn Asks>,
    /// Who serves it.
    pub router: Arc<dyn Router>,
    /// What it costs.
    pub accounts: Arc<dyn Accounts>,
    /// Everything that is not a request to a model.
    pub pages: Arc<dyn Pages>,
    /// Set by the server when it begins to stop; for the pages that say so.
    pub draining: Arc<AtomicBool>,
}

/// Decides who may come in. Asked before anything of a body is read.
pub trait Gate: Send + Sync {
    /// The name of the token that the headers carry (`authorization: Bearer` or `x-api-key`); none where tokens are switched off.
    ///
    /// # Errors
    /// [`Denied`], in words that do not repeat what was sent.
    fn admit(&self, headers: &HeaderMap) -> Result<Option<Arc<str>>, Denied>;
}

/// Somebody may not come in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Denied {
    /// `Auth` for a wrong or missing token, `Billing` or `RateLimit` for one that has used up what it may.
    pub kind: ErrorKind,
    /// What is wrong, and what to do.
    pub message: String,
}

/// A request to a model, unread.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The gateway's own id of the request.
    pub id: Arc<str>,
    /// When its head was read.
    pub at: Timestamp,
    /// The dialect that its path belongs to.
    pub dialect: Dialect,
    /// It asks for tokens to be counted (`/v1/messages/count_tokens`, `/v1/responses/input_tokens`).
    pub counts: bool,
    /// Path and query as they came, `/v1` in front where the client left it out.
    pub path_and_query: String,
    /// Headers without hop-by-hop headers and without credentials for the gateway.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Name of the token that came in.
    pub token: Option<Arc<str>>,
}

/// Reads requests: dialect, class, session, hints.
pub trait Asks: Send + Sync {
    /// Reads one. Bodies over 256 KiB are read on a thread where that may take its time.
    ///
    /// # Errors
    /// `InvalidRequest` in words for the client.
    fn read(&self, incoming: Incoming) -> Result<Ask, Box<ProviderError>>;
}

/// Decides who serves a request, and hears how it went.
pub trait Router: Send + Sync {
    /// The bindings to try, best first. No I/O, and done in well under a millisecond.
    ///
    /// # Errors
    /// What the client is told: an unknown model (`NotFound`), nobody able to serve it (`Overloaded`), ...
    fn plan(&self, ask: &Ask) -> Result<Plan, Box<ProviderError>>;

    /// Whether a binding may be tried now (its breaker). Every `Ok` is followed by exactly one [`Router::ended`].
    ///
    /// # Errors
    /// Why not, and for how long (`retry_after_ms`).
    fn admit(&self, binding: &Arc<Binding>) -> Result<(), Box<ProviderError>>;

    /// What came of an attempt.
    fn ended(&self, binding: &Arc<Binding>, attempt: &Outcome<'_>);

    /// What is known of models, for translations; none where nothing is.
    fn catalogue(&self) -> Option<Arc<Catalogue>> {
        None
    }

    /// `POST /v1/route`: what would be decided about this body, as JSON, with nothing sent.
    ///
    /// # Errors
    /// As [`Router::plan`].
    fn preview(&self, asked: &Preview<'_>) -> Result<Vec<u8>, Box<ProviderError>>;
}

/// Makes a plan.
pub type Planner<'a> = &'a dyn Fn(&Ask) -> Result<Plan, Box<ProviderError>>;

/// Makes the plan of a token: with what the planner plans, as far as the token may use it.
pub type Keep<'a> = &'a dyn Fn(&Ask, Planner<'_>) -> Result<Plan, Box<ProviderError>>;

/// Somebody wants to know what would be decided.
#[derive(Clone)]
pub struct Preview<'a> {
    /// All headers but hop-by-hop ones.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a Bytes,
    /// Name of the token that came in.
    pub token: Option<Arc<str>>,
    /// What the token may use.
    pub keep: Keep<'a>,
}

/// One attempt at one binding, for its health.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// HTTP status; 0 where there was no answer.
    pub status: u16,
    /// The answer's headers (rate-limit headroom), where there was one.
    pub headers: Option<&'a HeaderMap>,
    /// Why it failed; `Cancelled` where the client left, which says nothing about the binding.
    pub error: Option<&'a ProviderError>,
    /// Milliseconds from sending to the first byte of the body.
    pub first_byte_ms: Option<u64>,
    /// Milliseconds from sending to the end.
    pub ms: u64,
}

/// Keeps accounts.
pub trait Accounts: Send + Sync {
    /// Opens the account of a request that has a plan, before anything is sent: budgets are reserved here and released when the
    /// account is dropped, on whichever way.
    ///
    /// # Errors
    /// `Billing` or `RateLimit` where a budget is used up.
    fn open(&self, ask: &Arc<Ask>, plan: &Plan) -> Result<Box<dyn Account>, Box<ProviderError>>;

    /// A request was refused before it had a plan (who, size, form), for the metrics.
    fn refused(&self, status: u16);
}

/// The account of one request.
pub trait Account: Send {
    /// An attempt at a binding is over; called for every one, oldest first, before the end of the answer is sent on. Gives its cost
    /// where the model's price is known. Must not wait for a disk.
    fn attempt(&mut self, binding: &Arc<Binding>, ending: &Ending) -> Option<Usd>;
}

/// A request that is not to a model.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// `GET`, `HEAD` or `POST`.
    pub method: Method,
    /// The path, such as `/metrics`; `/v1` in front where the client left it out of `/v1/models`.
    pub path: String,
    /// The query, without its question mark.
    pub query: Option<String>,
    /// All headers but hop-by-hop ones.
    pub headers: HeaderMap,
    /// The body of a `POST`, at most 64 KiB.
    pub body: Bytes,
    /// Whether the headers carry a token that lets them in. `/healthz`, `/readyz` and `/api/hello` need none; what the others say
    /// without one is the page's to decide.
    pub admitted: Result<Option<Arc<str>>, Denied>,
}

/// An answer to it.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// HTTP status; 0 means 200.
    pub status: u16,
    /// `content-type` and others.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
}

/// Pages: `/`, `/healthz`, `/readyz`, `/metrics`, `/api/hello`, `/v1/models`, `/v1/models/ID`, and whatever else is there.
pub trait Pages: Send + Sync {
    /// The page; none where there is none.
    fn page(&self, request: &PageRequest) -> Option<Page>;
}

/// Limits of a gateway. Times are those of real sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections of clients at one time; more are answered 503 and closed.
    pub connections: usize,
    /// From the first byte of a request's head to its last, and for a new connection to its first request.
    pub headers: Duration,
    /// How long a connection may stand idle between two requests.
    pub idle: Duration,
    /// Size of a head, in bytes.
    pub head_bytes: usize,
    /// Number of header lines.
    pub header_lines: usize,
    /// Length of path and query, in bytes.
    pub uri_bytes: usize,
    /// Size of a body, in bytes.
    pub body_bytes: usize,
    /// Bodies of all requests in flight, in bytes; a request beyond it is answered 503.
    pub bodies_bytes: usize,
    /// Between two reads of a body.
    pub body_idle: Duration,
    /// Silence of the upstream after which a streaming client gets a ping.
    pub ping: Duration,
    /// How long a client may take nothing of what is being written to it.
    pub write_stall: Duration,
    /// Longest pause before the same binding is tried once more; where a provider asks for more, its answer goes to the client.
    pub patience: Duration,
    /// Size of an answer that is not streamed, in bytes.
    pub answer_bytes: usize,
    /// Pause after the system refused to accept a connection (no more files).
    pub accept_pause: Duration,
    /// How long requests may go on after the gateway was asked to stop.
    pub drain: Duration,
    /// How long a refused request's body is still read, so that the client sees the answer.
    pub linger: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 2_048,
            headers: Duration::from_secs(10),
            idle: Duration::from_secs(120),
            head_bytes: 64 * 1024,
            header_lines: 100,
            uri_bytes: 8 * 1024,
            body_bytes: 32 * 1024 * 1024,
            bodies_bytes: 512 * 1024 * 1024,
            body_idle: Duration::from_secs(30),
            ping: Duration::from_secs(15),
            write_stall: Duration::from_secs(60),
            patience: Duration::from_secs(20),
            answer_bytes: 64 * 1024 * 1024,
            accept_pause: Duration::from_millis(100),
            drain: Duration::from_secs(30),
            linger: Duration::from_secs(1),
        }
    }
}
