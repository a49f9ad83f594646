//! The recorded outcomes.
#![expect(clippy::disallowed_methods, reason = "reads the recorded outcomes")]

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::figure::Unusable;

/// Dollars per token that a verdict reads and writes.
const READS: f64 = 2e-6;
const WRITES: f64 = 10e-6;

/// What was known of a task before it ran.
#[derive(Clone, Debug, Default)]
pub(super) struct Task {
    pub(super) text: String,
    pub(super) repository: String,
    /// Kind of work; empty where the data says none.
    pub(super) dimension: String,
    pub(super) tokens: u64,
}

/// What one model did, task by task.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) name: String,
    /// 0 to 1.
    pub(super) success: Vec<f64>,
    /// Dollars.
    pub(super) cost: Vec<f64>,
    /// Dollars for a verdict on it.
    pub(super) verdict: Vec<f64>,
}

/// Models that are compared: policies choose among `lanes`, from cheap to strong.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) lanes: Vec<usize>,
}

impl Group {
    pub(super) fn cheap(&self) -> usize {
        self.lanes.first().copied().unwrap_or_default()
    }

    pub(super) fn strong(&self) -> usize {
        self.lanes.last().copied().unwrap_or_default()
    }
}

/// Outcomes of one benchmark.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub(super) name: &'static str,
    pub(super) tasks: Vec<Task>,
    /// Cheapest first.
    pub(super) models: Vec<Model>,
    pub(super) groups: Vec<Group>,
}

/// Reads all three from `DIR/routing`.
///
/// # Errors
/// [`Unusable`]: what is missing, and how to name it.
pub(super) fn read(data: Option<&Path>) -> anyhow::Result<Vec<Set>> {
    let Some(data) = data else {
        return Err(
            Unusable("say where the recorded outcomes are: --data DIR (its folder `routing` is read)".into()).into()
        );
    };
    let folder = data.join("routing");
    if !folder.is_dir() {
        let text = format!("{}: no such folder; --data DIR names the folder that holds `routing`", folder.display());
        return Err(Unusable(text).into());
    }
    Ok(vec![verified(&folder)?, pro(&folder)?, coderouter(&folder)?])
}

#[derive(Deserialize)]
struct VerifiedRow {
    model: String,
    inst: String,
    resolved: f64,
    cost: Option<f64>,
}

#[derive(Deserialize)]
struct VerifiedTask {
    instance_id: String,
    repo: String,
    problem_statement: String,
}

fn verified(folder: &Path) -> Result<Set, Unusable> {
    let mut tasks = BTreeMap::new();
    let path = folder.join("swebench-verified-tasks.jsonl");
    for (at, line) in text(&path)?.lines().enumerate() {
        let task: VerifiedTask =
            serde_json::from_str(line).map_err(|error| Unusable(format!("{}:{}: {error}", path.display(), at + 1)))?;
        let known = Task { text: task.problem_statement, repository: task.repo, ..Task::default() };
        tasks.insert(task.instance_id, known);
    }
    // Task, change and receipts of a repository's bug: 12,000 tokens read, 800 written.
    let verdict = 12_000.0 * READS + 800.0 * WRITES;
    let rows = table::<VerifiedRow>(&folder.join("swebench-verified-outcomes.csv"))?;
    let rows = rows.into_iter().map(|row| Run {
        model: row.model,
        task: row.inst,
        success: row.resolved,
        cost: row.cost,
        verdict,
    });
    set(
        "verified",
        rows.collect(),
        tasks,
        &[
            &["DeepSeek-V4-Pro", "claude-opus-4-8"],
            &["MiniMax-M3", "claude-opus-4-8"],
            &["DeepSeek-V4-Pro", "claude-fable-5"],
        ],
    )
}

#[derive(Deserialize)]
struct ProRow {
    inst: String,
    repo: String,
    model: String,
    resolved: f64,
    patch_chars: f64,
    cost_cached: f64,
}

fn pro(folder: &Path) -> Result<Set, Unusable> {
    let (mut tasks, mut runs) = (BTreeMap::new(), Vec::new());
    for row in table::<ProRow>(&folder.join("swebench-pro-runs.csv"))? {
        // Task and receipts: 6,000 tokens, and the patch.
        let verdict = (6_000.0 + row.patch_chars / 4.0) * READS + 800.0 * WRITES;
        tasks.insert(row.inst.clone(), Task { repository: row.repo, ..Task::default() });
        runs.push(Run {
            model: row.model,
            task: row.inst,
            success: row.resolved,
            cost: Some(row.cost_cached),
            verdict,
        });
    }
    set("pro", runs, tasks, &[&["GPT-5", "Claude Sonnet 4.5"]])
}

