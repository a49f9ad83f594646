//! CSV in and out.

mod common;

use common::{catalog, shown};
use shopfront::import::{apply_price_list, products_from_csv, products_to_csv};

#[test]
fn a_catalogue_survives_the_way_out_and_back() {
    let text = products_to_csv(&catalog());
    assert!(text.contains("POT-01,Cast iron teapot,1049.99,2400,household\n"));
    assert!(text.contains("SCF-01,Wool scarf,39.00,180,clothing\n"));
    assert_eq!(products_to_csv(&products_from_csv(&text).unwrap()), text);
}

#[test]
fn the_price_range_is_shown_in_dollars() {
    let (low, high) = catalog().price_range().unwrap();
    assert_eq!((shown(low), shown(high)), ("$2.00".to_string(), "$1,049.99".to_string()));
}

#[test]
fn a_price_list_stops_at_the_first_bad_line() {
    let mut catalog = catalog();
    let error = apply_price_list(&mut catalog, "TEA-01,4.95\nMUG-01,free\n").unwrap_err();
    assert_eq!(error.to_string(), "line 2: `free` is not an amount such as 12.50");
    assert_eq!(shown(catalog.find("TEA-01").unwrap().unit_price), "$4.95");
}

#[test]
fn a_product_is_listed_once() {
    let text = products_to_csv(&catalog()) + "TEA-01,More tea,1.00,50,food\n";
    let error = products_from_csv(&text).unwrap_err();
    assert_eq!(error.to_string(), "line 8: the SKU TEA-01 is used twice");
}
