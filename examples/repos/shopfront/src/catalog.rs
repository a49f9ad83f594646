//! Products and where to find them.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::ShopError;
use crate::format::TOLERANCE;

/// What a product is for tax and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Printed books and magazines.
    Books,
    /// Anything to wear.
    Clothing,
    /// Groceries.
    Food,
    /// Everything else.
    Household,
}

impl Category {
    /// All categories, in the order reports list them.
    pub const ALL: [Category; 4] =
        [Category::Books, Category::Clothing, Category::Food, Category::Household];

    /// The category of that name, as written in CSV files.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.to_string() == name)
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Books => "books",
            Self::Clothing => "clothing",
            Self::Food => "food",
            Self::Household => "household",
        })
    }
}

/// Something that is for sale.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// Unique within a catalogue.
    pub sku: String,
    /// As printed on invoices.
    pub name: String,
    /// Price of one piece before tax, in dollars.
    pub unit_price: f64,
    /// Weight of one piece in grams, packaging included.
    pub weight_g: u32,
    /// For tax and reports.
    pub category: Category,
}

impl Product {
    /// A product at `unit_price` dollars a piece.
    pub fn new(sku: &str, name: &str, unit_price: f64, weight_g: u32, category: Category) -> Self {
        Self { sku: sku.to_string(), name: name.to_string(), unit_price, weight_g, category }
    }
}

/// All products, by SKU.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    products: BTreeMap<String, Product>,
}

impl Catalog {
    /// An empty catalogue.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a product.
    ///
    /// # Errors
    /// [`ShopError::DuplicateProduct`] when the SKU is taken.
    pub fn add(&mut self, product: Product) -> Result<(), ShopError> {
        if self.products.contains_key(&product.sku) {
            return Err(ShopError::DuplicateProduct(product.sku));
        }
        self.products.insert(product.sku.clone(), product);
        Ok(())
    }

    /// The product with that SKU.
    ///
    /// # Errors
    /// [`ShopError::UnknownProduct`] when there is none.
    pub fn find(&self, sku: &str) -> Result<&Product, ShopError> {
        self.products.get(sku).ok_or_else(|| ShopError::UnknownProduct(sku.to_string()))
    }

    /// Changes a price and says whether it really differs from the old one.
    ///
    /// # Errors
    /// [`ShopError::UnknownProduct`] when no product has that SKU.
    pub fn reprice(&mut self, sku: &str, unit_price: f64) -> Result<bool, ShopError> {
        let product =
            self.products.get_mut(sku).ok_or_else(|| ShopError::UnknownProduct(sku.to_string()))?;
        let differs = (product.unit_price - unit_price).abs() >= TOLERANCE;
        product.unit_price = unit_price;
        Ok(differs)
    }

    /// The lowest and the highest price, if there is any product.
    pub fn price_range(&self) -> Option<(f64, f64)> {
        let mut prices = self.products.values().map(|product| product.unit_price);
        let first = prices.next()?;
        Some(prices.fold((first, first), |(low, high), price| (low.min(price), high.max(price))))
    }

    /// Products in order of their SKU.
    pub fn iter(&self) -> impl Iterator<Item = &Product> {
        self.products.values()
    }

    /// How many products there are.
    pub fn len(&self) -> usize {
        self.products.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.products.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        let mut catalog = Catalog::new();
        for (sku, price) in [("TEA-01", 4.75), ("MUG-01", 12.5), ("BAG-01", 39.0)] {
            catalog.add(Product::new(sku, sku, price, 100, Category::Household)).unwrap();
        }
        catalog
    }

    #[test]
    fn a_sku_is_used_once() {
        let again = Product::new("MUG-01", "Another mug", 1.0, 1, Category::Household);
        let error = catalog().add(again).unwrap_err();
        assert_eq!(error.to_string(), "the SKU MUG-01 is used twice");
    }

    #[test]
    fn the_price_range_spans_all_products() {
        assert_eq!(catalog().price_range(), Some((4.75, 39.0)));
        assert_eq!(Catalog::new().price_range(), None);
    }

    #[test]
    fn repricing_to_the_same_price_is_no_change() {
        let mut catalog = catalog();
        assert_eq!(catalog.reprice("MUG-01", 12.5), Ok(false));
        assert_eq!(catalog.reprice("MUG-01", 12.51), Ok(true));
        assert!(catalog.reprice("NOPE", 1.0).is_err());
    }

    #[test]
    fn categories_are_found_by_their_printed_name() {
        for category in Category::ALL {
            assert_eq!(Category::from_name(&category.to_string()), Some(category));
        }
        assert_eq!(Category::from_name("toys"), None);
    }
}
