//! What is remembered of the steps so far, and the value of each signal after one more.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::facts::{CallFacts, StepFacts};
use crate::settings::MonitorPolicy;
use crate::signal::Signal;

/// Runs of steps, and the calls and edits of the last `memory` steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Evidence {
    /// Number of the last step.
    step: u32,
    /// Rounds of checks that failed, with none passed between.
    failed_rounds: u32,
    /// Steps in a row in which as many calls failed as were of use, or more.
    error_steps: u32,
    /// Steps in a row without progress.
    idle_steps: u32,
    edits: BTreeMap<String, Edited>,
    calls: Vec<Called>,
}

/// A file that was edited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Edited {
    /// Steps that edited it since the last passed check.
    steps: u32,
    /// The last of them.
    last: u32,
}

/// A call with its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Called {
    signature: u64,
    result: u64,
    /// Steps that made it since the last useful edit.
    steps: u32,
    /// The last of them.
    last: u32,
}

impl Evidence {
    /// Takes a step in; the value of every signal after it. A bad sign more never makes a value smaller, and neither does one
    /// that came earlier.
    pub(crate) fn take(&mut self, policy: &MonitorPolicy, facts: &StepFacts) -> [(Signal, u64); 11] {
        self.step = self.step.saturating_add(1);
        self.forget(policy.memory);
        // Which calls were of use: a passed check, an edit of a file that was not edited too often already, a new result.
        let mut useful: Vec<bool> = facts.calls.iter().map(|call| call.check == Some(true)).collect();
        let most_edits = self.take_edits(policy, facts, &mut useful);
        let most_calls = self.take_calls(facts, &mut useful);
        let changed =
            facts.changed_paths.iter().map(String::as_str).chain(facts.calls.iter().filter_map(CallFacts::edited));
        let risky: BTreeSet<&str> = changed.filter(|path| policy.risk_paths.matching(path).is_some()).collect();
        let values = [
            (Signal::FailedChecksInARow, self.take_round(facts)),
            (Signal::RepeatedEdits, most_edits),
            (Signal::ErrorStreak, self.take_errors(facts, &useful)),
            (Signal::RepeatedCalls, most_calls),
            (Signal::NoProgress, self.take_progress(facts, &useful)),
            (Signal::GrowingDiff, facts.changed_lines / policy.diff_block.max(1)),
            (Signal::RiskPath, risky.len() as u64),
            (Signal::LowConfidence, u64::from(facts.confidence.is_some_and(|said| said < policy.low_confidence))),
            (Signal::NeedsDecision, u64::from(facts.needs_decision)),
            (Signal::CorrectiveEdits, u64::from(facts.corrective_edits)),
            (Signal::JudgementBrief, u64::from(facts.judgement_brief)),
        ];
        if facts.round() == Some(true) {
            self.edits.clear();
        }
        values
    }

    /// What was read is no longer in the context: reading it again is no repetition.
    pub(crate) fn forget_calls(&mut self) {
        self.calls.clear();
        self.idle_steps = 0;
    }

    fn forget(&mut self, memory: u32) {
        let oldest = self.step.saturating_sub(memory);
        self.edits.retain(|_, edited| edited.last >= oldest);
        self.calls.retain(|called| called.last >= oldest);
    }

    /// The value of repeated edits. After an edit that was of use every call may be made again.
    fn take_edits(&mut self, policy: &MonitorPolicy, facts: &StepFacts, useful: &mut [bool]) -> u64 {
        let free = policy.weight(Signal::RepeatedEdits).free.max(1);
        let mut most = 0;
        for (call, useful) in facts.calls.iter().zip(useful) {
            let Some(path) = call.edited() else { continue };
            let edited = self.edits.entry(path.to_owned()).or_default();
            if edited.last != self.step {
                *edited = Edited { steps: edited.steps.saturating_add(1), last: self.step };
            }
            most = most.max(edited.steps);
            if edited.steps <= free {
                *useful = true;
                self.calls.iter_mut().for_each(|called| called.steps = 0);
            }
        }
        // With all checks passed nothing was done in vain.
        if facts.round() == Some(true) { 0 } else { u64::from(most) }
    }

    /// The value of repeated calls. A check may be run again as often as it passes.
    fn take_calls(&mut self, facts: &StepFacts, useful: &mut [bool]) -> u64 {
        let mut most = 0;
        for (call, useful) in facts.calls.iter().zip(useful) {
            let seen = self.calls.iter().any(|known| known.result == call.result);
            *useful |= !seen && !call.failed() && call.edits.is_none();
            let steps = self.count(call);
            if call.check != Some(true) {
                most = most.max(steps);
            }
        }
        u64::from(most)
    }

    /// In how many steps this call gave this result.
    fn count(&mut self, call: &CallFacts) -> u32 {
        let same = |known: &&mut Called| known.signature == call.signature && known.result == call.result;
        match self.calls.iter_mut().find(same) {
            Some(known) => {
                if known.last != self.step {
                    (known.steps, known.last) = (known.steps.saturating_add(1), self.step);
                }
                known.steps
            }
            None => {
                self.calls.push(Called { signature: call.signature, result: call.result, steps: 1, last: self.step });
                1
            }
        }
    }

    fn take_round(&mut self, facts: &StepFacts) -> u64 {
        match facts.round() {
            None => 0,
            Some(true) => {
                self.failed_rounds = 0;
                0
            }
            Some(false) => {
                self.failed_rounds = self.failed_rounds.saturating_add(1);
                u64::from(self.failed_rounds)
            }
        }
    }

    /// Calls that were neither of use nor failed say nothing either way, and a failed check has a signal of its own.
    fn take_errors(&mut self, facts: &StepFacts, useful: &[bool]) -> u64 {
        let failed = facts.calls.iter().filter(|call| call.error && call.check.is_none()).count();
        if useful.iter().filter(|useful| **useful).count() > failed {
            self.error_steps = 0;
        } else if failed > 0 {
            self.error_steps = self.error_steps.saturating_add(1);
        }
        if failed > 0 { u64::from(self.error_steps) } else { 0 }
    }

    fn take_progress(&mut self, facts: &StepFacts, useful: &[bool]) -> u64 {
        if facts.is_talk() {
            return 0;
        }
        let progress = facts.something_passed() || useful.contains(&true);
        self.idle_steps = if progress { 0 } else { self.idle_steps.saturating_add(1) };
        u64::from(self.idle_steps)
    }
}
