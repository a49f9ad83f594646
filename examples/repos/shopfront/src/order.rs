//! Puts cart, discounts, shipping, tax and store credit together.

use crate::cart::{Cart, CartLine};
use crate::catalog::Category;
use crate::credit::StoreCredit;
use crate::discount::{self, Applied, Discount};
use crate::error::ShopError;
use crate::format::round_cents;
use crate::shipping::ShippingRates;
use crate::tax::TaxTable;

/// The amounts of an order, all in dollars.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// All lines before discounts.
    pub subtotal: f64,
    /// All discounts together, not negative.
    pub discount: f64,
    /// Shipping.
    pub shipping: f64,
    /// Sales tax on the discounted goods; shipping is not taxed.
    pub tax: f64,
    /// Paid by store credit, not negative.
    pub credit: f64,
    /// What is left to pay.
    pub due: f64,
}

impl Totals {
    /// Goods after discounts, in dollars.
    pub fn goods(&self) -> f64 {
        round_cents(self.subtotal - self.discount)
    }
}

/// A placed order. It does not change any more.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// As printed on the invoice.
    pub number: u32,
    /// Two-letter code of the state it is shipped to.
    pub state: String,
    /// What was bought.
    pub lines: Vec<CartLine>,
    /// What was taken off, and why.
    pub discounts: Vec<Applied>,
    /// All amounts.
    pub totals: Totals,
}

/// The rules by which carts become orders.
#[derive(Clone, Debug)]
pub struct Checkout {
    /// Tax by state.
    pub tax: TaxTable,
    /// Shipping by weight.
    pub shipping: ShippingRates,
    /// Discounts that apply to every order at the moment, in this order.
    pub discounts: Vec<Discount>,
}

impl Checkout {
    /// Standard tax and shipping, no discounts.
    pub fn standard() -> Self {
        Self {
            tax: TaxTable::standard(),
            shipping: ShippingRates::standard(),
            discounts: Vec::new(),
        }
    }

    /// Turns a cart into an order; store credit, if given, pays first.
    ///
    /// # Errors
    /// An empty cart, a state without tax rates, a parcel that is too heavy.
    pub fn place(
        &self,
        number: u32,
        state: &str,
        cart: &Cart,
        credit: Option<&mut StoreCredit>,
    ) -> Result<Order, ShopError> {
        if cart.is_empty() {
            return Err(ShopError::EmptyCart);
        }
        let discounts = discount::apply_all(cart, &self.discounts);
        let mut totals = Totals {
            subtotal: cart.subtotal(),
            discount: round_cents(discounts.iter().map(|applied| applied.amount).sum()),
            ..Totals::default()
        };
        totals.shipping = self.shipping.price(cart, totals.goods())?;
        totals.tax = self.tax_of(state, cart, &totals)?;
        let gross = round_cents(totals.goods() + totals.shipping + totals.tax);
        totals.credit = credit.map_or(0.0, |card| card.redeem(gross));
        totals.due = round_cents(gross - totals.credit);
        Ok(Order {
            number,
            state: state.to_string(),
            lines: cart.lines().to_vec(),
            discounts,
            totals,
        })
    }

    /// Tax per category on what is left of it after its share of the discount.
    fn tax_of(&self, state: &str, cart: &Cart, totals: &Totals) -> Result<f64, ShopError> {
        let rates = self.tax.rates(state)?;
        let mut tax = 0.0;
        for category in Category::ALL {
            let goods = cart.subtotal_of(category);
            if goods > 0.0 {
                let discount = round_cents(totals.discount * goods / totals.subtotal);
                tax += rates.tax_on(category, goods - discount);
            }
        }
        Ok(round_cents(tax))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_cart_is_no_order() {
        let placed = Checkout::standard().place(1, "OR", &Cart::new(), None);
        assert_eq!(placed, Err(ShopError::EmptyCart));
    }

    #[test]
    fn goods_are_what_the_discounts_leave() {
        let totals = Totals { subtotal: 0.3, discount: 0.1, ..Totals::default() };
        assert_eq!(totals.goods(), 0.2);
    }
}
