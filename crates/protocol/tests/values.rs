//! Money, usage and the manual clock: as sentences.

use std::time::Duration;

use proptest::prelude::*;
use protocol::{Clock, ManualClock, Timestamp, Usage, Usd};

#[test]
fn small_amounts_show_enough_digits_to_be_told_apart() {
    let shown = |dollars: f64| Usd::from_dollars(dollars).to_string();
    assert_eq!([shown(0.0), shown(0.0009), shown(0.0123), shown(12.345)], ["$0.00", "$0.000900", "$0.0123", "$12.35"]);
    assert_eq!(Usd::from_dollars(-0.5).to_string(), "-$0.5000");
}

#[test]
fn the_prompt_is_everything_that_was_sent_whatever_it_cost() {
    let usage = Usage { input: 1, cache_read: 6, cache_write_short: 2, cache_write_long: 3, output: 9, reasoning: 4 };
    assert_eq!((usage.prompt(), usage.cache_write(), usage.hit_rate()), (12, 5, 0.5));
    assert_eq!((Usage::default().hit_rate(), (usage + usage).prompt()), (0.0, 24));
}

#[test]
fn a_manual_clock_wakes_its_sleepers_and_a_jumping_one_never_waits() {
    let clock = ManualClock::new(Timestamp(1_000));
    let mut sleeping = std::pin::pin!(clock.sleep(Duration::from_secs(2)));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(sleeping.as_mut().poll(&mut context).is_pending());
    clock.advance(Duration::from_secs(2));
    assert!(sleeping.as_mut().poll(&mut context).is_ready());
    let jumping = ManualClock::jumping(Timestamp(0));
    assert!(std::pin::pin!(jumping.sleep(Duration::from_secs(9))).poll(&mut context).is_ready());
    assert_eq!(jumping.now(), Timestamp(9_000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_amount_survives_json_exactly(picos in -4_000_000_000_000_000_i64..4_000_000_000_000_000) {
        let amount = Usd::from_picos(picos);
        let back: Usd = serde_json::from_str(&serde_json::to_string(&amount).unwrap()).unwrap();
        prop_assert_eq!(back, amount);
    }
}
