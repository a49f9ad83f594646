//! What is remembered, and when it is decided anew.

use gateway::ask::Class;

use super::*;

#[test]
fn calls_beside_the_session_are_cheap_and_leave_no_trace() {
    let router = router(LANES);
    let session = [("x-session-id", "s1")];
    router.plan(&asks("/v1/messages", &session, &body("m", "Refactor the parser.", 5)), NOW).unwrap();
    let title = json!({"model": "m", "messages": [
        {"role": "system", "content": "You are a title generator."}, {"role": "user", "content": "Refactor the parser."}]});
    let title = asks("/v1/chat/completions", &session, &title);
    assert_eq!(title.class, Class::Title);
    let plan = router.plan(&title, after(1)).unwrap();
    assert_eq!((plan.lane.as_str(), why(&plan).as_str()), ("fast", "auxiliary:title"));
    let counted = asks("/v1/messages/count_tokens", &session, &body("m", "x", 0));
    assert_eq!(router.plan(&counted, after(2)).unwrap().lane, "strong", "counted by who will read it");
    let mut summary = body("m", "Refactor the parser.", 5);
    summary["messages"].as_array_mut().unwrap().push(
        json!({"role": "user", "content": "Your task is to create a detailed summary of the conversation so far"}),
    );
    let summary = asks("/v1/messages", &session, &summary);
    assert_eq!((summary.class, router.plan(&summary, after(3)).unwrap().lane.as_str()), (Class::Compaction, "strong"));
    // None of it was taken for the session: it goes on as if nothing had been.
    let next = asks("/v1/messages", &session, &body("m", "Refactor the parser.", 6));
    let plan = router.plan(&next, after(4)).unwrap();
    assert_eq!((plan.lane.as_str(), plan.reasons.as_slice()), ("strong", ["session:strong".to_owned()].as_slice()));
    assert_eq!(router.sessions(), 1);
}

#[test]
fn compactions_go_to_a_cheap_lane_where_the_policy_says_so() {
    let router = router(&format!("{LANES}gateway: {{compaction: fast, auxiliary: strong}}\n"));
    let summary = json!({"model": "m", "messages": [{"role": "user", "content": "Your task is to create a detailed summary of the conversation so far"}]});
    assert_eq!(why(&router.plan(&asks("/v1/messages", &[], &summary), NOW).unwrap()), "auxiliary:compaction");
    let probe = asks(
        "/v1/messages",
        &[],
        &json!({"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "quota"}]}),
    );
    assert_eq!(router.plan(&probe, NOW).unwrap().lane, "strong");
}

#[test]
fn a_session_is_decided_anew_where_its_cache_is_lost_anyway() {
    let open = format!("{LANES}routing: {{stickiness: \"off\"}}\n");
    let session = [("x-session-id", "s1")];
    let incident = [("x-session-id", "s1"), ("x-agent-hint-production-incident", "true")];
    let task = "Find all callers of parse.";
    let begun = |policy: &str| {
        let router = router(policy);
        let plan = router.plan(&asks("/v1/messages", &incident, &body("m", task, 10)), NOW).unwrap();
        assert_eq!(plan.lane, "strong");
        router
    };
    // Warm: it stays, whatever would be decided today. Seven dollars of context are not written again for a cheaper lane.
    let warm = begun(&open).plan(&asks("/v1/messages", &session, &body("m", task, 11)), after(60)).unwrap();
    assert_eq!(why(&warm), "session:strong");
    let cold = begun(&open).plan(&asks("/v1/messages", &session, &body("m", task, 11)), after(3 * 3600)).unwrap();
    assert!(cold.lane == "fast" && why(&cold).starts_with("redecided:cold"), "{cold:?}");
    let compacted = begun(&open).plan(&asks("/v1/messages", &session, &body("m", task, 1)), after(60)).unwrap();
    assert!(compacted.lane == "fast" && why(&compacted).starts_with("redecided:compaction"), "{compacted:?}");
    let replaced = "This session is being continued from a previous conversation. Find the rest.";
    let replaced = begun(&open).plan(&asks("/v1/messages", &session, &body("m", replaced, 12)), after(60)).unwrap();
    assert!(why(&replaced).starts_with("redecided:compaction"), "{replaced:?}");
    // A policy that keeps sessions up keeps them up.
    let sticky = begun(LANES).plan(&asks("/v1/messages", &session, &body("m", task, 1)), after(60)).unwrap();
    assert!(sticky.lane == "strong" && why(&sticky).contains("sticky:strong"), "{sticky:?}");
}

#[test]
fn a_prompt_that_no_longer_fits_goes_one_lane_up() {
    let router = router(LANES);
    let session = [("x-session-id", "s1")];
    let mut long = body("m", "Find all callers of parse.", 0);
    assert_eq!(router.plan(&asks("/v1/messages", &session, &long), NOW).unwrap().lane, "fast");
    long["messages"].as_array_mut().unwrap().push(json!({"role": "assistant", "content": "x".repeat(140_000)}));
    let plan = router.plan(&asks("/v1/messages", &session, &long), after(10)).unwrap();
    assert!(plan.lane == "strong" && why(&plan).starts_with("redecided:context"), "{plan:?}");
    assert_eq!(why(&router.plan(&asks("/v1/messages", &session, &long), after(20)).unwrap()), "session:strong");
}

#[test]
fn a_warm_session_moves_where_the_formulas_say_that_it_pays() {
    // From a model whose reads cost more than the other's writes: the move is free, and the session is long.
    let policy = "
lanes:
  - {name: fast, brain: anthropic/claude-haiku-5-5}
  - {name: strong, brain: anthropic/claude-opus-5-5}
routing: {stickiness: \"off\"}
";
    let router = router(policy);
    let task = "Find all callers of parse.";
    let incident = [("x-session-id", "s1"), ("x-agent-hint-production-incident", "true")];
    for step in 0..12 {
        assert_eq!(
            router
                .plan(&asks("/v1/messages", &incident, &body("m", task, 10 + step)), after(10 * step as u64))
                .unwrap()
                .lane,
            "strong"
        );
    }
    let plan = router.plan(&asks("/v1/messages", &[("x-session-id", "s1")], &body("m", task, 22)), after(130)).unwrap();
    assert!(plan.lane == "fast" && why(&plan).starts_with("redecided:pays"), "{plan:?}");
}
