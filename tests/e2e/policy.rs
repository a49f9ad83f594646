//! `agent policy`: which policy holds here, and what is wrong with a file.

use crate::support::Desk;

#[test]
fn show_prints_every_value_with_its_origin_and_the_hash() {
    let desk = Desk::new();
    let built_in = desk.agent(&["policy", "show", "--json"]).exits(0).json();
    assert_eq!(built_in["source"], "built-in policy");
    assert_eq!(built_in["not_in_use"], serde_json::Value::Null);
    let mine = desk.aside("mine.yaml", "# mine\nmonitor:\n  up: 6\n");
    let shown = desk.agent(&["policy", "show", &mine, "--json"]).exits(0).json();
    assert_ne!(shown["hash"], built_in["hash"]);
    let field = |path: &str| {
        let fields = shown["fields"].as_array().unwrap();
        fields.iter().find(|field| field["path"] == path).unwrap_or_else(|| panic!("{path} in {shown}")).clone()
    };
    assert_eq!(field("monitor.up")["value"], "6");
    assert_eq!(field("monitor.up")["origin"], format!("{mine}:3"));
    assert_eq!(field("monitor.down")["origin"], "built-in policy");
    let text = desk.agent(&["policy", "show"]).exits(0).out;
    assert!(
        text.contains(built_in["hash"].as_str().unwrap()) && text.contains("monitor.signals.error_streak.weight"),
        "{text}"
    );
}

#[test]
fn a_projects_policy_is_shown_before_it_is_trusted_and_said_not_to_be_in_use() {
    let desk = Desk::new();
    desk.file(".agent/policy.yaml", "monitor: {up: 6}\n");
    let shown = desk.agent(&["policy", "show", "--json"]).exits(0).json();
    assert_eq!(shown["source"], ".agent/policy.yaml");
    assert!(shown["not_in_use"].as_str().unwrap().contains("is not trusted yet"), "{shown}");
    desk.agent(&["policy", "check"]).exits(0);
}

#[test]
fn check_names_the_place_of_a_mistake_and_what_is_allowed() {
    let desk = Desk::new();
    desk.file(".agent/policy.yaml", "version: 1\nmonitor:\n  down: 9\n");
    desk.agent(&["policy", "check"]).exits(2).says(&[".agent/policy.yaml:3:9: monitor.down", "must be below `up`"]);
    let unknown = desk.aside("unknown.yaml", "lanes: [fast, strong]\n");
    desk.agent(&["policy", "check", &unknown]).exits(2).says(&[":1:1: ", "`lanes`", "`version` or `monitor`"]);
    let fine = desk.aside("fine.yaml", "monitor: {up: 6}\n");
    let checked = desk.agent(&["policy", "check", &fine]).exits(0);
    assert!(checked.out.contains("fine.yaml: ok; hash "), "{}", checked.out);
}
