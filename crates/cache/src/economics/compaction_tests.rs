use proptest::prelude::*;

use super::*;
use crate::economics::samples::*;

const NO_CAPS: Caps = Caps { tier: None, window: 0, quality: None };

fn tripled(prices: &Prices) -> Prices {
    Prices {
        input: prices.input * 3,
        output: prices.output * 3,
        write: prices.write * 3,
        write_long: prices.write_long * 3,
        read: prices.read * 3,
    }
}

#[test]
fn thresholds_are_those_of_the_cost_model() {
    let costing = WindowShape { quality: Usd::from_dollars(0.5), ..SHAPE };
    for (prices, fixed, plain, with_quality) in [
        (FABLE_5_2, 0.50, 153_000.0, 204_000.0),
        (OPUS_5_5, 0.25, 118_000.0, 181_000.0),
        (OPUS_5, 0.31, 93_000.0, 130_000.0),
        (SONNET_5_5, 0.125, 118_000.0, 224_000.0),
        (SOL_6_1, 0.125, 118_000.0, 224_000.0),
        (HAIKU_5_5, 0.006, 93_000.0, 589_000.0),
        (ASTRA_6, 0.63, 93_000.0, 113_000.0),
        (GLM_5_3, 0.064, 71_000.0, 145_000.0),
        (GROK_4_7, 0.09, 65_000.0, 115_000.0),
    ] {
        let found = threshold(&prices, &SHAPE, &NO_CAPS);
        assert!(near(found.fixed.dollars(), fixed, 0.05), "{found:?}");
        assert!(near(found.tokens as f64, plain, 0.02), "{found:?}");
        let dearer = threshold(&prices, &costing, &NO_CAPS);
        assert!(near(dearer.tokens as f64, with_quality, 0.02), "{dearer:?}");
    }
}

#[test]
fn the_threshold_is_where_the_average_call_is_cheapest() {
    // The average over a cycle of N calls: the compaction, and reading what has grown.
    let average = |threshold: f64| {
        let calls = (threshold - SHAPE.base as f64) / SHAPE.per_call as f64;
        let read = OPUS_5_5.read as f64;
        (SHAPE.fixed(&OPUS_5_5) + read * threshold) / calls
            + read * (SHAPE.base as f64 + SHAPE.per_call as f64 * (calls - 1.0) / 2.0)
    };
    let best = threshold(&OPUS_5_5, &SHAPE, &NO_CAPS).tokens as f64;
    for share in [0.7, 0.85, 0.95, 1.05, 1.25, 1.6] {
        assert!(average(best) < average(best * share), "{share}");
    }
    assert!(average(0.7 * best) < 1.3 * average(best), "the optimum is flat");
}

#[test]
fn a_price_tier_the_window_or_quality_holds_the_threshold_down() {
    let costing = WindowShape { quality: Usd::from_dollars(0.5), ..SHAPE };
    let caps = Caps { tier: Some(100_000), window: 200_000, quality: None };
    let found = threshold(&HAIKU_5_5, &costing, &caps);
    assert_eq!((found.tokens, found.capped_by), (95_000, Some(CapKind::Tier)));
    let found = threshold(&HAIKU_5_5, &costing, &Caps { tier: None, ..caps });
    assert_eq!((found.tokens, found.capped_by), (160_000, Some(CapKind::Window)));
    let found = threshold(&HAIKU_5_5, &costing, &Caps { quality: Some(50_000), ..caps });
    assert_eq!((found.tokens, found.capped_by), (50_000, Some(CapKind::Quality)));
    let found = threshold(&HAIKU_5_5, &SHAPE, &caps);
    assert_eq!((found.tokens, found.capped_by), (found.optimum, None), "a cap above the optimum does nothing");
}

#[test]
fn free_reads_never_ask_for_a_compaction_before_the_cap() {
    let free = Prices { read: 0, ..OPUS_5_5 };
    let found = threshold(&free, &SHAPE, &Caps { window: 200_000, ..NO_CAPS });
    assert_eq!((found.tokens, found.capped_by), (160_000, Some(CapKind::Window)));
}

#[test]
fn a_large_context_is_compacted_when_many_calls_follow() {
    // F = 0.25, r K = 0.024, and each call carries 0.018.
    assert!(!compact_now(&OPUS_5_5, &SHAPE, 120_000, 15).pays);
    assert!(compact_now(&OPUS_5_5, &SHAPE, 120_000, 16).pays);
    assert!(!compact_now(&OPUS_5_5, &SHAPE, 30_000, 1_000_000).pays, "nothing to gain right after a compaction");
    assert_eq!(compact_now(&OPUS_5_5, &SHAPE, 150_000, 0).compact, Usd::from_dollars(0.28));
}

#[test]
fn before_a_wait_the_cheapest_way_is_taken() {
    let choice = |chance, pings| before_wait(&OPUS_5_5, &SHAPE, 150_000, chance, pings).choice;
    assert_eq!(choice(1.0, 3), BeforeWait::Ping, "$0.09 against $0.43 and $0.75");
    assert_eq!(choice(1.0, 0), BeforeWait::Compact, "pings are not possible");
    assert_eq!(choice(1.0, 24), BeforeWait::Compact, "too many pings");
    assert_eq!(choice(0.1, 3), BeforeWait::LetExpire, "$0.075 in expectation");
    assert_eq!(choice(0.0, 0), BeforeWait::LetExpire);
    let found = before_wait(&OPUS_5_5, &SHAPE, 150_000, 0.0, 0);
    assert_eq!((found.compact, found.ping), (Usd::from_dollars(0.28), None));
}

