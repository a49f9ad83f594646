//! Policies that load, and those that do not.

use routing::{LaneBrain, Mode, OnFailure, Policy, Trigger};

use crate::{PUBLISHED, error, load, says};

#[test]
fn p01_what_the_policy_does_not_know_is_an_error_with_its_place_and_what_is_allowed() {
    says(
        "routing:\n  fast_max_scor: 6\n",
        &["policy.yaml:2:3: routing: ", "unknown field `fast_max_scor`", "did you mean `fast_max_score`?"],
    );
    says(
        "routing:\n  always_strong_if: [auth_code, schema_chang]\n",
        &[
            "policy.yaml:2:33: routing.always_strong_if[1]: ",
            "unknown condition `schema_chang`",
            "`production_incident`",
            "`ci`",
            "did you mean `schema_change`?",
        ],
    );
    says(
        "routing:\n  escalate_on:\n    - failed_test\n",
        &[
            "policy.yaml:3:7: routing.escalate_on[0]: ",
            "unknown trigger `failed_test`",
            "`no_checks`",
            "did you mean `failed_tests`?",
        ],
    );
    says(
        "routing: {task_types: {docstrings: fast}}\n",
        &["unknown kind of task `docstrings`", "did you mean `docstring`?"],
    );
    says(
        "routing: {task_types: {docstring: fats}}\n",
        &["routing.task_types.docstring: there is no lane `fats`", "did you mean `fast`?"],
    );
    says("learned: {mode: maybe}\n", &["policy.yaml:1:17: learned.mode: ", "`maybe`", "`shadow`"]);
    says(
        "path_rules:\n  - {name: ci, lanes: strong}\n",
        &["policy.yaml:2:16: path_rules[0]: ", "`lanes`", "did you mean `lane`?"],
    );
    says(
        "path_rules:\n  - {name: mine, patterns: [\"a[b\"]}\n",
        &["policy.yaml:2:29: path_rules[0].patterns[0]: ", "`a[b`"],
    );
    says("verification: [{paths: [src/]}]\n", &["verification[0]", "`paths` and `run` are needed"]);
    // Published ones are read as strictly.
    says(
        &PUBLISHED.replace("auth_code", "auth_cod"),
        &["policy.yaml:8:37: routing.always_strong_if[1]: ", "`auth_cod`"],
    );
    says(
        &PUBLISHED.replace("patch_rejected", "patch_reject"),
        &["policy.yaml:9:31: ", "unknown trigger `patch_reject`"],
    );
    says(
        &PUBLISHED.replace("provider: openai", "provder: openai"),
        &["policy.yaml:4:14: models.verifier: ", "`provder`"],
    );
}

#[test]
fn p02_scores_that_lead_to_no_lane_or_to_two_are_refused() {
    says("routing: {fast_max_score: 5}\n", &["policy.yaml:1:27: routing.fast_max_score: ", "lead to no lane"]);
    says("routing: {strong_min_score: 6}\n", &["policy.yaml:1:29: routing.strong_min_score: ", "lead to two lanes"]);
    says("routing: {fast_max_score: 6.5}\n", &["routing.fast_max_score: ", "6.5", "a whole number"]);
    says("routing: {fast_max_score: -1}\n", &["`-1`", "a whole number, zero or more"]);
    says(&PUBLISHED.replace("strong_min_score: 7", "strong_min_score: 9"), &["routing.", "lead to no lane"]);
    assert_eq!(load("routing: {fast_max_score: 3, strong_min_score: 4}\n").routing.score_limits, [3]);
    let three = |routing: &str| {
        format!(
            "lanes: [{{name: fast}}, {{name: mid, max_context_tokens: 64000}}, {{name: strong}}]\nrouting: {routing}\n"
        )
    };
    says(&three("{cache_ttl_minutes: 1}"), &["routing.score_limits: ", "3 lanes need `score_limits` with 2 numbers"]);
    says(&three("{score_limits: [6]}"), &["1 numbers for 3 lanes; 2 are needed"]);
    says(&three("{score_limits: [6, 6]}"), &["routing.score_limits[1]: ", "does not rise above 6"]);
    says(
        &three("{score_limits: [6, 11], strong_min_score: 10}"),
        &["routing.strong_min_score: 10, but `score_limits` says 12"],
    );
    assert_eq!(load(&three("{score_limits: [6, 11]}")).routing.strong_min_score, 12);
    // With one lane between, the two limits say it all.
    assert_eq!(load(&three("{strong_min_score: 12}")).routing.score_limits, [6, 11]);
}

