//! What is saved so far, for a status line.

use protocol::event::{EventBody, SessionStatus};

use crate::stage::{SOLO, Stage, TALKER, TEAM, turn};

const DELEGATES: &str = "  - id: north
    when: {system_contains: \"You are `north`\"}
    otherwise:
      calls: [{tool: report, args: {status: complete, summary: done, evidence: [{at: \"README.md:1\"}]}}]
  - id: main
    when: {has_tool: delegate}
    steps:
      - calls: [{tool: delegate, args: {agent: north, objective: Look around., explore: true}}]
    otherwise: {say: Good.}
";

#[tokio::test]
async fn the_saving_so_far_is_the_one_that_the_session_ends_with() {
    let stage = Stage::set(TEAM, DELEGATES).await;
    let session = stage.open();
    assert_eq!(session.baseline().unwrap(), None, "nothing happened yet");
    turn(&session, "What is here?").await;
    let so_far = session.baseline().unwrap().expect("a specialist worked");
    assert!(so_far.usd.is_some() && so_far.saving.is_some());
    let EventBody::SessionCompleted { baseline, .. } = session.complete(SessionStatus::Answered).await.unwrap() else {
        panic!("another event");
    };
    assert_eq!(baseline, Some(so_far));
}

#[tokio::test]
async fn who_works_alone_saves_nothing() {
    let stage = Stage::set(SOLO, TALKER).await;
    let session = stage.open();
    turn(&session, "Hello.").await;
    assert_eq!(session.baseline().unwrap(), None);
}
