use protocol::Signals;
use routing::learned::{Advisers, Ending, Experience, RouterModel, TrainSettings};

use super::*;

const TASK: &str = "Fix the crash in the parser.";

/// The row of a task with so many failures, as it was when the router learned of it.
fn row(policy: &Policy, failures: u32, lane: &str, ending: Ending) -> Experience {
    let signals = Signals { failures, ..Signals::default() };
    let route = decide(policy, &Ask { task: TASK, signals, ..Ask::default() });
    let features = features_of(TASK, "here", &route);
    Experience::new(features, route.task_type.as_str(), lane, ending, None).costing(0.1)
}

/// Has seen that the fast lane fails at such a task at first, and passes once it has failed twice. However odd: it is what it saw.
fn lanes(policy: &Policy) -> Lanes {
    let rows: Vec<Experience> = (0..600)
        .map(|at| match at % 3 {
            0 => row(policy, 0, "fast", Ending::Failed),
            1 => row(policy, 2, "fast", Ending::Verified),
            _ => row(policy, at % 4, "strong", Ending::Verified),
        })
        .collect();
    let model = RouterModel::train(1, &["fast".to_owned(), "strong".to_owned()], &rows, &TrainSettings::default());
    Lanes { advisers: Advisers { current: Some(model.unwrap()), ..Advisers::default() }, ..Lanes::default() }
}

#[test]
fn p21_a_hint_does_not_lower_the_lane_by_way_of_what_the_router_has_learned_of_such_signals() {
    let policy =
        Policy::load("version: 1\nlearned: {mode: on, success: 0.6, confidence: 0.6}\n", "policy.yaml").unwrap();
    let lanes = lanes(&policy);
    let chosen = |hints: &[&str], failures: u32| {
        let lanes = Lanes { hints: Hints::written(hints), ..lanes.clone() };
        let known = Known { task: TASK, repository: "here", failures, ..Known::default() };
        choose(&policy, &lanes, &known, None)
    };
    assert_eq!(chosen(&[], 0).lane, "strong");
    assert_eq!(chosen(&[], 2).lane, "fast", "the router follows what was seen");
    let hinted = chosen(&["failures=2"], 0);
    assert_eq!((hinted.lane.as_str(), hinted.signals.failures), ("strong", 2), "{:?}", hinted.reasons);
    let (plain, hinted) = (chosen(&[], 0).learned.unwrap(), hinted.learned.unwrap());
    assert_eq!((plain.lane, plain.success), (hinted.lane, hinted.success), "it is asked about what was seen");
}
