use std::fmt::Write as _;

use routing::during::{Moment, RunModel, StepKind, Stop};

use super::data::Runs;
use super::folds::{Setting, folds, scores};
use super::{Scored, shipped};

const LEGEND: &str = r#"{"_legend_high": {"read": "R"}, "_legend_low": {"J": "create-repro-script", "N": "edit-source", "Q": "empty", "v": "submit", "a": "read-file-full"}}"#;
const HEAD: &str = "inst,repo,model,resolved,submitted,out_tokens,patch_chars,obs_chars,act_chars\n";

/// Made-up runs: those that show the problem first succeed, but for every seventh.
fn texts(count: usize) -> (String, String) {
    let (mut steps, mut runs) = (format!("{LEGEND}\n"), HEAD.to_owned());
    for place in 0..count {
        for (short, long) in [("gpt5", "GPT-5"), ("claude45", "Claude Sonnet 4.5")] {
            let good = place % 2 == 0;
            let (repository, number) = (["one/a", "two/b"][place % 3 % 2], place % 5);
            let resolved = u8::from(good != (place % 7 == 0));
            let submitted = u8::from(place % 11 != 1);
            let letters = format!("a{}{}v", if good { "JJ" } else { "QQ" }, "N".repeat(1 + number));
            let status = if place % 4 == 3 { "submitted (exit_context)" } else { "submitted" };
            writeln!(
                steps,
                r#"{{"model": "{short}", "repo": "{repository}", "inst": "i{place}", "exit_status": "{status}", "low_seq": "{letters}"}}"#
            )
            .unwrap();
            let patch = (1_000 + 100 * number) * usize::from(submitted);
            writeln!(runs, "i{place},{repository},{long},{},{submitted},50,{patch},900,70", resolved * submitted)
                .unwrap();
        }
    }
    (steps, runs)
}

fn made_up(count: usize) -> Runs {
    let (steps, runs) = texts(count);
    Runs::parse(&steps, &runs).unwrap()
}

#[test]
fn the_two_files_are_laid_together_by_model_and_instance() {
    let runs = made_up(8);
    assert_eq!(runs.0.len(), 16);
    assert_eq!(runs.home().count(), 8);
    let run = runs.home().find(|run| run.instance == "i3").unwrap();
    assert_eq!(run.steps[1..4], [StepKind::Idle, StepKind::Idle, StepKind::Edit]);
    assert_eq!((run.end.stop, run.end.patch_chars, run.failed), (Stop::ContextFull, 1_300, true));
}

#[test]
fn a_letter_a_label_or_a_model_that_is_not_known_is_an_error_that_names_it() {
    let (steps, runs) = texts(4);
    for (from, to, wrong) in [
        ("\"aJJ", "\"zJJ", "z is not in the legend"),
        ("read-file-full", "dance", "`dance`"),
        ("\"gpt5\"", "\"gpt9\"", "`gpt9`"),
        ("\"i2\"", "\"i99\"", "i99 of GPT-5 is not in swebench-pro-runs.csv"),
    ] {
        let error = format!("{:#}", Runs::parse(&steps.replacen(from, to, 1), &runs).unwrap_err());
        assert!(error.contains(wrong), "{error}");
    }
}

#[test]
fn all_runs_of_an_instance_are_in_one_fold() {
    let runs = made_up(30);
    let fold = folds(&runs, 5, 3);
    for (runs, folds) in runs.0.windows(2).zip(fold.windows(2)) {
        assert!(runs[0].instance != runs[1].instance || folds[0] == folds[1]);
    }
    let sizes: Vec<usize> = (0..5).map(|number| fold.iter().filter(|fold| **fold == number).count()).collect();
    assert_eq!(sizes, [12; 5]);
}

#[test]
fn what_a_run_came_out_as_does_not_change_its_own_score() {
    let mut runs = made_up(24);
    let moment = Moment::After(15);
    let score = |runs: &Runs| scores(runs, &runs.examples(moment), moment, Setting::of(moment), 1).unwrap();
    let before = score(&runs);
    let fold = folds(&runs, 10, 1);
    let held: Vec<usize> = (0..runs.0.len()).filter(|run| !runs.0[*run].other_brain).map(|run| fold[run]).collect();
    // Every outcome of one fold is turned round: the scores of that fold stay.
    for (run, fold) in runs.0.iter_mut().zip(&fold) {
        if *fold == 0 {
            run.failed = !run.failed;
        }
    }
    let after = score(&runs);
    for (place, fold) in held.iter().enumerate() {
        if *fold == 0 {
            assert_eq!(before[place], after[place]);
        }
    }
    assert_ne!(before, after, "the other folds learn from it");
}

#[test]
fn runs_that_differ_are_told_apart_and_no_patch_is_above_all() {
    let runs = made_up(40);
    for moment in [Moment::After(15), Moment::End] {
        let scored = Scored::of(&runs, moment, Setting::of(moment), &[1]).unwrap();
        assert!(scored.all().unwrap() > 0.7);
        let interval = scored.interval().unwrap();
        assert!(interval.low < scored.all().unwrap() && scored.all().unwrap() < interval.high);
        for (run, score) in runs.home().zip(&scored.scores[0]).filter(|_| moment == Moment::End) {
            assert_eq!(run.end.patch_chars == 0, *score == f64::INFINITY);
        }
    }
}

#[test]
fn what_fit_prints_is_a_model_that_the_program_reads() {
    let text = shipped::model(&made_up(40)).unwrap().to_string();
    assert_eq!(RunModel::from_json(&text).unwrap().trained_on, 80);
}
