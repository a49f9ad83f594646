use proptest::prelude::*;

use super::*;
use crate::economics::samples::*;

fn input(from: Prices, to: Prices) -> SwitchInput {
    SwitchInput {
        from,
        to,
        kappa: 1.0,
        context: 80_000,
        per_call: 3_000,
        output: 500,
        remaining_calls: 20,
        warm: true,
        shape: SHAPE,
        static_hit: 0,
    }
}

#[test]
fn calls_to_pay_back_are_those_of_the_cost_model() {
    for (from, to, calls) in [
        (FABLE_5_2, OPUS_5_5, [6, 16, 29]),
        (OPUS_5_5, SONNET_5_5, [5, 9, 13]),
        (OPUS_5_5, SOL_6_1, [5, 9, 13]),
        (OPUS_5_5, V4_PRO, [2, 4, 5]),
        (OPUS_5_5, GLM_5_3, [3, 7, 23]),
        (OPUS_5, SONNET_5, [3, 5, 6]),
        (OPUS_5, HAIKU_4_5, [1, 2, 3]),
        (OPUS_5_5, LUNA_6, [1, 1, 1]),
        (SOL_6_1, LUNA_6, [1, 1, 1]),
    ] {
        let found = [30_000, 80_000, 150_000].map(|context| calls_to_pay_back(&from, &to, 1.0, context, 3_000, 500));
        assert_eq!(found, calls.map(Some));
    }
    assert_eq!(calls_to_pay_back(&OPUS_5_5, &HAIKU_5_5, 1.0, 80_000, 3_000, 500), Some(1));
    assert_eq!(calls_to_pay_back(&OPUS_5_5, &HAIKU_5_5_LARGE, 1.0, 150_000, 3_000, 500), Some(2));
    for context in [30_000, 80_000, 150_000] {
        assert_eq!(calls_to_pay_back(&SONNET_5_5, &OPUS_5_5, 1.0, context, 3_000, 500), None, "up never pays back");
    }
}

#[test]
fn at_a_compaction_a_cheap_brain_is_free_and_a_dear_one_costs_the_difference_in_writes() {
    let down = switch_cost(&input(OPUS_5_5, HAIKU_5_5));
    assert!(down.at_compaction < Usd::ZERO, "{down:?}");
    // Both find their static prefix cached: only the rest is written.
    let up = switch_cost(&SwitchInput { static_hit: 20_000, ..input(SONNET_5_5, OPUS_5_5) });
    assert_eq!(up.at_compaction, Usd::from_dollars(0.025 + 0.002), "(w_B - w_A)(S - K0) and dearer reads of K0");
    let cold_start = switch_cost(&input(SONNET_5_5, OPUS_5_5));
    assert_eq!(cold_start.at_compaction, Usd::from_dollars(0.15 - 0.025 - 0.002));
}

#[test]
fn a_neighbour_one_step_down_has_to_be_used_half_as_long_again_as_it_takes_to_pay_back() {
    let found = switch_cost(&input(OPUS_5_5, SONNET_5_5));
    // Summary 0.10, opening 0.075, reading again 0.05; the read of the old context is paid either way.
    assert_eq!(found.now, Usd::from_dollars(0.225));
    assert_eq!(found.pays_back_after, Some(10));
    let during = |remaining_calls| switch_cost(&SwitchInput { remaining_calls, ..input(OPUS_5_5, SONNET_5_5) });
    let (short, longer) = (during(15), during(16));
    assert!(!short.pays && short.saved > Usd::ZERO, "a gain, but within the margin: {short:?}");
    assert_eq!((longer.pays, longer.rule), (true, Some(SwitchRule::PaysBack)));
}

#[test]
fn the_cheap_tier_is_free_to_open_and_pays_as_soon_as_the_summary_is_paid() {
    let found = switch_cost(&input(OPUS_5_5, HAIKU_5_5));
    assert_eq!((found.pays, found.rule), (true, Some(SwitchRule::CheaperThanARead)));
    let calls = found.pays_back_after.unwrap();
    let at = |remaining_calls| switch_cost(&SwitchInput { remaining_calls, ..input(OPUS_5_5, HAIKU_5_5) }).pays;
    assert!(!at(0) && !at(calls - 1) && at(calls));
}

#[test]
fn a_cold_cache_is_the_moment_to_switch() {
    let short = SwitchInput { remaining_calls: 1, ..input(OPUS_5_5, SONNET_5_5) };
    assert!(!switch_cost(&short).pays);
    let cold = switch_cost(&SwitchInput { warm: false, ..short });
    assert_eq!((cold.pays, cold.rule), (true, Some(SwitchRule::Cold)));
    assert!(cold.now < Usd::ZERO, "staying would write 80,000 tokens at the dear price: {cold:?}");
}

#[test]
fn more_tokens_of_the_new_tokenizer_make_a_switch_dearer() {
    let same = switch_cost(&input(OPUS_5_5, SONNET_5_5));
    let more = switch_cost(&SwitchInput { kappa: 1.3, ..input(OPUS_5_5, SONNET_5_5) });
    assert!(more.now > same.now && more.at_compaction > same.at_compaction && more.saved < same.saved);
}

#[test]
fn the_formula_names_its_numbers() {
    formula_uses_only(SwitchCost::FORMULA, &switch_cost(&input(OPUS_5_5, SONNET_5_5)).numbers());
    let never = switch_cost(&SwitchInput { context: 30_000, ..input(SONNET_5_5, OPUS_5_5) });
    assert_eq!((never.pays_back_after, never.numbers().contains_key("pays_back_calls")), (None, false));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_switch_that_pays_is_a_gain(
        from in any_prices(), to in any_prices(), shape in any_shape(), context in 0_u64..500_000,
        calls in 0_u64..200, warm: bool, percent in 70_u32..160,
    ) {
        let kappa = f64::from(percent) / 100.0;
        let input = SwitchInput { shape, context, remaining_calls: calls, warm, kappa, ..input(from, to) };
        let found = switch_cost(&input);
        prop_assert_eq!(found.pays, found.rule.is_some());
        prop_assert!(!found.pays || (found.saved >= Usd::ZERO && found.pays_back_after.is_some_and(|after| after <= calls)));
    }

    #[test]
    fn the_same_brain_at_a_compaction_costs_nothing_more(prices in any_prices(), shape in any_shape()) {
        let found = switch_cost(&SwitchInput { shape, static_hit: shape.static_tokens, ..input(prices, prices) });
        prop_assert_eq!(found.at_compaction, Usd::ZERO);
    }
}

#[test]
fn what_stays_of_a_short_prompt_is_no_more_than_the_prompt_in_the_numbers_too() {
    let shape = WindowShape { static_tokens: SHAPE.base + 500, ..SHAPE };
    let numbers = switch_cost(&SwitchInput { shape, ..input(SONNET_5_5, OPUS_5_5) }).numbers();
    assert_eq!(numbers["static_tokens"], numbers["base_tokens"]);
}
