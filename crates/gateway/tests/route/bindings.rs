//! Several places for one model: affinity, failover, rotation.

use gateway::route::Routers;
use protocol::{ErrorKind, ProviderError, Usage};

use super::*;

#[test]
fn a_model_with_several_bindings_keeps_a_session_at_one() {
    let router = router(BINDINGS);
    let mut firsts = BTreeMap::new();
    for session in 0..200 {
        let name = format!("s{session}");
        let request = |more| asks("/v1/messages", &[("x-session-id", &name)], &body("gpt-6.1-sol", "x", more));
        let plan = router.plan(&request(0), NOW).unwrap();
        assert_eq!(plan.bindings.len(), 3);
        assert_eq!(first(&plan), first(&router.plan(&request(1), after(5)).unwrap()));
        *firsts.entry(first(&plan).to_owned()).or_insert(0) += 1;
    }
    let names: Vec<&str> = firsts.keys().map(String::as_str).collect();
    assert_eq!(names, ["anthropic/claude-opus-5-5", "openai/gpt-6.1-sol", "openai/gpt-6.1-sol#2"]);
    assert!(firsts["openai/gpt-6.1-sol"] > 75, "{firsts:?}");
}

#[test]
fn gw_09_a_binding_that_failed_is_passed_over_and_the_session_moves_with_its_new_cache() {
    let router = router(BINDINGS);
    let request = |more| asks("/v1/messages", &[("x-session-id", "s")], &body("gpt-6.1-sol", "x", more));
    let plan = router.plan(&request(0), NOW).unwrap();
    let home = Arc::clone(&plan.bindings[0]);
    let down = ProviderError::new(ErrorKind::Transport, "no");
    for _ in 0..5 {
        home.admit(0, NOW).unwrap();
        home.ended(&brains::Ended::Failed(&down), NOW);
    }
    assert!(home.admit(0, NOW).is_err());
    let plan = router.plan(&request(1), after(1)).unwrap();
    let refuge = Arc::clone(&plan.bindings[0]);
    assert!(refuge.name != home.name && plan.bindings.last().unwrap().name == home.name, "{plan:?}");
    router.served(&request(1), &refuge, &Usage { input: 100, output: 5, ..Usage::default() }, after(2));
    // Its cache is at the other one now: back home would be cold.
    assert_eq!(first(&router.plan(&request(2), after(60)).unwrap()), refuge.name);
}

#[test]
fn gw_09_attempts_are_bounded_and_said_in_the_plan() {
    let policy =
        format!("{LANES}gateway: {{attempts: 3, deadline_s: 42}}\nrouting: {{fallbacks: {{num_retries: 1}}}}\n");
    let plan = router(&policy).plan(&ask("auto", "Find all callers."), NOW).unwrap();
    assert_eq!((plan.attempts, plan.retries, plan.deadline), (3, 1, Duration::from_secs(42)));
}

#[test]
fn w56_providers_that_keep_sessions_by_header_get_one_that_says_nothing_of_the_client() {
    let endpoints = vec![endpoint("openrouter", Dialect::OpenaiChat, "k"), endpoint("xai", Dialect::OpenaiChat, "k")];
    let router = Router::new(RouterConfig { endpoints, ..config("") }, clock()).unwrap();
    for (model, header) in
        [("openrouter/anthropic/claude-opus-5.5", "x-session-id"), ("xai/grok-4.7", "x-grok-conv-id")]
    {
        let binding = Arc::clone(&router.plan(&ask(model, "x"), NOW).unwrap().bindings[0]);
        let (name, value) = binding.affinity("my-private-session").expect("a header");
        assert_eq!(name, header);
        assert!(value.len() == 32 && !value.to_str().unwrap().contains("private"));
        assert_eq!(binding.affinity("my-private-session").unwrap().1, value);
        assert_ne!(binding.affinity("another").unwrap().1, value);
    }
    let direct = self::router("").plan(&ask("claude-opus-5-5", "x"), NOW).unwrap();
    assert!(direct.bindings[0].affinity("s").is_none());
}

