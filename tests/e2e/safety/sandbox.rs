//! The wall from outside: it stays up over a resume, checks stand behind it and behind the rules, and it says what it kept a command from.

use std::process::Stdio;

use crate::support::{AGENT, Desk, Ended, Sim, wait_until};

/// A step that runs a line.
fn bash(line: &str) -> String {
    format!("- calls: [{{tool: bash, args: {{command: {}}}}}]\n", serde_json::Value::from(line))
}

/// A policy with one rule.
fn rule(verdict: &str, command: &str, example: &str) -> String {
    format!(
        "version: 1\npermissions:\n  rules:\n    - {{verdict: {verdict}, command: \"{command}\", match: [\"{example}\"]}}\n"
    )
}

#[test]
fn a_resume_stays_behind_the_wall_that_the_session_began_with() {
    let (desk, lines) = (Desk::new(), ["touch one", "touch two", "touch three", "touch four"]);
    let sim = Sim::steps(&lines.iter().map(|line| bash(line) + "- say: Tried.\n").collect::<String>());
    let run = desk.ask(&sim, &["run", "Try.", "--json", "--team", "solo", "--sandbox", "read-only"]);
    let id = run.session();
    let again = |more: &[&str]| {
        desk.ask(&sim, &[&["sessions", "resume", &id, "--json", "--task", "Again."], more].concat());
        sim.told()
    };
    let told = again(&[]);
    assert!(told.len() == 2 && told.iter().all(|told| told.contains("Read-only")), "{told:?}");
    // Who types another one gets it, this time.
    let told = again(&["--sandbox", "workspace"]);
    assert!(!told[2].contains("Read-only"), "{told:?}");
    let told = again(&[]);
    assert!(told[3].contains("Read-only"), "{told:?}");
    let made = lines.map(|line| desk.root.join(line.trim_start_matches("touch ")).exists());
    assert_eq!(made, [false, false, true, false]);
}

/// A command that goes on until [`falling`] has broken the wall.
const WAITS: &str = "touch begun; until test -e broken; do sleep 0.02; done";

/// A run during whose first command somebody takes away what the wall is made of: its stage, which is the program itself, or the folder
/// that commands have for a `/tmp`.
fn falling(sim: &Sim, desk: &Desk, break_it: fn(&Desk), arguments: &[&str]) -> Ended {
    let program = desk.base().join("bin/agent");
    std::fs::create_dir(desk.base().join("bin")).unwrap();
    std::fs::copy(AGENT, &program).unwrap();
    let mut command = desk.command(&program.display().to_string());
    command.args(arguments).envs(sim.variables());
    let run = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the command has begun", || desk.root.join("begun").exists());
    break_it(desk);
    desk.file("broken", "");
    Ended::of(run.wait_with_output().unwrap())
}

fn no_stage(desk: &Desk) {
    std::fs::remove_file(desk.base().join("bin/agent")).unwrap();
}

fn no_tmp(desk: &Desk) {
    for entry in std::fs::read_dir(desk.base().join("tmp")).unwrap() {
        std::fs::remove_dir_all(entry.unwrap().path()).unwrap();
    }
}

#[test]
fn a_run_in_which_the_wall_no_longer_comes_up_is_refused_and_not_answered() {
    for break_it in [no_stage as fn(&Desk), no_tmp] {
        let desk = Desk::new();
        let sim = Sim::steps(&(bash(WAITS) + &bash("echo one > made.txt") + "- say: All done.\n"));
        let run = falling(&sim, &desk, break_it, &["run", "Try.", "--json", "--team", "solo"]).exits(6);
        assert!(sim.told()[1].contains("sandbox"), "{:?}", sim.told());
        assert!(!desk.root.join("made.txt").exists());
        let completed = run.completed();
        assert_eq!((&completed["status"], &completed["exit_code"]), (&"blocked".into(), &6.into()));
        let errors = run.events("error");
        assert!(errors.iter().any(|error| error["code"] == "sandbox"), "{errors:?}");
    }
}

#[test]
fn a_run_without_a_person_ends_at_the_third_command_that_the_wall_does_not_come_up_for() {
    let desk = Desk::new();
    let lines: String = ["echo 1", "echo 2", "echo 3", "echo 4"].iter().map(|line| bash(line)).collect();
    let sim = Sim::steps(&(bash(WAITS) + &lines + "- say: All done.\n"));
    falling(&sim, &desk, no_stage, &["run", "Try.", "--team", "solo"])
        .exits(6)
        .says(&["the sandbox no longer comes up"]);
    assert_eq!(sim.requests().len(), 4);
}

#[test]
fn checks_that_the_wall_no_longer_comes_up_for_are_no_failed_checks() {
    let desk = Desk::new();
    let team = desk.solo_with_commands(&["sh check.sh"]);
    let write = "- calls: [{tool: write, args: {path: new.txt, content: x}}]\n- say: Done.\n";
    let sim = Sim::steps(&(bash(WAITS) + write));
    let run = falling(&sim, &desk, no_stage, &["run", "Try.", "--json", "--team", &team]).exits(6);
    assert_eq!(run.completed()["status"], "blocked");
    assert_eq!(sim.requests().len(), 3, "nobody is asked to mend it");
    assert!(desk.root.join("new.txt").exists(), "what was done stays");
}

