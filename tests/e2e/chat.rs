//! `agent chat`, with a pipe where a person would type.

use crate::support::{Desk, Sim};

const TURNS: &str = "- say: The first answer.
- say: The second answer.";

#[test]
fn two_tasks_and_a_goodbye_can_come_through_a_pipe() {
    let (desk, sim) = (Desk::new(), Sim::steps(TURNS));
    let chat =
        desk.agent_with(&sim.variables(), &["chat", "--team", "solo"], "What is this?\nAnd that?\n/quit\n").exits(0);
    let all = format!("{}{}", chat.out, chat.err);
    let at = |word: &str| all.find(word).unwrap_or_else(|| panic!("`{word}` is missing in {all}"));
    assert!(at("The first answer.") < at("The second answer."), "{all}");
    assert!(all.contains("solo: "), "who is speaking: {all}");
    assert!(all.matches("in this session, cache hits").count() >= 2, "dollars and hit rate after each turn: {all}");
    assert!(all.contains('$'), "{all}");
    let requests = sim.requests();
    assert_eq!(requests.len(), 2, "each line was a turn of its own");
    assert!(requests[1].label.contains("user assistant user"), "{}", requests[1].label);
}

#[test]
fn the_end_of_the_input_ends_the_chat() {
    let (desk, sim) = (Desk::new(), Sim::steps(TURNS));
    desk.agent_with(&sim.variables(), &["chat", "--team", "solo"], "What is this?\n").exits(0);
    desk.agent_with(&sim.variables(), &["chat", "--team", "solo"], "").exits(0);
    assert_eq!(sim.requests().len(), 1);
}

#[test]
fn commands_of_the_chat_ask_no_model() {
    let (desk, sim) = (Desk::new(), Sim::steps(TURNS));
    let input = "/help\n/team\n/cost\n/dance\n\n/quit\n";
    let chat = desk.agent_with(&sim.variables(), &["chat"], input).exits(0);
    chat.says(&[
        "/quit",
        "main: anthropic/claude-opus-5-5",
        "sidekick: anthropic/claude-haiku-5-5",
        "no command /dance",
    ]);
    assert_eq!(sim.requests().len(), 0);
}

const EDIT: &str = "- calls: [{tool: write, args: {path: new.txt, content: hello}}]
- say: I tried.";

#[test]
fn a_change_waits_for_a_yes_by_default() {
    let (desk, sim) = (Desk::new(), Sim::steps(EDIT));
    let chat = desk.agent_with(&sim.variables(), &["chat", "--team", "solo"], "Write it.\ny\n/quit\n").exits(0);
    chat.says(&["solo wants to use write", "new.txt", "allow?"]);
    assert_eq!(desk.read("new.txt"), "hello");
    assert_eq!(sim.requests().len(), 2, "the yes was an answer, not a task");
}

#[test]
fn a_no_with_a_reason_reaches_the_model() {
    let (desk, sim) = (Desk::new(), Sim::steps(EDIT));
    let input = "Write it.\nput it under docs\n/quit\n";
    desk.agent_with(&sim.variables(), &["chat", "--team", "solo", "--approve", "ask"], input).exits(0);
    assert!(!desk.root.join("new.txt").exists());
    assert!(sim.told()[0].contains("the user said no: put it under docs"), "{:?}", sim.told());
}

#[test]
fn a_question_that_nobody_is_left_to_answer_is_a_no() {
    let (desk, sim) = (Desk::new(), Sim::steps(EDIT));
    desk.agent_with(&sim.variables(), &["chat", "--team", "solo"], "Write it.\n").exits(0);
    assert!(!desk.root.join("new.txt").exists());
    assert!(sim.told()[0].contains("not allowed"), "{:?}", sim.told());
}

#[test]
fn a_specialist_asks_through_the_same_screen() {
    let yaml = "name: child
actors:
  - id: sidekick
    when: {system_contains: \"You are `sidekick`\"}
    steps:
      - calls: [{tool: bash, args: {command: \"touch made.txt\"}}]
    otherwise:
      calls: [{tool: report, args: {status: complete, summary: made, evidence: [{at: \"README.md:1\"}]}}]
  - id: main
    when: {any: true}
    steps:
      - calls: [{tool: delegate, args: {agent: sidekick, objective: make it, acceptance: [\"ls made.txt\"]}}]
    otherwise: {say: \"It is there.\"}
";
    let (desk, sim) = (Desk::new(), Sim::play(yaml));
    let chat = desk.agent_with(&sim.variables(), &["chat"], "Make it.\ny\n/quit\n").exits(0);
    chat.says(&["sidekick wants to use bash", "touch made.txt"]);
    assert!(desk.root.join("made.txt").exists());
}

#[test]
fn a_chat_goes_on_with_the_last_session_of_the_folder() {
    let (desk, sim) = (Desk::new(), Sim::steps(TURNS));
    desk.agent_with(&sim.variables(), &["chat", "--team", "solo"], "What is this?\n/quit\n").exits(0);
    desk.agent_with(&sim.variables(), &["chat", "--resume"], "And that?\n/quit\n").exits(0);
    assert!(sim.requests()[1].label.contains("user assistant"), "{}", sim.requests()[1].label);
    // `-` is the last one, as everywhere.
    desk.agent_with(&sim.variables(), &["chat", "--resume", "-"], "/quit\n").exits(0);
    let list = desk.agent(&["sessions", "list", "--json"]).exits(0).json();
    assert_eq!(list["sessions"].as_array().unwrap().len(), 1);
}

#[test]
fn a_chat_asks_before_it_uses_a_folders_team() {
    let (desk, sim) = (Desk::new(), Sim::free());
    desk.file(".agent/team.yaml", "version: 1\nname: ours\n");
    let no = desk.agent_with(&sim.variables(), &["chat"], "n\n/quit\n").exits(0);
    no.says(&[".agent/team.yaml", "use it?", "team tandem"]);
    let yes = desk.agent_with(&sim.variables(), &["chat"], "y\n/quit\n").exits(0);
    yes.says(&["team ours"]);
    let again = desk.agent_with(&sim.variables(), &["chat"], "/quit\n").exits(0);
    assert!(!again.err.contains("use it?") && again.err.contains("team ours"), "{}", again.err);
}

#[test]
fn one_step_is_one_step() {
    let yaml = "name: child
actors:
  - id: sidekick
    when: {system_contains: \"You are `sidekick`\"}
    otherwise:
      calls: [{tool: report, args: {status: complete, summary: seen, evidence: [{at: \"README.md:1\"}]}}]
  - id: main
    when: {any: true}
    steps:
      - calls: [{tool: delegate, args: {agent: sidekick, objective: look, acceptance: [\"ls README.md\"]}}]
    otherwise: {say: \"It is there.\"}
";
    let (desk, sim) = (Desk::new(), Sim::play(yaml));
    desk.ask(&sim, &["run", "Have a look at it."]).exits(0).says(&["sidekick -> main: complete, verified, 1 step, $"]);
}
