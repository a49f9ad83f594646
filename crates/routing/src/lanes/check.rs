//! Settings with which no lane could be chosen are refused, and what is compiled once is compiled here.

use catalogue::yaml::Path;
use protocol::TaskType;
use serde_json::{Map, Value};

use super::fallback::cycle;
use super::rules::Condition;
use super::{FAST, LaneBrain, STRONG, place_of};
use crate::paths::PathRules;
use crate::policy::{Mistake, Policy, did_you_mean};
use crate::words::WordTable;

type Checked = Result<(), Mistake>;

/// What the file itself says, for the places of mistakes.
#[derive(Clone, Copy)]
struct File<'a> {
    said: &'a Map<String, Value>,
    is_said: &'a dyn Fn(&Path) -> bool,
}

impl File<'_> {
    /// The place of an entry of a named list, in the file's own order.
    fn entry(&self, list: &Path, entries: Option<&Value>, name: &str) -> Path {
        let named = |entry: &Value| entry.get("name").and_then(Value::as_str) == Some(name);
        match entries.and_then(Value::as_array).and_then(|entries| entries.iter().position(named)) {
            Some(index) => list.index(index),
            None => list.clone(),
        }
    }

    fn of(&self, section: &str, name: &str) -> Path {
        self.entry(&Path::default().key(section), self.said.get(section), name)
    }

    fn of_words(&self, name: &str) -> Path {
        let list = Path::default().key("routing").key("task_words");
        self.entry(&list, self.said.get("routing").and_then(|routing| routing.get("task_words")), name)
    }
}

/// Checks everything beside the monitor, and settles what follows from it.
pub(crate) fn settle(policy: &mut Policy, said: &Map<String, Value>, is_said: &dyn Fn(&Path) -> bool) -> Checked {
    let file = File { said, is_said };
    lanes(policy, &file)?;
    path_rules(policy, &file)?;
    verification(policy)?;
    words(policy, &file)?;
    lane_names(policy, &file)?;
    always_strong(policy)?;
    fallbacks(policy)?;
    score_limits(policy, &file)?;
    numbers(policy)
}

/// A file of ours has a lane `fast` at one end and a lane `strong` at the other.
pub(crate) fn ends(policy: &Policy) -> Checked {
    for (name, place, end) in [(FAST, 0, "first"), (STRONG, policy.lanes.len().saturating_sub(1), "last")] {
        let found = policy.lanes.iter().position(|lane| lane.name == name);
        if found != Some(place) {
            let names: Vec<&str> = policy.lanes.iter().map(|lane| lane.name.as_str()).collect();
            let problem = match found {
                Some(_) => {
                    format!("lanes go from cheap to strong: `{name}` has to be the {end}; found {}", names.join(", "))
                }
                None => format!(
                    "there is no lane `{name}`; a policy has at least `fast` and `strong`; found {}",
                    names.join(", ")
                ),
            };
            return Err(Mistake::value(Path::default().key("lanes"), problem));
        }
    }
    Ok(())
}

/// What loads and is probably not meant.
pub(crate) fn remarks(policy: &Policy) -> Vec<String> {
    let mut remarks = Vec::new();
    let verifier = policy.verifier.as_ref().and_then(|verifier| verifier.brain.as_ref());
    for lane in &policy.lanes {
        if let (Some(verifier), Some(brain)) = (verifier, &lane.brain)
            && verifier.model() == brain.model()
        {
            remarks.push(format!(
                "verifier: {} is also what lane `{}` works with; a model that judges its own work misses its own mistakes: \
                 choose one of another family",
                verifier.model(),
                lane.name
            ));
        }
    }
    for pair in policy.lanes.windows(2) {
        if let [below, above] = pair
            && above.max_context_tokens < below.max_context_tokens
        {
            remarks.push(format!(
                "lane `{}` takes smaller prompts ({} tokens) than `{}` below it ({})",
                above.name, above.max_context_tokens, below.name, below.max_context_tokens
            ));
        }
    }
    remarks
}

