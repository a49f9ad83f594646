//! The file as it is written: what it leaves out comes from the policy below it.

use catalogue::yaml::{self, Path};
use permissions::rules::RulesSpec;
use serde::{Deserialize, Serialize};

use super::drift::DriftWords;
use super::error::{Mistake, PolicyError, PolicyErrorKind, did_you_mean};
use super::gateway::GatewayPolicy;
use super::guard::SandboxPolicy;
use super::monitor_file::MonitorFile;
use crate::lanes::{
    ClassifierPolicy, CompactionPolicy, InRunPolicy, Iterations, Lane, LearnedPolicy, PathChecks, PathRule,
    RoutingPolicy, Verifier, WarningLimits,
};
use crate::settings::MonitorPolicy;

/// The format that this program reads.
const VERSION: u32 = 1;

/// A policy file. Every section may be left out or empty.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    version: Option<u32>,
    monitor: Option<MonitorFile>,
    lanes: Option<Vec<Lane>>,
    verifier: Option<Verifier>,
    routing: Option<RoutingPolicy>,
    path_rules: Option<Vec<PathRule>>,
    verification: Option<Vec<PathChecks>>,
    learned: Option<LearnedPolicy>,
    classifier: Option<ClassifierPolicy>,
    in_run: Option<InRunPolicy>,
    iterations: Option<Iterations>,
    warnings: Option<WarningLimits>,
    compaction: Option<CompactionPolicy>,
    gateway: Option<GatewayPolicy>,
    permissions: Option<RulesSpec>,
    sandbox: Option<SandboxPolicy>,
    drift: Option<Vec<DriftWords>>,
}

/// The sections beside the monitor, as they hold.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Sections {
    pub(super) lanes: Vec<Lane>,
    pub(super) verifier: Option<Verifier>,
    pub(super) routing: RoutingPolicy,
    pub(super) path_rules: Vec<PathRule>,
    pub(super) verification: Vec<PathChecks>,
    pub(super) learned: LearnedPolicy,
    pub(super) classifier: ClassifierPolicy,
    pub(super) in_run: InRunPolicy,
    pub(super) iterations: Iterations,
    pub(super) warnings: WarningLimits,
    pub(super) compaction: CompactionPolicy,
    pub(super) gateway: GatewayPolicy,
    pub(super) permissions: RulesSpec,
    pub(super) sandbox: SandboxPolicy,
    pub(super) drift: Vec<DriftWords>,
}

impl File {
    /// Reads a text strictly: every key, type and word is known, every number is one.
    pub(super) fn read(text: &str, source: &str) -> Result<Self, PolicyError> {
        let file: Self = strictly(text, source)?;
        match file.not_a_number() {
            Some(path) => Err(Mistake::value(path, "is not a number").placed(text, source)),
            None => Ok(file),
        }
    }

    /// The monitor that this file makes of the one below it.
    pub(super) fn monitor_over(self, below: MonitorPolicy) -> Result<MonitorPolicy, Mistake> {
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

    /// A value that no JSON can hold, and that would therefore be lost.
    fn not_a_number(&self) -> Option<Path> {
        let root = Path::default();
        let (learned, in_run, warnings) = (self.learned.as_ref(), self.in_run.as_ref(), self.warnings.as_ref());
        let at = |section: &str, field: &str| root.key(section).key(field);
        [
            (self.routing.as_ref().map(|it| it.min_confidence), at("routing", "min_confidence")),
            (learned.map(|it| it.confidence), at("learned", "confidence")),
            (learned.map(|it| it.success), at("learned", "success")),
            (learned.map(|it| it.success_value), at("learned", "success_value")),
            (learned.map(|it| it.cost_weight), at("learned", "cost_weight")),
            (learned.map(|it| it.explore.usd), at("learned", "explore").key("usd")),
            (learned.map(|it| it.explore.share), at("learned", "explore").key("share")),
            (in_run.map(|it| it.from), at("in_run", "from")),
            (in_run.map(|it| it.until), at("in_run", "until")),
            (warnings.map(|it| it.tier_share), at("warnings", "tier_share")),
            (warnings.map(|it| it.spike), at("warnings", "spike")),
        ]
        .into_iter()
        .find_map(|(value, path)| value.filter(|value| !value.is_finite()).map(|_| path))
    }
}

/// Reads a text as a type, with the place of the first mistake.
pub(super) fn strictly<T: serde::de::DeserializeOwned + Default>(text: &str, source: &str) -> Result<T, PolicyError> {
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
        problem: if failure.syntax {
            format!("not YAML: {}", failure.words)
        } else {
            in_plain_words(&failure.field, &failure.words)
        },
        field: failure.field,
    })
}

/// What the parser says about types, in the words of someone who writes a file.
fn in_plain_words(field: &str, words: &str) -> String {
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
        ("expected struct RoutingPolicy", "expected the fields of `routing`, such as `task_types` and `weights`"),
        ("expected struct Lane", "expected a lane with `name`, `brain`, `max_context_tokens`"),
        ("expected struct PathRule", "expected a rule with `name`, `patterns`, `lane`"),
        ("expected struct PathChecks", "expected `paths` and `run`"),
        ("expected struct TaskWords", "expected `name` and `words`"),
        ("expected struct BindingPolicy", "expected a binding with `provider`, `model`, `weight`"),
        ("expected struct RuleSpec", "expected a rule with `verdict`, `command`, `match`"),
        ("expected struct RulesSpec", "expected `rules`, a list"),
        ("expected struct DriftWords", "expected `name` and `words`"),
        ("expected struct", "expected the fields of"),
        ("expected the fields of File", "expected the fields of a policy: `version`, `monitor`, `lanes`, `routing`"),
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
    let what = match field.split(['.', '[']).find(|part| matches!(*part, "monitor" | "escalate_on" | "task_types")) {
        Some("monitor") => "unknown signal",
        Some("escalate_on") => "unknown trigger",
        Some("task_types") => "unknown kind of task",
        _ => "unknown word",
    };
    words.replace("unknown variant", what) + &hint
}
