//! The way to the collector: the HTTP client that the program has anyway, on a thread of the exporter's own.

use std::fmt;
use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use reqwest::Url;

use super::first;
use crate::config::home::Environment;

const TIMEOUTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];

/// OTLP's own default for one batch.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long one batch may take. The variables count milliseconds.
pub(super) fn timeout(environment: &Environment) -> Duration {
    let given = first(environment, &TIMEOUTS).and_then(|(_, value)| value.trim().parse().ok());
    given.map_or(TIMEOUT, Duration::from_millis)
}

/// Where the collector is.
#[derive(Clone, Debug)]
pub(super) struct Address(Url);

impl Address {
    /// None for what is no HTTP address.
    pub(super) fn of(text: &str) -> Option<Self> {
        let url = Url::parse(text.trim()).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(Self(url))
    }

    fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// On this machine: no proxy could reach it.
    fn is_local(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default().trim_matches(['[', ']']);
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// Without path, query, user and password: some collectors take keys there.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

/// Sends batches. It connects with the first one, so that a command that has nothing to send pays for nothing.
#[derive(Debug)]
pub(super) struct Collector {
    address: Address,
    timeout: Duration,
    line: OnceLock<Option<Line>>,
}

/// An open line. The exporter calls from a thread where no asynchronous work runs: it brings its own.
#[derive(Debug)]
struct Line {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
}

impl Collector {
    pub(super) fn new(address: Address, timeout: Duration) -> Self {
        Self { address, timeout, line: OnceLock::new() }
    }

    fn open(&self) -> Option<Line> {
        brains::tls::init();
        // As for providers: redirects are never followed, because headers carry keys.
        let builder = reqwest::Client::builder()
            .connect_timeout(self.timeout)
            .timeout(self.timeout)
            .redirect(reqwest::redirect::Policy::none());
        let builder = if self.address.is_tls() { builder } else { builder.tls_certs_only([]) };
        let builder = if self.address.is_local() { builder.no_proxy() } else { builder };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        Some(Line { runtime, http: builder.build().ok()? })
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let line = self.line.get_or_init(|| self.open()).as_ref().ok_or("the HTTP client cannot be set up")?;
        line.runtime.block_on(line.http.send_bytes(request))
    }
}
