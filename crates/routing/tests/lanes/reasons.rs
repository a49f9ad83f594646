//! Kinds of tasks, and the rules that come after the score.

use protocol::{Learned, Signals, TaskType};
use routing::{Ask, Label, Policy, decide};

use crate::{DOCSTRING, load, route, texts};

fn kind(task: &str) -> TaskType {
    route(&Policy::builtin(), task, Signals::default()).task_type
}

#[test]
fn kinds_are_known_by_words_that_people_use() {
    use TaskType as Kind;
    for (task, expected) in [
        ("List the public functions of the parser", Kind::Navigation),
        ("Explain how the cache works", Kind::Navigation),
        ("What does src/run.rs do?", Kind::Navigation),
        ("Find all uses of parse_header", Kind::Search),
        ("Where is the retry limit set?", Kind::Search),
        ("Add a docstring to parse", Kind::Docstring),
        ("Document the public API", Kind::Docstring),
        ("Fix typos in README.md", Kind::Docstring),
        ("Rename Foo to Bar", Kind::Reformat),
        ("Run the formatter over src", Kind::Reformat),
        ("Fix the clippy warnings", Kind::Reformat),
        ("Write unit tests for the tokenizer", Kind::Tests),
        ("Add a regression test", Kind::Tests),
        ("Fix the crash when the file is empty", Kind::BugFix),
        ("The login page shows an error in Safari", Kind::BugFix),
        ("Tests are failing on main", Kind::BugFix),
        ("Make the parser accept trailing commas", Kind::Unknown),
        ("Implement pagination for /users", Kind::Feature),
        ("Add support for YAML", Kind::Feature),
        ("Review the diff of this branch", Kind::Review),
        ("Design a plugin system", Kind::Architecture),
        ("Which approach should we take for sharding?", Kind::Architecture),
        ("Refactor the session module", Kind::Refactor),
        ("Migrate from requests to httpx", Kind::Refactor),
        ("Find an algorithm for bin packing", Kind::Algorithm),
        ("", Kind::Unknown),
        ("42", Kind::Unknown),
    ] {
        assert_eq!(kind(task), expected, "{task}");
    }
}

#[test]
fn a_simple_task_names_what_chose_its_lane() {
    let fast = route(&Policy::builtin(), DOCSTRING, Signals { files: 2, ..Signals::default() });
    assert_eq!((fast.lane.as_str(), fast.score), ("fast", 2));
    assert_eq!(fast.reasons, ["task_type:docstring", "score:2"]);
    let unknown = route(&Policy::builtin(), "Hm.", Signals::default());
    assert_eq!((unknown.lane.as_str(), unknown.task_type), ("strong", TaskType::Unknown));
    assert_eq!(unknown.reasons, ["task_type:unknown", "score:0"]);
}

/// A workspace in which much lies changed, some of it at risk.
fn dirty() -> Signals {
    Signals { files: 9, auth_code: true, new_code: true, paths: texts(&["auth"]), ..Signals::default() }
}

#[test]
fn a_task_that_only_reads_is_not_scored_by_what_lies_changed_in_the_workspace() {
    let policy = Policy::builtin();
    for task in ["Explain how the cache works.", "Find all uses of parse_header", "Where is the retry limit set?"] {
        let route = route(&policy, task, dirty());
        assert_eq!((route.lane.as_str(), route.score), ("fast", 0), "{task}: {:?}", route.reasons);
        assert_eq!(route.reasons[0], "reads_only");
        assert_eq!(route.signals, dirty(), "what was seen is written down all the same");
    }
    assert!(!route(&policy, "Explain the cache.", Signals::default()).reasons.contains(&"reads_only".to_owned()));
}

#[test]
fn what_lies_changed_still_counts_for_a_task_that_changes_something_and_for_what_a_hint_or_a_failure_says() {
    let policy = Policy::builtin();
    for task in [DOCSTRING, "Explain the cache. Then fix the crash in it.", "Should we fix the crash?"] {
        let route = route(&policy, task, dirty());
        assert_eq!(route.lane, "strong", "{task}");
        assert!(!route.reasons.contains(&"reads_only".to_owned()), "{task}: {:?}", route.reasons);
    }
    let look = "Explain how the cache works.";
    let hints = routing::Hints::read(&[("files", "9")]);
    let ask = Ask { task: look, signals: dirty(), hints, ..Ask::default() };
    let hinted = decide(&policy, &ask);
    assert_eq!((hinted.lane.as_str(), hinted.score), ("strong", 8), "a person claims it: {:?}", hinted.reasons);
    let failed = Signals { failures: 4, files: 2, ..Signals::default() };
    assert_eq!(route(&policy, look, failed).score, 6);
    let down = Signals { production_incident: true, ..Signals::default() };
    assert_eq!(route(&policy, look, down).lane, "strong");
    assert_eq!(lane_of(&policy, "Explain src/auth/login.rs."), "strong", "a file that the task names raises");
}

fn lane_of(policy: &Policy, task: &str) -> String {
    route(policy, task, dirty()).lane
}

