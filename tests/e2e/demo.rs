//! `agent demo`: the main job, offline.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use protocol::SessionId;
use serde_json::Value;

use crate::support::{Desk, Ended, toolchain};

/// A demo that was played.
pub(crate) struct Shown {
    pub(crate) ended: Ended,
    pub(crate) out: PathBuf,
}

/// Plays a scenario with JSON output, in a folder that stays until the next time.
pub(crate) fn play(scenario: &str) -> Shown {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("demo-{scenario}"));
    if out.exists() {
        std::fs::remove_dir_all(&out).unwrap();
    }
    let desk = Desk::new();
    let folder = out.display().to_string();
    Shown { ended: desk.agent(&["demo", "--json", "--scenario", scenario, "--out", &folder]), out }
}

/// The big one, played once for all tests.
pub(crate) fn refactor() -> &'static Shown {
    static SHOWN: OnceLock<Shown> = OnceLock::new();
    SHOWN.get_or_init(|| play("refactor"))
}

/// The small one, played once for all tests.
pub(crate) fn tiny() -> &'static Shown {
    static SHOWN: OnceLock<Shown> = OnceLock::new();
    SHOWN.get_or_init(|| play("tiny"))
}

pub(crate) fn table(shown: &Shown) -> Value {
    shown.ended.lines().pop().unwrap()
}

#[test]
fn the_demo_prints_the_teams_events_then_solos_then_one_line_with_the_table() {
    let ended = refactor().ended.clone().exits(0);
    let lines = ended.lines();
    let sessions: Vec<&str> = lines[..lines.len() - 1].iter().map(|line| line["session"].as_str().unwrap()).collect();
    let runs: Vec<&str> = sessions.chunk_by(|a, b| a == b).map(|run| run[0]).collect();
    assert_eq!(runs.len(), 2, "two sessions, one after the other");
    let table = table(refactor());
    assert_eq!(runs, [table["team"]["session"].as_str().unwrap(), table["solo"]["session"].as_str().unwrap()]);
    let ends: Vec<usize> = (0..lines.len()).filter(|n| lines[*n]["type"] == "demo.completed").collect();
    assert_eq!(ends, [lines.len() - 1]);
    for session in runs {
        let own: Vec<&Value> = lines[..lines.len() - 1].iter().filter(|line| line["session"] == session).collect();
        let numbers: Vec<u64> = own.iter().map(|line| line["seq"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=own.len() as u64).collect::<Vec<_>>(), "numbered from 1 without a gap");
        assert_eq!(own[0]["type"], "session.started");
        let last = own.last().unwrap();
        assert_eq!((&last["type"], &last["status"]), (&Value::from("session.completed"), &Value::from("verified")));
    }
}

#[test]
fn the_demo_ends_verified_with_a_second_delegation_that_reads_the_cache() {
    let table = table(refactor());
    assert_eq!((&table["status"], &table["exit_code"]), (&Value::from("verified"), &Value::from(0)));
    let delegations = table["team"]["delegations"].as_array().unwrap();
    let to_sidekick: Vec<&Value> = delegations.iter().filter(|one| one["to"] == "sidekick").collect();
    assert!(to_sidekick.len() >= 2, "{delegations:?}");
    for later in &to_sidekick[1..] {
        assert!(later["usage"]["cache_read"].as_u64().unwrap() > 0, "{later}");
    }
    // Not only its own steps: the very first request of the second delegation is billed cache reads.
    let lines = refactor().ended.lines();
    let second = lines.iter().enumerate().filter(|(_, line)| line["type"] == "delegation.started").nth(1).unwrap().0;
    let first_step = lines[second..]
        .iter()
        .find(|line| line["type"] == "step.completed" && line["agent"] == "sidekick")
        .expect("the sidekick works");
    assert!(first_step["usage"]["cache_read"].as_u64().unwrap() > 0, "{first_step}");
}

#[test]
fn the_team_costs_less_than_solo_and_predicted_cache_reads_are_billed() {
    let table = table(refactor());
    assert!(table["saving"].as_f64().unwrap() > 0.0, "{table}");
    assert!(table["team"]["usd"].as_f64().unwrap() < table["solo"]["usd"].as_f64().unwrap());
    for play in [&table["team"], &table["solo"]] {
        let number = |name: &str| play[name].as_f64().unwrap();
        let (predicted, billed) = (number("predicted_cache_read"), number("billed_cache_read"));
        assert!(billed > 0.0 && (predicted - billed).abs() <= 0.02 * billed, "{predicted} {billed}");
        assert_eq!(play["undeclared_cache_misses"], 0);
    }
}

