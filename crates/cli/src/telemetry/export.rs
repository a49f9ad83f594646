//! What happens to spans on their way out: attributes get the form that `tracing` cannot carry, and losses are noted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use runtime::telemetry::{FINISH_REASONS, NUMBERS};

/// What became of the spans.
#[derive(Clone, Debug, Default)]
pub(super) struct Fate(Arc<Mutex<Lost>>);

#[derive(Debug, Default)]
struct Lost {
    spans: usize,
    why: String,
}

impl Fate {
    fn lock(&self) -> MutexGuard<'_, Lost> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to tell the person, if anything went wrong.
    pub(super) fn problem(&self, end: Option<OTelSdkError>, patience: Duration) -> Option<String> {
        let lost = self.lock();
        match (lost.spans, end) {
            (0, None) => None,
            (0, Some(_)) => Some(format!("the last spans were not taken within {} s", patience.as_secs())),
            (spans, _) => Some(format!("{spans} spans were not taken ({})", lost.why)),
        }
    }
}

/// An exporter whose losses are noted.
#[derive(Debug)]
pub(super) struct Watched<E> {
    to: E,
    fate: Fate,
}

impl<E> Watched<E> {
    pub(super) fn new(to: E, fate: Fate) -> Self {
        Self { to, fate }
    }
}

impl<E: SpanExporter> SpanExporter for Watched<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        for span in &mut batch {
            span.attributes = std::mem::take(&mut span.attributes).into_iter().flat_map(shaped).collect();
        }
        let sent = self.to.export(batch).await;
        if let Err(error) = &sent {
            let mut lost = self.fate.lock();
            lost.spans += spans;
            lost.why = error.to_string();
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.to.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.to.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.to.set_resource(resource);
    }
}

/// An attribute as it is exported: a list as a list, numbers by name as attributes of their own.
fn shaped(attribute: KeyValue) -> Vec<KeyValue> {
    match (attribute.key.as_str(), &attribute.value) {
        (FINISH_REASONS, Value::String(text)) => {
            let reasons: Vec<String> = serde_json::from_str(text.as_str()).unwrap_or_default();
            let reasons = reasons.into_iter().map(StringValue::from).collect();
            vec![KeyValue::new(FINISH_REASONS, Value::Array(Array::String(reasons)))]
        }
        (NUMBERS, Value::String(text)) => {
            let numbers: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(text.as_str()).unwrap_or_default();
            let numbers = numbers.into_iter().filter_map(|(name, number)| Some((name, number.as_f64()?)));
            numbers.map(|(name, number)| KeyValue::new(format!("{NUMBERS}.{name}"), number)).collect()
        }
        _ => vec![attribute],
    }
}
