//! From a cart to an invoice.

mod common;

use common::{cart, shown};
use shopfront::format::parse_amount;
use shopfront::{invoice, Checkout, Discount, ShopError, StoreCredit};

fn checkout_with(discounts: Vec<Discount>) -> Checkout {
    Checkout { discounts, ..Checkout::standard() }
}

fn sale(basis_points: u32) -> Discount {
    Discount::Percent { label: "Spring sale".to_string(), basis_points }
}

#[test]
fn an_invoice_prints_as_it_always_has() {
    let mut card = StoreCredit::new("GIFT-7", parse_amount("20").unwrap());
    let items = cart(&[("MUG-01", 2), ("TEA-01", 3), ("BOK-01", 1)]);
    let order =
        checkout_with(vec![sale(1_000)]).place(1001, "CA", &items, Some(&mut card)).unwrap();
    let expected = "\
Invoice 1001
Ship to: CA
----------------------------------------------------------
Qty  Item                              Unit          Total
  2  Stoneware mug                   $12.50         $25.00
  3  Green tea                        $4.75         $14.25
  1  Tea for beginners               $18.90         $18.90
----------------------------------------------------------
     Subtotal                                       $58.15
     Spring sale                                    -$5.82
     Shipping                                        $5.90
     Tax                                             $2.86
     Store credit                                  -$20.00
----------------------------------------------------------
     Total due                                      $41.09
";
    assert_eq!(invoice::render(&order), expected);
    assert_eq!(card.describe(), "Gift card GIFT-7: $0.00 left");
}

#[test]
fn large_amounts_are_grouped_and_ship_free() {
    let order = Checkout::standard().place(1002, "OR", &cart(&[("POT-01", 2)]), None).unwrap();
    let text = invoice::render(&order);
    assert!(text.contains("$1,049.99      $2,099.98\n"), "{text}");
    assert!(text.contains("     Shipping                                         free\n"));
    assert!(!text.contains("Store credit"));
}

#[test]
fn half_a_cent_of_tax_is_rounded_up() {
    // 8.25 % of 2.00 is 16.5 cents.
    let order = Checkout::standard().place(1003, "TX", &cart(&[("PIN-01", 1)]), None).unwrap();
    assert_eq!(shown(order.totals.tax), "$0.17");
    assert_eq!(shown(order.totals.due), "$6.12");
}

#[test]
fn exempt_categories_pay_no_tax() {
    let order = Checkout::standard().place(1004, "NY", &cart(&[("SCF-01", 1)]), None).unwrap();
    assert_eq!(shown(order.totals.tax), "$0.00");
}

#[test]
fn a_discount_lowers_the_tax_of_each_category() {
    // 30 % off everything; only the mug is taxed: 8.25 % of 8.75.
    let order = checkout_with(vec![sale(3_000)])
        .place(1005, "TX", &cart(&[("MUG-01", 1), ("TEA-01", 2)]), None)
        .unwrap();
    assert_eq!(shown(order.totals.discount), "$6.60");
    assert_eq!(shown(order.totals.tax), "$0.72");
}

#[test]
fn ten_cents_added_ten_times_are_a_dollar() {
    let mut card = StoreCredit::new("GIFT-8", parse_amount("0").unwrap());
    for _ in 0..10 {
        card.refund(parse_amount("0.10").unwrap());
    }
    assert_eq!(shown(card.balance()), "$1.00");
    assert_eq!(shown(card.redeem(parse_amount("1").unwrap())), "$1.00");
    assert!(card.is_spent());
}

#[test]
fn a_state_without_rates_is_refused() {
    let placed = Checkout::standard().place(1006, "ZZ", &cart(&[("TEA-01", 1)]), None);
    assert_eq!(placed, Err(ShopError::UnknownState("ZZ".to_string())));
}
