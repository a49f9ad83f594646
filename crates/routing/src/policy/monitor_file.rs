//! The part `monitor` of a file as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::Mistake;
use crate::paths::PathRules;
use crate::phrases::Phrases;
use crate::settings::{MonitorPolicy, Weight, at};
use crate::signal::Signal;

/// The part `monitor`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct MonitorFile {
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

impl MonitorFile {
    /// The monitor that this part makes of the one below it.
    pub(super) fn over(self, below: MonitorPolicy) -> Result<MonitorPolicy, Mistake> {
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
