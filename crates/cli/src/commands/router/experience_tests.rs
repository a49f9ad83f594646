use protocol::{Attempt, AttemptEnd, Brain, Route, Signals, TaskType, Timestamp, Usage, Usd};

use super::*;

/// An attempt in a turn, with its route's reasons and what it cost; none where it has not ended.
fn attempt(turn: u32, reasons: &[&str], usd: Option<f64>) -> AttemptRecord {
    AttemptRecord {
        id: 1,
        attempt: Attempt {
            session: "s".into(),
            turn,
            number: 1,
            task: "t".to_owned(),
            repository: "r".to_owned(),
            route: Route {
                task_type: TaskType::Tests,
                signals: Signals::default(),
                score: 0,
                lane: "fast".to_owned(),
                reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
                verification: Vec::new(),
                policy: String::new(),
                classifier: None,
                learned: None,
            },
            brain: Brain::new("a", "b"),
            at: Timestamp(1),
            escalated_from: None,
        },
        end: usd.map(|usd| AttemptEnd {
            ms: 1,
            usd: Some(Usd::from_dollars(usd)),
            usage: Usage::default(),
            checks: Vec::new(),
            passed: Some(true),
            failure: None,
            plan_at_fault: false,
        }),
        outcome: None,
    }
}

#[test]
fn what_a_draw_may_cost_is_set_aside_until_it_is_known_what_it_did_cost() {
    let drawn = "explored:0.20:0.5000";
    let spent = |records: &[AttemptRecord]| (spent_on_trying(records) * 1_000.0).round();
    assert_eq!(spent(&[attempt(1, &["score:1"], Some(3.0))]), 0.0, "nothing was drawn");
    assert_eq!(spent(&[attempt(1, &[drawn], None)]), 500.0, "it is under way");
    assert_eq!(spent(&[attempt(1, &[drawn], Some(0.125))]), 125.0);
    let escalated = [attempt(1, &[drawn], Some(0.125)), attempt(1, &["escalated:fast:failed_tests"], Some(0.25))];
    assert_eq!(spent(&escalated), 375.0, "the attempt after it is its price too");
    let open = [attempt(1, &[drawn], Some(0.125)), attempt(1, &["escalated:fast:failed_tests"], None)];
    assert_eq!(spent(&open), 500.0);
    assert_eq!(spent(&[attempt(1, &[drawn], Some(0.125)), attempt(2, &[drawn], None)]), 625.0, "tasks add up");
}

#[test]
fn what_a_hint_claimed_teaches_nobody() {
    let policy = Policy::builtin();
    let known = |reasons: &[&str]| known(&policy, &[&attempt(1, reasons, Some(0.1))], false, "Add a test.").is_some();
    assert!(known(&["task_type:tests"]) && known(&["hint:lane", "score:1"]) && known(&["hint:task_type"]));
    assert!(!known(&["hint:failures", "score:6"]) && !known(&["hint:auth_code", "always_strong:auth_code"]));
}
