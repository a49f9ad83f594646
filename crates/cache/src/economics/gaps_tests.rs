use proptest::prelude::*;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn the_prior_is_what_was_measured_with_never_beside_it() {
    let gaps = Gaps::prior();
    for (minutes, ended) in [(2, 0.48), (5, 0.736), (10, 0.858), (60, 0.974)] {
        let found = gaps.chance_within(Duration::ZERO, MINUTE * minutes);
        assert!((found - 0.95 * ended).abs() < 0.001, "{minutes} min: {found}");
    }
    assert!((gaps.chance_ever_after(Duration::ZERO) - 0.95).abs() < 1e-9);
}

#[test]
fn the_longer_nobody_comes_the_less_likely_anybody_will() {
    let gaps = Gaps::prior();
    let soon = |minutes| gaps.chance_within(MINUTE * minutes, MINUTE * 5);
    assert!(soon(1) > soon(10) && soon(10) > soon(40));
    assert!(gaps.chance_ever_after(MINUTE * 60) < 0.4);
    assert_eq!(gaps.chance_ever_after(MINUTE * 60 * 24), 0.0);
    assert_eq!(gaps.chance_within(MINUTE * 60 * 48, MINUTE), 0.0);
}

#[test]
fn observed_gaps_count_beside_the_prior() {
    let mut gaps = Gaps::prior();
    let before = gaps.chance_within(MINUTE * 30, MINUTE * 30);
    for _ in 0..20 {
        gaps.observe(MINUTE * 45);
    }
    let after = gaps.chance_within(MINUTE * 30, MINUTE * 30);
    assert!(before < 0.4 && after > 0.9, "{before} {after}");
    assert!((gaps.chance_ever_after(Duration::ZERO) - 0.975).abs() < 1e-9, "twenty that ended halve never");
    assert_eq!(gaps.observed(), 20);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn chances_are_chances_and_grow_with_the_window(
        observed in proptest::collection::vec(0_u64..200_000, 0..30), waited in 0_u64..200_000,
        window in 0_u64..200_000, more in 0_u64..200_000,
    ) {
        let mut gaps = Gaps::prior();
        observed.into_iter().for_each(|seconds| gaps.observe(Duration::from_secs(seconds)));
        let waited = Duration::from_secs(waited);
        let within = |seconds| gaps.chance_within(waited, Duration::from_secs(seconds));
        prop_assert!((0.0..=1.0).contains(&within(window)));
        prop_assert!(within(window) <= within(window + more) + 1e-12);
        prop_assert!(within(window + more) <= gaps.chance_ever_after(waited) + 1e-12);
    }
}
