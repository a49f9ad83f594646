use proptest::prelude::*;
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};

use super::{clip, measure, wrap};
use crate::text::looks::{check, hostile, looks, words};

fn wrapped(text: &str, width: u16, indent: u16) -> Vec<String> {
    words(&wrap(vec![Line::from(Span::raw(text.to_owned()))], width, indent))
}

#[test]
fn lines_are_broken_between_words_and_what_follows_is_indented() {
    assert_eq!(wrapped("the quick brown fox jumps", 12, 2), ["the quick", "  brown fox", "  jumps"]);
}

#[test]
fn a_line_that_fits_stays_as_it_is() {
    assert_eq!(wrapped("  two  blanks ", 14, 4), ["  two  blanks "]);
}

#[test]
fn a_word_that_is_longer_than_a_line_is_cut() {
    assert_eq!(wrapped("see https://example.org/x", 10, 0), ["see", "https://ex", "ample.org/", "x"]);
}

#[test]
fn an_indented_word_that_is_too_long_stays_on_its_line() {
    assert_eq!(wrapped("    abcdefghij", 8, 0), ["    abcd", "efghij"]);
}

#[test]
fn wide_characters_take_two_columns_and_are_broken_anywhere() {
    assert_eq!(wrapped("漢字漢字漢字", 5, 0), ["漢字", "漢字", "漢字"]);
    assert_eq!(wrapped("a 漢字漢字", 6, 0), ["a 漢字", "漢字"]);
}

#[test]
fn joined_characters_are_not_taken_apart() {
    let family = "👩\u{200d}👩\u{200d}👧";
    assert_eq!(measure(family), 2);
    assert_eq!(wrapped(&family.repeat(3), 4, 0), [family.repeat(2), family.to_owned()]);
}

#[test]
fn tabs_go_to_multiples_of_four() {
    assert_eq!(wrapped("a\tb\tc", 40, 0), ["a   b   c"]);
    assert_eq!(wrapped("漢字\tb", 40, 0), ["漢字    b"]);
}

#[test]
fn line_breaks_within_a_line_are_breaks() {
    assert_eq!(wrapped("a\nb", 40, 0), ["a", "b"]);
}

#[test]
fn a_space_that_forbids_a_break_is_none() {
    assert_eq!(wrapped("aa 10\u{a0}km", 6, 0), ["aa", "10\u{a0}km"]);
}

#[test]
fn styles_go_along_with_their_words() {
    let line = Line::from(vec![Span::raw("one "), Span::styled("two three", Style::new().fg(Color::Red))]);
    assert_eq!(looks(&wrap(vec![line], 7, 0)), "one ‹red:two›\n‹red:three›\n");
}

#[test]
fn an_indent_leaves_half_of_the_line() {
    assert_eq!(wrapped("abcdefgh", 4, 30), ["abcd", "  ef", "  gh"]);
}

#[test]
fn clipped_text_says_that_it_goes_on() {
    assert_eq!(clip("abcdef", 6), "abcdef");
    assert_eq!(clip("abcdefg", 6), "abcde…");
    assert_eq!(clip("漢字漢", 4), "漢…");
    assert_eq!(clip("a\nb", 4), "a b");
    assert_eq!(clip("abc", 0), "");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_is_too_wide_and_nothing_is_lost_but_blanks(text in hostile(), width in 1_u16..50, indent in 0_u16..12) {
        let lines = wrap(vec![Line::from(Span::raw(text.clone()))], width, indent);
        check(&lines, width);
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        prop_assert_eq!(letters(&words(&lines).concat()), letters(&redact::inert(&text)));
    }

    #[test]
    fn clipped_text_fits(text in hostile(), most in 0_usize..30) {
        prop_assert!(measure(&clip(&text, most)) <= most);
    }
}
