use super::*;
use crate::learned::testing::{attempt, attempts};

#[test]
fn a_lane_without_attempts_says_a_half_and_that_it_does_not_know() {
    let model = LaneModel::train("fast", &[], &TrainSettings::default()).unwrap();
    let said = model.predict(&[], "");
    assert!((said.success - 0.5).abs() < 1e-12 && said.deviation > 1.9, "{said:?}");
    assert_eq!(model.evidence, Evidence::default());
}

#[test]
fn with_few_attempts_the_share_of_successes_is_said() {
    let rows: Vec<_> = (0..10).map(|at| attempt("fast", "tests", "", at < 8)).collect();
    let model = LaneModel::train("fast", &rows.iter().collect::<Vec<_>>(), &TrainSettings::default()).unwrap();
    let said = model.predict(rows[0].features.as_slice(), "tests");
    assert!(!said.by_features);
    assert!((said.success - 8.5 / 11.0).abs() < 1e-12, "{said:?}");
    assert_eq!(model.evidence.success, Some(0.8));
}

#[test]
fn a_lane_in_which_everything_succeeds_is_no_error() {
    let rows: Vec<_> = (0..100).map(|_| attempt("fast", "tests", "", true)).collect();
    let model = LaneModel::train("fast", &rows.iter().collect::<Vec<_>>(), &TrainSettings::default()).unwrap();
    let said = model.predict(rows[0].features.as_slice(), "tests");
    assert!(said.success > 0.99 && said.success < 1.0);
    assert!(!model.evidence.signal);
}

#[test]
fn where_the_type_of_task_decides_the_features_have_signal_and_the_probabilities_are_right() {
    // Nine tests in ten succeed, two features in ten.
    let rows = attempts("fast", &[("tests", 0.9), ("feature", 0.2)], 100);
    let model = LaneModel::train("fast", &rows.iter().collect::<Vec<_>>(), &TrainSettings::default()).unwrap();
    assert!(model.evidence.signal && model.evidence.auc.unwrap() > 0.8, "{:?}", model.evidence);
    let of = |kind: &str| model.predict(attempt("fast", kind, "", true).features.as_slice(), kind);
    assert!((of("tests").success - 0.9).abs() < 0.04, "{:?}", of("tests"));
    assert!((of("feature").success - 0.2).abs() < 0.04, "{:?}", of("feature"));
    // Never seen: near the average, and less certain.
    let unknown = of("architecture");
    assert!(unknown.success > 0.3 && unknown.success < 0.8 && unknown.deviation > of("tests").deviation, "{unknown:?}");
}

#[test]
fn where_nothing_decides_the_lane_stands_for_its_share() {
    let rows = attempts("fast", &[("tests", 0.5), ("feature", 0.5)], 100);
    let model = LaneModel::train("fast", &rows.iter().collect::<Vec<_>>(), &TrainSettings::default()).unwrap();
    assert!(!model.evidence.signal, "{:?}", model.evidence);
    let said = model.predict(rows[0].features.as_slice(), "tests");
    assert!(!said.by_features && (said.success - 0.5).abs() < 0.01);
}

#[test]
fn costs_are_those_of_the_type_of_task() {
    let mut rows = attempts("fast", &[("tests", 0.5), ("feature", 0.5)], 100);
    for row in &mut rows {
        row.cost = if row.task_type == "tests" { 0.1 } else { 1.0 };
    }
    let model = LaneModel::train("fast", &rows.iter().collect::<Vec<_>>(), &TrainSettings::default()).unwrap();
    let cost = |kind: &str| model.predict(&[], kind).cost;
    assert!(cost("tests") < 0.13 && cost("feature") > 0.97 && (cost("review") - 0.55).abs() < 1e-9);
}

#[test]
fn the_chance_of_reaching_a_bar_falls_as_the_bar_rises() {
    let said = Prediction { success: 0.8, deviation: 0.5, cost: 0.0, by_features: true };
    let chances = [0.5, 0.7, 0.8, 0.9, 0.99].map(|bar| chance_of_at_least(&said, bar));
    assert!(chances.windows(2).all(|pair| pair[0] > pair[1]), "{chances:?}");
    assert!((chances[2] - 0.5).abs() < 1e-9);
}

#[test]
fn the_interval_of_an_area_is_that_of_the_published_formula() {
    // Hanley and McNeil, 1982: area 0.893, 58 normal and 51 abnormal cases, standard error 0.032.
    let labels: Vec<bool> = (0..109).map(|at| at < 51).collect();
    let found = interval_of_auc(0.893, &labels);
    let error = (found.high - found.low) / (2.0 * 1.96);
    assert!((error - 0.032).abs() < 0.001, "{error}");
}
