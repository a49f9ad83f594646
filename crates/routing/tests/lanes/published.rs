//! Policies as they are published elsewhere.

use std::collections::BTreeMap;

use protocol::TaskType;
use rand::SeedableRng;
use rand::rngs::StdRng;
use routing::{ConfidenceUse, Descent, OnFailure, Policy, Resort, Stickiness, Trigger, Trouble};

use crate::{PUBLISHED, TIERS, lane, load, says};

#[test]
fn a_risk_score_policy_holds_as_it_was_meant() {
    let policy = load(PUBLISHED);
    let written: Vec<_> = policy.lanes.iter().map(|lane| lane.written().unwrap()).collect();
    assert_eq!(written, ["anthropic/claude-haiku-5-5", "anthropic/claude-opus-5-5"]);
    assert_eq!(policy.verifier.as_ref().unwrap().written().unwrap(), "openai/gpt-6-sol");
    assert_eq!((policy.lanes[0].max_context_tokens, policy.lanes[1].max_context_tokens), (32_000, 120_000));
    let routing = &policy.routing;
    assert_eq!((routing.on_failure, routing.confidence), (OnFailure::Escalate, ConfidenceUse::Required));
    assert_eq!(routing.stickiness, Stickiness::Off);
    assert!(
        routing.escalate_on.contains(&Trigger::NoChecks)
            && routing.escalate_on.contains(&Trigger::RiskPath)
            && !routing.escalate_on.contains(&Trigger::Monitor)
    );
    // The kind of task has no say in it.
    assert_eq!(lane(&policy, "Refactor everything."), "fast");
    assert!(policy.remarks().iter().any(|remark| remark.contains("no_checks")), "{:?}", policy.remarks());
    let field = policy.show().into_iter().find(|field| field.path == "routing.fast_max_score").unwrap();
    assert_eq!((field.value.as_str(), field.origin.as_str()), ("6", "policy.yaml"));
    assert_ne!(policy.hash(), Policy::builtin().hash());
}

#[test]
fn t01_the_table_of_kinds_leads_to_three_tiers() {
    let policy = load(TIERS);
    let tier = |kind: TaskType| policy.routing.task_types[&kind].as_str();
    use TaskType as Kind;
    for kind in [Kind::Navigation, Kind::Search, Kind::Docstring, Kind::Reformat] {
        assert_eq!(tier(kind), "tier1");
    }
    for kind in [Kind::BugFix, Kind::Feature, Kind::Review, Kind::Tests] {
        assert_eq!(tier(kind), "tier2");
    }
    for kind in [Kind::Architecture, Kind::Refactor, Kind::Algorithm] {
        assert_eq!(tier(kind), "tier3");
    }
    let lanes = ["Add a docstring.", "Fix the crash.", "Find an algorithm for it."].map(|task| lane(&policy, task));
    assert_eq!(lanes, ["tier1", "tier2", "tier3"]);
    // Tests after a known pattern are configurable.
    let ours = load("routing: {task_types: {tests: strong}}\n");
    assert_eq!(
        (lane(&Policy::builtin(), "Write tests for it."), lane(&ours, "Write tests for it.")),
        ("fast".to_owned(), "strong".to_owned())
    );
}

#[test]
fn t02_a_kind_that_is_unknown_is_counted_apart_and_goes_to_the_second_tier() {
    let route = crate::route(&load(TIERS), "Hm.", protocol::Signals::default());
    assert_eq!((route.task_type, route.lane.as_str()), (TaskType::Unknown, "tier2"));
    assert!(route.reasons.contains(&"task_type:unknown".to_owned()));
    // Of two lanes the second is the strong one.
    assert_eq!(lane(&Policy::builtin(), "Hm."), "strong");
}

