//! A policy: read, resolved, hashed. What it does not decide is how a file is written (`policy/`) and what follows from it
//! (`decide`, `next`, the monitor).

mod changes;
mod drift;
mod error;
mod file;
mod gateway;
mod guard;
mod hash;
mod layers;
mod litellm;
mod models;
mod monitor_file;
mod published;
mod show;

use std::sync::LazyLock;

use catalogue::yaml::{self, Path};
use permissions::rules::RulesSpec;
use protocol::TaskType;
use serde_json::{Map, Value};

pub use changes::Change;
pub use drift::{Drift, DriftWords};
pub(crate) use error::{Mistake, did_you_mean};
pub use error::{PolicyError, PolicyErrorKind};
pub use gateway::{BindingPolicy, GatewayPolicy};
pub use guard::SandboxPolicy;
pub use show::Field;

use crate::lanes::{
    ClassifierPolicy, CompactionPolicy, Condition, InRunPolicy, Iterations, Lane, LearnedPolicy, PathChecks, PathRule,
    RoutingPolicy, Verifier, WarningLimits, check, place_of,
};
use crate::settings::MonitorPolicy;
use crate::signals::{self, Seen};
use crate::words::WordTable;
use file::{File, Sections};

/// The policy that holds where no file says otherwise.
const BUILTIN: &str = include_str!("../data/policy.yaml");

/// How the built-in policy is named where an origin is told.
pub const BUILTIN_SOURCE: &str = "built-in policy";

static BUILTIN_POLICY: LazyLock<Policy> = LazyLock::new(Policy::read_builtin);

/// What decides where a task goes and which brain an agent should have. A file says only what differs from the built-in policy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// How difficulty is judged.
    pub monitor: MonitorPolicy,
    /// From cheap to strong; two at least.
    pub lanes: Vec<Lane>,
    /// Who looks at the work in lanes with `review`.
    pub verifier: Option<Verifier>,
    /// How a lane is chosen and left.
    pub routing: RoutingPolicy,
    /// Files that ask for a lane, in the order of the file.
    pub path_rules: Vec<PathRule>,
    /// Commands for certain files.
    pub verification: Vec<PathChecks>,
    /// The learned router.
    pub learned: LearnedPolicy,
    /// The shadow classifier.
    pub classifier: ClassifierPolicy,
    /// What the run itself shows.
    pub in_run: InRunPolicy,
    /// Most steps.
    pub iterations: Iterations,
    /// When the ledger by lane warns.
    pub warnings: WarningLimits,
    /// Options of published policies about compaction.
    pub compaction: CompactionPolicy,
    /// What `agent gateway` does with names, bindings and auxiliary calls.
    pub gateway: GatewayPolicy,
    /// Rules about commands.
    pub permissions: RulesSpec,
    /// How far commands may go.
    pub sandbox: SandboxPolicy,
    /// Words of paths that look risky.
    pub drift: Vec<DriftWords>,
    pub(crate) task_table: WordTable,
    drift_table: WordTable,
    /// What is probably not meant, a sentence each.
    remarks: Vec<String>,
    hash: String,
    source: String,
    /// The text, where it is one of ours; empty for the built-in and for published ones.
    text: String,
    /// The sections without the monitor, as they hold, and as the text alone says them.
    values: Map<String, Value>,
    said: Map<String, Value>,
}

