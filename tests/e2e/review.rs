//! `agent review`: what is printed, what it ends with, and what is left in the books.

use serde_json::Value;

use crate::support::{Desk, Ended, Sim};

/// A reviewer that says this.
fn reviewer(says: &str) -> Sim {
    Sim::play(&format!(
        "name: review\nactors:\n  - id: reviewer\n    when: {{system_contains: \"You review a change\"}}\n    otherwise: {{say: {}}}\n",
        Value::from(says)
    ))
}

const APPROVES: &str = r#"{"approve": true, "summary": "The answer is 42 now.", "findings": []}"#;
const OBJECTS: &str = r#"{"approve": false, "summary": "The answer is 42 now.", "findings": [
  {"severity": "high", "file": "src/lib.rs", "line": 2, "title": "not tested", "detail": "Nothing calls it."},
  {"severity": "low", "file": "src/none.rs", "line": 1, "title": "made up\u001b[2J", "detail": ""}]}"#;

fn changed() -> Desk {
    let desk = Desk::new();
    desk.file("src/lib.rs", "pub fn answer() -> u32 {\n    42\n}\n");
    desk.file("src/new.rs", "pub fn new() {}\n");
    desk
}

fn sessions(desk: &Desk) -> Vec<Value> {
    desk.agent(&["sessions", "list", "--json"]).exits(0).json()["sessions"].as_array().unwrap().clone()
}

fn printed(ended: &Ended, words: &[&str]) {
    for word in words {
        assert!(ended.out.contains(word), "`{word}` is missing in\n{}\n{}", ended.out, ended.err);
    }
}

#[test]
fn objections_are_printed_with_their_places_and_end_with_1() {
    let (desk, sim) = (changed(), reviewer(OBJECTS));
    let ended = desk.ask(&sim, &["review", "--task", "Make it 42."]).exits(1).says(&["session "]);
    printed(
        &ended,
        &[
            "**Objections**: the working tree against HEAD (2 files, by anthropic/",
            ", $0.",
            "1. **high** `src/lib.rs:2` not tested\n   Nothing calls it.\n",
            "2. **low** `src/none.rs:1` (there is no such place) made up",
        ],
    );
    assert!(!ended.out.contains('\u{1b}'), "what a model says steers no terminal");
    let asked = sim.requests().remove(0).request;
    let words = format!("{:?}", asked.messages);
    assert!(words.contains("# Task\\nMake it 42.") && words.contains("+pub fn new() {}"), "{words}");
    assert!(asked.tools.is_empty() && asked.system.len() == 1, "a clean context");
    let sessions = sessions(&desk);
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0]["title"], "review of the working tree against HEAD");
    assert_eq!(sessions[0]["status"], "unverified");
    let id = sessions[0]["id"].as_str().unwrap();
    let steps = desk.agent(&["sessions", "show", id, "--json"]).exits(0).json()["steps"].clone();
    assert_eq!((steps.as_array().unwrap().len(), &steps[0]["purpose"]), (1, &Value::from("auxiliary")));
    assert!(steps[0]["usd"].as_f64().is_some_and(|usd| usd > 0.0), "{}", steps[0]);
}

#[test]
fn a_review_is_listed_and_does_not_take_the_place_of_the_last_session() {
    let (desk, sim) = (changed(), reviewer(APPROVES));
    let review = desk.ask(&sim, &["review", "--json"]).exits(0).json()["session"].as_str().unwrap().to_owned();
    for words in [&["sessions", "show"][..], &["sessions", "export", "-"], &["cost", "-"], &["why"]] {
        desk.agent(words).exits(2).says(&["there is no session in", "`agent sessions list`"]);
    }
    desk.agent(&["sessions", "show", &review]).exits(0);
    // One that was only opened and left is older than the review, and a session all the same.
    let chat = Sim::steps("- say: Hello.\n");
    desk.agent_with(&chat.variables(), &["chat", "--team", "solo"], "/quit\n").exits(0);
    desk.ask(&sim, &["review"]).exits(0);
    let shown = desk.agent(&["sessions", "show", "--json"]).exits(0).json()["session"].clone();
    let all = sessions(&desk);
    let of_chat = all.iter().find(|one| one["title"] == "").unwrap();
    assert_eq!((all.len(), &shown), (3, &of_chat["id"]));
}

