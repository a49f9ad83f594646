//! Ways to pay less.

use crate::cart::Cart;
use crate::format::round_cents;

/// One discount. Several apply one after the other, each to what the ones before have left.
#[derive(Clone, Debug, PartialEq)]
pub enum Discount {
    /// A share of the amount, in basis points (1,500 is 15 %).
    Percent {
        /// As printed on the invoice.
        label: String,
        /// 1/100 of a percent.
        basis_points: u32,
    },
    /// A voucher over a fixed amount in dollars, for orders of at least `minimum` dollars.
    Voucher {
        /// As printed on the invoice.
        label: String,
        /// Taken off.
        amount: f64,
        /// Smallest subtotal for which the voucher is valid.
        minimum: f64,
    },
    /// Of every `buy + free` pieces of a product, `free` cost nothing.
    BuyGet {
        /// The product.
        sku: String,
        /// Paid pieces.
        buy: u32,
        /// Free pieces.
        free: u32,
    },
    /// A share that grows with the subtotal: the highest tier that is reached counts.
    Volume {
        /// Subtotal in dollars from which the share in basis points applies.
        tiers: Vec<(f64, u32)>,
    },
}

impl Discount {
    /// What the invoice calls it.
    pub fn label(&self) -> String {
        match self {
            Self::Percent { label, .. } | Self::Voucher { label, .. } => label.clone(),
            Self::BuyGet { sku, buy, free } => format!("Buy {buy} get {free} free: {sku}"),
            Self::Volume { .. } => "Volume discount".to_string(),
        }
    }

    /// What this discount takes off `remaining` dollars of the cart: never more than that.
    pub fn amount_off(&self, cart: &Cart, remaining: f64) -> f64 {
        let off = match self {
            Self::Percent { basis_points, .. } => share(remaining, *basis_points),
            Self::Voucher { amount, minimum, .. } => {
                if cart.subtotal() + crate::format::TOLERANCE > *minimum {
                    *amount
                } else {
                    0.0
                }
            }
            Self::BuyGet { sku, buy, free } => free_pieces(cart, sku, *buy, *free),
            Self::Volume { tiers } => {
                let reached = tiers
                    .iter()
                    .filter(|(from, _)| cart.subtotal() + crate::format::TOLERANCE > *from)
                    .map(|(_, basis_points)| *basis_points)
                    .max();
                share(remaining, reached.unwrap_or(0))
            }
        };
        round_cents(off.min(remaining).max(0.0))
    }
}

/// A share of an amount, rounded to cents.
fn share(amount: f64, basis_points: u32) -> f64 {
    round_cents(amount * f64::from(basis_points) / 10_000.0)
}

/// The price of the pieces that are free.
fn free_pieces(cart: &Cart, sku: &str, buy: u32, free: u32) -> f64 {
    let Some(line) = cart.lines().iter().find(|line| line.product.sku == sku) else {
        return 0.0;
    };
    let group = buy.saturating_add(free).max(1);
    let pieces = line.quantity / group * free;
    round_cents(line.product.unit_price * f64::from(pieces))
}

/// A discount that was applied, and what it took off in dollars.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// As printed on the invoice.
    pub label: String,
    /// Dollars, not negative.
    pub amount: f64,
}

/// Applies discounts in order; those that take nothing off are left out.
pub fn apply_all(cart: &Cart, discounts: &[Discount]) -> Vec<Applied> {
    let mut remaining = cart.subtotal();
    let mut applied = Vec::new();
    for discount in discounts {
        let amount = discount.amount_off(cart, remaining);
        if amount > 0.0 {
            remaining = round_cents(remaining - amount);
            applied.push(Applied { label: discount.label(), amount });
        }
    }
    applied
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Category, Product};

    fn cart(price: f64, quantity: u32) -> Cart {
        let mug = Product::new("MUG-01", "Stoneware mug", price, 350, Category::Household);
        let mut cart = Cart::new();
        cart.add(&mug, quantity).unwrap();
        cart
    }

    fn percent(basis_points: u32) -> Discount {
        let label = "Sale".to_string();
        Discount::Percent { label, basis_points }
    }

    #[test]
    fn a_percentage_rounds_half_up() {
        // 15 % of 0.50 is 7.5 cents.
        assert_eq!(percent(1_500).amount_off(&cart(0.5, 1), 0.5), 0.08);
    }

    #[test]
    fn discounts_apply_to_what_is_left() {
        let applied = apply_all(&cart(10.0, 10), &[percent(1_000), percent(1_000)]);
        let amounts: Vec<f64> = applied.iter().map(|applied| applied.amount).collect();
        assert_eq!(amounts, [10.0, 9.0]);
    }

    #[test]
    fn a_voucher_needs_its_minimum_and_never_pays_out() {
        let voucher =
            Discount::Voucher { label: "Welcome".to_string(), amount: 20.0, minimum: 12.5 };
        assert_eq!(voucher.amount_off(&cart(12.49, 1), 12.49), 0.0);
        assert_eq!(voucher.amount_off(&cart(12.5, 1), 12.5), 12.5);
    }

    #[test]
    fn every_fourth_piece_can_be_free() {
        let offer = Discount::BuyGet { sku: "MUG-01".to_string(), buy: 3, free: 1 };
        assert_eq!(offer.amount_off(&cart(12.5, 9), 112.5), 25.0);
        assert_eq!(offer.amount_off(&cart(12.5, 3), 37.5), 0.0);
    }

    #[test]
    fn the_highest_tier_reached_counts() {
        let tiers = vec![(50.0, 500), (100.0, 1_000)];
        let volume = Discount::Volume { tiers };
        assert_eq!(volume.amount_off(&cart(49.99, 1), 49.99), 0.0);
        assert_eq!(volume.amount_off(&cart(25.0, 4), 100.0), 10.0);
    }
}
