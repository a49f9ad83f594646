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
fn where_no_lane_names_a_model_the_policy_chooses_among_the_usual_two() {
    let usual = |name: &str, model: &str| (name.to_owned(), ModelRef::new("anthropic", model));
    let mut config = config("gateway: {models: {small: fast, big: strong}}\n");
    config.aliases.extend([usual("fast", "claude-haiku-5-5"), usual("premium", "claude-opus-5-5")]);
    let router = Router::new(config, clock()).unwrap();
    let (haiku, opus) = ("anthropic/claude-haiku-5-5", "anthropic/claude-opus-5-5");
    for (model, task, lane, binding) in [
        ("auto", "Find all callers of `parse`.", "fast", haiku),
        ("auto", "Refactor the parser.", "strong", opus),
        ("lane:strong", "Find all callers.", "strong", opus),
        ("lane:fast", "Refactor the parser.", "fast", haiku),
        ("small", "Refactor the parser.", "fast", haiku),
        ("big", "Find all callers.", "strong", opus),
        ("gpt-6.1-sol", "Find all callers.", REQUESTED, "openai/gpt-6.1-sol"),
    ] {
        let plan = router.preview(&ask(model, task), NOW).unwrap();
        assert_eq!((plan.lane.as_str(), first(&plan)), (lane, binding), "{model}: {task}");
    }
    let auto = router.models().remove(0);
    assert_eq!((auto.id.as_str(), auto.served_by.len()), ("auto", 2));
    // Nobody is set up who has them.
    let refusal = self::router("").plan(&ask("auto", "x"), NOW).unwrap_err();
    assert!(refusal.status == 404 && refusal.message.contains("whose lanes name no model"), "{refusal}");
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
