use super::*;

fn refused(yaml: &str) -> String {
    Scenario::from_yaml(yaml, "demo.yaml").unwrap_err().to_string()
}

#[test]
fn a_scenario_with_everything_in_it_is_read() {
    let scenario = Scenario::from_yaml(
        r#"
name: all
description: one line
latency: {first_token_ms: 1, per_chunk_ms: 2}
token_factor: {"claude-opus-*": 1.27, "gpt-6-luna": 1.1}
require_key: true
faults:
  - {on: {actor: main, step: 1, nth_request: 3}, kind: http_429, times: 2, retry_after_ms: 5, should_retry: true}
actors:
  - id: main
    when: {system_contains: "You are `main`", model: "claude-opus-*", has_tool: delegate, last_user_contains: now}
    steps:
      - &look
        say: "I look."
        calls: [{tool: list}]
      - *look
    otherwise: {say: "Bye."}
"#,
        "all.yaml",
    )
    .unwrap();
    assert_eq!(scenario.name, "all");
    assert_eq!(scenario.factor("claude-opus-5-5"), 1.27);
    assert_eq!(scenario.factor("anthropic/claude-opus-5.5"), 1.27);
    assert_eq!(scenario.factor("openai/gpt-6-luna"), 1.1);
    assert_eq!(scenario.factor("gpt-6-sol"), 1.0);
    assert_eq!(scenario.factor("claude-haiku-4-5"), 1.25);
    assert_eq!(scenario.actors[0].steps[1].calls[0].tool, "list");
}

#[test]
fn an_error_names_file_line_and_column() {
    let actors = "actors:\n  - {id: a, when: {any: true}}\n";
    let unknown_key = refused(&format!("name: x\ncolour: red\n{actors}"));
    assert!(unknown_key.starts_with("demo.yaml:2:1: unknown field `colour`, expected one of"), "{unknown_key}");
    let wrong_type = refused(&format!("name: x\n{actors}    steps: 3\n"));
    assert!(wrong_type.starts_with("demo.yaml:"), "{wrong_type}");
    let not_yaml = refused("name: [");
    assert!(not_yaml.starts_with("demo.yaml:"), "{not_yaml}");
    let regex = refused(
        "name: x\nactors:\n  - id: a\n    when: {any: true}\n    steps:\n      - cases: [{if: {last_result: '('}, say: a}]\n",
    );
    assert!(regex.contains("is not a regular expression") && regex.starts_with("demo.yaml:6:"), "{regex}");
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_is_allowed() {
    let with = |actors: &str| refused(&format!("name: x\nactors:\n{actors}"));
    let twice = with("  - {id: a, when: {any: true}}\n  - {id: a, when: {any: true}}\n");
    assert_eq!(twice, "demo.yaml:4:6: actors: id `a` is used twice; give each actor its own");
    assert!(with("  - {id: a, when: {}}\n").contains("demo.yaml:3:6: actors: `a` has an empty `when`; give"));
    assert!(with("  - {id: \"a b\", when: {any: true}}\n").contains("allowed are 1 to 32 letters, digits"));
    let mixed = "  - id: a\n    when: {any: true}\n    steps: [{say: x, cases: [{say: y}]}]\n";
    assert!(with(mixed).contains("both `cases` and words or calls"));
    assert!(with("  - {id: a, when: {any: true}, steps: [{}]}\n").contains("nothing to say and no calls"));
    assert!(refused("name: x\nactors: []\n").starts_with("demo.yaml:2:1: actors: empty"));
    let stranger = "name: x\nfaults:\n  - {on: {actor: b}, kind: reset}\nactors: [{id: a, when: {any: true}}]\n";
    assert_eq!(refused(stranger), "demo.yaml:3:11: faults: on.actor `b` is not an actor; the actors are a");
    let factor = "name: x\ntoken_factor: {\"gpt-*\": 0}\nactors: [{id: a, when: {any: true}}]\n";
    assert!(refused(factor).starts_with("demo.yaml:2:1: token_factor: `gpt-*` is 0; a factor is a number above 0"));
    let double = "name: x\ntoken_factor: {\"a\": 1, \"a\": 2}\nactors: [{id: a, when: {any: true}}]\n";
    assert!(refused(double).contains("`a` stands twice"));
    assert!(
        refused("name: x\nfaults: [{kind: flood}]\nactors: []\n")
            .contains("unknown variant `flood`, expected one of `http_429`")
    );
}

#[test]
fn the_shipped_scenario_is_read() {
    assert!(!crate::free_play().actors.is_empty());
}
