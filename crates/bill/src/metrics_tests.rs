use protocol::Brief;

use super::*;
use crate::story::{HAIKU, OPUS, Story, tokens};

const READ: (&str, &str, &str) = ("read", r#"{"files": [{"path": "src/a.rs"}]}"#, "text");
const EDIT: (&str, &str, &str) = ("edit", r#"{"path": "src/a.rs", "edits": []}"#, "ok");

fn measured(story: &Story) -> Metrics {
    let (records, steps) = story.told();
    of(&records, &steps)
}

fn brief(objective: &str) -> Brief {
    Brief { objective: objective.to_owned(), acceptance: vec!["tests".to_owned()], ..Brief::default() }
}

/// A delegation of two steps that reads and edits a file.
fn delegated(story: &mut Story, id: &str, objective: &str) {
    story.step("main", tokens(1_000, 100, 10), &[("delegate", "{}", "report")]);
    story.delegate(id, "sidekick", brief(objective));
    story.step("sidekick", tokens(0, 500, 10), &[READ]);
    story.step("sidekick", tokens(500, 100, 10), &[EDIT]);
    story.close(id, true, true, &["src/a.rs"]);
}

fn begun() -> Story {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.window("sidekick", HAIKU, 0);
    story.user("go");
    story
}

#[test]
fn a_session_without_steps_measures_nothing() {
    assert_eq!(measured(&Story::new()), Metrics::default());
}

#[test]
fn the_first_handoff_and_the_exploration_before_it_are_mains() {
    let mut story = begun();
    story.step("main", tokens(0, 1_000, 10), &[READ, READ]);
    story.step("main", tokens(0, 1_000, 10), &[READ, EDIT]);
    story.step("main", tokens(0, 1_000, 10), &[("delegate", "{}", "error: no acceptance")]);
    delegated(&mut story, "d1", "rename it");
    story.step("main", tokens(0, 1_000, 10), &[]);
    let metrics = measured(&story);
    assert_eq!((metrics.main_steps, metrics.first_handoff_step), (5, Some(4)), "a refused brief is no handoff");
    assert_eq!(metrics.own_exploration_share, Some(0.2));
    assert_eq!((metrics.delegations, metrics.rounds_per_delegation), (1, Some(2.0)));
    assert_eq!((metrics.rereads, metrics.corrective_edits), (0, 0), "an edit before the handoff corrects nobody");
}

#[test]
fn reading_after_the_specialist_counts_edited_or_not() {
    let mut story = begun();
    delegated(&mut story, "d1", "rename it");
    story.step("main", tokens(0, 1_000, 10), &[READ]);
    assert_eq!(measured(&story).rereads, 1);
}

#[test]
fn mains_own_edits_and_follow_ups_on_the_same_files_are_corrections() {
    let mut story = begun();
    delegated(&mut story, "d1", "rename it");
    delegated(&mut story, "d2", "write the manual, not src/a.rs.bak");
    assert_eq!(measured(&story).corrective_edits, 0);
    delegated(&mut story, "d3", "In src/a.rs the old name is left.");
    assert_eq!(measured(&story).corrective_edits, 1);
    story.step("main", tokens(0, 1_000, 10), &[("take_over", "{}", "ok")]);
    story.step("main", tokens(0, 1_000, 10), &[EDIT, ("edit", "{}", "error: not found")]);
    assert_eq!(measured(&story).corrective_edits, 2);
    story.step("main", tokens(0, 1_000, 10), &[]);
    story.user("Now something else in that file.");
    delegated(&mut story, "d4", "add a test to src/a.rs");
    assert_eq!(measured(&story).corrective_edits, 2, "a new turn is new work");
}

#[test]
fn a_path_is_named_only_as_a_whole() {
    for text in ["see src/a.rs.", "(src/a.rs:12)", "./src/a.rs", "src/a.rs"] {
        assert!(names(text, "src/a.rs"), "{text}");
    }
    for text in ["lib/src/a.rs", "src/a.rs.bak", "src/a.rst", "nothing"] {
        assert!(!names(text, "src/a.rs"), "{text}");
    }
}