#[test]
fn t03_keys_are_named_by_their_variable_and_a_missing_one_is_named_without_a_value() {
    let environment = BTreeMap::from([("OTHER_KEY".to_owned(), "sk-very-secret".to_owned())]);
    let error =
        Policy::load_with(TIERS, "litellm.yaml", &|name| environment.get(name).cloned()).unwrap_err().to_string();
    assert!(error.starts_with("litellm.yaml:3:"), "{error}");
    assert!(
        error.contains("model_list[0].litellm_params.api_key: the environment variable ANTHROPIC_API_KEY is not set"),
        "{error}"
    );
    assert!(!error.contains("sk-"), "{error}");
    let there = Policy::load_with(TIERS, "litellm.yaml", &|_| Some("sk-very-secret".to_owned())).unwrap();
    assert_eq!(there.lanes[0].shuffle[0].key_env.as_deref(), Some("ANTHROPIC_API_KEY"));
    assert!(!format!("{there:?}").contains("very-secret"), "a key is kept nowhere");
    let written = TIERS.replace("os.environ/ANTHROPIC_API_KEY}", "sk-written-down}");
    says(&written, &["policy.yaml:3:", "litellm_params.api_key: a key stands in the file", "os.environ/NAME"]);
    assert!(!crate::error(&written).contains("sk-written-down"));
    says("model_list: [{model_name: a, litellm_params: {}}]\n", &["model_list[0].litellm_params: `model` is missing"]);
    says("model_list: [{litellm_params: {model: a/b}}]\n", &["model_list[0]: `model_name` is missing"]);
    says("model_list: [{model_name: a, litellm_params: {model: a/b}}]\n", &["1 group; at least two"]);
    let model = TIERS.replace("anthropic/claude-haiku-5-5", "os.environ/CHEAP");
    let from_variable = Policy::load_with(&model, "x", &|name| Some(name.to_lowercase())).unwrap();
    assert_eq!(from_variable.lanes[0].written().unwrap(), "cheap");
}

const SHARED: &str = "model_list:
  - {model_name: cheap, litellm_params: {model: a/one, weight: 3}}
  - {model_name: cheap, litellm_params: {model: b/two, weight: 1}}
  - {model_name: dear, litellm_params: {model: c/three}}
";

#[test]
fn t04_models_under_one_name_are_drawn_by_weight_and_the_same_seed_draws_the_same() {
    let policy = load(SHARED);
    let draws = |seed: u64| {
        let mut random = StdRng::seed_from_u64(seed);
        (0..4_000).map(|_| policy.lanes[0].draw(&mut random).unwrap().as_str().to_owned()).collect::<Vec<_>>()
    };
    let drawn = draws(7);
    assert_eq!(drawn, draws(7));
    assert_ne!(drawn, draws(8));
    let ones = drawn.iter().filter(|model| *model == "a/one").count();
    assert!((2_850..=3_150).contains(&ones), "three quarters of 4000: {ones}");
    let mut random = StdRng::seed_from_u64(1);
    assert_eq!(policy.lanes[1].draw(&mut random).unwrap().as_str(), "c/three");
    assert_eq!(Policy::builtin().lanes[0].draw(&mut random), None, "the team decides");
}

#[test]
fn t05_a_fallback_is_used_after_two_retries_have_failed() {
    let policy = load(TIERS);
    let mut descent = Descent::new(&policy, "tier1");
    let down = |descent: &mut Descent<'_>| descent.failed(Trouble::Unavailable, "503");
    let steps: Vec<Resort> = (0..3).map(|_| down(&mut descent)).collect();
    assert_eq!(steps, [Resort::Retry, Resort::Retry, Resort::Lane("tier2".to_owned())]);
    let own = load("routing: {fallbacks: {num_retries: 0}}\n");
    assert_eq!(Descent::new(&own, "fast").failed(Trouble::Unavailable, "503"), Resort::Lane("strong".to_owned()));
    // What a lane named later is not lost where the first one has no edge of its own.
    let both = load(
        &TIERS
            .replace("[{tier1: [tier2]}, {tier2: [tier3]}]", "[{tier1: [tier2, tier3]}]")
            .replace("num_retries: 2", "num_retries: 0"),
    );
    let mut descent = Descent::new(&both, "tier1");
    let steps: Vec<Resort> = (0..3).map(|_| down(&mut descent)).collect();
    assert_eq!(steps, [Resort::Lane("tier2".to_owned()), Resort::Lane("tier3".to_owned()), Resort::Nothing]);
}

#[test]
fn t06_fallbacks_go_on_from_tier_to_tier_end_and_lead_nowhere_back() {
    let policy = load(TIERS);
    let mut descent = Descent::new(&policy, "tier1");
    let mut lanes = vec![descent.lane().to_owned()];
    let mut attempts = 0;
    loop {
        attempts += 1;
        match descent.failed(Trouble::Unavailable, "overloaded") {
            Resort::Retry => {}
            Resort::Lane(lane) => lanes.push(lane),
            Resort::Nothing => break,
        }
        assert!(attempts < 20);
    }
    assert_eq!((lanes, attempts), (crate::texts(&["tier1", "tier2", "tier3"]), 9));
    let with = |fallbacks: &str| TIERS.replace("[{tier1: [tier2]}, {tier2: [tier3]}]", fallbacks);
    says(
        &with("[{tier1: [tier2]}, {tier2: [tier1]}]"),
        &["router_settings.fallbacks[0].tier1: ", "lead back to `tier1`"],
    );
    says(&with("[{tier1: [tier1]}]"), &["lead back to `tier1`"]);
    says(
        &with("[{tier1: [tier4]}]"),
        &["policy.yaml:11:", "there is no group `tier4`", "tier1, tier2, tier3", "did you mean"],
    );
    // The order of the lanes is that of the fallbacks, however the file lists its models.
    let turned = "model_list:
  - {model_name: dear, litellm_params: {model: c/three}}
  - {model_name: cheap, litellm_params: {model: a/one}}
router_settings: {fallbacks: [{cheap: [dear]}], num_retries: 1}
";
    let names: Vec<String> = load(turned).lanes.into_iter().map(|lane| lane.name).collect();
    assert_eq!(names, ["cheap", "dear"]);
}

