//! What a customer wants to buy.

use crate::catalog::{Category, Product};
use crate::error::ShopError;
use crate::format::round_cents;

/// More of one product is not sold to one customer.
pub const MAX_QUANTITY: u32 = 999;

/// One product and how many of it.
#[derive(Clone, Debug, PartialEq)]
pub struct CartLine {
    /// The product, as it was when it was put into the cart.
    pub product: Product,
    /// At least 1.
    pub quantity: u32,
}

impl CartLine {
    /// Unit price times quantity, in dollars.
    pub fn total(&self) -> f64 {
        round_cents(self.product.unit_price * f64::from(self.quantity))
    }

    /// Weight of the line in grams.
    pub fn weight_g(&self) -> u32 {
        self.product.weight_g.saturating_mul(self.quantity)
    }
}

/// Lines in the order in which products were added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cart {
    lines: Vec<CartLine>,
}

impl Cart {
    /// An empty cart.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds pieces of a product; a product that is already there gets a larger quantity.
    ///
    /// # Errors
    /// [`ShopError::BadQuantity`] for none, or for more than [`MAX_QUANTITY`] altogether.
    pub fn add(&mut self, product: &Product, quantity: u32) -> Result<(), ShopError> {
        let held = self.quantity_of(&product.sku);
        let wanted = held.saturating_add(quantity);
        if quantity == 0 || wanted > MAX_QUANTITY {
            return Err(ShopError::BadQuantity(wanted));
        }
        match self.lines.iter_mut().find(|line| line.product.sku == product.sku) {
            Some(line) => line.quantity = wanted,
            None => self.lines.push(CartLine { product: product.clone(), quantity }),
        }
        Ok(())
    }

    /// Takes a product out, whatever its quantity.
    pub fn remove(&mut self, sku: &str) {
        self.lines.retain(|line| line.product.sku != sku);
    }

    /// How many pieces of a product are in the cart.
    pub fn quantity_of(&self, sku: &str) -> u32 {
        self.lines.iter().find(|line| line.product.sku == sku).map_or(0, |line| line.quantity)
    }

    /// The lines.
    pub fn lines(&self) -> &[CartLine] {
        &self.lines
    }

    /// Sum of all lines before discounts, in dollars.
    pub fn subtotal(&self) -> f64 {
        round_cents(self.lines.iter().map(CartLine::total).sum())
    }

    /// Sum of the lines of one category, in dollars.
    pub fn subtotal_of(&self, category: Category) -> f64 {
        let lines = self.lines.iter();
        round_cents(
            lines.filter(|line| line.product.category == category).map(CartLine::total).sum(),
        )
    }

    /// Number of pieces.
    pub fn pieces(&self) -> u32 {
        self.lines.iter().map(|line| line.quantity).sum()
    }

    /// Weight of everything in grams.
    pub fn weight_g(&self) -> u32 {
        self.lines.iter().fold(0, |sum, line| sum.saturating_add(line.weight_g()))
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tea() -> Product {
        Product::new("TEA-01", "Green tea", 0.1, 50, Category::Food)
    }

    #[test]
    fn the_same_product_shares_a_line() {
        let mut cart = Cart::new();
        cart.add(&tea(), 1).unwrap();
        cart.add(&tea(), 2).unwrap();
        assert_eq!((cart.lines().len(), cart.pieces(), cart.weight_g()), (1, 3, 150));
        assert_eq!(cart.subtotal(), 0.3);
        assert_eq!(cart.subtotal_of(Category::Books), 0.0);
    }

    #[test]
    fn quantities_have_a_floor_and_a_ceiling() {
        let mut cart = Cart::new();
        assert_eq!(cart.add(&tea(), 0), Err(ShopError::BadQuantity(0)));
        cart.add(&tea(), MAX_QUANTITY).unwrap();
        assert_eq!(cart.add(&tea(), 1), Err(ShopError::BadQuantity(1000)));
    }

    #[test]
    fn a_removed_product_is_gone() {
        let mut cart = Cart::new();
        cart.add(&tea(), 5).unwrap();
        cart.remove("TEA-01");
        assert!(cart.is_empty());
    }
}
