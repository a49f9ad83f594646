use proptest::prelude::*;

use super::*;

fn replacement(old: &str, new: &str) -> Replacement {
    Replacement { old: old.to_owned(), new: new.to_owned(), all: false }
}

fn applied(raw: &str, old: &str, new: &str) -> String {
    let mut text = Text::parse(raw);
    text.apply(&replacement(old, new)).unwrap();
    text.render()
}

#[test]
fn windows_line_ends_stay_though_the_model_writes_plain_ones() {
    assert_eq!(applied("a\r\nb\r\nc\r\n", "b\nc", "x\ny\nz"), "a\r\nx\r\ny\r\nz\r\n");
    assert_eq!(applied("a\r\nb\r\n", "a", "a\nnew"), "a\r\nnew\r\nb\r\n");
}

#[test]
fn mixed_line_ends_outside_the_edit_are_left_alone() {
    assert_eq!(applied("a\r\nb\nc\r\nd\n", "c\n", "C\n"), "a\r\nb\nC\r\nd\n");
}

#[test]
fn a_missing_final_line_break_stays_missing() {
    assert_eq!(applied("a\nb", "b", "c"), "a\nc");
    assert_eq!(applied("a\nb\n", "b", "c"), "a\nc\n");
}

#[test]
fn a_text_that_overlaps_itself_is_not_unique() {
    let mut text = Text::parse("aaa");
    assert_eq!(text.apply(&replacement("aa", "b")), Err(Mismatch::Several(vec![1, 1])));
}

#[test]
fn several_places_are_told_by_line() {
    let mut text = Text::parse("x\ny\nx\n");
    assert_eq!(text.apply(&replacement("x", "z")), Err(Mismatch::Several(vec![1, 3])));
    assert_eq!(text.render(), "x\ny\nx\n");
}

#[test]
fn all_places_are_replaced_when_asked() {
    let mut text = Text::parse("x\r\ny\nx\n");
    let all = Replacement { all: true, ..replacement("x", "zz\nz") };
    assert_eq!(text.apply(&all), Ok(2));
    assert_eq!(text.render(), "zz\r\nz\r\ny\nzz\nz\n");
}

/// Texts small enough that a random `old` is often found in them, once or several times.
fn small_text() -> impl Strategy<Value = String> {
    "[abä\n]{0,24}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_comes_back_as_it_was(raw in "[ab\r\n]{0,32}") {
        prop_assert_eq!(Text::parse(&raw).render(), raw);
    }

    #[test]
    fn an_edit_does_what_replacing_in_a_plain_string_does(raw in small_text(), old in "[abä\n]{1,3}", new in small_text()) {
        let places = (0..raw.len()).filter(|at| raw.is_char_boundary(*at) && raw[*at..].starts_with(&old)).count();
        let mut text = Text::parse(&raw);
        match (places, text.apply(&replacement(&old, &new))) {
            (0, Err(Mismatch::Nowhere)) => prop_assert_eq!(text.render(), raw),
            (1, Ok(1)) => prop_assert_eq!(text.render(), raw.replacen(&old, &new, 1)),
            (many, Err(Mismatch::Several(lines))) => {
                prop_assert_eq!(lines.len(), many);
                prop_assert_eq!(text.render(), raw);
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn an_edit_of_a_windows_file_is_the_windows_form_of_the_edit(
        raw in small_text(), old in "[abä\n]{1,3}", new in small_text(), all: bool,
    ) {
        // Without any line break there is nothing that says which kind the file wants.
        prop_assume!(raw.contains('\n'));
        let windows = |text: &str| text.replace('\n', "\r\n");
        let edit = Replacement { old: old.clone(), new, all };
        let (mut plain, mut other) = (Text::parse(&raw), Text::parse(&windows(&raw)));
        prop_assert_eq!(plain.apply(&edit), other.apply(&edit));
        prop_assert_eq!(windows(&plain.render()), other.render());
    }
}
