//! Totals are queries.

use protocol::{
    AgentId, Brain, DelegationId, ErrorKind, LedgerRow, Purpose, RowOutcome, SessionId, Timestamp, Usage, Usd,
};
use store::{By, Cost, Store, Write};

use crate::sample;

fn store_with(rows: Vec<LedgerRow>) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for id in ["s", "t"] {
        store.commit(&SessionId::from(id), &[Write::Session(sample::session(id))]).unwrap();
    }
    for row in rows {
        store.commit(&row.session.clone(), &[Write::Ledger(row)]).unwrap();
    }
    (dir, store)
}

fn row(session: &str, agent: &str, step: u32, model: &str, picos: Option<i64>) -> LedgerRow {
    LedgerRow {
        brain: Brain::new("local", model),
        usage: sample::usage(1),
        usd: picos.map(Usd::from_picos),
        ..sample::ledger_row(session, agent, step)
    }
}

/// A failed attempt: no tokens, no price.
fn attempt(agent: &str, step: u32) -> LedgerRow {
    LedgerRow {
        usage: Usage::default(),
        outcome: RowOutcome::Retried(ErrorKind::Overloaded),
        ..row("s", agent, step, "big", None)
    }
}

fn session_cost(store: &Store) -> Cost {
    store.session_cost(&SessionId::from("s")).unwrap()
}

/// `(key, calls, steps, picodollars)`.
fn short(costs: Vec<Cost>) -> Vec<(String, u64, u32, Option<i64>)> {
    costs.into_iter().map(|cost| (cost.key, cost.calls, cost.steps, cost.usd.map(Usd::picos))).collect()
}

#[test]
fn a_session_without_calls_cost_nothing() {
    let (_dir, store) = store_with(vec![]);
    let cost = session_cost(&store);
    assert_eq!((cost.calls, cost.steps, cost.usd), (0, 0, Some(Usd::ZERO)));
    assert_eq!(store.totals(&SessionId::from("s")).unwrap(), []);
    assert_eq!(store.cost_by(None, By::Brain).unwrap(), []);
}

#[test]
fn an_unknown_price_makes_the_sum_unknown_and_never_zero() {
    let (_dir, store) = store_with(vec![
        row("s", "main", 1, "big", Some(5)),
        row("s", "sidekick", 1, "unlisted", None),
        row("s", "sidekick", 2, "small", Some(2)),
    ]);
    let cost = session_cost(&store);
    assert_eq!(cost.usd, None);
    assert_eq!(cost.at_least, Usd::from_picos(7));
    let dollars: Vec<_> = store.totals(&SessionId::from("s")).unwrap().into_iter().map(|agent| agent.usd).collect();
    assert_eq!(dollars, [Some(Usd::from_picos(5)), None]);
    assert_eq!(store.sessions(9).unwrap().iter().find(|s| s.session.id.as_str() == "s").unwrap().usd, None);
}

#[test]
fn a_call_that_failed_without_a_token_does_not_make_the_price_unknown() {
    let (_dir, store) = store_with(vec![attempt("main", 1), row("s", "main", 1, "big", Some(5))]);
    assert_eq!(session_cost(&store).usd, Some(Usd::from_picos(5)));
}

#[test]
fn an_answer_without_usage_and_price_is_unknown() {
    let silent = LedgerRow { usage: Usage::default(), ..row("s", "main", 1, "big", None) };
    let (_dir, store) = store_with(vec![silent]);
    assert_eq!(session_cost(&store).usd, None);
}

#[test]
fn retries_share_their_step_and_other_purposes_are_none() {
    let (_dir, store) = store_with(vec![
        attempt("main", 1),
        row("s", "main", 1, "big", Some(1)),
        row("s", "main", 2, "big", Some(1)),
        row("s", "sidekick", 1, "small", Some(1)),
        LedgerRow { purpose: Purpose::KeepWarm, ..row("s", "main", 2, "big", Some(1)) },
        LedgerRow { purpose: Purpose::Compaction, ..row("s", "main", 3, "big", Some(1)) },
    ]);
    let cost = session_cost(&store);
    assert_eq!((cost.calls, cost.steps), (6, 3));
    assert_eq!(cost.usage, sample::usage(5));
}

