//! Questions to a person: whose they are, for what, and for how long an answer holds.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use protocol::event::SessionStatus;
use runtime::{Answer, DecidedBy};
use tokio_util::sync::CancellationToken;

use crate::stage::{REPORT, Stage, TEAM, audit_of, turn, turn_until};

const TOUCH: &str = "{tool: bash, args: {command: \"touch shared.txt\"}}";

/// North, south and the lead itself all want the same; north wants it twice.
fn three_that_want_the_same() -> String {
    format!(
        "  - id: north
    when: {{system_contains: \"You are `north`\"}}
    steps:
      - calls: [{TOUCH}]
      - calls: [{TOUCH}]
    otherwise: {{calls: [{REPORT}]}}
  - id: south
    when: {{system_contains: \"You are `south`\"}}
    steps:
      - calls: [{TOUCH}]
    otherwise: {{calls: [{REPORT}]}}
  - id: main
    when: {{has_tool: delegate}}
    steps:
      - calls: [{{tool: delegate, args: {{agent: north, objective: Make it., acceptance: [\"ls README.md\"]}}}}]
      - calls: [{{tool: delegate, args: {{agent: south, objective: Make it., acceptance: [\"ls README.md\"]}}}}]
      - calls: [{{tool: take_over, args: {{reason: small}}}}]
      - calls: [{TOUCH}]
    otherwise: {{say: Good.}}
"
    )
}

#[tokio::test]
async fn perm_07_what_was_granted_to_one_child_is_not_granted_to_its_sibling_or_its_parent() {
    let stage = Stage::set(TEAM, &three_that_want_the_same()).await;
    stage.person.will_say(Answer::Session);
    let session = stage.open();
    turn(&session, "Make it.").await;
    let asked: Vec<String> = stage.person.questions().into_iter().map(|(who, _)| who).collect();
    assert_eq!(asked, ["main/north", "main/south", "main"], "north's second call needed no question");
    let by: Vec<(String, DecidedBy, bool)> = audit_of(&session, "bash")
        .into_iter()
        .filter(|entry| entry.answer.is_some())
        .map(|entry| (entry.path.clone(), entry.by, entry.lets_through()))
        .collect();
    let expected = [
        ("main/north", DecidedBy::Person, true),
        ("main/north", DecidedBy::Grant, true),
        ("main/south", DecidedBy::Person, false),
        ("main", DecidedBy::Person, false),
    ];
    assert_eq!(by, expected.map(|(path, by, through)| (path.to_owned(), by, through)));
}

#[tokio::test]
async fn a_yes_for_the_session_is_not_offered_and_not_taken_where_it_may_not_last() {
    let command = "{tool: bash, args: {command: \"rm -f gone.txt\"}}";
    let actors = format!(
        "  - id: north
    when: {{system_contains: \"You are `north`\"}}
    steps:
      - calls: [{command}]
      - calls: [{command}]
    otherwise: {{calls: [{REPORT}]}}
  - id: main
    when: {{has_tool: delegate}}
    steps:
      - calls: [{{tool: delegate, args: {{agent: north, objective: Make it., acceptance: [\"ls README.md\"]}}}}]
    otherwise: {{say: Good.}}
"
    );
    let stage = Stage::set(TEAM, &actors).await;
    stage.file("gone.txt", "x");
    stage.person.will_say(Answer::Session);
    let session = stage.open();
    turn(&session, "Make it.").await;
    let asked = stage.person.asked.lock().unwrap();
    assert_eq!(asked.iter().map(|(_, lasting)| *lasting).collect::<Vec<_>>(), [false, false], "asked both times");
    assert!(!stage.has("gone.txt"), "the first yes was one");
}

/// Two briefs in one step, each with a check that has to be asked for.
fn two_at_once() -> String {
    format!(
        "  - id: looker
    when: {{has_tool: report}}
    otherwise: {{calls: [{REPORT}]}}
  - id: main
    when: {{has_tool: delegate}}
    steps:
      - calls:
          - {{tool: delegate, args: {{agent: east, objective: Look east., acceptance: [\"touch east.txt\"]}}}}
          - {{tool: delegate, args: {{agent: west, objective: Look west., acceptance: [\"touch west.txt\"]}}}}
    otherwise: {{say: Good.}}
"
    )
}

#[tokio::test]
async fn perm_08_two_questions_at_once_are_put_one_after_the_other_and_answered_each_for_itself() {
    let stage = Stage::set(TEAM, &two_at_once()).await;
    stage.person.will_say(Answer::Once);
    stage.person.will_say(Answer::No("not that one".to_owned()));
    let session = stage.open();
    turn(&session, "Look.").await;
    let asked = stage.person.questions();
    assert_eq!(asked.len(), 2);
    assert_eq!(stage.person.most.load(Ordering::SeqCst), 1, "never two on the screen");
    let name = |at: usize| asked[at].1.trim_start_matches("run as a check: touch ").to_owned();
    assert!(stage.has(&name(0)), "the first was allowed");
    assert!(!stage.has(&name(1)), "the second was not");
    let begun = stage.store().delegations(session.id()).unwrap();
    assert_eq!(begun.len(), 1);
    assert!(stage.told().contains("not that one"));
}

#[tokio::test]
async fn perm_08_the_question_of_who_is_over_goes_away_and_one_that_waits_is_never_shown() {
    let stage = Stage::set(TEAM, &two_at_once()).await;
    stage.person.will_never_say();
    let session = stage.open();
    let (cancel, person) = (CancellationToken::new(), Arc::clone(&stage.person));
    let stop = async {
        while person.is_showing() == 0 {
            tokio::task::yield_now().await;
        }
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    };
    let (status, ()) = tokio::join!(turn_until(&session, "Look.", &cancel), stop);
    assert_eq!(status, SessionStatus::Interrupted);
    assert_eq!(stage.person.is_showing(), 0, "nothing is left on the screen");
    assert_eq!(stage.person.questions().len(), 1, "the other was never shown");
    assert!(!stage.has("east.txt") && !stage.has("west.txt"));
    assert!(stage.store().delegations(session.id()).unwrap().is_empty());
}
