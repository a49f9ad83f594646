//! Models and providers as data: prices (tiered, dated), limits, the minimum cacheable prefix, request quirks, where a
//! provider is reached and which variable holds its key. Data and look-up only: it opens no file (it gets text), makes no
//! decision about routing or caching, and knows no wire format. What is not listed is unknown (`None`), never free.
//!
//! [`yaml`] is the strict reading that user files share: this crate's `models.yaml`, and the team files of those above it.

mod builtin;
mod catalogue;
mod decimal;
mod error;
mod model;
mod names;
mod overlay;
mod patch;
mod price;
mod provider;
mod quirks;
pub mod yaml;

pub use catalogue::Catalogue;
pub use decimal::{decimal_of, picos_per_token};
pub use error::CatalogueError;
pub use model::{CacheMode, Model, Quirks};
pub use price::{Earlier, ListPrice, OffPeak, Price, Prices, Tier};
pub use provider::{Auth, ModelRef, ModelRefError, Presets, Provider};
