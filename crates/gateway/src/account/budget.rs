//! What may be spent with a token: reserved before a request is sent, settled afterwards, given back on every way out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::{ErrorKind, ProviderError, Usd};

use super::tokens::Grant;

/// How long a client is asked to wait while others hold what is left, in milliseconds.
const WAIT_MS: u64 = 1_000;

/// The budgets of all tokens.
///
/// What was spent is read from the store when a token is first seen, and added up here from then on: rows reach the store after the
/// answer, and a budget that lagged behind would let a burst of requests through.
#[derive(Debug, Default)]
pub struct Budgets(Mutex<HashMap<String, Budget>>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Budget {
    /// When the token was made: a new one of the same name begins anew.
    since: u64,
    spent: Usd,
    reserved: Usd,
}

/// Dollars that are held for a request. Given back when dropped.
#[derive(Debug)]
pub struct Reservation {
    budgets: Arc<Budgets>,
    token: String,
    since: u64,
    held: Usd,
}

impl Budgets {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Budget>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds an estimate. A request goes ahead as long as anything is left beside what others hold, so that the sum can be passed by
    /// no more than what is in flight.
    ///
    /// `spent_before` is asked once for each token: what the store knows of it.
    ///
    /// # Errors
    /// `Billing` where the budget is used up, `RateLimit` where requests in flight hold all of what is left.
    pub fn reserve(
        self: &Arc<Self>,
        grant: &Grant,
        estimate: Usd,
        spent_before: impl FnOnce() -> Usd,
    ) -> Result<Reservation, Box<ProviderError>> {
        let since = grant.created_at.0;
        let known = self.lock().get(&grant.name).is_some_and(|budget| budget.since == since);
        // Asked without the lock: it is a read of the disk.
        let spent = if known { Usd::ZERO } else { spent_before() };
        let mut budgets = self.lock();
        let budget = budgets.entry(grant.name.clone()).or_default();
        if budget.since != since {
            *budget = Budget { since, spent, reserved: Usd::ZERO };
        }
        if let Some(limit) = grant.budget() {
            refuse(grant, limit, budget)?;
        }
        budget.reserved += estimate;
        Ok(Reservation { budgets: self.clone(), token: grant.name.clone(), since, held: estimate })
    }

    /// Spent and held with a token.
    pub fn of(&self, token: &str) -> (Usd, Usd) {
        self.lock().get(token).map_or((Usd::ZERO, Usd::ZERO), |budget| (budget.spent, budget.reserved))
    }
}

fn refuse(grant: &Grant, limit: Usd, budget: &Budget) -> Result<(), Box<ProviderError>> {
    if budget.spent >= limit {
        let message = format!(
            "the budget of token `{}` is used up: {} of {limit} spent. Revoke it and make one with a higher --budget",
            grant.name, budget.spent
        );
        return Err(Box::new(ProviderError { status: Some(402), ..ProviderError::new(ErrorKind::Billing, message) }));
    }
    if budget.spent + budget.reserved >= limit {
        let message = format!(
            "requests in flight hold what is left of the budget of token `{}`: {} of {limit} spent, {} held. Try again when they \
             have ended",
            grant.name, budget.spent, budget.reserved
        );
        let error = ProviderError::new(ErrorKind::RateLimit, message);
        return Err(Box::new(ProviderError { status: Some(429), retry_after_ms: Some(WAIT_MS), ..error }));
    }
    Ok(())
}

impl Reservation {
    /// What the request cost; added at once, so that what is held and what is spent never both count for it.
    pub fn settle(&mut self, usd: Usd) {
        let mut budgets = self.budgets.lock();
        if let Some(budget) = budgets.get_mut(&self.token).filter(|budget| budget.since == self.since) {
            budget.spent += usd;
            let rest = if self.held > usd { self.held - usd } else { Usd::ZERO };
            budget.reserved = budget.reserved - (self.held - rest);
            self.held = rest;
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut budgets = self.budgets.lock();
        if let Some(budget) = budgets.get_mut(&self.token).filter(|budget| budget.since == self.since) {
            budget.reserved = budget.reserved - self.held;
        }
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
