//! Plan mode: nothing but reading by grant, and every change of the mode is told at the end, once.

use protocol::AgentId;
use runtime::Session;
use simulator::RequestRecord;
use tools::ApprovalMode;

use crate::stage::{SOLO, SUMMARY, Stage, TALKER, TEAM, assert_append_only, never, text, turn};

/// How often the last request tells a mode.
fn told(stage: &Stage, mode: &str) -> usize {
    stage.times(&format!("<mode now=\"{mode}\">"))
}

fn audit(session: &Session, tool: &str) -> Vec<bool> {
    let all = session.audit().unwrap().into_iter().filter(|entry| entry.tool == tool);
    all.map(|entry| entry.lets_through()).collect()
}

#[tokio::test]
async fn a_change_of_the_mode_is_told_at_the_next_step_and_not_again() {
    let stage = Stage::set(SOLO, TALKER).await;
    let session = stage.open();
    turn(&session, "Hello.").await;
    assert_eq!(stage.times("<mode"), 0, "nothing changed");
    session.set_approval_mode(ApprovalMode::Deny);
    turn(&session, "Plan it.").await;
    turn(&session, "And?").await;
    assert_eq!((told(&stage, "plan"), stage.times("<mode")), (1, 1));
    assert!(stage.last().request.system.iter().all(|block| !block.contains("<mode")), "never in the prefix");
    session.set_approval_mode(ApprovalMode::Auto);
    turn(&session, "Do it.").await;
    turn(&session, "And?").await;
    assert_eq!((told(&stage, "plan"), told(&stage, "auto")), (1, 1));
    assert!(text(&stage.last()).contains("Reading only is over"));
    session.set_approval_mode(ApprovalMode::Ask);
    session.set_approval_mode(ApprovalMode::Auto);
    turn(&session, "And?").await;
    assert_eq!(stage.times("<mode"), 2, "there and back is no change");
    session.set_approval_mode(ApprovalMode::Ask);
    turn(&session, "And?").await;
    assert_eq!(told(&stage, "ask"), 1);
    assert_append_only(&stage.requests());
}

#[tokio::test]
async fn whoever_begins_in_another_mode_than_the_program_did_is_told_only_of_plan() {
    let stage = Stage::set(SOLO, TALKER).await;
    let session = stage.open();
    session.set_approval_mode(ApprovalMode::Ask);
    turn(&session, "Hello.").await;
    assert_eq!(stage.times("<mode"), 0, "it knows of no other");
    let session = stage.open();
    session.set_approval_mode(ApprovalMode::Deny);
    turn(&session, "Hello.").await;
    assert_eq!(told(&stage, "plan"), 1);
}

#[tokio::test]
async fn a_session_that_begins_in_plan_mode_is_told_so_before_its_first_step() {
    let mut stage = Stage::set(SOLO, TALKER).await;
    stage.mode = ApprovalMode::Deny;
    let session = stage.open();
    turn(&session, "Do it.").await;
    assert_eq!((told(&stage, "plan"), stage.times("<mode")), (1, 1));
    assert!(stage.last().request.system.iter().all(|block| !block.contains("<mode")), "never in the prefix");
    turn(&session, "And?").await;
    assert_eq!(stage.times("<mode"), 1, "once");
    session.set_approval_mode(ApprovalMode::Auto);
    turn(&session, "Now do it.").await;
    assert_eq!((told(&stage, "auto"), stage.times("<mode")), (1, 2));
    assert!(text(&stage.last()).contains("Reading only is over"));
    assert_append_only(&stage.requests());
}

