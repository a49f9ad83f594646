//! The learned router, by cross-validation.

use protocol::Signals;
use routing::learned::{
    Aim, Because, Experience, Features, LearnError, RouterModel, TaskFacts, ToolNeeds, TrainSettings,
};

use super::data::{Group, Set, Task};
use super::folds::{self, Fold};
use super::score::Play;

/// A success is worth ten dollars, and another lane than the strong one is taken only where it is this sure. The numbers were
/// set beforehand; that the row `learned` carries this aim and not another was chosen after a first look. (The built-in policy asks for
/// more, see `learned-built-in`.)
const AIM: Aim = Aim::Utility { a: 1.0, b: 0.1 };
const CONFIDENCE: f64 = 0.95;

/// A version for each fold, with all models of the set that any group needs as its lanes.
pub(super) struct Trained {
    features: Vec<Features>,
    folds: Vec<(Fold, RouterModel)>,
}

#[cfg(test)]
impl Trained {
    /// The version of a fold.
    pub(super) fn version(&self, fold: usize) -> &RouterModel {
        &self.folds[fold].1
    }
}

pub(super) fn train(set: &Set) -> Result<Trained, LearnError> {
    let features: Vec<Features> = set.tasks.iter().map(features).collect();
    let mut lanes: Vec<usize> = set.groups.iter().flat_map(|group| group.lanes.iter().copied()).collect();
    lanes.sort_unstable();
    lanes.dedup();
    let attempts: Vec<Vec<Experience>> = (0..set.tasks.len())
        .map(|row| lanes.iter().map(|lane| experience(set, &features, row, *lane)).collect())
        .collect();
    let names: Vec<String> = lanes.iter().map(|lane| set.models[*lane].name.clone()).collect();
    let train = |fold: &Fold| {
        // In the order of the data, so that the calibration folds are the same whatever the seed's order is.
        let mut rows = fold.training.clone();
        rows.sort_unstable();
        let attempts: Vec<Experience> = rows.iter().flat_map(|row| attempts[*row].iter().cloned()).collect();
        RouterModel::train(1, &names, &attempts, &TrainSettings::default())
    };
    let folds = folds::all(set.tasks.len());
    let models = folds::in_parallel(&folds, train).into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(Trained { features, folds: folds.into_iter().zip(models).collect() })
}

fn features(task: &Task) -> Features {
    let tools = ToolNeeds { read: true, edit: true, run: true, network: false };
    Features::of(&TaskFacts {
        text: &task.text,
        context_tokens: task.tokens,
        tools,
        latency: 0.0,
        task_type: &task.dimension,
        repository: &task.repository,
        signals: &Signals::default(),
        score: 0,
    })
}

fn experience(set: &Set, features: &[Features], row: usize, lane: usize) -> Experience {
    let model = &set.models[lane];
    Experience {
        features: features[row].clone(),
        task_type: set.tasks[row].dimension.clone(),
        lane: model.name.clone(),
        success: model.success[row],
        cost: model.cost[row],
        weight: 1.0,
        propensity: 1.0,
    }
}

/// The router as it is, with "as good as the strong lane" for an aim, with what it believes taken for true, and with the aim of the
/// built-in policy.
pub(super) fn plays(set: &Set, group: &Group, trained: &Trained) -> Result<Vec<Play>, LearnError> {
    let names: Vec<String> = group.lanes.iter().map(|lane| set.models[*lane].name.clone()).collect();
    let built_in = routing::Policy::builtin().learned;
    let mut ways = [
        ("learned", AIM, CONFIDENCE),
        ("learned-as-good", Aim::OfStrong(1.0), CONFIDENCE),
        ("learned-unsure", AIM, 0.5),
        ("learned-built-in", Aim::AtLeast(built_in.success), built_in.confidence),
    ]
    .map(|(policy, aim, confidence)| (Play::empty(policy, set.tasks.len()), aim, confidence));
    let mut orders = vec![vec![0.0; set.tasks.len()]; folds::SEEDS as usize];
    let mut failing = orders.clone();
    let (mut without_signal, mut asked) = (0_u32, 0_u32);
    for (fold, model) in &trained.folds {
        let model = Lanes::of(model, &names, group)?;
        for row in &fold.held_out {
            let features = &trained.features[*row];
            for (play, aim, confidence) in &mut ways {
                let choice = model.model.choose(features, &set.tasks[*row].dimension, *aim, *confidence);
                let lane = &set.models[model.places[choice.lane]];
                play.add(*row, lane.cost[*row], lane.success[*row]);
                if play.policy == "learned" {
                    asked += 1;
                    without_signal += u32::from(choice.because == Because::NoSignal);
                }
            }
            let (gain, fails) = model.order(features);
            orders[fold.seed as usize][*row] = gain;
            failing[fold.seed as usize][*row] = fails;
        }
    }
    let share = f64::from(without_signal) / f64::from(asked.max(1));
    let plays = ways.into_iter().map(|(play, ..)| {
        let play = play.divided(folds::SEEDS as f64);
        match (play.policy, group.lanes.len()) {
            // The order is that of the same predictions, however they are used.
            ("learned", 2) => play.ordered(orders.clone()).telling(failing.clone(), share),
            _ => play,
        }
    });
    Ok(plays.collect())
}

/// A version with the lanes of a group.
struct Lanes {
    model: RouterModel,
    /// Which model of the set each lane is.
    places: Vec<usize>,
}

impl Lanes {
    fn of(model: &RouterModel, names: &[String], group: &Group) -> Result<Self, LearnError> {
        let model = model.among(names).ok_or(LearnError::Model { problem: "has none of the lanes".to_owned() })?;
        // A version keeps its own order, which is by cost: the strong one has to be last.
        let place = |lane: &str| names.iter().position(|name| name == lane).and_then(|at| group.lanes.get(at)).copied();
        let places = model.lanes().iter().filter_map(|lane| place(&lane.lane)).collect();
        Ok(Self { model, places })
    }

    /// How much more likely the strong lane is to succeed than the cheap one, and how likely the cheap one is to fail.
    fn order(&self, features: &Features) -> (f64, f64) {
        let chance = |score: f64| 1.0 / (1.0 + (-score).exp());
        let lanes = self.model.lanes();
        let score = |lane: Option<&routing::learned::LaneModel>| {
            lane.map_or(0.5, |lane| chance(lane.score(features.as_slice())))
        };
        let (weak, strong) = (score(lanes.first()), score(lanes.last()));
        (strong - weak, 1.0 - weak)
    }
}
