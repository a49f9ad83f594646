//! What the built-in policy makes of work as it goes.

use routing::{Monitor, Policy, Signal, StepFacts, Verdict, Want};

use crate::steps::{call, edit, edit_and_test, edit_call, error, error_call, look, step, test_call, verdicts};

fn wants(verdicts: &[Verdict]) -> Vec<Want> {
    verdicts.iter().map(|verdict| verdict.wants).collect()
}

/// Steps until the first wish to go up, from 1.
fn up_at(steps: &[StepFacts]) -> Option<usize> {
    let verdicts = verdicts(&mut Monitor::default(), steps);
    verdicts.iter().position(|verdict| verdict.wants == Want::Up).map(|index| index + 1)
}

#[test]
fn three_failed_checks_in_a_row_on_one_file_want_up_with_the_third() {
    let steps: Vec<StepFacts> = (0..3).map(|n| edit_and_test("src/parse.rs", false, n)).collect();
    let said = verdicts(&mut Monitor::default(), &steps);
    assert_eq!(wants(&said), [Want::Stay, Want::Stay, Want::Up]);
    let last = &said[2];
    assert!(last.changed && last.urgent, "{last:?}");
    assert_eq!(last.reasons[0].signal, Signal::FailedChecksInARow);
    assert_eq!((last.reasons[0].value, last.reasons[0].points), (3.0, 4.5));
    assert!(last.because.contains("checks failed 3 times in a row (+4.5)"), "{}", last.because);
}

#[test]
fn the_third_failure_wants_up_however_many_steps_lie_between() {
    let mut steps = Vec::new();
    for round in 0..3 {
        steps.extend((0..5).map(|n| look(round * 10 + n)));
        steps.extend([edit("src/parse.rs", 500 + round), step(vec![test_call(false, 600 + round)])]);
    }
    assert_eq!(up_at(&steps), Some(steps.len()));
}

#[test]
fn checks_of_one_step_are_one_round() {
    let failed = StepFacts { checks: vec![false; 5], ..edit("src/lib.rs", 1) };
    let said = verdicts(&mut Monitor::default(), &[failed]);
    assert_eq!((said[0].reasons[0].value, said[0].wants), (1.0, Want::Stay));
}

#[test]
fn steady_exploration_stays_where_it_is() {
    let steps: Vec<StepFacts> = (0..40).map(look).collect();
    let said = verdicts(&mut Monitor::default(), &steps);
    assert!(said.iter().all(|verdict| verdict.wants == Want::Stay && verdict.score == 0.0), "{said:#?}");
}

#[test]
fn after_a_move_up_five_clean_verified_steps_allow_down_once_the_cool_down_is_over() {
    let mut monitor = Monitor::default();
    let failing: Vec<StepFacts> = (0..3).map(|n| edit_and_test("src/parse.rs", false, n)).collect();
    assert_eq!(verdicts(&mut monitor, &failing)[2].wants, Want::Up);
    monitor.moved();
    let cool_down = Policy::builtin().monitor.cool_down as usize;
    let clean: Vec<StepFacts> =
        (0..20).map(|n| StepFacts { checks: vec![true], ..edit(&format!("src/{n}.rs"), 100 + n) }).collect();
    let said = verdicts(&mut monitor, &clean);
    let first = said.iter().position(|verdict| verdict.wants == Want::Down).unwrap();
    assert_eq!(first, cool_down, "{:?}", wants(&said));
    assert!(said[first].changed && !said[first].urgent);
    assert!(said[first].because.contains("7 steps in a row without a bad sign, 7 of them with passed checks"));
}

#[test]
fn without_checks_nothing_goes_down() {
    let steps: Vec<StepFacts> = (0..40).map(|n| edit(&format!("src/{n}.rs"), n)).collect();
    assert!(verdicts(&mut Monitor::default(), &steps).iter().all(|verdict| verdict.wants == Want::Stay));
}

#[test]
fn work_at_a_risk_path_never_goes_down_and_alone_never_up() {
    let changed_paths = vec!["src/auth/login.rs".to_owned()];
    let steps: Vec<StepFacts> =
        (0..60).map(|n| StepFacts { checks: vec![true], changed_paths: changed_paths.clone(), ..look(n) }).collect();
    let said = verdicts(&mut Monitor::default(), &steps);
    assert!(said.iter().all(|verdict| verdict.wants == Want::Stay), "{:?}", wants(&said));
    assert_eq!(said[59].reasons[0].signal, Signal::RiskPath);
}

#[test]
fn a_file_at_a_risk_path_counts_from_the_edit_on() {
    let said = verdicts(&mut Monitor::default(), &[edit("db/migrations/7.sql", 1)]);
    assert_eq!(said[0].reasons[0].signal, Signal::RiskPath);
}

