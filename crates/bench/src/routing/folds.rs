//! Folds, and work on both cores.

use std::sync::atomic::{AtomicUsize, Ordering};

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// Parts that are held out in turn.
pub(super) const FOLDS: usize = 10;
/// Ways of dividing into parts.
pub(super) const SEEDS: u64 = 5;

/// A division into rows to learn from and rows to score on.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    pub(super) seed: u64,
    pub(super) training: Vec<usize>,
    pub(super) held_out: Vec<usize>,
}

/// All of them: for each seed, every row is held out once.
pub(super) fn all(rows: usize) -> Vec<Fold> {
    (0..SEEDS).flat_map(|seed| of_seed(rows, seed)).collect()
}

fn of_seed(rows: usize, seed: u64) -> Vec<Fold> {
    let mut order: Vec<usize> = (0..rows).collect();
    order.shuffle(&mut StdRng::seed_from_u64(seed));
    let part = |row: &(usize, &usize), fold| row.0 % FOLDS == fold;
    (0..FOLDS)
        .map(|fold| {
            let (mut held_out, mut training) = (Vec::new(), Vec::new());
            for row in order.iter().enumerate() {
                if part(&row, fold) { held_out.push(*row.1) } else { training.push(*row.1) }
            }
            Fold { seed, training, held_out }
        })
        .collect()
}

/// Does the work for each item, on as many threads as there are cores; results in the order of the items.
pub(super) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = AtomicUsize::new(0);
    // Whoever is free takes the next one: some take much longer than others.
    let take = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, work(item)));
        }
    };
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, Vec<(usize, R)>>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        running.into_iter().flat_map(join).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
