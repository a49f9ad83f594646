//! What happens to the versions of the learned router without anybody asking.

use protocol::{DECISION_NOTE, Decision, TaskType};
use store::RouterState;

use super::{FAIL, Ledger, PASS, STRONG, drawn};
use crate::support::Sim;

/// Features that pass in the fast lane as well, at a tenth of the price.
fn cheap(ledger: &mut Ledger, hours: u64, tasks: u32) {
    for n in 0..tasks {
        let tries = if n % 2 == 0 { PASS } else { STRONG };
        ledger.task_like(hours, TaskType::Feature, &[tries], drawn);
    }
}

/// A version that serves, and that was right until now.
fn serving() -> Ledger {
    let mut ledger = Ledger::new();
    cheap(&mut ledger, 100, 200);
    ledger.desk.agent(&["router", "train"]).exits(0);
    cheap(&mut ledger, 0, 200);
    ledger.desk.agent(&["router", "eval"]).exits(0);
    assert_eq!(current(&ledger), Some(1));
    ledger
}

fn current(ledger: &Ledger) -> Option<u32> {
    ledger.store.router_in(RouterState::Current).unwrap().map(|record| record.version)
}

/// Now the fast lane fails.
fn fails(ledger: &mut Ledger, tasks: u32) {
    for _ in 0..tasks {
        ledger.task_like(0, TaskType::Feature, &[FAIL], drawn);
    }
}

fn decisions(ledger: &Ledger, session: &protocol::SessionId) -> Vec<Decision> {
    let notes = ledger.store.notes_of(session, DECISION_NOTE).unwrap();
    notes.iter().filter_map(|note| serde_json::from_str(&note.json).ok()).collect()
}

#[test]
fn a_version_that_does_harm_goes_by_itself_when_a_person_says_what_came_of_its_work() {
    let mut ledger = serving();
    fails(&mut ledger, 60);
    ledger.desk.agent(&["outcome", "-", "--rejected"]).exits(0);
    assert_eq!(current(&ledger), Some(1), "60 attempts are too few to say");
    fails(&mut ledger, 60);
    let told = ledger.desk.agent(&["outcome", "-", "--rejected"]).exits(0);
    assert_eq!(current(&ledger), None);
    told.says(&[
        "learned router: version 1 (current) against the policy alone: ",
        "retired: worse than what it replaced",
    ]);
    let decision = decisions(&ledger, &ledger.session).pop().unwrap();
    assert_eq!((decision.kind.as_str(), decision.chosen.as_str()), ("route", "retired"));
    assert!(decision.because.contains("learned router, version 1: worse"), "{}", decision.because);
    assert!(decision.numbers["gain"] < 0.0 && decision.numbers["attempts"] >= 100.0, "{:?}", decision.numbers);
}

#[test]
fn a_version_that_does_harm_goes_by_itself_at_the_end_of_a_run() {
    let mut ledger = serving();
    // With the run's own attempt another ten are full.
    fails(&mut ledger, 129);
    let sim = Sim::steps("- say: It is README.md.\n");
    let before = ledger.store.attempts(&store::AttemptFilter::default()).unwrap().len();
    assert_eq!((before + 1) % 10, 0);
    let ended = ledger.desk.ask(&sim, &["run", "Where is the readme?"]).exits(0);
    assert_eq!(current(&ledger), None, "{}", ended.err);
    ended.says(&["learned router: version 1", "retired"]);
    let session = ledger.store.latest(&ledger.desk.root.display().to_string()).unwrap().unwrap().id;
    assert!(decisions(&ledger, &session).iter().any(|decision| decision.chosen == "retired"));
}

#[test]
fn a_version_that_does_well_stays_and_nobody_hears_of_it() {
    let mut ledger = serving();
    cheap(&mut ledger, 0, 150);
    let told = ledger.desk.agent(&["outcome", "-", "--accepted"]).exits(0);
    assert_eq!(current(&ledger), Some(1));
    assert!(!told.err.contains("learned router"), "{}", told.err);
}

#[test]
fn a_version_in_the_shadow_is_taken_by_itself_only_where_the_policy_gives_it_a_say() {
    for (mode, taken) in [("shadow", None), ("on", Some(1))] {
        let mut ledger = Ledger::new();
        cheap(&mut ledger, 100, 200);
        ledger.desk.agent(&["router", "train"]).exits(0);
        cheap(&mut ledger, 0, 200);
        ledger.desk.file(".agent/policy.yaml", format!("learned: {{mode: {mode}}}\n"));
        ledger.desk.agent(&["policy", "show", "--json"]).exits(0);
        ledger.desk.agent(&["outcome", "-", "--accepted"]).exits(0);
        assert_eq!(current(&ledger), None, "{mode}: the project's policy is not trusted");
        let user = ledger.desk.home.join("config");
        std::fs::create_dir_all(&user).unwrap();
        std::fs::rename(ledger.desk.root.join(".agent/policy.yaml"), user.join("policy.yaml")).unwrap();
        ledger.desk.agent(&["outcome", "-", "--accepted"]).exits(0);
        assert_eq!(current(&ledger), taken, "{mode}");
    }
}
