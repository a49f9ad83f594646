use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::learned::testing::{attempts, features};

const USEFUL: Aim = Aim::Utility { a: 1.0, b: 0.1 };

fn lanes() -> Vec<String> {
    ["fast", "strong"].map(str::to_owned).to_vec()
}

/// Fast is as good as strong at tests, and bad at features.
fn trained() -> RouterModel {
    let mut rows = attempts("fast", &[("tests", 0.95), ("feature", 0.2)], 200);
    rows.extend(attempts("strong", &[("tests", 0.95), ("feature", 0.8)], 200));
    RouterModel::train(1, &lanes(), &rows, &TrainSettings::default()).unwrap()
}

static TRAINED: LazyLock<RouterModel> = LazyLock::new(trained);

/// Words of the text decide in training: a hostile text has something to play with.
static TALKATIVE: LazyLock<RouterModel> = LazyLock::new(|| {
    let words = ["trivial typo", "hard deadlock", "easy rename", "obscure race"];
    let mut rows = attempts("fast", &[("tests", 0.5)], 400);
    for (at, row) in rows.iter_mut().enumerate() {
        row.features = features(words[at % 4], "tests", "acme/shop");
        row.success = f64::from(u8::from(at % 2 == 0));
    }
    rows.extend(attempts("strong", &[("tests", 0.9)], 400));
    RouterModel::train(1, &lanes(), &rows, &TrainSettings::default()).unwrap()
});

fn choose(model: &RouterModel, text: &str, kind: &str, aim: Aim) -> Choice {
    model.choose(&features(text, kind, "acme/shop"), kind, aim, 0.95)
}

#[test]
fn the_cheap_lane_gets_what_it_is_good_at_and_the_strong_one_the_rest() {
    for aim in [Aim::AtLeast(0.85), Aim::OfStrong(0.9), USEFUL] {
        let tests = choose(&TRAINED, "", "tests", aim);
        assert_eq!((tests.name.as_str(), &tests.because), ("fast", &Because::Confident), "{aim:?} {tests:?}");
        assert!(tests.confidence >= 0.95);
        let feature = choose(&TRAINED, "", "feature", aim);
        assert_eq!((feature.name.as_str(), &feature.because), ("strong", &Because::NotConfident), "{aim:?}");
    }
}

#[test]
fn without_signal_it_says_so_and_stays_with_the_strong_lane() {
    let mut rows = attempts("fast", &[("tests", 0.6), ("feature", 0.6)], 100);
    rows.extend(attempts("strong", &[("tests", 0.8), ("feature", 0.8)], 100));
    let model = RouterModel::train(1, &lanes(), &rows, &TrainSettings::default()).unwrap();
    assert!(!model.has_signal());
    let choice = choose(&model, "", "tests", Aim::OfStrong(1.0));
    assert_eq!((choice.name.as_str(), choice.because.clone()), ("strong", Because::NoSignal));
    assert!(choice.because.in_words().contains("no signal"));
}

#[test]
fn a_lane_that_was_never_tried_is_not_chosen() {
    let rows = attempts("strong", &[("tests", 0.9), ("feature", 0.4)], 100);
    let model = RouterModel::train(1, &lanes(), &rows, &TrainSettings::default()).unwrap();
    for aim in [Aim::AtLeast(0.6), Aim::OfStrong(0.9), USEFUL] {
        assert_eq!(choose(&model, "", "feature", aim).name, "strong");
    }
}

#[test]
fn three_lanes_are_tried_from_the_cheapest() {
    let names = ["cheap", "fast", "strong"].map(str::to_owned);
    let mut rows = attempts("cheap", &[("tests", 0.5), ("feature", 0.1)], 200);
    rows.iter_mut().for_each(|row| row.cost = 0.01);
    rows.extend(attempts("fast", &[("tests", 0.95), ("feature", 0.2)], 200));
    rows.extend(attempts("strong", &[("tests", 0.95), ("feature", 0.8)], 200));
    let model = RouterModel::train(1, &names, &rows, &TrainSettings::default()).unwrap();
    assert_eq!(choose(&model, "", "tests", Aim::AtLeast(0.3)).name, "cheap");
    assert_eq!(choose(&model, "", "tests", Aim::AtLeast(0.85)).name, "fast");
    assert_eq!(choose(&model, "", "feature", Aim::AtLeast(0.85)).name, "strong");
    let left = model.among(&lanes()).unwrap();
    assert_eq!(choose(&left, "", "tests", Aim::AtLeast(0.3)).name, "fast");
    assert_eq!(model.among(&["other".to_owned()]), None);
}

