//! Policies that learn nothing: one model always, chance, hindsight, a table.

use protocol::TaskType;

use super::data::{Group, Model, Set, mean};
use super::folds;
use super::score::Play;

pub(super) fn plays(set: &Set, group: &Group) -> Vec<Play> {
    vec![
        single("always-cheap", set, group.cheap()),
        single("always-strong", set, group.strong()),
        best_single(set, group),
        random(set, group),
        oracle(set, group),
        rules(set, group),
    ]
}

fn single(policy: &'static str, set: &Set, model: usize) -> Play {
    let model = &set.models[model];
    Play::new(policy, model.cost.clone(), model.success.clone())
}

/// The model that succeeds most often on the training folds, of those that cost no more there than the strong one.
fn best_single(set: &Set, group: &Group) -> Play {
    let folds = folds::all(set.tasks.len());
    let mut play = Play::empty("best-single", set.tasks.len());
    for fold in &folds {
        let of = |values: &[f64]| mean(&fold.training.iter().map(|row| values[*row]).collect::<Vec<_>>());
        let limit = of(&set.models[group.strong()].cost);
        let affordable = set.models.iter().filter(|model| of(&model.cost) <= limit);
        let best = affordable.max_by(|one, other| of(&one.success).total_cmp(&of(&other.success)));
        let best = best.unwrap_or(&set.models[group.strong()]);
        fold.held_out.iter().for_each(|row| play.add(*row, best.cost[*row], best.success[*row]));
    }
    play.divided(folds::SEEDS as f64)
}

/// Each lane equally often, as an expectation.
fn random(set: &Set, group: &Group) -> Play {
    let mut play = Play::empty("random", set.tasks.len());
    for lane in &group.lanes {
        let model = &set.models[*lane];
        (0..set.tasks.len()).for_each(|row| play.add(row, model.cost[row], model.success[row]));
    }
    let play = play.divided(group.lanes.len() as f64);
    if group.lanes.len() == 2 { play.ordered(vec![vec![0.0; set.tasks.len()]]) } else { play }
}

/// The most successful lane, the cheapest of them, known beforehand.
fn oracle(set: &Set, group: &Group) -> Play {
    let mut play = Play::empty("oracle", set.tasks.len());
    for row in 0..set.tasks.len() {
        let models = group.lanes.iter().map(|lane| &set.models[*lane]);
        let better = |one: &&Model, other: &&Model| {
            one.success[row].total_cmp(&other.success[row]).then(other.cost[row].total_cmp(&one.cost[row]))
        };
        if let Some(best) = models.max_by(better) {
            play.add(row, best.cost[row], best.success[row]);
        }
    }
    let (weak, strong) = (&set.models[group.cheap()].success, &set.models[group.strong()].success);
    let gains = weak.iter().zip(strong).map(|(weak, strong)| strong - weak).collect();
    if group.lanes.len() == 2 { play.ordered(vec![gains]) } else { play }
}

/// A static table, task type to tier: what looks up, describes or completes goes to the first, architecture and algorithms to the
/// third, all else to the second. With two lanes the first tier is the cheap one. Repositories' issues are bug fixes: second tier.
fn rules(set: &Set, group: &Group) -> Play {
    let mut play = Play::empty("rules", set.tasks.len());
    let middle = set.models.iter().position(|model| model.name == "gpt-5.4").filter(|_| group.lanes.len() > 2);
    for (row, task) in set.tasks.iter().enumerate() {
        let lane = match tier(task_type(&task.dimension)) {
            1 => group.cheap(),
            2 => middle.unwrap_or(group.strong()),
            _ => group.strong(),
        };
        play.add(row, set.models[lane].cost[row], set.models[lane].success[row]);
    }
    let tiers = set.tasks.iter().map(|task| f64::from(u8::from(tier(task_type(&task.dimension)) > 1))).collect();
    if group.lanes.len() == 2 { play.ordered(vec![tiers]) } else { play }
}

/// The type of work that a dimension of CodeRouterBench is.
pub(super) fn task_type(dimension: &str) -> TaskType {
    match dimension {
        // Says what a function does.
        "code_understanding" => TaskType::Docstring,
        // The rest of a function, or what it gives back.
        "code_completion" => TaskType::Navigation,
        "test_generation" => TaskType::Tests,
        "algorithm" => TaskType::Algorithm,
        "code_generation" | "data_science" | "multi_language" => TaskType::Feature,
        // Its refactorings are fixes in one function; issues of a repository come without a dimension.
        _ => TaskType::BugFix,
    }
}

fn tier(kind: TaskType) -> u8 {
    match kind {
        TaskType::Navigation | TaskType::Search | TaskType::Docstring | TaskType::Reformat => 1,
        TaskType::Architecture | TaskType::Refactor | TaskType::Algorithm => 3,
        TaskType::Tests | TaskType::BugFix | TaskType::Feature | TaskType::Review | TaskType::Unknown => 2,
    }
}
