//! A large context whose cache is gone: who writes its summary.

use std::time::Duration;

use protocol::{DecisionKind, Purpose, RowOutcome};

use crate::asked::{assert_says, assert_sound_opening, is_compaction, is_own_compaction};
use crate::stage::{SUMMARY, Stage, WALKER, brain, compact, never, turn};

/// A dear agent beside a cheap one.
const TEAM: &str = "\
cache: {keep_warm: off}
agents:
  - id: main
    role: coordinator
    brain: {provider: anthropic, model: claude-opus-5-5}
    modules: [{filesystem: [read]}]
  - {id: helper, brain: {provider: anthropic, model: claude-haiku-5-5}}
";

/// More than any cache lives.
const LONG: Duration = Duration::from_secs(2 * 3_600);

async fn walked(head: &str) -> (Stage, runtime::Session) {
    let stage = Stage::set(TEAM, head, &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(20, 2_500);
    let session = stage.open();
    turn(&session, "Keep the units metric. Walk on from next: w1.txt").await;
    (stage, session)
}

#[tokio::test]
async fn the_cheapest_brain_of_the_team_summarises_a_large_cold_context() {
    let (stage, session) = walked("").await;
    stage.clock.advance(LONG);
    turn(&session, "What now?").await;
    let windows = stage.windows(&session, "main");
    assert_eq!(windows.len(), 2);
    assert_eq!(windows[1].reason, "compacted_cold");
    let rows = stage.rows(&session, Purpose::Compaction);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].brain.model, "claude-haiku-5-5");
    assert!(windows.iter().all(|window| window.id != rows[0].window), "a window of its own: {}", rows[0].window);
    let closing = stage.requests().into_iter().find(is_compaction).unwrap();
    assert!(
        closing.request.tools.is_empty() && closing.request.system.is_empty(),
        "a clean context: {}",
        closing.label
    );
    assert_eq!(closing.usage.cache_read, 0);
    let opened = stage.last();
    assert_eq!(opened.model, "claude-opus-5-5", "the agent itself keeps its brain");
    assert_sound_opening(&opened);
    assert_says(&opened, "Keep the units metric.");
    let decision = stage.decisions(&session, DecisionKind::Compact).pop().unwrap();
    assert_eq!(decision.chosen, "compact");
}

#[tokio::test]
async fn a_warm_context_is_summarised_by_its_own_brain() {
    let (stage, session) = walked("").await;
    compact(&session, "main").await;
    let closing = stage.last();
    assert!(is_own_compaction(&closing));
    assert_eq!(closing.model, "claude-opus-5-5");
}

#[tokio::test]
async fn where_the_cheapest_brain_cannot_be_had_the_own_one_writes_the_summary() {
    let head = "faults:\n  - {on: {actor: summary, nth_request: 1}, kind: http_529}\n";
    let (stage, session) = walked(head).await;
    stage.clock.advance(LONG);
    turn(&session, "What now?").await;
    let rows = stage.rows(&session, Purpose::Compaction);
    let who: Vec<(&str, bool)> =
        rows.iter().map(|row| (row.brain.model.as_str(), row.outcome == RowOutcome::Ok)).collect();
    assert_eq!(who, [("claude-haiku-5-5", false), ("claude-opus-5-5", true)]);
    assert_eq!(stage.windows(&session, "main").len(), 2);
    assert_says(&stage.last(), "Keep the units metric.");
}

#[tokio::test]
async fn whoever_else_writes_a_summary_does_it_in_a_window_of_their_own() {
    // The cheapest brain fails, so does the own one on its own bytes; the own one writes it on a clean context.
    let head = "faults:
  - {on: {actor: summary, nth_request: 1}, kind: http_529}
  - {on: {actor: summary, nth_request: 2}, kind: http_529}
";
    let (stage, session) = walked(head).await;
    stage.clock.advance(LONG);
    turn(&session, "What now?").await;
    let rows = stage.rows(&session, Purpose::Compaction);
    assert_eq!(rows.len(), 3);
    for one in &rows {
        for other in rows.iter().filter(|other| other.window == one.window) {
            assert_eq!(one.brain, other.brain, "window {} has two brains", one.window);
        }
    }
}

#[tokio::test]
async fn where_the_outgoing_brain_cannot_be_had_a_wanted_one_starts_without_a_summary() {
    let head = "faults:\n  - {on: {actor: summary}, kind: http_529, times: 99}\n";
    let (stage, session) = walked(head).await;
    let wish = session.want_model(&"main".into(), brain("anthropic/claude-sonnet-5-5"), true, &never()).await.unwrap();
    assert!(wish.done);
    turn(&session, "What now?").await;
    let opened = stage.last();
    assert_eq!(opened.model, "claude-sonnet-5-5");
    assert_sound_opening(&opened);
    assert_says(&opened, "Keep the units metric.");
    assert_says(&opened, "No summary could be written");
    let decision = stage.decisions(&session, DecisionKind::Switch).pop().unwrap();
    assert!(decision.because.contains("without a summary"), "{}", decision.because);
}

#[tokio::test]
async fn a_named_summarizer_is_the_one_who_is_asked() {
    let team = format!("compaction: {{summarizer: {{provider: anthropic, model: claude-sonnet-5-5}}}}\n{TEAM}");
    let stage = Stage::set(&team, "", &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(20, 2_500);
    let session = stage.open();
    turn(&session, "Walk on from next: w1.txt").await;
    stage.clock.advance(LONG);
    turn(&session, "What now?").await;
    let rows = stage.rows(&session, Purpose::Compaction);
    assert_eq!(rows.iter().map(|row| row.brain.model.as_str()).collect::<Vec<_>>(), ["claude-sonnet-5-5"]);
}