fn lanes(policy: &mut Policy, file: &File<'_>) -> Checked {
    let list = Path::default().key("lanes");
    if policy.lanes.len() < 2 {
        let problem = format!("{}; at least two lanes are needed, `fast` and `strong`", policy.lanes.len());
        return Err(Mistake::value(list, problem));
    }
    let mut names: Vec<&str> = Vec::new();
    for lane in &policy.lanes {
        let at = file.of("lanes", &lane.name);
        fits_as_name(&lane.name, &names, &at)?;
        names.push(&lane.name);
        brain(lane.brain.as_ref(), lane.effort.is_some(), &at)?;
        context(lane.max_context_tokens, &at)?;
        for (index, share) in lane.shuffle.iter().enumerate() {
            let at = at.key("shuffle").index(index);
            brain(Some(&share.brain), false, &at)?;
            if !(1..=1_000_000).contains(&share.weight) {
                return Err(Mistake::value(at.key("weight"), format!("{}; 1 to 1000000 are allowed", share.weight)));
            }
        }
    }
    for lane in &mut policy.lanes {
        if lane.brain.is_none() {
            lane.brain = lane.shuffle.first().map(|share| share.brain.clone());
        }
    }
    if let Some(verifier) = &policy.verifier {
        let at = Path::default().key("verifier");
        brain(verifier.brain.as_ref(), verifier.effort.is_some(), &at)?;
        context(verifier.max_context_tokens, &at)?;
    }
    Ok(())
}

fn fits_as_name(name: &str, known: &[&str], at: &Path) -> Checked {
    let fits =
        !name.is_empty() && name.len() <= 40 && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    if !fits {
        let problem = format!("`{name}` is no name: letters, digits, `_`, `-` and `.`, at most 40");
        return Err(Mistake::value(at.key("name"), problem));
    }
    if known.contains(&name) {
        return Err(Mistake::value(at.clone(), format!("the name `{name}` stands here for the second time")));
    }
    Ok(())
}

fn brain(brain: Option<&LaneBrain>, has_effort: bool, at: &Path) -> Checked {
    let Some(brain) = brain else { return Ok(()) };
    if let Some(problem) = brain.problem() {
        return Err(Mistake::value(at.key("brain"), problem));
    }
    if has_effort && brain.effort().is_some() {
        let problem = format!("`{brain}` names an effort already; leave one of the two out");
        return Err(Mistake::value(at.key("effort"), problem));
    }
    Ok(())
}

fn context(tokens: u64, at: &Path) -> Checked {
    if tokens == 0 {
        let problem = "0; at least 1 token, for example 120000, is needed";
        return Err(Mistake::value(at.key("max_context_tokens"), problem));
    }
    Ok(())
}

fn path_rules(policy: &mut Policy, file: &File<'_>) -> Checked {
    let mut names: Vec<String> = Vec::new();
    for rule in &mut policy.path_rules {
        let at = file.of("path_rules", &rule.name);
        fits_as_name(&rule.name, &names.iter().map(String::as_str).collect::<Vec<_>>(), &at)?;
        if Condition::named(&rule.name).is_some() {
            let problem = format!("`{}` is the name of a signal; give the rule another one", rule.name);
            return Err(Mistake::value(at.key("name"), problem));
        }
        if rule.lane.is_empty() {
            STRONG.clone_into(&mut rule.lane);
        }
        names.push(rule.name.clone());
        rule.compiled = compiled(&rule.patterns, &at.key("patterns"))?;
    }
    Ok(())
}

