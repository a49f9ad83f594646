//! What holds whatever the steps are, and whatever the policy says.

use proptest::prelude::*;
use routing::{CallFacts, Monitor, MonitorPolicy, Policy, Signal, StepFacts, Verdict, Want, Weight};

use crate::steps::{call, edit_call, error_call};

/// Small numbers, so that files, calls and results come again.
fn any_call() -> impl Strategy<Value = CallFacts> {
    (0..4_u64, 0..3_u64, any::<bool>(), prop::option::of(0..3_usize), prop::option::of(any::<bool>())).prop_map(
        |(signature, result, error, edits, check)| CallFacts {
            error,
            edits: edits.map(|index| ["src/lib.rs", "src/auth/login.rs", "ci/x"][index].to_owned()),
            check,
            ..call(signature, result)
        },
    )
}

prop_compose! {
    fn any_step()(
        calls in prop::collection::vec(any_call(), 0..4),
        checks in prop::collection::vec(any::<bool>(), 0..3),
        changed_lines in 0..3_000_u64,
        risky in any::<bool>(),
        confidence in prop::option::of(0..=100_u8),
        needs_decision in prop::bool::weighted(0.2),
        corrective_edits in 0..3_u32,
        judgement_brief in prop::bool::weighted(0.2),
    ) -> StepFacts {
        let changed_paths = if risky { vec!["migrations/1.sql".to_owned()] } else { Vec::new() };
        StepFacts { calls, checks, changed_lines, changed_paths, confidence, needs_decision, corrective_edits, judgement_brief }
    }
}

/// A step without a bad sign: what it looks at is new, its checks pass.
fn good_step(n: u64) -> impl Strategy<Value = StepFacts> {
    (any::<bool>(), prop::option::of(Just(true)), 0..500_u64).prop_map(move |(edits, check, changed_lines)| {
        let n = 10_000 + n;
        let looked = call(n, n);
        let calls = if edits { vec![edit_call(&format!("src/{n}.rs"), n + 50_000), looked] } else { vec![looked] };
        StepFacts {
            calls,
            checks: check.into_iter().collect(),
            changed_lines,
            confidence: Some(90),
            ..StepFacts::default()
        }
    })
}

fn good_steps() -> impl Strategy<Value = Vec<StepFacts>> {
    (1..40_u64).prop_flat_map(|count| (0..count).map(good_step).collect::<Vec<_>>())
}

prop_compose! {
    fn any_policy()(
        half_life in 0.5..10.0_f64, after_pass in 0.0..=1.0_f64, most in 5.0..50.0_f64,
        up in 0.2..=1.0_f64, down in 0.0..0.9_f64,
        cool_down in 1..10_u32, calm_steps in 1..6_u32, passed_checks in 0..3_u32, memory in 1..30_u32,
        weights in prop::collection::vec((0.0..4.0_f64, 0..3_u32, 0..6_u32), Signal::ALL.len()),
    ) -> MonitorPolicy {
        let signals = Signal::ALL.into_iter().zip(weights);
        let signals = signals.map(|(signal, (weight, free, most))| (signal, Weight { weight, free, most })).collect();
        let up = up * most;
        MonitorPolicy {
            half_life, after_pass, most, up, down: down * up, cool_down, calm_steps, passed_checks, memory, signals,
            ..Policy::builtin().monitor
        }
    }
}

/// The built-in policy half of the time.
fn policies() -> impl Strategy<Value = MonitorPolicy> {
    prop_oneof![Just(Policy::builtin().monitor), any_policy()]
}

fn steps() -> impl Strategy<Value = Vec<StepFacts>> {
    prop_oneof![
        prop::collection::vec(any_step(), 1..60),
        // Long good and bad stretches, so that both wishes come about.
        prop::collection::vec((any::<bool>(), 3..12_usize), 1..8).prop_map(|stretches| {
            let mut steps = Vec::new();
            for (good, length) in stretches {
                for _ in 0..length {
                    let n = steps.len() as u64;
                    let calls = vec![edit_call(&format!("src/{}.rs", if good { n } else { 0 }), n)];
                    steps.push(StepFacts { calls, checks: vec![good], ..StepFacts::default() });
                }
            }
            steps
        }),
    ]
}