#[test]
fn failed_passed_failed_passed_does_not_swing() {
    let steps: Vec<StepFacts> = (0..60).map(|n| edit_and_test(&format!("src/{n}.rs"), n % 2 == 1, n)).collect();
    assert!(verdicts(&mut Monitor::default(), &steps).iter().all(|verdict| verdict.wants == Want::Stay));
}

#[test]
fn a_passed_check_ends_what_failed_before() {
    let failing: Vec<StepFacts> = (0..2).map(|n| edit_and_test("src/parse.rs", false, n)).collect();
    let mut monitor = Monitor::default();
    let before = verdicts(&mut monitor, &failing)[1].score;
    let after = verdicts(&mut monitor, &[edit_and_test("src/parse.rs", true, 8)]);
    assert!(after[0].score < before / 2.0);
    let again = verdicts(&mut monitor, &[edit_and_test("src/parse.rs", false, 9)]);
    assert_eq!(again[0].reasons[0].value, 1.0);
}

#[test]
fn up_is_held_until_the_score_has_fallen_to_the_lower_limit() {
    let mut steps: Vec<StepFacts> = (0..3).map(|n| edit_and_test("src/parse.rs", false, n)).collect();
    steps.extend((0..20).map(|n| look(100 + n)));
    let said = verdicts(&mut Monitor::default(), &steps);
    let policy = Policy::builtin().monitor;
    for (before, now) in said.iter().skip(2).zip(&said[3..]) {
        let held = before.wants == Want::Up && now.score > policy.down;
        assert_eq!(now.wants == Want::Up, held, "{now:?}");
        assert_eq!(now.urgent, held, "urgent as long as it is wanted: {now:?}");
    }
    assert_eq!(said.last().unwrap().wants, Want::Stay);
    let held = said.iter().find(|verdict| verdict.wants == Want::Up && verdict.score < policy.up).unwrap();
    assert!(held.because.contains("has not fallen to 1 yet"), "{}", held.because);
}

#[test]
fn the_same_call_with_the_same_result_wants_up_with_the_fourth() {
    let again = step(vec![call(1, 1)]);
    assert_eq!(up_at(&vec![again.clone(); 6]), Some(4));
    // Another result, or an edit in between, is no repetition.
    let polled: Vec<StepFacts> = (0..30).map(|n| step(vec![call(1, n)])).collect();
    assert_eq!(up_at(&polled), None);
    let edited: Vec<StepFacts> = (0..15).flat_map(|n| [edit(&format!("src/{n}.rs"), n + 50), again.clone()]).collect();
    assert_eq!(up_at(&edited), None);
}

#[test]
fn the_same_call_between_others_is_noticed_all_the_same() {
    let steps: Vec<StepFacts> =
        (0..30).map(|n| if n % 2 == 0 { step(vec![call(1, 1)]) } else { step(vec![call(n, n)]) }).collect();
    assert!(up_at(&steps).is_some_and(|at| at <= 11), "{:?}", up_at(&steps));
}

#[test]
fn tests_that_pass_may_be_run_as_often_as_one_likes() {
    let steps = vec![step(vec![test_call(true, 1)]); 30];
    let said = verdicts(&mut Monitor::default(), &steps);
    assert!(said.iter().all(|verdict| verdict.score == 0.0));
}

#[test]
fn errors_step_after_step_want_up_and_one_among_many_calls_does_not() {
    let streak: Vec<StepFacts> = (0..10).map(error).collect();
    assert!(up_at(&streak).is_some_and(|at| (4..=6).contains(&at)), "{:?}", up_at(&streak));
    let mixed: Vec<StepFacts> =
        (0..40).map(|n| step(vec![call(n, n), call(n + 90, n + 90), error_call(n + 200)])).collect();
    assert_eq!(up_at(&mixed), None);
}

#[test]
fn looking_for_what_is_not_there_is_no_progress() {
    // Other words each time, and always `no matches`.
    let steps: Vec<StepFacts> = (0..10).map(|n| step(vec![call(n, 404)])).collect();
    let said = verdicts(&mut Monitor::default(), &steps);
    assert_eq!(said[4].reasons[0].signal, Signal::NoProgress);
    assert!(up_at(&steps).is_some_and(|at| (5..=8).contains(&at)), "{:?}", up_at(&steps));
}

#[test]
fn many_edits_of_one_file_alone_do_not_want_up_but_make_two_failures_enough() {
    let edits: Vec<StepFacts> = (0..40).map(|n| edit("src/big.rs", n)).collect();
    let mut alone = Policy::builtin().monitor;
    alone.signals.retain(|signal, _| *signal == Signal::RepeatedEdits);
    let mut monitor = Monitor::default();
    assert!(edits.iter().all(|step| monitor.observe(&alone, step).wants == Want::Stay));
    let mut failing = edits[..4].to_vec();
    failing.extend([edit_and_test("src/big.rs", false, 100), edit_and_test("src/big.rs", false, 101)]);
    assert_eq!(up_at(&failing), Some(6));
    let mut other: Vec<StepFacts> = (0..4).map(|n| edit(&format!("src/{n}.rs"), n)).collect();
    other.extend([edit_and_test("src/a.rs", false, 100), edit_and_test("src/b.rs", false, 101)]);
    assert_eq!(up_at(&other), None);
}

