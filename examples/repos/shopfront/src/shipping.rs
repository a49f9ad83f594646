//! What a parcel costs.

use crate::cart::Cart;
use crate::error::ShopError;
use crate::format::TOLERANCE;

/// Parcels up to a weight cost a price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Upper end in grams, included.
    pub up_to_g: u32,
    /// In dollars.
    pub price: f64,
}

/// Bands by weight, and when shipping is free.
#[derive(Clone, Debug, PartialEq)]
pub struct ShippingRates {
    bands: Vec<Band>,
    free_from: Option<f64>,
}

impl ShippingRates {
    /// Bands in any order; `free_from` is the goods value in dollars from which shipping is free.
    pub fn new(mut bands: Vec<Band>, free_from: Option<f64>) -> Self {
        bands.sort_by_key(|band| band.up_to_g);
        Self { bands, free_from }
    }

    /// The bands a new shop starts with.
    pub fn standard() -> Self {
        let band = |up_to_g, price| Band { up_to_g, price };
        let bands = vec![band(500, 3.95), band(2_000, 5.9), band(20_000, 11.5)];
        Self::new(bands, Some(75.0))
    }

    /// The price in dollars for a cart whose goods cost `goods` dollars after discounts.
    ///
    /// # Errors
    /// [`ShopError::TooHeavy`] when no band is wide enough, even if shipping would be free.
    pub fn price(&self, cart: &Cart, goods: f64) -> Result<f64, ShopError> {
        let grams = cart.weight_g();
        let band = self.bands.iter().find(|band| grams <= band.up_to_g);
        let Some(band) = band else {
            let limit = self.bands.last().map_or(0, |band| band.up_to_g);
            return Err(ShopError::TooHeavy { grams, limit });
        };
        let free = self.free_from.is_some_and(|from| goods > from - TOLERANCE);
        Ok(if free { 0.0 } else { band.price })
    }

    /// How many dollars of goods are missing until shipping is free.
    pub fn missing_for_free(&self, goods: f64) -> Option<f64> {
        let missing = self.free_from? - goods;
        (missing >= TOLERANCE).then_some(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Category, Product};

    fn cart(grams: u32) -> Cart {
        let parcel = Product::new("BOX-01", "Box", 1.0, grams, Category::Household);
        let mut cart = Cart::new();
        cart.add(&parcel, 1).unwrap();
        cart
    }

    #[test]
    fn the_first_band_that_is_wide_enough_counts() {
        let rates = ShippingRates::standard();
        assert_eq!(rates.price(&cart(500), 10.0), Ok(3.95));
        assert_eq!(rates.price(&cart(501), 10.0), Ok(5.9));
    }

    #[test]
    fn shipping_is_free_from_the_threshold_on() {
        let rates = ShippingRates::standard();
        assert_eq!(rates.price(&cart(500), 74.99), Ok(3.95));
        assert_eq!(rates.price(&cart(500), 75.0), Ok(0.0));
        assert_eq!(rates.missing_for_free(75.0), None);
        assert!(rates.missing_for_free(74.99).is_some());
    }

    #[test]
    fn a_parcel_can_be_too_heavy() {
        let error = ShippingRates::standard().price(&cart(20_001), 99.0);
        let limit = 20_000;
        assert_eq!(error, Err(ShopError::TooHeavy { grams: 20_001, limit }));
    }
}
