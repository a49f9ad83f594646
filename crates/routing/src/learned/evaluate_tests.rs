use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::learned::TrainSettings;
use crate::learned::testing::{attempt, attempts};

const WORTH: Worth = Worth { a: 1.0, b: 0.1 };

fn lanes() -> Vec<String> {
    ["fast", "strong"].map(str::to_owned).to_vec()
}

/// Believes that fast is no good, which is wrong for tests.
fn mistaken() -> RouterModel {
    let mut rows = attempts("fast", &[("tests", 0.3), ("feature", 0.3)], 100);
    rows.extend(attempts("strong", &[("tests", 0.8), ("feature", 0.8)], 100));
    RouterModel::train(1, &lanes(), &rows, &TrainSettings::default()).unwrap()
}

/// A log in which fast was drawn once in four, and succeeds with this share at tests; strong with 0.8, costing ten times as much.
fn log(rows: u32, fast: f64, seed: u64) -> Vec<Experience> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..rows)
        .map(|_| {
            let cheap = rng.random::<f64>() < 0.25;
            let (lane, propensity, share) = if cheap { ("fast", 0.25, fast) } else { ("strong", 0.75, 0.8) };
            attempt(lane, "tests", "", rng.random::<f64>() < share).drawn_with(propensity)
        })
        .collect()
}

fn gain(log: &[Experience]) -> Estimate {
    compare(log, &mistaken(), |_| "fast".to_owned(), |_| "strong".to_owned(), WORTH).unwrap()
}

#[test]
fn the_estimate_is_right_although_the_model_is_not() {
    // Fast: 0.9 - 0.01; strong: 0.8 - 0.1. The model believes 0.29 for fast.
    let found = gain(&log(4_000, 0.9, 1));
    assert!((found.gain - 0.19).abs() < 0.04, "{found:?}");
    assert!(found.interval.low < 0.19 && found.interval.high > 0.19);
    assert!((found.candidate - 0.89).abs() < 0.04 && (found.current - 0.70).abs() < 0.03);
}

#[test]
fn the_interval_holds_the_truth_about_as_often_as_it_says() {
    let holds = |seed| {
        let found = gain(&log(400, 0.9, seed));
        found.interval.low <= 0.19 && found.interval.high >= 0.19
    };
    let held = (0..60).filter(|seed| holds(*seed)).count();
    assert!(held >= 52, "{held} of 60");
}

#[test]
fn what_is_shown_to_be_better_is_promoted() {
    let decided = promote(&gain(&log(1_000, 0.9, 2)), &PromotionRules::default());
    assert_eq!(decided.standing, Standing::Serving, "{}", decided.because);
    assert!(decided.because.starts_with("better on what was logged: gain +0."));
}

#[test]
fn what_is_not_better_stays_in_shadow() {
    let decided = promote(&gain(&log(1_000, 0.6, 3)), &PromotionRules::default());
    assert_eq!(decided.standing, Standing::Shadow);
    assert!(decided.because.contains("95.0 % needed"), "{}", decided.because);
}

#[test]
fn too_little_to_go_by_keeps_it_in_shadow_and_says_what_is_missing() {
    let few = promote(&gain(&log(40, 0.9, 4)), &PromotionRules::default());
    assert!(few.because.contains("40 attempts were logged since, 100 are needed"), "{}", few.because);
    // Nothing was explored: its choices never ran, only the model speaks.
    let unexplored: Vec<Experience> = (0..300).map(|at| attempt("strong", "tests", "", at % 5 > 0)).collect();
    let decided = promote(&gain(&unexplored), &PromotionRules::default());
    assert_eq!(decided.standing, Standing::Shadow);
    assert!(decided.because.contains("ran in 0 attempts where it differs"), "{}", decided.because);
}

#[test]
fn two_that_choose_the_same_differ_in_nothing() {
    let same = compare(&log(300, 0.9, 5), &mistaken(), |_| "fast".into(), |_| "fast".into(), WORTH).unwrap();
    assert_eq!((same.differing, same.matched, same.gain), (0, 0, 0.0));
    assert_eq!(promote(&same, &PromotionRules::default()).standing, Standing::Shadow);
    assert_eq!(roll_back(&same, &PromotionRules::default()).standing, Standing::Serving);
}

#[test]
fn what_stops_being_better_is_rolled_back() {
    let rules = PromotionRules::default();
    assert_eq!(roll_back(&gain(&log(1_000, 0.9, 6)), &rules).standing, Standing::Serving);
    let worse = roll_back(&gain(&log(1_000, 0.4, 6)), &rules);
    assert_eq!(worse.standing, Standing::RolledBack);
    assert!(worse.because.starts_with("worse than what it replaced: gain -0."), "{}", worse.because);
    // Not on a handful.
    assert_eq!(roll_back(&gain(&log(30, 0.4, 6)), &rules).standing, Standing::Serving);
}

#[test]
fn a_log_that_cannot_be_used_says_why() {
    let said = |log: &[Experience]| {
        compare(log, &mistaken(), |_| "fast".into(), |_| "strong".into(), WORTH).unwrap_err().to_string()
    };
    assert!(said(&[]).contains("0 rows are too few"));
    assert!(said(&[attempt("fast", "tests", "", true).drawn_with(0.0)]).contains("above 0, at most 1"));
    assert!(said(&[attempt("other", "tests", "", true)]).contains("found other, allowed is fast, strong"));
}
