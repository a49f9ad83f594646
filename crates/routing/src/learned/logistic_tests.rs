use proptest::prelude::*;

use super::*;

fn rows() -> Vec<Vec<f64>> {
    [[0., 1.], [1., 0.], [2., 3.], [3., 1.], [4., 5.], [5., 2.], [6., 1.], [7., 8.]].map(|row| row.to_vec()).to_vec()
}

const LABELS: [bool; 8] = [false, false, true, false, true, false, true, true];

#[test]
fn a_fit_says_what_another_library_says_of_the_same_rows() {
    let fitted = Logistic::fit(&rows(), &LABELS, None, 1.0).unwrap();
    // scikit-learn's LogisticRegression(C=1) on the standardised columns.
    let expected = [0.21175635, 0.19475425, 0.46503882, 0.35635847, 0.73773405, 0.55897407, 0.53294255, 0.94244143];
    for (row, expected) in rows().iter().zip(expected) {
        assert!((fitted.probability(row) - expected).abs() < 1e-6, "{} {expected}", fitted.probability(row));
    }
}

#[test]
fn a_weight_of_two_is_a_row_that_stands_twice() {
    let mut twice = rows();
    twice.push(twice[2].clone());
    let mut labels = LABELS.to_vec();
    labels.push(LABELS[2]);
    let weights = [1., 1., 2., 1., 1., 1., 1., 1.];
    let weighted = Logistic::fit(&rows(), &LABELS, Some(&weights), 1.0).unwrap();
    let repeated = Logistic::fit(&twice, &labels, None, 1.0).unwrap();
    for row in rows() {
        assert!((weighted.probability(&row) - repeated.probability(&row)).abs() < 1e-9);
    }
}

#[test]
fn a_share_of_a_success_is_a_success_and_a_failure_with_these_weights() {
    let shares = [0.0, 0.25, 1.0, 0.0, 1.0, 0.5, 1.0, 0.75];
    let by_share = Logistic::fit_shares(&rows(), &shares, None, 1.0).unwrap();
    let both: Vec<Vec<f64>> = rows().into_iter().chain(rows()).collect();
    let labels: Vec<bool> = (0..16).map(|row| row < 8).collect();
    let weights: Vec<f64> = shares.iter().copied().chain(shares.iter().map(|share| 1.0 - share)).collect();
    let by_weight = Logistic::fit(&both, &labels, Some(&weights), 1.0).unwrap();
    for row in rows() {
        assert!((by_share.probability(&row) - by_weight.probability(&row)).abs() < 1e-9);
    }
}

#[test]
fn a_model_comes_back_from_json_as_it_was() {
    let fitted = Logistic::fit(&rows(), &LABELS, None, 1.0).unwrap();
    let json = serde_json::to_string(&fitted).unwrap();
    let back: Logistic = serde_json::from_str(&json).unwrap();
    assert!(back.check().is_ok());
    for row in rows() {
        assert!((fitted.probability(&row) - back.probability(&row)).abs() < 1e-12);
        assert!((fitted.uncertainty(&row).unwrap() - back.uncertainty(&row).unwrap()).abs() < 1e-12);
    }
}

#[test]
fn a_stored_model_that_does_not_fit_together_is_refused() {
    let mut fitted = Logistic::fit(&rows(), &LABELS, None, 1.0).unwrap();
    fitted.means.pop();
    let text = fitted.check().unwrap_err().to_string();
    assert!(text.contains("2 coefficients, 1 means") && text.contains("train it again"), "{text}");
}

