//! What a published policy says of windows: a fixed size at which they are closed, and the lane that writes the summary.

use protocol::{Decision, DecisionKind, ErrorKind, LedgerRow, Purpose, RowOutcome};
use runtime::{Lane, Lanes, Session};

use crate::asked::{assert_extends, is_compaction};
use crate::stage::{SOLO, SUMMARY, Stage, WALKER, brain, compact, turn};

const TASK: &str = "What is in these files? Walk on from next: w1.txt";

/// A chain of reads in a session of its own under a policy, and its decisions to close a window.
async fn played(stage: &mut Stage, fixed: u64) -> (Session, Vec<Decision>, usize) {
    stage.policy(&format!("compaction: {{fixed_tokens: {fixed}}}\n"));
    let before = stage.requests().len();
    let session = stage.open();
    turn(&session, TASK).await;
    let closed = stage.decisions(&session, DecisionKind::Compact);
    (session, closed, before)
}

#[tokio::test]
async fn t27_below_a_fixed_threshold_the_history_keeps_its_bytes_and_at_it_the_window_is_closed() {
    let mut stage =
        Stage::set(&format!("compaction: {{at_tokens: never}}\n{SOLO}"), "", &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(6, 1_500);
    // The size of the window at one moment of the chain, which is the same in every session.
    let (_, closed, _) = played(&mut stage, 9_000).await;
    let size = closed[0].numbers["context_tokens"] as u64;
    assert!(size > 9_000 && closed[0].numbers["threshold_tokens"] == 9_000.0, "{:?}", closed[0]);

    let (session, closed, _) = played(&mut stage, size).await;
    assert_eq!(closed[0].numbers["context_tokens"] as u64, size, "exactly as large is large enough");
    assert_eq!(stage.windows(&session, "solo")[1].reason, "compacted");

    let (_, closed, before) = played(&mut stage, size + 1).await;
    assert!(closed[0].numbers["context_tokens"] as u64 > size + 1, "a token less is not: {:?}", closed[0]);
    let requests = &stage.requests()[before..];
    let closing = requests.iter().position(is_compaction).unwrap();
    assert!(closing > 2);
    requests[..closing].windows(2).for_each(|pair| assert_extends(&pair[1], &pair[0]));

    let (session, closed, _) = played(&mut stage, 1_000_000).await;
    assert!(closed.is_empty() && stage.windows(&session, "solo").len() == 1);
}

/// Three lanes, of which the strong one works and the middle one writes summaries.
async fn three_lanes(faults: &str) -> (Stage, Session) {
    let mut stage = Stage::set(SOLO, faults, &format!("{SUMMARY}{WALKER}")).await;
    let lane = |name: &str, model: &str| Lane {
        name: name.to_owned(),
        brain: brain(&format!("anthropic/{model}")),
        review: false,
    };
    let lanes = [("fast", "claude-haiku-5-5"), ("middle", "claude-sonnet-5-5"), ("strong", "claude-opus-5-5")];
    let text: String = lanes
        .iter()
        .map(|(name, model)| {
            format!(
                "  - {{name: {name}, brain: {{provider: anthropic, model: {model}}}, max_context_tokens: 120000}}\n"
            )
        })
        .collect();
    stage.policy(&format!("lanes:\n{text}routing: {{score_limits: [3, 6]}}\ncompaction: {{summary_lane: middle}}\n"));
    let lanes = lanes.map(|(name, model)| lane(name, model)).to_vec();
    stage.lanes(Lanes { lanes, forced: Some("strong".to_owned()), ..Lanes::default() });
    stage.walk(4, 3_000);
    let session = stage.open();
    turn(&session, TASK).await;
    assert_eq!(stage.last().model, "claude-opus-5-5", "the strong lane works");
    (stage, session)
}

#[tokio::test]
async fn t28_the_summary_is_written_by_the_lane_that_the_policy_names_and_billed_apart() {
    let (stage, session) = three_lanes("").await;
    let steps: Vec<LedgerRow> = stage.rows(&session, Purpose::Step);
    let told = compact(&session, "solo").await;
    assert!(told.contains("is open"), "{told}");
    let rows = stage.rows(&session, Purpose::Compaction);
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!((row.brain.model.as_str(), row.outcome), ("claude-sonnet-5-5", RowOutcome::Ok));
    assert!(steps.iter().all(|step| step.window != row.window), "a window of its own");
    let price = catalogue::Catalogue::builtin().cost("anthropic", "claude-sonnet-5-5", &row.usage, row.at);
    assert!(row.usd == price && row.usd > Some(protocol::Usd::ZERO), "{row:?}");
    let asked = stage.last();
    assert!(is_compaction(&asked) && asked.request.tools.is_empty() && asked.request.system.is_empty());
    turn(&session, "And what was in the last one?").await;
    assert_eq!(stage.last().model, "claude-opus-5-5", "who works stays the same");
}

#[tokio::test]
async fn t28_where_that_lane_cannot_nobody_dearer_writes_it() {
    let (stage, session) = three_lanes("faults:\n  - {on: {actor: summary}, kind: http_529, times: 9}\n").await;
    let told = compact(&session, "solo").await;
    assert!(told.contains("stays"), "{told}");
    let rows = stage.rows(&session, Purpose::Compaction);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].brain.model, "claude-sonnet-5-5");
    assert_eq!(rows[0].outcome, RowOutcome::Failed(ErrorKind::Overloaded));
}
