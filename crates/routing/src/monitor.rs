//! The difficulty monitor: a score per step, and from it which rung is wanted.

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;
use crate::facts::StepFacts;
use crate::settings::MonitorPolicy;
use crate::signal::Signal;
use crate::verdict::{Reason, Verdict, Want, short};

/// Scores are kept to a millionth, so that one that was written down and read again is the same number.
const GRAIN: f64 = 1e6;

/// The state of one agent's monitor. Plain data: it is stored with the session and goes on after a restart. Same steps, same
/// policy: same verdicts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Monitor {
    evidence: Evidence,
    score: f64,
    /// Steps in a row without points, and how many of them had passed checks.
    calm_steps: u32,
    calm_passes: u32,
    /// What was wanted after the last step, and whether urgently.
    wants: Want,
    urgent: bool,
    /// Steps since the last move.
    since_move: Option<u32>,
    /// The last wish that was not to stay, and how many steps ago it was last said.
    wish: Want,
    since_wish: u32,
}

impl Monitor {
    /// Takes a step in and says what to think of it. To be called once after every step of the agent.
    pub fn observe(&mut self, policy: &MonitorPolicy, facts: &StepFacts) -> Verdict {
        let values = self.evidence.take(policy, facts);
        // Always in the same order: a sum of the same or larger parts is then never smaller, to the last bit.
        let points: f64 = values.iter().map(|(signal, value)| policy.weight(*signal).points(*value)).sum();
        let reasons = reasons(policy, &values);
        let relief = if facts.round() == Some(true) { policy.after_pass } else { 1.0 };
        let carried = kept(self.score * policy.decay() * relief);
        self.score = kept((carried + points).min(policy.most));
        self.count_calm(facts, points);
        self.since_move = self.since_move.map(|steps| steps.saturating_add(1));
        self.since_wish = self.since_wish.saturating_add(1);
        let (wants, because) = self.judge(policy, carried, &reasons);
        let changed = wants != self.wants;
        self.wants = wants;
        self.urgent = wants == Want::Up && (self.urgent || reasons.iter().any(|r| policy.urgent.contains(&r.signal)));
        if wants != Want::Stay {
            (self.wish, self.since_wish) = (wants, 0);
        }
        Verdict { score: self.score, carried, reasons, wants, changed, urgent: self.urgent, because }
    }

    /// A window opened on another rung: what was held against the brain before it is forgotten, and the cool-down begins.
    pub fn moved(&mut self) {
        *self = Self { since_move: Some(0), ..Self::default() };
    }

    /// A window opened on the same rung: the score stays, but what was in the last window may be read again.
    pub fn compacted(&mut self) {
        self.evidence.forget_calls();
    }

    /// The score after the last step, 0 to `most`.
    pub fn score(&self) -> f64 {
        self.score
    }

    /// What was wanted after the last step.
    pub fn wants(&self) -> Want {
        self.wants
    }

    fn count_calm(&mut self, facts: &StepFacts, points: f64) {
        if points > 0.0 {
            (self.calm_steps, self.calm_passes) = (0, 0);
        } else if !facts.is_talk() {
            self.calm_steps = self.calm_steps.saturating_add(1);
            self.calm_passes = self.calm_passes.saturating_add(u32::from(facts.round() == Some(true)));
        }
    }

    fn judge(&self, policy: &MonitorPolicy, carried: f64, reasons: &[Reason]) -> (Want, String) {
        let score = short(self.score);
        if let Some(steps) = self.since_move.filter(|steps| *steps <= policy.cool_down) {
            let because = format!(
                "score {score}; nothing is wanted within {} steps after a move, and this is the {}",
                policy.cool_down,
                ordinal(steps)
            );
            return (Want::Stay, because);
        }
        let held = self.wants == Want::Up && self.score > policy.down;
        if self.score >= policy.up || held {
            if self.wished(Want::Down, policy) {
                return (
                    Want::Stay,
                    format!("score {score}; a cheaper brain was wanted {} steps ago", self.since_wish),
                );
            }
            return (Want::Up, self.why_up(policy, carried, reasons));
        }
        let calm = self.calm_steps >= policy.calm_steps && self.calm_passes >= policy.passed_checks;
        if calm && self.score <= policy.down && !self.wished(Want::Up, policy) {
            let because = format!(
                "score {score}; {} steps in a row without a bad sign, {} of them with passed checks",
                self.calm_steps, self.calm_passes
            );
            return (Want::Down, because);
        }
        (Want::Stay, format!("score {score} is below {}", short(policy.up)))
    }

    /// Whether this was wanted so lately that the opposite may not be wanted yet.
    fn wished(&self, want: Want, policy: &MonitorPolicy) -> bool {
        self.wish == want && self.since_wish <= policy.cool_down
    }

    fn why_up(&self, policy: &MonitorPolicy, carried: f64, reasons: &[Reason]) -> String {
        let score = short(self.score);
        let mut because = if self.score >= policy.up {
            format!("score {score} reaches {}", short(policy.up))
        } else {
            format!("score {score} has not fallen to {} yet", short(policy.down))
        };
        let mut parts: Vec<String> = reasons.iter().map(Reason::in_words).collect();
        if carried > 0.0 {
            parts.push(format!("earlier steps (+{})", short(carried)));
        }
        if !parts.is_empty() {
            because = format!("{because}: {}", parts.join(", "));
        }
        because
    }
}

/// What gives points, most first; signals of equal points in the order of the format.
fn reasons(policy: &MonitorPolicy, values: &[(Signal, u64)]) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for (signal, value) in values {
        let weight = policy.weight(*signal);
        let points = weight.points(*value);
        if points > 0.0 {
            // Counts are far below 2^53: exact.
            reasons.push(Reason { signal: *signal, value: *value as f64, weight: weight.weight, points });
        }
    }
    reasons.sort_by(|one, other| other.points.total_cmp(&one.points));
    reasons
}

/// `1st`, `2nd`, ...
fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

fn kept(score: f64) -> f64 {
    (score * GRAIN).round() / GRAIN
}