fn verification(policy: &mut Policy) -> Checked {
    for (index, entry) in policy.verification.iter_mut().enumerate() {
        let at = Path::default().key("verification").index(index);
        if entry.paths.is_empty() || entry.run.is_empty() {
            return Err(Mistake::value(at, "`paths` and `run` are needed: [\"src/**\"] and [cargo test], for example"));
        }
        if let Some(empty) = entry.run.iter().position(|command| command.trim().is_empty()) {
            return Err(Mistake::value(at.key("run").index(empty), "an empty command passes always; remove it"));
        }
        entry.compiled = compiled(&entry.paths, &at.key("paths"))?;
    }
    Ok(())
}

fn compiled(patterns: &[String], at: &Path) -> Result<PathRules, Mistake> {
    PathRules::new(patterns.to_vec()).map_err(|(index, problem)| Mistake::value(at.index(index), problem))
}

fn words(policy: &mut Policy, file: &File<'_>) -> Checked {
    let tasks = &policy.routing.task_words;
    let task_table =
        WordTable::new(tasks.iter().map(|entry| entry.words.as_slice())).map_err(|(group, index, problem)| {
            let name = tasks.get(group).map_or("", |entry| entry.name.as_str());
            Mistake::value(file.of_words(name).key("words").index(index), problem)
        })?;
    let drift = &policy.drift;
    let drift_table =
        WordTable::new(drift.iter().map(|entry| entry.words.as_slice())).map_err(|(group, index, problem)| {
            let name = drift.get(group).map_or("", |entry| entry.name.as_str());
            Mistake::value(file.of("drift", name).key("words").index(index), problem)
        })?;
    policy.set_tables(task_table, drift_table);
    Ok(())
}

/// Everything that names a lane names one that there is.
fn lane_names(policy: &Policy, file: &File<'_>) -> Checked {
    let names = || policy.lanes.iter().map(|lane| lane.name.as_str());
    let known = |name: &str, at: Path| match place_of(&policy.lanes, name) {
        Some(_) => Ok(()),
        None => {
            let hint = did_you_mean(name, names());
            let problem =
                format!("there is no lane `{name}`; lanes are {}{hint}", names().collect::<Vec<_>>().join(", "));
            Err(Mistake::value(at, problem))
        }
    };
    let root = Path::default();
    let routing = root.key("routing");
    for (kind, lane) in &policy.routing.task_types {
        known(lane, routing.key("task_types").key(kind.as_str()))?;
    }
    for rule in &policy.path_rules {
        known(&rule.lane, file.of("path_rules", &rule.name).key("lane"))?;
    }
    known(&policy.classifier.lane, root.key("classifier").key("lane"))?;
    if let Some(lane) = &policy.compaction.summary_lane {
        known(lane, root.key("compaction").key("summary_lane"))?;
    }
    let fallbacks = &policy.routing.fallbacks;
    for (field, edges) in [("on_failure", &fallbacks.on_failure), ("on_context", &fallbacks.on_context)] {
        let at = routing.key("fallbacks").key(field);
        for (from, to) in edges {
            known(from, at.key(from))?;
            to.iter().enumerate().try_for_each(|(index, lane)| known(lane, at.key(from).index(index)))?;
        }
    }
    Ok(())
}

fn always_strong(policy: &Policy) -> Checked {
    let signals = Condition::ALL.map(Condition::as_str);
    let known = || signals.into_iter().chain(policy.path_rules.iter().map(|rule| rule.name.as_str()));
    for (index, name) in policy.routing.always_strong_if.iter().enumerate() {
        if !known().any(|known| known == name) {
            let at = Path::default().key("routing").key("always_strong_if").index(index);
            let allowed: Vec<String> = known().map(|name| format!("`{name}`")).collect();
            let hint = did_you_mean(name, known());
            return Err(Mistake::value(
                at,
                format!("unknown condition `{name}`, expected one of {}{hint}", allowed.join(", ")),
            ));
        }
    }
    Ok(())
}