#[test]
fn t06_a_descent_that_goes_on_in_another_process_enters_no_lane_twice_and_forgets_none() {
    let policy = load(
        &TIERS
            .replace("[{tier1: [tier2]}, {tier2: [tier3]}]", "[{tier1: [tier2, tier3]}]")
            .replace("num_retries: 2", "num_retries: 0"),
    );
    let goes_on = |entered: &[&str]| {
        let mut descent = Descent::after(&policy, &crate::texts(entered)).unwrap();
        assert_eq!(descent.lane(), *entered.last().unwrap());
        descent.failed(Trouble::Unavailable, "503")
    };
    assert_eq!(goes_on(&["tier1"]), Resort::Lane("tier2".to_owned()));
    assert_eq!(goes_on(&["tier1", "tier2"]), Resort::Lane("tier3".to_owned()));
    assert_eq!(goes_on(&["tier1", "tier2", "tier3"]), Resort::Nothing);
    assert!(Descent::after(&policy, &[]).is_none());
}

#[test]
fn t07_only_what_another_try_may_mend_leads_to_another_lane() {
    use protocol::ErrorKind as Kind;
    for kind in [Kind::RateLimit, Kind::Overloaded, Kind::Timeout, Kind::Server, Kind::Transport] {
        assert_eq!(Trouble::of(kind), Trouble::Unavailable, "{kind:?}");
    }
    for kind in [Kind::Auth, Kind::InvalidRequest, Kind::NotFound, Kind::Refused, Kind::Cancelled] {
        assert_eq!(Trouble::of(kind), Trouble::Refused, "{kind:?}");
    }
    assert_eq!(Trouble::of(Kind::Overflow), Trouble::ContextWindow);
}

#[test]
fn t09_a_prompt_that_is_too_long_takes_the_way_for_that_and_no_retry() {
    let tiers =
        load(&TIERS.replace("num_retries: 2", "num_retries: 2\n  context_window_fallbacks: [{tier1: [tier3]}]"));
    let mut descent = Descent::new(&tiers, "tier1");
    assert_eq!(descent.failed(Trouble::ContextWindow, "too long"), Resort::Lane("tier3".to_owned()));
    // Without an edge: the next lane that takes more; a refusal is final.
    let ours = Policy::builtin();
    assert_eq!(
        Descent::new(&ours, "fast").failed(Trouble::ContextWindow, "too long"),
        Resort::Lane("strong".to_owned())
    );
    assert_eq!(Descent::new(&ours, "strong").failed(Trouble::ContextWindow, "too long"), Resort::Nothing);
    assert_eq!(Descent::new(&ours, "fast").failed(Trouble::Refused, "401"), Resort::Nothing);
}

#[test]
fn t12_when_all_are_down_one_error_lists_every_attempt() {
    let policy = load(&TIERS.replace("num_retries: 2", "num_retries: 0"));
    let mut descent = Descent::new(&policy, "tier1");
    for problem in ["503 overloaded", "connection refused", "timeout"] {
        descent.failed(Trouble::Unavailable, problem);
    }
    let all = descent.all_down();
    assert_eq!(all.attempts.len(), 3);
    assert_eq!(
        all.to_string(),
        "no lane could answer: tier1: 503 overloaded; tier2: connection refused; tier3: timeout"
    );
}

#[test]
fn what_a_published_file_says_and_we_do_not_read_is_named() {
    let policy = load(&format!(
        "{SHARED}general_settings: {{master_key: x}}\nrouter_settings: {{routing_strategy: latency-based-routing, timeout: 30}}\n"
    ));
    let remarks = policy.remarks().join("\n");
    for word in
        ["general_settings is left out", "`latency-based-routing` is not known", "router_settings.timeout is left out"]
    {
        assert!(remarks.contains(word), "{word} in {remarks}");
    }
}
