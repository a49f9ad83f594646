//! Many orders summed up for the shop owner.

use std::collections::BTreeMap;

use crate::catalog::Category;
use crate::format::{format_amount, left, right, rule};
use crate::order::Order;

const WIDTH: usize = 44;
const LABEL_WIDTH: usize = 24;
const BEST_SELLERS: usize = 3;

/// The figures of a period, amounts in dollars.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SalesReport {
    /// Number of orders.
    pub orders: usize,
    /// Goods after discounts, without shipping and tax.
    pub revenue: f64,
    /// Discounts given.
    pub discounts: f64,
    /// Shipping charged.
    pub shipping: f64,
    /// Tax collected for the states.
    pub tax: f64,
    /// Revenue divided by the number of orders.
    pub average_order: f64,
    /// Goods before discounts, by category.
    pub by_category: BTreeMap<Category, f64>,
    /// Pieces sold and goods before discounts, by product name.
    pub by_product: BTreeMap<String, (u32, f64)>,
}

impl SalesReport {
    /// Sums orders up.
    pub fn from_orders(orders: &[Order]) -> Self {
        let mut report = Self { orders: orders.len(), ..Self::default() };
        for order in orders {
            report.count(order);
        }
        if !orders.is_empty() {
            report.average_order = round2(report.revenue / orders.len() as f64);
        }
        report
    }

    fn count(&mut self, order: &Order) {
        self.revenue = round2(self.revenue + order.totals.goods());
        self.discounts = round2(self.discounts + order.totals.discount);
        self.shipping = round2(self.shipping + order.totals.shipping);
        self.tax = round2(self.tax + order.totals.tax);
        for line in &order.lines {
            let category = self.by_category.entry(line.product.category);
            let sum = category.or_insert(0.0);
            *sum = round2(*sum + line.total());
            let product = self.by_product.entry(line.product.name.clone());
            let (pieces, sum) = product.or_insert((0, 0.0));
            *pieces += line.quantity;
            *sum = round2(*sum + line.total());
        }
    }

    /// The products with the highest sales, best first; equal ones by name.
    pub fn best_sellers(&self) -> Vec<(&str, u32, f64)> {
        let mut products: Vec<(&str, u32, f64)> = self
            .by_product
            .iter()
            .map(|(name, (pieces, sum))| (name.as_str(), *pieces, *sum))
            .collect();
        products.sort_by(|a, b| b.2.total_cmp(&a.2));
        products.truncate(BEST_SELLERS);
        products
    }

    /// The report as text, with a newline at the end.
    pub fn render(&self) -> String {
        let mut rows = vec![
            row("Orders", &self.orders.to_string()),
            row("Revenue", &format_amount(self.revenue)),
            row("Average order", &format_amount(self.average_order)),
            row("Discounts", &format_amount(self.discounts)),
            row("Shipping", &format_amount(self.shipping)),
            row("Tax", &format_amount(self.tax)),
            rule(WIDTH),
        ];
        let goods: f64 = self.by_category.values().sum();
        for (category, sum) in &self.by_category {
            let label = format!("{category} ({:.1} %)", percent_of(*sum, goods));
            rows.push(row(&label, &format_amount(*sum)));
        }
        rows.push(rule(WIDTH));
        for (name, pieces, sum) in self.best_sellers() {
            rows.push(row(&format!("{pieces} x {name}"), &format_amount(sum)));
        }
        rows.join("\n") + "\n"
    }
}

fn row(label: &str, text: &str) -> String {
    left(label, LABEL_WIDTH) + &right(text, WIDTH - LABEL_WIDTH)
}

/// What share of `whole` dollars `part` dollars are, in percent.
fn percent_of(part: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        part / whole * 100.0
    } else {
        0.0
    }
}

/// Rounds to two decimals.
fn round2(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_without_orders_is_all_zero() {
        let report = SalesReport::from_orders(&[]);
        assert_eq!(report, SalesReport::default());
        assert!(report.render().contains("Average order"));
    }

    #[test]
    fn shares_are_percentages() {
        assert_eq!(percent_of(25.0, 200.0), 12.5);
        assert_eq!(percent_of(0.0, 0.0), 0.0);
    }
}
