//! The example cases of `agent demo`: each is played once by the team and once by one model, with real files and real tests.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use crate::demo::{Shown, actions, play, table};
use crate::support::Desk;

/// A case that was played.
struct Case {
    name: String,
    shown: Shown,
}

/// All that `agent demo --list` names, without the two that `demo.rs` tests. Two at a time: they mostly wait for tests.
static PLAYED: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let names: Vec<String> = listed()
        .iter()
        .map(|case| case["name"].as_str().unwrap().to_owned())
        .filter(|name| !["refactor", "tiny"].contains(&name.as_str()))
        .collect();
    assert!(names.len() >= 2, "{names:?}");
    let halves: Vec<Vec<String>> = (0..2).map(|half| names.iter().skip(half).step_by(2).cloned().collect()).collect();
    std::thread::scope(|scope| {
        let players: Vec<_> = halves
            .into_iter()
            .map(|half| {
                scope.spawn(|| half.into_iter().map(|name| Case { shown: play(&name), name }).collect::<Vec<_>>())
            })
            .collect();
        players.into_iter().flat_map(|player| player.join().unwrap()).collect()
    })
});

fn listed() -> Vec<Value> {
    let ended = Desk::new().agent(&["demo", "--list", "--json"]).exits(0);
    ended.json().as_array().unwrap().clone()
}

fn case(name: &str) -> &'static Case {
    PLAYED.iter().find(|case| case.name == name).unwrap_or_else(|| panic!("no case is called {name}"))
}

impl Case {
    /// The events of one play, without the table.
    fn events(&self, play: &str) -> Vec<Value> {
        let session = table(&self.shown)[play]["session"].clone();
        let mut lines = self.shown.ended.lines();
        lines.pop();
        lines.retain(|line| line["session"] == session);
        assert!(!lines.is_empty());
        lines
    }

    /// A file as the team left it.
    fn left(&self, file: &str) -> String {
        std::fs::read_to_string(self.shown.out.join("team").join(file)).unwrap()
    }

    /// A file as the example has it, in the folder that is named like the case.
    fn original(&self, file: &str) -> String {
        let repos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/repos");
        std::fs::read_to_string(repos.join(&self.name).join(file)).unwrap()
    }
}

/// Where events of a type stand.
fn places(events: &[Value], kind: &str) -> Vec<usize> {
    (0..events.len()).filter(|at| events[*at]["type"] == kind).collect()
}

/// Whether this is the end of a call of main's or of the sidekick's.
fn ended(event: &Value, agent: &str, tool: &str) -> bool {
    event["type"] == "tool.completed" && event["agent"] == agent && event["tool"] == tool
}

#[test]
fn every_case_ends_verified_and_costs_the_team_less() {
    for case in PLAYED.iter() {
        case.shown.ended.clone().exits(0);
        let table = table(&case.shown);
        for play in ["team", "solo"] {
            assert_eq!(table[play]["status"], "verified", "{} {play}", case.name);
            assert_eq!(table[play]["undeclared_cache_misses"], 0, "{} {play}", case.name);
        }
        assert!(table["team"]["usd"].as_f64().unwrap() < table["solo"]["usd"].as_f64().unwrap(), "{}", case.name);
    }
}

#[test]
fn team_and_solo_take_the_same_actions_in_every_case_in_the_proportions_of_real_work() {
    for case in PLAYED.iter() {
        let (team, solo) = (actions(&case.shown, "team"), actions(&case.shown, "solo"));
        assert_eq!(team, solo, "{}", case.name);
        assert!(team.len() >= 25, "{}: {} calls", case.name, team.len());
        for (from, to, tools) in [
            (0.25, 0.75, &["read", "list", "glob", "grep", "git_diff", "git_status"][..]),
            (0.15, 0.65, &["edit", "write"]),
            (0.05, 0.25, &["bash", "verify"]),
        ] {
            let count = team.iter().filter(|(tool, _)| tools.contains(&tool.as_str())).count();
            let share = count as f64 / team.len() as f64;
            assert!((from..to).contains(&share), "{}: {share} of the calls are {tools:?}", case.name);
        }
    }
}

#[test]
fn both_plays_of_a_case_leave_the_same_files() {
    for case in PLAYED.iter() {
        let output = Command::new("diff")
            .args(["-r", "--exclude=.git", "--exclude=__pycache__"])
            .args([case.shown.out.join("team"), case.shown.out.join("solo")])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}: {}", case.name, String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn a_test_fails_for_real_in_every_case_before_all_pass() {
    for case in PLAYED.iter() {
        let events = case.events("team");
        let runs: Vec<bool> =
            events.iter().filter(|event| ended(event, "sidekick", "bash")).map(|event| event["ok"] == true).collect();
        let failed = runs.iter().position(|ok| !ok).unwrap_or_else(|| panic!("{}: no run failed", case.name));
        assert!(runs[failed..].contains(&true), "{}: {runs:?}", case.name);
    }
}

