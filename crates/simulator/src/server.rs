//! The HTTP side: routes, headers, and a handle to a running simulator.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use protocol::{Clock, Dialect, ErrorKind, ProviderError};
use tokio::task::JoinHandle;
use tokio_util::sync::DropGuard;

use crate::exchange::{Asked, Simulator};
use crate::failure::Failure;
use crate::line::{Gate, Line};
use crate::models::{self, Shape};
use crate::record::RequestRecord;
use crate::scenario::{FaultKind, Scenario};
use crate::stream::Outgoing;
use crate::tokens::Counter;

/// Largest request body, in bytes (the vendors' own limit).
const MAX_BODY: usize = 32 * 1024 * 1024;

/// What to serve, and where.
pub struct Config {
    /// The script.
    pub scenario: Scenario,
    /// The time: cache lifetimes and latencies run on it.
    pub clock: Arc<dyn Clock>,
    /// Address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Write one line per request to `tracing` (target `simulator`, level info).
    pub log: bool,
}

/// The simulator could not start.
#[derive(Debug, thiserror::Error)]
#[error("the simulator cannot listen on {addr}: {source}; choose another address, or port 0 for any free port")]
pub struct SimulatorError {
    /// The address asked for.
    pub addr: SocketAddr,
    /// What the system said.
    pub source: std::io::Error,
}

/// A running simulator. Dropping it stops it.
pub struct Running {
    addr: SocketAddr,
    simulator: Arc<Simulator>,
    task: JoinHandle<()>,
    stop: DropGuard,
}

/// Listens and serves in the background.
///
/// # Errors
/// [`SimulatorError`] when the address cannot be listened on.
pub async fn serve(config: Config) -> Result<Running, SimulatorError> {
    let simulator = Arc::new(Simulator::new(config.scenario, config.clock, config.log));
    let stop = simulator.stop.clone();
    let bound = Gate::bind(config.listen, stop.clone()).await;
    let (gate, addr) = bound.map_err(|source| SimulatorError { addr: config.listen, source })?;
    // Loaded beside the first requests, not before them.
    tokio::task::spawn_blocking(Counter::load);
    let app = router(Arc::clone(&simulator)).into_make_service_with_connect_info::<Line>();
    let stopped = stop.clone();
    let task = tokio::spawn(async move {
        let served = axum::serve(gate, app).with_graceful_shutdown(async move { stopped.cancelled().await }).await;
        if let Err(error) = served {
            tracing::warn!(%error, "the simulator stopped serving");
        }
    });
    Ok(Running { addr, simulator, task, stop: stop.drop_guard() })
}

impl Running {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Base URL for all dialects, without a version: `http://127.0.0.1:40123`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Every request to a model so far, in the order received.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.simulator.records()
    }

    /// Answers that are being given at the moment.
    pub fn open(&self) -> usize {
        self.simulator.traffic.open.load(Ordering::Relaxed)
    }

    /// Answers whose client left before their end.
    pub fn abandoned(&self) -> usize {
        self.simulator.traffic.abandoned.load(Ordering::Relaxed)
    }

    /// Drops the requests so far, so that a long run does not hold them all. Caches and scripts know them still.
    pub fn forget(&self) {
        self.simulator.forget();
    }

    /// Closes the port and every connection.
    pub async fn stop(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "the simulator's task failed");
        }
    }
}

type App = State<Arc<Simulator>>;

fn router(simulator: Arc<Simulator>) -> Router {
    // Some clients are told a base URL with the version in it and say it again, others leave it out.
    let routed = ["", "/v1"].iter().fold(Router::new(), |router, base| {
        router
            .route(&format!("{base}/messages"), post(messages))
            .route(&format!("{base}/messages/count_tokens"), post(count_tokens))
            .route(&format!("{base}/chat/completions"), post(chat))
            .route(&format!("{base}/responses"), post(responses))
            .route(&format!("{base}/responses/input_tokens"), post(input_tokens))
            .route(&format!("{base}/models"), get(models))
            .route(&format!("{base}/models/{{*name}}"), get(model))
    });
    routed.fallback(unknown).with_state(simulator)
}

async fn messages(State(simulator): App, ConnectInfo(line): ConnectInfo<Line>, request: Request) -> Response {
    respond(simulator, line, Dialect::AnthropicMessages, request).await
}

async fn chat(State(simulator): App, ConnectInfo(line): ConnectInfo<Line>, request: Request) -> Response {
    respond(simulator, line, Dialect::OpenaiChat, request).await
}

async fn responses(State(simulator): App, ConnectInfo(line): ConnectInfo<Line>, request: Request) -> Response {
    respond(simulator, line, Dialect::OpenaiResponses, request).await
}

