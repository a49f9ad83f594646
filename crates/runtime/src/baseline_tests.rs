use protocol::{Brain, SessionId, Timestamp};

use super::*;

const MAIN: &str = "main";
const SIDE: &str = "sidekick";

fn row(agent: &str, window: &str, prompt: u64) -> LedgerRow {
    let model = if agent == MAIN { "claude-opus-5-5" } else { "claude-haiku-5-5" };
    LedgerRow {
        session: SessionId("s".into()),
        agent: AgentId(agent.into()),
        window: WindowId(window.into()),
        delegation: (agent == SIDE).then(|| DelegationId("d".into())),
        step: 1,
        purpose: Purpose::Step,
        brain: Brain::new("anthropic", model),
        at: Timestamp(0),
        first_token_ms: None,
        ms: 1,
        outcome: RowOutcome::Ok,
        usage: Usage { input: prompt, output: 100, ..Usage::default() },
        usd: Some(Usd::ZERO),
        predicted_cache_read: 0,
        cache_note: None,
        request_id: None,
    }
}

fn decided(chosen: &str, useful: f64) -> Decision {
    Decision {
        kind: DecisionKind::Context,
        agent: AgentId(SIDE.into()),
        step: 3,
        window: WindowId("side-1".into()),
        delegation: None,
        chosen: chosen.into(),
        because: String::new(),
        formula: String::new(),
        policy: String::new(),
        numbers: BTreeMap::from([("useful_tokens".to_owned(), useful)]),
    }
}

fn alone(rows: &[LedgerRow], decisions: &[Decision]) -> Usd {
    let main = AgentId(MAIN.into());
    estimate(&Catalogue::builtin(), &main, rows, decisions, None).unwrap().usd.unwrap()
}

/// Two windows of the specialist, in each of which 20,000 tokens come in.
fn rows() -> Vec<LedgerRow> {
    let side = [("side-1", 8_000), ("side-1", 28_000), ("side-2", 8_000), ("side-2", 28_000), ("side-2", 29_000)];
    let steps = side.map(|(window, prompt)| row(SIDE, window, prompt));
    [row(MAIN, "main-1", 9_000)].into_iter().chain(steps).collect()
}

#[test]
fn what_a_fresh_window_reads_again_is_no_work_of_one_model() {
    let (all_new, known) = (alone(&rows(), &[]), alone(&rows(), &[decided("fresh", 20_000.0)]));
    let half = alone(&rows(), &[decided("fresh", 10_000.0)]);
    assert!(known < half && half < all_new, "{known} {half} {all_new}");
    let without: Vec<LedgerRow> =
        rows().into_iter().filter(|row| row.usage.input != 28_000 || row.window.0 == "side-1").collect();
    assert!(known <= alone(&without, &[]), "the step that read it again is not there at all");
}

#[test]
fn a_decision_to_go_on_takes_nothing_out() {
    assert_eq!(alone(&rows(), &[decided("persistent", 20_000.0)]), alone(&rows(), &[]));
}

#[test]
fn more_than_came_in_is_not_taken_out() {
    let (much, more) = (decided("fresh", 21_000.0), decided("fresh", 900_000.0));
    assert_eq!(alone(&rows(), &[much]), alone(&rows(), &[more]));
}
