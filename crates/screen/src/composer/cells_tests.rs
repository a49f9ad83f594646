use super::super::marks::Marks;
use super::{cells, characters, fit, fit_end};

#[test]
fn what_a_person_sees_as_one_character_is_one() {
    assert_eq!(characters("ab"), ["a", "b"]);
    assert_eq!(characters("e\u{301}👨‍👩‍👧x"), ["e\u{301}", "👨‍👩‍👧", "x"]);
    assert_eq!(characters("é\u{1b}[0m\té"), ["é", "\u{1b}", "[", "0", "m", "\t", "é"]);
    assert_eq!(characters("a\u{100000}\u{301}b"), ["a", "\u{100000}", "\u{301}", "b"]);
}

#[test]
fn nothing_that_acts_on_a_terminal_is_left() {
    let text = "\u{1b}[31m\u{7}\u{202e}x\u{9b}\u{200b}\u{301}";
    let shown = fit(text, 80);
    assert_eq!(shown, "␛[31m␇\u{fffd}x\u{fffd}\u{fffd}\u{fffd}");
    assert!(cells(text, &Marks::default()).iter().all(|cell| cell.width > 0));
}

#[test]
fn a_tab_goes_to_the_next_stop() {
    let widths: Vec<u16> = cells("ab\tc\t", &Marks::default()).iter().map(|cell| cell.width).collect();
    assert_eq!(widths, [1, 1, 2, 1, 3]);
    assert_eq!(fit("ab\tc", 80), "ab  c");
}

#[test]
fn what_is_too_long_is_cut_at_the_end_that_matters_less() {
    assert_eq!(fit("a long name", 6), "a lon…");
    assert_eq!(fit_end("src/some/main.rs", 8), "…main.rs");
    assert_eq!(fit("漢字漢字", 4), "漢…");
    assert_eq!(fit("x", 0), "");
    assert_eq!(fit("two\nlines", 80), "two lines");
}
