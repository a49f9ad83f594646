//! Caps on steps, and the fixed threshold of a published policy.

use routing::{Iterations, Policy, Progress};

use crate::{load, says};

#[test]
fn t24_complete_in_the_last_step_is_in_time_and_not_complete_after_it_is_a_persons() {
    let cap = Policy::builtin().iterations.delegation;
    assert_eq!(cap, 15);
    assert_eq!(Iterations::progress(cap, 15, true), Progress::Complete);
    assert_eq!(Iterations::progress(cap, 14, false), Progress::GoOn);
    assert_eq!(Iterations::progress(cap, 15, false), Progress::IterationLimit);
    assert_eq!(Iterations::progress(cap, 16, true), Progress::IterationLimit);
}

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
    // Steps of the model are what is counted: a step has as many tool calls as it likes.
    assert_eq!(Iterations::progress(1, 1, true), Progress::Complete);
}

#[test]
fn t26_a_further_delegation_of_the_same_task_goes_on_counting() {
    let cap = Policy::builtin().iterations.delegation;
    let delegations = [6, 6, 3];
    let mut steps = 0;
    let ended: Vec<Progress> = delegations
        .iter()
        .map(|more| {
            steps += more;
            Iterations::progress(cap, steps, false)
        })
        .collect();
    assert_eq!(ended, [Progress::GoOn, Progress::GoOn, Progress::IterationLimit]);
}

#[test]
fn t27_below_the_fixed_threshold_nothing_is_compacted_and_at_it_something_is() {
    let fixed = load("compaction: {fixed_tokens: 8000}\n").compaction;
    assert_eq!([7_999, 8_000, 8_001].map(|tokens| fixed.is_due(tokens)), [false, true, true]);
    assert!(!Policy::builtin().compaction.is_due(u64::MAX), "ours go by prices");
}
