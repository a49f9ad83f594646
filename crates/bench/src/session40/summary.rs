//! What came out, for a person and for a program.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use futures::StreamExt;
use futures::stream;
use protocol::Purpose;
use serde_json::{Value, json};

use super::calibrate::{Instructions, instructions};
use super::player::{Cast, Played, Stage};
use super::story::{File, Story};
use super::teams::Way;
use super::variants::{Variant, variant};
use crate::figure::{Figure, progress};

/// Plays at the same time: what a play does in the simulator and in the runtime keeps about one core busy.
const AT_ONCE: usize = 2;

/// Most that a way may lie off the file's dollars, and the choice above the best way.
const WAY_TOLERANCE: f64 = 0.06;
const CHOICE_TOLERANCE: f64 = 0.05;

/// Most that the choice may cost in a variant, as a share of solo.
const SOLO_TOLERANCE: f64 = 1.05;

/// The two casts' instructions: alone, and with a sidekick.
#[derive(Clone, Copy, Debug)]
struct Sized {
    solo: Instructions,
    team: Instructions,
}

impl Sized {
    async fn of(stage: &Stage, file: &File, cast: &Cast) -> anyhow::Result<Self> {
        let solo = instructions(stage, &file.scenario, cast, Way::Solo).await?;
        let team = instructions(stage, &file.scenario, cast, Way::Fresh).await?;
        Ok(Self { solo, team })
    }

    fn for_way(self, way: Way) -> Instructions {
        if way.is_solo() { self.solo } else { self.team }
    }
}

/// A play that is to be made.
struct Order {
    story: Arc<Story>,
    cast: Cast,
    way: Way,
    said: Instructions,
}

/// Plays orders, two at a time, and gives the results in their order.
async fn play_all(stage: &Arc<Stage>, orders: Vec<Order>) -> anyhow::Result<Vec<Played>> {
    let plays = orders.into_iter().map(|order| {
        let stage = Arc::clone(stage);
        async move {
            let work = async move { stage.play(&order.story, &order.cast, order.way, order.said).await };
            tokio::spawn(work).await.context("a play was torn down")?
        }
    });
    let results: Vec<anyhow::Result<Played>> = stream::iter(plays).buffered(AT_ONCE).collect().await;
    results.into_iter().collect()
}

fn all_ways() -> impl Iterator<Item = Way> {
    Way::FORCED.into_iter().chain([Way::Chosen])
}

/// The file's own session, by pair.
pub(crate) async fn of_pairs(stage: Arc<Stage>, file: &File) -> anyhow::Result<Figure> {
    let story = Arc::new(file.scenario.story());
    let mut lines = Vec::new();
    let mut pairs = Vec::new();
    for pair in &file.pairs {
        let cast = Cast::new(&pair.main, &pair.sidekick);
        let sized = Sized::of(&stage, file, &cast).await?;
        let order = |way: Way| Order { story: Arc::clone(&story), cast: cast.clone(), way, said: sized.for_way(way) };
        let played = play_all(&stage, all_ways().map(order).collect()).await?;
        let outcome = Outcome::of(&played);
        let deviations: BTreeMap<&str, f64> =
            outcome.usd.iter().filter_map(|(way, usd)| Some((*way, usd / pair.usd.get(*way)? - 1.0))).collect();
        let worst =
            deviations.values().copied().fold(0.0, |worst: f64, off| if off.abs() > worst.abs() { off } else { worst });
        lines.extend(lines_of(pair, &outcome, &deviations, worst));
        pairs.push(json!({
            "main": pair.main,
            "sidekick": pair.sidekick,
            "usd": rounded_map(&outcome.usd),
            "file_usd": pair.usd,
            "worst_deviation": rounded(worst),
            "chosen_usd": rounded(outcome.chosen),
            "chosen_vs_best": rounded(outcome.chosen / outcome.best()),
            "chosen_vs_solo": rounded(outcome.chosen / outcome.solo()),
            "chosen_calls": outcome.chosen_calls,
        }));
    }
    Ok(Figure { lines, json: json!({ "pairs": pairs }) })
}

