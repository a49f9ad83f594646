//! Dollars and steps of the whole tree of agents. Spent is always asked of the ledger; only reservations are held here.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use protocol::event::EventBody;
use protocol::{AgentId, DelegationId, Usd};

use crate::error::RuntimeError;
use crate::run::Scope;
use crate::session::Core;

/// Share of the budget from which the person is warned, in percent.
const WARN_PERCENT: i64 = 80;

/// The session's limits.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    /// Dollars for all agents.
    pub(crate) usd: Option<Usd>,
    /// Model calls of all agents.
    pub(crate) steps: Option<u32>,
    /// Dollars set aside for delegations that run.
    reserved: Mutex<BTreeMap<DelegationId, Usd>>,
    /// The person was warned.
    warned: Mutex<bool>,
}

impl Budget {
    pub(crate) fn new(usd: Option<Usd>, steps: Option<u32>) -> Self {
        Self { usd, steps, ..Self::default() }
    }

    /// Sets dollars aside for a delegation, within what is left of the limit. Everything is read and written under one lock, so that
    /// delegations that begin at the same time are never promised the same dollars.
    ///
    /// # Errors
    /// What is spent, where nothing is left.
    fn take(&self, limit: Usd, wanted: Wanted<'_>) -> Result<(), Usd> {
        let mut reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked behind the lock: what a delegation that was let go has spent is in there.
        let (spent, before) = (wanted.spent)();
        let others = reserved.iter().filter(|(id, _)| *id != wanted.delegation).map(|(_, usd)| *usd).sum::<Usd>();
        let left = limit - spent - others;
        if left <= Usd::ZERO {
            return Err(spent);
        }
        // What it spent before the program stopped belongs to it. Half stays with the caller, who has to review what comes back.
        let share = before + Usd::from_picos(left.picos() / 2);
        reserved.insert(wanted.delegation.clone(), wanted.own.map_or(share, |own| own.min(share)));
        Ok(())
    }

    /// What was set aside for a delegation.
    fn reserved(&self, delegation: &DelegationId) -> Option<Usd> {
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner).get(delegation).copied()
    }

    fn release(&self, delegation: &DelegationId) {
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner).remove(delegation);
    }
}

/// What a delegation asks to have set aside.
struct Wanted<'a> {
    delegation: &'a DelegationId,
    /// The specialist's own limit.
    own: Option<Usd>,
    /// What the session has spent so far, and what of it this very delegation did.
    spent: &'a dyn Fn() -> (Usd, Usd),
}

/// A reservation: released when it is dropped, on every path.
pub(crate) struct Reservation<'a> {
    core: &'a Core,
    delegation: DelegationId,
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        self.core.budget.release(&self.delegation);
    }
}

impl Core {
    /// Sets dollars aside for a delegation: the specialist's own limit, at most half of what is left.
    ///
    /// # Errors
    /// Words for the caller when nothing is left.
    pub(crate) fn reserve(&self, to: &AgentId, delegation: &DelegationId) -> Result<Reservation<'_>, String> {
        let own = self.team.agent(to).and_then(|spec| spec.limits.usd);
        if let Some(limit) = self.budget.usd {
            let spent = || {
                let all = self.store.session_cost(&self.session).map(|cost| cost.at_least).unwrap_or_default();
                let before = self.store.delegation_cost(&self.session, delegation);
                (all, before.map(|cost| cost.at_least).unwrap_or_default())
            };
            self.budget
                .take(limit, Wanted { delegation, own, spent: &spent })
                .map_err(|spent| format!("the session's budget of {limit} is used up or set aside ({spent} spent)"))?;
        }
        Ok(Reservation { core: self, delegation: delegation.clone() })
    }

    /// Why the next step must not be taken, if so. Warns once when most of the budget is gone.
    pub(crate) fn budget_exhausted(&self, scope: &Scope) -> Result<Option<String>, RuntimeError> {
        if self.budget.usd.is_none() && self.budget.steps.is_none() {
            return self.own_limit_reached(scope);
        }
        let cost = self.store.session_cost(&self.session)?;
        if let Some(cap) = self.budget.steps
            && cost.steps >= cap
        {
            return Ok(Some(format!("the session's limit of {cap} steps is reached")));
        }
        if let Some(reason) = self.own_limit_reached(scope)? {
            return Ok(Some(reason));
        }
        let Some(limit) = self.budget.usd else { return Ok(None) };
        if cost.usd.is_none() {
            self.notice(
                "the price of a model used here is not known, so the dollar budget holds only what is priced; give its \
                 price in models.yaml, or limit steps",
            );
        }
        let spent = cost.at_least;
        if spent >= limit {
            return Ok(Some(format!("the session's budget of {limit} is used up ({spent} spent)")));
        }
        if spent.picos() >= limit.picos() / 100 * WARN_PERCENT && !self.already_warned() {
            self.journal.event(None, EventBody::BudgetWarning { spent, limit })?;
        }
        Ok(None)
    }

    /// The same for an agent's own dollars: a specialist's within one delegation (its limit, or what was set aside), the
    /// coordinator's within a turn.
    fn own_limit_reached(&self, scope: &Scope) -> Result<Option<String>, RuntimeError> {
        let Some(delegation) = &scope.delegation else {
            let main = self.team.main();
            let Some(limit) = main.limits.usd else { return Ok(None) };
            let since = self.turn_started_at();
            let spent = self.store.spent_since(&self.session, &main.id, since)?;
            let told = || format!("{} used up its {limit} for this turn ({spent} spent)", main.id);
            return Ok((spent >= limit).then(told));
        };
        let Some(record) = self.store.delegation(&self.session, delegation)? else {
            return Ok(None);
        };
        let own = self.team.agent(&record.to).and_then(|spec| spec.limits.usd);
        let Some(limit) = self.budget.reserved(delegation).or(own) else { return Ok(None) };
        let spent = self.store.delegation_cost(&self.session, delegation)?.at_least;
        let told = || format!("{} used up its {limit} for this delegation ({spent} spent)", record.to);
        Ok((spent >= limit).then(told))
    }

    /// Whether the session's dollars are not used up: what is not needed is not paid for then.
    pub(crate) fn has_dollars_left(&self) -> bool {
        let spent = || self.store.session_cost(&self.session).map(|cost| cost.at_least).unwrap_or_default();
        self.budget.usd.is_none_or(|limit| spent() < limit)
    }

    fn already_warned(&self) -> bool {
        std::mem::replace(&mut *self.budget.warned.lock().unwrap_or_else(PoisonError::into_inner), true)
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
