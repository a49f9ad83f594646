//! A routed run in other hands: killed and resumed, gone on with, and as a stream of events.

use std::process::Stdio;

use serde_json::Value;

use super::{FAST, LARGE, MARKER, SMALL, STRONG, Stage, TEAM, body, change, changes, done, holds, takes_over};
use crate::support::{AGENT, Ended};

#[test]
fn p45_a_run_that_is_killed_goes_on_in_its_lane_and_in_its_row() {
    let faults = "faults:\n  - {on: {actor: fast, nth_request: 2}, kind: stall, after_chunks: 0}\n";
    let stage = Stage::with(faults, &changes("41", "42"), "");
    let mut command = stage.desk.command(AGENT);
    command.args(["run", SMALL, "--team", &stage.team]).envs(stage.sim.variables());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    stage.sim.wait_for(2);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(stage.rows(), ["fast 1 open"]);
    stage.desk.ask(&stage.sim, &["sessions", "resume"]).exits(0).says(&["result: passed"]);
    assert_eq!(stage.rows(), ["fast 1 passed"]);
    assert!(stage.models().iter().all(|model| model == FAST), "{:?}", stage.models());
    assert_eq!(stage.desk.read("src/lib.rs"), "pub fn answer() -> u32 {\n    42\n}\n");
}

/// Fails twice in the fast lane, then passes in the strong one.
fn escalating() -> Stage {
    let fast = [changes("41", "43"), done(), change("43", "44"), done()].concat();
    Stage::new(&fast, &takes_over("44", "42"))
}

const ROWS: [&str; 3] = ["fast 1 failed_tests", "fast 2 failed_tests", "strong 3 passed"];

/// Every write of the run, and not only each kind of write once.
const EVERY_WRITE: &str = "AGENT_KILL_AT_EVERY_WRITE";

/// Only debug builds take the instruction to die.
#[cfg(debug_assertions)]
#[test]
fn p45_a_run_that_is_killed_at_any_write_of_its_way_through_the_lanes_comes_to_the_same_end() {
    let (at, least) = match std::env::var_os(EVERY_WRITE) {
        Some(_) => ("AGENT_TEST_ABORT_AT_WRITE", 20),
        None => ("AGENT_TEST_ABORT_AT_KIND", 12),
    };
    for write in 1.. {
        let stage = escalating();
        let number = write.to_string();
        let variables = [stage.sim.variables().as_slice(), &[(at, &number)]].concat();
        let ended = stage.desk.agent_with(&variables, &["run", SMALL, "--team", &stage.team], "");
        let killed = ended.code == -1;
        let ended = if killed { go_on(&stage) } else { ended };
        assert_eq!(ended.code, 0, "{at}={write}: {:?}\n{}", stage.rows(), ended.err);
        assert_eq!(stage.rows(), ROWS, "{at}={write}");
        assert_eq!(stage.desk.read("src/lib.rs"), "pub fn answer() -> u32 {\n    42\n}\n");
        let first = &stage.asked("strong")[0];
        holds(first, &[SMALL, "found 44, wanted the other one"]);
        assert!(!body(first).contains(MARKER), "{at}={write}");
        if !killed {
            assert!(write > least, "only {write}");
            break;
        }
    }
}

/// The rest of a session that was killed.
#[cfg(debug_assertions)]
fn go_on(stage: &Stage) -> Ended {
    let resumed = stage.desk.ask(&stage.sim, &["sessions", "resume"]);
    match resumed.code {
        // There was no session yet, or no task in it.
        2 if resumed.err.contains("there is no session in") => stage.run(SMALL, &[]),
        2 if resumed.err.contains("has no task yet") => {
            stage.desk.ask(&stage.sim, &["sessions", "resume", "--task", SMALL])
        }
        _ => resumed,
    }
}

#[test]
fn a_run_that_broke_off_is_judged_like_any_other_when_it_goes_on() {
    let faults = "faults:\n  - {on: {actor: fast, nth_request: 3}, kind: unauthorized}\n";
    let stage = Stage::with(faults, &[changes("41", "43"), done(), change("43", "42")].concat(), "");
    stage.run(SMALL, &[]).exits(4);
    assert_eq!(stage.rows().len(), 1);
    stage.desk.ask(&stage.sim, &["sessions", "resume"]).exits(0).says(&["result: passed"]);
    assert_eq!(stage.rows()[1..], ["fast 2 failed_tests", "fast 3 passed"], "the one that broke off was no try");
    assert!(stage.models().iter().all(|model| model == FAST), "{:?}", stage.models());
}

