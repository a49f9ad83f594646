//! `POST /v1/route`: what would be decided about a body, with nothing sent and nothing written down.

use bytes::Bytes;
use http::HeaderMap;
use protocol::{Dialect, ErrorKind, ProviderError, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::Router;
use crate::ask::Ask;
use crate::core::{Incoming, Preview};

/// What tells the dialects apart, and a task without any request around it.
#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    task: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    input: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    system: Option<serde::de::IgnoredAny>,
}

/// The decision as JSON.
pub(super) fn of(router: &Router, asked: &Preview<'_>, now: Timestamp) -> Result<Vec<u8>, Box<ProviderError>> {
    let Preview { headers, body: bytes, .. } = asked;
    let wrong = |problem: String| {
        Box::new(ProviderError { status: Some(400), ..ProviderError::new(ErrorKind::InvalidRequest, problem) })
    };
    let body: Body =
        serde_json::from_slice(bytes).map_err(|error| wrong(format!("the body is no JSON object: {error}")))?;
    let dialect = match () {
        () if body.input.is_some() => Dialect::OpenaiResponses,
        () if body.system.is_some() || headers.contains_key("anthropic-version") => Dialect::AnthropicMessages,
        () => Dialect::OpenaiChat,
    };
    let bytes = match &body.task {
        Some(task) => {
            let model = body.model.as_deref().unwrap_or("auto");
            json!({ "model": model, "messages": [{ "role": "user", "content": task }] }).to_string().into()
        }
        None => Bytes::clone(bytes),
    };
    let ask = Ask::read(Incoming {
        id: "preview".into(),
        at: now,
        dialect,
        counts: false,
        path_and_query: "/v1/route".to_owned(),
        headers: HeaderMap::clone(headers),
        body: bytes,
        token: asked.token.clone(),
    });
    let ask = ask.map_err(|error| wrong(error.to_string()))?;
    let planned = |ask: &Ask| router.preview(ask, now).map_err(|refusal| Box::new(refusal.error()));
    let plan = (asked.keep)(&ask, &planned)?;
    let bindings: Vec<_> = plan
        .bindings
        .iter()
        .zip(&plan.places)
        .map(|(binding, place)| {
            let health = binding.health.view(now);
            json!({
                "binding": binding.name,
                "provider": binding.provider,
                "model": binding.model,
                "lane": &*place.lane,
                "effort": place.effort,
                "state": health.state.as_str(),
                "headroom": health.headroom,
            })
        })
        .collect();
    let reasons: Vec<_> =
        plan.reasons.iter().map(|reason| json!({ "reason": reason, "means": in_words(reason) })).collect();
    let page = json!({
        "lane": plan.lane,
        "model": plan.bindings.first().map(|binding| &binding.name),
        "class": ask.class,
        "session": &*ask.session,
        "requested": ask.model,
        "prompt_tokens": ask.prompt_tokens,
        "fresh": plan.fresh,
        "reasons": reasons,
        "bindings": bindings,
        "policy": router.config().policy.hash(),
        "route": plan.route.as_deref(),
    });
    Ok(page.to_string().into_bytes())
}

/// What a reason means. Those of the gateway itself are told here, all others by `routing`.
pub fn in_words(reason: &str) -> String {
    let (head, rest) = reason.split_once(':').unwrap_or((reason, ""));
    match (head, rest) {
        ("requested", _) => "the model that was asked for is served as it is".to_owned(),
        ("asked", "model") => "the client named provider and model".to_owned(),
        ("asked", _) => "the client asked for this lane by its name".to_owned(),
        ("alias", "lane") => "the policy says that this name means this lane".to_owned(),
        ("alias", model) => format!("the policy says that this name means {model}"),
        ("force", "header") => "the client forced this lane by header".to_owned(),
        ("force", _) => "the configuration forces this lane".to_owned(),
        ("auxiliary", class) => format!("a call beside the session ({class})"),
        ("session", lane) => format!("the session is in lane {lane}, and its cache with it"),
        ("redecided", "compaction") => {
            "decided anew: the client replaced its history, the cache is lost anyway".to_owned()
        }
        ("redecided", "cold") => "decided anew: the cache has grown cold".to_owned(),
        ("redecided", "context") => "decided anew: the prompt is larger than the lane takes".to_owned(),
        ("redecided", _) => "decided anew: another lane pays although the context has to be written again".to_owned(),
        _ => routing::in_words(reason),
    }
}
