//! What is played: turns of main steps and batches of mechanical ones, with the time that passes between them.
#![expect(clippy::disallowed_methods, reason = "reads the scenario that is measured")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde::Deserialize;

/// `session40.json`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct File {
    pub(crate) scenario: Scenario,
    pub(crate) pairs: Vec<Pair>,
}

/// Two models, and what each way of working must cost with them.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Pair {
    pub(crate) main: String,
    pub(crate) sidekick: String,
    pub(crate) usd: BTreeMap<String, f64>,
}

/// The scenario of the file.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Scenario {
    steps: u32,
    mechanical_steps: Vec<(u32, u32)>,
    idle_minutes_before_step: BTreeMap<u32, f64>,
    pub(crate) static_prefix_tokens: usize,
    pub(crate) appended_tokens_per_step: usize,
    pub(crate) output_tokens_per_step: usize,
    minutes_per_step: f64,
    pub(crate) delegation: Delegation,
}

/// Sizes of a delegation.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Delegation {
    pub(crate) brief_tokens: usize,
    pub(crate) report_tokens: usize,
    pub(crate) sidekick_static_prefix_tokens: usize,
    sidekick_calls: u32,
}

/// Calls that a sidekick makes for a mechanical step of main's (it is less efficient).
const CALLS_PER_STEP: f64 = 1.3;

/// Minutes of a sidekick's call; the file says so in words only.
const SIDEKICK_STEP: Duration = Duration::from_secs(15);

impl File {
    /// Reads `session40.json` in a folder.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("session40.json");
        let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let file: Self =
            serde_json::from_str(&text).with_context(|| format!("{} is not what it was", path.display()))?;
        ensure!(
            side_calls(6) == file.scenario.delegation.sidekick_calls,
            "{}: a batch of 6 steps is {} calls of a sidekick here",
            path.display(),
            side_calls(6)
        );
        Ok(file)
    }
}

impl Scenario {
    /// The file's own session as turns: one ends where somebody goes away.
    pub(crate) fn story(&self) -> Story {
        let mut turns = vec![Turn::default()];
        let mut step = 1;
        while step <= self.steps {
            let gap = self.idle_minutes_before_step.get(&step);
            if let Some((minutes, turn)) = gap.zip(turns.last_mut()) {
                turn.then = Then::Idle(minutes_of(*minutes));
                turns.push(Turn::default());
            }
            let batch = self.mechanical_steps.iter().find(|(from, _)| *from == step);
            let unit = batch.map_or(Unit::Judge, |(from, to)| Unit::Batch { steps: to - from + 1 });
            step += unit.steps();
            if let Some(turn) = turns.last_mut() {
                turn.units.push(unit);
            }
        }
        Story { turns, useful_again: 0.0, step: minutes_of(self.minutes_per_step), side_step: SIDEKICK_STEP }
    }
}

fn minutes_of(minutes: f64) -> Duration {
    Duration::from_secs_f64(minutes * 60.0)
}

/// Calls that a sidekick makes for so many mechanical steps.
pub(crate) fn side_calls(steps: u32) -> u32 {
    (f64::from(steps) * CALLS_PER_STEP).round() as u32
}

/// A session.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Story {
    pub(crate) turns: Vec<Turn>,
    /// Share of what the sidekick read so far that each further brief needs again.
    pub(crate) useful_again: f64,
    /// What a judgement step of main takes, and a mechanical one that it does itself.
    pub(crate) step: Duration,
    /// What a call of the sidekick takes.
    pub(crate) side_step: Duration,
}

/// From one input of the user to the answer. Begins and ends with a judgement step.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Turn {
    pub(crate) units: Vec<Unit>,
    pub(crate) then: Then,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A step that only main can take.
    Judge,
    /// Steps that may be delegated.
    Batch { steps: u32 },
}

impl Unit {
    fn steps(self) -> u32 {
        match self {
            Self::Judge => 1,
            Self::Batch { steps } => steps,
        }
    }
}

/// What follows a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Then {
    /// The session ends.
    #[default]
    Over,
    /// The user is away for so long and comes back.
    Idle(Duration),
    /// The program waits for so long, and nobody comes back.
    Abandoned(Duration),
}

impl Story {
    /// Whether somebody goes away in the middle and never comes back.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.turns.last().is_some_and(|turn| matches!(turn.then, Then::Abandoned(_)))
    }

    /// Sizes of its batches, in order.
    pub(crate) fn batches(&self) -> Vec<u32> {
        let units = self.turns.iter().flat_map(|turn| &turn.units);
        let steps = units.filter_map(|unit| match unit {
            Unit::Batch { steps } => Some(*steps),
            Unit::Judge => None,
        });
        steps.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = r#"{"steps": 8, "mechanical_steps": [[2, 4]], "idle_minutes_before_step": {"6": 12},
        "static_prefix_tokens": 1, "appended_tokens_per_step": 1, "output_tokens_per_step": 1, "minutes_per_step": 0.5,
        "delegation": {"brief_tokens": 1, "report_tokens": 1, "sidekick_static_prefix_tokens": 1, "sidekick_calls": 8}}"#;

    #[test]
    fn a_turn_ends_where_the_user_goes_away() {
        let story = serde_json::from_str::<Scenario>(SAID).unwrap().story();
        let then: Vec<Then> = story.turns.iter().map(|turn| turn.then).collect();
        assert_eq!(then, [Then::Idle(Duration::from_secs(720)), Then::Over]);
        assert_eq!(story.turns[0].units, [Unit::Judge, Unit::Batch { steps: 3 }, Unit::Judge]);
        assert_eq!((story.turns[1].units.len(), story.batches()), (3, vec![3]));
    }
}