#[test]
fn data_that_teaches_nothing_is_an_error_that_says_what_is_needed() {
    let said = |rows: &[Vec<f64>], labels: &[bool], ridge: f64| {
        Logistic::fit(rows, labels, None, ridge).unwrap_err().to_string()
    };
    assert!(said(&[], &[], 1.0).contains("0 rows are too few, at least 2 are needed"));
    assert!(said(&rows(), &[true; 8], 1.0).contains("every row is a success"));
    assert!(said(&rows(), &[false; 8], 1.0).contains("wait for a success"));
    assert!(said(&rows(), &[true; 3], 1.0).contains("3 values where 8 were expected"));
    assert!(said(&rows(), &LABELS, -1.0).contains("found -1"));
    assert!(said(&[vec![1.0], vec![f64::NAN]], &[true, false], 1.0).contains("found NaN"));
    assert!(said(&[vec![1.0], vec![1.0, 2.0]], &[true, false], 1.0).contains("2 values where 1"));
    let same: Vec<Vec<f64>> = rows().iter().map(|row| vec![row[0], row[0]]).collect();
    assert!(said(&same, &LABELS, 0.0).contains("set a ridge above 0"));
}

#[test]
fn without_columns_the_share_of_successes_is_said() {
    let fitted = Logistic::fit(&vec![Vec::new(); 4], &[true, false, false, false], None, 1.0).unwrap();
    assert!((fitted.probability(&[]) - 0.25).abs() < 1e-9);
}

#[test]
fn a_row_far_from_the_others_is_less_certain() {
    let fitted = Logistic::fit(&rows(), &LABELS, None, 1.0).unwrap();
    assert!(fitted.uncertainty(&[3.5, 2.5]).unwrap() < fitted.uncertainty(&[40.0, -30.0]).unwrap());
    let small = fitted.without_uncertainty();
    assert!(small.check().is_ok());
    assert_eq!(small.uncertainty(&[3.5, 2.5]), None);
}

#[test]
fn missing_columns_count_as_average() {
    let fitted = Logistic::fit(&rows(), &LABELS, None, 1.0).unwrap();
    let average = fitted.probability(&[3.5, 2.625]);
    for row in [&[][..], &[f64::NAN, f64::INFINITY], &[3.5], &[3.5, 2.625, 99.0]] {
        assert!((fitted.probability(row) - average).abs() < 1e-12);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_finite_rows_give_probabilities_that_are_numbers(
        rows in prop::collection::vec((prop::collection::vec(-1e6..1e6f64, 3), any::<bool>()), 2..40),
        ridge in 0.01..100.0f64,
        asked in prop::collection::vec(prop::num::f64::ANY, 0..5),
    ) {
        let (rows, labels): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        match Logistic::fit(&rows, &labels, None, ridge) {
            Ok(fitted) => for row in rows.iter().chain([&asked]) {
                prop_assert!((0.0..=1.0).contains(&fitted.probability(row)));
                prop_assert!(fitted.uncertainty(row).unwrap() >= 0.0);
            },
            Err(LearnError::OneOutcome { .. }) => prop_assert!(labels.iter().all(|label| *label == labels[0])),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn a_column_that_only_helps_raises_the_probability(values in prop::collection::vec(0.0..10.0f64, 8..40), cut in 2.0..8.0f64) {
        let labels: Vec<bool> = values.iter().map(|value| *value > cut).collect();
        prop_assume!(labels.iter().any(|label| *label) && labels.iter().any(|label| !label));
        let rows: Vec<Vec<f64>> = values.iter().map(|value| vec![*value]).collect();
        let fitted = Logistic::fit(&rows, &labels, None, 1.0).unwrap();
        let said: Vec<f64> = (0..20).map(|at| fitted.probability(&[f64::from(at)])).collect();
        prop_assert!(said.windows(2).all(|pair| pair[0] < pair[1] + 1e-15));
    }

    #[test]
    fn a_fit_does_not_depend_on_the_order_of_the_rows(seed in 0usize..8) {
        let order: Vec<usize> = (0..8).map(|at| (at * 3 + seed) % 8).collect();
        let turned: Vec<Vec<f64>> = order.iter().map(|at| rows()[*at].clone()).collect();
        let labels: Vec<bool> = order.iter().map(|at| LABELS[*at]).collect();
        let one = Logistic::fit(&rows(), &LABELS, None, 1.0).unwrap();
        let other = Logistic::fit(&turned, &labels, None, 1.0).unwrap();
        prop_assert!((one.probability(&[2.0, 2.0]) - other.probability(&[2.0, 2.0])).abs() < 1e-9);
    }
}
