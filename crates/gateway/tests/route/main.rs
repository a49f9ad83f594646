//! Who serves a request: decisions, sessions, bindings, rotation.

#![allow(clippy::disallowed_methods, reason = "tests measure time")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod bindings;
mod configuration;
mod decisions;
mod names;
mod properties;
mod sessions;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use brains::{Auth, Endpoint};
use catalogue::{Catalogue, ModelRef};
use gateway::ask::{Ask, target};
use gateway::core::Incoming;
use gateway::route::{Plan, Router, RouterConfig};
use protocol::{Clock, Dialect, ManualClock, Timestamp};
use routing::Policy;
use secrecy::SecretString;
use serde_json::{Value, json};

pub(crate) const NOW: Timestamp = Timestamp(1_795_262_400_000);

pub(crate) const LANES: &str = "
lanes:
  - {name: fast, brain: anthropic/claude-haiku-5-5@low, max_context_tokens: 32000}
  - {name: strong, brain: openai/gpt-6.1-sol, max_context_tokens: 120000}
";

pub(crate) fn endpoint(name: &str, dialect: Dialect, key: &str) -> Endpoint {
    let auth = if dialect == Dialect::AnthropicMessages { Auth::XApiKey } else { Auth::Bearer };
    let base_url = "http://127.0.0.1:9".to_owned();
    Endpoint { name: name.to_owned(), dialect, base_url, key: Some(SecretString::from(key)), auth, headers: Vec::new() }
}

pub(crate) fn config_with(policy: Policy) -> RouterConfig {
    RouterConfig {
        policy: Arc::new(policy),
        catalogue: Arc::new(Catalogue::builtin()),
        endpoints: vec![
            endpoint("anthropic", Dialect::AnthropicMessages, "one"),
            endpoint("openai", Dialect::OpenaiChat, "two"),
        ],
        aliases: BTreeMap::from([("haiku".to_owned(), ModelRef::new("anthropic", "claude-haiku-5-5"))]),
        keys: BTreeMap::from([("SECOND_KEY".to_owned(), SecretString::from("three"))]),
        calls: brains::Policy::default(),
        seed: Some(1),
        force: None,
    }
}

pub(crate) fn config(policy: &str) -> RouterConfig {
    config_with(Policy::load(policy, "policy.yaml").expect("a policy"))
}

/// The same without reading the two policies that properties are tried with again for every case.
pub(crate) fn ready(lanes: bool) -> RouterConfig {
    static READY: LazyLock<[RouterConfig; 2]> = LazyLock::new(|| [config(BINDINGS), config(LANES)]);
    READY[usize::from(lanes)].clone()
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(ManualClock::new(NOW))
}

pub(crate) fn router(policy: &str) -> Router {
    Router::new(config(policy), clock()).expect("a router")
}

pub(crate) fn after(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

/// A request with these headers; `path` says the dialect.
pub(crate) fn asks(path: &str, headers: &[(&str, &str)], body: &Value) -> Ask {
    let (dialect, counts) = target(path).expect("a path");
    let headers = headers
        .iter()
        .map(|(name, value)| -> (http::HeaderName, http::HeaderValue) {
            (name.parse().unwrap(), value.parse().unwrap())
        })
        .collect();
    Ask::read(Incoming {
        id: "r1".into(),
        at: NOW,
        dialect,
        counts,
        path_and_query: path.to_owned(),
        headers,
        body: body.to_string().into(),
        token: None,
    })
    .expect("a request")
}

pub(crate) fn body(model: &str, task: &str, more: usize) -> Value {
    let mut messages = vec![json!({"role": "user", "content": task})];
    for number in 0..more {
        messages.push(json!({"role": "assistant", "content": format!("step {number}")}));
        messages.push(json!({"role": "user", "content": "go on"}));
    }
    json!({"model": model, "max_tokens": 1000, "tools": [{"name": "Bash"}], "messages": messages})
}

pub(crate) fn ask(model: &str, task: &str) -> Ask {
    asks("/v1/messages", &[("x-session-id", "s1")], &body(model, task, 0))
}

pub(crate) fn first(plan: &Plan) -> &str {
    &plan.bindings[0].name
}

pub(crate) fn why(plan: &Plan) -> String {
    plan.reasons.join(" ")
}

/// Three places for one model.
pub(crate) const BINDINGS: &str = "
gateway:
  bindings:
    openai/gpt-6.1-sol:
      - {provider: openai, weight: 2, rpm: 600}
      - {provider: openai, key_env: SECOND_KEY}
      - {provider: anthropic, model: claude-opus-5-5}
";
