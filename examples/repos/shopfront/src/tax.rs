//! Sales tax by state and category.

use std::collections::BTreeMap;

use crate::catalog::Category;
use crate::error::ShopError;
use crate::format::round_cents;

/// Rates of one state, in basis points (825 is 8.25 %).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateRates {
    general: u32,
    special: BTreeMap<Category, u32>,
}

impl StateRates {
    /// One rate for everything.
    pub fn flat(basis_points: u32) -> Self {
        Self { general: basis_points, special: BTreeMap::new() }
    }

    /// Another rate for one category; 0 exempts it.
    pub fn with(mut self, category: Category, basis_points: u32) -> Self {
        self.special.insert(category, basis_points);
        self
    }

    /// The rate of a category in basis points.
    pub fn rate(&self, category: Category) -> u32 {
        self.special.get(&category).copied().unwrap_or(self.general)
    }

    /// Tax in dollars on an amount in dollars, rounded to cents.
    pub fn tax_on(&self, category: Category, amount: f64) -> f64 {
        round_cents(amount * f64::from(self.rate(category)) / 10_000.0)
    }
}

/// The rates of all states we ship to.
#[derive(Clone, Debug, Default)]
pub struct TaxTable {
    states: BTreeMap<String, StateRates>,
}

impl TaxTable {
    /// A table without states.
    pub fn new() -> Self {
        Self::default()
    }

    /// The states a new shop starts with.
    pub fn standard() -> Self {
        let mut table = Self::new();
        table.set("OR", StateRates::flat(0));
        table.set("CA", StateRates::flat(725).with(Category::Food, 0));
        table.set("TX", StateRates::flat(825).with(Category::Food, 0));
        table.set("NY", StateRates::flat(400).with(Category::Clothing, 0));
        table
    }

    /// Adds a state or replaces its rates.
    pub fn set(&mut self, state: &str, rates: StateRates) {
        self.states.insert(state.to_string(), rates);
    }

    /// The rates of a state.
    ///
    /// # Errors
    /// [`ShopError::UnknownState`] when there are none.
    pub fn rates(&self, state: &str) -> Result<&StateRates, ShopError> {
        self.states.get(state).ok_or_else(|| ShopError::UnknownState(state.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_can_have_its_own_rate() {
        let table = TaxTable::standard();
        let texas = table.rates("TX").unwrap();
        assert_eq!(texas.tax_on(Category::Household, 100.0), 8.25);
        assert_eq!(texas.tax_on(Category::Food, 100.0), 0.0);
    }

    #[test]
    fn an_unknown_state_is_named() {
        let error = TaxTable::standard().rates("ZZ").unwrap_err();
        assert_eq!(error.to_string(), "no tax rate is known for ZZ");
    }
}
