//! In which order the bindings of a lane are tried: the one that has the session's cache, then by weight, health and headroom.

use std::cmp::Ordering;
use std::sync::Arc;

use protocol::Timestamp;

use super::binding::Binding;

/// The bindings, best first. `kept` is the one that has the session's cache; `spread` is whether health and headroom move the others:
/// only for what begins here, since a session that was somewhere else has its cache there.
pub(super) fn best_first(
    bindings: &[Arc<Binding>],
    session: &str,
    kept: Option<&str>,
    spread: bool,
    now: Timestamp,
) -> Vec<Arc<Binding>> {
    if let [only] = bindings {
        return vec![Arc::clone(only)];
    }
    let mut ranked: Vec<Ranked<'_>> =
        bindings.iter().map(|binding| Ranked::of(binding, session, kept, spread, now)).collect();
    ranked.sort_by(Ranked::compare);
    ranked.into_iter().map(|ranked| Arc::clone(ranked.binding)).collect()
}

struct Ranked<'a> {
    binding: &'a Arc<Binding>,
    /// Milliseconds until it may be asked.
    wait: u128,
    kept: bool,
    score: f64,
}

impl<'a> Ranked<'a> {
    fn of(binding: &'a Arc<Binding>, session: &str, kept: Option<&str>, spread: bool, now: Timestamp) -> Self {
        let wait = binding.health.check(0, now).err().map_or(0, |refused| refused.wait.as_millis());
        let weight = f64::from(binding.weight) * if spread { fitness(binding, now) } else { 1.0 };
        Self {
            binding,
            wait,
            kept: kept == Some(binding.name.as_str()),
            score: rendezvous(session, &binding.name, weight),
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        let by_wait = self.wait.cmp(&other.wait);
        by_wait
            .then(other.kept.cmp(&self.kept))
            .then(other.score.total_cmp(&self.score))
            .then(self.binding.name.cmp(&other.binding.name))
    }
}

/// From 1 for one that is well and has room, in steps of a quarter, so that small changes move nobody.
fn fitness(binding: &Binding, now: Timestamp) -> f64 {
    let view = binding.health.view(now);
    let quarters = |share: f64| (share * 4.0).ceil() / 4.0;
    let well = if view.calls < 4 { 1.0 } else { 1.0 - quarters(view.error_rate) };
    (quarters(view.headroom) * well).max(0.05)
}

/// Weighted rendezvous hashing: the highest score wins, each binding as often as its weight says, and one that goes or comes moves
/// only its own sessions. Source: Thaler and Ravishankar 1998; weights by `-w / ln h`.
fn rendezvous(session: &str, name: &str, weight: f64) -> f64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(session.as_bytes());
    hasher.update(&[0]);
    hasher.update(name.as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    let uniform = ((u64::from_le_bytes(bytes) >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    -weight / uniform.ln()
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
