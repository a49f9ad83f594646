//! Prices for the tests: dollars per million tokens, as the vendors' lists had them in November 2026.

use proptest::prelude::*;

use super::Prices;
use super::compaction::WindowShape;

pub(super) const FABLE_5_2: Prices = price([8.0, 40.0, 10.0, 16.0, 0.2]);
pub(super) const OPUS_5_5: Prices = price([4.0, 20.0, 5.0, 8.0, 0.2]);
pub(super) const OPUS_5: Prices = price([5.0, 25.0, 6.25, 10.0, 0.5]);
pub(super) const SONNET_5_5: Prices = price([2.0, 10.0, 2.5, 4.0, 0.1]);
pub(super) const SONNET_5: Prices = price([2.0, 10.0, 2.5, 4.0, 0.2]);
pub(super) const HAIKU_5_5: Prices = price([0.1, 0.5, 0.125, 0.2, 0.01]);
/// Above 100,000 tokens.
pub(super) const HAIKU_5_5_LARGE: Prices = price([0.5, 2.5, 0.625, 1.0, 0.05]);
pub(super) const HAIKU_4_5: Prices = price([1.0, 5.0, 1.25, 2.0, 0.1]);
pub(super) const SOL_6_1: Prices = price([2.0, 10.0, 2.5, 5.0, 0.1]);
pub(super) const LUNA_6: Prices = price([0.1, 0.5, 0.125, 0.25, 0.01]);
pub(super) const ASTRA_6: Prices = price([10.0, 50.0, 12.5, 25.0, 1.0]);
pub(super) const GPT_5_5: Prices = price([5.0, 30.0, 5.0, 5.0, 0.5]);
pub(super) const V4_PRO: Prices = price([1.32, 3.96, 1.32, 1.32, 0.044]);
pub(super) const V4_FLASH: Prices = price([0.3, 1.2, 0.3, 0.3, 0.006]);
pub(super) const GLM_5_3: Prices = price([1.4, 4.4, 1.4, 1.4, 0.26]);
pub(super) const GROK_4_7: Prices = price([2.0, 6.0, 2.0, 2.0, 0.5]);

/// Input, output, short write, long write, read.
const fn price(dollars: [f64; 5]) -> Prices {
    // Half a picodollar against numbers that binary fractions do not hold.
    const fn picos(dollars: f64) -> i64 {
        (dollars * 1e6 + 0.5) as i64
    }
    Prices {
        input: picos(dollars[0]),
        output: picos(dollars[1]),
        write: picos(dollars[2]),
        write_long: picos(dollars[3]),
        read: picos(dollars[4]),
    }
}

/// The window of the worked tables: 3,000 tokens per call, 30,000 after a compaction, 20,000 of them static.
pub(super) const SHAPE: WindowShape = WindowShape {
    static_tokens: 20_000,
    base: 30_000,
    per_call: 3_000,
    summary_output: 5_000,
    reacquired: 20_000,
    quality: protocol::Usd::ZERO,
};

/// Prices in the order that all lists have: reads cheapest, then input, short and long writes.
pub(super) fn any_prices() -> impl Strategy<Value = Prices> {
    (1_i64..20_000_000, 1_i64..60, 1_i64..8, 100_i64..201).prop_map(|(input, cheaper, dearer, write)| {
        let write = input * write / 100;
        Prices { input, output: input * dearer, write, write_long: write * 2, read: (input / cheaper).max(1) }
    })
}

pub(super) fn any_shape() -> impl Strategy<Value = WindowShape> {
    (0_u64..40_000, 0_u64..40_000, 1_u64..20_000, 0_u64..10_000, 0_u64..40_000).prop_map(
        |(static_tokens, rest, per_call, summary_output, reacquired)| WindowShape {
            static_tokens,
            base: static_tokens + rest,
            per_call,
            summary_output,
            reacquired,
            quality: protocol::Usd::ZERO,
        },
    )
}

/// Every name with a unit in a formula is among the numbers, so that a reader can put them in.
pub(super) fn formula_uses_only(formula: &str, numbers: &std::collections::BTreeMap<String, f64>) {
    let units = ["_tokens", "_usd", "_ms", "_calls", "_share"];
    let names = formula.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let named: Vec<&str> = names.filter(|name| units.iter().any(|unit| name.ends_with(unit))).collect();
    assert!(named.len() > 2, "no names in `{formula}`");
    for name in named {
        assert!(numbers.contains_key(name), "`{name}` of the formula is not in {:?}", numbers.keys());
    }
    assert!(numbers.values().all(|value| value.is_finite()), "{numbers:?}");
}

/// Within this share of what the cost model's tables say.
pub(super) fn near(found: f64, expected: f64, share: f64) -> bool {
    (found - expected).abs() <= expected.abs() * share
}
