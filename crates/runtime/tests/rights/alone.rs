//! Where nobody is there to say yes.

use std::sync::atomic::Ordering;

use protocol::event::{EventBody, SessionStatus};

use crate::stage::{REPORT, SOLO, Stage, TEAM, turn};

fn touches(count: usize) -> String {
    (0..count).map(|at| format!("      - calls: [{{tool: bash, args: {{command: \"touch {at}.txt\"}}}}]\n")).collect()
}

fn solo(steps: &str) -> String {
    format!("  - id: solo\n    when: {{any: true}}\n    steps:\n{steps}    otherwise: {{say: I could not.}}\n")
}

#[tokio::test]
async fn five_refusals_in_a_row_end_a_run_that_nobody_watches() {
    let stage = Stage::set(SOLO, &solo(&touches(9))).await;
    stage.person.away.store(true, Ordering::SeqCst);
    let session = stage.open();
    let status = turn(&session, "Try.").await;
    assert_eq!((status, status.exit_code()), (SessionStatus::Blocked, 5));
    let refused = session.audit().unwrap().iter().filter(|entry| entry.answer.is_some()).count();
    assert_eq!(refused, 5);
    let told = stage.told();
    assert!(told.contains("[3 calls in a row and 3 in all were not allowed"), "the model is told before: {told}");
    assert!(!told.contains("[2 calls in a row"), "and not at once");
    let events = stage.person.events.lock().unwrap();
    let error = events.iter().find_map(|event| match event {
        EventBody::Error { code, message, .. } if code == "blocked" => Some(message.clone()),
        _ => None,
    });
    assert!(error.unwrap().contains("5 calls in a row were not allowed"));
}

#[tokio::test]
async fn what_is_allowed_in_between_begins_the_row_anew_but_twenty_are_enough() {
    let read = "      - calls: [{tool: read, args: {files: [{path: README.md}]}}]\n";
    let steps: String = (0..12).map(|_| format!("{}{read}", touches(2))).collect();
    // The same calls again and again would be another reason to stop.
    let steps: String = steps
        .lines()
        .enumerate()
        .map(|(at, line)| line.replace("touch ", &format!("touch n{at}-")).replace("README", &format!("r{at}")) + "\n")
        .collect();
    let stage = Stage::set(SOLO, &solo(&steps)).await;
    (0..40).for_each(|at| stage.file(&format!("r{at}.md"), &format!("{at}\n")));
    stage.person.away.store(true, Ordering::SeqCst);
    let session = stage.open();
    assert_eq!(turn(&session, "Try.").await, SessionStatus::Blocked);
    let refused = session.audit().unwrap().iter().filter(|entry| entry.answer.is_some()).count();
    assert_eq!(refused, 20);
    assert!(stage.told().contains("19 in all were not allowed"));
}

#[tokio::test]
async fn the_refusals_of_a_child_end_the_run_too() {
    let actors = format!(
        "  - id: north
    when: {{system_contains: \"You are `north`\"}}
    steps:
{}    otherwise: {{calls: [{REPORT}]}}
  - id: main
    when: {{has_tool: delegate}}
    steps:
      - calls: [{{tool: delegate, args: {{agent: north, objective: Make it., acceptance: [\"ls README.md\"]}}}}]
    otherwise: {{say: Good.}}
",
        touches(9)
    );
    let stage = Stage::set(TEAM, &actors).await;
    stage.person.away.store(true, Ordering::SeqCst);
    let session = stage.open();
    assert_eq!(turn(&session, "Try.").await, SessionStatus::Blocked);
    assert!(!stage.told().contains("Good."));
}

#[tokio::test]
async fn a_person_who_says_no_five_times_is_not_left_alone() {
    let stage = Stage::set(SOLO, &solo(&touches(7))).await;
    let session = stage.open();
    assert_eq!(turn(&session, "Try.").await, SessionStatus::Answered);
    assert_eq!(stage.person.questions().len(), 7);
}
