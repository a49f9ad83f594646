//! Another model in the same session, as a person asks for it and as the ladder does.

use serde_json::Value;
use simulator::RequestRecord;

use crate::support::{Desk, Sim};

const SOLO: &str = "version: 1
name: solo-switching
compaction: {keep_tail: 2000, summary_max: 1000}
agents:
  - {id: solo, brain: {provider: anthropic, model: claude-opus-5-5}}
";

const ACTORS: &str = "name: switching
actors:
  - id: summary
    when: {last_user_contains: \"<compaction>\"}
    otherwise: {say: \"## Goal\\nRead.\\n## Decisions\\nnone\\n## Done\\nRead.\\n## Findings\\nnone\\n## Open\\nnone\"}
  - id: solo
    when: {any: true}
    otherwise:
      cases:
        - if: {last_result: \"Read it, never use tabs\\\\.\\\\s*$\"}
          thinking: It is long.
          calls: [{tool: read, args: {files: [{path: long.txt}]}}]
        - say: I have read it.
";

fn desk(team: &str) -> (Desk, String) {
    let desk = Desk::new();
    let lines: String = (0..250).map(|line| format!("{line} river stone paper lamp orchard bridge kettle\n")).collect();
    desk.file("long.txt", lines);
    let team = desk.aside("team.yaml", team);
    (desk, team)
}

fn models(sim: &Sim) -> Vec<String> {
    sim.requests().into_iter().map(|request| request.model).collect()
}

fn says(request: &RequestRecord, words: &str) -> bool {
    String::from_utf8_lossy(&request.body).contains(words)
}

#[test]
fn a_model_that_is_asked_for_in_a_chat_comes_with_the_next_window() {
    let (desk, team) = desk(SOLO);
    let sim = Sim::play(ACTORS);
    let lines = "Read it, never use tabs.\n/model claude-sonnet-5-5\nAnd?\n/compact\nAnd now?\n";
    let ended = desk.agent_with(&sim.variables(), &["chat", "--team", &team], lines).exits(0);
    assert!(ended.err.contains("claude-sonnet-5-5"), "{}", ended.err);
    let (opus, sonnet) = ("claude-opus-5-5", "claude-sonnet-5-5");
    // Read, seen, "And?", the summary by who has it in the cache; then the other one.
    assert_eq!(models(&sim), [opus, opus, opus, opus, sonnet]);
    let requests = sim.requests();
    assert!(says(&requests[4], "Read it, never use tabs."), "{}", requests[4].label);
    assert!(!says(&requests[4], "It is long."), "thinking of another model is not sent");
}

#[test]
fn a_model_that_is_asked_for_now_closes_the_window_at_once() {
    let (desk, team) = desk(SOLO);
    let sim = Sim::play(ACTORS);
    let lines = "Read it, never use tabs.\n/model claude-sonnet-5-5 now\nAnd?\n";
    desk.agent_with(&sim.variables(), &["chat", "--team", &team], lines).exits(0);
    let (opus, sonnet) = ("claude-opus-5-5", "claude-sonnet-5-5");
    assert_eq!(models(&sim), [opus, opus, opus, sonnet]);
    assert!(says(&sim.requests()[3], "Read it, never use tabs."));
}

#[test]
fn where_the_ladder_ends_at_a_person_the_run_ends_blocked() {
    let team = "version: 1
name: gates
verify:
  - {name: gate, command: test -f there-is-no-such-file}
agents:
  - {id: main, role: coordinator, brain: {provider: anthropic, model: claude-opus-5-5}}
  - {id: helper, brain: {provider: anthropic, model: claude-haiku-5-5}, escalate_to: person}
";
    let scenario = "name: gates
actors:
  - id: helper
    when: {has_tool: report}
    otherwise:
      calls: [{tool: report, args: {status: complete, summary: done, confidence: 90}}]
  - id: main
    when: {has_tool: delegate}
    steps:
      - calls: [{tool: delegate, args: {agent: helper, objective: Open the first gate., acceptance: [gate]}}]
      - calls: [{tool: delegate, args: {agent: helper, objective: Open the second gate., acceptance: [gate]}}]
      - calls: [{tool: delegate, args: {agent: helper, objective: Open the third gate., acceptance: [gate]}}]
    otherwise: {say: It does not open.}
";
    let (desk, team) = desk(team);
    let sim = Sim::play(scenario);
    let ended = desk.ask(&sim, &["run", "Open the gates.", "--json", "--team", &team]).exits(5);
    assert_eq!(ended.completed()["status"], "blocked");
    assert_eq!(ended.events("delegation.finished").len(), 2, "there is no third blind try");
    let decided: Vec<Value> = ended.events("decision").into_iter().filter(|one| one["chosen"] == "person").collect();
    assert_eq!(decided.len(), 1);
    assert!(decided[0]["because"].as_str().unwrap().contains("a person has to decide"));
}
