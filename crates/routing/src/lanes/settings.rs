//! The settings of routing, as they hold. What each means stands in `docs/policy.md`, the values in the policy file.

use std::collections::BTreeMap;

use protocol::TaskType;
use serde::{Deserialize, Serialize};

use super::fallback::Fallbacks;
use crate::during::EscalationRule;
use crate::task_type::TaskWords;

/// How the lane of a task is chosen, and what happens to it when the work was looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoutingPolicy {
    /// The lane that a kind of task asks for at least.
    pub task_types: BTreeMap<TaskType, String>,
    /// The words by which a kind of task is known, in the order in which they are asked.
    pub task_words: Vec<TaskWords>,
    /// What a signal counts.
    pub weights: ScoreWeights,
    /// Highest score of the first lane.
    pub fast_max_score: u32,
    /// Lowest score of the last lane.
    pub strong_min_score: u32,
    /// Highest score of each lane but the last; empty where `fast_max_score` and `strong_min_score` say it all.
    pub score_limits: Vec<u32>,
    /// Signals and path rules that lead to the last lane whatever the score, in the order in which they are named.
    pub always_strong_if: Vec<String>,
    /// What leads to a stronger lane after the work was looked at.
    pub escalate_on: Vec<Trigger>,
    /// Reported confidence below which work counts as unsure, 0 to 1.
    pub min_confidence: f64,
    /// What an absent confidence means.
    pub confidence: ConfidenceUse,
    /// Checks, by name or command, that prove little.
    pub weak_checks: Vec<String>,
    /// What a failure leads to.
    pub on_failure: OnFailure,
    /// Attempts in the last lane before a person is asked.
    pub strong_attempts: u32,
    /// Whether a session stays in the strongest lane it was in.
    pub stickiness: Stickiness,
    /// Minutes for which a decision about a like task is used again; 0 for never.
    pub cache_ttl_minutes: u32,
    /// What happens when a lane's provider cannot answer.
    pub fallbacks: Fallbacks,
}

/// `score = min(files x n, files_most) + schema_change + auth_code + min(failures x n, failures_most) + new_code`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScoreWeights {
    /// Points for each file.
    pub files: u32,
    /// Most points for files.
    pub files_most: u32,
    /// Points for a schema or a migration.
    pub schema_change: u32,
    /// Points for code that decides who may do what.
    pub auth_code: u32,
    /// Points for each failed attempt.
    pub failures: u32,
    /// Most points for failed attempts.
    pub failures_most: u32,
    /// Points for new code.
    pub new_code: u32,
}

/// What may lead to a stronger lane after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A check failed.
    FailedTests,
    /// The verifier, or a person, refused the patch.
    PatchRejected,
    /// The reported confidence is below `min_confidence`.
    LowConfidenceSummary,
    /// One of the checks proves little.
    WeakChecks,
    /// Something changed and nothing checked it.
    NoChecks,
    /// A change was asked for, and there is none.
    NoPatch,
    /// The run touched files for which a path rule asks for a stronger lane.
    RiskPath,
    /// The monitor asked for it during the run.
    Monitor,
}

impl Trigger {
    /// All, in the order in which they are looked at.
    pub const ALL: [Self; 8] = [
        Self::FailedTests,
        Self::PatchRejected,
        Self::NoPatch,
        Self::RiskPath,
        Self::NoChecks,
        Self::WeakChecks,
        Self::LowConfidenceSummary,
        Self::Monitor,
    ];

    /// As written in the policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FailedTests => "failed_tests",
            Self::PatchRejected => "patch_rejected",
            Self::LowConfidenceSummary => "low_confidence_summary",
            Self::WeakChecks => "weak_checks",
            Self::NoChecks => "no_checks",
            Self::NoPatch => "no_patch",
            Self::RiskPath => "risk_path",
            Self::Monitor => "monitor",
        }
    }
}

impl std::fmt::Display for Trigger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// When an absent confidence counts as none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfidenceUse {
    /// Only a confidence that was reported can be too low.
    #[default]
    Reported,
    /// Work without a confidence is work with a confidence of 0.
    Required,
}

