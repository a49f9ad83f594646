//! What follows from what checks say.

use proptest::prelude::*;
use routing::{Next, Policy, RunResult, Trigger, asks_for_a_change, next};

use crate::{PUBLISHED, load};

fn passed(checks: &[&str]) -> RunResult {
    let policy = Policy::builtin();
    let checks = checks.iter().map(|name| ((*name).to_owned(), true, policy.is_weak(name, name))).collect();
    RunResult {
        changed: true,
        patch: true,
        checks,
        attempts_in_lane: 1,
        confidence: Some(0.99),
        ..RunResult::default()
    }
}

fn failed(attempts: u32) -> RunResult {
    RunResult { checks: vec![("tests".to_owned(), false, false)], attempts_in_lane: attempts, ..passed(&[]) }
}

fn up(trigger: Trigger) -> Next {
    Next::Escalate { lane: "strong".to_owned(), trigger }
}

#[test]
fn p26_work_that_did_not_pass_goes_to_the_strong_lane() {
    let published = load(PUBLISHED);
    for result in
        [failed(1), RunResult { confidence: Some(1.0), ..failed(1) }, RunResult { confidence: None, ..failed(3) }]
    {
        assert_eq!(next(&published, "fast", &result), up(Trigger::FailedTests));
    }
    // Ours tries once more in the lane, with what failed.
    let ours = Policy::builtin();
    assert_eq!(next(&ours, "fast", &failed(1)), Next::Retry);
    assert_eq!(next(&ours, "fast", &failed(2)), up(Trigger::FailedTests));
    let rejected = |attempts_in_lane| RunResult { review_rejected: true, attempts_in_lane, ..passed(&["tests"]) };
    assert_eq!(next(&ours, "fast", &rejected(1)), Next::Retry);
    assert_eq!(next(&ours, "fast", &rejected(2)), up(Trigger::PatchRejected));
}

fn with_confidence(confidence: Option<f64>) -> RunResult {
    RunResult { confidence, ..passed(&["tests"]) }
}

#[test]
fn p27_a_confidence_just_below_the_limit_is_too_low() {
    for policy in [Policy::builtin(), load(PUBLISHED)] {
        assert_eq!(next(&policy, "fast", &with_confidence(Some(0.649))), up(Trigger::LowConfidenceSummary));
    }
}

#[test]
fn p28_a_confidence_at_the_limit_is_not_too_low() {
    for policy in [Policy::builtin(), load(PUBLISHED)] {
        assert_eq!(next(&policy, "fast", &with_confidence(Some(0.65))), Next::Done);
    }
}

#[test]
fn p29_a_weak_check_goes_up_however_sure_the_worker_is() {
    for policy in [Policy::builtin(), load(PUBLISHED)] {
        assert_eq!(next(&policy, "fast", &passed(&["snapshot-only"])), up(Trigger::WeakChecks));
        assert_eq!(next(&policy, "fast", &passed(&["tests", "snapshot-only"])), up(Trigger::WeakChecks));
    }
}

#[test]
fn p30_no_check_is_weaker_than_a_weak_one() {
    for policy in [Policy::builtin(), load(PUBLISHED)] {
        assert_eq!(next(&policy, "fast", &passed(&[])), up(Trigger::NoChecks));
    }
    // A question that was answered changed nothing and needs no check.
    let answered = RunResult { changed: false, patch: true, attempts_in_lane: 1, ..RunResult::default() };
    for policy in [Policy::builtin(), load(PUBLISHED)] {
        assert_eq!(next(&policy, "fast", &answered), Next::Done);
    }
}

#[test]
fn p31_a_strong_lane_that_failed_often_enough_ends_at_a_person() {
    for policy in [Policy::builtin(), load(PUBLISHED)] {
        assert_eq!(next(&policy, "strong", &failed(1)), Next::Retry);
        let Next::Person(why) = next(&policy, "strong", &failed(2)) else { panic!() };
        assert_eq!(why, "failed_tests: the strongest lane failed 2 times");
    }
    let once = load("routing: {strong_attempts: 1}\n");
    assert!(matches!(next(&once, "strong", &failed(1)), Next::Person(_)));
    // There is nowhere to go with mere doubts.
    assert_eq!(next(&Policy::builtin(), "strong", &passed(&[])), Next::Done);
}

#[test]
fn p32_a_confidence_that_is_none_is_zero() {
    let published = load(PUBLISHED);
    for policy in [&Policy::builtin(), &published] {
        for none in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(next(policy, "fast", &with_confidence(Some(none))), up(Trigger::LowConfidenceSummary));
        }
    }
    for required in [published, load("routing: {confidence: required}\n")] {
        assert_eq!(next(&required, "fast", &with_confidence(None)), up(Trigger::LowConfidenceSummary));
    }
    // Where nobody has to report one, strong checks that passed stand.
    assert_eq!(next(&Policy::builtin(), "fast", &with_confidence(None)), Next::Done);
}

