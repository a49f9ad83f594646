//! The report for the shop owner.

mod common;

use common::cart;
use shopfront::report::SalesReport;
use shopfront::{Checkout, Order};

fn order(number: u32, state: &str, items: &[(&str, u32)]) -> Order {
    Checkout::standard().place(number, state, &cart(items), None).expect("a valid order")
}

#[test]
fn a_report_prints_as_it_always_has() {
    let orders = [
        order(1, "OR", &[("MUG-01", 2), ("TEA-01", 1)]),
        order(2, "CA", &[("BOK-01", 1), ("TEA-01", 4)]),
        order(3, "NY", &[("SCF-01", 2)]),
    ];
    let expected = "\
Orders                                     3
Revenue                              $145.65
Average order                         $48.55
Discounts                              $0.00
Shipping                              $11.80
Tax                                    $1.37
--------------------------------------------
books (13.0 %)                        $18.90
clothing (53.6 %)                     $78.00
food (16.3 %)                         $23.75
household (17.2 %)                    $25.00
--------------------------------------------
2 x Wool scarf                        $78.00
2 x Stoneware mug                     $25.00
5 x Green tea                         $23.75
";
    assert_eq!(SalesReport::from_orders(&orders).render(), expected);
}

#[test]
fn only_the_best_sellers_are_listed() {
    let orders = [order(1, "OR", &[("PIN-01", 1), ("TEA-01", 1), ("MUG-01", 1), ("SCF-01", 1)])];
    let report = SalesReport::from_orders(&orders);
    let names: Vec<&str> = report.best_sellers().iter().map(|best| best.0).collect();
    assert_eq!(names, ["Wool scarf", "Stoneware mug", "Green tea"]);
}
