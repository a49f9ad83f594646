//! What came of an attempt, as the learned part wants it.

use serde::{Deserialize, Serialize};

use super::features::Features;

/// How an attempt in a lane ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Its checks passed.
    Verified,
    /// Its checks did not pass.
    Failed,
    /// It was handed to a stronger lane.
    Escalated,
    /// A person, or a revert, refused it afterwards.
    Rejected,
}

impl Ending {
    /// 1 for what passed and was not refused.
    pub fn success(self) -> f64 {
        if self == Self::Verified { 1.0 } else { 0.0 }
    }

    /// How often it counts: a refusal comes after the same attempt was counted as verified, and has to outweigh that.
    pub fn weight(self) -> f64 {
        if self == Self::Rejected { 2.0 } else { 1.0 }
    }
}

/// An attempt that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Experience {
    /// What was known before it ran.
    pub features: Features,
    /// Name of the task type, for costs.
    pub task_type: String,
    /// The lane that is charged with the outcome.
    pub lane: String,
    /// Share of a success, 0 to 1.
    pub success: f64,
    /// What the attempt cost, in dollars, all its calls together.
    pub cost: f64,
    /// How often it counts; usually 1.
    pub weight: f64,
    /// The chance with which the lane had been drawn, above 0 to 1; 1 where nothing was drawn.
    pub propensity: f64,
}

impl Experience {
    /// An attempt in `lane`. Where it failed because of the plan, `planned_in` is the lane of the brain that made the plan, and it is
    /// charged.
    pub fn new(features: Features, task_type: &str, lane: &str, ending: Ending, planned_in: Option<&str>) -> Self {
        let failed = ending != Ending::Verified;
        Self {
            features,
            task_type: task_type.to_owned(),
            lane: planned_in.filter(|_| failed).unwrap_or(lane).to_owned(),
            success: ending.success(),
            cost: 0.0,
            weight: ending.weight(),
            propensity: 1.0,
        }
    }

    /// With what it cost, in dollars.
    #[must_use]
    pub fn costing(mut self, dollars: f64) -> Self {
        self.cost = dollars;
        self
    }

    /// With the chance with which its lane had been drawn.
    #[must_use]
    pub fn drawn_with(mut self, propensity: f64) -> Self {
        self.propensity = propensity;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learned::testing::features;

    #[test]
    fn a_failure_is_charged_to_who_made_the_plan_where_the_plan_was_at_fault() {
        let charged =
            |ending, planned_in| Experience::new(features("", "tests", ""), "tests", "fast", ending, planned_in).lane;
        assert_eq!(charged(Ending::Failed, Some("strong")), "strong");
        assert_eq!(charged(Ending::Failed, None), "fast");
        // Nobody is to blame for what worked.
        assert_eq!(charged(Ending::Verified, Some("strong")), "fast");
    }

    #[test]
    fn a_refusal_outweighs_the_success_that_was_counted_before() {
        assert!(Ending::Rejected.weight() > Ending::Verified.weight());
        assert_eq!(
            [Ending::Verified, Ending::Failed, Ending::Escalated, Ending::Rejected].map(Ending::success),
            [1.0, 0.0, 0.0, 0.0]
        );
    }
}