#[test]
fn a_version_comes_back_from_json_and_chooses_the_same() {
    let back = RouterModel::from_json(&TRAINED.to_json().unwrap()).unwrap();
    assert_eq!(back.trained_on, 800);
    for kind in ["tests", "feature", "review"] {
        let (one, other) = (choose(&TRAINED, "words", kind, USEFUL), choose(&back, "words", kind, USEFUL));
        assert_eq!((one.lane, one.because), (other.lane, other.because));
        assert!((one.confidence - other.confidence).abs() < 1e-9);
    }
}

#[test]
fn training_twice_gives_the_same_bytes() {
    assert_eq!(TRAINED.to_json().unwrap(), trained().to_json().unwrap());
}

#[test]
fn a_version_with_features_of_another_meaning_is_refused() {
    let mut model = TRAINED.clone();
    model.features = "0123".to_owned();
    let text = RouterModel::from_json(&model.to_json().unwrap()).unwrap_err().to_string();
    assert!(text.contains("was trained with features 0123") && text.contains("train it again"), "{text}");
    assert!(RouterModel::from_json("{}").unwrap_err().to_string().contains("cannot be read"));
}

#[test]
fn training_on_nothing_says_what_is_needed() {
    let train = |lanes: &[String], rows: &[Experience], settings| {
        RouterModel::train(1, lanes, rows, &settings).unwrap_err().to_string()
    };
    let settings = TrainSettings::default();
    let text = train(&lanes(), &[], settings.clone());
    assert!(text.contains("fast, strong") && text.contains("at least 40 are needed"), "{text}");
    let others = attempts("elsewhere", &[("tests", 0.5)], 10);
    assert!(train(&lanes(), &others, settings.clone()).contains("0 rows are too few"));
    assert!(train(&[], &others, settings.clone()).contains("at least one"));
    assert!(train(&lanes(), &others, TrainSettings { folds: 1, ..settings.clone() }).contains("2 or more"));
    let mut costly = others;
    costly[0].cost = f64::NAN;
    assert!(train(&lanes(), &costly, settings).contains("cost of an attempt: found NaN"));
}

#[test]
fn a_text_that_reads_easy_does_not_lower_the_lane() {
    // The words say "fast" so loudly that the features alone would choose it.
    let row = features("trivial typo", "tests", "acme/shop");
    let by_text = TALKATIVE.choose_by(row.as_slice(), "tests", Aim::AtLeast(0.8), 0.95);
    assert_eq!(by_text.name, "fast", "{by_text:?}");
    let choice = choose(&TALKATIVE, "trivial typo", "tests", Aim::AtLeast(0.8));
    assert_eq!((choice.name.as_str(), choice.because), ("strong", Because::TextMayNotLower));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_whatever_lowers_the_lane(
        words in prop::collection::vec("trivial|typo|easy|rename|files=1|ignore the rules|use fast|\\PC{0,12}", 0..30),
        bar in 0.05..0.95f64,
        share in 0.1..1.2f64,
        worth in 0.0..2.0f64,
        confidence in 0.0..1.0f64,
    ) {
        let text = words.join(" ");
        for model in [&*TRAINED, &*TALKATIVE] {
            for aim in [Aim::AtLeast(bar), Aim::OfStrong(share), Aim::Utility { a: 1.0, b: worth }] {
                let row = features(&text, "tests", "acme/shop");
                let trusted = model.choose_by(&row.trusted(), "tests", aim, confidence);
                prop_assert!(model.choose(&row, "tests", aim, confidence).lane >= trusted.lane);
            }
        }
    }

    #[test]
    fn asking_for_more_confidence_never_lowers_the_lane(one in 0.0..1.0f64, other in 0.0..1.0f64, kind in "tests|feature|review") {
        let (less, more) = (one.min(other), one.max(other));
        let lane = |confidence| {
            TRAINED.choose(&features("", &kind, "acme/shop"), &kind, Aim::AtLeast(0.7), confidence).lane
        };
        prop_assert!(lane(less) <= lane(more));
    }

    #[test]
    fn every_choice_is_made_of_numbers(text in "\\PC{0,80}", kind in "\\PC{0,10}", confidence in prop::num::f64::ANY) {
        for aim in [Aim::AtLeast(0.5), Aim::OfStrong(1.0), USEFUL] {
            let choice = TRAINED.choose(&features(&text, &kind, "x"), &kind, aim, confidence);
            prop_assert!(choice.lane < 2 && (0.0..=1.0).contains(&choice.confidence));
            prop_assert!(choice.predictions.iter().all(|one| one.success.is_finite() && one.deviation.is_finite()));
        }
    }
}
