//! How good a prediction or a choice is.

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// A figure with what it might as well be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Nearly nothing is below.
    pub low: f64,
    /// Nearly nothing is above.
    pub high: f64,
}

/// The area under the curve of hits against false alarms: how often a "yes" is scored above a "no", ties counting half. None where
/// one of the two is missing; scores that are not numbers count as lowest.
pub fn auc(scores: &[f64], labels: &[bool]) -> Option<f64> {
    let mut pairs: Vec<(f64, bool)> = scores
        .iter()
        .zip(labels)
        .map(|(score, label)| (if score.is_nan() { f64::NEG_INFINITY } else { *score }, *label))
        .collect();
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut below, mut won, mut yes) = (0.0, 0.0, 0.0);
    for tied in pairs.chunk_by(|one, other| one.0 == other.0) {
        let hits = tied.iter().filter(|(_, label)| *label).count() as f64;
        let misses = tied.len() as f64 - hits;
        won += hits * (below + misses / 2.0);
        below += misses;
        yes += hits;
    }
    (yes > 0.0 && below > 0.0).then(|| won / (yes * below))
}

/// The interval in which a figure lies in `share` (0 to 1, usually 0.95) of `rounds` resamples of `units` drawn with putting back.
/// `figure` gets the drawn indices; rounds in which it has no value do not count. None where no round has one.
pub fn bootstrap(
    units: usize,
    rounds: usize,
    share: f64,
    rng: &mut impl Rng,
    figure: impl Fn(&[usize]) -> Option<f64>,
) -> Option<Interval> {
    if units == 0 {
        return None;
    }
    let mut drawn = vec![0; units];
    let mut values = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        drawn.fill_with(|| rng.random_range(0..units));
        values.extend(figure(&drawn).filter(|value| value.is_finite()));
    }
    values.sort_by(f64::total_cmp);
    let tail = (1.0 - share.clamp(0.0, 1.0)) / 2.0;
    Some(Interval { low: quantile(&values, tail)?, high: quantile(&values, 1.0 - tail)? })
}

/// The value below which a share of the sorted values lies, between neighbours in a straight line.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let below = sorted.get(place.floor() as usize)?;
    let above = sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * (place - place.floor()))
}

/// Average performance gap recovered: over thresholds that send 0 % to 100 % of the tasks to the strong lane, highest score first,
/// the mean share of the gap in success between the weak lane (0) and the strong one (1) that is closed. Random order gives 0.5.
/// `scores` say how much a task needs the strong lane. None where the two lanes succeed equally often.
pub fn apgr(scores: &[f64], weak: &[f64], strong: &[f64]) -> Option<f64> {
    let gap: f64 = strong.iter().sum::<f64>() - weak.iter().sum::<f64>();
    if gap == 0.0 || scores.is_empty() || weak.len() != scores.len() || strong.len() != scores.len() {
        return None;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|one, other| scores[*other].total_cmp(&scores[*one]));
    let (mut closed, mut area) = (0.0, 0.0);
    // Ties are sent together, in a straight line: their order in the data says nothing.
    for tied in order.chunk_by(|one, other| scores[*one] == scores[*other]) {
        let gain: f64 = tied.iter().map(|task| strong[*task] - weak[*task]).sum();
        area += tied.len() as f64 * (closed + gain / 2.0);
        closed += gain;
    }
    Some(area / (gap * scores.len() as f64))
}

#[cfg(test)]
#[path = "measure_tests.rs"]
mod tests;
