use proptest::prelude::*;
use ratatui::style::{Style, Stylize as _};

use super::*;

fn written(line: &Line<'_>, cols: u16) -> Vec<String> {
    let mut all = Vec::new();
    for cells in rows(line, cols) {
        let mut out = Vec::new();
        row(&mut out, &cells);
        all.push(String::from_utf8(out).unwrap());
    }
    all
}

#[test]
fn a_style_is_said_once_and_taken_back_at_the_end() {
    let line = Line::from(vec!["a".into(), "bc".bold().red(), "d".on_light_blue()]);
    assert_eq!(written(&line, 10), ["\x1b[Ka\x1b[0;1;31mbc\x1b[0;104md\x1b[0m"]);
    let line = Line::from(vec!["x".fg(Color::Rgb(1, 2, 3)), "y".fg(Color::Indexed(200))]);
    assert_eq!(written(&line, 10), ["\x1b[K\x1b[0;38;2;1;2;3mx\x1b[0;38;5;200my\x1b[0m"]);
}

#[test]
fn what_hides_or_blinks_is_not_passed_on() {
    let style = Style::new().add_modifier(Modifier::HIDDEN | Modifier::RAPID_BLINK | Modifier::SLOW_BLINK);
    assert_eq!(written(&Line::styled("seen", style), 10), ["\x1b[K\x1b[0mseen\x1b[0m"]);
}

#[test]
fn only_rows_that_changed_are_written_and_those_as_a_whole() {
    let rows = |texts: [&str; 3]| Buffer::with_lines(texts);
    let mut out = Vec::new();
    changes(&mut out, &rows(["one", "two", "six"]), &rows(["one", "to ", "six"]));
    assert_eq!(String::from_utf8(out).unwrap(), "\x1b[2;1H\x1b[Kto");
}

#[test]
fn wide_characters_are_never_cut() {
    assert_eq!(written(&Line::from("a漢字b"), 4), ["\x1b[Ka漢", "\x1b[K字b"]);
    assert_eq!(written(&Line::from("漢 "), 4), ["\x1b[K漢"]);
    assert_eq!(written(&Line::from("漢"), 1), ["\x1b[K"], "there is no room for it at all");
}

#[test]
fn blanks_at_the_end_are_not_written_whatever_is_behind_them() {
    assert_eq!(written(&Line::from(vec!["a".into(), "   ".on_red()]), 10), ["\x1b[Ka"]);
    let mut cells = vec![Cell::EMPTY; 3];
    cells[1].set_style(Style::new().on_red());
    let mut out = Vec::new();
    row(&mut out, &cells);
    assert_eq!(out, b"\x1b[K \x1b[0;41m \x1b[0m", "a viewport's own cells show what they are given");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_control_character_gets_through(text in "\\PC{0,12}[\\x00-\\x1f\\x7f-\\u{9f}]{0,6}\\PC{0,6}", cols in 1..20_u16) {
        let mut out = Vec::new();
        let mut painter = Painter::new(&mut out);
        let mut cell = Cell::EMPTY;
        cell.set_symbol(&text);
        painter.cell(&cell);
        painter.end();
        prop_assert!(!String::from_utf8(out).unwrap().contains(char::is_control));
        for row in written(&Line::from(text), cols) {
            prop_assert!(!row.replace("\x1b[K", "").contains(char::is_control));
        }
    }
}