#[test]
fn main_hands_over_several_times_in_every_case_with_the_users_words_and_reviews_the_diff_at_the_end() {
    for case in PLAYED.iter() {
        let events = case.events("team");
        let briefs = places(&events, "delegation.started");
        assert!((2..=4).contains(&briefs.len()), "{}: {} delegations", case.name, briefs.len());
        let words = events[places(&events, "turn.started")[0]]["input"].as_str().unwrap();
        let quotes = briefs.iter().filter(|at| events[**at]["brief"]["user_said"] == words).count();
        assert!(quotes >= 1, "{}: no brief quotes the user", case.name);
        let last = *places(&events, "delegation.finished").last().unwrap();
        assert!(events[last..].iter().any(|event| ended(event, "main", "git_diff")), "{}: no last look", case.name);
        for at in places(&events, "delegation.finished") {
            assert_eq!(events[at]["report"]["status"], "complete", "{}", case.name);
            let evidence = events[at]["report"]["evidence"].as_array().unwrap();
            assert!(evidence.len() >= 3, "{}: a report without places", case.name);
        }
    }
}

#[test]
fn a_requirement_that_was_misread_with_green_tests_is_noticed_in_review_and_corrected() {
    let case = case("team-selector");
    let events = case.events("team");
    let (opened, closed) = (places(&events, "delegation.started"), places(&events, "delegation.finished"));
    let words = &events[places(&events, "turn.started")[0]]["input"];
    assert!(
        opened.iter().all(|at| events[*at]["brief"]["user_said"] == *words),
        "every brief has the user's own words"
    );
    // The first version: whoever is in any of the teams, with tests that agree, and a receipt that says verified.
    let first: Vec<&str> = events[opened[1]..closed[1]]
        .iter()
        .filter(|event| event["type"] == "file.changed" && event["path"] == "src/selectors/joint.js")
        .map(|event| event["diff"].as_str().unwrap())
        .collect();
    assert!(first.len() == 1 && first[0].contains("picked.some("), "{first:?}");
    let receipt = &events[closed[1]]["receipt"];
    assert_eq!((&receipt["verified"], &events[closed[1]]["report"]["status"]), (&true.into(), &"complete".into()));
    assert!(receipt["commands"].as_array().unwrap().iter().all(|command| command["exit_code"] == 0), "{receipt}");
    // Main reads that diff, and only then sends the sidekick back, to the context that it has.
    let looks = events[closed[1]..opened[2]].iter().filter(|event| ended(event, "main", "git_diff")).count();
    assert!(looks >= 2, "the review comes before the correction");
    let objective = events[opened[2]]["brief"]["objective"].as_str().unwrap();
    assert!(objective.contains("ALL of them") && objective.contains("north+south -> Bea, Dot"), "{objective}");
    assert!(table(&case.shown)["team"]["delegations"][2]["usage"]["cache_read"].as_u64().unwrap() > 10_000);
    // The cases of that brief fail on the first version.
    let first_run = events[opened[2]..closed[2]].iter().find(|event| ended(event, "sidekick", "bash")).unwrap();
    assert_eq!(first_run["ok"], false);
    // What is left is right, and the page that uses the other selector is as it was.
    let left = case.left("src/selectors/joint.js");
    assert!(left.contains("picked.every(") && left.contains("onLeave.has(id)") && !left.contains(".some("), "{left}");
    for file in ["src/selectors/members.js", "src/pages/mailing.js"] {
        assert_eq!(case.left(file), case.original(file));
    }
}

#[test]
fn an_extension_of_existing_pieces_writes_none_of_them_anew() {
    let case = case("reuse-extension");
    let recipe = case.left("sluice/extensions/audit.py");
    assert!(recipe.lines().count() <= 20 && recipe.contains("use(\"csv\")"), "{recipe}");
    for file in ["csv_export", "redact", "gzip_layer", "checksums"].map(|name| format!("sluice/extensions/{name}.py")) {
        assert_eq!(case.left(&file), case.original(&file));
    }
    // The brief points to each piece by place; the one that it does not name is written anew and found in review.
    let events = case.events("team");
    let opened = places(&events, "delegation.started");
    let facts = events[opened[1]]["brief"]["facts"].to_string();
    for piece in ["recipe.py:27", "csv_export.py:22", "redact.py:26", "checksums.py:11"] {
        assert!(facts.contains(piece), "{facts}");
    }
    assert!(events.iter().any(|event| event["path"] == "sluice/extensions/partition.py"
        && event["diff"].as_str().is_some_and(|diff| diff.contains("strftime"))));
    let partition = case.left("sluice/extensions/partition.py");
    assert!(partition.contains("\"month\": dates.month_key") && !partition.contains("strftime"), "{partition}");
}

#[test]
fn demos_are_listed_and_a_wrong_name_says_which_there_are() {
    let names: Vec<String> = listed().iter().map(|case| case["name"].as_str().unwrap().to_owned()).collect();
    let desk = Desk::new();
    let list = desk.agent(&["demo", "--list"]).exits(0).out;
    let wrong = desk.agent(&["demo", "--scenario", "nothing"]).exits(2);
    for name in &names {
        assert!(list.contains(name.as_str()) && wrong.err.contains(name.as_str()), "{name}\n{list}\n{}", wrong.err);
    }
}