const ALL_HANDS: &str = "  - id: solo
    when: {any: true}
    count: turn
    steps:
      - calls:
          - {tool: write, args: {path: made.txt, content: x}}
          - {tool: bash, args: {command: \"touch made.txt\"}}
          - {tool: bash, args: {command: \"touch made.txt\", background: true}}
          - {tool: git_commit, args: {message: all, paths: [README.md]}}
          - {tool: verify, args: {}}
          - {tool: bash, args: {command: \"cat README.md\"}}
    otherwise: {say: This is the plan.}
";

#[tokio::test]
async fn nothing_but_reading_is_done_whatever_is_tried() {
    let team = format!("verify:\n  - {{name: test, command: \"touch made.txt\"}}\n{SOLO}");
    let stage = Stage::set(&team, ALL_HANDS).await;
    stage.repository();
    let session = stage.open();
    session.set_approval_mode(ApprovalMode::Deny);
    turn(&session, "Plan it.").await;
    assert!(!stage.has("made.txt"));
    let told = text(&stage.last());
    assert!(told.contains("A shop."), "reading goes on: {told}");
    assert!(audit(&session, "write").iter().all(|through| !through));
    assert_eq!(audit(&session, "check"), [false], "not even the team's own checks: {:?}", session.audit());
    assert_eq!(audit(&session, "git_commit").last(), Some(&false));
    assert_eq!(stage.log(), ["one"], "nothing was committed");
}

const SENDS: &str = "  - id: north
    when: {system_contains: \"You are `north`\"}
    steps:
      - calls: [{tool: write, args: {path: made.txt, content: x}}, {tool: bash, args: {command: \"touch made.txt\"}}]
      - calls: [{tool: read, args: {files: [{path: README.md}]}}]
    otherwise:
      calls: [{tool: report, args: {status: partial, summary: a plan, evidence: [{at: \"README.md:1\"}]}}]
  - id: main
    when: {has_tool: delegate}
    count: turn
    steps:
      - calls: [{tool: delegate, args: {agent: north, objective: Make it., acceptance: [\"ls README.md\"]}}]
      - calls: [{tool: take_over, args: {reason: I want to}}]
      - calls: [{tool: write, args: {path: made.txt, content: x}}]
    otherwise: {say: This is the plan.}
";

#[tokio::test]
async fn who_is_sent_in_plan_mode_can_only_read_and_is_told_so() {
    let stage = Stage::set(TEAM, SENDS).await;
    let session = stage.open();
    session.set_approval_mode(ApprovalMode::Deny);
    turn(&session, "Plan it.").await;
    assert!(!stage.has("made.txt"));
    let requests = stage.requests();
    let is_norths = |record: &&RequestRecord| record.request.system.join("").contains("You are `north`");
    let north: Vec<&RequestRecord> = requests.iter().filter(is_norths).collect();
    assert_eq!(north.len(), 3);
    assert!(text(north[0]).contains("<mode now=\"plan\">"), "before its first step");
    assert_eq!(text(north[2]).matches("<mode").count(), 1);
    assert!(text(north[2]).contains("this session only reads") && text(north[2]).contains("A shop."));
    assert!(!text(north[2]).contains("delegate to"), "it has nobody to send");
    let told = text(&stage.last());
    assert_eq!(
        told.matches("the user switched this session to reading only").count(),
        2,
        "hands and take-over: {told}"
    );
    assert!(told.contains("hand over exploration only"));
    assert!(!told.contains("are open to you until"), "no take-over");
}

#[tokio::test]
async fn a_resume_begins_in_the_mode_that_it_is_given_and_says_that_plan_is_over() {
    let stage = Stage::set(SOLO, TALKER).await;
    let session = stage.open();
    turn(&session, "Hello.").await;
    session.set_approval_mode(ApprovalMode::Deny);
    turn(&session, "Plan it.").await;
    let id = session.id().clone();
    drop(session);
    let session = stage.resume(&id);
    assert_eq!(session.approval_mode(), ApprovalMode::Auto);
    turn(&session, "Do it.").await;
    assert_eq!((told(&stage, "plan"), told(&stage, "auto")), (1, 1));
    drop(session);
    let session = stage.resume(&id);
    turn(&session, "And?").await;
    assert_eq!(stage.times("<mode"), 2, "not told again");
    drop(session);
    // A session that goes on in plan mode is told so, although nobody switched in this run of the program.
    let mut stage = stage;
    stage.mode = ApprovalMode::Deny;
    let session = stage.resume(&id);
    turn(&session, "Plan the rest.").await;
    assert_eq!(told(&stage, "plan"), 2);
    assert_append_only(&stage.requests());
}

#[tokio::test]
async fn a_window_that_opens_in_plan_mode_is_told_of_it_anew() {
    let walker = "  - id: walker
    when: {has_tool: read}
    count: turn
    steps:
      - calls: [{tool: read, args: {files: [{path: long.txt}]}}]
    otherwise: {say: Seen.}
";
    let stage = Stage::set(SOLO, &format!("{SUMMARY}{walker}")).await;
    stage.file("long.txt", "a line of the long file, which says little\n".repeat(1_500));
    let session = stage.open();
    session.set_approval_mode(ApprovalMode::Deny);
    for _ in 0..4 {
        turn(&session, "Read it.").await;
    }
    let closed = session.compact(&AgentId::from("solo"), None, &never()).await.unwrap();
    assert!(closed.contains("window 2"), "{closed}");
    turn(&session, "Go on.").await;
    turn(&session, "And?").await;
    let last = stage.last();
    let fragments = last.request.messages.iter().filter(|message| {
        matches!(message.blocks.first(), Some(protocol::Block::Text { text }) if text.starts_with("<mode now=\"plan\">"))
    });
    assert_eq!(fragments.count(), 1);
}
