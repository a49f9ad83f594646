//! The list of models, in the shape that the client's headers ask for.

use axum::http::HeaderMap;
use serde_json::{Value, json};

use crate::exchange::Simulator;

/// How a client wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Anthropic,
    Openai,
}

impl Shape {
    /// Anthropic's clients name its version with every request.
    pub(crate) fn asked(headers: &HeaderMap) -> Self {
        let anthropic = headers.contains_key("anthropic-version") || headers.contains_key("x-api-key");
        if anthropic { Self::Anthropic } else { Self::Openai }
    }
}

fn names(simulator: &Simulator) -> Vec<String> {
    let mut names: Vec<String> = simulator.scenario.named_models().map(str::to_owned).collect();
    names.extend(simulator.catalogue.models().map(|model| model.name.clone()));
    names.sort();
    names.dedup();
    names
}

fn entry(name: &str, shape: Shape) -> Value {
    match shape {
        Shape::Anthropic => {
            json!({"type": "model", "id": name, "display_name": name, "created_at": "1970-01-01T00:00:00Z"})
        }
        Shape::Openai => json!({"id": name, "object": "model", "created": 0, "owned_by": "simulator"}),
    }
}

/// All of them, on one page.
pub(crate) fn list(simulator: &Simulator, shape: Shape) -> Value {
    let names = names(simulator);
    let data: Vec<Value> = names.iter().map(|name| entry(name, shape)).collect();
    match shape {
        Shape::Anthropic => {
            json!({"data": data, "has_more": false, "first_id": names.first(), "last_id": names.last()})
        }
        Shape::Openai => json!({"object": "list", "data": data}),
    }
}

/// One of them.
pub(crate) fn one(simulator: &Simulator, name: &str, shape: Shape) -> Option<Value> {
    names(simulator).iter().any(|known| known == name).then(|| entry(name, shape))
}
