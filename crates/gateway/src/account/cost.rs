//! What an answer costs, for whoever tells its client.

use std::sync::{Arc, Mutex, PoisonError};

use protocol::Usd;

use super::Ending;
use crate::core::Account;
use crate::route::Binding;

/// The cost of one request's answer, told when its last attempt is over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cost(Arc<Mutex<Option<Usd>>>);

impl Cost {
    /// An account that goes on as before, and where its costs are told.
    pub(crate) fn overheard(account: Box<dyn Account>) -> (Box<dyn Account>, Self) {
        let cost = Self::default();
        (Box::new(Overheard { account, cost: cost.clone() }), cost)
    }

    /// The cost, where the answer is over and its price known.
    pub(crate) fn told(&self) -> Option<Usd> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Overheard {
    account: Box<dyn Account>,
    cost: Cost,
}

impl Account for Overheard {
    fn attempt(&mut self, binding: &Arc<Binding>, ending: &Ending) -> Option<Usd> {
        let cost = self.account.attempt(binding, ending);
        *self.cost.0.lock().unwrap_or_else(PoisonError::into_inner) = cost;
        cost
    }
}

/// The exact amount: dollars with as many decimals as it has.
pub(crate) fn exactly(cost: Usd) -> String {
    let picos = cost.picos().max(0);
    let text = format!("{}.{:012}", picos / Usd::PICOS, picos % Usd::PICOS);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_told_exactly() {
        assert_eq!(exactly(Usd::from_picos(0)), "0");
        assert_eq!(exactly(Usd::from_picos(1_234_500)), "0.0000012345");
        assert_eq!(exactly(Usd::from_dollars(12.5)), "12.5");
    }
}
