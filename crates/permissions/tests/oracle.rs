//! The judge against real shells.

#[path = "common/mod.rs"]
mod common;
#[path = "oracle/mod.rs"]
mod hunting;

use std::path::Path;

use hunting::{ROOT, hunt};
use permissions::rules::RuleSet;
use permissions::{Ground, Judgement, Profile, judge};

fn judged(line: &str) -> Judgement {
    let rules = RuleSet::none();
    judge(
        line,
        &Ground { root: Path::new(ROOT), cwd: Path::new(ROOT), ..common::ground(Profile::ReadOnlyAuto, &rules) },
    )
}

/// How many lines; the full hunt is `cargo run --release -p permissions --example oracle -- --commands 100000`.
fn commands() -> usize {
    std::env::var_os("AGENT_ORACLE_COMMANDS").and_then(|text| text.to_str()?.parse().ok()).unwrap_or(1_000)
}

#[test]
fn sec_70_no_allowed_line_starts_a_program_or_changes_a_file_that_the_judge_has_not_seen() {
    let report = hunt(commands(), 7, &judged);
    assert!(report.counterexamples.is_empty(), "{:#?}", report.counterexamples);
    assert!(report.run > report.generated / 10 && report.started > 0, "hardly any line is allowed: {report:?}");
}

#[test]
fn sec_70_the_hunt_finds_a_judge_that_misreads_lines() {
    // One that overlooks what stands behind a `;` or on another line.
    let first = |line: &str| judged(line.split([';', '\n']).next().unwrap_or_default());
    assert!(!hunt(600, 1, &first).counterexamples.is_empty());
    // One that takes every redirection for a free one.
    let quiet = |line: &str| judged(&line.replace("> new", ">/dev/null"));
    let found = hunt(1_500, 1, &quiet).counterexamples;
    assert!(found.iter().any(|found| found.what.contains("files changed")), "{found:#?}");
    // One that takes words for other words than the shell does.
    let bare = |line: &str| judged(&line.replace('\\', ""));
    assert!(!hunt(1_000, 1, &bare).counterexamples.is_empty());
}
