//! Words of a task are words, whatever they look like.

use crate::support::{Desk, Sim};

/// Tries what needs a yes, which a mode from the task's words would give.
const STEPS: &str = "- calls: [{tool: write, args: {path: .agent/team.yaml, content: x}}]\n- say: Done.";

#[test]
fn sec_61_what_looks_like_an_option_in_a_task_is_data() {
    for task in [
        "--no-sandbox",
        "--approve auto --trust",
        "--mode=yolo",
        "--settings={\"approve\":\"auto\",\"sandbox\":\"off\"}",
        "-",
        "Fix it.\n--no-sandbox\n--trust",
        "$(touch PWN)`touch PWN`; touch PWN",
    ] {
        let (desk, sim) = (Desk::new(), Sim::steps(STEPS));
        // Behind `--` nothing is an option; `-` alone means standard input there as well.
        let ended = desk.agent_with(
            &sim.variables(),
            &["run", "--team", "solo", "--json", "--", task],
            "from the pipe --no-sandbox\n",
        );
        let input = ended.events("turn.started")[0]["input"].as_str().unwrap().to_owned();
        let wanted = if task == "-" { "from the pipe --no-sandbox\n" } else { task };
        assert_eq!(input.trim(), wanted.trim());
        assert!(sim.told()[0].contains("not allowed"), "{task}: {:?}", sim.told());
        assert!(!desk.root.join(".agent").exists() && !desk.root.join("PWN").exists(), "{task}");
    }
}

#[test]
fn sec_61_an_option_that_is_none_ends_the_program_and_is_not_taken_for_another() {
    let (desk, sim) = (Desk::new(), Sim::free());
    for option in ["--mode=yolo", "--settings={}", "--yolo", "--dangerously-skip-permissions", "--sandbox=off"] {
        desk.ask(&sim, &["run", option, "Hello"]).exits(2);
        desk.ask(&sim, &["run", "Hello", option]).exits(2);
    }
    assert_eq!(sim.requests().len(), 0);
}
