//! What happens to spans on their way out: attributes get the form that `tracing` cannot carry and lose what is secret, and losses are
//! noted.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use redact::redact_for_record;
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
            clean(span);
        }
        let sent = self.to.export(batch).await;
        if let Err(error) = &sent {
            let mut lost = self.fate.lock();
            lost.spans += spans;
            lost.why = redact_for_record(&error.to_string()).into_owned();
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

/// Shapes a span's attributes, and takes secrets out of everything in it that is text.
fn clean(span: &mut SpanData) {
    let attributes = std::mem::take(&mut span.attributes);
    span.attributes = attributes.into_iter().flat_map(shaped).map(without_secrets).collect();
    for event in &mut span.events.events {
        event.attributes = std::mem::take(&mut event.attributes).into_iter().map(without_secrets).collect();
    }
    span.name = match redact_for_record(&span.name) {
        Cow::Borrowed(_) => return,
        Cow::Owned(name) => name.into(),
    };
}

fn without_secrets(attribute: KeyValue) -> KeyValue {
    let clean = |text: &StringValue| StringValue::from(redact_for_record(text.as_str()).into_owned());
    let value = match &attribute.value {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(Array::String(texts)) => Value::Array(Array::String(texts.iter().map(clean).collect())),
        _ => return attribute,
    };
    KeyValue::new(attribute.key, value)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_40_texts_of_attributes_go_out_without_secrets() {
        let key = format!("sk-{}", "a1B2c3D4e5F6g7H8i9J0");
        let words = format!("with {key} inside");
        let list = Value::Array(Array::String(vec![words.clone().into()]));
        for attribute in [KeyValue::new("one", words), KeyValue::new("many", list)] {
            let sent = without_secrets(attribute).value.to_string();
            assert!(sent.contains("[secret: API key] inside") && !sent.contains(&key), "{sent}");
        }
        assert_eq!(without_secrets(KeyValue::new("n", 3)).value, Value::I64(3));
    }
}
