use protocol::{Brief, LedgerRow, Purpose, RowOutcome};

use super::*;
use crate::story::{HAIKU, OPUS, Story, tokens};

fn decision(kind: DecisionKind, agent: &str, step: u32) -> Decision {
    let json = serde_json::json!({
        "kind": kind, "agent": agent, "step": step, "window": format!("{agent}-1"),
        "chosen": "yes", "because": "it pays",
        "formula": "gain_usd = (w_usd - r_usd) * lost_tokens; keep iff chance_share > 0.5",
        "numbers": {
            "gain_usd": 0.5, "w_usd": 0.000_002_5, "r_usd": 0.0, "lost_tokens": 200_000.0, "chance_share": 0.125,
        },
    });
    serde_json::from_value(json).unwrap()
}

fn after(story: &Story, number: usize) -> Aftermath {
    let decisions = Decisions::load(&story.store, &story.id).unwrap();
    aftermath(&story.records(), &decisions, &decisions.all[number])
}

fn begun() -> Story {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    story.step("main", tokens(0, 10_000, 10), &[]);
    story
}

#[test]
fn a_formula_is_filled_with_its_numbers_in_their_units() {
    let filled = filled(&decision(DecisionKind::Delegate, "main", 1)).unwrap();
    assert_eq!(filled, "$0.5000 = ($0.000003 - $0.00) * 200 000; keep iff 12.5 % > 0.5");
    let empty = Decision { formula: String::new(), ..decision(DecisionKind::Refuse, "main", 1) };
    assert_eq!(super::filled(&empty), None);
}

#[test]
fn a_name_is_not_taken_for_a_longer_one_and_other_signs_stay() {
    let mut decision = decision(DecisionKind::Compact, "main", 1);
    decision.formula = "K* = √(n²) ≥ lost_tokens_before − lost_tokens".to_owned();
    assert_eq!(filled(&decision).unwrap(), "K* = √(n²) ≥ lost_tokens_before − 200 000");
}

#[test]
fn numbers_are_told_in_the_unit_of_their_name() {
    for (name, value, text) in [
        ("gap_ms", 250.0, "250 ms"),
        ("gap_ms", 45_000.0, "45.0 s"),
        ("gap_ms", 2_700_000.0, "45.0 min"),
        ("saved_usd", -1.5, "-$1.50"),
        ("left_calls", 12.0, "12"),
        ("k_tokens", -1_234_567.0, "-1 234 567"),
        ("ratio", 2.5, "2.500"),
        ("usd", 1.0, "$1.00"),
        ("x_usd", f64::INFINITY, "inf"),
    ] {
        assert_eq!(number(name, value), text, "{name}");
    }
}

#[test]
fn decisions_come_in_order_and_what_cannot_be_read_is_counted() {
    let mut story = begun();
    story.decide(&decision(DecisionKind::Compact, "main", 7));
    story.note(DECISION_NOTE, r#"{"kind": "from the future"}"#);
    story.note("other", "{}");
    story.decide(&decision(DecisionKind::Refuse, "sidekick", 2));
    story.decide(&decision(DecisionKind::Refuse, "main", 3));
    let decisions = Decisions::load(&story.store, &story.id).unwrap();
    let kinds: Vec<&str> = decisions.all.iter().map(|one| one.decision.kind.as_str()).collect();
    assert_eq!((kinds, decisions.unreadable), (vec!["compact", "refuse", "refuse"], 1));
    let steps = decisions.steps();
    assert_eq!(steps[&AgentId::from("main")], [3, 7]);
    assert_eq!(steps[&AgentId::from("sidekick")], [2]);
}

#[test]
fn after_a_ping_the_next_real_request_hits_or_does_not() {
    for (read, hit) in [(10_000, true), (9_400, false), (0, false)] {
        let mut story = begun();
        story.decide(&decision(DecisionKind::KeepWarm, "main", 1));
        story.other("main", tokens(10_000, 0, 1), Purpose::KeepWarm, RowOutcome::Ok);
        assert_eq!(after(&story, 0).hit, None, "nothing real was asked yet");
        let row = LedgerRow { predicted_cache_read: 10_000, ..story.row("main", tokens(read, 10_500 - read, 10)) };
        story.called(row);
        story.step("main", tokens(10_500, 10, 10), &[]);
        let after = after(&story, 0);
        assert_eq!(after.hit, Some(hit), "{read}");
        assert_eq!(after.calls.iter().map(|call| call.purpose).collect::<Vec<_>>(), ["keep_warm", "turn"]);
    }
}

#[test]
fn after_a_compaction_comes_the_first_request_of_the_next_window() {
    // It is decided before, and noted when it is over.
    for noted_after in [false, true] {
        let mut story = begun();
        let decision = decision(DecisionKind::Compact, "main", 1);
        if !noted_after {
            story.decide(&decision);
        }
        let row = story.row("main", tokens(10_000, 200, 500));
        story.called(LedgerRow { purpose: Purpose::Compaction, step: 1, ..row });
        story.window("main", HAIKU, 0);
        if noted_after {
            story.decide(&decision);
        }
        story.step("main", tokens(4_000, 600, 10), &[]);
        story.step("main", tokens(4_600, 100, 10), &[]);
        let calls = after(&story, 0).calls;
        let told: Vec<(&str, u64, u64)> =
            calls.iter().map(|call| (call.purpose, call.prompt, call.cache_read)).collect();
        assert_eq!(told, [("compaction", 10_200, 10_000), ("turn", 4_600, 4_000)]);
        assert!(calls[1].brain.ends_with(HAIKU) && calls[1].usd.is_some());
    }
}

#[test]
fn a_decision_to_keep_a_window_is_followed_by_the_next_calls_in_it() {
    let mut story = begun();
    story.decide(&decision(DecisionKind::Compact, "main", 1));
    for _ in 0..5 {
        story.step("main", tokens(10_000, 100, 10), &[]);
    }
    story.window("main", OPUS, 0);
    story.step("main", tokens(4_000, 100, 10), &[]);
    assert_eq!(after(&story, 0).calls.iter().map(|call| call.step).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn after_a_delegation_the_truth_stands_beside_the_estimate() {
    let mut story = begun();
    story.window("sidekick", HAIKU, 0);
    story.delegate("d1", "sidekick", Brief::default());
    let decision =
        Decision { delegation: Some(DelegationId::from("d1")), ..decision(DecisionKind::Delegate, "main", 1) };
    story.decide(&decision);
    assert_eq!(after(&story, 0), Aftermath::default(), "it still runs");
    story.step("sidekick", tokens(0, 500, 10), &[]);
    story.close("d1", true, true, &[]);
    story.note(
        WORTH_NOTE,
        r#"{"delegation": "d1", "estimated_gain": 0.2, "gain": -0.01, "numbers": null, "spent": 0.03}"#,
    );
    story.note(WORTH_NOTE, r#"{"delegation": "d2", "estimated_gain": null, "gain": null, "spent": null}"#);
    let after = after(&story, 0);
    let worth = after.worth.unwrap();
    assert_eq!(worth.real_usd, Some(Usd::from_dollars(-0.01)));
    assert_eq!((worth.estimated_usd, worth.spent_usd), (Some(Usd::from_dollars(0.2)), Some(Usd::from_dollars(0.03))));
    assert_eq!(after.report, Some("reported, checks passed"));
    assert!(after.calls.is_empty(), "the specialist's calls are not main's");
}
