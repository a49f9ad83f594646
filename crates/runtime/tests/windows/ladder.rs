//! Agents that have it hard: the rung that is wanted, the rung after two failures, and who goes on when there is none.

use protocol::event::SessionStatus;
use protocol::{DecisionKind, Purpose};

use crate::asked::{assert_extends, assert_sound_opening, is_own_compaction, text};
use crate::stage::{SUMMARY, Stage, compact, never, turn};

/// A check that never passes.
const GATE: &str = "verify:\n  - {name: gate, command: test -f there-is-no-such-file}\n";

/// Runs the check again and again, then answers.
const STUBBORN: &str = "  - id: stubborn
    when: {any: true}
    steps:
      - {say: First., calls: [{tool: verify, args: {names: [gate]}}]}
      - {say: Once more., calls: [{tool: verify, args: {names: [gate]}}]}
      - {say: And again., calls: [{tool: verify, args: {names: [gate]}}]}
      - {say: A last time., calls: [{tool: verify, args: {names: [gate]}}]}
    otherwise: {say: It does not pass.}
";

const LADDER: &str = "agents:
  - id: solo
    brain: {provider: anthropic, model: claude-haiku-5-5}
    ladder: [{provider: anthropic, model: claude-haiku-5-5}, {provider: anthropic, model: claude-opus-5-5}]
";

#[tokio::test]
async fn failing_checks_make_the_next_rung_wanted_and_the_next_compaction_grants_it() {
    let stage = Stage::set(&format!("{GATE}{LADDER}"), "", &format!("{SUMMARY}{STUBBORN}")).await;
    let session = stage.open();
    session.turn("Open the gate.", &never()).await.unwrap();
    let status = session.status().unwrap();
    assert_eq!(status[0].brain.model, "claude-haiku-5-5");
    assert_eq!(status[0].wanted.as_ref().map(|brain| brain.model.as_str()), Some("claude-opus-5-5"));
    assert!(status[0].score > 0.0);
    let decision = stage.decisions(&session, DecisionKind::Escalate).remove(0);
    assert_eq!(decision.chosen, "up");
    assert!(decision.because.contains("check"), "{}", decision.because);
    assert!(!decision.numbers.is_empty() && !decision.formula.is_empty());
    // Nothing happens in the middle of the window.
    let requests = stage.requests();
    assert!(requests.iter().all(|request| request.model == "claude-haiku-5-5"));
    for pair in requests.windows(2) {
        assert_extends(&pair[1], &pair[0]);
    }
    let steps_seen = || {
        let note = stage.store().last_note(session.id(), Some(&"solo".into()), "in_run").unwrap().unwrap();
        serde_json::from_str::<serde_json::Value>(&note.json).unwrap()["features"]["steps"].as_u64()
    };
    assert!(steps_seen() > Some(0));
    compact(&session, "solo").await;
    assert_eq!(steps_seen(), Some(0), "what the run of the brain before looked like is not held against this one");
    let status = session.status().unwrap();
    assert_eq!((status[0].brain.model.as_str(), &status[0].wanted), ("claude-opus-5-5", &None));
    assert_eq!(status[0].score, 0.0, "another brain starts without a record");
    let asked = stage.requests().len();
    turn(&session, "Well?").await;
    let opened = &stage.requests()[asked];
    assert_eq!(opened.model, "claude-opus-5-5");
    assert_sound_opening(opened);
}

