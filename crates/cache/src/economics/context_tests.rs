use proptest::prelude::*;

use super::*;
use crate::economics::samples::*;

/// A specialist on `prices` with 60,000 tokens beyond its harness, and work of eight calls.
fn input(prices: Prices, useful: u64, warm: bool) -> ContextInput {
    ContextInput {
        prices,
        fresh_prices: None,
        held: 72_000,
        useful,
        calls: 8,
        warm,
        harness: 12_000,
        harness_warm: true,
        output_per_token: 0.16,
    }
}

#[test]
fn the_share_from_which_keeping_pays_is_that_of_the_cost_model() {
    for (prices, warm, cold) in [
        (OPUS_5_5, 0.16, 0.65),
        (SONNET_5_5, 0.16, 0.65),
        (HAIKU_5_5, 0.28, 0.68),
        (LUNA_6, 0.28, 0.68),
        (V4_FLASH, 0.09, 0.63),
    ] {
        let share = |warm| keep_context(&input(prices, 0, warm)).break_even_share;
        assert!((share(true) - warm).abs() < 0.006, "{prices:?} {}", share(true));
        assert!((share(false) - cold).abs() < 0.006, "{prices:?} {}", share(false));
    }
}

#[test]
fn a_context_is_kept_from_that_share_on() {
    let keeps = |useful, warm| keep_context(&input(HAIKU_5_5, useful, warm)).keep;
    assert!(!keeps(16_000, true) && keeps(17_500, true), "28 % of 60,000 are 16,800");
    assert!(!keeps(17_500, false), "cold, two thirds have to be useful");
    assert!(!keeps(40_000, false) && keeps(42_000, false));
}

#[test]
fn a_context_of_the_harness_alone_is_kept() {
    let found = keep_context(&ContextInput { held: 12_000, ..input(HAIKU_5_5, 0, true) });
    assert!(found.keep);
    assert_eq!(found.keep_usd, found.fresh_usd);
    assert_eq!((found.useful_share, found.keep_usd), (0.0, Usd::from_picos(8 * 12_000 * HAIKU_5_5.read)));
}

#[test]
fn a_context_that_would_cross_a_price_tier_has_to_be_more_useful() {
    let useful = 30_000;
    assert!(keep_context(&input(HAIKU_5_5, useful, true)).keep);
    let crossing =
        ContextInput { prices: HAIKU_5_5_LARGE, fresh_prices: Some(HAIKU_5_5), ..input(HAIKU_5_5, useful, true) };
    assert!(!keep_context(&crossing).keep);
}

#[test]
fn four_agents_that_start_one_after_the_other_save_what_the_cost_model_says() {
    let found = fan_out(&OPUS_5_5, 4, 40_000);
    assert_eq!((found.together, found.staggered), (Usd::from_dollars(0.8), Usd::from_dollars(0.224)));
    assert_eq!(staggered_saving(&OPUS_5_5, 4, 40_000), Usd::from_dollars(0.576));
    assert_eq!(staggered_saving(&OPUS_5_5, 1, 40_000), Usd::ZERO);
    assert_eq!(staggered_saving(&OPUS_5_5, 0, 40_000), Usd::ZERO);
}

#[test]
fn formulas_name_their_numbers() {
    formula_uses_only(ContextChoice::FORMULA, &keep_context(&input(OPUS_5_5, 10_000, false)).numbers());
    formula_uses_only(ContextChoice::FORMULA, &keep_context(&input(Prices::default(), 10_000, false)).numbers());
    formula_uses_only(FanOut::FORMULA, &fan_out(&OPUS_5_5, 4, 40_000).numbers());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn more_that_is_useful_never_speaks_against_keeping(
        prices in any_prices(), held in 0_u64..500_000, useful in 0_u64..500_000, more in 0_u64..500_000,
        calls in 1_u64..50, warm: bool, harness in 0_u64..50_000,
    ) {
        let of = |useful| keep_context(&ContextInput { held, calls, harness, ..input(prices, useful, warm) });
        prop_assert!(of(useful + more).keep || !of(useful).keep);
    }

    #[test]
    fn warm_is_never_dearer_than_cold(prices in any_prices(), useful in 0_u64..60_000, calls in 1_u64..50) {
        let of = |warm| keep_context(&ContextInput { calls, ..input(prices, useful, warm) });
        prop_assert!(of(true).keep_usd <= of(false).keep_usd);
        prop_assert_eq!(of(true).fresh_usd, of(false).fresh_usd);
    }

    #[test]
    fn staggering_never_costs(prices in any_prices(), agents in 0_u64..50, prefix in 0_u64..100_000) {
        prop_assert!(staggered_saving(&prices, agents, prefix) >= Usd::ZERO);
    }
}