async fn respond(simulator: Arc<Simulator>, line: Line, dialect: Dialect, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return failure(&simulator, dialect, &too_large()) };
    let key = key(&parts.headers);
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let asked = Asked { dialect, key: key.as_deref(), target, headers: &parts.headers, body: &body };
    let exchange = match simulator.take(asked) {
        Ok(exchange) => exchange,
        Err(error) => return failure(&simulator, dialect, &error),
    };
    if exchange.is_reset() {
        line.cut();
    }
    let fault = |kind: FaultKind| exchange.fault.as_ref().filter(|fault| fault.kind == kind);
    if let Some(fault) = fault(FaultKind::SlowHeaders) {
        tokio::select! {
            () = simulator.clock.sleep(Duration::from_millis(fault.ms)) => {}
            () = simulator.stop.cancelled() => {}
        }
    }
    let zipped = fault(FaultKind::Gzip).is_some();
    let kind = if exchange.stream { "text/event-stream" } else { "application/json" };
    let outgoing = Outgoing::new(exchange, Arc::clone(&simulator), line);
    let mut response = Response::new(Body::from_stream(outgoing.into_stream()));
    head(&mut response, &simulator, kind);
    if zipped {
        set(&mut response, "content-encoding", "gzip");
    }
    response
}

async fn count_tokens(State(simulator): App, request: Request) -> Response {
    counted(&simulator, Dialect::AnthropicMessages, request, None).await
}

async fn input_tokens(State(simulator): App, request: Request) -> Response {
    counted(&simulator, Dialect::OpenaiResponses, request, Some("response.input_tokens")).await
}

async fn counted(simulator: &Simulator, dialect: Dialect, request: Request, object: Option<&str>) -> Response {
    let Ok(body) = to_bytes(request.into_body(), MAX_BODY).await else {
        return failure(simulator, dialect, &too_large());
    };
    match simulator.count(dialect, &body) {
        Ok(tokens) => {
            let mut answer = serde_json::json!({"input_tokens": tokens});
            if let Some(object) = object {
                answer["object"] = object.into();
            }
            json(simulator, &answer)
        }
        Err(error) => failure(simulator, dialect, &error),
    }
}

async fn models(State(simulator): App, headers: HeaderMap) -> Response {
    json(&simulator, &models::list(&simulator, Shape::asked(&headers)))
}

async fn model(State(simulator): App, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let shape = Shape::asked(&headers);
    if let Some(model) = models::one(&simulator, &name, shape) {
        return json(&simulator, &model);
    }
    let dialect = match shape {
        Shape::Anthropic => Dialect::AnthropicMessages,
        Shape::Openai => Dialect::OpenaiChat,
    };
    let error = ProviderError::new(ErrorKind::NotFound, format!("The model '{name}' does not exist"));
    failure(&simulator, dialect, &error.into())
}

async fn unknown(State(simulator): App, request: Request) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    let served = "POST /v1/messages, /v1/messages/count_tokens, /v1/chat/completions, /v1/responses and \
                  /v1/responses/input_tokens, and GET /v1/models";
    let error = ProviderError::new(
        ErrorKind::NotFound,
        format!("the simulator does not serve {method} {path}; it serves {served}"),
    );
    failure(&simulator, Dialect::AnthropicMessages, &error.into())
}

/// The key, from either vendor's header. Only its hash is kept.
fn key(headers: &HeaderMap) -> Option<String> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(&header::AUTHORIZATION).map(|value| value.trim_start_matches("Bearer "));
    let found = text(&HeaderName::from_static("x-api-key")).or(bearer);
    found.map(str::trim).filter(|key| !key.is_empty()).map(str::to_owned)
}

fn too_large() -> Failure {
    let mut error = ProviderError::new(ErrorKind::Overflow, "Request exceeds the maximum size of 32 MB");
    error.status = Some(413);
    error.into()
}

fn failure(simulator: &Simulator, dialect: Dialect, failure: &Failure) -> Response {
    let (status, body) = failure.write(dialect);
    let error = &failure.error;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    head(&mut response, simulator, if failure.is_page { "text/html" } else { "application/json" });
    if let Some(ms) = error.retry_after_ms {
        set(&mut response, "retry-after-ms", &ms.to_string());
        set(&mut response, "retry-after", &ms.div_ceil(1_000).to_string());
    }
    if let Some(verdict) = error.should_retry {
        set(&mut response, "x-should-retry", if verdict { "true" } else { "false" });
    }
    response
}

fn json(simulator: &Simulator, value: &serde_json::Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    head(&mut response, simulator, "application/json");
    response
}

fn head(response: &mut Response, simulator: &Simulator, content_type: &str) {
    let id = format!("req_sim{:08}", simulator.number());
    set(response, "content-type", content_type);
    set(response, "request-id", &id);
    set(response, "x-request-id", &id);
}

fn set(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}
