use protocol::{Ttl, Usd};

use super::*;
use crate::economics::samples::*;

#[test]
fn the_long_life_of_a_static_prefix_costs_what_the_cost_model_says() {
    let choice = prefix_life(&OPUS_5_5, 20_000, 1.0);
    assert_eq!((choice.life, choice.extra), (Ttl::Long, Usd::from_dollars(0.06)));
    assert_eq!(choice.saved, Usd::from_dollars(0.096));
}

#[test]
fn without_gaps_or_without_a_long_life_it_is_short() {
    assert_eq!(prefix_life(&OPUS_5_5, 20_000, 0.5).life, Ttl::Short, "0.625 gaps break even");
    assert_eq!(prefix_life(&OPUS_5_5, 20_000, 0.0).life, Ttl::Short);
    assert_eq!(prefix_life(&GPT_5_5, 20_000, 5.0).life, Ttl::Short, "no price of its own");
    assert_eq!(prefix_life(&Prices { write_long: 0, ..OPUS_5_5 }, 20_000, 5.0).life, Ttl::Short);
}

#[test]
fn the_formula_names_its_numbers() {
    formula_uses_only(LifeChoice::FORMULA, &prefix_life(&OPUS_5_5, 20_000, 1.0).numbers());
}
