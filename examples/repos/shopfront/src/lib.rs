//! The pricing core of a small web shop.
//!
//! A [`Catalog`] holds the products, a [`Cart`] what a customer wants, and a [`Checkout`] turns both
//! into an [`Order`] with discounts, shipping, tax and store credit. [`invoice`] prints an order,
//! [`report`] sums many of them up, [`import`] reads products from CSV.
//!
//! Amounts are `f64` dollars, rounded half up to whole cents by [`format::round_cents`].
//!
//! ```
//! use shopfront::{format::format_amount, Cart, Catalog, Category, Product};
//!
//! let mut catalog = Catalog::new();
//! catalog.add(Product::new("MUG-01", "Stoneware mug", 12.5, 350, Category::Household))?;
//!
//! let mut cart = Cart::new();
//! cart.add(catalog.find("MUG-01")?, 2)?;
//! assert_eq!(format_amount(cart.subtotal()), "$25.00");
//! # Ok::<(), shopfront::ShopError>(())
//! ```

pub mod cart;
pub mod catalog;
pub mod credit;
pub mod discount;
pub mod error;
pub mod format;
pub mod import;
pub mod invoice;
pub mod order;
pub mod report;
pub mod shipping;
pub mod tax;

pub use cart::Cart;
pub use catalog::{Catalog, Category, Product};
pub use credit::StoreCredit;
pub use discount::Discount;
pub use error::ShopError;
pub use order::{Checkout, Order};
pub use shipping::ShippingRates;
pub use tax::TaxTable;
