//! The figure `monitor`: how well the steps of a run tell that it fails, on the recorded runs of SWE-bench Pro.
//!
//! GPT-5's runs are scored by models that never saw their instance: ten folds by instance, five seeds, the figure is the mean over
//! seeds. Sonnet's runs of the other instances are learned from too, and never scored. What a model has to choose (which list of
//! features, which ridge) it chooses by a further cross-validation inside the folds that it learns from.

mod data;
mod folds;
mod shipped;
mod table;
#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::Context;
use rand::SeedableRng;
use rand::rngs::StdRng;
use routing::during::Moment;
use routing::learned::{Interval, auc, bootstrap};

use crate::figure::{Figure, Unusable};

use self::data::Runs;
use self::folds::Setting;

/// Seeds of the folds.
const SEEDS: [u64; 5] = [1, 2, 3, 4, 5];
/// Resamples for an interval.
const ROUNDS: usize = 2_000;
/// The moments of the figure, by the names of its JSON.
const MOMENTS: [(&str, Moment); 3] =
    [("auc_15", Moment::After(15)), ("auc_30", Moment::After(30)), ("auc_all", Moment::End)];

/// Scores the recorded runs.
///
/// # Errors
/// The data cannot be read, or does not suffice to learn from.
pub(crate) fn measure(data: Option<&Path>) -> anyhow::Result<Figure> {
    let runs = Runs::read(folder(data)?)?;
    table::figure(&runs)
}

/// The model that comes with the program, fitted on all recorded runs: the text of `crates/routing/data/during.json`.
///
/// # Errors
/// As [`measure`].
pub(crate) fn fit(data: Option<&Path>) -> anyhow::Result<Figure> {
    let runs = Runs::read(folder(data)?)?;
    Ok(Figure { lines: Vec::new(), json: shipped::model(&runs)? })
}

fn folder(data: Option<&Path>) -> anyhow::Result<&Path> {
    let missing = || Unusable("say where the recorded runs are: --data DIR (its folder `routing` is read)".to_owned());
    Ok(data.ok_or_else(missing)?)
}

/// What came out for one moment: a score of every run of GPT-5 for each seed, and how it failed.
struct Scored {
    /// By seed.
    scores: Vec<Vec<f64>>,
    failed: Vec<bool>,
    /// Which of them count.
    counted: Vec<bool>,
}

impl Scored {
    fn of(runs: &Runs, moment: Moment, setting: Setting, seeds: &[u64]) -> anyhow::Result<Self> {
        let examples = runs.examples(moment);
        let scores = in_parallel(seeds, |seed| folds::scores(runs, &examples, moment, setting, *seed))?;
        let failed: Vec<bool> = runs.home().map(|run| run.failed).collect();
        let counted = vec![true; failed.len()];
        Ok(Self { scores, failed, counted })
    }

    /// Only the runs that are still going after so many steps.
    fn still_going(&self, runs: &Runs, steps: usize) -> Self {
        let counted = runs.home().map(|run| run.steps.len() > steps).collect();
        Self { scores: self.scores.clone(), failed: self.failed.clone(), counted }
    }

    /// The area, mean over the seeds, among these runs.
    fn area(&self, drawn: &[usize]) -> Option<f64> {
        let drawn: Vec<usize> = drawn.iter().copied().filter(|run| self.counted[*run]).collect();
        let failed: Vec<bool> = drawn.iter().map(|run| self.failed[*run]).collect();
        let mut sum = 0.0;
        for scores in &self.scores {
            let scores: Vec<f64> = drawn.iter().map(|run| scores[*run]).collect();
            sum += auc(&scores, &failed)?;
        }
        Some(sum / self.scores.len() as f64)
    }

    fn all(&self) -> anyhow::Result<f64> {
        let every: Vec<usize> = (0..self.failed.len()).collect();
        self.area(&every).context("the recorded runs all came out the same way")
    }

    /// 95 %, over instances: a run of GPT-5 is one.
    fn interval(&self) -> anyhow::Result<Interval> {
        let mut rng = StdRng::seed_from_u64(7);
        bootstrap(self.failed.len(), ROUNDS, 0.95, &mut rng, |drawn| self.area(drawn)).context("too few recorded runs")
    }
}

/// Does it for all, on as many threads as there are cores; in the order asked.
fn in_parallel<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> anyhow::Result<R> + Sync) -> anyhow::Result<Vec<R>> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let mut done: Vec<(usize, anyhow::Result<R>)> = std::thread::scope(|scope| {
        let worker = || {
            let mut mine = Vec::new();
            loop {
                let place = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let Some(one) = all.get(place) else { return mine };
                mine.push((place, work(one)));
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect()
    });
    anyhow::ensure!(done.len() == all.len(), "a thread that scored runs broke off");
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}