#[test]
fn an_edit_that_failed_is_no_edit() {
    let mut failed = edit_call("src/auth/login.rs", 1);
    failed.error = true;
    let said = verdicts(&mut Monitor::default(), &[step(vec![failed.clone()]), step(vec![failed])]);
    assert!(said.iter().flat_map(|verdict| &verdict.reasons).all(|reason| reason.signal != Signal::RiskPath));
}

#[test]
fn an_unsure_report_that_asks_for_a_decision_is_nearly_enough_and_a_correction_is() {
    let report = StepFacts { confidence: Some(40), needs_decision: true, ..look(1) };
    assert_eq!(up_at(std::slice::from_ref(&report)), None);
    let corrected = StepFacts { corrective_edits: 1, ..report };
    assert_eq!(up_at(&[corrected]), Some(1));
}

#[test]
fn confidence_counts_below_the_limit_and_not_at_it() {
    let points = |confidence| verdicts(&mut Monitor::default(), &[StepFacts { confidence, ..look(1) }])[0].score;
    assert_eq!((points(None), points(Some(65)), points(Some(64)), points(Some(0))), (0.0, 0.0, 2.0, 2.0));
}

#[test]
fn talk_is_neither_calm_nor_idle() {
    let talk = vec![StepFacts::default(); 50];
    assert!(
        verdicts(&mut Monitor::default(), &talk)
            .iter()
            .all(|verdict| verdict.wants == Want::Stay && verdict.score == 0.0)
    );
}

#[test]
fn in_the_cool_down_nothing_is_wanted_and_trouble_that_lasts_is_said_right_after() {
    let mut monitor = Monitor::default();
    monitor.moved();
    let steps: Vec<StepFacts> = (0..10).map(|n| edit_and_test("src/parse.rs", false, n)).collect();
    let said = verdicts(&mut monitor, &steps);
    assert_eq!(wants(&said)[..7], [Want::Stay, Want::Stay, Want::Stay, Want::Stay, Want::Stay, Want::Stay, Want::Up]);
    assert!(
        said[2].because.contains("nothing is wanted within 6 steps after a move, and this is the 3rd"),
        "{}",
        said[2].because
    );
}

#[test]
fn after_a_compaction_reading_again_is_no_repetition_and_the_score_stays() {
    let read = step(vec![call(1, 1)]);
    let mut monitor = Monitor::default();
    let before = verdicts(&mut monitor, &vec![read.clone(); 3])[2].score;
    assert!(before > 0.0);
    monitor.compacted();
    assert_eq!(monitor.score(), before);
    let after = verdicts(&mut monitor, &[read]);
    assert!(after[0].reasons.is_empty() && after[0].score > 0.0, "{:?}", after[0]);
}

#[test]
fn numbers_of_a_verdict_add_up_to_its_score() {
    let steps: Vec<StepFacts> = (0..3).map(|n| edit_and_test("src/auth/a.rs", false, n)).collect();
    for verdict in verdicts(&mut Monitor::default(), &steps) {
        let numbers = verdict.numbers();
        let points: f64 = numbers.iter().filter(|(name, _)| name.ends_with(".points")).map(|(_, points)| points).sum();
        let sum = (numbers["carried"] + points).min(Policy::builtin().monitor.most);
        assert!((sum - numbers["score"]).abs() < 1e-5, "{numbers:?}");
        assert!(verdict.reasons.iter().any(|reason| numbers.contains_key(&format!("{}.value", reason.signal))));
    }
}

#[test]
fn a_brief_that_asks_for_judgement_is_flagged_and_one_that_says_what_to_do_is_not() {
    let policy = Policy::builtin().monitor;
    for brief in [
        "Decide which cache library fits us.",
        "Find the best way to split the module",
        "Design an API for exports",
        "Look at both parsers and recommend one",
        "Weigh the trade-offs between polling and pushing",
    ] {
        assert!(policy.judgement_brief(brief), "{brief}");
    }
    for brief in [
        "Rename `Foo` to `Bar` in src/ and run the tests.",
        "List every caller of `parse_line` with file and line.",
        "Fix the type error in src/interpreter.rs:12; the field is a u32.",
        "Remove the tracing integration from these five files.",
        "Update docs/design.md: the port is 8080 now.",
    ] {
        assert!(!policy.judgement_brief(brief), "{brief}");
    }
}
