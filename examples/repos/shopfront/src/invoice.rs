//! What the customer gets to see. Every character of it is a contract.

use crate::cart::CartLine;
use crate::format::{format_amount, left, right, rule};
use crate::order::Order;

const WIDTH: usize = 58;
const NAME_WIDTH: usize = 25;
const UNIT_WIDTH: usize = 13;
const TOTAL_WIDTH: usize = 15;

/// The invoice as text, one line per row, with a newline at the end.
pub fn render(order: &Order) -> String {
    let mut rows = vec![
        format!("Invoice {}", order.number),
        format!("Ship to: {}", order.state),
        rule(WIDTH),
        heading(),
    ];
    rows.extend(order.lines.iter().map(line_row));
    rows.push(rule(WIDTH));
    rows.extend(total_rows(order));
    rows.push(rule(WIDTH));
    rows.push(amount_row("Total due", order.totals.due));
    rows.join("\n") + "\n"
}

fn heading() -> String {
    let name = left("Item", NAME_WIDTH);
    let unit = right("Unit", UNIT_WIDTH);
    format!("Qty  {name}{unit}{}", right("Total", TOTAL_WIDTH))
}

fn line_row(line: &CartLine) -> String {
    let name = left(&line.product.name, NAME_WIDTH);
    let unit = right(&format_amount(line.product.unit_price), UNIT_WIDTH);
    let total = right(&format_amount(line.total()), TOTAL_WIDTH);
    format!("{:>3}  {name}{unit}{total}", line.quantity)
}

/// Subtotal, discounts, shipping, tax and credit; what is always zero is left out.
fn total_rows(order: &Order) -> Vec<String> {
    let totals = &order.totals;
    let mut rows = vec![amount_row("Subtotal", totals.subtotal)];
    for applied in &order.discounts {
        rows.push(amount_row(&applied.label, -applied.amount));
    }
    if totals.shipping > 0.0 {
        rows.push(amount_row("Shipping", totals.shipping));
    } else {
        rows.push(text_row("Shipping", "free"));
    }
    rows.push(amount_row("Tax", totals.tax));
    if totals.credit > 0.0 {
        rows.push(amount_row("Store credit", -totals.credit));
    }
    rows
}

fn amount_row(label: &str, amount: f64) -> String {
    text_row(label, &format_amount(amount))
}

fn text_row(label: &str, text: &str) -> String {
    let label = left(label, NAME_WIDTH + UNIT_WIDTH);
    format!("     {label}{}", right(text, TOTAL_WIDTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_the_same_width() {
        assert_eq!(heading().len(), WIDTH);
        assert_eq!(amount_row("Subtotal", 1234.5).len(), WIDTH);
        assert_eq!(text_row("Shipping", "free").len(), WIDTH);
    }

    #[test]
    fn amounts_taken_off_carry_a_minus() {
        assert!(amount_row("Welcome", -5.0).ends_with(" -$5.00"));
    }
}