#[test]
fn p03_fast_and_strong_are_needed_and_a_verifier_that_is_the_producer_is_pointed_out() {
    says("lanes: [{name: fast}]\n", &["lanes: 1; at least two lanes"]);
    says("lanes: [{name: fast}, {name: big, max_context_tokens: 1}]\n", &["lanes: there is no lane `strong`"]);
    says("lanes: [{name: strong}, {name: fast}]\n", &["from cheap to strong", "`fast` has to be the first"]);
    says("lanes: [{name: fast}, {name: fast}, {name: strong}]\n", &["`fast` stands here for the second time"]);
    says("models: {fast: {model: a}}\nrouting: {}\n", &["there is no `strong`", "`verifier` is not"]);
    says("models: {fast: {provider: a}, strong: {model: b}}\n", &["policy.yaml:1:16: models.fast: `model` is missing"]);
    assert!(load("models: {fast: {model: a}, strong: {model: b}}\n").verifier.is_none());
    assert_eq!(Policy::builtin().remarks(), [""; 0]);
    let same = load("lanes: [{name: fast, brain: haiku}, {name: strong, brain: opus@high}]\nverifier: {brain: opus}\n");
    assert_eq!(same.remarks().len(), 1, "{:?}", same.remarks());
    assert!(same.remarks()[0].contains("lane `strong`"));
}

#[test]
fn p04_every_section_is_in_the_hash_and_nothing_else_is() {
    let built_in = Policy::builtin().hash().to_owned();
    for same in [
        "# a comment\n",
        "lanes: [{name: fast}, {name: strong}]\n",
        "routing: {fast_max_score: 6}\n",
        "routing: {score_limits: [6]}\n",
        "routing: {escalate_on: [monitor, risk_path, no_patch, no_checks, weak_checks, low_confidence_summary, patch_rejected, failed_tests]}\n",
        "iterations:\n",
        "learned: {explore: {usd: 0.0}}\n",
    ] {
        assert_eq!(load(same).hash(), built_in, "{same}");
    }
    let mut hashes = vec![built_in];
    for differs in [
        "lanes: [{name: fast, brain: haiku}, {name: strong}]\n",
        "lanes: [{name: fast, effort: low}, {name: strong}]\n",
        "lanes: [{name: fast}, {name: strong, review: true}]\n",
        "lanes: [{name: fast, max_context_tokens: 1000}, {name: strong}]\n",
        "verifier: {brain: opus}\n",
        "routing: {task_types: {tests: strong}}\n",
        "routing: {task_words: [{name: tests, words: [proof]}]}\n",
        "routing: {weights: {files: 2}}\n",
        "routing: {fast_max_score: 7, strong_min_score: 8}\n",
        "routing: {always_strong_if: [ci]}\n",
        "routing: {escalate_on: []}\n",
        "routing: {min_confidence: 0.5}\n",
        "routing: {confidence: required}\n",
        "routing: {weak_checks: []}\n",
        "routing: {on_failure: escalate}\n",
        "routing: {strong_attempts: 1}\n",
        "routing: {stickiness: off}\n",
        "routing: {cache_ttl_minutes: 0}\n",
        "routing: {fallbacks: {num_retries: 1}}\n",
        "routing: {fallbacks: {on_failure: {fast: []}}}\n",
        "path_rules: [{name: ci, patterns: []}]\n",
        "verification: [{paths: [src/], run: [cargo test]}]\n",
        "learned: {mode: on}\n",
        "classifier: {mode: shadow}\n",
        "in_run: {from: 0.9}\n",
        "iterations: {main: 30}\n",
        "warnings: {tier_share: 0.2}\n",
        "compaction: {fixed_tokens: 8000}\n",
        "drift: [{name: auth, words: []}]\n",
        "monitor: {up: 5}\n",
    ] {
        hashes.push(load(differs).hash().to_owned());
    }
    let count = hashes.len();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), count);
    // Every decision carries it.
    let policy = load("iterations: {main: 30}\n");
    assert_eq!(crate::route(&policy, "Fix it.", protocol::Signals::default()).policy, policy.hash());
}

#[test]
fn a_brain_is_a_model_an_alias_or_its_parts() {
    let policy = load(
        "lanes:\n  - {name: fast, brain: haiku@low}\n  - {name: strong, brain: {provider: openai, model: gpt-6-sol}, effort: high}\n",
    );
    let written: Vec<_> = policy.lanes.iter().map(|lane| lane.written().unwrap()).collect();
    assert_eq!(written, ["haiku@low", "openai/gpt-6-sol@high"]);
    assert_eq!(policy.lanes[0].max_context_tokens, 32_000, "what is left out is the built-in lane's");
    assert_eq!(Policy::builtin().lanes[0].written(), None);
    says(
        "lanes: [{name: fast, brain: haiku@lwo}, {name: strong}]\n",
        &["policy.yaml:1:29: lanes[0].brain: ", "`lwo` is no effort"],
    );
    says(
        "lanes: [{name: fast, brain: haiku@low, effort: high}, {name: strong}]\n",
        &["lanes[0].effort: ", "names an effort already"],
    );
    says("lanes: [{name: fast, brain: [a]}, {name: strong}]\n", &["lanes[0].brain", "a model as text"]);
    says("lanes: [{name: fast, max_context_tokens: 0}, {name: strong}]\n", &["lanes[0].max_context_tokens: 0"]);
    assert_eq!(LaneBrain::new("a/b@max").model(), "a/b");
}

