//! What a model can get wrong, and what a tool can meet: the model is told, the session goes on, nothing is lost.

use crate::support::{Desk, Ended, Sim};

/// A session of one agent whose steps are these; it ends answered.
fn answered(desk: &Desk, sim: &Sim, team: &str) -> Ended {
    let ended = desk.ask(sim, &["run", "Look around.", "--json", "--team", team]).exits(0);
    assert_eq!(ended.completed()["status"], "answered");
    let last = ended.events("message").pop().unwrap();
    assert_eq!((last["text"].as_str(), last["final"].as_bool()), (Some("Done."), Some(true)));
    ended
}

#[test]
fn an_unknown_tool_is_answered_with_the_tools_there_are() {
    let (desk, sim) = (Desk::new(), Sim::steps("- calls: [{tool: teleport, args: {to: moon}}]"));
    answered(&desk, &sim, "solo");
    let told = sim.told();
    assert!(told[0].contains("no tool `teleport`") && told[0].contains("read") && told[0].contains("bash"), "{told:?}");
}

#[test]
fn arguments_that_do_not_fit_are_answered_with_what_is_wrong() {
    let steps = "- calls:
    - {tool: read, args: {files: 7}}
    - {tool: read, args: {files: [{path: README.md, lines: 3}]}}
    - {tool: edit, args: {path: README.md}}
    - {tool: bash, args: {command: ls, timeout_s: 100000}}";
    let (desk, sim) = (Desk::new(), Sim::steps(steps));
    let ended = answered(&desk, &sim, "solo");
    let told = sim.told();
    assert_eq!(told.len(), 4, "{told:?}");
    for (told, words) in
        told.iter().zip([["`files`", "read"], ["lines", "path"], ["`edits`", "edit"], ["timeout_s", "600"]])
    {
        assert!(words.iter().all(|word| told.contains(word)), "{words:?}: {told}");
    }
    for event in ended.events("tool.completed") {
        assert!(event["ok"] == false && event["error"].as_str().is_some_and(|why| !why.is_empty()), "{event}");
    }
    assert_eq!(desk.read("README.md"), "# Sample\n\nA small repository.\n");
}

#[test]
fn arguments_that_are_not_json_are_answered_and_nothing_is_done() {
    let faults = "- {on: {step: 0}, kind: malformed_arguments}";
    let (desk, sim) =
        (Desk::new(), Sim::faulty(faults, "- calls: [{tool: write, args: {path: new.txt, content: hello}}]"));
    answered(&desk, &sim, "solo");
    assert!(sim.told()[0].contains("not JSON"), "{:?}", sim.told());
    assert!(!desk.root.join("new.txt").exists());
}

#[test]
fn a_tool_that_takes_too_long_is_ended_with_all_its_children() {
    let desk = Desk::new();
    // The shell waits for a child of its own, which has to go too.
    let command = "sh -c 'sleep 97531; echo late'; true";
    let team = desk.solo_with_commands(&[command]);
    let sim = Sim::steps(&format!("- calls: [{{tool: bash, args: {{command: \"{command}\", timeout_s: 1}}}}]"));
    let ended = answered(&desk, &sim, &team);
    let told = &sim.told()[0];
    assert!(told.contains("timed out") && told.contains("limit 1 s") && !told.contains("late"), "{told}");
    let event = &ended.events("tool.completed")[0];
    assert_eq!(event["ok"], false);
    assert!((1_000..60_000).contains(&event["ms"].as_u64().unwrap()), "{event}");
    let left = desk.command("sh").args(["-c", "ps ax -o args | grep -c '[s]leep 97531'"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout).trim(), "0");
}

#[test]
fn a_hundred_megabytes_of_output_are_capped_kept_in_a_file_and_cost_no_memory() {
    let desk = Desk::new();
    let (flood, memory) = ("yes | head -c 100000000", "grep VmHWM /proc/$PPID/status");
    let team = desk.solo_with_commands(&[flood, memory]);
    let call = |command: &str| format!("- calls: [{{tool: bash, args: {{command: \"{command}\"}}}}]");
    let sim = Sim::steps(&format!("{}\n{}", call(flood), call(memory)));
    answered(&desk, &sim, &team);
    let told = sim.told();
    assert!(told[0].len() < 40_000, "{}", told[0].len());
    let path = told[0]
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| "[]().,;:`".contains(c)))
        .find(|word| word.starts_with('/'))
        .expect("the path of the whole output");
    assert_eq!(std::fs::metadata(path).unwrap().len(), 100_000_000, "{path}");
    // The parent of the shell is the agent: its highest memory use so far, in kB.
    let peak: u64 = told[1].split_whitespace().find_map(|word| word.parse().ok()).unwrap_or_else(|| panic!("{told:?}"));
    assert!(peak < 250_000, "{peak} kB");
    // What is stored and sent again is capped too.
    assert!(sim.requests().last().unwrap().body.len() < 200_000);
}

