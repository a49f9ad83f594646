//! Lanes: chosen, raised, forced.

use gateway::route::{ConfigError, REQUESTED};

use super::*;

#[test]
fn the_kind_of_task_decides_and_the_session_sticks() {
    let router = router(LANES);
    let plan = router.plan(&ask("claude-opus-5-5", "Find all callers of parse."), NOW).unwrap();
    assert_eq!((plan.lane.as_str(), first(&plan)), ("fast", "anthropic/claude-haiku-5-5"));
    assert!(plan.fresh && why(&plan).contains("task_type:search"), "{plan:?}");
    assert_eq!(plan.places[0].effort, Some(protocol::Effort::Low));
    // The lane behind it stands in.
    assert_eq!(
        (first(&plan), plan.bindings[1].name.as_str(), &*plan.places[1].lane),
        ("anthropic/claude-haiku-5-5", "openai/gpt-6.1-sol", "strong")
    );
    let next =
        asks("/v1/messages", &[("x-session-id", "s1")], &body("claude-opus-5-5", "Find all callers of parse.", 3));
    let plan = router.plan(&next, after(20)).unwrap();
    assert_eq!((plan.lane.as_str(), why(&plan).as_str(), plan.fresh), ("fast", "session:fast", false));
    let other = asks("/v1/messages", &[("x-session-id", "s2")], &body("claude-opus-5-5", "Refactor the parser.", 0));
    assert_eq!(router.plan(&other, NOW).unwrap().lane, "strong");
}

#[test]
fn hints_raise_and_never_lower() {
    let router = router(LANES);
    let with = |headers: &[(&str, &str)], task: &str| {
        let plan = router.preview(&asks("/v1/messages", headers, &body("auto", task, 0)), NOW).unwrap();
        (plan.lane.clone(), why(&plan))
    };
    assert_eq!(with(&[], "Find all callers.").0, "fast");
    assert_eq!(with(&[("x-agent-hint-production-incident", "true")], "Find all callers.").0, "strong");
    assert_eq!(with(&[("x-agent-hint-lane", "strong")], "Find all callers.").0, "strong");
    for lowering in [("x-agent-hint-lane", "fast"), ("x-agent-hint-files", "0"), ("x-agent-hint-task-type", "search")] {
        assert_eq!(with(&[lowering], "Refactor the parser.").0, "strong", "{lowering:?}");
    }
    let (lane, why) = with(&[("x-agent-hint-nonsense", "1")], "Find all callers.");
    assert!(lane == "strong" && why.contains("hint_refused"), "{why}");
}

#[test]
fn a_lane_is_forced_by_header_by_name_and_by_configuration() {
    let router = router(LANES);
    let forced = |headers: &[(&str, &str)], model: &str| {
        let plan = router.preview(&asks("/v1/messages", headers, &body(model, "Refactor the parser.", 0)), NOW);
        plan.map(|plan| (plan.lane.clone(), plan.reasons.clone()))
    };
    assert_eq!(forced(&[("x-agent-force-lane", "fast")], "any").unwrap(), ("fast".into(), vec!["force:header".into()]));
    assert_eq!(forced(&[], "lane:fast").unwrap(), ("fast".into(), vec!["asked:lane".into()]));
    assert_eq!(forced(&[], "fast").unwrap().0, "fast");
    assert_eq!(forced(&[], "auto").unwrap().0, "strong");
    assert_eq!(forced(&[("x-agent-force-lane", "requested")], "claude-opus-5-5").unwrap().0, REQUESTED);
    assert_eq!(forced(&[], "anthropic/claude-opus-5-5").unwrap(), (REQUESTED.into(), vec!["asked:model".into()]));
    let refusal = forced(&[("x-agent-force-lane", "cheap")], "any").unwrap_err();
    assert_eq!((refusal.status, refusal.reason), (400, "unknown_lane"));
    assert!(refusal.message.contains("fast, strong"), "{refusal}");
    let all = Router::new(RouterConfig { force: Some("strong".to_owned()), ..config(LANES) }, clock()).unwrap();
    assert_eq!(all.plan(&ask("any", "Find all callers."), NOW).unwrap().reasons, ["force:config"]);
    let wrong = Router::new(RouterConfig { force: Some("cheap".to_owned()), ..config(LANES) }, clock());
    assert!(matches!(wrong.unwrap_err(), ConfigError::Lane { .. }));
}
