use proptest::prelude::*;

use super::super::features::tests::{ends, steps};
use super::{BUILTIN, RunModel};
use crate::during::{Checkpoint, Example, Feature, Moment, RunEnd, RunFeatures, StepKind, Stop};

const END: RunEnd = RunEnd {
    stop: Stop::Submitted,
    patch_chars: 3_000,
    asked_chars: Some(10_000),
    seen_chars: Some(150_000),
    output_tokens: Some(8_000),
};

fn forecast(steps: &[StepKind], end: Option<RunEnd>) -> super::Forecast {
    RunModel::builtin().unwrap().forecast(&RunFeatures::of(steps, end), None)
}

/// Runs that fail where nothing reproduces the problem; in `bad` they fail more often.
fn examples(moment: Moment) -> Vec<Example> {
    (0..80_usize)
        .map(|run| {
            let kind = if run % 2 == 0 { StepKind::Idle } else { StepKind::Reproduce };
            let bad = run % 4 < 2;
            Example {
                values: Example::values_at(moment, &[vec![kind; 6], vec![StepKind::Edit; 2 + run % 5]].concat(), END),
                failed: (run % 2 == 0) != (run % 8 == if bad { 1 } else { 4 }),
                repository: if bad { "bad" } else { "good" }.to_owned(),
                other_brain: run % 5 == 0,
            }
        })
        .collect()
}

fn fitted(moment: Moment, features: &[Feature]) -> Checkpoint {
    let examples = examples(moment);
    Checkpoint::fit(moment, &examples.iter().collect::<Vec<_>>(), features, 10.0, true).unwrap()
}

fn small() -> RunModel {
    let looks = [20, 10].map(|steps| fitted(Moment::After(steps), &Feature::SO_FAR)).to_vec();
    RunModel::new("a test".to_owned(), 80, looks, fitted(Moment::End, &Feature::AT_END), 0.97).unwrap()
}

#[test]
fn the_model_that_comes_with_the_program_is_read_and_written_as_it_stands() {
    let model = RunModel::builtin().unwrap();
    assert_eq!(serde_json::to_string(&model).unwrap(), BUILTIN.trim_end());
}

#[test]
fn a_run_that_reproduces_and_checks_is_likelier_to_succeed_than_one_that_does_neither() {
    use StepKind::{Check, Edit, Idle, List, ReadPart, ReadWhole, Reproduce, Search, Submit};
    let good = [Search, ReadPart, ReadPart, Reproduce, Reproduce, ReadPart, Edit, Reproduce, Check, Check].repeat(3);
    let bad = [List, List, ReadWhole, ReadWhole, Idle, ReadWhole, ReadWhole, List, Edit, Edit].repeat(3);
    for count in [10, 15, 22, 30] {
        assert!(forecast(&good[..count], None).failure + 0.05 < forecast(&bad[..count], None).failure, "after {count}");
    }
    let end = |steps: &[StepKind], end| forecast(&[steps, &[Submit]].concat(), Some(end)).failure;
    let large = RunEnd { stop: Stop::CutOff, patch_chars: 60_000, ..END };
    assert!(end(&good, END) + 0.2 < end(&bad, large));
}

#[test]
fn reasons_are_three_at_most_and_name_what_the_run_did() {
    use StepKind::{Idle, List, ReadWhole};
    let forecast = forecast(&[List, ReadWhole, Idle, List, Idle].repeat(4), None);
    assert!((1..=3).contains(&forecast.reasons.len()));
    assert!(forecast.reasons.is_sorted_by(|one, other| one.log_odds >= other.log_odds));
    assert!(forecast.because().contains("40 % of the steps asked for nothing"), "{}", forecast.because());
    assert!(!forecast.because().contains("so far"), "its length says nothing: {}", forecast.because());
}

