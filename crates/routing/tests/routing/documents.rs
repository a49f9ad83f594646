//! What `docs/policy.md` says of the built-in numbers is what they are.

use std::path::Path;

use routing::{Monitor, MonitorPolicy, Policy, Signal, StepFacts, Want};

use crate::steps::{call, edit, edit_call, error, step};

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policy.md")).unwrap()
}

#[test]
fn every_number_of_the_monitor_stands_in_the_page_with_its_built_in_value() {
    let page = page();
    for field in Policy::builtin().show() {
        let Some(name) = field.path.strip_prefix("monitor.").filter(|name| !name.contains('.')) else { continue };
        // Long lists stand in the policy's own text.
        let end = if matches!(name, "risk_paths" | "judgement_words") {
            "|".to_owned()
        } else {
            format!("| {} |", field.value)
        };
        let mut rows = page.lines().filter(|line| line.starts_with(&format!("| `{name}` |")));
        let said = rows.any(|row| row.ends_with(&end));
        assert!(said, "docs/policy.md has no row for `{name}` that ends with {end}");
    }
}

/// A step that has this signal; those of it that count up do so with every one of these.
fn typical(signal: Signal, n: u64) -> StepFacts {
    match signal {
        Signal::FailedChecksInARow => StepFacts { checks: vec![false], ..step(vec![edit_call(&format!("{n}.rs"), n)]) },
        Signal::RepeatedEdits => edit("one.rs", n),
        Signal::ErrorStreak | Signal::NoProgress => error(n),
        Signal::RepeatedCalls => step(vec![call(1, 1)]),
        Signal::GrowingDiff => StepFacts { changed_lines: 100_000, ..StepFacts::default() },
        Signal::RiskPath => StepFacts { changed_paths: vec![".env".to_owned()], ..StepFacts::default() },
        Signal::LowConfidence => StepFacts { confidence: Some(0), ..StepFacts::default() },
        Signal::NeedsDecision => StepFacts { needs_decision: true, ..StepFacts::default() },
        Signal::CorrectiveEdits => StepFacts { corrective_edits: 1, ..StepFacts::default() },
        Signal::JudgementBrief => StepFacts { judgement_brief: true, ..StepFacts::default() },
    }
}

fn alone(signal: Signal) -> Option<u64> {
    let mut policy: MonitorPolicy = Policy::builtin().monitor;
    policy.signals.retain(|known, _| *known == signal);
    let mut monitor = Monitor::default();
    (1..=200).find(|n| monitor.observe(&policy, &typical(signal, *n)).wants == Want::Up)
}

#[test]
fn the_table_of_signals_has_their_numbers_and_when_each_alone_wants_up() {
    let (page, policy) = (page(), Policy::builtin().monitor);
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    for signal in Signal::ALL {
        let weight = policy.weight(signal);
        let alone = alone(signal).map_or("never".to_owned(), |steps| steps.to_string());
        let end = format!("| {} | {} | {} | {alone} |", weight.weight, weight.free, weight.most);
        let row = rows.iter().find(|row| row.starts_with(&format!("| `{signal}` |")) && row.ends_with(&end));
        assert!(row.is_some(), "docs/policy.md lacks the row | `{signal}` | ... {end}");
    }
}

#[test]
fn every_other_field_stands_in_the_page_with_its_built_in_value() {
    let page = page();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    for field in Policy::builtin().show() {
        let parts: Vec<&str> = field.path.split('.').collect();
        let (named, has_value) = match parts.as_slice() {
            ["version"] | ["monitor", ..] => continue,
            // Of lists of named things the page has one row.
            ["lanes", _, rest @ ..] => (format!("lanes.NAME.{}", rest.join(".")), false),
            [list @ ("path_rules" | "drift" | "verification"), ..] => ((*list).to_owned(), false),
            ["routing", part @ ("task_types" | "task_words" | "weights"), ..] => (format!("routing.{part}"), false),
            ["routing", "fallbacks", "on_failure", ..] => ("routing.fallbacks.on_failure".to_owned(), true),
            _ => (field.path.clone(), true),
        };
        let row = rows.iter().find(|row| row.starts_with(&format!("| `{named}` |")));
        let row = row.unwrap_or_else(|| panic!("docs/policy.md has no row for `{named}`"));
        let end = format!("| {} |", field.value);
        assert!(!has_value || row.ends_with(&end), "{row} does not end with {end}");
    }
}

#[test]
fn the_routing_page_names_every_kind_and_every_trigger() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/routing.md")).unwrap();
    for kind in protocol::TaskType::ALL {
        assert!(page.contains(&format!("`{kind}`")), "{kind}");
    }
    for trigger in routing::Trigger::ALL {
        assert!(page.contains(&format!("`{trigger}`")), "{trigger}");
    }
}
