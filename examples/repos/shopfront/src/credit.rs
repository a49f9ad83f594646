//! Gift cards and store credit.

use crate::format::{format_amount, round_cents, TOLERANCE};

/// Money that a customer has already given us.
#[derive(Clone, Debug, PartialEq)]
pub struct StoreCredit {
    code: String,
    balance: f64,
}

impl StoreCredit {
    /// A card with a balance in dollars; a negative one counts as empty.
    pub fn new(code: &str, balance: f64) -> Self {
        Self { code: code.to_string(), balance: round_cents(balance.max(0.0)) }
    }

    /// What is left, in dollars.
    pub fn balance(&self) -> f64 {
        self.balance
    }

    /// Pays as much of `due` dollars as the balance allows; returns what was paid.
    pub fn redeem(&mut self, due: f64) -> f64 {
        let paid = round_cents(due.max(0.0).min(self.balance));
        self.balance = round_cents(self.balance - paid);
        if self.balance < TOLERANCE {
            // Never leave a fraction of a cent on a card.
            self.balance = 0.0;
        }
        paid
    }

    /// Puts dollars onto the card.
    pub fn refund(&mut self, amount: f64) {
        self.balance = round_cents(self.balance + amount.max(0.0));
    }

    /// Whether nothing is left.
    pub fn is_spent(&self) -> bool {
        self.balance < TOLERANCE
    }

    /// One line for the customer.
    pub fn describe(&self) -> String {
        format!("Gift card {}: {} left", self.code, format_amount(self.balance))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_pays_until_it_is_spent() {
        let mut card = StoreCredit::new("GIFT-7", 20.0);
        assert_eq!(card.redeem(12.5), 12.5);
        assert_eq!(card.describe(), "Gift card GIFT-7: $7.50 left");
        assert_eq!(card.redeem(12.5), 7.5);
        assert!(card.is_spent());
        assert_eq!(card.redeem(1.0), 0.0);
    }

    #[test]
    fn a_refund_can_be_spent_again() {
        let mut card = StoreCredit::new("GIFT-7", 0.0);
        card.refund(3.0);
        card.refund(-1.0);
        assert_eq!(card.balance(), 3.0);
    }
}
