//! At which size a window is closed, and at which moment.

use protocol::{DecisionKind, Purpose};

use crate::asked::is_compaction;
use crate::stage::{SOLO, SUMMARY, Stage, WALKER, turn};

/// A chain of reads in one turn, then short turns.
async fn played(compaction: &str, files: usize) -> (Stage, runtime::Session) {
    let stage = Stage::set(&format!("compaction: {compaction}\n{SOLO}"), "", &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(files, 1_500);
    let session = stage.open();
    turn(&session, "Walk on from next: w1.txt").await;
    for _ in 0..2 {
        turn(&session, "And?").await;
    }
    (stage, session)
}

fn closings(stage: &Stage) -> Vec<usize> {
    let requests = stage.requests();
    (0..requests.len()).filter(|at| is_compaction(&requests[*at])).collect()
}

#[tokio::test]
async fn a_window_beyond_its_threshold_is_closed_at_the_next_break_and_not_within_a_chain() {
    // Four files of about 2,500 tokens: beyond the threshold, below 130 % of it.
    let (stage, session) = played("{at_tokens: 11000, keep_tail: 2000, summary_max: 1000}", 4).await;
    let chain = stage.requests()[4].usage.prompt();
    assert!((11_000..14_000).contains(&chain), "the chain ended at {chain} tokens: the test is set up wrongly");
    assert_eq!(closings(&stage), [5], "right behind the chain, before the next step");
    let decision = stage.decisions(&session, DecisionKind::Compact).pop().unwrap();
    assert_eq!(decision.numbers["threshold_tokens"], 11_000.0);
    assert_eq!(decision.numbers["at_break"], 1.0);
    assert!(decision.numbers["context_tokens"] >= 11_000.0);
}

#[tokio::test]
async fn a_chain_that_grows_far_beyond_the_threshold_is_closed_in_its_middle() {
    let (stage, session) = played("{at_tokens: 11000, keep_tail: 2000, summary_max: 1000}", 8).await;
    let decisions = stage.decisions(&session, DecisionKind::Compact);
    assert_eq!(decisions[0].numbers["at_break"], 0.0);
    assert!(decisions[0].numbers["context_tokens"] >= 11_000.0 * 1.3);
    let answer = stage.requests().iter().position(|request| request.step > 0).unwrap();
    assert!(answer < 11, "it went on");
}

#[tokio::test]
async fn never_means_never() {
    let (stage, session) = played("{at_tokens: never}", 12).await;
    assert!(closings(&stage).is_empty());
    assert_eq!(stage.windows(&session, "solo").len(), 1);
    assert!(stage.last().usage.prompt() > 25_000);
}

#[tokio::test]
async fn left_to_itself_a_window_stays_open_until_closing_it_is_cheapest() {
    let (stage, session) = played("{at_tokens: auto}", 12).await;
    assert!(closings(&stage).is_empty(), "25,000 tokens are cheaper kept");
    let told = crate::stage::compact(&session, "solo").await;
    assert!(told.contains("is open"), "{told}");
    let numbers = stage.decisions(&session, DecisionKind::Compact).pop().unwrap().numbers;
    // K* = S + n sqrt(2 (F + r S) / (r n)), from the numbers that the decision names.
    let n = |name: &str| numbers[name];
    let fixed = n("output_mtok_usd") * n("summary_tokens")
        + n("write_mtok_usd") * (n("base_tokens") - n("static_tokens") + n("reacquired_tokens"));
    let read = n("read_mtok_usd");
    let calls = (2.0 * (fixed + read * n("base_tokens")) / (read * n("per_call_tokens"))).sqrt();
    let best = n("base_tokens") + n("per_call_tokens") * calls;
    assert!((n("threshold_tokens") - best).abs() <= 1.0, "{} is not {best}", n("threshold_tokens"));
    assert!(n("context_tokens") < best);
    let closes_at = session.status().unwrap()[0].closes_at as f64;
    assert!(closes_at > n("base_tokens"), "what the screen shows: {closes_at}");
}

#[tokio::test]
async fn a_window_that_opens_beyond_its_threshold_is_not_closed_at_every_step() {
    // What stays (tools, system, the newest steps) is more than the threshold.
    let (stage, session) = played("{at_tokens: 5001, keep_tail: 4000, summary_max: 1000}", 20).await;
    let (steps, closings) = (stage.rows(&session, Purpose::Step).len(), closings(&stage).len());
    assert!(closings > 0);
    assert!(closings * 2 <= steps, "{closings} windows were closed in {steps} steps");
}

#[tokio::test]
async fn an_agent_has_its_own_threshold() {
    let team = "\
compaction: {at_tokens: 6000, keep_tail: 2000, summary_max: 1000}
agents:
  - id: solo
    brain: {provider: anthropic, model: claude-opus-5-5}
    compaction: {at_tokens: never}
";
    let stage = Stage::set(team, "", &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(6, 1_500);
    let session = stage.open();
    turn(&session, "Walk on from next: w1.txt").await;
    turn(&session, "And?").await;
    assert!(closings(&stage).is_empty());
}

#[tokio::test]
async fn a_window_that_is_mostly_the_users_own_words_is_not_closed_in_vain() {
    // What is kept word for word is nearly all there is: a summary would cost something and take nothing away.
    let team = format!("compaction: {{at_tokens: 9000, keep_tail: 2000, summary_max: 1000}}\n{SOLO}");
    let stage = Stage::set(&team, "", &format!("{SUMMARY}{WALKER}")).await;
    let session = stage.open();
    turn(&session, &crate::stage::prose(7_000, 4)).await;
    for _ in 0..4 {
        turn(&session, "And?").await;
    }
    assert!(stage.last().usage.prompt() > 9_000, "{}", stage.last().label);
    assert!(closings(&stage).is_empty());
    let told = crate::stage::compact(&session, "solo").await;
    assert!(told.contains("nothing to compact"), "{told}");
}