/// Main delegates five times; the helper says that it is done each time, and never is.
const FAILING: &str = "  - id: helper
    when: {has_tool: report}
    advance_ms: 1000
    otherwise:
      calls: [{tool: report, args: {status: complete, summary: done, confidence: 90}}]
  - id: main
    when: {has_tool: delegate}
    advance_ms: 1000
    steps:
      - calls: [{tool: delegate, args: {agent: helper, objective: Open the first gate., acceptance: [gate]}}]
      - calls: [{tool: delegate, args: {agent: helper, objective: Open the second gate., acceptance: [gate]}}]
      - calls: [{tool: delegate, args: {agent: helper, objective: Open the third gate., acceptance: [gate]}}]
      - calls: [{tool: delegate, args: {agent: helper, objective: Open the fourth gate., acceptance: [gate]}}]
      - calls: [{tool: delegate, args: {agent: helper, objective: Open the fifth gate., acceptance: [gate]}}]
      - calls: [{tool: delegate, args: {agent: helper, objective: \"Apply this patch: ```open```\", acceptance: [gate]}}]
    otherwise: {say: It does not open.}
";

fn two_rungs(more: &str) -> String {
    format!(
        "{GATE}agents:
  - {{id: main, role: coordinator, brain: {{provider: anthropic, model: claude-opus-5-5}}}}
  - id: helper
    brain: {{provider: anthropic, model: claude-haiku-5-5}}
    ladder: [{{provider: anthropic, model: claude-haiku-5-5}}, {{provider: anthropic, model: claude-sonnet-5-5}}]
{more}"
    )
}

#[tokio::test]
async fn after_two_failures_the_specialist_climbs_and_after_two_more_main_goes_on() {
    let stage = Stage::set(&two_rungs(""), "", &format!("{SUMMARY}{FAILING}")).await;
    let session = stage.open();
    session.turn("Open the gates.", &never()).await.unwrap();
    let brains: Vec<(String, String)> = stage
        .store()
        .delegations(session.id())
        .unwrap()
        .iter()
        .map(|delegation| {
            let rows = stage.ledger(&session);
            let row = rows.iter().find(|row| row.delegation.as_ref() == Some(&delegation.id)).unwrap();
            (delegation.brief.objective.clone(), row.brain.model.clone())
        })
        .collect();
    let brains: Vec<(&str, &str)> = brains.iter().map(|(brief, model)| (brief.as_str(), model.as_str())).collect();
    assert_eq!(
        brains,
        [
            ("Open the first gate.", "claude-haiku-5-5"),
            ("Open the second gate.", "claude-haiku-5-5"),
            ("Open the third gate.", "claude-sonnet-5-5"),
            ("Open the fourth gate.", "claude-sonnet-5-5"),
            // The fifth is refused; a patch that main dictates is not a blind retry.
            ("Apply this patch: ```open```", "claude-sonnet-5-5"),
        ]
    );
    let told = text(&stage.last());
    assert!(told.contains("Do not send it a third time") && told.contains("take_over(reason)"), "{told}");
    let chosen: Vec<String> =
        stage.decisions(&session, DecisionKind::Escalate).into_iter().map(|decision| decision.chosen).collect();
    assert_eq!(chosen.iter().filter(|chosen| *chosen == "main").count(), 1, "{chosen:?}");
    assert!(chosen.contains(&"up".to_owned()), "{chosen:?}");
}

#[tokio::test]
async fn a_person_decides_where_the_team_says_so() {
    let stage = Stage::set(&two_rungs("    escalate_to: person\n"), "", &format!("{SUMMARY}{FAILING}")).await;
    let session = stage.open();
    let outcome = session.turn("Open the gates.", &never()).await.unwrap();
    assert_eq!(outcome.status, SessionStatus::Blocked);
    assert_eq!(outcome.status.exit_code(), 5);
    let decision = stage.decisions(&session, DecisionKind::Escalate).pop().unwrap();
    assert_eq!(decision.chosen, "person");
    assert!(decision.because.contains("a person has to decide"), "{}", decision.because);
    assert_eq!(stage.store().delegations(session.id()).unwrap().len(), 4);
    // The person decides, and the session goes on.
    turn(&session, "Leave the gates.").await;
}

#[tokio::test]
async fn a_climb_closes_the_window_before_the_brief_and_pays_for_it_once() {
    // The summary of the old window is useless: that is no reason to pay for it again at each step.
    let useless = "  - id: summary\n    when: {last_user_contains: \"<compaction>\"}\n    otherwise: {say: No.}\n";
    let wordy = FAILING.replace(
        "    otherwise:\n      calls: [{tool: report",
        "    steps:
      - calls: [{tool: read, args: {files: [{path: w1.txt}]}}]
      - calls: [{tool: read, args: {files: [{path: w2.txt}]}}]
      - calls: [{tool: read, args: {files: [{path: w3.txt}]}}]
    otherwise:
      calls: [{tool: report",
    );
    let stage = Stage::set(&two_rungs("    context: persistent\n"), "", &format!("{useless}{wordy}")).await;
    stage.walk(3, 2_500);
    let session = stage.open();
    session.turn("Open the gates.", &never()).await.unwrap();
    let tried = stage.requests().iter().filter(|request| is_own_compaction(request)).count();
    let steps = stage.rows(&session, Purpose::Step).len();
    assert!(tried > 0, "the helper's window was to be closed");
    assert!(tried <= 4, "tried {tried} times in {steps} steps");
}