#[test]
fn t26_a_task_has_one_cap_of_steps_whatever_lanes_it_goes_through() {
    let team = TEAM.replace("id: main,", "id: main, limits: {steps: 6},");
    let stage = escalating().team(&team);
    stage.run(SMALL, &[]).exits(3).says(&["main reached its limit of 6 steps"]);
    assert_eq!(stage.models(), [[FAST; 5].as_slice(), &[STRONG]].concat());
}

#[test]
fn what_was_left_to_a_person_still_is_when_the_session_is_asked_again() {
    let strong = [takes_over("41", "43"), done(), change("43", "44")].concat();
    let stage = Stage::new("", &strong);
    stage.run(LARGE, &[]).exits(5);
    stage.desk.ask(&stage.sim, &["sessions", "resume"]).exits(5);
    // The person mends it.
    stage.desk.file("src/lib.rs", "pub fn answer() -> u32 {\n    42\n}\n");
    stage.desk.ask(&stage.sim, &["sessions", "resume"]).exits(0);
    assert_eq!(stage.rows(), ["strong 1 failed_tests", "strong 2 failed_tests"]);
}

#[test]
fn a_later_task_that_asks_for_more_goes_to_the_strong_lane_in_a_window_of_its_own() {
    let steps: String = takes_over("42", "420").lines().map(|line| format!("      {line}\n")).collect();
    let asked_anew =
        format!("actors:\n  - id: anew\n    when: {{model: {STRONG}}}\n    count: turn\n    steps:\n{steps}");
    let stage = Stage::with(&asked_anew, &changes("41", "42"), "");
    stage.run(SMALL, &[]).exits(0);
    stage.desk.ask(&stage.sim, &["sessions", "resume", "--task", LARGE]).exits(0);
    assert_eq!(stage.rows(), ["fast 1 passed", "strong 1 passed"]);
    assert_eq!(stage.models().last().unwrap(), STRONG);
    assert_eq!(stage.desk.read("src/lib.rs"), "pub fn answer() -> u32 {\n    420\n}\n");
    // Each attempt has its own calls and checks, and none of the other's.
    let ends: Vec<_> = stage.attempts().into_iter().map(|record| record.end.unwrap()).collect();
    let whole: Option<protocol::Usd> = stage.ledger().iter().map(|row| row.usd).sum();
    assert_eq!(ends.iter().map(|end| end.usd).sum::<Option<_>>(), whole);
    assert!(ends.iter().all(|end| end.checks == [("sh check.sh".to_owned(), true)]), "{ends:?}");
}

#[test]
fn a_later_task_of_the_session_is_routed_too_and_stays_in_the_strongest_lane() {
    let stage = escalating();
    stage.run(SMALL, &[]).exits(0);
    let asked = stage.models().len();
    let ended = stage.desk.ask(&stage.sim, &["sessions", "resume", "--task", "Show me the answer."]).exits(0);
    assert!(stage.models()[asked..].iter().all(|model| model == STRONG), "{:?}", stage.models());
    ended.says(&["sticky:strong"]);
    assert_eq!(stage.rows().last().unwrap(), "strong 1 answered");
    assert_eq!(stage.attempts().last().unwrap().attempt.turn, 2);
}

#[test]
fn p04_the_event_of_a_decision_has_the_whole_route_and_the_hash_of_the_policy() {
    let stage = escalating();
    let ended = stage.run(SMALL, &["--json"]).exits(0);
    let routed = ended.events("route.decided");
    let of = |key: &str| routed.iter().map(|event| event[key].clone()).collect::<Vec<Value>>();
    assert_eq!(of("attempt"), [1, 2, 3]);
    assert_eq!(of("brain"), ["anthropic/claude-haiku-5-5", "anthropic/claude-haiku-5-5", "anthropic/claude-opus-5-5"]);
    let hash = stage.desk.agent(&["policy", "show", "--json"]).exits(0).json()["hash"].clone();
    for (event, record) in routed.iter().zip(stage.attempts()) {
        assert_eq!(event["route"], serde_json::to_value(&record.attempt.route).unwrap());
        assert_eq!(event["route"]["policy"], hash);
    }
    assert_eq!(routed[0]["route"]["verification"], serde_json::json!(["sh check.sh"]));
    // Before anything is asked for the task.
    let kinds: Vec<Value> = ended.lines().iter().map(|line| line["type"].clone()).collect();
    let at = |kind: &str| kinds.iter().position(|one| one == kind).unwrap();
    assert!(at("route.decided") < at("step.completed"), "{kinds:?}");
    let decided: Vec<Value> = ended.events("decision").into_iter().map(|event| event["chosen"].clone()).collect();
    assert_eq!(decided, ["retry", "strong"], "an end is no decision");
}
