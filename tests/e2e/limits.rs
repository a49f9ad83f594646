//! Where work ends by force: dollars, steps, going round in circles, an answer that does not fit, an interrupt.

use std::process::{Child, Stdio};

use serde_json::Value;

use crate::support::{AGENT, Desk, Ended, Sim};

const READ: &str = "{tool: read, args: {files: [{path: README.md}]}}";

fn many_reads(count: usize) -> String {
    (1..=count)
        .map(|n| format!("- calls: [{{tool: read, args: {{files: [{{path: README.md, limit: {n}}}]}}}}]\n"))
        .collect()
}

#[test]
fn a_dollar_budget_ends_the_session_between_steps_and_can_be_raised() {
    let (desk, sim) = (Desk::new(), Sim::steps(&many_reads(4)));
    let run = ["run", "Read.", "--json", "--team", "solo", "--max-usd", "0.001"];
    let ended = desk.ask(&sim, &run).exits(3);
    let completed = ended.completed();
    assert_eq!((&completed["status"], &completed["exit_code"]), (&Value::from("budget"), &Value::from(3)));
    assert_eq!(ended.events("error")[0]["code"], "limit");
    assert!(ended.events("error")[0]["hint"].as_str().unwrap().contains("--max-usd"));
    // The first step costs more than that; its tools ran to their end, the second step was not taken.
    assert_eq!(sim.requests().len(), 1);
    assert_eq!(ended.events("tool.completed").len(), 1);
    let again = desk.ask(&sim, &["sessions", "resume", "--json", "--max-usd", "5"]).exits(0);
    assert_eq!(again.completed()["status"], "answered");
    assert_eq!(sim.requests().len(), 5, "nothing was asked twice");
}

#[test]
fn most_of_a_budget_is_warned_about_before_it_is_gone() {
    let (desk, sim) = (Desk::new(), Sim::steps(&many_reads(3)));
    let free = desk.ask(&sim, &["run", "Read.", "--json", "--team", "solo"]).exits(0);
    let steps: Vec<f64> = free.events("step.completed").iter().map(|step| step["usd"].as_f64().unwrap()).collect();
    // Just above what all but the last step cost: the warning comes, the end does not.
    let limit = format!("{:.9}", steps[..steps.len() - 1].iter().sum::<f64>() * 1.05);
    let sim = Sim::steps(&many_reads(3));
    let ended = desk.ask(&sim, &["run", "Read.", "--json", "--team", "solo", "--max-usd", &limit]).exits(0);
    let warnings = ended.events("budget.warning");
    assert_eq!(warnings.len(), 1, "once");
    assert!(warnings[0]["spent"].as_f64().unwrap() < warnings[0]["limit"].as_f64().unwrap());
}