#[test]
fn an_approval_ends_with_0_and_is_one_json_object_where_that_is_asked_for() {
    let (desk, sim) = (changed(), reviewer(APPROVES));
    let review = desk.ask(&sim, &["review", "HEAD", "--json"]).exits(0).json();
    assert_eq!(review["verdict"], "approved");
    assert_eq!(review["range"], "HEAD");
    assert_eq!(review["files"], serde_json::json!(["src/lib.rs", "src/new.rs"]));
    assert_eq!(review["summary"], "The answer is 42 now.");
    assert_eq!(review["session"], sessions(&desk)[0]["id"]);
    assert_eq!(sessions(&desk)[0]["status"], "answered");
}

#[test]
fn nothing_to_review_asks_nobody_and_leaves_no_session() {
    let (desk, sim) = (Desk::new(), reviewer(OBJECTS));
    let ended = desk.ask(&sim, &["review"]).exits(0);
    printed(&ended, &["**Nothing to review**: the working tree against HEAD"]);
    assert!(sim.requests().is_empty());
    assert!(sessions(&desk).is_empty());
}

#[test]
fn a_range_of_commits_is_reviewed_without_what_is_not_committed() {
    let (desk, sim) = (changed(), reviewer(APPROVES));
    desk.git(&["add", "src/lib.rs"]);
    desk.git(&["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "two"]);
    let review = desk.ask(&sim, &["review", "HEAD~1..HEAD", "--json"]).exits(0).json();
    assert_eq!(review["files"], serde_json::json!(["src/lib.rs"]));
}

#[test]
fn what_cannot_be_reviewed_is_a_mistake_of_usage() {
    let (desk, sim) = (changed(), reviewer(APPROVES));
    for (arguments, words) in [
        (&["review", "no-such-branch"][..], "range \"no-such-branch\" cannot be shown"),
        (&["review", "--", "--output=made.txt"], "holds a name that begins with `-`"),
        (&["review", "main HEAD"], "holds a blank"),
    ] {
        desk.ask(&sim, arguments).exits(2).says(&[words]);
    }
    assert!(!desk.root.join("made.txt").exists());
    std::fs::remove_dir_all(desk.root.join(".git")).unwrap();
    desk.ask(&sim, &["review"]).exits(2).says(&["is not in a git repository"]);
    assert!(sim.requests().is_empty());
    assert!(sessions(&desk).is_empty(), "nothing happened: nothing is kept");
}

#[test]
fn a_provider_that_is_not_there_ends_with_4() {
    let desk = changed();
    let sim = Sim::faulty("- {on: {every: 1}, kind: http_529, times: 99, retry_after_ms: 1}", "");
    desk.ask(&sim, &["review"]).exits(4).says(&["error: ", "hint: "]);
    assert_eq!(sessions(&desk)[0]["status"], "unavailable");
}

#[test]
fn the_policys_verifier_reviews_unless_the_command_line_names_a_model() {
    let (desk, sim) = (changed(), reviewer(APPROVES));
    let policy = desk.aside("policy.yaml", "version: 1\nverifier: {brain: anthropic/claude-haiku-5-5}\n");
    let by = |arguments: &[&str]| {
        let review = desk.ask(&sim, &[&["review", "--json", "--policy", &policy], arguments].concat()).exits(0).json();
        review["brain"].as_str().unwrap().to_owned()
    };
    assert_eq!(by(&[]), "anthropic/claude-haiku-5-5");
    assert_eq!(by(&["--model", "anthropic/claude-sonnet-5-5"]), "anthropic/claude-sonnet-5-5");
}
