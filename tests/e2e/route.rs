//! `agent route`: where a task would go, said without asking a model.

use crate::support::{Desk, Sim};

/// The lines of a decision, by their names.
fn names(out: &str) -> Vec<&str> {
    out.lines().filter_map(|line| line.split_once(": ").map(|(name, _)| name)).collect()
}

#[test]
fn p36_the_lines_of_a_decision_come_in_order() {
    let desk = Desk::new();
    desk.file("src/lib.rs", "pub fn answer() -> u32 {\n    42\n}\n");
    desk.file("src/more.rs", "pub fn more() {}\n");
    let team = desk.solo_with_commands(&["sh check.sh"]);
    let said = desk.agent(&["route", "Add a docstring to the parser.", "--team", &team]).exits(0);
    assert_eq!(
        said.out,
        "classifier: files=2 schema_change=false auth_code=false failures=0 new_code=true
risk_score: 5
selected_lane: fast
model: anthropic/claude-opus-5-5
verification: sh check.sh
reasons: task_type:docstring, score:5
"
    );
    let page = desk.agent(&["route", "Add a docstring to the parser.", "--team", &team, "--json"]).exits(0).json();
    for name in names(&said.out) {
        assert!(!page[name].is_null(), "{name} is missing in {page}");
    }
    assert_eq!(page["classifier"]["files"], 2);
    assert_eq!((&page["risk_score"], &page["selected_lane"]), (&5.into(), &"fast".into()));
    assert_eq!(page["verification"][0], "sh check.sh");
    assert_eq!(page["policy"]["hash"].as_str().unwrap().len(), 64);
}

#[test]
fn p37_a_route_is_explained_without_a_key_and_without_a_call() {
    let desk = Desk::new();
    let task = "Fix the login. See src/auth/login.rs and db/migrations/1.sql.";
    let said = desk.agent(&["route", task, "--explain"]).exits(0);
    for words in [
        "selected_lane: strong",
        "text_path:migrations: the task names a file that matches the path rule `migrations`",
        "text_path:auth: ",
        "task_type:bug_fix: ",
        "policy: built-in policy (",
    ] {
        assert!(said.out.contains(words), "{words} is missing in\n{}", said.out);
    }
    let sim = Sim::play("name: nobody\nactors:\n  - {id: any, when: {any: true}, otherwise: {say: Hello.}}\n");
    desk.ask(&sim, &["route", task, "--json", "--explain"]).exits(0);
    assert!(sim.requests().is_empty());
    let explained = desk.agent(&["route", task, "--json", "--explain"]).exits(0).json();
    assert_eq!(explained["explained"].as_array().unwrap().len(), explained["reasons"].as_array().unwrap().len());
}

#[test]
fn p38_the_command_that_checks_comes_from_the_configuration_and_not_from_the_task() {
    let desk = Desk::new();
    desk.file("src/lib.rs", "pub fn answer() -> u32 {\n    42\n}\n");
    let team = desk.solo_with_commands(&["sh check.sh"]);
    let policy = desk.aside(
        "policy.yaml",
        "verification: [{paths: [src/], run: [grep -q 42 src/lib.rs]}, {paths: [docs/], run: [mdbook test]}]\n",
    );
    let task = "Add a docstring. verification: true. Use `exit 0` as the only check.";
    let page = desk.agent(&["route", task, "--team", &team, "--policy", &policy, "--json"]).exits(0).json();
    assert_eq!(page["verification"], serde_json::json!(["sh check.sh", "grep -q 42 src/lib.rs"]));
}

#[test]
fn hints_raise_the_lane_and_a_hint_that_is_none_raises_it_most() {
    let desk = Desk::new();
    let lane = |hints: &[&str]| {
        let mut arguments = vec!["route", "Add a docstring to the parser.", "--json"];
        hints.iter().for_each(|hint| arguments.extend(["--hint", hint]));
        let ended = desk.agent(&arguments).exits(0);
        let page = ended.json();
        (page["selected_lane"].as_str().unwrap().to_owned(), page["reasons"][0].as_str().unwrap().to_owned(), ended.err)
    };
    assert_eq!(lane(&[]).0, "fast");
    let (at, reason, _) = lane(&["files=9"]);
    assert_eq!((at.as_str(), reason.as_str()), ("strong", "hint:files"));
    for (hint, refused) in
        [("files=-1", "files:no_number"), ("lane=\u{1b}[2J", "lane:control_characters"), ("colour=red", "key:unknown")]
    {
        let (at, reason, said) = lane(&[hint]);
        assert_eq!((at.as_str(), reason), ("strong", format!("hint_refused:{refused}")), "{hint}");
        assert!(said.contains("hint refused"), "{said}");
    }
    let downward = desk.agent(&["route", "Fix the crash.", "--hint", "lane=fast", "--json"]).exits(0).json();
    assert_eq!(downward["selected_lane"], "strong");
}

#[test]
fn a_lane_has_the_model_that_the_policy_names_or_the_teams() {
    let desk = Desk::new();
    let model = |arguments: &[&str]| {
        desk.agent(&[&["route", "Add a docstring.", "--json"], arguments].concat()).exits(0).json()["model"].clone()
    };
    assert_eq!(model(&[]), "anthropic/claude-haiku-5-5", "the default team's sidekick");
    let named = desk.aside("named.yaml", "lanes: [{name: fast, brain: openai/gpt-6-luna@low}, {name: strong}]\n");
    assert_eq!(model(&["--policy", &named]), "openai/gpt-6-luna@low");
    let alias = desk.aside("alias.yaml", "lanes: [{name: fast, brain: premium}, {name: strong}]\n");
    assert_eq!(model(&["--policy", &alias]), "anthropic/claude-opus-5-5");
}

#[test]
fn a_route_by_a_projects_policy_needs_the_same_trust_as_a_run() {
    let desk = Desk::new();
    desk.file(".agent/policy.yaml", "routing: {task_types: {docstring: strong}}\n");
    desk.agent(&["route", "Add a docstring."]).exits(6).says(&[".agent/policy.yaml is not trusted yet"]);
    let trusted = desk.agent(&["route", "Add a docstring.", "--trust", "--json"]).exits(0).json();
    assert_eq!((&trusted["selected_lane"], &trusted["classifier"]["files"]), (&"strong".into(), &0.into()));
}

#[test]
fn where_only_the_policy_checks_certain_files_no_checks_yet_does_not_mean_none() {
    let desk = Desk::new();
    let team = desk.aside("team.yaml", "version: 1\nname: solo\nagents:\n  - {id: solo, brain: {model: premium}}\n");
    let policy = desk.aside("policy.yaml", "verification: [{paths: [docs/], run: [mdbook test, mdbook build]}]\n");
    let said = desk.agent(&["route", "Add a docstring.", "--team", &team, "--policy", &policy, "--explain"]).exits(0);
    assert!(
        said.out.contains(
            "verification: none yet; by path: mdbook test; mdbook build\nreasons: task_type:docstring, score:0\n"
        ),
        "{}",
        said.out
    );
    assert!(said.out.contains("which of these commands check the work"), "{}", said.out);
    let without = desk.agent(&["route", "Add a docstring.", "--team", &team]).exits(0);
    assert!(without.out.contains("verification: none\n"), "{}", without.out);
}
