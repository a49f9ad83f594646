use proptest::prelude::*;

use super::{Cause, Escalation, EscalationRule};
use crate::during::Forecast;

const RULE: EscalationRule = EscalationRule { from: 0.7, until: 0.5, min_steps: 10 };

fn forecast(steps: u32, failure: f64) -> Forecast {
    Forecast { steps, failure, no_patch: false, over: false, reasons: Vec::new() }
}

#[test]
fn it_is_wanted_from_the_limit_on_and_until_the_lower_one() {
    let mut escalation = Escalation::default();
    let told: Vec<(bool, bool)> = [0.69, 0.7, 0.6, 0.5, 0.49, 0.6]
        .into_iter()
        .map(|failure| {
            let wish = escalation.observe(&RULE, &forecast(20, failure));
            (wish.cause.is_some(), wish.changed)
        })
        .collect();
    assert_eq!(told, [(false, false), (true, true), (true, false), (true, false), (false, true), (false, false)]);
}

#[test]
fn a_young_run_is_left_alone_but_one_that_is_over_is_not() {
    let mut escalation = Escalation::default();
    let wish = escalation.observe(&RULE, &forecast(9, 0.99));
    assert_eq!((wish.cause, wish.because.as_str()), (None, "9 steps are too few to say, 10 are needed"));
    let over = Forecast { over: true, ..forecast(9, 0.99) };
    assert_eq!(escalation.observe(&RULE, &over).cause, Some(Cause::LikelyToFail));
}

#[test]
fn no_patch_at_the_end_is_enough_whatever_the_rule_says() {
    let never = EscalationRule { from: 1.0, until: 1.0, min_steps: 1_000 };
    let nothing = Forecast { over: true, no_patch: true, ..forecast(3, 0.9) };
    let wish = Escalation::default().observe(&never, &nothing);
    assert_eq!((wish.cause, wish.because.as_str()), (Some(Cause::NoPatch), "the run is over and left no patch"));
}

#[test]
fn a_rule_whose_numbers_make_no_sense_is_refused() {
    assert!(RULE.check().is_ok());
    for (from, until, wrong) in [(1.1, 0.5, "from"), (f64::NAN, 0.5, "from"), (0.5, 0.6, "until"), (0.5, -0.1, "until")]
    {
        let error = EscalationRule { from, until, ..RULE }.check().unwrap_err().to_string();
        assert!(error.starts_with(wrong), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_higher_probability_all_along_never_wants_less(
        run in prop::collection::vec((0.0_f64..=1.0, 0.0_f64..=0.3), 1..40),
    ) {
        let (mut low, mut high) = (Escalation::default(), Escalation::default());
        for (step, (failure, more)) in run.into_iter().enumerate() {
            let one = low.observe(&RULE, &forecast(step as u32, failure));
            let other = high.observe(&RULE, &forecast(step as u32, (failure + more).min(1.0)));
            prop_assert!(one.cause.is_none() || other.cause.is_some());
        }
    }
}
