//! What a run shows while it goes on: where the policy lets it have a say, one that looks like those that fail goes on in the next lane.

use store::Store;

use super::{FAST, MARKER, SMALL, STRONG, Stage, body, changes, holds, takes_over};

/// Lists folders, reads the whole of everything, fails at commands, edits the same place over and over, and tries nothing.
fn lost() -> String {
    let look = format!(
        "- say: {MARKER}, where am I.\n  calls: [{{tool: bash, args: {{command: ls src}}}}, {{tool: read, args: {{files: [{{path: src/lib.rs}}]}}}}]\n"
    );
    let fails = "- calls: [{tool: bash, args: {command: cat nowhere.rs}}, {tool: bash, args: {command: ls}}]\n";
    let edit = |from: u32| {
        let read = "{tool: read, args: {files: [{path: src/lib.rs}]}}";
        format!(
            "- calls: [{read}, {{tool: edit, args: {{path: src/lib.rs, edits: [{{old: \"{from}\", new: \"{}\"}}]}}}}]\n",
            from + 2
        )
    };
    let rounds: Vec<String> = (0..8).map(|round| format!("{fails}{}", edit(41 + 2 * round))).collect();
    format!("{look}{}", rounds.concat())
}

fn policy(stage: &Stage, mode: &str) -> String {
    // From so early on that the run is not over; how high the chance is belongs to the model's own tests.
    stage.policy(&format!("in_run: {{mode: {mode}, from: 0.5, until: 0.4, min_steps: 10}}\n"))
}

#[test]
fn a_run_that_shows_the_signs_of_failing_goes_on_in_the_strong_lane_before_it_is_over() {
    let stage = Stage::new(&lost(), &takes_over("4", "42 // "));
    let policy = policy(&stage, "on");
    let ended = stage.run(SMALL, &["--policy", &policy]).exits(0);
    assert_eq!(stage.rows(), ["fast 1 monitor", "strong 2 passed"], "{}", ended.err);
    let second = stage.attempts().pop().unwrap().attempt;
    assert_eq!(second.escalated_from, Some(("fast".to_owned(), "monitor".to_owned())));
    let fast = stage.models().iter().filter(|model| *model == FAST).count();
    assert!((5..17).contains(&fast), "in the middle of its way: {fast}");
    let first = &stage.asked("strong")[0];
    holds(first, &[SMALL, r#"reason=\"monitor\""#, "-    41"]);
    assert!(!body(first).contains(MARKER), "in a window of its own");
    ended.says(&["escalated:fast:monitor", "fails with probability"]);
    // What the fast lane did is not held against the strong one.
    assert_eq!(counts(&stage)["steps"].as_u64(), Some(3), "it took over, read and edited");
}

#[test]
fn in_the_shadow_the_same_run_is_forecast_and_goes_its_own_way() {
    let stage = Stage::new(&lost(), &takes_over("4", "42 // "));
    let policy = policy(&stage, "shadow");
    let ended = stage.run(SMALL, &["--policy", &policy]);
    let rows = stage.rows();
    assert!(rows[0].starts_with("fast 1 failed_tests"), "{rows:?}");
    assert!(rows.iter().all(|row| !row.contains("monitor")), "{rows:?}");
    let fast = stage.models().iter().filter(|model| *model == FAST).count();
    assert!(fast > 17, "it came to its end: {fast}");
    ended.says(&["fails with probability"]);
}

#[test]
fn a_run_that_goes_well_is_left_alone() {
    let stage = Stage::new(&changes("41", "42"), "");
    let policy = policy(&stage, "on");
    stage.run(SMALL, &["--policy", &policy]).exits(0);
    assert!(stage.models().iter().all(|model| model != STRONG));
}

/// What the program has stored of the last run of main.
fn counts(stage: &Stage) -> serde_json::Value {
    let store = Store::open(&stage.desk.home).unwrap();
    let session = stage.attempts()[0].attempt.session.clone();
    let note = store.last_note(&session, Some(&"main".into()), "in_run").unwrap().unwrap();
    serde_json::from_str::<serde_json::Value>(&note.json).unwrap()["features"].clone()
}

#[test]
fn each_call_of_a_real_run_is_the_kind_of_step_that_it_is_in_recorded_runs() {
    let steps = "- calls: [{tool: bash, args: {command: ls src}}]
- calls: [{tool: bash, args: {command: grep -rn answer src}}]
- calls: [{tool: read, args: {files: [{path: README.md}]}}]
- calls: [{tool: read, args: {files: [{path: README.md, offset: 1, limit: 2}]}}]
- calls: [{tool: bash, args: {command: cat nowhere.rs}}]
- calls: [{tool: bash, args: {command: sh check.sh}}]
- calls: [{tool: read, args: {files: [{path: src/lib.rs}]}}, {tool: edit, args: {path: src/lib.rs, edits: [{old: \"41\", new: \"42\"}]}}]
- calls: [{tool: bash, args: {command: sh check.sh}}]
- calls: [{tool: write, args: {path: tests/answer.rs, content: \"fn t() {}\"}}]
- calls: [{tool: git_status, args: {}}]
";
    let stage = Stage::new(steps, "");
    stage.run(SMALL, &[]).exits(0);
    let kinds = [
        "list",
        "search",
        "read_whole",
        "read_part",
        "failed",
        "check",
        "read_whole",
        "edit",
        "check",
        "write_test",
        "git",
    ];
    let shown = counts(&stage);
    let lately: Vec<&str> = shown["lately"].as_array().unwrap().iter().map(|kind| kind.as_str().unwrap()).collect();
    assert_eq!(lately, kinds[kinds.len() - lately.len()..]);
    assert_eq!(shown["steps"].as_u64(), Some(kinds.len() as u64), "{shown}");
}
