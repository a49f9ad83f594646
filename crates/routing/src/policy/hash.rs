//! The fingerprint of a policy.

use serde_json::{Value, json};

use super::Policy;

/// Lists of words that say nothing by their order. All other lists do: lanes, rules, fallbacks, commands.
const UNORDERED: [&str; 9] = [
    "risk_paths",
    "judgement_words",
    "urgent",
    "patterns",
    "paths",
    "words",
    "escalate_on",
    "weak_checks",
    "always_strong_if",
];

/// The values in one form, whoever wrote them: fields in the order of the types, lists without an order sorted.
pub(super) fn of(policy: &Policy) -> String {
    let mut values = json!({
        "version": 1,
        "monitor": policy.monitor,
        "lanes": policy.lanes,
        "verifier": policy.verifier,
        "routing": policy.routing,
        "path_rules": policy.path_rules,
        "verification": policy.verification,
        "learned": policy.learned,
        "classifier": policy.classifier,
        "in_run": policy.in_run,
        "iterations": policy.iterations,
        "warnings": policy.warnings,
        "compaction": policy.compaction,
        "gateway": policy.gateway,
        "permissions": policy.permissions,
        "sandbox": policy.sandbox,
        "drift": policy.drift,
    });
    sort(&mut values, false);
    blake3::hash(values.to_string().as_bytes()).to_hex().to_string()
}

fn sort(value: &mut Value, unordered: bool) {
    match value {
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(key, value)| sort(value, UNORDERED.contains(&key.as_str())));
        }
        Value::Array(entries) if unordered => {
            entries.sort_by_key(ToString::to_string);
            entries.dedup();
        }
        Value::Array(entries) => entries.iter_mut().for_each(|entry| sort(entry, false)),
        _ => {}
    }
}