#[derive(Deserialize)]
struct CodeRouterRow {
    task_id: String,
    dimension: String,
    model: String,
    score: f64,
    cost_usd: f64,
    input_tokens: u64,
    output_tokens: f64,
}

fn coderouter(folder: &Path) -> Result<Set, Unusable> {
    let (mut tasks, mut runs) = (BTreeMap::new(), Vec::new());
    for row in table::<CodeRouterRow>(&folder.join("coderouterbench-id.csv"))? {
        let task: &mut Task = tasks.entry(row.task_id.clone()).or_default();
        task.dimension = row.dimension;
        if row.model == "gpt-5.4" {
            task.tokens = row.input_tokens;
        }
        // Task and answer (what a model thought is not read: at most 2,000 tokens), 100 tokens written.
        let verdict = (row.input_tokens as f64 + row.output_tokens.min(2_000.0)) * READS + 100.0 * WRITES;
        runs.push(Run { model: row.model, task: row.task_id, success: row.score, cost: Some(row.cost_usd), verdict });
    }
    let pair: &[&str] = &["Qwen3-Max", "claude-opus-4-6"];
    let mut set = set("coderouter-id", runs, tasks, &[pair])?;
    let strong = set.groups.first().map(Group::strong).unwrap_or_default();
    let lanes: Vec<usize> = (0..set.models.len()).filter(|model| *model != strong).chain([strong]).collect();
    set.groups.push(Group { name: format!("{} models|claude-opus-4-6", lanes.len()), lanes });
    Ok(set)
}

/// One model on one task, as recorded.
struct Run {
    model: String,
    task: String,
    success: f64,
    cost: Option<f64>,
    verdict: f64,
}

/// A run that was not recorded counts as failed, a cost that was not recorded as the model's mean.
fn set(name: &'static str, runs: Vec<Run>, tasks: BTreeMap<String, Task>, pairs: &[&[&str]]) -> Result<Set, Unusable> {
    let ran: std::collections::BTreeSet<&str> = runs.iter().map(|run| run.task.as_str()).collect();
    let tasks: BTreeMap<String, Task> = tasks.into_iter().filter(|(id, _)| ran.contains(id.as_str())).collect();
    let places: HashMap<&str, usize> = tasks.keys().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
    let mut by_model: BTreeMap<&str, Vec<&Run>> = BTreeMap::new();
    runs.iter().for_each(|run| by_model.entry(&run.model).or_default().push(run));
    let mut models = Vec::new();
    for (model, runs) in by_model {
        let costs: Vec<f64> = runs.iter().filter_map(|run| run.cost).collect();
        let usual = mean(&costs);
        let verdict = mean(&runs.iter().map(|run| run.verdict).collect::<Vec<_>>());
        let mut one = Model {
            name: model.to_owned(),
            success: vec![0.0; tasks.len()],
            cost: vec![usual; tasks.len()],
            verdict: vec![verdict; tasks.len()],
        };
        for run in runs {
            let at = *places.get(run.task.as_str()).ok_or_else(|| Unusable(format!("{name}: no task {}", run.task)))?;
            one.success[at] = run.success;
            one.cost[at] = run.cost.unwrap_or(usual);
            one.verdict[at] = run.verdict;
        }
        models.push(one);
    }
    models.sort_by(|one, other| mean(&one.cost).total_cmp(&mean(&other.cost)));
    let place = |wanted: &str| {
        let found = models.iter().position(|model| model.name == wanted);
        found.ok_or_else(|| Unusable(format!("{name}: the model {wanted} is not in the data")))
    };
    let mut groups = Vec::new();
    for pair in pairs {
        let lanes = pair.iter().map(|model| place(model)).collect::<Result<_, _>>()?;
        groups.push(Group { name: pair.join("|"), lanes });
    }
    Ok(Set { name, tasks: tasks.into_values().collect(), models, groups })
}

pub(super) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

fn table<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Unusable> {
    let text = text(path)?;
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize().collect::<Result<Vec<T>, _>>();
    rows.map_err(|error| Unusable(format!("{}: {error}", path.display())))
}

fn text(path: &Path) -> Result<String, Unusable> {
    std::fs::read_to_string(path).map_err(|error| Unusable(format!("{}: cannot be read: {error}", path.display())))
}
