//! What several test files need: a small catalogue, carts from it, amounts as they are printed.

#![allow(dead_code)] // Each test file is a crate of its own and uses a part of this.

use shopfront::format::format_amount;
use shopfront::import::products_from_csv;
use shopfront::{Cart, Catalog};

/// Six products over all categories.
pub fn catalog() -> Catalog {
    let text = "sku,name,price,weight_g,category\n\
                MUG-01,Stoneware mug,12.50,350,household\n\
                TEA-01,Green tea,4.75,50,food\n\
                BOK-01,Tea for beginners,18.90,420,books\n\
                SCF-01,Wool scarf,39.00,180,clothing\n\
                PIN-01,Enamel pin,2.00,10,household\n\
                POT-01,Cast iron teapot,1049.99,2400,household\n";
    products_from_csv(text).expect("a valid catalogue")
}

/// A cart with these SKUs and quantities.
pub fn cart(items: &[(&str, u32)]) -> Cart {
    let catalog = catalog();
    let mut cart = Cart::new();
    for (sku, quantity) in items {
        let product = catalog.find(sku).expect("a product of the catalogue");
        cart.add(product, *quantity).expect("a quantity we sell");
    }
    cart
}

/// An amount as the customer sees it.
pub fn shown(amount: f64) -> String {
    format_amount(amount)
}
