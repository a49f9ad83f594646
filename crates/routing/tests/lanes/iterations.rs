//! Caps on steps as a policy writes them, and the fixed threshold of a published policy.

use routing::{Iterations, Policy};

use crate::{load, says};

#[test]
fn caps_of_the_built_in_policy_leave_a_team_its_own_limits_and_those_of_a_file_hold() {
    assert_eq!(Policy::builtin().iterations, Iterations::BUILT_IN);
    assert_eq!((Iterations::BUILT_IN.of_main(), Iterations::BUILT_IN.of_specialist()), (None, None));
    let own = load("iterations: {main: 6}\n").iterations;
    assert_eq!((own.of_main(), own.of_specialist()), (Some(6), None));
}

#[test]
fn t25_a_cap_of_none_is_refused() {
    for field in ["delegation", "main"] {
        says(
            &format!("iterations: {{{field}: 0}}\n"),
            &["policy.yaml:1:", &format!("iterations.{field}: 0"), "1 to 1000"],
        );
        says(&format!("iterations: {{{field}: -1}}\n"), &["`-1`", "a whole number"]);
    }
}

#[test]
fn t27_below_the_fixed_threshold_nothing_is_compacted_and_at_it_something_is() {
    let fixed = load("compaction: {fixed_tokens: 8000}\n").compaction;
    assert_eq!([7_999, 8_000, 8_001].map(|tokens| fixed.is_due(tokens)), [false, true, true]);
    assert!(!Policy::builtin().compaction.is_due(u64::MAX), "ours go by prices");
}
