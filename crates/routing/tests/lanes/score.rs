//! The risk score and the lanes it leads to.

use proptest::prelude::*;
use protocol::Signals;
use routing::signals::{Seen, from, score};
use routing::{Ask, Hints, Policy, decide};

use crate::{DOCSTRING, PUBLISHED, load, place, route, texts};

fn points(signals: &Signals) -> u32 {
    score(&Policy::builtin().routing.weights, signals)
}

fn files(files: u32) -> Signals {
    Signals { files, ..Signals::default() }
}

#[test]
fn p05_a_prompt_that_a_lane_cannot_take_goes_one_lane_up_and_is_not_cut() {
    let policy = Policy::builtin();
    let at = |tokens: u64| decide(&policy, &Ask { task: DOCSTRING, prompt_tokens: Some(tokens), ..Ask::default() });
    assert_eq!(at(32_000).lane, "fast");
    let larger = at(32_001);
    assert_eq!(larger.lane, "strong");
    assert_eq!(larger.reasons.last().unwrap(), "context:fast");
    // Beyond the last there is nothing: it is said, and the lane's own windows have to do.
    assert_eq!(at(500_000).lane, "strong");
    assert_eq!(at(500_000).reasons[2..], ["context:fast", "context:strong"]);
}

#[test]
fn p07_files_count_up_to_eight() {
    assert_eq!([0, 8, 9, 1_000, u32::MAX].map(|count| points(&files(count))), [0, 8, 8, 8, 8]);
}

#[test]
fn p08_failures_count_twice_up_to_six() {
    let failures = |failures: u32| points(&Signals { failures, ..Signals::default() });
    assert_eq!([0, 1, 2, 3, 4, 100, u32::MAX].map(failures), [0, 2, 4, 6, 6, 6, 6]);
}

#[test]
fn p09_four_files_two_failures_and_new_code_are_eleven_and_strong() {
    let signals = Signals { files: 4, failures: 2, new_code: true, ..Signals::default() };
    for policy in [Policy::builtin(), load(PUBLISHED)] {
        let route = route(&policy, DOCSTRING, signals.clone());
        assert_eq!((route.score, route.lane.as_str()), (11, "strong"));
        assert!(route.reasons.contains(&"score:11".to_owned()));
    }
}

#[test]
fn p10_six_files_alone_are_fast() {
    for policy in [Policy::builtin(), load(PUBLISHED)] {
        let route = route(&policy, DOCSTRING, files(6));
        assert_eq!((route.score, route.lane.as_str()), (6, "fast"));
    }
}

#[test]
fn p11_seven_files_alone_are_strong() {
    for policy in [Policy::builtin(), load(PUBLISHED)] {
        let route = route(&policy, DOCSTRING, files(7));
        assert_eq!((route.score, route.lane.as_str()), (7, "strong"));
    }
}

#[test]
fn p12_all_at_its_most_is_twenty_seven() {
    let all = Signals {
        files: 1_000,
        schema_change: true,
        auth_code: true,
        failures: 1_000,
        new_code: true,
        production_incident: true,
        paths: texts(&["ci", "auth"]),
    };
    assert_eq!(points(&all), 27);
}

#[test]
fn p13_a_count_that_is_none_is_refused_and_not_bent() {
    for wrong in [
        "{\"files\": -1}",
        "{\"files\": 1.5}",
        "{\"failures\": -2}",
        "{\"failures\": \"many\"}",
        "{\"files\": 5000000000}",
    ] {
        assert!(serde_json::from_str::<Signals>(wrong).is_err(), "{wrong}");
    }
    for wrong in ["-1", "1.5", "+3", "1e3", "many", "", " 4"] {
        let hints = Hints::read(&[("files", wrong)]);
        assert_eq!(hints.refused().len(), 1, "{wrong:?}");
        let route = decide(&Policy::builtin(), &Ask { task: DOCSTRING, hints, ..Ask::default() });
        assert_eq!((route.signals.files, route.lane.as_str()), (0, "strong"), "{wrong:?}");
    }
}

fn any_signals() -> impl Strategy<Value = Signals> {
    let rules = proptest::sample::subsequence(vec!["ci", "migrations", "auth", "secrets", "deployment"], 0..=5);
    (0_u32..20, any::<bool>(), any::<bool>(), 0_u32..6, any::<bool>(), any::<bool>(), rules).prop_map(
        |(files, schema_change, auth_code, failures, new_code, production_incident, paths)| Signals {
            files,
            schema_change,
            auth_code,
            failures,
            new_code,
            production_incident,
            paths: texts(&paths),
        },
    )
}