#[test]
fn rules_of_a_file_add_to_the_built_in_ones_and_one_of_the_same_name_replaces_what_it_names() {
    let policy =
        load("path_rules:\n  - {name: billing, patterns: [billing/], lane: strong}\n  - {name: ci, patterns: []}\n");
    let names: Vec<&str> = policy.path_rules.iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names, ["unreadable", "ci", "migrations", "auth", "secrets", "deployment", "billing"]);
    let rule = |name: &str| policy.path_rules.iter().find(|rule| rule.name == name).unwrap();
    assert!(rule("billing").matches("src/billing/x.rs"));
    assert!(!rule("ci").matches(".gitlab-ci.yml"));
    assert!(rule("auth").matches("src/auth/x.rs"));
}

#[test]
fn settings_that_make_no_sense_are_refused_with_what_is_allowed() {
    for (text, words) in [
        ("routing: {min_confidence: 1.5}\n", ["routing.min_confidence: 1.5", "0 to 1"]),
        ("routing: {min_confidence: .nan}\n", ["routing.min_confidence: ", "not a number"]),
        ("learned: {explore: {share: 2}}\n", ["learned.explore.share: 2", "0 to 1"]),
        ("learned: {cost_weight: -1}\n", ["learned.cost_weight: -1", "0 to 1000000"]),
        ("routing: {strong_attempts: 0}\n", ["routing.strong_attempts: 0", "1 to 10"]),
        ("warnings: {spike: 0.5}\n", ["warnings.spike: 0.5", "1 to 1000"]),
        ("in_run: {until: 0.9}\n", ["in_run.until", "must not be above"]),
        ("classifier: {lane: middle}\n", ["classifier.lane: ", "there is no lane `middle`"]),
        ("compaction: {summary_lane: tier2}\n", ["compaction.summary_lane: ", "there is no lane `tier2`"]),
        ("routing: {fallbacks: {on_failure: {fast: [strong], strong: [fast]}}}\n", ["lead back to", "for ever"]),
        (
            "routing: {fallbacks: {on_failure: {fast: [sturdy]}}}\n",
            ["routing.fallbacks.on_failure.fast[0]: ", "`sturdy`"],
        ),
        ("routing: {task_words: [{name: tests, words: [a-b]}]}\n", ["routing.task_words[0].words[0]: ", "`a-b`"]),
        ("routing: {weights: {files: 5000}}\n", ["routing.weights.files: 5000", "0 to 1000"]),
        ("path_rules: [{name: auth_code, patterns: [x/]}]\n", ["path_rules[0].name", "name of a signal"]),
        ("verification: [{paths: [src/], run: [\" \"]}]\n", ["verification[0].run[0]: ", "passes always"]),
    ] {
        says(text, &words);
        assert!(error(text).starts_with("policy.yaml:1:"), "{}", error(text));
    }
}

#[test]
fn values_have_types_and_defaults() {
    let policy = Policy::builtin();
    assert_eq!(policy.routing.escalate_on.len(), Trigger::ALL.len());
    assert_eq!(policy.routing.on_failure, OnFailure::Retry);
    assert_eq!((policy.learned.mode, policy.learned.confidence), (Mode::Shadow, 0.95));
    assert_eq!(policy.classifier.mode, Mode::Off);
    assert_eq!((policy.iterations.delegation, policy.iterations.main), (15, 60));
}

#[test]
fn two_policies_differ_by_fields_with_both_origins() {
    let mine = load(
        "routing:\n  fast_max_score: 5\n  strong_min_score: 6\npath_rules:\n  - {name: billing, patterns: [billing/]}\n",
    );
    let changes = Policy::builtin().changes(&mine);
    let told: Vec<(&str, Option<&str>, Option<&str>)> = changes
        .iter()
        .map(|change| {
            let value = |side: &Option<(String, String)>| side.as_ref().map(|(value, _)| value.clone());
            (change.path.as_str(), value(&change.one), value(&change.other))
        })
        .map(|(path, one, other)| (path, one.map(|it| &*it.leak()), other.map(|it| &*it.leak())))
        .collect();
    assert_eq!(
        told,
        [
            ("routing.fast_max_score", Some("6"), Some("5")),
            ("routing.strong_min_score", Some("7"), Some("6")),
            ("path_rules.billing.patterns", None, Some("billing/")),
        ]
    );
    assert_eq!(changes[0].one.as_ref().unwrap().1, "built-in policy");
    assert_eq!(changes[0].other.as_ref().unwrap().1, "policy.yaml:2");
    assert_eq!(changes[2].other.as_ref().unwrap().1, "policy.yaml:5");
    assert!(mine.changes(&mine).is_empty());
}
