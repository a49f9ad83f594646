//! Log lines for developers, and spans for an OpenTelemetry collector. Both are off unless the environment asks: log lines with
//! `AGENT_LOG`, spans with the standard `OTEL_` variables (`docs/telemetry.md`).

mod collector;
mod export;

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{KeyValue, Value};
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use redact::RedactingMakeWriter;
use runtime::telemetry::TARGET;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, Targets, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use self::collector::{Address, Collector};
use self::export::{Fate, Watched};
use crate::config::home::Environment;
use crate::text;

/// Filter of the log lines: `AGENT_LOG=info`, `AGENT_LOG=runtime=debug`.
const LOG: &str = "AGENT_LOG";

/// Who the spans are from, unless the environment names another service.
const SERVICE: &str = "tandem";

/// The longest that the end of a command waits for the collector.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often a batch is sent again: a collector that is away must not hold anything up.
const RETRIES: usize = 2;

const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
const PROTOCOLS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];

/// What has to be ended before the program is.
pub(crate) struct Telemetry(Option<Export>);

/// Spans on their way to a collector.
struct Export {
    provider: SdkTracerProvider,
    fate: Fate,
    address: Address,
}

/// Listens to what the environment asks for, and to `log` where it asks for no log lines itself. Connects to nothing yet.
pub(crate) fn start(environment: &Environment, log: Option<&str>) -> Telemetry {
    let filter = EnvFilter::try_from_env(LOG).ok().or_else(|| log.map(EnvFilter::new));
    let export = Export::wanted(environment).unwrap_or_else(|problem| {
        text::note(&format!("telemetry is off: {problem}"));
        None
    });
    if filter.is_some() || export.is_some() {
        let spans = export.as_ref().map(|export| spans(export.provider.tracer(SERVICE)));
        tracing_subscriber::registry().with(filter.map(log_lines)).with(spans).init();
    }
    Telemetry(export)
}

/// Log lines on standard error. Spans of telemetry are not for them: they would stand in front of every line.
fn log_lines<S: Subscriber + for<'a> LookupSpan<'a>>(filter: EnvFilter) -> impl Layer<S> {
    let filter = filter.and(filter_fn(|metadata| metadata.target() != TARGET));
    let writer = RedactingMakeWriter::new(redact::global().clone(), text::Log::default);
    tracing_subscriber::fmt::layer().with_writer(writer).with_filter(filter)
}

/// Spans of telemetry and nothing else, with no attributes but their own.
fn spans<S: Subscriber + for<'a> LookupSpan<'a>>(tracer: SdkTracer) -> impl Layer<S> {
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_level(false)
        .with_target(false)
        .with_context_activation(false)
        .with_filter(Targets::new().with_target(TARGET, LevelFilter::INFO))
}

impl Telemetry {
    /// Sends what is left. Waits for a moment and no longer; what did not arrive is said, and changes nothing else.
    pub(crate) fn finish(self) {
        let Some(export) = self.0 else { return };
        let ended = export.provider.shutdown_with_timeout(PATIENCE);
        if let Some(problem) = export.fate.problem(ended.err(), PATIENCE) {
            text::note(&format!(
                "telemetry: {problem} at {}. The command itself is not affected; start the collector, or unset {}",
                export.address,
                ENDPOINTS.join(" and ")
            ));
        }
    }
}

impl Export {
    /// As the environment asks; none where it does not.
    ///
    /// # Errors
    /// What is wrong with a variable, what is allowed. No values of addresses: they can hold passwords.
    fn wanted(environment: &Environment) -> Result<Option<Self>, String> {
        let Some((name, address)) = first(environment, &ENDPOINTS).filter(|_| is_on(environment)) else {
            return Ok(None);
        };
        let address = Address::of(address).ok_or_else(|| {
            format!("{name} is no address of a collector; it has to be http:// or https://, for example http://localhost:4318")
        })?;
        let fate = Fate::default();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(protocol(environment)?)
            .with_http_client(Collector::new(address.clone(), collector::timeout(environment)))
            .with_retry_policy(RetryPolicy::recommended().with_max_retries(RETRIES))
            .build()
            .map_err(|_| format!("{name} or another OTEL_EXPORTER_OTLP_ variable cannot be used as it is set"))?;
        let provider = SdkTracerProvider::builder()
            .with_resource(resource(environment))
            .with_batch_exporter(Watched::new(exporter, fate.clone()))
            .build();
        Ok(Some(Self { provider, fate, address }))
    }
}

/// Not switched off.
fn is_on(environment: &Environment) -> bool {
    let disabled = environment.get("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let exporters = environment.get("OTEL_TRACES_EXPORTER").unwrap_or("otlp");
    !disabled && exporters.split(',').any(|name| name.trim() == "otlp")
}

/// The variable that counts: what is said of traces outranks what is said of everything.
fn first<'a>(environment: &'a Environment, names: &[&'static str]) -> Option<(&'static str, &'a str)> {
    names.iter().find_map(|name| Some((*name, environment.get(name)?)))
}

fn protocol(environment: &Environment) -> Result<Protocol, String> {
    match first(environment, &PROTOCOLS) {
        None | Some((_, "http/protobuf")) => Ok(Protocol::HttpBinary),
        Some((_, "http/json")) => Ok(Protocol::HttpJson),
        Some((name, other)) => Err(format!("{name} is `{other}`; http/protobuf and http/json are spoken here")),
    }
}

/// What the spans are from.
fn resource(environment: &Environment) -> Resource {
    let ours = Resource::builder_empty()
        .with_service_name(SERVICE)
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_detectors(&[Box::new(TelemetryResourceDetector), Box::new(EnvResourceDetector::new())]);
    match environment.get("OTEL_SERVICE_NAME") {
        Some(name) => ours.with_service_name(Value::from(name.to_owned())).build(),
        None => ours.build(),
    }
}

#[cfg(test)]
#[path = "telemetry_tests.rs"]
mod tests;
