//! The monitor's part of the policy, as it holds.

use std::collections::BTreeMap;

use catalogue::yaml::Path;
use serde::Serialize;

use crate::paths::PathRules;
use crate::phrases::Phrases;
use crate::policy::Mistake;
use crate::signal::Signal;

/// How much a signal counts: `points = weight x min(max(value - free, 0), most)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Weight {
    /// Points for each unit above `free`.
    pub weight: f64,
    /// Units that count nothing.
    pub free: u32,
    /// Most units that count in one step.
    pub most: u32,
}

impl Weight {
    /// The points of a value.
    pub(crate) fn points(&self, value: u64) -> f64 {
        let counted = value.saturating_sub(u64::from(self.free)).min(u64::from(self.most));
        // At most `u32::MAX`: exact.
        self.weight * counted as f64
    }
}

/// How the difficulty of an agent's work is judged, and when it moves along its ladder. What each number means stands in
/// `docs/policy.md`, the numbers in the policy file.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MonitorPolicy {
    /// Steps after which a point counts half.
    pub half_life: f64,
    /// What a step with passed checks leaves of earlier points, 0 to 1.
    pub after_pass: f64,
    /// Highest score.
    pub most: f64,
    /// From this score on the next stronger brain is wanted.
    pub up: f64,
    /// Up to this score the next cheaper one may be wanted, and wanting a stronger one ends.
    pub down: f64,
    /// Steps after a move in which none is wanted, and between wishes that are opposite.
    pub cool_down: u32,
    /// Steps in a row without points that going down takes.
    pub calm_steps: u32,
    /// How many of them have to be with passed checks.
    pub passed_checks: u32,
    /// Steps for which calls and edits are remembered.
    pub memory: u32,
    /// How much each signal counts; one that is missing counts nothing.
    pub signals: BTreeMap<Signal, Weight>,
    /// Lines of a block of the diff.
    pub diff_block: u64,
    /// A report counts as unsure below this confidence, 0 to 100.
    pub low_confidence: u8,
    /// Signals because of which the move does not wait for the next compaction; sorted.
    pub urgent: Vec<Signal>,
    /// Files that carry a risk.
    pub risk_paths: PathRules,
    /// Words of a brief that ask for judgement.
    pub judgement_words: Phrases,
}

impl MonitorPolicy {
    /// How much a signal counts.
    pub fn weight(&self, signal: Signal) -> Weight {
        self.signals.get(&signal).copied().unwrap_or_default()
    }

    /// What is left of a point after one step, 0 to 1.
    pub fn decay(&self) -> f64 {
        0.5_f64.powf(1.0 / self.half_life)
    }

    /// Whether a brief asks for choosing, designing or interpreting, which is main's. Of a text, so it only ever raises the
    /// score.
    pub fn judgement_brief(&self, text: &str) -> bool {
        self.judgement_words.found_in(text).is_some()
    }

    /// Refuses numbers with which the monitor would make no sense. `said` tells whether the file itself has a field.
    pub(crate) fn check(&self, said: &dyn Fn(&Path) -> bool) -> Result<(), Mistake> {
        self.check_score(said)?;
        for (name, value, least) in [
            ("cool_down", u64::from(self.cool_down), 1),
            ("calm_steps", u64::from(self.calm_steps), 1),
            ("passed_checks", u64::from(self.passed_checks), 0),
            ("memory", u64::from(self.memory), 1),
        ] {
            if !(least..=1_000).contains(&value) {
                return Err(Mistake::value(at(name), format!("{value}; {least} to 1000 steps are allowed")));
            }
        }
        if self.diff_block == 0 {
            return Err(Mistake::value(at("diff_block"), "0; at least 1 line is allowed"));
        }
        if self.low_confidence > 100 {
            let problem = format!("{}; 0 (never) to 100 are allowed", self.low_confidence);
            return Err(Mistake::value(at("low_confidence"), problem));
        }
        for (signal, weight) in &self.signals {
            if !(0.0..=100.0).contains(&weight.weight) {
                let path = at("signals").key(signal.as_str()).key("weight");
                return Err(Mistake::value(path, format!("{}; 0 (counts nothing) to 100 are allowed", weight.weight)));
            }
        }
        Ok(())
    }

    fn check_score(&self, said: &dyn Fn(&Path) -> bool) -> Result<(), Mistake> {
        // What is not in the file itself cannot be mended there.
        let blamed = |one: &str, other: &str| if said(&at(one)) { at(one) } else { at(other) };
        for (name, value, most) in [
            ("half_life", self.half_life, 1_000.0),
            ("most", self.most, 1_000.0),
            ("up", self.up, 1_000.0),
            ("after_pass", self.after_pass, 1.0),
            ("down", self.down, 1_000.0),
        ] {
            let above_zero = matches!(name, "half_life" | "most" | "up");
            if !(0.0..=most).contains(&value) || (above_zero && value == 0.0) {
                let least = if above_zero { "more than 0" } else { "0" };
                return Err(Mistake::value(at(name), format!("{value}; {least} up to {most} is allowed")));
            }
        }
        if self.up > self.most {
            let problem = format!(
                "`up` is {} and `most` {}: no score would reach it; `up` must not be above `most`",
                self.up, self.most
            );
            return Err(Mistake::value(blamed("up", "most"), problem));
        }
        if self.down >= self.up {
            let problem = format!(
                "`down` is {} and `up` {}: `down` must be below `up`, or an agent would swing between two brains",
                self.down, self.up
            );
            return Err(Mistake::value(blamed("down", "up"), problem));
        }
        Ok(())
    }
}

/// The path to a field of the monitor.
pub(crate) fn at(field: &str) -> Path {
    Path::default().key("monitor").key(field)
}
