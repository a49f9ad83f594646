//! Mistakes, listings, previews.

use gateway::route::Routers;

use super::*;

#[test]
fn a_policy_that_names_what_is_not_set_up_says_so_when_the_gateway_starts() {
    let error = Router::new(config("lanes: [{name: fast, brain: mistral/devstral-latest}, {name: strong}]\n"), clock());
    let text = error.unwrap_err().to_string();
    assert!(text.contains("lane `fast`") && text.contains("`mistral`") && text.contains("anthropic, openai"), "{text}");
}

#[test]
fn mistakes_in_the_section_are_told_with_their_place() {
    for (text, field, words) in [
        ("gateway: {auxiliary: cheap}", "gateway.auxiliary", "there is no lane `cheap`"),
        ("gateway: {models: {a: nolane}}", "gateway.models.a", "or write PROVIDER/MODEL"),
        ("gateway: {bindings: {sol: []}}", "gateway.bindings.sol", "names no model at a provider"),
        ("gateway: {bindings: {a/b: [{model: c}]}}", "gateway.bindings.a/b[0]", "`provider` is missing"),
        ("gateway: {bindings: {a/b: [{provider: a, weight: 0}]}}", "gateway.bindings.a/b[0].weight", "1 to 1000000"),
        (
            "gateway: {bindings: {a/b: [{provider: a, key_env: sk-live-123}]}}",
            "gateway.bindings.a/b[0].key_env",
            "never stand in a file",
        ),
        ("gateway: {bindings: {a/b: [{provider: a, rpm: 0}]}}", "gateway.bindings.a/b[0].rpm", "lets nothing through"),
        ("gateway: {attempts: 0}", "gateway.attempts", "1 to 20"),
        ("gateway: {atempts: 3}", "gateway", "atempts"),
    ] {
        let error = Policy::load(&format!("{text}\n"), "p.yaml").unwrap_err();
        assert!(error.to_string().contains(words) && !error.to_string().contains("sk-live"), "{text}: {error}");
        assert!(error.field.starts_with(field), "{text}: {}", error.field);
    }
}

#[test]
fn models_are_listed_with_lanes_and_names_of_the_policy() {
    let listed = router(&format!("{LANES}gateway: {{models: {{mini: fast}}}}\n")).models();
    let ids: Vec<&str> = listed.iter().map(|model| model.id.as_str()).collect();
    for id in ["auto", "lane:fast", "lane:strong", "mini", "claude-opus-5-5", "gpt-6.1-sol"] {
        assert!(ids.contains(&id), "{id}: {ids:?}");
    }
    assert!(!ids.iter().any(|id| id.starts_with("grok")), "no key for it");
    assert!(!router("").models().iter().any(|model| model.lane.is_some()));
}

#[test]
fn a_preview_says_everything_and_writes_nothing() {
    use gateway::core::{Preview, Router as _};
    let routers = Routers::new(config(LANES), clock()).unwrap();
    let bytes = |value: Value| bytes::Bytes::from(value.to_string());
    let none = http::HeaderMap::new();
    let preview = |body: &bytes::Bytes| {
        routers.preview(&Preview { headers: &none, body, token: None, keep: &|ask, plan| plan(ask) })
    };
    let page = preview(&bytes(json!({"task": "Refactor the parser."}))).unwrap();
    let page: Value = serde_json::from_slice(&page).unwrap();
    assert_eq!((page["lane"].as_str(), page["model"].as_str()), (Some("strong"), Some("openai/gpt-6.1-sol")));
    assert!(page["reasons"].as_array().unwrap().iter().all(|reason| !reason["means"].as_str().unwrap().is_empty()));
    assert_eq!(page["route"]["task_type"], "refactor");
    assert_eq!(routers.now().sessions(), 0);
    assert_eq!(preview(&bytes(json!(3))).unwrap_err().status, Some(400));
}