/// What one story cost each way.
struct Outcome {
    usd: BTreeMap<&'static str, f64>,
    chosen: f64,
    /// Calls of the chosen way that are no steps, by purpose.
    chosen_calls: Value,
}

impl Outcome {
    /// Of plays in the order of [`all_ways`].
    fn of(played: &[Played]) -> Self {
        let mut usd: BTreeMap<&'static str, f64> =
            all_ways().zip(played).map(|(way, played)| (way.name(), played.usd)).collect();
        let chosen = usd.remove(Way::Chosen.name()).unwrap_or_default();
        let calls = |purpose| played.last().map_or(0, |played| played.calls(purpose));
        let chosen_calls = json!({
            "step": calls(Purpose::Step),
            "compaction": calls(Purpose::Compaction),
            "keep_warm": calls(Purpose::KeepWarm),
        });
        Self { usd, chosen, chosen_calls }
    }

    fn best(&self) -> f64 {
        self.usd.values().copied().fold(f64::INFINITY, f64::min)
    }

    fn solo(&self) -> f64 {
        self.usd.get(Way::Solo.name()).copied().unwrap_or_default()
    }
}

fn lines_of(pair: &super::story::Pair, outcome: &Outcome, deviations: &BTreeMap<&str, f64>, worst: f64) -> Vec<String> {
    let mut lines = vec![format!("{} with {}", pair.main, pair.sidekick)];
    for way in Way::FORCED {
        let name = way.name();
        let (Some(usd), Some(off), Some(file)) = (outcome.usd.get(name), deviations.get(name), pair.usd.get(name))
        else {
            continue;
        };
        lines.push(format!("  {name:<17} ${usd:.3}   file ${file:.3}  {:+.1} %", off * 100.0));
    }
    let verdict = |holds: bool| if holds { "holds" } else { "MISSED" };
    let (best, solo) = (outcome.chosen / outcome.best(), outcome.chosen / outcome.solo());
    lines.push(format!(
        "  chosen            ${:.3}   {:.1} % of the best way ({}), {:.1} % of solo, {}",
        outcome.chosen,
        best * 100.0,
        verdict(best <= 1.0 + CHOICE_TOLERANCE),
        solo * 100.0,
        outcome.chosen_calls
    ));
    lines.push(format!("  ways within 6 % of the file: {}", verdict(worst.abs() <= WAY_TOLERANCE)));
    lines
}

/// Variants with the first `count` seeds.
pub(crate) async fn of_variants(stage: Arc<Stage>, file: &File, count: u64) -> anyhow::Result<Figure> {
    let pattern = file.scenario.story();
    let mut casts = Vec::new();
    for pair in &file.pairs {
        let cast = Cast::new(&pair.main, &pair.sidekick);
        let sized = Sized::of(&stage, file, &cast).await?;
        casts.push((cast, sized));
    }
    let dear: Vec<bool> = casts.iter().map(|(cast, _)| stage.is_dear(cast)).collect();
    let mut tally = Tally::default();
    for seed in 0..count {
        let made = variant(seed, &dear, &pattern);
        let Some((cast, sized)) = casts.get(made.pair) else { continue };
        let story = Arc::new(made.story.clone());
        let order = |way: Way| Order { story: Arc::clone(&story), cast: cast.clone(), way, said: sized.for_way(way) };
        let played = play_all(&stage, all_ways().map(order).collect()).await;
        tally.add(&made, &Outcome::of(&played.with_context(|| format!("seed {seed}"))?));
        if (seed + 1) % 20 == 0 {
            progress(&format!("{} of {count} variants", seed + 1));
        }
    }
    Ok(tally.figure())
}

/// What variants came out as.
#[derive(Default)]
struct Tally {
    against_best: Vec<f64>,
    against_solo: Vec<f64>,
    best_ways: BTreeMap<&'static str, u64>,
    by_share: BTreeMap<String, Vec<f64>>,
    by_pair: BTreeMap<usize, Vec<f64>>,
    played: Vec<(f64, f64, Value)>,
}

/// Variants that are named because they came out worst.
const NAMED: usize = 5;

