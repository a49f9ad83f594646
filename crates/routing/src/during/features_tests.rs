use proptest::prelude::*;

use super::{RunEnd, RunFeatures, Stop};
use crate::during::{Feature, StepKind};

pub(in crate::during) fn steps(most: usize) -> impl Strategy<Value = Vec<StepKind>> {
    prop::collection::vec(prop::sample::select(StepKind::ALL.to_vec()), 0..most)
}

pub(in crate::during) fn ends() -> impl Strategy<Value = RunEnd> {
    let stops = prop::sample::select(vec![Stop::Submitted, Stop::ContextFull, Stop::CutOff]);
    (stops, any::<u64>(), any::<Option<u64>>(), any::<Option<u64>>(), any::<Option<u64>>()).prop_map(
        |(stop, patch_chars, asked_chars, seen_chars, output_tokens)| RunEnd {
            stop,
            patch_chars,
            asked_chars,
            seen_chars,
            output_tokens,
        },
    )
}

fn value(steps: &[StepKind], feature: Feature) -> f64 {
    feature.of(&RunFeatures::of(steps, None))
}

/// What the state must say, counted from the whole sequence.
fn from_scratch(steps: &[StepKind], feature: Feature) -> Option<f64> {
    let edit = |kind: &StepKind| matches!(kind, StepKind::Edit | StepKind::ScriptEdit);
    let tries = |kind: &StepKind| matches!(kind, StepKind::Check | StepKind::Reproduce);
    let total = steps.len().max(1) as f64;
    let last = steps.iter().rposition(edit);
    let after = &steps[last.map_or(0, |last| last + 1)..];
    let lately = &steps[steps.len().saturating_sub(10)..];
    let count = |some: &[StepKind], of: &dyn Fn(&StepKind) -> bool| some.iter().filter(|kind| of(kind)).count() as f64;
    Some(match feature {
        Feature::EditShare => count(steps, &edit) / total,
        Feature::EditLately => count(lately, &edit) / 10.0,
        Feature::CheckLately => count(lately, &tries) / 10.0,
        Feature::FirstEdit => steps.iter().position(edit).map_or(1.0, |first| first as f64 / total),
        Feature::Unchecked => {
            let since = steps.iter().rposition(tries).map_or(0, |last| last + 1);
            count(&steps[since..], &edit).ln_1p()
        }
        Feature::ChecksSinceEdit => count(after, &tries).ln_1p(),
        Feature::LastEdit => last.map_or(0.0, |last| (last + 1) as f64 / total),
        Feature::SinceEdit => (after.len() as f64).ln_1p(),
        Feature::TriedAfterEdit => steps.iter().position(edit).map_or(0.0, |first| {
            let tried = |kind: &StepKind| tries(kind) || *kind == StepKind::WriteTest;
            count(&steps[first..], &tried) / (steps.len() - first) as f64
        }),
        Feature::Length => total.ln(),
        _ => return None,
    })
}

#[test]
fn edits_without_a_check_are_counted_until_one_comes() {
    use StepKind::{Check, Edit, Reproduce, ScriptEdit};
    assert_eq!(value(&[Edit, ScriptEdit], Feature::Unchecked), 2_f64.ln_1p());
    assert_eq!(value(&[Edit, Check, Edit], Feature::Unchecked), 1_f64.ln_1p());
    assert_eq!(value(&[Edit, Edit, Reproduce], Feature::Unchecked), 0.0);
    assert_eq!(value(&[Check, Edit, Check, Check], Feature::ChecksPerEdit), 3.0);
}

#[test]
fn a_run_of_nothing_has_a_value_for_everything_that_is_known_while_it_goes_on() {
    for feature in Feature::ALL {
        assert_eq!(value(&[], feature).is_finite(), feature.is_known_during(), "{feature:?}");
    }
}

