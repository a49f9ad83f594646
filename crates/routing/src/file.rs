//! The file as it is written: what it leaves out comes from the policy below it.

use std::collections::BTreeMap;

use catalogue::yaml::{self, Path};
use serde::Deserialize;

use crate::error::{Mistake, PolicyError, PolicyErrorKind, did_you_mean};
use crate::paths::PathRules;
use crate::phrases::Phrases;
use crate::settings::{MonitorPolicy, Weight, at};
use crate::signal::Signal;

/// The format that this program reads.
const VERSION: u32 = 1;

/// A policy file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct File {
    version: Option<u32>,
    monitor: Option<MonitorFile>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MonitorFile {
    half_life: Option<f64>,
    after_pass: Option<f64>,
    most: Option<f64>,
    up: Option<f64>,
    down: Option<f64>,
    cool_down: Option<u32>,
    calm_steps: Option<u32>,
    passed_checks: Option<u32>,
    memory: Option<u32>,
    signals: Option<BTreeMap<Signal, WeightFile>>,
    diff_block: Option<u64>,
    low_confidence: Option<u8>,
    urgent: Option<Vec<Signal>>,
    risk_paths: Option<Vec<String>>,
    judgement_words: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WeightFile {
    weight: Option<f64>,
    free: Option<u32>,
    most: Option<u32>,
}

impl File {
    /// Reads a text.
    pub(crate) fn read(text: &str, source: &str) -> Result<Self, PolicyError> {
        yaml::check_keys(text, &|_, _| None).map_err(|bad| PolicyError {
            kind: PolicyErrorKind::Key,
            file: source.to_owned(),
            line: bad.place.line,
            column: bad.place.column,
            field: bad.path.to_string(),
            problem: bad.problem,
        })?;
        yaml::read(text).map_err(|failure| PolicyError {
            kind: if failure.syntax { PolicyErrorKind::Syntax } else { PolicyErrorKind::Shape },
            file: source.to_owned(),
            line: failure.place.line,
            column: failure.place.column,
            field: failure.field,
            problem: if failure.syntax {
                format!("not YAML: {}", failure.words)
            } else {
                in_plain_words(&failure.words)
            },
        })
    }

    /// The policy that this file makes of the one below it.
    pub(crate) fn over(self, below: MonitorPolicy) -> Result<MonitorPolicy, Mistake> {
        if let Some(version) = self.version.filter(|version| *version != VERSION) {
            let problem = format!("version {version} is unknown; this program reads version {VERSION}");
            let path = Path::default().key("version");
            return Err(Mistake { kind: PolicyErrorKind::Version, path, problem });
        }
        match self.monitor {
            Some(monitor) => monitor.over(below),
            None => Ok(below),
        }
    }
}

impl MonitorFile {
    fn over(self, below: MonitorPolicy) -> Result<MonitorPolicy, Mistake> {
        let wrong = |field: &'static str| {
            move |(index, problem): (usize, String)| Mistake::value(at(field).index(index), problem)
        };
        let mut signals = below.signals;
        for (signal, weight) in self.signals.unwrap_or_default() {
            weight.lay_over(signals.entry(signal).or_default());
        }
        Ok(MonitorPolicy {
            half_life: self.half_life.unwrap_or(below.half_life),
            after_pass: self.after_pass.unwrap_or(below.after_pass),
            most: self.most.unwrap_or(below.most),
            up: self.up.unwrap_or(below.up),
            down: self.down.unwrap_or(below.down),
            cool_down: self.cool_down.unwrap_or(below.cool_down),
            calm_steps: self.calm_steps.unwrap_or(below.calm_steps),
            passed_checks: self.passed_checks.unwrap_or(below.passed_checks),
            memory: self.memory.unwrap_or(below.memory),
            signals,
            diff_block: self.diff_block.unwrap_or(below.diff_block),
            low_confidence: self.low_confidence.unwrap_or(below.low_confidence),
            urgent: self.urgent.map_or(Ok(below.urgent), each_once)?,
            risk_paths: match self.risk_paths {
                Some(patterns) => PathRules::new(patterns).map_err(wrong("risk_paths"))?,
                None => below.risk_paths,
            },
            judgement_words: match self.judgement_words {
                Some(phrases) => Phrases::new(phrases).map_err(wrong("judgement_words"))?,
                None => below.judgement_words,
            },
        })
    }
}

impl WeightFile {
    fn lay_over(self, weight: &mut Weight) {
        weight.weight = self.weight.unwrap_or(weight.weight);
        weight.free = self.free.unwrap_or(weight.free);
        weight.most = self.most.unwrap_or(weight.most);
    }
}

fn each_once(mut urgent: Vec<Signal>) -> Result<Vec<Signal>, Mistake> {
    for (index, signal) in urgent.iter().enumerate() {
        if urgent.iter().take(index).any(|earlier| earlier == signal) {
            return Err(Mistake::value(
                at("urgent").index(index),
                format!("`{signal}` stands here for the second time"),
            ));
        }
    }
    urgent.sort();
    Ok(urgent)
}

/// What the parser says about types, in the words of someone who writes a file.
fn in_plain_words(words: &str) -> String {
    let mut words = words.to_owned();
    for (type_name, plain) in [
        ("expected u8", "expected a whole number, 0 to 100"),
        ("expected u32", "expected a whole number, zero or more"),
        ("expected u64", "expected a whole number, zero or more"),
        ("expected f64", "expected a number"),
        ("expected a sequence", "expected a list"),
        ("expected a map", "expected fields, each with its name"),
        ("expected struct WeightFile", "expected `weight`, `free`, `most`"),
        ("expected struct MonitorFile", "expected the fields of `monitor`, such as `up` and `signals`"),
        ("expected struct File", "expected the fields of a policy: `version` and `monitor`"),
    ] {
        words = words.replace(type_name, plain);
    }
    let mut quoted = words.split('`').skip(1).step_by(2);
    let hint = match quoted.next() {
        Some(found) if words.starts_with("unknown field") || words.starts_with("unknown variant") => {
            did_you_mean(found, quoted)
        }
        _ => String::new(),
    };
    words.replace("unknown variant", "unknown signal") + &hint
}
