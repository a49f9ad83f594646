//! Products from CSV, and back.
//!
//! The columns are `sku,name,price,weight_g,category`, with one heading line. Fields are not quoted:
//! a name must not contain a comma.

use crate::catalog::{Catalog, Category, Product};
use crate::error::ShopError;
use crate::format::{parse_amount, plain_amount};

/// The heading line.
pub const HEADING: &str = "sku,name,price,weight_g,category";

/// Reads a whole catalogue; blank lines are skipped.
///
/// # Errors
/// [`ShopError::BadLine`] for the first line that cannot be used.
pub fn products_from_csv(text: &str) -> Result<Catalog, ShopError> {
    let mut catalog = Catalog::new();
    for (index, row) in text.lines().enumerate() {
        let line = index + 1;
        if line == 1 {
            check_heading(row)?;
        } else if !row.trim().is_empty() {
            let bad = |reason: String| ShopError::BadLine { line, reason };
            let product = product_from_row(row).map_err(bad)?;
            let added = catalog.add(product);
            added.map_err(|error| bad(error.to_string()))?;
        }
    }
    Ok(catalog)
}

/// Applies a price list of `sku,price` rows; returns how many prices really changed.
///
/// # Errors
/// [`ShopError::BadLine`] for the first line that cannot be used. Earlier lines stay applied.
pub fn apply_price_list(catalog: &mut Catalog, text: &str) -> Result<usize, ShopError> {
    let mut changed = 0;
    for (index, row) in text.lines().enumerate() {
        let line = index + 1;
        let bad = |reason: String| ShopError::BadLine { line, reason };
        let Some((sku, price)) = row.split_once(',') else {
            return Err(bad("expected sku,price".to_string()));
        };
        let price = parse_amount(price).map_err(|error| bad(error.to_string()))?;
        let repriced = catalog.reprice(sku.trim(), price);
        changed += usize::from(repriced.map_err(|error| bad(error.to_string()))?);
    }
    Ok(changed)
}

/// Writes the catalogue in the format that [`products_from_csv`] reads.
pub fn products_to_csv(catalog: &Catalog) -> String {
    let mut text = String::from(HEADING);
    text.push('\n');
    for product in catalog.iter() {
        text.push_str(&format!(
            "{},{},{},{},{}\n",
            product.sku,
            product.name,
            plain_amount(product.unit_price),
            product.weight_g,
            product.category
        ));
    }
    text
}

fn check_heading(row: &str) -> Result<(), ShopError> {
    if row.trim() == HEADING {
        return Ok(());
    }
    let reason = format!("expected the heading {HEADING}");
    Err(ShopError::BadLine { line: 1, reason })
}

fn product_from_row(row: &str) -> Result<Product, String> {
    let fields: Vec<&str> = row.split(',').map(str::trim).collect();
    let [sku, name, price, weight, category] = fields[..] else {
        return Err(format!("expected 5 fields, found {}", fields.len()));
    };
    let price = parse_amount(price).map_err(|error| error.to_string())?;
    let weight = weight.parse().map_err(|_| format!("`{weight}` is not a weight in grams"))?;
    let category =
        Category::from_name(category).ok_or_else(|| format!("`{category}` is not a category"))?;
    Ok(Product::new(sku, name, price, weight, category))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_price_is_named_with_its_line() {
        let text = format!("{HEADING}\nTEA-01,Green tea,4.755,50,food\n");
        let error = products_from_csv(&text).unwrap_err();
        assert_eq!(error.to_string(), "line 2: `4.755` is not an amount such as 12.50");
    }

    #[test]
    fn a_wrong_heading_is_refused() {
        let error = products_from_csv("sku,price\n").unwrap_err();
        assert!(error.to_string().starts_with("line 1: expected the heading"));
    }

    #[test]
    fn a_price_list_counts_real_changes() {
        let text = format!("{HEADING}\nTEA-01,Green tea,4.75,50,food\n");
        let mut catalog = products_from_csv(&text).unwrap();
        assert_eq!(apply_price_list(&mut catalog, "TEA-01,4.75"), Ok(0));
        assert_eq!(apply_price_list(&mut catalog, "TEA-01, $5.10"), Ok(1));
        assert_eq!(catalog.find("TEA-01").unwrap().unit_price, 5.1);
    }
}