fn fallbacks(policy: &mut Policy) -> Checked {
    let at = Path::default().key("routing").key("fallbacks");
    let fallbacks = &mut policy.routing.fallbacks;
    if fallbacks.num_retries > 10 {
        let problem = format!("{}; 0 to 10 are allowed", fallbacks.num_retries);
        return Err(Mistake::value(at.key("num_retries"), problem));
    }
    // By the names that the lanes really have, so that `strong` and the last lane are one.
    let lanes = &policy.lanes;
    let real = |name: &String| {
        place_of(lanes, name).and_then(|place| lanes.get(place)).map_or_else(|| name.clone(), |lane| lane.name.clone())
    };
    for (field, edges) in [("on_failure", &mut fallbacks.on_failure), ("on_context", &mut fallbacks.on_context)] {
        *edges = edges.iter().map(|(from, to)| (real(from), to.iter().map(real).collect())).collect();
        if let Some(from) = cycle(edges) {
            let problem = format!("the fallbacks of `{from}` lead back to `{from}`; a request would go round for ever");
            return Err(Mistake::value(at.key(field).key(&from), problem));
        }
    }
    Ok(())
}

/// Each score leads to one lane, and each lane has a score.
fn score_limits(policy: &mut Policy, file: &File<'_>) -> Checked {
    let count = policy.lanes.len();
    if policy.routing.score_limits.is_empty() {
        by_two_limits(policy, count, file)
    } else {
        by_list(policy, count, file)
    }
}

fn of_routing(field: &str) -> Path {
    Path::default().key("routing").key(field)
}

/// `fast_max_score` and `strong_min_score` are enough for two lanes, and for one between.
fn by_two_limits(policy: &mut Policy, count: usize, file: &File<'_>) -> Checked {
    let routing = &mut policy.routing;
    let (fast, strong) = (routing.fast_max_score, routing.strong_min_score);
    let touching = strong == fast.saturating_add(1);
    if !touching && (count == 2 || strong <= fast) {
        let how = if strong > fast { "scores between lead to no lane" } else { "scores between lead to two lanes" };
        let problem = format!(
            "`fast_max_score` is {fast} and `strong_min_score` {strong}: {how}; `strong_min_score` has to be `fast_max_score` + 1"
        );
        let of_file = (file.is_said)(&of_routing("fast_max_score"));
        let blamed = if of_file { "fast_max_score" } else { "strong_min_score" };
        return Err(Mistake::value(of_routing(blamed), problem));
    }
    routing.score_limits = match count {
        2 => vec![fast],
        3 if !touching => vec![fast, strong - 1],
        _ => {
            let problem = format!(
                "{count} lanes need `score_limits` with {} numbers: the highest score of each lane but the last",
                count - 1
            );
            return Err(Mistake::value(of_routing("score_limits"), problem));
        }
    };
    Ok(())
}

fn by_list(policy: &mut Policy, count: usize, file: &File<'_>) -> Checked {
    let routing = &mut policy.routing;
    let limits = &routing.score_limits;
    if limits.len() != count - 1 {
        let problem = format!(
            "{} numbers for {count} lanes; {} are needed: the highest score of each lane but the last",
            limits.len(),
            count - 1
        );
        return Err(Mistake::value(of_routing("score_limits"), problem));
    }
    for (index, pair) in limits.windows(2).enumerate() {
        if let [one, two] = pair
            && two <= one
        {
            let problem = format!("{two} does not rise above {one}: each lane needs scores of its own");
            return Err(Mistake::value(of_routing("score_limits").index(index + 1), problem));
        }
    }
    let (fast, strong) = (routing.fast_max_score, routing.strong_min_score);
    let ends = limits.first().copied().zip(limits.last().map(|last| last.saturating_add(1)));
    let (first, last) = ends.unwrap_or((fast, strong));
    for (field, said, wanted) in [("fast_max_score", fast, first), ("strong_min_score", strong, last)] {
        if said != wanted && (file.is_said)(&of_routing(field)) {
            let problem = format!("{said}, but `score_limits` says {wanted}; leave one of the two out");
            return Err(Mistake::value(of_routing(field), problem));
        }
    }
    (routing.fast_max_score, routing.strong_min_score) = (first, last);
    Ok(())
}

