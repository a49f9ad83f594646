//! What can go wrong, in words that can be shown to a shop owner.

use std::fmt;

/// Any failure of this crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShopError {
    /// No product has this SKU.
    UnknownProduct(String),
    /// The SKU is already taken.
    DuplicateProduct(String),
    /// A quantity of zero, or more than [`crate::cart::MAX_QUANTITY`].
    BadQuantity(u32),
    /// The text is not an amount such as `12.50`.
    BadAmount(String),
    /// A line of a CSV file cannot be used.
    BadLine {
        /// Line number, from 1, the heading included.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing is known about this state's tax.
    UnknownState(String),
    /// The parcel is heavier than the heaviest band.
    TooHeavy {
        /// Weight of the parcel in grams.
        grams: u32,
        /// Upper end of the heaviest band in grams.
        limit: u32,
    },
    /// An order needs at least one line.
    EmptyCart,
}

impl fmt::Display for ShopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownProduct(sku) => write!(f, "no product has the SKU {sku}"),
            Self::DuplicateProduct(sku) => write!(f, "the SKU {sku} is used twice"),
            Self::BadQuantity(quantity) => write!(f, "{quantity} is not a quantity we sell"),
            Self::BadAmount(text) => write!(f, "`{text}` is not an amount such as 12.50"),
            Self::BadLine { line, reason } => write!(f, "line {line}: {reason}"),
            Self::UnknownState(state) => write!(f, "no tax rate is known for {state}"),
            Self::TooHeavy { grams, limit } => {
                write!(f, "a parcel of {grams} g is too heavy, the limit is {limit} g")
            }
            Self::EmptyCart => write!(f, "the cart is empty"),
        }
    }
}

impl std::error::Error for ShopError {}
