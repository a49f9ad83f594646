use proptest::prelude::*;

use super::*;
use crate::economics::samples::*;

const MINUTE: Duration = Duration::from_secs(60);
const DUE: Duration = Duration::from_secs(270);

fn warmth(prices: Prices, cached: u64) -> Warmth {
    Warmth { prices, cached, life: MINUTE * 5, most_pings: 12, least_saving: Warmth::LEAST_SAVING }
}

/// Pings sent in a wait of this length, as the runtime would send them, and what ended them if something did.
fn pings(warmth: &Warmth, gap: Duration, waiting: &Waiting) -> (u32, Option<&'static str>) {
    let mut sent = 0;
    let mut at = ping_due(warmth.life);
    while at <= gap {
        match next_ping(warmth, at, sent, waiting).choice {
            PingChoice::At(due) => at += due,
            PingChoice::LetGo(why) => return (sent, Some(why)),
        }
        sent += 1;
    }
    (sent, None)
}

#[test]
fn the_table_of_the_cost_model_holds() {
    for (prices, break_even, most, minutes) in [
        (FABLE_5_2, 0.02, 49, 220.0),
        (V4_FLASH, 0.02, 49, 220.0),
        (OPUS_5_5, 0.042, 24, 108.0),
        (SONNET_5_5, 0.042, 24, 108.0),
        (OPUS_5, 0.087, 11, 52.0),
        (LUNA_6, 0.087, 11, 52.0),
        (GPT_5_5, 0.11, 9, 40.5),
        (GLM_5_3, 0.23, 4, 19.7),
    ] {
        assert_eq!(most_pings(&prices), most);
        let worth = gap_worth_pinging(&prices, MINUTE * 5).as_secs_f64() / 60.0;
        assert!(near(worth, minutes, 0.01), "{worth} against {minutes}");
        let plan = next_ping(&warmth(prices, 1_000_000), DUE, 0, &Waiting::ForWork);
        assert!(near(plan.break_even, break_even, 0.03), "{} against {break_even}", plan.break_even);
    }
    let hours = gap_worth_pinging(&SOL_6_1, MINUTE * 30).as_secs_f64() / 3_600.0;
    assert!(near(hours, 10.8, 0.01), "{hours}");
}

#[test]
fn a_ping_is_due_a_tenth_of_the_life_before_its_end() {
    assert_eq!(ping_due(MINUTE * 5), DUE);
    assert_eq!(ping_due(Duration::from_secs(40)), Duration::from_secs(30), "ten seconds at least");
    assert_eq!(ping_due(Duration::from_secs(5)), Duration::ZERO);
}

#[test]
fn a_gap_of_forty_five_minutes_is_bridged() {
    let gaps = Gaps::prior();
    for cached in [50_000, 80_000] {
        let warmth = warmth(OPUS_5_5, cached);
        assert_eq!(pings(&warmth, MINUTE * 12, &Waiting::ForPerson(&gaps)), (2, None), "{cached}");
        assert_eq!(pings(&warmth, MINUTE * 45, &Waiting::ForPerson(&gaps)), (10, None), "{cached}");
    }
}

#[test]
fn who_never_comes_back_costs_at_most_the_cap() {
    let gaps = Gaps::prior();
    let (sent, why) = pings(&warmth(OPUS_5_5, 80_000), MINUTE * 60 * 24, &Waiting::ForPerson(&gaps));
    assert!(sent <= 12 && why.is_some(), "{sent} {why:?}");
    let free_to = Warmth { most_pings: 1_000, ..warmth(OPUS_5_5, 80_000) };
    let (sent, why) = pings(&free_to, MINUTE * 60 * 24, &Waiting::ForPerson(&gaps));
    assert!(sent < 24 && why == Some("chance_too_small"), "{sent} {why:?}");
    assert_eq!(pings(&free_to, MINUTE * 60 * 24, &Waiting::ForWork), (24, Some("cap_reached")), "2-competitive");
}

#[test]
fn a_plan_is_followed_to_its_end() {
    // Many came back after 31 to 33 minutes and none before: one window ahead there is nothing to gain.
    let mut gaps = Gaps::prior();
    (0..200).for_each(|number| gaps.observe(MINUTE * 31 + Duration::from_secs(number)));
    let warmth = warmth(OPUS_5_5, 80_000);
    let first = next_ping(&warmth, DUE, 0, &Waiting::ForPerson(&gaps));
    let one_ahead = gaps.chance_within(DUE, warmth.life);
    assert!(one_ahead < first.break_even, "{one_ahead}");
    assert_eq!(first.choice, PingChoice::At(DUE));
    assert_eq!(pings(&warmth, MINUTE * 34, &Waiting::ForPerson(&gaps)).0, 7);
}

