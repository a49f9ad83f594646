//! Cross-validation by instance, and inside it the choice of what a model has to choose.

use std::collections::BTreeMap;

use anyhow::Context;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use routing::during::{Checkpoint, Example, Feature, Moment};
use routing::learned::auc;

use super::data::Runs;

/// Folds that runs are scored in.
const FOLDS: usize = 10;
/// Folds inside the runs that a model learns from.
const INNER: usize = 4;
/// Ridges to choose from.
const RIDGES: [f64; 3] = [30.0, PLAIN, 300.0];
const PLAIN: f64 = 100.0;

/// What a model may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// The other brain's runs.
    pub(super) others: bool,
    /// Where a run works.
    pub(super) repository: bool,
    /// What the run shows.
    pub(super) steps: bool,
    /// It chooses its features and its ridge; else they are [`Choice::plain`].
    pub(super) chooses: bool,
}

impl Setting {
    /// What the figure uses. At the end the repository says nothing that the run does not, and costs a little.
    pub(super) fn of(moment: Moment) -> Self {
        Self { others: true, repository: moment != Moment::End, steps: true, chooses: true }
    }
}

/// A list of features and a ridge.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    features: Vec<Feature>,
    ridge: f64,
}

impl Choice {
    /// The short list and the middle ridge: those of the model that comes with the program.
    pub(super) fn plain(moment: Moment) -> Self {
        Self { features: listed(moment).to_vec(), ridge: PLAIN }
    }
}

/// For every run of the home brain its log odds by a model that saw no run of its instance. A run that is over and left no patch is
/// above all others.
pub(super) fn scores(
    runs: &Runs,
    examples: &[Option<Example>],
    moment: Moment,
    setting: Setting,
    seed: u64,
) -> anyhow::Result<Vec<f64>> {
    let fold = folds(runs, FOLDS, seed);
    let mut scores = vec![f64::INFINITY; runs.0.len()];
    for held in 0..FOLDS {
        let (out, seen): (Vec<usize>, Vec<usize>) = usable(examples).partition(|run| fold[*run] == held);
        let choice = choose(runs, examples, &seen, moment, setting, seed)?;
        let model = fitted(examples, &seen, moment, setting, &choice)?;
        for run in out {
            scores[run] = score(&model, examples, run);
        }
    }
    Ok(home(runs).map(|run| scores[run]).collect())
}

/// The choice that does best among these runs, in a cross-validation of their own.
fn choose(
    runs: &Runs,
    examples: &[Option<Example>],
    among: &[usize],
    moment: Moment,
    setting: Setting,
    seed: u64,
) -> anyhow::Result<Choice> {
    let choices = choices(moment, setting);
    if let [only] = choices.as_slice() {
        return Ok(only.clone());
    }
    let fold = folds(runs, INNER, seed + 1_000);
    let mut best: Option<(f64, &Choice)> = None;
    for choice in &choices {
        let (mut scores, mut failed) = (Vec::new(), Vec::new());
        for held in 0..INNER {
            let (out, seen): (Vec<usize>, Vec<usize>) = among.iter().partition(|run| fold[**run] == held);
            let model = fitted(examples, &seen, moment, setting, choice)?;
            for run in out.into_iter().filter(|run| !runs.0[*run].other_brain) {
                scores.push(score(&model, examples, run));
                failed.push(runs.0[run].failed);
            }
        }
        let area = auc(&scores, &failed).context("the recorded runs all came out the same way")?;
        if best.is_none_or(|(most, _)| area > most) {
            best = Some((area, choice));
        }
    }
    best.map(|(_, choice)| choice.clone()).context("there is nothing to choose from")
}

/// Fits on these runs.
pub(super) fn fitted(
    examples: &[Option<Example>],
    seen: &[usize],
    moment: Moment,
    setting: Setting,
    choice: &Choice,
) -> anyhow::Result<Checkpoint> {
    let rows: Vec<&Example> = seen
        .iter()
        .filter_map(|run| examples[*run].as_ref())
        .filter(|example| setting.others || !example.other_brain)
        .collect();
    Ok(Checkpoint::fit(moment, &rows, &choice.features, choice.ridge, setting.repository)?)
}

/// The runs that can be looked at.
pub(super) fn usable(examples: &[Option<Example>]) -> impl Iterator<Item = usize> {
    examples.iter().enumerate().filter(|(_, example)| example.is_some()).map(|(run, _)| run)
}

fn listed(moment: Moment) -> &'static [Feature] {
    if moment == Moment::End { &Feature::AT_END } else { &Feature::SO_FAR }
}

fn choices(moment: Moment, setting: Setting) -> Vec<Choice> {
    if !setting.steps {
        return vec![Choice { features: Vec::new(), ridge: PLAIN }];
    }
    if !setting.chooses {
        return vec![Choice::plain(moment)];
    }
    let every = Feature::ALL.into_iter().filter(|feature| moment == Moment::End || feature.is_known_during());
    let with = |features: Vec<Feature>| RIDGES.map(|ridge| Choice { features: features.clone(), ridge });
    [listed(moment).to_vec(), every.collect()].into_iter().flat_map(with).collect()
}

fn score(model: &Checkpoint, examples: &[Option<Example>], run: usize) -> f64 {
    examples[run].as_ref().map_or(f64::INFINITY, |one| model.log_odds(&one.values, Some(&one.repository)))
}

fn home(runs: &Runs) -> impl Iterator<Item = usize> {
    runs.0.iter().enumerate().filter(|(_, run)| !run.other_brain).map(|(place, _)| place)
}

/// The fold of every run: that of its instance, so that no model learns from another brain's run of what it is scored on.
pub(super) fn folds(runs: &Runs, count: usize, seed: u64) -> Vec<usize> {
    let mut of_instance: BTreeMap<&str, usize> = runs.0.iter().map(|run| (run.instance.as_str(), 0)).collect();
    let mut places: Vec<usize> = (0..of_instance.len()).collect();
    places.shuffle(&mut StdRng::seed_from_u64(seed));
    for (fold, place) in of_instance.values_mut().zip(places) {
        *fold = place % count;
    }
    runs.0.iter().map(|run| of_instance.get(run.instance.as_str()).copied().unwrap_or_default()).collect()
}
