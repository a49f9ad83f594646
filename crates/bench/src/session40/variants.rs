//! Seeded variants of the scenario: other gaps, other batches, other shares of a sidekick's context that are useful again.

use std::ops::RangeInclusive;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::story::{Story, Then, Turn, Unit};

/// Median of how long a person is away, and how far that spreads (standard deviation of its logarithm): two thirds of the
/// gaps lie between one minute and twenty, one in twenty-five is longer than an hour.
const MEDIAN_GAP: Duration = Duration::from_secs(270);
const SPREAD: f64 = 1.5;
const SHORTEST_GAP: Duration = Duration::from_secs(5);
const LONGEST_GAP: Duration = Duration::from_secs(10 * 3600);

/// How long the program stays open for somebody who never comes back.
const ABANDONED: Duration = Duration::from_secs(8 * 3600);

/// Share of sessions that are abandoned in the middle.
const ABANDONED_SHARE: f64 = 0.3;

/// Share of the sidekick's context that is useful again.
const USEFUL_AGAIN: [f64; 3] = [0.0, 0.4, 0.8];

/// Steps of a batch. Main delegates by script, and no sensible one delegates what is too small to pay: a sidekick that is one
/// tier below main pays from about six steps on (the rule of thumb is four to eight calls), a cheap one at once.
const BATCH: RangeInclusive<u32> = 3..=9;
const DEAR_BATCH: RangeInclusive<u32> = 6..=10;

/// One variant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variant {
    pub(crate) seed: u64,
    /// Which of the file's pairs plays it.
    pub(crate) pair: usize,
    pub(crate) story: Story,
}

/// The variant of a seed. `dear` says of each pair whether its sidekick costs nearly as much as its main. Pairs and shares go
/// round, so that any twelve neighbours have each of them with each.
pub(crate) fn variant(seed: u64, dear: &[bool], pattern: &Story) -> Variant {
    let mut random = StdRng::seed_from_u64(seed);
    let at = usize::try_from(seed).unwrap_or_default();
    let pairs = dear.len().max(1);
    let batch = if dear.get(at % pairs).copied().unwrap_or_default() { DEAR_BATCH } else { BATCH };
    let count = random.random_range(3..=6);
    let mut turns: Vec<Turn> = (0..count).map(|_| turn(&mut random, batch.clone())).collect();
    if random.random_bool(ABANDONED_SHARE) {
        let last = random.random_range(1..=count);
        turns.truncate(last);
        if let Some(turn) = turns.last_mut() {
            turn.then = Then::Abandoned(ABANDONED);
        }
    } else if let Some(turn) = turns.last_mut() {
        turn.then = Then::Over;
    }
    let useful_again = USEFUL_AGAIN[at / pairs % USEFUL_AGAIN.len()];
    Variant { seed, pair: at % pairs, story: Story { turns, useful_again, ..pattern.clone() } }
}

fn turn(random: &mut StdRng, batch: RangeInclusive<u32>) -> Turn {
    let mut units = vec![Unit::Judge; random.random_range(1..=3)];
    if random.random_bool(0.8) {
        units.push(Unit::Batch { steps: random.random_range(batch) });
    }
    units.extend(vec![Unit::Judge; random.random_range(1..=3)]);
    Turn { units, then: Then::Idle(gap(random)) }
}

fn gap(random: &mut StdRng) -> Duration {
    // Box-Muller: two even draws make a normal one.
    let (a, b): (f64, f64) = (random.random_range(f64::EPSILON..1.0), random.random());
    let normal = (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos();
    let seconds = MEDIAN_GAP.as_secs_f64() * (SPREAD * normal).exp();
    Duration::from_secs(seconds as u64).clamp(SHORTEST_GAP, LONGEST_GAP)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEAR: [bool; 4] = [false, false, false, true];

    fn pattern() -> Story {
        Story {
            turns: Vec::new(),
            useful_again: 0.0,
            step: Duration::from_secs(30),
            side_step: Duration::from_secs(15),
        }
    }

    #[test]
    fn a_seed_gives_the_same_variant_and_another_seed_another() {
        assert_eq!(variant(7, &DEAR, &pattern()), variant(7, &DEAR, &pattern()));
        assert_ne!(variant(7, &DEAR, &pattern()).story, variant(8, &DEAR, &pattern()).story);
    }

    #[test]
    fn two_hundred_variants_hold_what_people_do() {
        let all: Vec<Variant> = (0..200).map(|seed| variant(seed, &DEAR, &pattern())).collect();
        let gaps: Vec<Duration> = all
            .iter()
            .flat_map(|variant| &variant.story.turns)
            .filter_map(|turn| match turn.then {
                Then::Idle(gap) => Some(gap),
                _ => None,
            })
            .collect();
        let longer = |limit: Duration| gaps.iter().filter(|gap| **gap > limit).count() as f64 / gaps.len() as f64;
        let (minutes, hour) = (longer(Duration::from_secs(300)), longer(Duration::from_secs(3600)));
        assert!((0.35..0.6).contains(&minutes) && (0.01..0.1).contains(&hour), "{minutes} {hour}");
        let ends = |turn: &Turn| matches!(turn.then, Then::Abandoned(_));
        let abandoned = all.iter().filter(|variant| variant.story.turns.last().is_some_and(ends)).count();
        assert!((40..80).contains(&abandoned), "{abandoned}");
        for variant in &all {
            let sizes = variant.story.batches();
            let allowed = if DEAR[variant.pair] { DEAR_BATCH } else { BATCH };
            assert!(sizes.iter().all(|steps| allowed.contains(steps)), "{sizes:?}");
            let turns = &variant.story.turns;
            assert!(turns.iter().all(|turn| turn.units[0] == Unit::Judge && turn.units.last() == Some(&Unit::Judge)));
            let inner = &turns[..turns.len() - 1];
            assert!(inner.iter().all(|turn| matches!(turn.then, Then::Idle(_))), "nobody comes back from the end");
        }
        let combinations: std::collections::BTreeSet<(usize, u64)> =
            all[..12].iter().map(|variant| (variant.pair, (variant.story.useful_again * 10.0) as u64)).collect();
        assert_eq!(combinations.len(), 12);
    }
}