#[test]
fn a_limit_of_steps_counts_all_agents() {
    let (desk, sim) = (Desk::new(), Sim::steps(&many_reads(9)));
    let ended = desk.ask(&sim, &["run", "Read.", "--json", "--team", "solo", "--max-steps", "2"]).exits(3);
    assert_eq!(ended.completed()["status"], "budget");
    assert_eq!(sim.requests().len(), 2);
    let (desk, sim) = (Desk::new(), Sim::free());
    let ended = desk.ask(&sim, &["run", "Look.", "--json", "--max-steps", "2"]).exits(3);
    let agents: Vec<(String, u64)> = ended.completed()["agents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|agent| (agent["id"].as_str().unwrap().to_owned(), agent["steps"].as_u64().unwrap()))
        .collect();
    assert_eq!(agents, [("main".to_owned(), 1), ("sidekick".to_owned(), 1)]);
}

#[test]
fn the_teams_own_limits_hold() {
    let desk = Desk::new();
    let sim = Sim::steps(&many_reads(9));
    let team = desk.aside("capped.yaml", "version: 1\nagents:\n  - {id: solo, brain: premium, limits: {steps: 3}}\n");
    desk.ask(&sim, &["run", "Read.", "--team", &team]).exits(3).says(&["solo reached its limit of 3 steps"]);
    assert_eq!(sim.requests().len(), 3);
    let sim = Sim::steps(&many_reads(9));
    let team = desk.aside("cheap.yaml", "version: 1\nagents:\n  - {id: solo, brain: premium}\nbudget: {usd: 0.001}\n");
    desk.ask(&sim, &["run", "Read.", "--team", &team]).exits(3).says(&["budget of"]);
    assert_eq!(sim.requests().len(), 1);
}

#[test]
fn going_round_in_circles_is_told_and_then_handed_to_a_person() {
    let (desk, sim) = (Desk::new(), Sim::for_ever(READ));
    let ended = desk.ask(&sim, &["run", "Read.", "--json", "--team", "solo"]).exits(5);
    assert_eq!(ended.completed()["status"], "blocked");
    assert!(ended.events("error")[0]["message"].as_str().unwrap().contains("the same call"));
    assert!(sim.requests().len() <= 6, "{}", sim.requests().len());
    assert!(String::from_utf8_lossy(&sim.requests().last().unwrap().body).contains("the same call 3 times"));
    // A person says how to go on.
    let again = desk.ask(&sim, &["sessions", "resume", "--task", "Stop reading.", "--max-steps", "8"]);
    assert!([3, 5].contains(&again.code), "{}", again.err);
}

fn schema(desk: &Desk) -> String {
    desk.aside("answer.json", r#"{"type": "object", "properties": {"names": {"type": "array", "items": {"type": "string"}}}, "required": ["names"]}"#)
}

#[test]
fn a_typed_answer_comes_out_alone() {
    let (desk, sim) = (Desk::new(), Sim::steps("- {say: '{\"names\": [\"answer\"]}'}"));
    let schema = schema(&desk);
    let ended = desk.ask(&sim, &["run", "Which functions?", "--team", "solo", "--output-schema", &schema]).exits(0);
    assert_eq!(ended.json(), serde_json::json!({"names": ["answer"]}));
    assert!(String::from_utf8_lossy(&sim.requests()[0].body).contains("JSON Schema"), "the model was told");
}

#[test]
fn an_answer_that_does_not_fit_is_corrected_once() {
    let steps = "- say: There is one.\n- {say: '{\"names\": [\"answer\"]}'}";
    let (desk, sim) = (Desk::new(), Sim::steps(steps));
    let schema = schema(&desk);
    let ended = desk.ask(&sim, &["run", "Which?", "--team", "solo", "--output-schema", &schema]).exits(0);
    assert_eq!(ended.json(), serde_json::json!({"names": ["answer"]}));
    assert_eq!(sim.requests().len(), 2);
    assert!(String::from_utf8_lossy(&sim.requests()[1].body).contains("not JSON"));
}

#[test]
fn an_answer_that_never_fits_needs_a_person() {
    let (desk, sim) = (Desk::new(), Sim::steps("- {say: '{\"names\": 7}'}\n- {say: '{\"names\": 8}'}"));
    let schema = schema(&desk);
    let ended = desk.ask(&sim, &["run", "Which?", "--json", "--team", "solo", "--output-schema", &schema]).exits(5);
    assert_eq!(ended.completed()["status"], "blocked");
    let error = &ended.events("error")[0];
    assert!(error["message"].as_str().unwrap().contains("/names"), "{error}");
    assert_eq!(sim.requests().len(), 2);
}

/// Starts a run and waits until the simulator was asked so often.
fn started(desk: &Desk, sim: &Sim, arguments: &[&str], asked: usize) -> Child {
    let child = desk
        .command(AGENT)
        .args(arguments)
        .envs(sim.variables())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    sim.wait_for(asked);
    child
}

/// Interrupts it, and gives how it ended.
fn interrupt(desk: &Desk, child: Child) -> Ended {
    let kill = desk.command("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    Ended::of(child.wait_with_output().unwrap())
}

fn interrupted(desk: &Desk, sim: &Sim, arguments: &[&str], asked: usize) -> Ended {
    interrupt(desk, started(desk, sim, arguments, asked))
}

#[test]
fn a_session_belongs_to_one_process_at_a_time() {
    let (desk, sim) = (Desk::new(), Sim::faulty("- {on: {nth_request: 1}, kind: stall}", ""));
    let first = started(&desk, &sim, &["run", "Read.", "--team", "solo"], 1);
    let second = desk.ask(&sim, &["sessions", "resume"]).exits(2);
    second.says(&["another process"]);
    assert_eq!(sim.requests().len(), 1);
    interrupt(&desk, first).exits(130);
    desk.ask(&sim, &["sessions", "resume"]).exits(0);
}

#[test]
fn an_interrupt_keeps_everything_and_the_session_goes_on() {
    let faults = "- {on: {nth_request: 2}, kind: stall}";
    let (desk, sim) = (Desk::new(), Sim::faulty(faults, &many_reads(2)));
    let ended = interrupted(&desk, &sim, &["run", "Read.", "--json", "--team", "solo"], 2).exits(130);
    assert_eq!(ended.completed()["status"], "interrupted");
    assert_eq!(ended.completed()["exit_code"], 130);
    let again = desk.ask(&sim, &["sessions", "resume", "--json"]).exits(0);
    assert_eq!(again.events("message").pop().unwrap()["text"], "Done.");
    assert_eq!(sim.requests().len(), 4, "the step that had been answered was not asked again");
}

#[test]
fn an_interrupt_while_a_specialist_works_keeps_the_delegation_open() {
    let yaml = "name: child
faults:
  - {on: {actor: sidekick, nth_request: 2}, kind: stall}
actors:
  - id: sidekick
    when: {system_contains: \"You are `sidekick`\"}
    steps:
      - calls: [{tool: read, args: {files: [{path: README.md}]}}]
    otherwise:
      calls: [{tool: report, args: {status: complete, summary: seen, evidence: [{at: \"README.md:1\"}]}}]
  - id: main
    when: {any: true}
    steps:
      - calls: [{tool: delegate, args: {agent: sidekick, objective: look, explore: true}}]
    otherwise: {say: \"That is it.\"}
";
    let (desk, sim) = (Desk::new(), Sim::play(yaml));
    let ended = interrupted(&desk, &sim, &["run", "Look.", "--json"], 3).exits(130);
    assert_eq!(ended.events("delegation.finished").len(), 0);
    let again = desk.ask(&sim, &["sessions", "resume", "--json"]).exits(0);
    assert_eq!(again.events("delegation.started").len(), 0, "it is the same delegation");
    assert_eq!(again.events("delegation.finished").len(), 1);
    let labels: Vec<String> = sim.requests().into_iter().map(|request| request.label).collect();
    assert_eq!(labels.len(), 5, "main, sidekick, the stalled one, sidekick again, main: {labels:#?}");
}

#[test]
fn new_input_after_an_interrupt_is_told_what_was_cut_off() {
    let faults = "- {on: {nth_request: 2}, kind: stall}";
    let (desk, sim) = (Desk::new(), Sim::faulty(faults, &many_reads(1)));
    interrupted(&desk, &sim, &["run", "Read.", "--team", "solo"], 2).exits(130);
    let again = desk.ask(&sim, &["sessions", "resume", "--task", "Something else."]).exits(0);
    assert_eq!(again.out, "Done.\n");
    let last = sim.requests().pop().unwrap();
    assert!(String::from_utf8_lossy(&last.body).contains("Something else."));
}
