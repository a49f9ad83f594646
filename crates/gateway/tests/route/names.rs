//! Names that clients send.

use gateway::route::REQUESTED;
use protocol::ErrorKind;

use super::*;

#[test]
fn without_lanes_with_models_what_was_asked_for_is_served_as_it_was_asked() {
    let router = router("");
    for (model, binding) in [
        ("claude-opus-5-5", "anthropic/claude-opus-5-5"),
        ("gpt-6.1-sol", "openai/gpt-6.1-sol"),
        ("openai/gpt-6-luna", "openai/gpt-6-luna"),
        ("haiku", "anthropic/claude-haiku-5-5"),
    ] {
        let plan = router.plan(&ask(model, "Fix the crash."), NOW).unwrap();
        assert_eq!((plan.lane.as_str(), first(&plan), plan.bindings.len()), (REQUESTED, binding, 1));
    }
}

#[test]
fn w70_a_mark_of_a_larger_context_is_not_part_of_the_models_name() {
    let plan = router("").plan(&ask("claude-opus-5-5[1m]", "x"), NOW).unwrap();
    assert_eq!((plan.bindings[0].model.as_str(), first(&plan)), ("claude-opus-5-5", "anthropic/claude-opus-5-5"));
    let plan = router("gateway: {models: {claude-sonnet-4-5: openai/gpt-6.1-sol, mini: fast}}\n")
        .plan(&ask("claude-sonnet-4-5[1m]", "x"), NOW)
        .unwrap();
    assert_eq!((first(&plan), why(&plan)), ("openai/gpt-6.1-sol", "alias:openai/gpt-6.1-sol".to_owned()));
}

#[test]
fn a_model_that_nobody_has_is_refused_with_what_there_is() {
    let refusal = router("").plan(&ask("llama-9\u{1b}[2J", "x"), NOW).unwrap_err();
    assert_eq!((refusal.status, refusal.kind, refusal.reason), (404, ErrorKind::NotFound, "unknown_model"));
    assert!(refusal.message.contains("anthropic, openai") && !refusal.message.contains('\u{1b}'), "{refusal}");
    let nobody = RouterConfig { endpoints: Vec::new(), ..config("") };
    let refusal = Router::new(nobody, clock()).unwrap().plan(&ask("claude-opus-5-5", "x"), NOW).unwrap_err();
    assert_eq!((refusal.status, refusal.reason), (503, "no_provider"));
}

#[test]
fn a_server_of_ones_own_is_asked_for_what_nobody_lists() {
    let endpoints = vec![endpoint("box", Dialect::OpenaiChat, "k")];
    let router = Router::new(RouterConfig { endpoints, ..config("") }, clock()).unwrap();
    assert_eq!(first(&router.plan(&ask("my-own-coder", "x"), NOW).unwrap()), "box/my-own-coder");
}