#[test]
fn what_is_only_known_at_the_end_is_known_then() {
    let end = RunEnd {
        stop: Stop::Submitted,
        patch_chars: 20_000,
        asked_chars: Some(1),
        seen_chars: Some(2),
        output_tokens: Some(3),
    };
    let over = RunFeatures::of(&[StepKind::Edit, StepKind::Check, StepKind::Submit], Some(end));
    for (feature, value) in Feature::ALL.into_iter().zip(over.vector()) {
        assert!(value.is_finite(), "{feature:?}");
    }
    assert_eq!(Feature::FinishedChecked.of(&over), 1.0);
    assert_eq!(Feature::LargePatch.of(&over), 1.0);
    assert_eq!(Feature::CutShort.of(&over), 0.0);
    let cut = RunFeatures::of(&[StepKind::Edit], Some(RunEnd { stop: Stop::CutOff, seen_chars: None, ..end }));
    assert_eq!((Feature::CutShort.of(&cut), Feature::FinishedChecked.of(&cut)), (1.0, 0.0));
    assert!(Feature::Seen.of(&cut).is_nan(), "not known");
}

#[test]
fn steps_after_the_end_count_no_more() {
    let end = RunEnd { stop: Stop::CutOff, patch_chars: 1, asked_chars: None, seen_chars: None, output_tokens: None };
    let mut run = RunFeatures::of(&[StepKind::Edit], Some(end));
    run.push(StepKind::Check);
    assert_eq!(run.steps(), 1);
}

#[test]
fn a_person_reads_what_was_counted() {
    use StepKind::{Edit, Idle, Search};
    let said = |steps: &[StepKind], feature: Feature| feature.in_words(value(steps, feature));
    assert_eq!(said(&[Edit], Feature::Unchecked), "1 edit since the last check");
    assert_eq!(said(&[Edit, Edit], Feature::Unchecked), "2 edits since the last check");
    assert_eq!(said(&[Search], Feature::FirstEdit), "no edit yet");
    assert_eq!(said(&[Search, Edit], Feature::FirstEdit), "the first edit came after 50 % of the steps");
    assert_eq!(said(&[Search, Idle, Idle, Idle], Feature::IdleShare), "75 % of the steps asked for nothing");
    assert_eq!(said(&[Search; 7], Feature::Length), "7 steps so far");
    assert_eq!(said(&[Edit; 12], Feature::EditLately), "10 of the last ten steps edited");
}

#[test]
fn places_of_features_are_their_places_in_the_list() {
    for (place, feature) in Feature::ALL.into_iter().enumerate() {
        assert_eq!(feature as usize, place, "{feature:?}");
    }
    assert!(Feature::SO_FAR.iter().all(|feature| feature.is_known_during()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn step_by_step_is_the_same_as_counted_from_the_whole(steps in steps(80)) {
        let run = RunFeatures::of(&steps, None);
        for feature in Feature::ALL {
            if let Some(wanted) = from_scratch(&steps, feature) {
                let found = feature.of(&run);
                prop_assert!((found - wanted).abs() < 1e-12, "{feature:?}: {found}, counted {wanted}");
            }
        }
    }

    #[test]
    fn a_run_that_was_stored_in_between_goes_on_as_if_it_had_not_been(steps in steps(60), cut in 0_usize..60) {
        let (before, after) = steps.split_at(cut.min(steps.len()));
        let text = serde_json::to_string(&RunFeatures::of(before, None)).unwrap();
        let mut run: RunFeatures = serde_json::from_str(&text).unwrap();
        for kind in after {
            run.push(*kind);
        }
        prop_assert_eq!(run, RunFeatures::of(&steps, None));
    }

    #[test]
    fn shares_are_shares_whatever_happens(steps in steps(80), end in ends()) {
        let run = RunFeatures::of(&steps, Some(end));
        for feature in [Feature::ReproduceShare, Feature::IdleShare, Feature::FailedLately, Feature::FirstEdit,
            Feature::LastEdit, Feature::TriedAfterEdit, Feature::Short, Feature::Edited] {
            prop_assert!((0.0..=1.0).contains(&feature.of(&run)), "{feature:?}");
        }
    }
}