#[test]
fn a_binary_file_is_named_as_one_and_not_shown() {
    let desk = Desk::new();
    desk.file("logo.png", [0x89, b'P', b'N', b'G', 0, 0, 0, 13, 0xff]);
    desk.file("latin.txt", b"caf\xe9\n");
    let steps = "- calls: [{tool: read, args: {files: [{path: logo.png}, {path: latin.txt}]}}]
- calls: [{tool: edit, args: {path: logo.png, edits: [{old: PNG, new: GIF}]}}]";
    let sim = Sim::steps(steps);
    answered(&desk, &sim, "solo");
    let told = sim.told();
    assert!(told[0].contains("logo.png (binary, 9 bytes, not shown)") && told[0].contains("caf"), "{told:?}");
    assert_eq!(std::fs::read(desk.root.join("logo.png")).unwrap()[..4], [0x89, b'P', b'N', b'G'], "{told:?}");
}

#[test]
fn no_path_leaves_the_workspace() {
    let desk = Desk::new();
    let secret = desk.aside("secret.txt", "the secret");
    std::os::unix::fs::symlink(&secret, desk.root.join("link.txt")).unwrap();
    std::os::unix::fs::symlink(desk.base(), desk.root.join("up")).unwrap();
    let steps = format!(
        "- calls:
    - {{tool: read, args: {{files: [{{path: ../secret.txt}}]}}}}
    - {{tool: read, args: {{files: [{{path: \"{secret}\"}}]}}}}
    - {{tool: read, args: {{files: [{{path: link.txt}}]}}}}
    - {{tool: read, args: {{files: [{{path: up/secret.txt}}]}}}}
    - {{tool: grep, args: {{pattern: secret, path: ..}}}}
    - {{tool: list, args: {{path: up}}}}
    - {{tool: glob, args: {{pattern: \"../*.txt\"}}}}
    - {{tool: write, args: {{path: up/new.txt, content: x}}}}
    - {{tool: write, args: {{path: ../new.txt, content: x}}}}
    - {{tool: edit, args: {{path: link.txt, edits: [{{old: the secret, new: gone}}]}}}}"
    );
    let sim = Sim::steps(&steps);
    let ended = answered(&desk, &sim, "solo");
    let told = sim.told();
    assert_eq!(told.len(), 10);
    assert!(told.iter().all(|told| !told.contains("the secret")), "{told:?}");
    let completed = ended.events("tool.completed");
    let ok: Vec<&str> =
        completed.iter().filter(|event| event["ok"] == true).map(|event| event["tool"].as_str().unwrap()).collect();
    // A pattern is only ever held against files of the workspace: nothing matches, and that is no mistake.
    assert_eq!(ok, ["glob"], "{told:?}");
    assert!(told[6].contains("no file matches"), "{}", told[6]);
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "the secret");
    assert!(!desk.base().join("new.txt").exists());
}

#[test]
fn no_command_reads_beyond_the_workspace_unasked() {
    let desk = Desk::new();
    let secret = desk.aside("secret.txt", "the secret");
    let calls: Vec<String> = [
        "cat ../secret.txt",
        "cat $HOME/../secret.txt",
        "cat < ../secret.txt",
        "grep -r secret ..",
        "git diff --no-index /dev/null ../secret.txt",
        "cd .. && cat secret.txt",
        "find . -name x -o -exec cat ../secret.txt \\;",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain([format!("cat {secret}"), format!("head -n 1 {secret}")])
    .map(|command| format!("{{tool: bash, args: {{command: {}}}}}", serde_json::Value::from(command)))
    .collect();
    // Five refusals in a row would end the run.
    for calls in calls.chunks(3) {
        let sim = Sim::steps(&format!("- calls: [{}]", calls.join(", ")));
        let ended = desk.ask(&sim, &["run", "Look around.", "--json", "--team", "solo", "--no-sandbox"]).exits(5);
        assert!(ended.events("tool.completed").iter().all(|event| event["ok"] == false), "{:#?}", sim.told());
        assert!(sim.told().iter().all(|told| !told.contains("the secret")), "{:#?}", sim.told());
        assert_eq!(sim.told().len(), calls.len());
    }
}

#[test]
fn a_command_that_is_not_on_the_list_is_not_run_when_nobody_is_there() {
    let steps = "- calls: [{tool: bash, args: {command: \"touch made.txt\"}}]";
    let (desk, sim) = (Desk::new(), Sim::steps(steps));
    // The model goes on without it, and the person who is needed is told.
    let ended = desk.ask(&sim, &["run", "Make it.", "--json", "--team", "solo", "--no-sandbox"]).exits(5);
    assert_eq!(ended.completed()["status"], "blocked");
    assert_eq!(ended.events("error")[0]["code"], "approval_missed");
    assert!(sim.told()[0].contains("nobody is there to approve it"), "{:?}", sim.told());
    assert!(!desk.root.join("made.txt").exists());
    let asked = ended.events("approval.requested");
    assert_eq!(asked.len(), 1);
    assert!(asked[0]["what"].as_str().unwrap().contains("touch made.txt"));
}

#[test]
fn with_approvals_denied_nothing_changes() {
    let steps = "- calls:
    - {tool: write, args: {path: new.txt, content: hello}}
    - {tool: bash, args: {command: \"cargo test\"}}
    - {tool: bash, args: {command: \"cat README.md\"}}";
    let (desk, sim) = (Desk::new(), Sim::steps(steps));
    let ended = desk.ask(&sim, &["run", "Look.", "--json", "--team", "solo", "--approve", "deny"]).exits(0);
    let ok: Vec<bool> = ended.events("tool.completed").iter().map(|event| event["ok"] == true).collect();
    assert_eq!(ok, [false, false, true], "{:?}", sim.told());
    assert!(!desk.root.join("new.txt").exists());
}

#[test]
fn keys_reach_neither_commands_nor_what_is_stored() {
    let steps = "- calls: [{tool: bash, args: {command: env}}]";
    let (desk, sim) = (Desk::new(), Sim::steps(steps));
    let team = desk.solo_with_commands(&["env"]);
    answered(&desk, &sim, &team);
    let told = &sim.told()[0];
    assert!(told.contains("PATH=") && !told.contains("sk-test-not-a-key"), "{told}");
    let found = desk.command("grep").args(["-rl", "sk-test-not-a-key"]).arg(&desk.home).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
}

#[test]
fn a_change_without_any_check_is_unverified_and_with_a_failing_check_it_is_left_to_a_person() {
    let write = "- calls: [{tool: write, args: {path: new.txt, content: hello}}]";
    let (desk, sim) = (Desk::new(), Sim::steps(write));
    let ended = desk.ask(&sim, &["run", "Write.", "--json", "--team", "solo"]).exits(1);
    assert_eq!(ended.completed()["status"], "unverified");
    let (desk, sim) = (Desk::new(), Sim::steps(write));
    let team = desk.solo_with_commands(&["sh check.sh"]);
    let ended = desk.ask(&sim, &["run", "Write.", "--json", "--team", &team]).exits(5);
    assert_eq!(ended.completed()["status"], "blocked", "what fails in the strongest lane is a person's");
    assert_eq!(ended.events("verification.finished")[0]["exit_code"], 1);
    // It was told once what fails, and could have mended it.
    assert!(String::from_utf8_lossy(&sim.requests().last().unwrap().body).contains("do not pass"));
}

#[test]
fn a_failing_check_that_is_mended_in_time_is_verified() {
    let steps = "- calls: [{tool: read, args: {files: [{path: src/lib.rs}]}}]
- calls: [{tool: write, args: {path: new.txt, content: hello}}]
- {say: \"I am done.\"}
- calls: [{tool: edit, args: {path: src/lib.rs, edits: [{old: \"41\", new: \"42\"}]}}]";
    let (desk, sim) = (Desk::new(), Sim::steps(steps));
    let team = desk.solo_with_commands(&["sh check.sh"]);
    let ended = desk.ask(&sim, &["run", "Write.", "--json", "--team", &team]).exits(0);
    assert_eq!(ended.completed()["status"], "verified");
    let codes: Vec<i64> =
        ended.events("verification.finished").iter().map(|event| event["exit_code"].as_i64().unwrap()).collect();
    assert_eq!(codes, [1, 0]);
    assert!(ended.events("file.changed").iter().any(|event| event["path"] == "src/lib.rs"));
}
