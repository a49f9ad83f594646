use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;

#[test]
fn an_order_without_a_mistake_has_an_area_of_one_and_its_reverse_of_nought() {
    let labels = [false, false, true, true];
    assert_eq!(auc(&[1.0, 2.0, 3.0, 4.0], &labels), Some(1.0));
    assert_eq!(auc(&[4.0, 3.0, 2.0, 1.0], &labels), Some(0.0));
    assert_eq!(auc(&[1.0; 4], &labels), Some(0.5));
    assert_eq!(auc(&[1.0, 3.0, 2.0, 4.0], &labels), Some(0.75));
}

#[test]
fn one_outcome_alone_has_no_area() {
    assert_eq!(auc(&[1.0, 2.0], &[true, true]), None);
    assert_eq!(auc(&[], &[]), None);
}

#[test]
fn the_interval_of_a_mean_is_about_two_standard_errors_wide() {
    let values: Vec<f64> = (0..400).map(|at| f64::from(at % 2)).collect();
    let mean = |drawn: &[usize]| Some(drawn.iter().map(|at| values[*at]).sum::<f64>() / drawn.len() as f64);
    let found = bootstrap(400, 2000, 0.95, &mut StdRng::seed_from_u64(1), mean).unwrap();
    // Standard error 0.5 / sqrt(400) = 0.025.
    assert!((found.low - 0.451).abs() < 0.006 && (found.high - 0.549).abs() < 0.006, "{found:?}");
}

#[test]
fn the_same_seed_gives_the_same_interval() {
    let of = |seed| {
        bootstrap(50, 100, 0.95, &mut StdRng::seed_from_u64(seed), |drawn| Some(drawn.iter().sum::<usize>() as f64))
    };
    assert_eq!(of(3), of(3));
    assert_ne!(of(3), of(4));
}

#[test]
fn a_figure_without_values_has_no_interval() {
    let mut rng = StdRng::seed_from_u64(1);
    assert_eq!(bootstrap(0, 10, 0.95, &mut rng, |_| Some(1.0)), None);
    assert_eq!(bootstrap(5, 10, 0.95, &mut rng, |_| None), None);
}

#[test]
fn the_gap_recovered_is_half_without_knowledge_and_most_with_all() {
    let weak = [1.0, 0.0, 0.0, 0.0];
    let strong = [1.0, 1.0, 1.0, 0.0];
    assert_eq!(apgr(&[0.0; 4], &weak, &strong), Some(0.5));
    // The two that need it first: the gap is closed after half of the tasks.
    assert_eq!(apgr(&[0.0, 1.0, 1.0, 0.0], &weak, &strong), Some(0.75));
    assert_eq!(apgr(&[1.0, 0.0, 0.0, 1.0], &weak, &strong), Some(0.25));
    assert_eq!(apgr(&[1.0, 0.0], &[1.0, 0.0], &[0.0, 1.0]), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_area_is_within_nought_and_one_and_its_mirror_is_the_rest(
        pairs in prop::collection::vec((-5i32..5, any::<bool>()), 0..60)
    ) {
        let (scores, labels): (Vec<f64>, Vec<bool>) = pairs.into_iter().map(|(score, label)| (f64::from(score), label)).unzip();
        let mirrored: Vec<f64> = scores.iter().map(|score| -score).collect();
        match (auc(&scores, &labels), auc(&mirrored, &labels)) {
            (Some(one), Some(other)) => {
                prop_assert!((0.0..=1.0).contains(&one));
                prop_assert!((one + other - 1.0).abs() < 1e-12);
            }
            (one, other) => prop_assert_eq!(one, other),
        }
    }
}
