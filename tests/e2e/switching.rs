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

#[test]
fn wrong_commands_of_the_chat_are_answered_and_ask_nobody() {
    let (desk, team) = desk(SOLO);
    let sim = Sim::play(ACTORS);
    let lines = "/model slo claude-haiku-5-5
/model solo claude-haiku-5-5 later
/model claude-haiku-5-5@hgh
/compact sol the plan
/cost today
/context solo
/model openai/gpt-6-luna
";
    let ended = desk.agent_with(&sim.variables(), &["chat", "--team", &team], lines).exits(0);
    ended.clone().says(&[
        "found `slo`, which is no agent of this team; agents are solo; did you mean `solo`?",
        "found `later` behind the model; allowed is `now`",
        "/model claude-haiku-5-5@hgh: found effort `hgh`",
        "for example /model claude-haiku-5-5@high",
        "found `sol`; agents are solo",
        "/cost: found `today`; it takes nothing behind it",
        "/context: found `solo`; it takes nothing behind it",
    ]);
    assert!(!ended.err.contains("--model "), "the command is named as it was typed: {}", ended.err);
    assert_eq!(sim.requests().len(), 0);
}

#[test]
fn a_rung_of_the_ladder_is_taken_as_the_team_writes_it() {
    let team = "version: 1
name: rungs
compaction: {keep_tail: 2000, summary_max: 1000}
agents:
  - id: solo
    brain: {provider: anthropic, model: claude-sonnet-5-5, max_tokens: 5000}
    ladder:
      - {provider: anthropic, model: claude-sonnet-5-5, max_tokens: 5000}
      - {provider: anthropic, model: claude-opus-5-5, max_tokens: 9000, effort: high}
";
    let (desk, team) = desk(team);
    let sim = Sim::play(ACTORS);
    let lines = "Read it, never use tabs.\n/model anthropic/claude-opus-5-5 now\nAnd?\n";
    desk.agent_with(&sim.variables(), &["chat", "--team", &team], lines).exits(0);
    let asked = sim.requests().pop().unwrap();
    assert_eq!(asked.model, "claude-opus-5-5");
    let settings = &asked.request.settings;
    assert_eq!((settings.max_tokens, settings.effort), (Some(9_000), Some(protocol::Effort::High)));
}

#[test]
fn a_window_that_could_not_be_closed_is_told_with_what_to_do() {
    let (desk, team) = desk(SOLO);
    let sim = Sim::play(&ACTORS.replace("## Goal\\nRead.\\n## Decisions\\nnone\\n## Done\\nRead.", "Read."));
    let lines = "Read it, never use tabs.\n/compact\n/context\n";
    let ended = desk.agent_with(&sim.variables(), &["chat", "--team", &team], lines).exits(0);
    ended.says(&[
        "the last try to close it failed: the summary has 2 of its 5 sections",
        "it is tried again from",
        "/compact solo tries now",
        "/model solo MODEL now",
    ]);
}

#[test]
fn a_model_or_an_effort_that_there_is_not_ends_the_run_before_it_begins() {
    let desk = Desk::new();
    let key = [("ANTHROPIC_API_KEY", "any")];
    for (model, says) in [
        ("claude-opsu-5-5", &["anthropic has no model `claude-opsu-5-5`", "nearest: claude-opus-5-5"][..]),
        ("fast=claude-haiku-55", &["nearest: claude-haiku-5-5", "agent models anthropic"]),
        (
            "premium@hgh",
            &["found effort `hgh`", "none, minimal, low, medium, high, xhigh, max", "did you mean `high`?"],
        ),
    ] {
        desk.agent_with(&key, &["run", "Hello", "--model", model], "").exits(2).says(says);
    }
    let list = desk.agent(&["sessions", "list", "--json"]).exits(0).json();
    assert_eq!(list["sessions"].as_array().unwrap().len(), 0, "no session was begun");
}

#[test]
fn an_effort_behind_a_model_is_the_one_that_is_asked_for() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let arguments = ["run", "Hello", "--team", "solo", "--model", "claude-opus-5-5@low"];
    desk.agent_with(&sim.variables(), &arguments, "").exits(0);
    assert_eq!(sim.requests()[0].model, "claude-opus-5-5");
    assert_eq!(sim.requests()[0].request.settings.effort, Some(protocol::Effort::Low));
}

#[test]
fn at_an_address_of_ones_own_an_unknown_model_is_used_with_a_warning() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let url = format!("{}/v1", sim.url());
    let ended =
        desk.agent(&["run", "Hello", "--team", "solo", "--base-url", &url, "--model", "home-grown-7b"]).exits(0);
    ended.says(&[
        "warning: --model home-grown-7b: custom/home-grown-7b is not in the list of models",
        "price is unknown",
    ]);
}

#[test]
fn a_ladder_that_leads_down_is_told_when_it_is_checked_and_when_it_is_used() {
    let text = "version: 1\nagents:\n  - {id: solo, brain: premium, ladder: [premium, fast]}\n";
    let (desk, sim) = (Desk::new(), Sim::free());
    let team = desk.aside("team.yaml", text);
    let told =
        ["warning: ", "team.yaml:3:50: agents[0].ladder[1]: ", "a ladder leads from cheap to strong", "in this order"];
    desk.agent(&["team", "check", &team]).exits(0).says(&told);
    desk.agent_with(&sim.variables(), &["run", "Hello", "--team", &team], "").exits(0).says(&told);
}