#[test]
fn p34_every_way_up_names_its_trigger_and_one_that_is_not_listed_does_not_lead_up() {
    let result = |trigger: Trigger| match trigger {
        Trigger::FailedTests => failed(2),
        Trigger::PatchRejected => RunResult { review_rejected: true, attempts_in_lane: 2, ..passed(&["tests"]) },
        Trigger::LowConfidenceSummary => with_confidence(Some(0.1)),
        Trigger::WeakChecks => passed(&["snapshot-only"]),
        Trigger::NoChecks => passed(&[]),
        Trigger::NoPatch => RunResult { changed: false, patch: false, ..passed(&[]) },
        Trigger::RiskPath => RunResult { risk_lane: Some("strong".to_owned()), ..passed(&["tests"]) },
        Trigger::Monitor => RunResult { monitor: true, ..passed(&["tests"]) },
    };
    for trigger in Trigger::ALL {
        let only = load(&format!("routing: {{escalate_on: [{trigger}]}}\n"));
        assert_eq!(next(&only, "fast", &result(trigger)), up(trigger));
        let others: Vec<&str> =
            Trigger::ALL.iter().filter(|other| **other != trigger).map(|other| other.as_str()).collect();
        let others = load(&format!("routing: {{escalate_on: [{}]}}\n", others.join(", ")));
        let then = next(&others, "fast", &result(trigger));
        let failure = matches!(trigger, Trigger::FailedTests | Trigger::PatchRejected | Trigger::NoPatch);
        match then {
            Next::Person(why) if failure => assert!(why.contains(trigger.as_str()), "{why}"),
            then => assert_eq!((then, failure), (Next::Done, false), "{trigger}"),
        }
    }
}

#[test]
fn p17_a_run_that_touched_what_a_path_rule_knows_goes_to_the_lane_of_that_rule_whatever_its_checks_say() {
    let policy = load(
        "lanes: [{name: fast}, {name: mid, max_context_tokens: 64000}, {name: strong}]
routing: {score_limits: [6, 11]}
path_rules: [{name: docs, lane: mid, patterns: [docs/]}, {name: auth, lane: strong, signal: auth_code, patterns: [auth/]}]
",
    );
    let touched = |paths: &[&str]| {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        policy.lane_of_paths(&paths).map(str::to_owned)
    };
    assert_eq!(touched(&["src/lib.rs"]), None);
    assert_eq!(touched(&["docs/a.md"]).as_deref(), Some("mid"));
    assert_eq!(touched(&["docs/a.md", "src/../auth/x.rs"]).as_deref(), Some("strong"), "the most demanding one");
    let after = |lane: &str, paths: &[&str], result: RunResult| {
        next(&policy, lane, &RunResult { risk_lane: touched(paths), ..result })
    };
    let to = |lane: &str, trigger| Next::Escalate { lane: lane.to_owned(), trigger };
    assert_eq!(after("fast", &["docs/a.md"], passed(&["tests"])), to("mid", Trigger::RiskPath));
    assert_eq!(after("fast", &["auth/x.rs"], passed(&["tests"])), to("strong", Trigger::RiskPath), "not by way of mid");
    assert_eq!(after("mid", &["docs/a.md"], passed(&["tests"])), Next::Done, "it is there already");
    assert_eq!(
        after("fast", &["auth/x.rs"], failed(1)),
        to("strong", Trigger::FailedTests),
        "nobody tries again there"
    );
}

#[test]
fn who_saw_no_need_for_a_change_in_the_last_lane_is_not_asked_again() {
    let none = RunResult { changed: false, patch: false, ..passed(&[]) };
    let Next::Person(why) = next(&Policy::builtin(), "strong", &none) else { panic!("it is a person's") };
    assert_eq!(why, "no_patch: the strongest lane failed once");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn p35_a_confidence_never_stands_in_for_a_check(confidence in proptest::option::of(0.65_f64..=1.0), checks in 0_usize..3, fails in any::<bool>(), weak in any::<bool>()) {
        let checks: Vec<(String, bool, bool)> = (0..checks).map(|number| (number.to_string(), !fails, weak)).collect();
        let result = RunResult { checks, confidence, ..passed(&[]) };
        let proven = !result.checks.is_empty() && !fails && !weak;
        prop_assert_eq!(next(&Policy::builtin(), "fast", &result) == Next::Done, proven);
    }

    #[test]
    fn every_task_ends(fails in proptest::collection::vec(any::<bool>(), 64), weak in any::<bool>()) {
        let policy = load("lanes: [{name: fast}, {name: mid, max_context_tokens: 64000}, {name: strong}]\nrouting: {score_limits: [6, 11]}\n");
        let (mut lane, mut attempts, mut runs) = ("fast".to_owned(), 1, 0);
        for fails in fails {
            runs += 1;
            let result = RunResult { checks: vec![("tests".to_owned(), !fails, weak)], attempts_in_lane: attempts, ..passed(&[]) };
            match next(&policy, &lane, &result) {
                Next::Retry => attempts += 1,
                Next::Escalate { lane: to, .. } => (lane, attempts) = (to, 1),
                Next::Done | Next::Person(_) => break,
            }
        }
        prop_assert!(runs <= 6, "two in each of three lanes at most: {}", runs);
    }
}

#[test]
fn a_missing_patch_goes_up_at_once_and_the_way_up_goes_lane_by_lane() {
    let policy = load(
        "lanes: [{name: fast}, {name: mid, max_context_tokens: 64000}, {name: strong}]\nrouting: {score_limits: [6, 11]}\n",
    );
    let none = RunResult { changed: false, patch: false, ..passed(&[]) };
    let to = |lane: &str, trigger| Next::Escalate { lane: lane.to_owned(), trigger };
    assert_eq!(next(&policy, "fast", &none), to("mid", Trigger::NoPatch));
    assert_eq!(next(&policy, "mid", &failed(2)), to("strong", Trigger::FailedTests));
    let straight = load(
        "lanes: [{name: fast}, {name: mid, max_context_tokens: 64000}, {name: strong}]\nrouting: {score_limits: [6, 11], on_failure: escalate}\n",
    );
    assert_eq!(next(&straight, "fast", &failed(1)), to("strong", Trigger::FailedTests));
    assert!(asks_for_a_change(protocol::TaskType::BugFix) && !asks_for_a_change(protocol::TaskType::Search));
}