#[test]
fn every_total_of_the_table_is_the_sum_of_the_steps_that_were_shown() {
    let lines = refactor().ended.lines();
    let table = table(refactor());
    for play in [&table["team"], &table["solo"]] {
        let steps: Vec<&Value> = lines
            .iter()
            .filter(|line| line["type"] == "step.completed" && line["session"] == play["session"])
            .collect();
        assert_eq!(play["steps"].as_u64().unwrap(), steps.len() as u64);
        for kind in ["input", "cache_read", "cache_write_short", "output"] {
            let sum: u64 = steps.iter().map(|step| step["usage"][kind].as_u64().unwrap()).sum();
            assert_eq!(play["usage"][kind].as_u64().unwrap(), sum, "{kind}");
        }
        let usd: f64 = steps.iter().map(|step| step["usd"].as_f64().unwrap()).sum();
        assert!((usd - play["usd"].as_f64().unwrap()).abs() < 1e-9);
    }
}

#[test]
fn the_sidekick_meets_a_real_failure_and_mends_it() {
    let lines = refactor().ended.lines();
    let is_run =
        |line: &&Value| line["type"] == "tool.completed" && line["tool"] == "bash" && line["agent"] == "sidekick";
    let runs: Vec<bool> = lines.iter().filter(is_run).map(|line| line["ok"].as_bool().unwrap()).collect();
    let failed = runs.iter().position(|ok| !ok).expect("no run failed");
    assert!(runs[failed..].contains(&true), "{runs:?}");
    // The failure is the tests' own, not a command that could not be started.
    let store = store::Store::open(&refactor().out.join("state")).unwrap();
    let team = SessionId::new(table(refactor())["team"]["session"].as_str().unwrap());
    let tools = store.all_tool_runs(&team).unwrap();
    let failure = tools
        .iter()
        .filter(|run| run.intent.tool == "bash")
        .filter_map(|run| run.done.as_ref())
        .find(|done| done.outcome.is_error)
        .unwrap();
    assert!(
        failure.commands.iter().any(|command| command.command.contains("cargo test") && command.exit_code == Some(101))
    );
}

#[test]
fn the_runtime_runs_the_verification_itself() {
    let passed = refactor().ended.events("verification.finished");
    let table = table(refactor());
    for session in [&table["team"]["session"], &table["solo"]["session"]] {
        let last = passed.iter().rfind(|event| event["session"] == *session).expect("a verification");
        assert_eq!(last["exit_code"], 0, "{last}");
        assert!(last["command"].as_str().unwrap().starts_with("cargo test"), "{last}");
    }
}

