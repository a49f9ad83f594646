use proptest::prelude::*;

use super::super::cells::Shown;
use super::super::marks::Marks;
use super::Layout;

fn lay(text: &str, width: u16) -> Layout {
    let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    Layout::new(&lines, &Marks::default(), width)
}

fn rows(text: &str, width: u16) -> Vec<String> {
    let shown = |shown: &Shown| match shown {
        Shown::One(c) => c.to_string(),
        Shown::Several(several) => several.to_string(),
    };
    let layout = lay(text, width);
    layout
        .rows
        .iter()
        .map(|row| row.cells.iter().filter(|cell| cell.width > 0).map(|cell| shown(&cell.shown)).collect())
        .collect()
}

#[test]
fn lines_are_broken_behind_blanks() {
    assert_eq!(rows("the quick brown fox", 10), ["the quick ", "brown fox"]);
    assert_eq!(rows("a\n\nb", 10), ["a", "", "b"]);
}

#[test]
fn a_blank_that_finds_no_room_begins_no_row() {
    assert_eq!(rows("exactlyten more", 10), ["exactlyten", "more"]);
}

#[test]
fn a_word_wider_than_a_row_is_broken_where_the_row_ends() {
    assert_eq!(rows("ab 0123456789abc", 8), ["ab ", "01234567", "89abc"]);
    assert_eq!(rows("漢字漢字漢字", 5), ["漢字", "漢字", "漢字"]);
}

#[test]
fn the_cursor_stands_where_its_character_is() {
    let layout = lay("the quick brown fox", 10);
    assert_eq!(layout.position(0, 0), (0, 0));
    assert_eq!(layout.position(0, 9), (0, 9));
    assert_eq!(layout.position(0, 10), (1, 0));
    assert_eq!(layout.position(0, 19), (1, 9));
    assert_eq!(lay("漢字", 10).position(0, 1), (0, 2));
    assert_eq!(lay("exactlyten more", 10).position(0, 10), (0, 10), "before the blank that has no width");
}

#[test]
fn a_mark_over_several_rows_is_passed_as_one() {
    let mut marks = Marks::default();
    let mark = marks.put(&"x\n".repeat(20)).unwrap();
    let layout = Layout::new(&[format!("a{mark}")], &marks, 8);
    assert_eq!(layout.rows.len(), 3);
    assert_eq!(layout.position(0, 1), (0, 1));
    assert_eq!(layout.below((0, 0), 0), None, "the rows below are the mark's, which begins in this one");
    assert_eq!(layout.above((0, 2), 0), Some((0, 1)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn every_character_has_a_place_and_no_row_is_too_wide(text in "[a-z漢 \t\n\u{1b}é]{0,60}", width in 1_u16..14) {
        let layout = lay(&text, width);
        for row in &layout.rows {
            prop_assert!(row.cells.iter().map(|cell| cell.width).sum::<u16>() <= width);
        }
        for (line, text) in text.split('\n').enumerate() {
            let mut last = (0, 0);
            for col in 0..=text.chars().count() {
                let at = layout.position(line, col);
                prop_assert!(at.1 <= width);
                prop_assert!(at >= last, "{at:?} after {last:?}");
                prop_assert_eq!(layout.rows[at.0].line, line);
                last = at;
            }
        }
    }
}