#[test]
fn a_check_that_a_rule_asks_for_is_not_run_where_nobody_can_be_asked() {
    for asked in [true, false] {
        let desk = Desk::new();
        desk.file("check.sh", "#!/bin/sh\ntouch ran\n");
        let whole = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(desk.root.join("check.sh"), whole).unwrap();
        let team = desk.solo_with_commands(&["./check.sh"]);
        let verdict = if asked { "ask" } else { "allow" };
        std::fs::create_dir_all(desk.home.join("config")).unwrap();
        std::fs::write(desk.home.join("config/policy.yaml"), rule(verdict, "./check.sh *", "./check.sh")).unwrap();
        let sim = Sim::steps(
            "- calls: [{tool: write, args: {path: new.txt, content: x}}]\n- calls: [{tool: verify, args: {}}]\n",
        );
        let run = desk.ask(&sim, &["run", "Write.", "--json", "--team", &team]);
        assert_eq!(desk.root.join("ran").exists(), !asked, "{}", run.out);
        assert_eq!(run.completed()["status"] == "verified", !asked, "{}", run.out);
        let told = sim.told();
        assert_eq!(told[1].contains("not run: not allowed: nobody is there"), asked, "{told:?}");
        let questions = run.events("approval.requested");
        assert_eq!(questions.iter().any(|event| event["what"] == "./check.sh"), asked, "{questions:?}");
    }
}

#[test]
fn a_policy_that_lies_in_the_workspace_allows_nothing_whoever_names_it() {
    let text = rule("allow", "touch *", "touch made");
    for inside in [true, false] {
        let (desk, sim) = (Desk::new(), Sim::steps(&bash("touch made")));
        let beside = desk.aside("loose.yaml", &text);
        desk.file("loose.yaml", &text);
        let file = if inside { "loose.yaml" } else { &beside };
        let arguments = ["run", "Try.", "--json", "--team", "solo", "--no-sandbox", "--policy", file];
        desk.ask(&sim, &arguments);
        assert_eq!(sim.told()[0].contains("not allowed"), inside, "{:?}", sim.told());
        assert_eq!(desk.root.join("made").exists(), !inside);
    }
}

#[test]
fn a_command_that_was_kept_from_a_host_is_told_which_and_what_can_be_done() {
    let desk = Desk::new();
    let sim = Sim::steps(&(bash("curl -s -m 20 https://b.test/") + &bash("echo fine")));
    desk.ask(&sim, &["run", "Look.", "--json", "--team", "solo", "--sandbox", "workspace+net(a.test)"]);
    let told = sim.told();
    assert!(told[0].contains("[the sandbox kept it from b.test:443; a person can add that"), "{told:?}");
    assert!(!told[1].contains("kept it from"), "once: {told:?}");
}

#[test]
fn a_demo_does_without_a_sandbox_only_where_there_can_be_none() {
    let desk = Desk::new();
    std::fs::create_dir_all(desk.home.join("config")).unwrap();
    std::fs::write(desk.home.join("config/policy.yaml"), "version: 1\nsandbox: {hosts: ['not a host']}\n").unwrap();
    let demo = desk.agent(&["demo"]).exits(2);
    assert!(!demo.err.contains("without a sandbox"), "{}", demo.err);
}

#[test]
fn a_yes_to_a_check_of_a_brief_holds_for_that_line_and_no_other() {
    let desk = Desk::new();
    desk.file("check.sh", "test -f new.txt\n");
    std::fs::create_dir_all(desk.home.join("config")).unwrap();
    std::fs::write(desk.home.join("config/policy.yaml"), rule("ask", "sh check.sh *", "sh check.sh")).unwrap();
    let brief = |line: &str| {
        format!("{{tool: delegate, args: {{agent: sidekick, objective: Write new.txt., acceptance: [\"{line}\"]}}}}")
    };
    let report = "{tool: report, args: {status: complete, summary: done, evidence: [{at: \"new.txt:1\"}]}}";
    let sim = Sim::play(&format!(
        "name: test
actors:
  - id: main
    when: {{has_tool: delegate}}
    steps:
      - calls: [{}]
      - calls: [{}]
    otherwise: {{say: Good.}}
  - id: other
    when: {{any: true}}
    steps:
      - calls: [{{tool: write, args: {{path: new.txt, content: x}}}}]
    otherwise: {{calls: [{report}]}}
",
        brief("sh check.sh"),
        brief("sh check.sh --other"),
    ));
    let input = "Do it.\ny\nn\n/quit\n";
    let arguments = ["chat", "--team", "tandem", "--approve", "auto", "--sandbox", "workspace"];
    let chat = desk.agent_with(&sim.variables(), &arguments, input).exits(0);
    assert_eq!(chat.err.matches("allow?").count(), 2, "each line is asked for once: {}", chat.err);
    let told = sim.told();
    assert!(told[0].contains("- verified"), "{told:?}");
    assert!(told[1].contains("may not be run"), "{told:?}");
}
