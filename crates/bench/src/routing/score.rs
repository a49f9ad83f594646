//! What a policy did, and how good that is.

use rand::SeedableRng;
use rand::rngs::StdRng;
use routing::learned::{Interval, apgr, auc, bootstrap};
use serde_json::{Map, Value, json};

use super::data::{Group, Model, Set, mean};
use super::folds;

/// Resamples for an interval.
const ROUNDS: usize = 1_000;

/// What a policy cost and achieved, task by task.
#[derive(Clone, Debug)]
pub(super) struct Play {
    pub(super) policy: &'static str,
    pub(super) cost: Vec<f64>,
    pub(super) success: Vec<f64>,
    /// How much each task needs the strong lane, by seed.
    orders: Vec<Vec<f64>>,
    /// How likely the cheap lane is to fail, by seed.
    failing: Vec<Vec<f64>>,
    /// Share of its choices that it made without any signal.
    without_signal: Option<f64>,
    tiers: Vec<(String, u32)>,
}

impl Play {
    pub(super) fn new(policy: &'static str, cost: Vec<f64>, success: Vec<f64>) -> Self {
        Self { policy, cost, success, orders: Vec::new(), failing: Vec::new(), without_signal: None, tiers: Vec::new() }
    }

    pub(super) fn empty(policy: &'static str, tasks: usize) -> Self {
        Self::new(policy, vec![0.0; tasks], vec![0.0; tasks])
    }

    pub(super) fn add(&mut self, row: usize, cost: f64, success: f64) {
        self.cost[row] += cost;
        self.success[row] += success;
    }

    pub(super) fn divided(mut self, by: f64) -> Self {
        self.cost.iter_mut().chain(&mut self.success).for_each(|value| *value /= by);
        self
    }

    pub(super) fn ordered(self, orders: Vec<Vec<f64>>) -> Self {
        Self { orders, ..self }
    }

    pub(super) fn telling(self, failing: Vec<Vec<f64>>, without_signal: f64) -> Self {
        Self { failing, without_signal: Some(without_signal), ..self }
    }

    pub(super) fn made_of(self, tiers: Vec<(String, u32)>) -> Self {
        Self { tiers, ..self }
    }
}

/// A figure and its interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figure {
    pub(super) value: f64,
    pub(super) interval: Interval,
}

/// A line of the table.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) data: &'static str,
    pub(super) pair: String,
    pub(super) policy: &'static str,
    pub(super) cost_ratio: Figure,
    pub(super) success_ratio: Figure,
    pub(super) auc: Option<Figure>,
    pub(super) apgr: Option<Figure>,
    /// Dollars for each task, and share of successes.
    pub(super) cost: f64,
    pub(super) success: f64,
    pub(super) without_signal: Option<f64>,
    pub(super) tiers: Vec<(String, u32)>,
}

impl Row {
    pub(super) fn json(&self) -> Value {
        let mut ci = Map::new();
        let mut row = Map::new();
        row.insert("data".into(), self.data.into());
        row.insert("pair".into(), self.pair.clone().into());
        row.insert("policy".into(), self.policy.into());
        let figures = [("cost_ratio", Some(self.cost_ratio)), ("success_ratio", Some(self.success_ratio))];
        for (name, figure) in figures.into_iter().chain([("auc", self.auc), ("apgr", self.apgr)]) {
            if let Some(figure) = figure {
                row.insert(name.into(), rounded(figure.value));
                ci.insert(name.into(), json!([rounded(figure.interval.low), rounded(figure.interval.high)]));
            }
        }
        row.insert("ci".into(), ci.into());
        row.insert("cost_usd".into(), rounded(self.cost));
        row.insert("success".into(), rounded(self.success));
        if let Some(share) = self.without_signal {
            row.insert("without_signal".into(), rounded(share));
        }
        if !self.tiers.is_empty() {
            let tiers: Map<String, Value> =
                self.tiers.iter().map(|(name, folds)| (name.clone(), (*folds).into())).collect();
            row.insert("tiers".into(), tiers.into());
        }
        row.into()
    }
}

pub(super) fn rounded(value: f64) -> Value {
    ((value * 1e6).round() / 1e6).into()
}

/// Scores the plays of a group.
pub(super) fn rows(set: &Set, group: &Group, plays: Vec<Play>) -> Vec<Row> {
    folds::in_parallel(&plays, |play| row(set, group, play))
}

fn row(set: &Set, group: &Group, play: &Play) -> Row {
    let (weak, strong) = (&set.models[group.cheap()], &set.models[group.strong()]);
    Row {
        data: set.name,
        pair: group.name.clone(),
        policy: play.policy,
        cost_ratio: ratio(&play.cost, &strong.cost),
        success_ratio: ratio(&play.success, &strong.success),
        auc: area(&play.failing, weak),
        apgr: recovered(&play.orders, weak, strong),
        cost: mean(&play.cost),
        success: mean(&play.success),
        without_signal: play.without_signal,
        tiers: play.tiers.clone(),
    }
}

fn ratio(own: &[f64], strong: &[f64]) -> Figure {
    let of = |rows: &mut dyn Iterator<Item = usize>| {
        let (own, strong) = rows.fold((0.0, 0.0), |(one, other), row| (one + own[row], other + strong[row]));
        (strong > 0.0).then(|| own / strong)
    };
    figure(own.len(), &|rows| of(&mut rows.iter().copied()))
        .unwrap_or(Figure { value: 0.0, interval: Interval { low: 0.0, high: 0.0 } })
}

fn area(failing: &[Vec<f64>], weak: &Model) -> Option<Figure> {
    let fails: Vec<bool> = weak.success.iter().map(|success| *success < 0.5).collect();
    over_seeds(failing, fails.len(), |scores, rows| {
        let scores: Vec<f64> = rows.iter().map(|row| scores[*row]).collect();
        let fails: Vec<bool> = rows.iter().map(|row| fails[*row]).collect();
        auc(&scores, &fails)
    })
}

fn recovered(orders: &[Vec<f64>], weak: &Model, strong: &Model) -> Option<Figure> {
    over_seeds(orders, weak.success.len(), |order, rows| {
        let pick = |values: &[f64]| rows.iter().map(|row| values[*row]).collect::<Vec<f64>>();
        apgr(&pick(order), &pick(&weak.success), &pick(&strong.success))
    })
}

/// The mean over the seeds of a figure of scores.
fn over_seeds(scores: &[Vec<f64>], rows: usize, of: impl Fn(&[f64], &[usize]) -> Option<f64>) -> Option<Figure> {
    if scores.is_empty() {
        return None;
    }
    figure(rows, &|drawn| {
        let values: Vec<f64> = scores.iter().filter_map(|scores| of(scores, drawn)).collect();
        (!values.is_empty()).then(|| mean(&values))
    })
}

fn figure(rows: usize, of: &dyn Fn(&[usize]) -> Option<f64>) -> Option<Figure> {
    let all: Vec<usize> = (0..rows).collect();
    let value = of(&all)?;
    let interval = bootstrap(rows, ROUNDS, 0.95, &mut StdRng::seed_from_u64(1), of)?;
    Some(Figure { value, interval })
}