#[test]
fn an_agents_total_names_the_brain_that_last_answered_a_step() {
    let failed = LedgerRow { outcome: RowOutcome::Failed(ErrorKind::Auth), ..row("s", "main", 3, "dead", Some(0)) };
    let (_dir, store) = store_with(vec![
        row("s", "sidekick", 1, "small", Some(1)),
        row("s", "main", 1, "big", Some(1)),
        row("s", "main", 2, "bigger", Some(1)),
        LedgerRow { purpose: Purpose::Auxiliary, ..row("s", "main", 2, "tiny", Some(1)) },
        failed,
    ]);
    let totals = store.totals(&SessionId::from("s")).unwrap();
    let brains: Vec<_> = totals.iter().map(|agent| (agent.id.as_str(), agent.brain.as_str(), agent.steps)).collect();
    assert_eq!(brains, [("sidekick", "local/small", 1), ("main", "local/bigger", 3)]);
    assert_eq!(totals[0].usage, sample::usage(1));
}

#[test]
fn costs_are_grouped_by_agent_brain_or_purpose_of_one_session_or_of_all() {
    let (_dir, store) = store_with(vec![
        row("s", "main", 1, "big", Some(10)),
        row("s", "sidekick", 1, "small", Some(1)),
        LedgerRow { purpose: Purpose::Compaction, ..row("s", "main", 2, "big", Some(20)) },
        row("t", "main", 1, "small", Some(3)),
    ]);
    let id = SessionId::from("s");
    let key = str::to_owned;
    let by = |session, by| short(store.cost_by(session, by).unwrap());
    assert_eq!(by(Some(&id), By::Agent), [(key("main"), 2, 1, Some(30)), (key("sidekick"), 1, 1, Some(1))]);
    assert_eq!(by(Some(&id), By::Brain), [(key("local/big"), 2, 1, Some(30)), (key("local/small"), 1, 1, Some(1))]);
    assert_eq!(by(Some(&id), By::Purpose), [(key("step"), 2, 2, Some(11)), (key("compaction"), 1, 0, Some(20))]);
    assert_eq!(by(None, By::Agent), [(key("main"), 3, 2, Some(33)), (key("sidekick"), 1, 1, Some(1))]);
    assert_eq!(by(None, By::Brain), [(key("local/big"), 2, 1, Some(30)), (key("local/small"), 2, 2, Some(4))]);
}

#[test]
fn a_delegation_costs_what_its_own_rows_cost_to_the_last_picodollar() {
    let own = |step, picos| LedgerRow {
        delegation: Some(DelegationId::from("d2")),
        agent: AgentId::from("sidekick"),
        ..row("s", "sidekick", step, "small", Some(picos))
    };
    // One more than a double can hold: a sum in floating point would lose it.
    let (_dir, store) =
        store_with(vec![own(1, 9_007_199_254_740_992), own(2, 1), row("s", "main", 1, "big", Some(77))]);
    let cost = store.delegation_cost(&SessionId::from("s"), &DelegationId::from("d2")).unwrap();
    assert_eq!(cost.usd, Some(Usd::from_picos(9_007_199_254_740_993)));
    assert_eq!(cost.steps, 2);
}

#[test]
fn what_an_agent_spent_since_a_moment_leaves_out_what_came_before_and_what_others_spent() {
    let at = |moment: u64, row: LedgerRow| LedgerRow { at: Timestamp(moment), ..row };
    let (_dir, store) = store_with(vec![
        at(10, row("s", "main", 1, "big", Some(5))),
        at(20, row("s", "main", 2, "big", Some(7))),
        at(20, row("s", "main", 3, "unlisted", None)),
        at(30, row("s", "sidekick", 1, "big", Some(11))),
        at(30, row("t", "main", 1, "big", Some(13))),
    ]);
    let spent = |since: u64| {
        store.spent_since(&SessionId::from("s"), &AgentId::from("main"), Timestamp(since)).unwrap().picos()
    };
    assert_eq!((spent(0), spent(20), spent(21)), (12, 7, 0));
}