/// Looks an environment variable up.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Policy {
    /// The policy that is part of the program.
    pub fn builtin() -> Self {
        BUILTIN_POLICY.clone()
    }

    /// Reads a policy file over the built-in policy. `source` is the file's name for error messages and origins. Published
    /// policies are known by their shape; their environment variables count as set.
    ///
    /// # Errors
    /// The first mistake, with file, line, column, field, what was found and what is allowed.
    pub fn load(text: &str, source: &str) -> Result<Self, PolicyError> {
        Self::load_with(text, source, &|_| Some(String::new()))
    }

    /// The same, where a published file may name environment variables.
    ///
    /// # Errors
    /// The first mistake; a variable that is not set is named, and never a value.
    pub fn load_with(text: &str, source: &str, variable: Lookup<'_>) -> Result<Self, PolicyError> {
        match published::translated(text, source, variable)? {
            Some(published) => Self::of_published(published, text, source),
            None => Self::over(&BUILTIN_POLICY, text, source),
        }
    }

    fn of_published(published: published::Published, text: &str, source: &str) -> Result<Self, PolicyError> {
        let below = &*BUILTIN_POLICY;
        let mut values = below.values.clone();
        layers::lay(&published.values, &mut values);
        let built = Self::built(below.monitor.clone(), values, published.values.clone(), &|_| false);
        let mut policy = built.map_err(|mistake| published.blamed(mistake).placed(text, source))?;
        policy.remarks.splice(0..0, published.notes);
        source.clone_into(&mut policy.source);
        Ok(policy)
    }

    fn over(below: &Self, text: &str, source: &str) -> Result<Self, PolicyError> {
        let file = File::read(text, source)?;
        let placed = |mistake: Mistake| mistake.placed(text, source);
        let monitor = file.monitor_over(below.monitor.clone()).map_err(placed)?;
        let is_said = |path: &Path| yaml::place_of(text, path).is_some();
        monitor.check(&is_said).map_err(placed)?;
        let said = layers::said(text);
        let mut values = below.values.clone();
        layers::lay(&said, &mut values);
        let mut policy = Self::built(monitor, values, said, &is_said).map_err(placed)?;
        check::ends(&policy).map_err(placed)?;
        source.clone_into(&mut policy.source);
        text.clone_into(&mut policy.text);
        Ok(policy)
    }

    fn read_builtin() -> Self {
        // The text is part of the program, and a test reads it. Were it broken all the same, no signal would count and no agent
        // would ever move, which every caller can cope with.
        let still = MonitorPolicy { half_life: 1.0, most: 1.0, up: 1.0, ..MonitorPolicy::default() };
        let empty = || Self::of(still.clone(), Sections::default(), Map::new());
        let below = Self { values: Map::new(), ..empty() };
        let read = Self::over(&below, BUILTIN, BUILTIN_SOURCE);
        read.map_or_else(|_| empty(), |read| Self { text: String::new(), said: Map::new(), ..read })
    }

    /// Makes a policy of its values. `is_said` tells whether the file itself has a field.
    fn built(
        monitor: MonitorPolicy,
        values: Map<String, Value>,
        said: Map<String, Value>,
        is_said: &dyn Fn(&Path) -> bool,
    ) -> Result<Self, Mistake> {
        let sections: Sections = serde_json::from_value(Value::Object(values.clone()))
            .map_err(|error| Mistake::value(Path::default(), error.to_string()))?;
        let mut policy = Self::of(monitor, sections, values);
        check::settle(&mut policy, &said, is_said)?;
        gateway::check(&policy)?;
        guard::check(&policy)?;
        policy.said = said;
        policy.hash = hash::of(&policy);
        policy.remarks = check::remarks(&policy);
        Ok(policy)
    }

    fn of(monitor: MonitorPolicy, sections: Sections, values: Map<String, Value>) -> Self {
        Self {
            monitor,
            lanes: sections.lanes,
            verifier: sections.verifier,
            routing: sections.routing,
            path_rules: sections.path_rules,
            verification: sections.verification,
            learned: sections.learned,
            classifier: sections.classifier,
            in_run: sections.in_run,
            iterations: sections.iterations,
            warnings: sections.warnings,
            compaction: sections.compaction,
            gateway: sections.gateway,
            permissions: sections.permissions,
            sandbox: sections.sandbox,
            drift: sections.drift,
            task_table: WordTable::default(),
            drift_table: WordTable::default(),
            remarks: Vec::new(),
            hash: String::new(),
            source: BUILTIN_SOURCE.to_owned(),
            text: String::new(),
            values,
            said: Map::new(),
        }
    }

    pub(crate) fn set_tables(&mut self, tasks: WordTable, drift: WordTable) {
        let places = self.routing.task_words.iter().map(|entry| self.place_of_kind(entry.name)).collect();
        (self.task_table, self.drift_table) = (tasks.with_weights(places), drift);
    }

    /// Fingerprint of the values as they were loaded (BLAKE3, hexadecimal). Comments, the order of keys and of lists of words,
    /// and whether a value was written or left to the built-in policy make no difference.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Where it was read from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What is probably not meant, and what was made of a published file, a sentence each.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// A lane by name. Where no lane is called so, `fast` is the first and `strong` the last.
    pub fn lane(&self, name: &str) -> Option<&Lane> {
        place_of(&self.lanes, name).and_then(|place| self.lanes.get(place))
    }

    /// The first lane above this one.
    pub fn lane_above(&self, name: &str) -> Option<&Lane> {
        place_of(&self.lanes, name).and_then(|place| self.lanes.get(place + 1))
    }

    /// Whether a lane is the strongest.
    pub fn is_strongest(&self, name: &str) -> bool {
        place_of(&self.lanes, name).is_none_or(|place| place + 1 >= self.lanes.len())
    }

    /// Whether a check, by its name or its command, proves little.
    pub fn is_weak(&self, name: &str, command: &str) -> bool {
        self.routing.weak_checks.iter().any(|weak| weak == name || weak == command)
    }

    /// The commands that check work on these files: those given, then those of the policy, each once.
    pub fn checks_for(&self, given: &[String], paths: &[String]) -> Vec<String> {
        let matching = self.verification.iter().filter(|entry| paths.iter().any(|path| entry.matches(path)));
        let mut commands: Vec<String> = Vec::new();
        for command in given.iter().chain(matching.flat_map(|entry| &entry.run)) {
            if !commands.contains(command) {
                commands.push(command.clone());
            }
        }
        commands
    }

    /// The most demanding lane that touched files ask for, by path rules and by what is always strong; none where no rule knows them.
    pub fn lane_of_paths(&self, touched: &[String]) -> Option<&str> {
        let signals = signals::from(&Seen { changed: touched, ..Seen::default() }, self);
        let always = self.routing.always_strong_if.iter().any(|name| match Condition::named(name) {
            Some(condition) => condition.holds(&signals),
            None => signals.paths.contains(name),
        });
        let last = self.lanes.len().saturating_sub(1);
        let matching = self.path_rules.iter().filter(|rule| signals.paths.contains(&rule.name));
        let places = matching.map(|rule| place_of(&self.lanes, &rule.lane).unwrap_or(last));
        let place = places.chain(always.then_some(last)).max()?;
        self.lanes.get(place).map(|lane| lane.name.as_str())
    }

    /// The lane that a kind of task asks for; one of which the policy says nothing asks for the last.
    pub(crate) fn place_of_kind(&self, kind: TaskType) -> usize {
        let last = self.lanes.len().saturating_sub(1);
        let named = self.routing.task_types.get(&kind).or_else(|| self.routing.task_types.get(&TaskType::Unknown));
        named.and_then(|lane| place_of(&self.lanes, lane)).unwrap_or(last)
    }

    /// The lane of a score: the first whose highest score is not below it.
    pub(crate) fn place_of_score(&self, score: u32) -> usize {
        let limits = &self.routing.score_limits;
        limits.iter().position(|limit| score <= *limit).unwrap_or(limits.len()).min(self.lanes.len().saturating_sub(1))
    }
}