#[test]
fn a_run_that_left_no_patch_fails_whatever_it_did() {
    let forecast = forecast(&[StepKind::Reproduce, StepKind::Submit], Some(RunEnd { patch_chars: 0, ..END }));
    assert!(forecast.no_patch && forecast.failure > 0.95);
    assert_eq!(forecast.because(), "the run is over and left no patch");
}

#[test]
fn between_two_checkpoints_the_forecast_lies_between_theirs() {
    let model = small();
    let at = |steps: usize| {
        let run = RunFeatures::of(&vec![StepKind::Search; steps], None);
        model.forecast(&run, None).failure
    };
    // The same share of the same kind all along: nothing but the checkpoint differs.
    let (first, last) = (at(10).min(at(20)), at(10).max(at(20)));
    assert!((first..=last).contains(&at(15)), "{first} {} {last}", at(15));
    assert_eq!(at(10), at(9), "before the first it is the first, and a run that goes on is not short");
}

#[test]
fn a_repository_that_fails_more_often_counts_and_an_unknown_one_does_not() {
    let model = small();
    let run = RunFeatures::of(&[StepKind::Reproduce; 12], None);
    let failure = |home| model.forecast(&run, home).failure;
    assert!(failure(Some("bad")) > failure(Some("good")));
    let unknown = failure(Some("never seen"));
    assert!(failure(Some("good")) < unknown && unknown < failure(Some("bad")));
    let reasons = model.forecast(&run, Some("bad")).because();
    assert!(reasons.contains("runs in this repository fail more often"), "{reasons}");
}

#[test]
fn nothing_that_is_known_only_at_the_end_counts_before_it() {
    let steps = [StepKind::Edit; 8];
    let look = fitted(Moment::After(10), &Feature::SO_FAR);
    let odds = |end| look.log_odds(&Example::values_at(Moment::After(10), &steps, end), None);
    assert_eq!(odds(END), odds(RunEnd { stop: Stop::CutOff, patch_chars: 0, ..END }));
}

#[test]
fn a_model_that_does_not_fit_together_is_refused_with_what_is_wrong() {
    let end = || fitted(Moment::End, &Feature::AT_END);
    let look = || fitted(Moment::After(10), &Feature::SO_FAR);
    for (looks, last, share, wrong) in [
        (vec![], end(), 0.9, "at least one checkpoint"),
        (vec![look(), look()], end(), 0.9, "two after as many steps"),
        (vec![look()], look(), 0.9, "looks before the end"),
        (vec![look()], end(), 1.5, "within 0 to 1"),
    ] {
        let error = RunModel::new(String::new(), 1, looks, last, share).unwrap_err().to_string();
        assert!(error.contains(wrong), "{error}");
    }
    let broken = BUILTIN.replacen("\"reproduce_share\",", "", 1);
    assert!(RunModel::from_json(&broken).unwrap_err().to_string().contains("columns"));
    assert!(RunModel::from_json("{}").is_err());
    let newer = BUILTIN.replacen("\"version\":1", "\"version\":2", 1);
    assert!(RunModel::from_json(&newer).unwrap_err().to_string().contains("version 2"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_probability_is_one_after_any_sequence(steps in steps(150), end in prop::option::of(ends())) {
        let model = RunModel::builtin().unwrap();
        let mut run = RunFeatures::default();
        for kind in &steps {
            run.push(*kind);
            prop_assert!((0.0..=1.0).contains(&model.forecast(&run, None).failure));
        }
        if let Some(end) = end {
            run.end(end);
            let forecast = model.forecast(&run, Some("ansible/ansible"));
            prop_assert!((0.0..=1.0).contains(&forecast.failure));
            prop_assert!(forecast.reasons.iter().all(|reason| reason.value.is_finite()));
        }
    }

    #[test]
    fn the_same_run_gives_the_same_forecast(steps in steps(60)) {
        let run = RunFeatures::of(&steps, None);
        let model = RunModel::builtin().unwrap();
        prop_assert_eq!(model.forecast(&run, None), model.forecast(&run.clone(), None));
    }
}