#[test]
fn compacting_before_expiry_pays_by_the_published_inequality() {
    for context in [40_000, 80_000, 150_000, 300_000_u64] {
        for chance in [0.1, 0.3, 0.5, 0.9] {
            let found = before_wait(&OPUS_5_5, &SHAPE, context, chance, 0);
            let saved = chance * OPUS_5_5.write as f64 * (context - SHAPE.base) as f64;
            let cost = SHAPE.fixed(&OPUS_5_5) + OPUS_5_5.read as f64 * context as f64;
            assert_eq!(found.choice == BeforeWait::Compact, saved > cost, "{context} {chance}");
        }
    }
}

#[test]
fn a_cold_context_is_summarised_by_the_cheapest_brain() {
    let candidates = [HAIKU_5_5_LARGE, LUNA_6];
    let found = cold_resume(&OPUS_5_5, &candidates, &SHAPE, 150_000, 0);
    assert_eq!(found.choice, ColdChoice::Summarise(1));
    let dollars: Vec<f64> =
        [found.continue_cold, found.own].iter().chain(&found.compact).map(|usd| usd.dollars()).collect();
    for (found, published) in dollars.iter().zip([0.75, 0.90, 0.24, 0.17]) {
        assert!(near(*found, published, 0.02), "{dollars:?}");
    }
    assert_eq!(cold_resume(&OPUS_5_5, &[], &SHAPE, 150_000, 0).choice, ColdChoice::Continue, "nothing follows");
    assert_eq!(cold_resume(&OPUS_5_5, &[], &SHAPE, 150_000, 20).choice, ColdChoice::SummariseOwn, "20 calls carry it");
    let small = cold_resume(&OPUS_5_5, &candidates, &SHAPE, 30_000, 20);
    assert_eq!(small.choice, ColdChoice::Continue, "there is nothing to leave out");
}

#[test]
fn a_size_that_was_given_has_no_numbers_but_itself() {
    let found = Threshold::given(60_000);
    assert_eq!(found.numbers(), BTreeMap::from([("threshold_tokens".to_owned(), 60_000.0)]));
}

#[test]
fn formulas_name_their_numbers() {
    let caps = Caps { window: 200_000, ..NO_CAPS };
    formula_uses_only(Threshold::FORMULA, &threshold(&OPUS_5_5, &SHAPE, &caps).numbers());
    formula_uses_only(Threshold::FORMULA, &threshold(&Prices::default(), &WindowShape::default(), &NO_CAPS).numbers());
    formula_uses_only(CompactNow::FORMULA, &compact_now(&OPUS_5_5, &SHAPE, 150_000, 20).numbers());
    formula_uses_only(WaitChoice::FORMULA, &before_wait(&OPUS_5_5, &SHAPE, 150_000, 0.5, 3).numbers());
    let cold = cold_resume(&OPUS_5_5, &[LUNA_6], &SHAPE, 150_000, 20);
    formula_uses_only(ColdResume::FORMULA, &cold.numbers());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_threshold_is_never_above_a_cap(
        prices in any_prices(), shape in any_shape(), window in 1_u64..1_000_000,
        tier in proptest::option::of(1_u64..1_000_000), quality in proptest::option::of(1_u64..1_000_000),
    ) {
        let found = threshold(&prices, &shape, &Caps { tier, window, quality });
        prop_assert!(found.tokens as f64 <= 0.8 * window as f64);
        prop_assert!(tier.is_none_or(|tier| found.tokens as f64 <= 0.95 * tier as f64));
        prop_assert!(quality.is_none_or(|quality| found.tokens <= quality));
        prop_assert_eq!(found.capped_by.is_some(), found.tokens < found.optimum);
    }

    #[test]
    fn more_remaining_calls_never_make_compacting_pay_less(
        prices in any_prices(), shape in any_shape(), context in 0_u64..1_000_000, calls in 0_u64..500, more in 0_u64..500,
    ) {
        let (few, many) = (compact_now(&prices, &shape, context, calls), compact_now(&prices, &shape, context, calls + more));
        prop_assert!(many.pays || !few.pays);
        prop_assert_eq!(few.compact, many.compact);
        let cold = |calls| cold_resume(&prices, &[LUNA_6], &shape, context.max(shape.base), calls);
        let gain = |found: &ColdResume| found.continue_cold - found.own.min(found.compact[0]);
        prop_assert!(gain(&cold(calls + more)) >= gain(&cold(calls)));
    }

    #[test]
    fn three_times_the_prices_are_three_times_the_dollars_and_the_same_choice(
        prices in any_prices(), shape in any_shape(), context in 0_u64..1_000_000, calls in 0_u64..500,
        quarters in 0_u32..5, pings in 0_u32..20,
    ) {
        let dearer = tripled(&prices);
        let times = |usd: Usd| usd + usd + usd;
        prop_assert_eq!(threshold(&prices, &shape, &NO_CAPS).tokens, threshold(&dearer, &shape, &NO_CAPS).tokens);
        let (one, three) = (compact_now(&prices, &shape, context, calls), compact_now(&dearer, &shape, context, calls));
        prop_assert_eq!((one.pays, times(one.keep), times(one.compact)), (three.pays, three.keep, three.compact));
        let wait = |prices| before_wait(prices, &shape, context, f64::from(quarters) / 4.0, pings);
        prop_assert_eq!(wait(&prices).choice, wait(&dearer).choice);
        let cold = |prices: &Prices| cold_resume(prices, &[*prices], &shape, context, calls);
        prop_assert_eq!(cold(&prices).choice, cold(&dearer).choice);
        prop_assert_eq!(times(cold(&prices).own), cold(&dearer).own);
    }
}
