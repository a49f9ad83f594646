//! A specialist's context from one brief to the next: gone on with, or begun afresh.

use std::time::Duration;

use protocol::{Decision, DecisionKind};
use simulator::RequestRecord;

use crate::asked::{assert_extends, projection, text, texts};
use crate::stage::{SUMMARY, Stage, compact, turn};

/// Main sends the helper where the user says; the helper looks at that file and reports.
const ACTORS: &str = "  - id: helper
    when: {has_tool: report}
    otherwise:
      cases:
        - if: {last_result: \"Look at\"}
          capture: {file: {from: last_result, regex: \"(?s).*Look at (\\\\S+\\\\.txt)\"}}
          calls: [{tool: read, args: {files: [{path: \"{{file}}\"}]}}]
        - if: {last_result: \"ask back\"}
          calls:
            - tool: report
              args: {status: needs_decision, summary: It is open., doubts: [\"Blue or red?\"], evidence: [{at: \"w1.txt:1\"}]}
        - calls: [{tool: report, args: {status: complete, summary: seen, evidence: [{at: \"w1.txt:1\"}]}}]
  - id: main
    when: {has_tool: delegate}
    count: turn
    steps:
      - capture: {file: {from: last_result, regex: \"(?s).*Send it to (\\\\S+\\\\.txt)\"}}
        calls: [{tool: delegate, args: {agent: helper, objective: \"Look at {{file}}.\", explore: true}}]
    otherwise: {say: Good.}
";

fn team(context: &str) -> String {
    format!(
        "cache: {{keep_warm: off}}
agents:
  - {{id: main, role: coordinator, brain: {{provider: anthropic, model: claude-opus-5-5}}}}
  - id: helper
    brain: {{provider: anthropic, model: claude-haiku-5-5}}
    context: {context}
"
    )
}

async fn set(context: &str) -> (Stage, runtime::Session) {
    let stage = Stage::set(&team(context), "", ACTORS).await;
    stage.walk(2, 1_000);
    let session = stage.open();
    (stage, session)
}

/// The helper's first request in each delegation.
fn first_requests(stage: &Stage) -> Vec<RequestRecord> {
    let firsts = |request: &RequestRecord| texts(request).last().is_some_and(|text| text.starts_with("# Brief"));
    stage.requests().into_iter().filter(firsts).collect()
}

fn last_choice(stage: &Stage, session: &runtime::Session) -> Decision {
    stage.decisions(session, DecisionKind::Context).pop().expect("nothing was decided")
}

#[tokio::test]
async fn a_persistent_specialist_goes_on_in_its_context() {
    let (stage, session) = set("persistent").await;
    for file in ["w1.txt", "w2.txt"] {
        turn(&session, &format!("Send it to {file}")).await;
        stage.clock.advance(Duration::from_secs(3_600));
    }
    let firsts = first_requests(&stage);
    assert_extends(&firsts[1], &firsts[0]);
    assert_eq!(stage.windows(&session, "helper").len(), 1);
    let choice = last_choice(&stage, &session);
    assert_eq!((choice.chosen.as_str(), choice.because.as_str()), ("persistent", "the team asks for it"));
}

#[tokio::test]
async fn a_fresh_specialist_begins_each_brief_on_the_prefix_that_its_windows_share() {
    let (stage, session) = set("fresh").await;
    for file in ["w1.txt", "w2.txt"] {
        turn(&session, &format!("Send it to {file}")).await;
    }
    let firsts = first_requests(&stage);
    let (one, other) = (projection(&firsts[0]), projection(&firsts[1]));
    assert_eq!(one.len(), other.len(), "nothing of the first brief is left");
    assert_eq!(one[..one.len() - 1], other[..other.len() - 1], "the very bytes up to the brief");
    assert!(firsts[1].usage.hit_rate() > 0.9, "read from the cache: {}", firsts[1].label);
    let windows = stage.windows(&session, "helper");
    assert_eq!((windows.len(), windows[1].reason.as_str()), (2, "fresh"));
    assert_eq!(last_choice(&stage, &session).chosen, "fresh");
}

#[tokio::test]
async fn briefs_from_before_a_fresh_start_do_not_come_back_when_the_window_is_closed() {
    let team =
        team("fresh").replace("    context:", "    compaction: {keep_tail: 500, summary_max: 500}\n    context:");
    let stage = Stage::set(&team, "", &format!("{SUMMARY}{ACTORS}")).await;
    stage.walk(2, 3_000);
    let session = stage.open();
    for file in ["w1.txt", "w2.txt"] {
        turn(&session, &format!("Send it to {file}")).await;
    }
    let told = compact(&session, "helper").await;
    assert!(told.contains("is open"), "{told}");
    let open = stage.windows(&session, "helper").pop().unwrap();
    assert_eq!(open.seq, 3, "begun, afresh, compacted");
    let items = stage.store().items(session.id(), &"helper".into(), 0).unwrap();
    let summary = items.iter().filter(|stored| stored.window == open.id).map(|stored| stored.item.plain_text());
    let summary = summary.collect::<Vec<_>>().join("\n");
    assert!(summary.contains("Look at w2.txt") && !summary.contains("Look at w1.txt"), "{summary}");
}

#[tokio::test]
async fn left_to_itself_a_warm_specialist_goes_on_where_its_context_is_of_use() {
    let (stage, session) = set("auto").await;
    for _ in 0..2 {
        turn(&session, "Send it to w1.txt").await;
    }
    let choice = last_choice(&stage, &session);
    assert_eq!(choice.chosen, "persistent");
    assert!(choice.numbers["useful_share"] > choice.numbers["break_even_share"], "{:?}", choice.numbers);
    assert!(choice.numbers["keep_usd"] <= choice.numbers["fresh_usd"]);
    assert!(choice.formula.contains("keep_usd"));
}

#[tokio::test]
async fn left_to_itself_a_cold_specialist_forgets_a_large_context_that_is_of_no_use() {
    let (stage, session) = set("auto").await;
    for file in 1..=8 {
        stage.file(&format!("long{file}.txt"), &crate::stage::prose(6_000, file));
    }
    for file in 1..=7 {
        turn(&session, &format!("Send it to long{file}.txt")).await;
        stage.clock.advance(Duration::from_secs(20));
    }
    let before = stage.windows(&session, "helper").len();
    stage.clock.advance(Duration::from_secs(24 * 3_600));
    turn(&session, "Send it to long8.txt").await;
    let choice = last_choice(&stage, &session);
    assert_eq!(choice.chosen, "fresh", "{choice:#?}");
    assert!(choice.numbers["useful_share"] < choice.numbers["break_even_share"]);
    assert!(choice.numbers["fresh_usd"] < choice.numbers["keep_usd"]);
    assert_eq!(stage.windows(&session, "helper").len(), before + 1);
}

#[tokio::test]
async fn the_answer_to_a_question_goes_on_whatever_the_team_says() {
    let (stage, session) = set("fresh").await;
    stage.file("ask.txt", "Better ask back.\n");
    turn(&session, "Send it to ask.txt").await;
    turn(&session, "Send it to w1.txt").await;
    let firsts = first_requests(&stage);
    assert_extends(&firsts[1], &firsts[0]);
    let choice = last_choice(&stage, &session);
    assert_eq!(choice.chosen, "persistent");
    assert!(choice.because.contains("own question"), "{}", choice.because);
}

#[tokio::test]
async fn main_is_told_once_when_it_explores_by_itself() {
    let actors = "  - id: main
    when: {has_tool: delegate}
    steps: []
    otherwise:
      cases:
        - if: {last_result: \"next: END\"}
          say: I have seen all of it.
        - capture: {next: {from: last_result, regex: \"(?s).*next: (w[0-9]+.txt)\", default: w1.txt}}
          calls: [{tool: read, args: {files: [{path: \"{{next}}\"}]}}]
";
    let stage = Stage::set(&team("auto"), "", actors).await;
    stage.walk(24, 30);
    let session = stage.open();
    turn(&session, "Walk on from next: w1.txt").await;
    let told = text(&stage.last()).matches("of your steps so far went into reading").count();
    assert_eq!(told, 1, "of 24 steps");
    let requests = stage.requests();
    let first = requests.iter().position(|request| text(request).contains("of your steps so far")).unwrap();
    assert_eq!(first, 10, "from ten steps on a share means something");
}

#[tokio::test]
async fn main_is_told_where_a_delegation_was_too_small() {
    // More words than the work they ask for.
    let brief = format!("Look at tiny.txt. {}", crate::stage::prose(1_500, 3).replace('\n', " "));
    let actors = ACTORS.replace("Look at {{file}}.", &brief);
    let stage = Stage::set(&team("auto"), "", &actors).await;
    stage.file("w1.txt", "One line.\n");
    stage.file("tiny.txt", "One line.\n");
    let session = stage.open();
    turn(&session, "Send it to tiny.txt").await;
    let told = "this unit was too small to be worth a delegation";
    assert!(text(&stage.last()).contains(told), "{}", stage.last().label);
    // Work that is worth it is not commented on.
    let (stage, session) = set("auto").await;
    turn(&session, "Send it to w1.txt").await;
    assert!(!text(&stage.last()).contains(told));
}