fn numbers(policy: &Policy) -> Checked {
    let at = |section: &str, field: &str| Path::default().key(section).key(field);
    let (routing, learned) = (&policy.routing, &policy.learned);
    let shares = [
        (at("routing", "min_confidence"), routing.min_confidence),
        (at("learned", "confidence"), learned.confidence),
        (at("learned", "success"), learned.success),
        (at("learned", "explore").key("share"), learned.explore.share),
        (at("in_run", "from"), policy.in_run.from),
        (at("in_run", "until"), policy.in_run.until),
        (at("warnings", "tier_share"), policy.warnings.tier_share),
    ];
    for (path, value) in shares {
        if !(0.0..=1.0).contains(&value) {
            return Err(Mistake::value(path, format!("{value}; 0 to 1 is allowed")));
        }
    }
    let amounts = [
        (at("learned", "success_value"), learned.success_value),
        (at("learned", "cost_weight"), learned.cost_weight),
        (at("learned", "explore").key("usd"), learned.explore.usd),
    ];
    for (path, value) in amounts {
        if !(0.0..=1_000_000.0).contains(&value) {
            return Err(Mistake::value(path, format!("{value}; 0 to 1000000 is allowed")));
        }
    }
    if !(1.0..=1_000.0).contains(&policy.warnings.spike) {
        let problem = format!("{}; 1 to 1000 times the window before is allowed", policy.warnings.spike);
        return Err(Mistake::value(at("warnings", "spike"), problem));
    }
    let in_run = &policy.in_run;
    if in_run.until > in_run.from {
        let problem =
            format!("`until` is {} and `from` {}: `until` must not be above `from`", in_run.until, in_run.from);
        return Err(Mistake::value(at("in_run", "until"), problem));
    }
    counts(policy)
}

fn counts(policy: &Policy) -> Checked {
    let at = |section: &str, field: &str| Path::default().key(section).key(field);
    let weights = &policy.routing.weights;
    let weight = |field: &str| at("routing", "weights").key(field);
    for (path, value, least, most) in [
        (at("iterations", "delegation"), policy.iterations.delegation, 1, 1_000),
        (at("iterations", "main"), policy.iterations.main, 1, 1_000),
        (at("routing", "strong_attempts"), policy.routing.strong_attempts, 1, 10),
        (at("routing", "cache_ttl_minutes"), policy.routing.cache_ttl_minutes, 0, 43_200),
        (at("classifier", "max_tokens"), policy.classifier.max_tokens, 1, 100),
        (at("in_run", "min_steps"), policy.in_run.min_steps, 1, 1_000),
        (at("warnings", "after_hours"), policy.warnings.after_hours, 0, 10_000),
        (at("warnings", "min_sample"), policy.warnings.min_sample, 1, 1_000_000),
        (weight("files"), weights.files, 0, 1_000),
        (weight("files_most"), weights.files_most, 0, 1_000),
        (weight("schema_change"), weights.schema_change, 0, 1_000),
        (weight("auth_code"), weights.auth_code, 0, 1_000),
        (weight("failures"), weights.failures, 0, 1_000),
        (weight("failures_most"), weights.failures_most, 0, 1_000),
        (weight("new_code"), weights.new_code, 0, 1_000),
    ] {
        if !(least..=most).contains(&value) {
            return Err(Mistake::value(path, format!("{value}; {least} to {most} are allowed")));
        }
    }
    if !policy.routing.task_types.contains_key(&TaskType::Unknown) {
        let problem = "`unknown` is missing: it says where a task goes that no words are known for";
        return Err(Mistake::value(at("routing", "task_types"), problem));
    }
    Ok(())
}
