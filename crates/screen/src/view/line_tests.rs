use protocol::Usd;

use super::{clock, count, dollars, fill, first_line, model, running, time, tokens};
use crate::text::{clip, measure, plain};

#[test]
fn times_are_told_in_the_unit_that_fits() {
    let told: Vec<String> = [840, 3_240, 42_000, 72_400, 7_500_000].into_iter().map(time).collect();
    assert_eq!(told, ["840 ms", "3.2 s", "42 s", "1 m 12 s", "2 h 05 m"]);
    assert_eq!([clock(400), clock(65_000), clock(7_500_000)], ["0:00", "1:05", "2h05"]);
    assert_eq!(running(400), "0 s");
    assert_eq!(running(61_000), "1 m 01 s");
}

#[test]
fn a_cut_text_has_the_columns_it_may_have_and_says_so() {
    assert_eq!(clip("sidekick", 8), "sidekick");
    assert_eq!(clip("sidekick", 5), "side…");
    assert_eq!(clip("日本語", 4), "日…");
    assert_eq!(clip("日本語", 0), "");
    assert_eq!(measure(&fill("日本語", 4)), 4);
    assert_eq!(fill("ab", 4), "ab  ");
    let family = "👩\u{200d}👩\u{200d}👧";
    assert_eq!(clip(&family.repeat(3), 5), format!("{}…", family.repeat(2)), "an emoji of several parts stays whole");
}

#[test]
fn numbers_are_short() {
    let told: Vec<String> = [812, 41_200, 999_499, 1_234_567].into_iter().map(tokens).collect();
    assert_eq!(told, ["812", "41k", "999k", "1.2M"]);
    assert_eq!(count(1, "search", "searches"), "1 search");
    assert_eq!(count(2, "search", "searches"), "2 searches");
    assert_eq!(dollars(None), "$?");
    assert_eq!(dollars(Some(Usd::from_dollars(0.004))), "<$0.01");
    assert_eq!(dollars(Some(Usd::from_dollars(1.256))), "$1.26");
    assert_eq!(model("anthropic/opus-5-5"), "opus-5-5");
}

#[test]
fn untrusted_text_becomes_one_harmless_line() {
    let told = plain("a\u{1b}[2Jb\nc\td");
    assert!(!told.contains(char::is_control), "{told:?}");
    assert_eq!(first_line("\n  first \nsecond"), "first");
}
