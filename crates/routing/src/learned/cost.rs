//! What an attempt in a lane costs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::experience::Experience;

/// Attempts of the lane as a whole that a task type is held against until it has its own.
const PRIOR: f64 = 5.0;

/// The mean cost in dollars of attempts in a lane, by task type, drawn towards the lane's own while there are few.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CostModel {
    mean: f64,
    by_type: BTreeMap<String, f64>,
}

impl CostModel {
    /// Of these attempts; 0 where there are none.
    pub fn of(attempts: &[&Experience]) -> Self {
        let sum = |of: &mut dyn Iterator<Item = &&Experience>| {
            of.fold((0.0, 0.0), |(cost, weight), one| (cost + one.cost * one.weight, weight + one.weight))
        };
        let (cost, weight) = sum(&mut attempts.iter());
        let mean = if weight > 0.0 { cost / weight } else { 0.0 };
        let mut by_type: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        for one in attempts {
            let entry = by_type.entry(one.task_type.clone()).or_default();
            *entry = (entry.0 + one.cost * one.weight, entry.1 + one.weight);
        }
        let drawn = |(name, (cost, weight))| (name, (cost + PRIOR * mean) / (weight + PRIOR));
        Self { mean, by_type: by_type.into_iter().map(drawn).collect() }
    }

    /// Dollars expected for a task of this type.
    pub fn expected(&self, task_type: &str) -> f64 {
        self.by_type.get(task_type).copied().unwrap_or(self.mean)
    }
}