/// What a failure below the last lane leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// One more try in the lane, with the failing output; then the next lane.
    #[default]
    Retry,
    /// Straight to the last lane.
    Escalate,
}

/// Whether later turns of a session may fall to a cheaper lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stickiness {
    /// No: a session stays in the strongest lane it was in.
    #[default]
    Session,
    /// Yes: each turn is decided for itself.
    Off,
}

/// How far something that learns has a say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It is not asked.
    #[default]
    Off,
    /// It is asked and written down, and changes nothing.
    Shadow,
    /// It has a say.
    On,
}

/// The learned router.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LearnedPolicy {
    /// How far it has a say.
    pub mode: Mode,
    /// Below this confidence it has none, 0 to 1.
    pub confidence: f64,
    /// Calibrated chance of success that a lane has to have, 0 to 1.
    pub success: f64,
    /// What a success is worth: `a` in `U = a x success - b x cost`.
    pub success_value: f64,
    /// What a dollar weighs: `b`.
    pub cost_weight: f64,
    /// What may be spent on trying.
    pub explore: Exploring,
}

/// Bounds of exploration. Tasks that are always strong are never explored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exploring {
    /// Dollars for all of it; 0 for none.
    pub usd: f64,
    /// Share of the tasks, 0 to 1.
    pub share: f64,
}

/// The shadow classifier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClassifierPolicy {
    /// How far it has a say.
    pub mode: Mode,
    /// The lane whose brain is asked.
    pub lane: String,
    /// Tokens of its answer.
    pub max_tokens: u32,
}

/// What the run itself shows, as it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InRunPolicy {
    /// How far it has a say.
    pub mode: Mode,
    /// From this chance of failure on a stronger lane is wanted, 0 to 1.
    pub from: f64,
    /// Once wanted, no longer wanted below this one.
    pub until: f64,
    /// Steps before anything is wanted.
    pub min_steps: u32,
}

impl InRunPolicy {
    /// The rule for the forecasts of a run.
    pub fn rule(&self) -> EscalationRule {
        EscalationRule { from: self.from, until: self.until, min_steps: self.min_steps }
    }
}

/// Most steps of one agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Iterations {
    /// Of a specialist, for one task of main's; a further delegation of the same task goes on counting.
    pub delegation: u32,
    /// Of main, in one turn.
    pub main: u32,
}

impl Iterations {
    /// What the built-in policy says: a team's own limits hold then.
    pub const BUILT_IN: Self = Self { delegation: 15, main: 60 };

    /// The cap on main's steps in a turn, where a policy has one of its own.
    pub fn of_main(&self) -> Option<u32> {
        (self.main != Self::BUILT_IN.main).then_some(self.main)
    }

    /// The cap on a specialist's steps for one task, all delegations of it together, where a policy has one of its own.
    pub fn of_specialist(&self) -> Option<u32> {
        (self.delegation != Self::BUILT_IN.delegation).then_some(self.delegation)
    }
}

/// When the ledger by lane gives a warning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WarningLimits {
    /// Share of the last lane above which it warns, 0 to 1; exactly this share does not.
    pub tier_share: f64,
    /// Hours of records it takes.
    pub after_hours: u32,
    /// Attempts it takes.
    pub min_sample: u32,
    /// Times the rate of the window before, from which retries and overrides are a spike.
    pub spike: f64,
}

/// Options of published policies about compaction. Both are off in ours: a window has an economic size of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CompactionPolicy {
    /// Tokens from which on a transcript is compacted, whatever the economics say.
    pub fixed_tokens: Option<u64>,
    /// The lane whose brain writes the summary.
    pub summary_lane: Option<String>,
}

impl CompactionPolicy {
    /// Whether a transcript of this size is compacted by the fixed threshold: one that is smaller stays as it is, one that
    /// is exactly as large does not.
    pub fn is_due(&self, tokens: u64) -> bool {
        self.fixed_tokens.is_some_and(|limit| tokens >= limit)
    }
}
