//! Policies that load, their hash and their origins.

use std::path::{Path, PathBuf};

use routing::{BUILTIN_SOURCE, MonitorPolicy, Policy, Signal, Weight};

const BUILTIN: &str = include_str!("../../data/policy.yaml");

fn load(text: &str) -> Policy {
    Policy::load(text, "policy.yaml").unwrap_or_else(|error| panic!("{error}"))
}

fn hash(text: &str) -> String {
    load(text).hash().to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_built_in_policy_says_every_field_itself() {
    // A field that it left out would show where it comes from.
    let shown = Policy::load(BUILTIN, "policy.yaml").unwrap().show();
    assert!(shown.len() >= 45, "{}", shown.len());
    for field in shown {
        assert!(field.origin.starts_with("policy.yaml:"), "{field:?}");
    }
    assert_eq!(Policy::builtin().monitor, load(BUILTIN).monitor);
    assert_eq!(Policy::builtin().source(), BUILTIN_SOURCE);
}

#[test]
fn a_file_says_only_what_differs() {
    let built_in = Policy::builtin().monitor;
    for nothing in ["", "# nothing\n", "version: 1\n", "monitor:\n", "monitor: {signals: {}}\n"] {
        assert_eq!(load(nothing).monitor, built_in, "{nothing:?}");
    }
    let mine = load("monitor:\n  up: 6\n  signals:\n    error_streak: {weight: 2}\n").monitor;
    let error_streak = Weight { weight: 2.0, ..built_in.weight(Signal::ErrorStreak) };
    let mut expected = MonitorPolicy { up: 6.0, ..built_in };
    expected.signals.insert(Signal::ErrorStreak, error_streak);
    assert_eq!(mine, expected);
}

#[test]
fn a_list_replaces_the_built_in_one() {
    let mine = load("monitor:\n  risk_paths: [ledger/]\n  urgent: []\n").monitor;
    assert_eq!(mine.risk_paths.matching("a/ledger/b.rs"), Some("ledger/"));
    assert_eq!(mine.risk_paths.matching(".env"), None);
    assert!(mine.urgent.is_empty());
}

#[test]
fn the_built_in_risk_paths_are_builds_migrations_rights_secrets_money_and_deployment() {
    let rules = Policy::builtin().monitor.risk_paths;
    for path in [
        ".github/workflows/ci.yml",
        "db/migrations/0007_users.sql",
        "src/auth/login.rs",
        "src/auth.ts",
        "app/models/UserPermission.java",
        ".env.production",
        "deploy/prod.yaml",
        "services/api/Dockerfile",
        "infra/main.tf",
        "src/payments/charge.py",
        "certs/server.key",
        "config/client_secrets.json",
    ] {
        assert!(rules.matching(path).is_some(), "{path}");
    }
    for path in
        ["src/lib.rs", "src/authors.rs", "docs/environment.md", "tests/parse.rs", "README.md", "src/keyboard.rs"]
    {
        assert_eq!(rules.matching(path), None, "{path}");
    }
}

#[test]
fn comments_order_and_what_is_left_out_make_no_other_hash() {
    let built_in = Policy::builtin();
    assert_eq!(built_in.hash().len(), 64);
    for same in
        ["", "# a comment\nversion: 1\n", "monitor: {up: 4.5}\n", "monitor: {half_life: 3.0, up: 4.5}\n", BUILTIN]
    {
        assert_eq!(hash(same), built_in.hash(), "{same:?}");
    }
    let one = "monitor:\n  up: 6\n  down: 2\n  risk_paths: [a/, b/]\n  urgent: [risk_path, no_progress]\n";
    let other =
        "# mine\nmonitor: {urgent: [no_progress, risk_path], risk_paths: [b/, a/], down: 2.0, up: 6}\nversion: 1\n";
    assert_eq!(hash(one), hash(other));
}

#[test]
fn every_value_that_differs_makes_another_hash() {
    let mut hashes = vec![Policy::builtin().hash().to_owned()];
    for field in [
        "half_life: 4",
        "after_pass: 0.4",
        "most: 11",
        "up: 5",
        "down: 2",
        "cool_down: 7",
        "calm_steps: 6",
        "passed_checks: 3",
        "memory: 30",
        "diff_block: 100",
        "low_confidence: 50",
        "urgent: []",
        "risk_paths: []",
        "judgement_words: []",
        "signals: {no_progress: {weight: 1}}",
        "signals: {no_progress: {free: 1}}",
        "signals: {no_progress: {most: 1}}",
    ] {
        hashes.push(hash(&format!("monitor: {{{field}}}\n")));
    }
    let count = hashes.len();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), count);
}

#[test]
fn every_field_is_shown_with_where_it_came_from() {
    let shown =
        load("version: 1\nmonitor:\n  up: 6\n  signals:\n    error_streak:\n      weight: 2\n  urgent: []\n").show();
    let field = |path: &str| shown.iter().find(|field| field.path == path).unwrap_or_else(|| panic!("{path}"));
    let told = |path: &str| (field(path).value.as_str(), field(path).origin.as_str());
    assert_eq!(told("version"), ("1", "policy.yaml:1"));
    assert_eq!(told("monitor.up"), ("6", "policy.yaml:3"));
    assert_eq!(told("monitor.down"), ("1", BUILTIN_SOURCE));
    assert_eq!(told("monitor.signals.error_streak.weight"), ("2", "policy.yaml:6"));
    assert_eq!(told("monitor.signals.error_streak.free"), ("1", BUILTIN_SOURCE));
    assert_eq!(told("monitor.urgent"), ("none", "policy.yaml:7"));
    for signal in Signal::ALL {
        field(&format!("monitor.signals.{signal}.most"));
    }
}

#[test]
fn every_example_loads_and_differs_from_the_built_in_policy() {
    let mut hashes = vec![Policy::builtin().hash().to_owned()];
    for entry in std::fs::read_dir(root().join("examples/policies")).unwrap() {
        let path = entry.unwrap().path();
        let policy = Policy::load(&std::fs::read_to_string(&path).unwrap(), &path.display().to_string());
        hashes.push(policy.unwrap_or_else(|error| panic!("{error}")).hash().to_owned());
    }
    assert!(hashes.len() >= 3);
    let count = hashes.len();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), count);
}
