//! What is taken away holds for the next call of everybody who works.

use permissions::rights::{Folders, Names};
use protocol::event::SessionStatus;
use runtime::Answer;
use tools::ApprovalMode;

use crate::stage::{REPORT, Stage, TEAM, all_but, audit_of, turn};

/// The lead sends north, with checks that only read.
fn north(steps: &str) -> String {
    format!(
        "  - id: north
    when: {{system_contains: \"You are `north`\"}}
    count: turn
    steps:
{steps}
    otherwise:
      calls: [{REPORT}]
  - id: main
    when: {{has_tool: delegate}}
    count: turn
    steps:
      - calls: [{{tool: delegate, args: {{agent: north, objective: Make it., acceptance: [\"ls README.md\"]}}}}]
    otherwise: {{say: Good.}}
"
    )
}

#[tokio::test]
async fn perm_02_a_child_is_stopped_at_its_next_call_when_the_session_is_switched_to_reading() {
    let steps = "      - calls: [{tool: write, args: {path: before.txt, content: x}}]
      - calls: [{tool: bash, args: {command: \"touch asked.txt\"}}]
      - calls: [{tool: write, args: {path: after.txt, content: x}}]
      - calls: [{tool: bash, args: {command: \"touch later.txt\"}}]
      - calls: [{tool: read, args: {files: [{path: README.md}]}}]";
    let stage = Stage::set(TEAM, &north(steps)).await;
    // The person looks at the second call, switches to reading, and says yes out of habit.
    stage.person.will_do(|session| session.set_approval_mode(ApprovalMode::Deny), Answer::Once);
    let session = stage.open();
    turn(&session, "Make it.").await;
    assert!(stage.has("before.txt"));
    for name in ["asked.txt", "after.txt", "later.txt"] {
        assert!(!stage.has(name), "{name}");
    }
    assert_eq!(stage.person.questions(), [("main/north".to_owned(), "touch asked.txt".to_owned())]);
    let writes = audit_of(&session, "write");
    assert!(writes.last().is_some_and(|last| last.path == "main/north" && !last.lets_through()), "{writes:?}");
    assert!(audit_of(&session, "read").iter().any(|entry| entry.lets_through()), "reading goes on");
    let told = stage.told();
    assert!(told.contains("switched to reading only while this waited"), "{told}");
    assert!(told.contains("this session only reads"));
    let versions: std::collections::BTreeSet<String> =
        session.audit().unwrap().into_iter().map(|entry| entry.policy).collect();
    assert_eq!(versions.len(), 2, "before and after are told apart");
}

#[tokio::test]
async fn perm_02_a_tool_that_is_taken_away_is_gone_for_the_next_call_of_a_child() {
    let steps = "      - calls: [{tool: bash, args: {command: \"touch asked.txt\"}}]
      - calls: [{tool: bash, args: {command: \"ls\"}}]";
    let stage = Stage::set(TEAM, &north(steps)).await;
    let without = all_but(|rights| rights.tools = Names::only(["read", "report", "delegate"]));
    stage.person.will_do(move |session| session.restrict(&without).unwrap(), Answer::No("no".to_owned()));
    let session = stage.open();
    turn(&session, "Make it.").await;
    let bash = audit_of(&session, "bash");
    assert!(
        !bash.last().unwrap().lets_through() && bash.last().unwrap().because.contains("not open to you"),
        "{bash:?}"
    );
}

#[tokio::test]
async fn perm_03_a_role_that_says_more_than_its_session_allows_gets_the_less_and_the_person_is_told() {
    let steps = "      - calls: [{tool: write, args: {path: made.txt, content: x}}]
      - calls: [{tool: bash, args: {command: \"touch made.txt\"}}]";
    let mut stage = Stage::set(TEAM, &north(steps)).await;
    stage.mode = ApprovalMode::Deny;
    let session = stage.open();
    turn(&session, "Make it.").await;
    assert!(!stage.has("made.txt"));
    assert!(stage.person.questions().is_empty());
    let notices = stage.person.notices.lock().unwrap().join("\n");
    assert!(notices.contains("north: the team gives it more than this session allows now"), "{notices}");
    assert!(notices.contains("changing files") && notices.contains("commands that do more than read"), "{notices}");
}

#[test]
fn perm_03_a_team_file_cannot_give_an_agent_a_mode() {
    for line in ["approval: bypass", "mode: yolo", "sandbox: off", "permissions: {allow: [bash]}"] {
        let text = format!("version: 1\nagents:\n  - id: solo\n    {line}\n");
        let error = team::load(&text, "team.yaml", &team::LoadOptions::default()).unwrap_err().to_string();
        let key = line.split(':').next().unwrap();
        assert!(error.contains("team.yaml:4") && error.contains(key), "{error}");
    }
}

#[tokio::test]
async fn perm_04_what_was_taken_away_is_still_gone_when_the_session_is_resumed() {
    let steps = "      - calls: [{tool: write, args: {path: docs/one.md, content: x}}]
      - calls: [{tool: write, args: {path: docs/two.md, content: x}}]
      - calls: [{tool: write, args: {path: src/../docs/three.md, content: x}}]
      - calls: [{tool: write, args: {path: missing/../docs/four.md, content: x}}]
      - calls: [{tool: write, args: {path: src/link/five.md, content: x}}]
      - calls: [{tool: bash, args: {command: \"touch docs/six.md\"}}]
      - calls: [{tool: write, args: {path: src/seven.md, content: x}}]";
    let stage = Stage::set(TEAM, &north(steps)).await;
    stage.file("docs/zero.md", "x");
    stage.file("src/zero.md", "x");
    std::os::unix::fs::symlink("../docs", stage.path("src/link")).unwrap();
    let session = stage.open();
    let id = session.id().clone();
    let only = all_but(|rights| rights.write = Folders::beneath(stage.path("src")));
    session.restrict(&only).unwrap();
    drop(session);
    // Meanwhile somebody writes into the store that all is allowed.
    let everything = serde_json::to_string(&permissions::rights::Rights::all()).unwrap();
    let note =
        store::NoteRecord { agent: None, kind: "rights".to_owned(), json: everything, at: protocol::Timestamp(1) };
    stage.store().commit(&id, &[store::Write::Note(note)]).unwrap();
    let session = stage.resume(&id);
    turn(&session, "Make it.").await;
    for name in ["docs/one.md", "docs/two.md", "docs/three.md", "docs/four.md", "docs/five.md", "docs/six.md"] {
        assert!(!stage.has(name), "{name}");
    }
    assert!(stage.has("src/seven.md"), "what was left may still be used");
    assert!(stage.person.questions().is_empty(), "there is nothing to ask about");
    assert!(stage.told().contains("you may change files beneath"));
}

#[tokio::test]
async fn perm_04_a_restriction_that_was_spoiled_leaves_reading_only() {
    let stage = Stage::set(TEAM, &north("      - calls: [{tool: write, args: {path: a.md, content: x}}]")).await;
    let id = stage.open().id().clone();
    let note = store::NoteRecord {
        agent: None,
        kind: "rights".to_owned(),
        json: "{\"tools\":1}".to_owned(),
        at: protocol::Timestamp(1),
    };
    stage.store().commit(&id, &[store::Write::Note(note)]).unwrap();
    let session = stage.resume(&id);
    turn(&session, "Make it.").await;
    assert!(!stage.has("a.md"));
    assert!(stage.person.notices.lock().unwrap().iter().any(|notice| notice.contains("this session only reads")));
}

#[tokio::test]
async fn perm_05_beyond_depth_and_count_no_child_begins() {
    for (rights, words) in [
        (all_but(|rights| rights.depth = 0), "may not delegate any further"),
        (all_but(|rights| rights.tools = Names::only(["read"])), "`delegate` is not open to you"),
    ] {
        let stage = Stage::set(TEAM, &north("      - calls: [{tool: write, args: {path: a.md, content: x}}]")).await;
        let session = stage.open();
        session.restrict(&rights).unwrap();
        assert_eq!(turn(&session, "Make it.").await, SessionStatus::Answered);
        assert!(stage.store().delegations(session.id()).unwrap().is_empty(), "{words}");
        assert!(!stage.has("a.md"));
        assert!(stage.told().contains(words), "{words}\n{}", stage.told());
    }
}

#[tokio::test]
async fn perm_05_the_second_of_two_is_refused_where_one_is_allowed() {
    let actors = format!(
        "  - id: looker
    when: {{has_tool: report}}
    otherwise:
      calls: [{REPORT}]
  - id: main
    when: {{has_tool: delegate}}
    steps:
      - calls: [{{tool: delegate, args: {{agent: east, objective: Look., explore: true}}}}]
      - calls: [{{tool: delegate, args: {{agent: west, objective: Look., explore: true}}}}]
    otherwise: {{say: Good.}}
"
    );
    let stage = Stage::set(TEAM, &actors).await;
    let session = stage.open();
    session.restrict(&all_but(|rights| rights.spawns = 1)).unwrap();
    turn(&session, "Look.").await;
    let begun = stage.store().delegations(session.id()).unwrap();
    assert_eq!(begun.len(), 1);
    assert_eq!(begun[0].to.as_str(), "east");
    assert!(stage.told().contains("has begun 1 delegations, as many as are allowed here"), "{}", stage.told());
}

#[tokio::test]
async fn perm_11_a_tool_that_is_taken_away_while_a_yes_is_waited_for_is_not_used() {
    let stage = Stage::set(TEAM, &north("      - calls: [{tool: bash, args: {command: \"touch late.txt\"}}]")).await;
    let without = all_but(|rights| rights.tools = Names::only(["read", "write", "report", "delegate"]));
    stage.person.will_do(move |session| session.restrict(&without).unwrap(), Answer::Once);
    let session = stage.open();
    turn(&session, "Make it.").await;
    assert!(!stage.has("late.txt"));
    assert!(
        audit_of(&session, "bash").iter().any(|entry| entry.by == runtime::DecidedBy::Person && !entry.lets_through())
    );
}