#[test]
fn cheap_contexts_are_let_go() {
    let gaps = Gaps::prior();
    for prices in [HAIKU_5_5, LUNA_6] {
        for waiting in [Waiting::ForPerson(&gaps), Waiting::ForWork] {
            let plan = next_ping(&warmth(prices, 40_000), DUE, 0, &waiting);
            assert_eq!(plan.choice, PingChoice::LetGo("not_worth_it"));
        }
    }
}

#[test]
fn every_other_reason_has_its_name() {
    let gaps = Gaps::prior();
    let person = Waiting::ForPerson(&gaps);
    let reason = |warmth: &Warmth, waited, sent| next_ping(warmth, waited, sent, &person).choice;
    let usual = warmth(OPUS_5_5, 80_000);
    assert_eq!(reason(&usual, DUE * 13, 12), PingChoice::LetGo("cap_reached"));
    assert_eq!(reason(&Warmth { most_pings: 0, ..usual }, DUE, 0), PingChoice::LetGo("cap_reached"));
    assert_eq!(reason(&usual, MINUTE * 60 * 30, 1), PingChoice::LetGo("chance_too_small"));
    assert_eq!(reason(&Warmth { cached: 0, ..usual }, DUE, 0), PingChoice::LetGo("no_cache"));
    assert_eq!(reason(&Warmth { life: Duration::ZERO, ..usual }, DUE, 0), PingChoice::LetGo("no_cache"));
    assert_eq!(reason(&warmth(Prices::default(), 80_000), DUE, 0), PingChoice::LetGo("price_unknown"));
    let no_discount = Prices { read: OPUS_5_5.write, ..OPUS_5_5 };
    assert_eq!(reason(&warmth(no_discount, 80_000), DUE, 0), PingChoice::LetGo("not_worth_it"));
}

#[test]
fn work_is_waited_for_as_long_as_bridging_pays() {
    let warmth = Warmth { most_pings: 100, ..warmth(OPUS_5_5, 80_000) };
    let first = |minutes| next_ping(&warmth, DUE, 0, &Waiting::ForWorkOf(MINUTE * minutes));
    assert_eq!(first(40).planned, 8, "the eighth, after 36 minutes, keeps it until the 41st");
    assert_eq!(first(40).chance, 1.0);
    assert_eq!(first(100).planned, 22);
    assert_eq!(first(120).choice, PingChoice::LetGo("chance_too_small"), "24 pings do not reach that far");
    let overdue = next_ping(&warmth, MINUTE * 49, 10, &Waiting::ForWorkOf(MINUTE * 40));
    assert!(matches!(overdue.choice, PingChoice::At(_)), "{overdue:?}");
}

#[test]
fn formulas_name_their_numbers() {
    let gaps = Gaps::prior();
    let plan = next_ping(&warmth(OPUS_5_5, 80_000), DUE, 0, &Waiting::ForPerson(&gaps));
    formula_uses_only(PingPlan::FORMULA, &plan.numbers());
    let free = next_ping(&warmth(Prices::default(), 0), DUE, 0, &Waiting::ForWork);
    formula_uses_only(PingPlan::FORMULA, &free.numbers());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_pings_of_a_wait_never_cost_more_than_the_miss(
        prices in any_prices(), cached in 0_u64..1_000_000, minutes in 0_u32..600, cap in 0_u32..60,
        observed in proptest::collection::vec(0_u64..36_000, 0..10),
    ) {
        let mut gaps = Gaps::prior();
        observed.into_iter().for_each(|seconds| gaps.observe(Duration::from_secs(seconds)));
        let warmth = Warmth { most_pings: cap, ..warmth(prices, cached) };
        let (sent, _) = pings(&warmth, MINUTE * minutes, &Waiting::ForPerson(&gaps));
        let plan = next_ping(&warmth, DUE, 0, &Waiting::ForPerson(&gaps));
        prop_assert!(sent <= cap);
        prop_assert!(i128::from(plan.ping.picos()) * i128::from(sent) <= i128::from(plan.miss.picos()));
    }

    #[test]
    fn a_larger_context_is_never_worth_less(prices in any_prices(), cached in 0_u64..500_000, more in 0_u64..500_000) {
        let gaps = Gaps::prior();
        let of = |cached| next_ping(&warmth(prices, cached), DUE, 0, &Waiting::ForPerson(&gaps)).choice;
        let pings = |choice| matches!(choice, PingChoice::At(_));
        prop_assert!(pings(of(cached + more)) || !pings(of(cached)));
    }
}
