use proptest::prelude::*;

use super::{Folded, WIDEST, fold};
use crate::text::looks::hostile;

fn numbered(count: usize) -> String {
    (1..=count).map(|number| format!("line {number}\n")).collect()
}

#[test]
fn a_short_text_is_shown_whole() {
    let folded = fold(&numbered(3), 3, WIDEST);
    assert_eq!(
        folded,
        Folded {
            head: vec!["line 1".into(), "line 2".into(), "line 3".into()],
            left_out: 0,
            tail: vec![],
            is_cut: false
        }
    );
}

#[test]
fn one_line_too_many_is_shown_in_the_place_of_the_line_that_would_say_so() {
    let folded = fold(&numbered(4), 3, WIDEST);
    assert_eq!((folded.head.len(), folded.left_out), (4, 0));
}

#[test]
fn the_larger_half_is_the_end() {
    let folded = fold(&numbered(100), 5, WIDEST);
    assert_eq!(folded.head, ["line 1", "line 2"]);
    assert_eq!(folded.left_out, 95);
    assert_eq!(folded.tail, ["line 98", "line 99", "line 100"]);
}

#[test]
fn blank_lines_at_the_end_do_not_count() {
    assert_eq!(fold("a\n\n\n\n", 1, WIDEST).head, ["a"]);
    assert_eq!(fold("\n \n", 1, WIDEST), Folded::default());
}

#[test]
fn a_line_of_data_is_cut() {
    let folded = fold(&"x".repeat(10_000), 5, WIDEST);
    assert_eq!(folded.head.len(), 1);
    assert_eq!(folded.head[0].chars().count(), 400);
    assert!(folded.head[0].ends_with('…'));
    assert!(folded.is_cut && !fold(&"x".repeat(400), 5, WIDEST).is_cut);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn lines_are_counted_and_harmless(text in hostile(), most in 0_usize..10) {
        let folded = fold(&text, most, WIDEST);
        let shown = folded.head.len() + folded.tail.len();
        prop_assert!(shown <= most + 1);
        prop_assert_eq!(shown + folded.left_out, text.trim_end().lines().count());
        prop_assert!(folded.left_out != 1);
        let bad = folded.head.iter().chain(&folded.tail).any(|line| line.contains(char::is_control));
        prop_assert!(!bad);
    }
}
