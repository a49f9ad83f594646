//! `agent why`: where tasks were sent. What it says of decisions by numbers is tested with the bill.

use crate::support::{Desk, Sim};

const EDIT: &str = "- calls: [{tool: read, args: {files: [{path: src/lib.rs}]}}]
- calls: [{tool: edit, args: {path: src/lib.rs, edits: [{old: \"41\", new: \"43\"}]}}]
- say: Done.
- say: I see nothing wrong.
- calls: [{tool: edit, args: {path: src/lib.rs, edits: [{old: \"43\", new: \"42\"}]}}]
- say: Now.
";

#[test]
fn where_each_attempt_went_and_why_is_told() {
    let (desk, sim) = (Desk::new(), Sim::steps(EDIT));
    let team = desk.solo_with_commands(&["sh check.sh"]);
    desk.ask(&sim, &["run", "Add a docstring to the answer.", "--team", &team, "--json"]);
    let page = desk.agent(&["why", "--json"]).exits(0).json();
    let routes = page["routes"].as_array().unwrap();
    assert!(routes.len() >= 2, "{page}");
    assert_eq!((&routes[0]["route"]["lane"], &routes[0]["result"]), (&"fast".into(), &"failed_tests".into()));
    assert_eq!(routes[0]["route"]["reasons"][0], "task_type:docstring");
    assert_eq!((&routes[1]["turn"], &routes[1]["attempt"]), (&1.into(), &2.into()));
    let told = desk.agent(&["why"]).exits(0).out;
    let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("turn 1, 1 lane fast with anthropic/claude-opus-5-5: failed_tests; because of"), "{told}");
    assert!(flat.contains("task_type:docstring, score:0"), "{told}");
    assert!(flat.contains("turn 1, 2 lane "), "{told}");
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
    let verbose = desk.agent(&["why", "--verbose"]).exits(0).out;
    let flat = verbose.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in
        ["the first sentence says what kind of work it is: `docstring`", "files=0 schema_change=false", "sh check.sh"]
    {
        assert!(flat.contains(words), "`{words}` is missing in {verbose}");
    }
}

#[test]
fn a_session_that_was_not_sent_to_a_lane_has_no_routes() {
    let (desk, sim) = (Desk::new(), Sim::steps("- say: Hello."));
    desk.agent_with(&sim.variables(), &["chat", "--team", "solo"], "What is this?\n/quit\n").exits(0);
    assert_eq!(desk.agent(&["why", "--json"]).exits(0).json()["routes"], serde_json::json!([]));
    assert!(!desk.agent(&["why"]).exits(0).out.contains("lane "));
}