impl Tally {
    fn add(&mut self, made: &Variant, outcome: &Outcome) {
        let (best, solo) = (outcome.chosen / outcome.best(), outcome.chosen / outcome.solo());
        self.against_best.push(best);
        self.against_solo.push(solo);
        let cheapest = outcome.usd.iter().min_by(|a, b| a.1.total_cmp(b.1));
        if let Some((way, _)) = cheapest {
            *self.best_ways.entry(way).or_default() += 1;
        }
        self.by_share.entry(format!("{}", made.story.useful_again)).or_default().push(best);
        self.by_pair.entry(made.pair).or_default().push(best);
        self.played.push((
            best,
            solo,
            json!({
                "seed": made.seed,
                "pair": made.pair,
                "useful_again": made.story.useful_again,
                "chosen_vs_best": rounded(best),
                "chosen_vs_solo": rounded(solo),
                "chosen_usd": rounded(outcome.chosen),
                "usd": rounded_map(&outcome.usd),
                "chosen_calls": outcome.chosen_calls,
                "abandoned": made.story.is_abandoned(),
            }),
        ));
    }

    /// The variants that came out worst by one of the two measures.
    fn worst_by(&self, measure: impl Fn(&(f64, f64, Value)) -> f64) -> Vec<Value> {
        let mut sorted: Vec<&(f64, f64, Value)> = self.played.iter().collect();
        sorted.sort_by(|a, b| measure(b).total_cmp(&measure(a)));
        sorted.into_iter().take(NAMED).map(|(.., value)| value.clone()).collect()
    }

    fn figure(self) -> Figure {
        let (worst_best, worst_solo) = (self.worst_by(|played| played.0), self.worst_by(|played| played.1));
        let dearer_than_solo = self.against_solo.iter().filter(|ratio| **ratio > SOLO_TOLERANCE).count();
        let means = |groups: BTreeMap<String, Vec<f64>>| -> BTreeMap<String, f64> {
            groups.into_iter().map(|(name, values)| (name, rounded(mean(&values)))).collect()
        };
        let by_share = means(self.by_share);
        let by_pair = means(self.by_pair.into_iter().map(|(pair, values)| (pair.to_string(), values)).collect());
        let (best_mean, best_worst) = (mean(&self.against_best), largest(&self.against_best));
        let (solo_mean, solo_worst) = (mean(&self.against_solo), largest(&self.against_solo));
        let verdict = |holds: bool| if holds { "holds" } else { "MISSED" };
        let lines = vec![
            format!("{} variants", self.against_best.len()),
            format!(
                "chosen against the best way in hindsight: mean {:.1} % (within 110: {}), worst {:.1} %",
                best_mean * 100.0,
                verdict(best_mean <= 1.10),
                best_worst * 100.0
            ),
            format!(
                "chosen against solo: mean {:.1} %, worst {:.1} % (within 105: {}), above that {dearer_than_solo}",
                solo_mean * 100.0,
                solo_worst * 100.0,
                verdict(solo_worst <= SOLO_TOLERANCE)
            ),
            format!("best in hindsight: {:?}", self.best_ways),
            format!("mean by useful share: {by_share:?}; by pair: {by_pair:?}"),
        ];
        let json = json!({
            "variants": self.against_best.len(),
            "chosen_vs_best_mean": rounded(best_mean),
            "chosen_vs_best_worst": rounded(best_worst),
            "chosen_vs_solo_mean": rounded(solo_mean),
            "chosen_vs_solo_worst": rounded(solo_worst),
            "best_ways": self.best_ways,
            "chosen_vs_best_mean_by_useful_share": by_share,
            "chosen_vs_best_mean_by_pair": by_pair,
            "above_solo_by_five_percent": dearer_than_solo,
            "worst_against_best": worst_best,
            "worst_against_solo": worst_solo,
        });
        Figure { lines, json }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

/// Four decimals: a hundredth of a cent.
fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

fn rounded_map(values: &BTreeMap<&'static str, f64>) -> BTreeMap<&'static str, f64> {
    values.iter().map(|(name, value)| (*name, rounded(*value))).collect()
}
