//! A request as a collector of spans sees it.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use serde_json::Value;

use super::{Gateway, body};
use crate::support::{Desk, Sim, wait_until};

/// A collector that takes whatever comes, as JSON.
fn collector() -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let received = Arc::new(Mutex::new(Vec::new()));
    let keep = received.clone();
    let take = move |bytes: Bytes| {
        keep.lock().unwrap().push(serde_json::from_slice(&bytes).unwrap());
        async { "{}" }
    };
    let router = axum::Router::new().route("/v1/traces", axum::routing::post(take));
    super::RUNTIME.spawn(async move {
        axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), router).await.unwrap();
    });
    (url, received)
}

fn attribute(span: &Value, name: &str) -> Option<String> {
    let all = span["attributes"].as_array()?;
    let value = &all.iter().find(|attribute| attribute["key"] == name)?["value"];
    let value = value.as_object()?.values().next()?;
    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

#[test]
fn a_request_is_one_span_with_tokens_and_cost_and_without_its_words() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let (url, received) = collector();
    let [base, key] = sim.variables();
    let otel = [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")];
    let gateway = Gateway::start(&desk, &[base, key, otel[0], otel[1]], &[]);
    let token = gateway.token().to_owned();
    gateway.messages(&token, &body("claude-haiku-5-5", "Where is the marmalade?")).is(200);
    gateway.signal("TERM");
    assert_eq!(gateway.ended().0, Some(0));
    wait_until("the span", || !received.lock().unwrap().is_empty());
    let all = received.lock().unwrap().clone();
    let spans: Vec<&Value> = all
        .iter()
        .flat_map(|request| request["resourceSpans"].as_array().unwrap())
        .flat_map(|resource| resource["scopeSpans"].as_array().unwrap())
        .flat_map(|scope| scope["spans"].as_array().unwrap())
        .collect();
    let [span] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!(span["name"], "gateway claude-haiku-5-5");
    let of = |name: &str| attribute(span, name).unwrap_or_else(|| panic!("{name} is missing in {span}"));
    assert_eq!((of("gen_ai.operation.name"), of("gen_ai.provider.name")), ("chat".to_owned(), "anthropic".to_owned()));
    assert_eq!((of("tandem.gateway.lane"), of("tandem.gateway.class")), ("requested".to_owned(), "main".to_owned()));
    assert_eq!(of("http.response.status_code"), "200");
    assert!(of("gen_ai.usage.input_tokens").parse::<u64>().unwrap() > 0);
    assert!(of("tandem.cost_usd").parse::<f64>().unwrap() > 0.0);
    let text = span.to_string();
    assert!(!text.contains("marmalade") && !text.contains(&token[4..]), "{text}");
}