fn say(lane: &str, confidence: f64) -> Learned {
    Learned { version: 3, lane: lane.to_owned(), success: [].into(), confidence, propensity: 1.0, shadow: false }
}

#[test]
fn what_was_learned_has_a_say_only_when_it_is_on_and_sure() {
    let on = load("learned: {mode: on}\n");
    let lane = |policy: &Policy, task: &str, learned: &Learned| {
        decide(policy, &Ask { task, learned: Some(learned), ..Ask::default() })
    };
    assert_eq!(lane(&on, "Fix the crash.", &say("fast", 0.95)).lane, "fast");
    assert_eq!(
        lane(&on, "Fix the crash.", &say("fast", 0.97)).reasons,
        ["task_type:bug_fix", "score:0", "learned:0.97"]
    );
    assert_eq!(lane(&on, "Fix the crash.", &say("fast", 0.949)).lane, "strong");
    assert_eq!(lane(&on, DOCSTRING, &say("strong", 0.99)).lane, "strong", "it may raise as well");
    for unsure in [f64::NAN, f64::INFINITY, -1.0] {
        assert_eq!(lane(&on, "Fix the crash.", &say("fast", unsure)).lane, "strong");
    }
    assert_eq!(lane(&on, "Fix the crash.", &say("no-such-lane", 1.0)).lane, "strong");
    let shadow = lane(&Policy::builtin(), "Fix the crash.", &say("fast", 0.99));
    assert_eq!(shadow.lane, "strong");
    assert_eq!(shadow.learned.unwrap().lane, "fast", "it is written down all the same");
    assert_eq!(lane(&on, "Fix the crash.", &Learned { shadow: true, ..say("fast", 0.99) }).lane, "strong");
}

#[test]
fn what_was_learned_never_lowers_what_a_condition_a_path_a_hint_or_a_text_raised() {
    let on = load("learned: {mode: on}\n");
    let sure = say("fast", 0.99);
    let lane = |ask: Ask<'_>| decide(&on, &Ask { learned: Some(&sure), ..ask }).lane;
    let signals = |signals: Signals| Ask { task: DOCSTRING, signals, ..Ask::default() };
    assert_eq!(lane(signals(Signals { production_incident: true, ..Signals::default() })), "strong");
    assert_eq!(lane(signals(Signals { paths: texts(&["ci"]), ..Signals::default() })), "strong");
    assert_eq!(lane(signals(Signals { files: 8, ..Signals::default() })), "fast", "the score it may");
    let hints = routing::Hints::read(&[("lane", "strong")]);
    assert_eq!(lane(Ask { task: DOCSTRING, hints, ..Ask::default() }), "strong");
    assert_eq!(lane(Ask { task: "Add a docstring. And look at deploy/prod.yaml.", ..Ask::default() }), "strong");
    assert_eq!(lane(Ask { task: DOCSTRING, sticky: Some("strong"), ..Ask::default() }), "strong");
}

#[test]
fn a_session_stays_in_its_strongest_lane_unless_the_policy_says_otherwise() {
    let ask = |sticky: &'static str| Ask { task: DOCSTRING, sticky: Some(sticky), ..Ask::default() };
    let route = decide(&Policy::builtin(), &ask("strong"));
    assert_eq!(route.lane, "strong");
    assert_eq!(route.reasons, ["task_type:docstring", "score:0", "sticky:strong"]);
    assert_eq!(decide(&Policy::builtin(), &ask("fast")).reasons, ["task_type:docstring", "score:0"]);
    assert_eq!(decide(&load("routing: {stickiness: off}\n"), &ask("strong")).lane, "fast");
    assert_eq!(decide(&Policy::builtin(), &ask("gone")).lane, "fast");
}

#[test]
fn p38_the_commands_that_check_come_from_the_team_and_the_policy_and_from_nowhere_else() {
    let policy = load(
        "verification:\n  - {paths: [\"src/**\"], run: [cargo test, cargo clippy]}\n  - {paths: [docs/], run: [mdbook test]}\n",
    );
    let (given, paths) = (texts(&["cargo fmt --check", "cargo test"]), texts(&["src/a/b.rs"]));
    let task = "Add a docstring. verification: `true`. Run `exit 0` as the check of docs/a.md.";
    let route = decide(&policy, &Ask { task, checks: &given, paths: &paths, ..Ask::default() });
    assert_eq!(route.verification, ["cargo fmt --check", "cargo test", "cargo clippy"]);
    assert_eq!(policy.checks_for(&[], &texts(&["docs/x.md"])), ["mdbook test"]);
    assert!(policy.checks_for(&[], &[]).is_empty());
}

#[test]
fn a_decision_takes_far_less_than_a_millisecond_of_work() {
    // Not a clock: the work is bounded however long the text is.
    let policy = Policy::builtin();
    let long = format!("Add a docstring. {}", "refactor the auth/login.rs file ".repeat(100_000));
    let route = decide(&policy, &Ask { task: &long, classifier: Some(Label::High), ..Ask::default() });
    assert_eq!(route.lane, "strong");
    assert_eq!(route.classifier.as_deref(), Some("high"));
}
