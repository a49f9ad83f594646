//! What crosses into the next window word for word.

use protocol::Purpose;
use runtime::InputMode;

use crate::asked::{assert_says, assert_sound_opening, is_compaction, text};
use crate::stage::{SOLO, SOLO_CHAT, SOLO_RESPONSES, SUMMARY, Stage, WALKER, compact, never, turn};

const FIRST: &str = "The report must stay below two pages,\n    indented like this,\nand never name a customer.";

#[tokio::test]
async fn t29_every_message_of_the_user_is_in_the_next_window_as_it_was_written() {
    for team in [SOLO, SOLO_CHAT, SOLO_RESPONSES] {
        let stage = Stage::set(team, "", &format!("{SUMMARY}{WALKER}")).await;
        stage.walk(5, 3_000);
        let session = stage.open();
        turn(&session, FIRST).await;
        session.input("Only ASCII, please.", InputMode::Steer).unwrap();
        turn(&session, "Walk on from next: w1.txt").await;
        compact(&session, "solo").await;
        turn(&session, "Go on.").await;
        let opened = stage.last();
        assert_sound_opening(&opened);
        for said in [FIRST, "Only ASCII, please.", "Walk on from next: w1.txt", "Go on."] {
            assert_says(&opened, said);
        }
    }
}

#[tokio::test]
async fn the_first_message_survives_a_second_and_a_third_compaction() {
    for team in [SOLO, SOLO_CHAT, SOLO_RESPONSES] {
        let stage = Stage::set(team, "", &format!("{SUMMARY}{WALKER}")).await;
        stage.walk(5, 3_000);
        let session = stage.open();
        turn(&session, FIRST).await;
        for round in 1..=3_u64 {
            turn(&session, &format!("Round {round}: walk on from next: w1.txt")).await;
            compact(&session, "solo").await;
            assert_eq!(stage.windows(&session, "solo").len() as u64, round + 1);
        }
        turn(&session, "What did I say first?").await;
        let opened = stage.last();
        assert_sound_opening(&opened);
        assert_eq!(text(&opened).matches(FIRST).count(), 1, "once, however many windows were closed");
        for round in 1..=3 {
            assert!(text(&opened).contains(&format!("Round {round}: walk on")));
        }
        assert!(opened.usage.prompt() < 25_000, "windows do not pile up: {}", opened.label);
    }
}

#[tokio::test]
async fn t31_a_window_that_is_closed_in_the_middle_of_a_chain_has_neither_calls_nor_results_without_partner() {
    for team in [SOLO, SOLO_CHAT, SOLO_RESPONSES] {
        let team = format!("compaction: {{at_tokens: 20000, keep_tail: 4000, summary_max: 1000}}\n{team}");
        let stage = Stage::set(&team, "", &format!("{SUMMARY}{WALKER}")).await;
        stage.walk(12, 2_500);
        let session = stage.open();
        turn(&session, "Walk on from next: w1.txt").await;
        let requests = stage.requests();
        let closings: Vec<usize> = (0..requests.len()).filter(|at| is_compaction(&requests[*at])).collect();
        assert!(!closings.is_empty());
        for at in closings {
            let opened = &requests[at + 1];
            assert_sound_opening(opened);
            assert!(text(opened).contains("Walk on from next: w1.txt"));
        }
        assert!(requests.iter().all(|request| request.status == 200));
    }
}

#[tokio::test]
async fn the_plan_changed_files_and_failing_checks_are_in_the_next_window() {
    let actors = format!(
        "{SUMMARY}
  - id: worker
    when: {{any: true}}
    steps:
      - thinking: A plan first.
        calls:
          - {{tool: plan, args: {{steps: [{{step: mend the gate, status: in_progress}}, {{step: paint it, status: pending}}]}}}}
          - {{tool: write, args: {{path: gate.txt, content: \"one\\ntwo\\n\"}}}}
          - {{tool: read, args: {{files: [{{path: w1.txt}}, {{path: w2.txt}}, {{path: w3.txt}}]}}}}
          - {{tool: read, args: {{files: [{{path: w4.txt}}]}}}}
      - calls: [{{tool: verify, args: {{names: [gate]}}}}]
    otherwise: {{say: It is broken.}}
"
    );
    let checks = "verify:\n  - {name: gate, command: test -f painted.txt}\n";
    let stage = Stage::set(&format!("{checks}{SOLO}"), "", &actors).await;
    stage.walk(4, 3_500);
    let session = stage.open();
    session.turn("Mend the gate.", &never()).await.unwrap();
    let told = compact(&session, "solo").await;
    assert!(told.contains("is open"), "{told}");
    session.turn("Go on.", &never()).await.unwrap();
    let opened = stage.requests().into_iter().rev().find(|request| !is_compaction(request)).unwrap();
    let closed = stage.rows(&session, Purpose::Compaction).len();
    assert_eq!(closed, 1);
    let requests = stage.requests();
    let first = requests.iter().position(is_compaction).map(|at| &requests[at + 1]).unwrap();
    for kept in ["mend the gate", "paint it", "gate.txt +2 -0", "`test -f painted.txt` -> 1"] {
        assert_says(first, kept);
    }
    assert_sound_opening(&opened);
}

#[tokio::test]
async fn an_open_brief_is_in_the_next_window_of_the_specialist() {
    let actors = format!(
        "{SUMMARY}
  - id: main
    when: {{has_tool: delegate}}
    steps:
      - calls: [{{tool: delegate, args: {{agent: helper, objective: \"Walk on from next: w1.txt and never use tabs.\", explore: true}}}}]
    otherwise: {{say: Good.}}
  - id: helper
    when: {{has_tool: report}}
    otherwise:
      cases:
        - if: {{last_result: \"next: END\"}}
          calls: [{{tool: report, args: {{status: complete, summary: seen, evidence: [{{at: \"w1.txt:1\"}}]}}}}]
        - capture: {{next: {{from: last_result, regex: \"(?s).*next: (w[0-9]+.txt)\"}}}}
          thinking: On I go.
          calls: [{{tool: read, args: {{files: [{{path: \"{{{{next}}}}\"}}]}}}}]
"
    );
    let team = "\
agents:
  - {id: main, role: coordinator, brain: {provider: anthropic, model: claude-opus-5-5}}
  - id: helper
    brain: {provider: anthropic, model: claude-haiku-5-5}
    compaction: {at_tokens: 16000, keep_tail: 4000, summary_max: 1000}
";
    let stage = Stage::set(team, "", &actors).await;
    stage.walk(10, 2_500);
    let session = stage.open();
    turn(&session, "Look around.").await;
    let windows = stage.windows(&session, "helper");
    assert!(windows.len() > 1, "no window was closed");
    let requests = stage.requests();
    for at in (0..requests.len()).filter(|at| is_compaction(&requests[*at])) {
        assert_sound_opening(&requests[at + 1]);
        assert_says(&requests[at + 1], "Walk on from next: w1.txt and never use tabs.");
    }
    assert_eq!(stage.windows(&session, "main").len(), 1, "main's own window stays");
}
