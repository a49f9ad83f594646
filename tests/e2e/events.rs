//! The public events against their own schema.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::demo;
use crate::support::{Desk, Ended, Sim};

fn printed() -> String {
    Desk::new().agent(&["run", "--print-event-schema"]).exits(0).out
}

static SCHEMA: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::validator_for(&serde_json::from_str(&printed()).unwrap()).unwrap());

#[track_caller]
fn fits(event: &Value) {
    let problems: Vec<String> = SCHEMA.iter_errors(event).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{event}\n{problems:#?}");
}

#[track_caller]
fn all_fit(ended: &Ended) {
    let lines = ended.lines();
    assert!(lines.len() > 2);
    lines.iter().for_each(fits);
}

#[test]
fn the_schema_of_events_is_what_it_was() {
    insta::assert_snapshot!("event_schema", printed());
}

#[test]
fn every_event_of_the_demos_follows_the_schema() {
    for shown in [demo::refactor(), demo::tiny()] {
        let mut lines = shown.ended.lines();
        let table = lines.pop().unwrap();
        assert_eq!((&table["v"], &table["type"]), (&json!(1), &json!("demo.completed")));
        lines.iter().for_each(fits);
    }
}

#[test]
fn the_events_of_sessions_that_end_badly_follow_the_schema_too() {
    let desk = Desk::new();
    let refused = Sim::faulty("- {kind: unauthorized}", "");
    all_fit(&desk.ask(&refused, &["run", "Hello", "--json", "--team", "solo"]).exits(4));
    let asks = Sim::steps("- calls: [{tool: bash, args: {command: \"touch x\"}}, {tool: nothing, args: {}}]");
    all_fit(&desk.ask(&asks, &["run", "Hello", "--json", "--team", "solo", "--no-sandbox"]).exits(5));
    let writes = Sim::steps("- calls: [{tool: write, args: {path: new.txt, content: hello}}]");
    let team = desk.solo_with_commands(&["sh check.sh"]);
    let ended = desk.ask(&writes, &["run", "Hello", "--json", "--team", &team]).exits(5);
    all_fit(&ended);
    assert_eq!(ended.events("route.decided").len(), 2);
    let unchecked = Desk::new();
    all_fit(&unchecked.ask(&writes, &["run", "Hello", "--json", "--team", "solo"]).exits(1));
    assert_eq!(ended.events("file.changed").len(), 1);
    let dear = Sim::steps("- calls: [{tool: read, args: {files: [{path: README.md}]}}]");
    all_fit(&desk.ask(&dear, &["run", "Hello", "--json", "--team", "solo", "--max-usd", "0.0001"]).exits(3));
    let url = format!("{}/v1", dear.url());
    all_fit(&desk.agent(&["run", "Hello", "--json", "--base-url", &url, "--model", "x"]).exits(0));
}

#[test]
fn a_session_names_every_kind_of_thing_that_happens() {
    let kinds: std::collections::BTreeSet<String> =
        demo::refactor().ended.lines().iter().map(|line| line["type"].as_str().unwrap().to_owned()).collect();
    for kind in [
        "session.started",
        "turn.started",
        "message",
        "step.completed",
        "tool.started",
        "tool.completed",
        "file.changed",
        "delegation.started",
        "delegation.finished",
        "window.opened",
        "verification.finished",
        "session.completed",
        "demo.completed",
    ] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
}

#[test]
fn what_does_not_follow_the_schema_is_found() {
    let good =
        json!({"v": 1, "session": "s", "seq": 1, "agent": "main", "type": "message", "text": "x", "final": true});
    fits(&good);
    let wrong = [("type", json!("gossip")), ("text", json!(7)), ("seq", json!("first")), ("final", Value::Null)];
    for (key, value) in wrong {
        let mut event = good.clone();
        event[key] = value;
        assert!(!SCHEMA.is_valid(&event), "{event}");
    }
    let mut event = good;
    event.as_object_mut().unwrap().remove("session");
    assert!(!SCHEMA.is_valid(&event));
}

#[test]
fn events_are_numbered_on_through_a_resume() {
    let (desk, sim) = (Desk::new(), Sim::steps(""));
    let first = desk.ask(&sim, &["run", "Hello", "--json", "--team", "solo"]).exits(0);
    let second = desk.ask(&sim, &["sessions", "resume", "--json", "--task", "More."]).exits(0);
    all_fit(&second);
    let numbers: Vec<u64> =
        first.lines().iter().chain(&second.lines()).map(|line| line["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert_eq!(second.lines()[0]["resumed"], true);
    assert_eq!(first.session(), second.session());
}