#[test]
fn a_provider_that_speaks_two_dialects_is_asked_in_the_clients_own() {
    let plan = router("").plan(&ask("gpt-6.1-sol", "x"), NOW).unwrap();
    let binding = &plan.bindings[0];
    for own in [Dialect::OpenaiChat, Dialect::OpenaiResponses] {
        assert_eq!(binding.client(own).unwrap().0, own);
        assert_eq!(binding.client(own).unwrap().1.dialect(), own);
    }
    let foreign = binding.client(Dialect::AnthropicMessages).unwrap().0;
    assert_eq!(foreign, binding.clients[0].0);
}

#[test]
fn deployments_of_a_litellm_group_are_its_bindings() {
    let text = "
model_list:
  - {model_name: tier1, litellm_params: {model: anthropic/claude-haiku-5-5, weight: 3}}
  - {model_name: tier1, litellm_params: {model: openai/gpt-6-luna, weight: 1}}
  - {model_name: tier1, litellm_params: {model: anthropic/claude-haiku-5-5, api_key: os.environ/SECOND_KEY}}
  - {model_name: tier2, litellm_params: {model: gpt-6.1-sol}}
router_settings: {num_retries: 1, fallbacks: [{tier1: [tier2]}]}
";
    let router = router(text);
    let plan = router.plan(&ask("tier1", "Refactor everything."), NOW).unwrap();
    assert_eq!((plan.lane.as_str(), why(&plan).as_str(), plan.retries), ("tier1", "asked:lane", 1));
    let mut names: Vec<&str> = plan.bindings.iter().map(|binding| binding.name.as_str()).collect();
    assert_eq!(names.pop(), Some("openai/gpt-6.1-sol"), "what the fallbacks name, last");
    names.sort_unstable();
    assert_eq!(names, ["anthropic/claude-haiku-5-5", "anthropic/claude-haiku-5-5#2", "openai/gpt-6-luna"]);
    let weights: u32 = plan.bindings.iter().take(3).map(|binding| binding.weight).sum();
    assert_eq!(weights, 5);
}

#[test]
fn gw_15_a_new_key_serves_what_comes_next_and_what_is_under_way_keeps_the_old_one() {
    let routers = Routers::new(config(BINDINGS), clock()).unwrap();
    let request = |more| asks("/v1/messages", &[("x-session-id", "s")], &body("gpt-6.1-sol", "x", more));
    let before = routers.now().plan(&request(0), NOW).unwrap();
    let under_way = Arc::clone(&before.bindings[0].clients[0].1);
    let down = ProviderError { retry_after_ms: Some(9_000), ..ProviderError::new(ErrorKind::RateLimit, "slow down") };
    let limited = before.bindings[1].clone();
    limited.ended(&brains::Ended::Failed(&down), NOW);

    let mut rotated = config(BINDINGS);
    rotated.endpoints[1].key = Some(SecretString::from("rotated"));
    rotated.endpoints[0].key = Some(SecretString::from("rotated too"));
    rotated.keys = BTreeMap::from([("SECOND_KEY".to_owned(), SecretString::from("rotated as well"))]);
    routers.swap(rotated.clone()).unwrap();
    let plan = routers.now().plan(&request(1), after(1)).unwrap();
    assert_eq!(first(&plan), first(&before), "the session goes on where it was");
    let now = &plan.bindings[0].clients[0].1;
    assert!(!Arc::ptr_eq(now, &under_way), "with another client");
    assert_eq!(Arc::strong_count(&under_way), 2, "the old one lives as long as its plan, and this test");
    let same = plan.bindings.iter().find(|binding| binding.name == limited.name).unwrap();
    assert!(same.admit(0, after(1)).is_err(), "what was learned is not forgotten");

    routers.swap(rotated).unwrap();
    let again = routers.now().plan(&request(2), after(2)).unwrap();
    assert!(Arc::ptr_eq(&again.bindings[0].clients[0].1, now), "the same key keeps its connections");

    let mut broken = config(BINDINGS);
    broken.keys.clear();
    let error = routers.swap(broken).unwrap_err();
    assert!(error.to_string().contains("SECOND_KEY"), "{error}");
    assert!(routers.now().plan(&request(3), after(3)).is_ok(), "the one before goes on");
}