/// Makes a step worse in one way; none of them adds anything that could be taken for progress.
fn worsened(step: &StepFacts, way: u8, at: usize) -> StepFacts {
    let mut worse = step.clone();
    match way {
        0 => worse.checks.push(false),
        1 => worse.calls.insert(at.min(worse.calls.len()), error_call(77)),
        2 => worse.calls.insert(at.min(worse.calls.len()), CallFacts { check: Some(false), ..call(78, at as u64) }),
        3 => worse.changed_lines += 700,
        4 => worse.changed_paths.push(".github/workflows/ci.yml".to_owned()),
        5 => worse.confidence = Some(worse.confidence.map_or(10, |said| said / 2)),
        6 => worse.needs_decision = true,
        7 => worse.corrective_edits += 1,
        8 => worse.judgement_brief = true,
        _ => {
            if let Some(check) = worse.checks.first_mut() {
                *check = false;
            }
        }
    }
    worse
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_two_opposite_moves_lie_within_the_cool_down(
        policy in policies(), steps in steps(), applied in prop::collection::vec(any::<bool>(), 60..100),
    ) {
        let mut monitor = Monitor::default();
        let mut wishes: Vec<(usize, Want)> = Vec::new();
        let mut moves: Vec<usize> = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            let said = monitor.observe(&policy, step);
            if said.wants == Want::Stay {
                continue;
            }
            for (earlier, want) in wishes.iter().filter(|(_, want)| *want != said.wants) {
                prop_assert!(number - earlier > policy.cool_down as usize, "{want:?} at {earlier}, {:?} at {number}", said.wants);
            }
            if let Some(last) = moves.last() {
                prop_assert!(number - last > policy.cool_down as usize, "moved at {last}, {:?} at {number}", said.wants);
            }
            wishes.push((number, said.wants));
            if applied[number % applied.len()] {
                monitor.moved();
                moves.push(number);
            }
        }
    }

    #[test]
    fn good_and_bad_steps_in_turn_never_move_more_than_one_way(
        good in good_steps(), bad in any_step(), apply in any::<bool>(),
    ) {
        let policy = Policy::builtin().monitor;
        let mut monitor = Monitor::default();
        let bad = StepFacts { checks: vec![false], ..bad };
        let mut ways: Vec<Want> = Vec::new();
        for step in good.into_iter().flat_map(|good| [good, bad.clone()]) {
            let said = monitor.observe(&policy, &step);
            if said.wants != Want::Stay {
                ways.push(said.wants);
                if apply {
                    monitor.moved();
                }
            }
        }
        prop_assert!(ways.iter().all(|want| *want == Want::Up), "{ways:?}");
    }

    #[test]
    fn good_steps_alone_never_want_up(steps in good_steps()) {
        let policy = Policy::builtin().monitor;
        let mut monitor = Monitor::default();
        for step in &steps {
            let said = monitor.observe(&policy, step);
            prop_assert!(said.wants != Want::Up && said.score == 0.0, "{said:?}");
        }
    }

    #[test]
    fn a_score_stays_between_zero_and_its_most_and_says_what_it_is_made_of(policy in policies(), steps in steps()) {
        let mut monitor = Monitor::default();
        for step in &steps {
            let said = monitor.observe(&policy, step);
            prop_assert!((0.0..=policy.most + 1e-6).contains(&said.score), "{}", said.score);
            let sum = said.carried + said.reasons.iter().map(|reason| reason.points).sum::<f64>();
            prop_assert!((sum.min(policy.most) - said.score).abs() < 1e-5, "{sum} {said:?}");
            prop_assert!(said.reasons.windows(2).all(|two| two[0].points >= two[1].points));
            prop_assert_eq!(monitor.score(), said.score);
            prop_assert!(!said.urgent || said.wants == Want::Up);
            prop_assert!(!said.because.is_empty());
        }
    }

    #[test]
    fn a_monitor_that_was_stored_and_read_again_says_the_same(policy in policies(), steps in steps()) {
        let (mut one, mut other) = (Monitor::default(), Monitor::default());
        for step in &steps {
            let text = serde_json::to_string(&other).unwrap();
            other = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&one, &other);
            let said: Verdict = one.observe(&policy, step);
            prop_assert_eq!(said, other.observe(&policy, step));
        }
    }

    #[test]
    fn a_bad_sign_more_never_lowers_this_score_or_a_later_one(
        policy in policies(), steps in steps(), at in any::<prop::sample::Index>(), way in 0..10_u8, place in 0..4_usize,
    ) {
        let at = at.index(steps.len());
        let (mut as_it_was, mut worse) = (Monitor::default(), Monitor::default());
        for (number, step) in steps.iter().enumerate() {
            let before = as_it_was.observe(&policy, step).score;
            let made_worse = if number == at { worsened(step, way, place) } else { step.clone() };
            let after = worse.observe(&policy, &made_worse).score;
            prop_assert!(after >= before, "step {number} of {}, worse at {at} by {way}: {before} -> {after}", steps.len());
        }
    }

    #[test]
    fn an_edit_of_a_file_that_was_edited_too_often_never_lowers_the_score(steps in steps()) {
        let policy = Policy::builtin().monitor;
        let mut monitor = Monitor::default();
        let edit = |n| StepFacts { calls: vec![edit_call("src/worn.rs", n)], ..StepFacts::default() };
        for step in steps {
            let mut with_edits = Monitor::clone(&monitor);
            for n in 0..3 {
                with_edits.observe(&policy, &edit(n));
            }
            let mut without = with_edits.clone();
            let mut more = step.clone();
            more.calls.push(edit_call("src/worn.rs", 99));
            prop_assert!(with_edits.observe(&policy, &more).score >= without.observe(&policy, &step).score);
            monitor.observe(&policy, &step);
        }
    }
}
