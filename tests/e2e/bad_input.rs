//! What a user can get wrong: a clear error, an exit code from the table, nothing begun.

use crate::support::{Desk, Sim};

/// A mistake in a team file: the text, the place as `line:column`, and words of the message.
const MISTAKES: &[(&str, &str, &str, &[&str])] = &[
    ("an unknown key", "version: 1\nbugdet: {usd: 1}\n", "2:1", &["bugdet", "budget"]),
    ("a wrong type", "version: 1\nbudget: {usd: plenty}\n", "2:15", &["budget.usd"]),
    (
        "an unknown tool",
        "version: 1\nagents:\n  - id: main\n    modules:\n      - filesystem: [reed]\n",
        "5:22",
        &["reed", "read", "grep"],
    ),
    (
        "an unknown agent",
        "version: 1\nagents:\n  - {id: main, delegates_to: [sidekik]}\n  - {id: sidekick}\n",
        "3:31",
        &["sidekik", "sidekick"],
    ),
    ("a cycle", "version: 1\nmodels:\n  a: b\n  b: a\n", "4:6", &["models.b", "a -> b -> a"]),
    ("a version of the future", "version: 7\n", "1:10", &["7", "1"]),
    ("no YAML", "version: [1\n", "", &[]),
];

#[test]
fn a_broken_team_file_is_refused_with_file_line_column_and_what_is_allowed() {
    let desk = Desk::new();
    let sim = Sim::free();
    for (what, text, place, words) in MISTAKES {
        let file = desk.aside("broken.yaml", text);
        for arguments in [&["team", "check", &file][..], &["run", "--team", &file, "Hello"]] {
            let ended = desk.ask(&sim, arguments).exits(2);
            let at = format!("broken.yaml:{place}");
            assert!(ended.err.contains(&at), "{what}: `{at}` is missing in {}", ended.err);
            let message = ended.err.split("broken.yaml:").nth(1).unwrap().to_owned();
            let numbers = message.split(':').take(2).filter(|part| part.parse::<u32>().is_ok()).count();
            assert_eq!(numbers, 2, "{what}: line and column are numbers: {message}");
            for word in *words {
                assert!(message.contains(word), "{what}: `{word}` is missing in {message}");
            }
        }
    }
    assert_eq!(sim.requests().len(), 0);
}

#[test]
fn an_empty_task_is_refused_before_anything_is_asked() {
    let (desk, sim) = (Desk::new(), Sim::free());
    desk.ask(&sim, &["run", ""]).exits(2).says(&["the task is empty"]);
    desk.ask(&sim, &["run", "  \n"]).exits(2).says(&["the task is empty"]);
    desk.ask(&sim, &["run", "-"]).exits(2).says(&["standard input is empty"]);
    desk.ask(&sim, &["run"]).exits(2).says(&["TASK"]);
    assert_eq!((sim.requests().len(), desk.home.join("sessions").exists()), (0, false));
}

#[test]
fn a_task_can_come_from_a_pipe() {
    let (desk, sim) = (Desk::new(), Sim::steps(""));
    let ended =
        desk.agent_with(&sim.variables(), &["run", "-", "--team", "solo"], "what does this diff do?\n").exits(0);
    assert_eq!(ended.out, "Done.\n");
    assert!(String::from_utf8_lossy(&sim.requests()[0].body).contains("what does this diff do?"));
}

#[test]
fn limits_that_allow_nothing_are_refused() {
    let desk = Desk::new();
    desk.agent(&["run", "Hello", "--max-usd", "0"]).exits(2).says(&["--max-usd", "above 0"]);
    desk.agent(&["run", "Hello", "--max-usd", "cheap"]).exits(2).says(&["--max-usd"]);
    desk.agent(&["run", "Hello", "--max-usd=-1"]).exits(2).says(&["--max-usd"]);
    desk.agent(&["run", "Hello", "--max-steps", "0"]).exits(2).says(&["--max-steps"]);
    desk.agent(&["run", "Hello", "--approve", "always"]).exits(2).says(&["ask", "auto", "deny"]);
}

#[test]
fn a_session_that_does_not_exist_is_named_with_the_way_to_those_that_do() {
    let (desk, sim) = (Desk::new(), Sim::free());
    for arguments in [
        &["sessions", "show", "19990101"][..],
        &["sessions", "resume", "19990101"],
        &["cost", "19990101"],
        &["sessions", "rm", "19990101"],
    ] {
        desk.ask(&sim, arguments).exits(2).says(&["no session begins with `19990101`", "agent sessions list"]);
    }
    desk.ask(&sim, &["sessions", "resume"]).exits(2).says(&["there is no session in"]);
}

#[test]
fn a_prefix_that_fits_several_sessions_lists_them() {
    let (desk, sim) = (Desk::new(), Sim::steps(""));
    let ids: Vec<String> =
        (0..2).map(|_| desk.ask(&sim, &["run", "Hello", "--json", "--team", "solo"]).exits(0).session()).collect();
    desk.ask(&sim, &["sessions", "show", "2"]).exits(2).says(&["2 sessions begin with `2`", &ids[0], &ids[1]]);
}

#[test]
fn a_folder_that_does_not_exist_is_named() {
    let desk = Desk::new();
    desk.agent(&["run", "Hello", "--cwd", "/no/such/folder"]).exits(2).says(&["/no/such/folder"]);
    desk.agent(&["run", "Hello", "--cwd", "README.md"]).exits(2).says(&["README.md", "is not a folder"]);
}

#[test]
fn a_team_that_does_not_exist_is_named_with_those_that_do() {
    let (desk, sim) = (Desk::new(), Sim::free());
    desk.ask(&sim, &["run", "Hello", "--team", "dream"]).exits(2).says(&["`dream`", "tandem", "solo", "specialists"]);
}

#[test]
fn a_broken_models_file_is_refused_with_its_place() {
    let desk = Desk::new();
    let file = desk.aside("models.yaml", "models:\n  anthropic/claude-opus-5-5:\n    prizes: {input: 1}\n");
    desk.agent(&["models", "--models", &file]).exits(2).says(&["models.yaml:3:5", "prizes", "prices"]);
    desk.agent(&["models", "--models", "/no/such/models.yaml"]).exits(2).says(&["/no/such/models.yaml"]);
}

#[test]
fn a_broken_scenario_is_refused_with_its_place() {
    let desk = Desk::new();
    let file = desk.aside("scenario.yaml", "name: x\nactors:\n  - {id: a, whem: {any: true}}\n");
    desk.agent(&["simulate", &file]).exits(2).says(&["scenario.yaml:3:", "whem", "when"]);
}

#[test]
fn an_output_schema_that_is_none_is_refused() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let text = desk.aside("text.json", "not json");
    let schema = desk.aside("schema.json", r#"{"type": "strnig"}"#);
    desk.ask(&sim, &["run", "Hello", "--output-schema", &text]).exits(2).says(&["text.json", "not JSON"]);
    desk.ask(&sim, &["run", "Hello", "--output-schema", &schema]).exits(2).says(&["schema.json"]);
    desk.ask(&sim, &["run", "Hello", "--output-schema", "/no/such.json"]).exits(2).says(&["/no/such.json"]);
    assert_eq!(sim.requests().len(), 0);
}
