use protocol::{Brief, Receipt, Report, ReportStatus, Timestamp};
use store::{DelegationClosed, DelegationRecord};

use super::*;

/// A delegation to the sidekick that ended like this.
fn ended(objective: &str, status: ReportStatus, verified: bool) -> DelegationRecord {
    DelegationRecord {
        id: "d".into(),
        call: "c".into(),
        from: "main".into(),
        to: "sidekick".into(),
        brief: Brief { objective: objective.to_owned(), acceptance: vec!["answer".to_owned()], ..Brief::default() },
        first_item_seq: 0,
        estimate_usd: None,
        opened_at: Timestamp(1),
        baseline: None,
        closed: Some(DelegationClosed {
            report: Some(Report { status, ..report() }),
            receipt: Receipt { verified, ..Receipt::default() },
            at: Timestamp(2),
        }),
    }
}

fn report() -> Report {
    tools::read_report(&serde_json::json!({ "status": "complete", "summary": "Done." })).unwrap()
}

fn of(delegations: &[DelegationRecord]) -> Option<String> {
    fault(&Policy::builtin(), delegations)
}

const CLEAR: &str = "Set the answer to 42 in src/lib.rs.";

#[test]
fn a_plan_whose_briefs_were_all_carried_out_and_that_failed_was_at_fault() {
    let told = of(&[ended(CLEAR, ReportStatus::Complete, true), ended(CLEAR, ReportStatus::Complete, true)]).unwrap();
    assert!(told.contains("done as its briefs asked"), "{told}");
}

#[test]
fn who_did_not_get_done_what_was_asked_is_not_the_plans_fault() {
    assert_eq!(of(&[ended(CLEAR, ReportStatus::Complete, true), ended(CLEAR, ReportStatus::Complete, false)]), None);
    assert_eq!(of(&[ended(CLEAR, ReportStatus::Blocked, false)]), None);
    let open = DelegationRecord { closed: None, ..ended(CLEAR, ReportStatus::Complete, true) };
    assert_eq!(of(&[open]), None);
}

#[test]
fn where_nothing_was_delegated_or_only_looked_at_nobody_else_could_be_at_fault() {
    assert_eq!(of(&[]), None);
    let mut looked = ended(CLEAR, ReportStatus::Complete, true);
    looked.brief.explore = true;
    assert_eq!(of(&[looked]), None);
}

#[test]
fn a_brief_that_left_a_decision_open_is_the_plans_fault_unless_it_was_settled_later() {
    let asks = ended(CLEAR, ReportStatus::NeedsDecision, false);
    assert!(of(std::slice::from_ref(&asks)).unwrap().contains("was left with a decision"));
    assert_eq!(of(&[asks, ended(CLEAR, ReportStatus::Partial, false)]), None);
}

#[test]
fn a_brief_that_asks_for_judgement_is_the_plans_fault() {
    let told = of(&[ended("Decide which of the two designs is better.", ReportStatus::Complete, false)]).unwrap();
    assert_eq!(told, "a brief asked sidekick for judgement");
}
