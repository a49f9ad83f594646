//! What pings may still cost while a person is away: a bet that never makes a team much dearer than one model alone.
//!
//! A plan of pings pays on average, but somebody who closes the lid for good wastes all of them, and a session that has saved
//! little so far would end dearer than the one model that it is meant to be cheaper than. So a team stakes what it has saved,
//! and a fiftieth. A team of one agent has nobody to be dearer than: there the plan alone decides.

use std::collections::HashMap;

use catalogue::Catalogue;
use protocol::{AgentId, Decision, LedgerRow, Purpose, RowOutcome, Usd};

use crate::baseline;

/// Share of the comparable session that pings may lose: a fiftieth, so that a team stays within a twentieth of one model even where
/// the estimate of that is a little high (in played sessions up to 3 %).
const SHARE: i64 = 50;

/// Dollars that are left for pings in a session of a team.
///
/// What the session would have cost without pings, or alone, whichever is more, and a fiftieth. Misses that pings of earlier waits
/// spared belong to either; alone, those of the main agent only.
pub(super) fn left(catalogue: &Catalogue, main: &AgentId, rows: &[LedgerRow], decisions: &[Decision]) -> Usd {
    let spent: Usd = rows.iter().filter_map(|row| row.usd).sum();
    let pings: Usd = rows.iter().filter(|row| row.purpose == Purpose::KeepWarm).filter_map(|row| row.usd).sum();
    let comparable = match baseline::estimate(catalogue, main, rows, decisions, None).and_then(|alone| alone.usd) {
        Some(alone) => alone + spared(catalogue, rows, &|agent| agent == main),
        None => spent - pings + spared(catalogue, rows, &|_| true),
    };
    let most = comparable + Usd::from_picos(comparable.picos() / SHARE);
    (most - spent).max(Usd::ZERO)
}

/// What steps that read a cache after it was pinged would have paid more without those pings.
fn spared(catalogue: &Catalogue, rows: &[LedgerRow], of: &dyn Fn(&AgentId) -> bool) -> Usd {
    let mut pinged: HashMap<&AgentId, bool> = HashMap::new();
    let mut sum = Usd::ZERO;
    for row in rows.iter().filter(|row| row.outcome == RowOutcome::Ok && of(&row.agent)) {
        let was = pinged.insert(&row.agent, row.purpose == Purpose::KeepWarm).unwrap_or_default();
        if !was || row.purpose != Purpose::Step {
            continue;
        }
        let model = catalogue.model(&row.brain.provider, &row.brain.model);
        if let Some(price) = model.map(|model| model.price(row.at, row.usage.prompt())) {
            let dearer = (price.cache_write_short - price.cache_read).max(0);
            sum += Usd::from_picos(dearer.saturating_mul(i64::try_from(row.usage.cache_read).unwrap_or(i64::MAX)));
        }
    }
    sum
}
