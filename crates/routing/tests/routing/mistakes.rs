//! Policies that cannot be used, and how that is said.

use routing::{Policy, PolicyErrorKind};

fn error(text: &str) -> String {
    Policy::load(text, "policy.yaml").unwrap_err().to_string()
}

/// The mistake has all of these words.
fn says(text: &str, words: &[&str]) {
    let said = error(text);
    for word in words {
        assert!(said.contains(word), "`{word}` is missing in\n{said}\nfor\n{text}");
    }
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_keys_there_are() {
    says(
        "version: 1\nlane: [fast]\n",
        &["policy.yaml:2:1: ", "unknown field `lane`", "`version`", "`lanes`", "did you mean `lanes`?"],
    );
    says(
        "monitor:\n  upp: 4\n",
        &["policy.yaml:2:3: monitor: ", "unknown field `upp`", "`half_life`", "did you mean `up`?"],
    );
    says(
        "monitor:\n  signals:\n    error_streak: {wieght: 2}\n",
        &[
            "policy.yaml:3:20: monitor.signals.error_streak: ",
            "`wieght`",
            "`weight`, `free`, `most`",
            "did you mean `weight`?",
        ],
    );
}

#[test]
fn an_unknown_signal_is_named_with_the_signals_there_are() {
    says(
        "monitor:\n  signals:\n    error_streaks: {weight: 2}\n",
        &[
            "policy.yaml:3:",
            "monitor.signals",
            "unknown signal `error_streaks`",
            "`no_progress`",
            "did you mean `error_streak`?",
        ],
    );
    says("monitor:\n  urgent: [panic]\n", &["policy.yaml:2:12: ", "unknown signal `panic`", "`risk_path`"]);
}

#[test]
fn a_value_of_a_wrong_type_is_named_in_plain_words() {
    says("monitor: {up: high}\n", &["policy.yaml:1:15: monitor.up: ", "\"high\"", "expected a number"]);
    says(
        "monitor: {cool_down: -1}\n",
        &["policy.yaml:1:22: monitor.cool_down: ", "`-1`", "a whole number, zero or more"],
    );
    says("monitor: {cool_down: 2.5}\n", &["monitor.cool_down", "2.5", "a whole number"]);
    says("monitor: {low_confidence: 300}\n", &["monitor.low_confidence", "300", "0 to 100"]);
    says("monitor: {risk_paths: auth/}\n", &["monitor.risk_paths", "\"auth/\"", "expected a list"]);
    says(
        "monitor: {signals: {error_streak: 2}}\n",
        &["monitor.signals.error_streak", "`2`", "`weight`, `free`, `most`"],
    );
    says("monitor: 3\n", &["monitor", "`3`", "the fields of `monitor`"]);
    says("- up\n", &["policy.yaml:1:1: ", "the fields of a policy"]);
}

#[test]
fn a_number_that_makes_no_sense_is_refused_with_what_is_allowed() {
    for (field, value, allowed) in [
        ("half_life", "0", "more than 0 up to 1000"),
        ("half_life", ".nan", "more than 0"),
        ("most", ".inf", "up to 1000"),
        ("after_pass", "1.5", "0 up to 1 is"),
        ("down", "-1", "0 up to 1000"),
        ("cool_down", "0", "1 to 1000 steps"),
        ("calm_steps", "0", "1 to 1000 steps"),
        ("memory", "5000", "1 to 1000 steps"),
        ("diff_block", "0", "at least 1 line"),
        ("low_confidence", "101", "0 (never) to 100"),
    ] {
        says(
            &format!("# mine\nmonitor:\n  {field}: {value}\n"),
            &["policy.yaml:3:", &format!("monitor.{field}: "), allowed],
        );
    }
    says(
        "monitor: {signals: {risk_path: {weight: -1}}}\n",
        &["monitor.signals.risk_path.weight: -1", "0 (counts nothing) to 100"],
    );
    says("monitor: {signals: {risk_path: {weight: .nan}}}\n", &["monitor.signals.risk_path.weight: NaN"]);
}

#[test]
fn limits_that_contradict_each_other_are_blamed_on_what_the_file_says() {
    says("monitor:\n  down: 4.5\n", &["policy.yaml:2:9: monitor.down: ", "`down` is 4.5 and `up` 4.5", "swing"]);
    says("monitor:\n  up: 1\n", &["policy.yaml:2:7: monitor.up: ", "`down` is 1 and `up` 1"]);
    says("monitor:\n  up: 11\n", &["policy.yaml:2:7: monitor.up: ", "no score would reach it"]);
    says("monitor:\n  most: 4\n", &["policy.yaml:2:9: monitor.most: ", "`up` is 4.5 and `most` 4"]);
}

#[test]
fn entries_of_lists_are_named_by_their_place() {
    says(
        "monitor:\n  risk_paths:\n    - auth/\n    - \"a[b\"\n",
        &["policy.yaml:4:7: monitor.risk_paths[1]: ", "`a[b` is no pattern"],
    );
    says(
        "monitor:\n  judgement_words: [decide, \"trade-off\"]\n",
        &["policy.yaml:2:29: monitor.judgement_words[1]: ", "`trade-off`"],
    );
    says(
        "monitor:\n  urgent: [risk_path, risk_path]\n",
        &["policy.yaml:2:23: monitor.urgent[1]: ", "for the second time"],
    );
}

#[test]
fn keys_that_stand_twice_other_versions_and_what_is_no_yaml_are_refused() {
    let kind = |text: &str| Policy::load(text, "policy.yaml").unwrap_err().kind;
    assert_eq!(kind("monitor: {up: 4, up: 5}\n"), PolicyErrorKind::Key);
    says("monitor: {up: 4, up: 5}\n", &["policy.yaml:1:18: monitor: ", "`up` stands here for the second time"]);
    assert_eq!(kind("version: 2\n"), PolicyErrorKind::Version);
    says("version: 2\n", &["policy.yaml:1:10: version: ", "version 2 is unknown", "version 1"]);
    assert_eq!(kind("monitor: [\n"), PolicyErrorKind::Syntax);
    assert_eq!(kind("monitor: {up: !big 4}\n"), PolicyErrorKind::Key);
    assert_eq!(kind("monitor: {upp: 1}\n"), PolicyErrorKind::Shape);
    assert_eq!(kind("monitor: {up: 0}\n"), PolicyErrorKind::Value);
}
