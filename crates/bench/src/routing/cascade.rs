//! Cascades: the cheap model first, a verdict, the next one where the verdict is no.

use super::data::{Group, Model, Set, mean};
use super::folds::{self, Fold};
use super::score::Play;

/// Share of good work that a verifier accepts, and of bad work that it rejects.
#[derive(Clone, Copy)]
struct Verifier {
    accepts: f64,
    rejects: f64,
}

const PERFECT: Verifier = Verifier { accepts: 1.0, rejects: 1.0 };
const NINETY: Verifier = Verifier { accepts: 0.9, rejects: 0.9 };
const EIGHTY: Verifier = Verifier { accepts: 0.8, rejects: 0.8 };

/// Success on the training folds that three tiers must have beyond the strong model's: the cheapest of 30,000 cascades that is just as
/// good there is a little worse elsewhere. One point, set after a look at none to three (`docs/learned.md`).
const MARGIN: f64 = 0.01;

pub(super) fn plays(set: &Set, group: &Group) -> Vec<Play> {
    let two = [("cascade2-perfect", PERFECT), ("cascade2-90-90", NINETY), ("cascade2-80-80", EIGHTY)];
    let mut plays: Vec<Play> = two.into_iter().map(|(policy, verifier)| fixed(policy, set, group, verifier)).collect();
    plays.push(three(set, group));
    plays
}

/// The group's cheapest and its strong one.
fn fixed(policy: &'static str, set: &Set, group: &Group, verifier: Verifier) -> Play {
    let mut play = Play::empty(policy, set.tasks.len());
    let tiers = [group.cheap(), group.strong()];
    (0..set.tasks.len()).for_each(|row| attempt(&mut play, set, &tiers, row, verifier));
    play
}

/// Up to three tiers out of all models of the set, chosen on training folds.
fn three(set: &Set, group: &Group) -> Play {
    let folds = folds::all(set.tasks.len());
    let mut play = Play::empty("cascade3-90-90", set.tasks.len());
    let chosen = folds::in_parallel(&folds, |fold| tiers_of(set, group.strong(), fold));
    let mut names: Vec<(String, u32)> = Vec::new();
    for (fold, tiers) in folds.iter().zip(chosen) {
        fold.held_out.iter().for_each(|row| attempt(&mut play, set, &tiers, *row, NINETY));
        let name = tiers.iter().map(|tier| set.models[*tier].name.as_str()).collect::<Vec<_>>().join(" > ");
        match names.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => names.push((name, 1)),
        }
    }
    names.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    play.divided(folds::SEEDS as f64).made_of(names)
}

/// The tiers that a fold's training rows speak for.
pub(super) fn tiers_of(set: &Set, strong: usize, fold: &Fold) -> Vec<usize> {
    cheapest(set, strong, fold, NINETY)
}

/// What one task costs and how likely it succeeds, in expectation.
fn attempt(play: &mut Play, set: &Set, tiers: &[usize], row: usize, verifier: Verifier) {
    let (mut reached, mut cost, mut success) = (1.0, 0.0, 0.0);
    for (at, tier) in tiers.iter().enumerate() {
        let model = &set.models[*tier];
        cost += reached * model.cost[row];
        if at + 1 == tiers.len() {
            success += reached * model.success[row];
        } else {
            cost += reached * model.verdict[row];
            let good = model.success[row];
            success += reached * verifier.accepts * good;
            reached *= rejected(good, verifier);
        }
    }
    play.add(row, cost, success);
}

fn rejected(success: f64, verifier: Verifier) -> f64 {
    1.0 - verifier.accepts * success - (1.0 - verifier.rejects) * (1.0 - success)
}

/// A model on the training rows of a fold.
struct Trained {
    success: Vec<f64>,
    cost: Vec<f64>,
    /// Attempt and verdict.
    judged: Vec<f64>,
    rejected: Vec<f64>,
    /// Good and accepted.
    kept: Vec<f64>,
}

impl Trained {
    fn of(model: &Model, fold: &Fold, verifier: Verifier) -> Self {
        let pick = |of: &dyn Fn(usize) -> f64| fold.training.iter().map(|row| of(*row)).collect::<Vec<f64>>();
        Self {
            success: pick(&|row| model.success[row]),
            cost: pick(&|row| model.cost[row]),
            judged: pick(&|row| model.cost[row] + model.verdict[row]),
            rejected: pick(&|row| rejected(model.success[row], verifier)),
            kept: pick(&|row| verifier.accepts * model.success[row]),
        }
    }
}

/// The cheapest cascade of two or three tiers that succeeds often enough; the strong model alone where none does.
fn cheapest(set: &Set, strong: usize, fold: &Fold, verifier: Verifier) -> Vec<usize> {
    let models: Vec<Trained> = set.models.iter().map(|model| Trained::of(model, fold, verifier)).collect();
    let needed = mean(&models[strong].success) + MARGIN;
    let mut best = (mean(&models[strong].cost), vec![strong]);
    for (i, first) in models.iter().enumerate() {
        let (spent, won) = (mean(&first.judged), mean(&first.kept));
        for (j, second) in models.iter().enumerate().filter(|(j, _)| *j != i) {
            // What has been spent already only grows.
            if spent >= best.0 {
                break;
            }
            best = better(best, (spent, won), &first.rejected, second, needed, || vec![i, j]);
            let reached: Vec<f64> =
                first.rejected.iter().zip(&second.rejected).map(|(one, other)| one * other).collect();
            let spent = spent + after(&first.rejected, &second.judged);
            let won = won + after(&first.rejected, &second.kept);
            for (k, third) in models.iter().enumerate().filter(|(k, _)| *k != i && *k != j) {
                if spent >= best.0 {
                    break;
                }
                best = better(best, (spent, won), &reached, third, needed, || vec![i, j, k]);
            }
        }
    }
    best.1
}

/// The cheapest so far, or the cascade that ends with this tier, where it is cheaper and succeeds as often as needed.
fn better(
    best: (f64, Vec<usize>),
    (spent, won): (f64, f64),
    reached: &[f64],
    last: &Trained,
    needed: f64,
    tiers: impl Fn() -> Vec<usize>,
) -> (f64, Vec<usize>) {
    let cost = spent + after(reached, &last.cost);
    if cost < best.0 && won + after(reached, &last.success) >= needed { (cost, tiers()) } else { best }
}

/// The mean of what comes with these chances.
fn after(chances: &[f64], values: &[f64]) -> f64 {
    chances.iter().zip(values).map(|(chance, value)| chance * value).sum::<f64>() / chances.len().max(1) as f64
}