#[test]
fn the_diff_that_is_left_passes_the_examples_own_tests_on_a_fresh_copy() {
    let table = table(refactor());
    let diff = table["diff"].as_str().unwrap();
    let desk = Desk::new();
    let copy = desk.base().join("copy");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/repos/shopfront");
    let run = |program: &str, arguments: &[&str], folder: &Path| {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .envs(toolchain())
            .env("HOME", desk.base())
            .output()
            .unwrap();
        assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    run("cp", &["-r", &example.display().to_string(), &copy.display().to_string()], &desk.base());
    run("git", &["apply", "--check", diff], &copy);
    run("git", &["apply", diff], &copy);
    assert!(std::fs::read_to_string(copy.join("src/money.rs")).unwrap().contains("struct Money"));
    let tests = run("cargo", &["test", "--offline"], &copy);
    assert!(tests.contains("test result: ok"), "{tests}");
    // And it is what the working copy holds.
    assert_eq!(
        std::fs::read_to_string(copy.join("src/cart.rs")).unwrap(),
        std::fs::read_to_string(Path::new(table["workspace"].as_str().unwrap()).join("src/cart.rs")).unwrap()
    );
}

/// What an agent did to the repository, in order of time.
pub(crate) fn actions(shown: &Shown, play: &str) -> Vec<(String, Value)> {
    const TOOLS: [&str; 10] =
        ["read", "list", "glob", "grep", "edit", "write", "bash", "git_diff", "git_status", "verify"];
    let store = store::Store::open(&shown.out.join("state")).unwrap();
    let session = SessionId::new(table(shown)[play]["session"].as_str().unwrap());
    let mut runs = store.all_tool_runs(&session).unwrap();
    assert!(runs.iter().all(|run| run.done.is_some()), "everything that began ended");
    runs.retain(|run| TOOLS.contains(&run.intent.tool.as_str()));
    runs.iter().map(|run| (run.intent.tool.clone(), serde_json::from_str(&run.intent.arguments).unwrap())).collect()
}

#[test]
fn team_and_solo_take_the_same_actions_on_the_repository() {
    for shown in [refactor(), tiny()] {
        let (team, solo) = (actions(shown, "team"), actions(shown, "solo"));
        let kinds: BTreeSet<&str> = team.iter().map(|(tool, _)| tool.as_str()).collect();
        assert!(kinds.is_superset(&BTreeSet::from(["read", "edit", "bash"])), "{kinds:?}");
        assert_eq!(team, solo);
    }
}

#[test]
fn both_plays_leave_the_same_files() {
    let folder = |play: &str| refactor().out.join(play);
    let output = Command::new("diff")
        .args(["-r", "--exclude=target", "--exclude=.git"])
        .args([folder("team"), folder("solo")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn delegating_a_tiny_task_loses_money_and_the_json_says_so() {
    let ended = tiny().ended.clone().exits(0);
    assert_eq!(ended.completed_demo()["scenario"], "tiny");
    let table = table(tiny());
    assert!(table["saving"].as_f64().unwrap() < 0.0, "{table}");
    assert!(table["baseline"]["saving"].as_f64().unwrap() < 0.0);
    assert!(table["team"]["delegations"].as_array().is_some_and(|list| !list.is_empty()));
}

impl Ended {
    fn completed_demo(&self) -> Value {
        let last = self.lines().pop().unwrap();
        assert_eq!(last["type"], "demo.completed");
        last
    }
}

#[test]
fn a_price_in_the_users_catalogue_changes_the_table_and_the_words_under_it() {
    let desk = Desk::new();
    let usual = table(tiny());
    // The sidekick works for nothing.
    let prices = "models:\n  anthropic/claude-haiku-5-5:\n    prices: {input: 0, output: 0, cache_read: 0, cache_write_short: 0}\n";
    let models = desk.aside("prices.yaml", prices);
    let out = desk.base().join("out").display().to_string();
    let ended = desk.agent(&["demo", "--json", "--scenario", "tiny", "--out", &out, "--models", &models]).exits(0);
    let changed = ended.completed_demo();
    let cost = |table: &Value, play: &str, agent: usize| table[play]["agents"][agent]["usd"].as_f64().unwrap();
    assert_eq!(changed["team"]["agents"][1]["id"], "sidekick");
    assert!(cost(&usual, "team", 1) > 0.0);
    assert_eq!(cost(&changed, "team", 1), 0.0, "the sidekick is free now");
    assert!((cost(&changed, "team", 0) - cost(&usual, "team", 0)).abs() < 0.2 * cost(&usual, "team", 0));
    assert!(changed["saving"].as_f64().unwrap() > usual["saving"].as_f64().unwrap());
}

#[test]
fn the_plain_demo_shows_the_table_what_is_real_and_where_the_diff_is() {
    let desk = Desk::new();
    // The user's own file, where it is always found.
    put_models(&desk, "models:\n  anthropic/claude-opus-5-5:\n    prices: {output: 999}\n");
    let ended = desk.agent(&["demo", "--scenario", "tiny"]).exits(0);
    let words = [
        "uncached",
        "cache read",
        "cache write",
        "output",
        "hit rate",
        "wall",
        "main",
        "sidekick",
        "solo",
        "LOST money",
        "played by a script",
        "real list prices",
    ];
    for word in words {
        assert!(ended.out.contains(word), "`{word}` is missing in\n{}", ended.out);
    }
    let diff = ended.out.lines().find_map(|line| line.strip_prefix("Diff: ")).expect("the path of the diff");
    let text = std::fs::read_to_string(diff).unwrap();
    assert!(text.contains("-const EVENING: u32 = 18;") && text.contains("+const EVENING: u32 = 17;"), "{text}");
    let dear = |line: &str| line.contains("= solo") && line.contains('$') && !line.contains("$0.0");
    assert!(ended.out.lines().any(dear), "output at 999 dollars a million shows in the table:\n{}", ended.out);
}

fn put_models(desk: &Desk, text: &str) {
    std::fs::create_dir_all(desk.home.join("config")).unwrap();
    std::fs::write(desk.home.join("config/models.yaml"), text).unwrap();
}

#[test]
fn a_demo_does_not_write_into_a_folder_that_holds_something() {
    let desk = Desk::new();
    let out = desk.base().join("taken");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("precious.txt"), "mine").unwrap();
    desk.agent(&["demo", "--out", &out.display().to_string()]).exits(2).says(&["is not empty"]);
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
}