/// Both of each.
fn together(one: &Signals, other: &Signals) -> Signals {
    let mut paths = one.paths.clone();
    paths.extend(other.paths.iter().filter(|path| !one.paths.contains(path)).cloned());
    Signals {
        files: one.files.max(other.files),
        schema_change: one.schema_change || other.schema_change,
        auth_code: one.auth_code || other.auth_code,
        failures: one.failures.max(other.failures),
        new_code: one.new_code || other.new_code,
        production_incident: one.production_incident || other.production_incident,
        paths,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn p14_no_signal_that_rises_makes_score_or_lane_fall(one in any_signals(), other in any_signals()) {
        let more = together(&one, &other);
        prop_assert!(points(&more) >= points(&one));
        for policy in [Policy::builtin(), load(PUBLISHED)] {
            let (lower, higher) = (route(&policy, DOCSTRING, one.clone()), route(&policy, DOCSTRING, more.clone()));
            prop_assert!(place(&policy, &higher.lane) >= place(&policy, &lower.lane));
        }
    }

    #[test]
    fn p19_the_same_question_has_the_same_answer(signals in any_signals(), task in ".{0,80}") {
        let policy = Policy::builtin();
        let first = route(&policy, &task, signals.clone());
        prop_assert_eq!(&first, &route(&policy, &task, signals.clone()));
        prop_assert_eq!(first, route(&load(""), &task, signals));
    }
}

#[test]
fn p15_a_schema_change_is_strong_by_its_condition_and_not_by_its_score() {
    let signals = Signals { schema_change: true, ..Signals::default() };
    let route = route(&Policy::builtin(), DOCSTRING, signals);
    assert_eq!((route.score, route.lane.as_str()), (5, "strong"));
    assert_eq!(route.reasons, ["always_strong:schema_change"]);
}

#[test]
fn p16_a_production_incident_is_strong_although_it_scores_nothing() {
    let signals = Signals { production_incident: true, ..Signals::default() };
    let route = route(&Policy::builtin(), DOCSTRING, signals);
    assert_eq!((route.score, route.lane.as_str()), (0, "strong"));
    assert_eq!(route.reasons, ["always_strong:production_incident"]);
}

#[test]
fn p17_builds_migrations_secrets_and_deployment_go_up_without_any_flag() {
    let policy = Policy::builtin();
    for (path, rule) in [
        (".github/workflows/ci.yml", "ci"),
        ("services/web/Jenkinsfile", "ci"),
        ("db/migrations/0007_users.sql", "migrations"),
        ("prisma/schema.prisma", "migrations"),
        ("src/auth/login.rs", "auth"),
        ("config/client_secrets.json", "secrets"),
        (".env.production", "secrets"),
        ("deploy/prod.yaml", "deployment"),
        ("Dockerfile", "deployment"),
        ("infra/main.tf", "deployment"),
    ] {
        let changed = texts(&[path]);
        let mut signals = from(&Seen { changed: &changed, ..Seen::default() }, &policy);
        assert_eq!(signals.paths, [rule], "{path}");
        (signals.schema_change, signals.auth_code) = (false, false);
        let route = route(&policy, DOCSTRING, signals);
        assert_eq!(route.lane, "strong", "{path}");
        assert_eq!(route.reasons, [format!("path:{rule}")], "{path}");
    }
    let changed = texts(&["src/lib.rs", "docs/authors.md", "src/keyboard.rs", "tests/environment.rs"]);
    assert_eq!(from(&Seen { changed: &changed, ..Seen::default() }, &policy).paths, [""; 0]);
}

#[test]
fn p18_all_that_holds_is_listed_in_the_order_of_the_file() {
    let policy = load("routing: {always_strong_if: [production_incident, ci, auth_code, schema_change]}\n");
    let signals = Signals {
        schema_change: true,
        auth_code: true,
        production_incident: true,
        paths: texts(&["ci", "migrations"]),
        files: 12,
        ..Signals::default()
    };
    assert_eq!(
        route(&policy, "Fix it.", signals).reasons,
        [
            "always_strong:production_incident",
            "always_strong:ci",
            "always_strong:auth_code",
            "always_strong:schema_change",
            "path:ci",
            "path:migrations",
            "task_type:bug_fix",
            "score:18",
        ]
    );
}

#[test]
fn lanes_between_have_scores_of_their_own() {
    let policy = load(
        "lanes: [{name: fast}, {name: mid, max_context_tokens: 64000}, {name: strong}]\nrouting: {score_limits: [3, 5]}\n",
    );
    let lanes = [3, 4, 5, 6].map(|count| route(&policy, DOCSTRING, files(count)).lane);
    assert_eq!(lanes, ["fast", "mid", "mid", "strong"]);
}
