use insta::assert_snapshot;

use super::super::testing::{Known, commands, empty_box};
use super::super::{Composer, History};

/// The same box at three widths.
fn pictures(composer: &Composer) -> String {
    [80, 40, 12].map(|width| format!("{width} columns\n{}", composer.picture(width, 30))).join("\n")
}

#[test]
fn an_empty_box() {
    assert_snapshot!(pictures(&empty_box()));
}

#[test]
fn a_long_line_is_wrapped_by_words() {
    let mut composer = empty_box();
    composer.types("Move the retry into the client, and let the caller say how often. Keep 漢字 and 👨‍👩‍👧 as they are.<C-j>Then run the tests.");
    assert_snapshot!(pictures(&composer));
}

#[test]
fn more_than_a_third_of_the_screen_is_scrolled() {
    let mut composer = empty_box();
    for line in 0..20 {
        composer.types(&format!("line {line}<C-j>"));
    }
    composer.types("<Up><Up><Up>");
    assert_snapshot!(composer.picture(40, 24));
    composer.types(&"<Up>".repeat(15));
    let higher = composer.picture(40, 24);
    assert!(higher.lines().any(|line| line.contains("ine 2")), "{higher}");
    composer.types("<C-Home>");
    assert!(composer.picture(40, 24).contains("> [l]ine 0"));
}

#[test]
fn pasted_text_and_characters_that_would_act() {
    let mut composer = empty_box();
    composer.types("see ");
    composer.paste(&"row\n".repeat(128));
    composer.paste(" \u{1b}[31mred\u{7}\u{202e}abc\tx");
    assert_snapshot!(pictures(&composer));
}

#[test]
fn commands_to_choose_from() {
    let mut composer = empty_box();
    composer.types("/<Down>");
    assert_snapshot!(pictures(&composer));
}

#[test]
fn what_a_command_takes() {
    let mut composer = empty_box();
    composer.types("/model ");
    assert_snapshot!(pictures(&composer));
}

#[test]
fn files_to_choose_from() {
    let names: Vec<String> = (0..40).map(|n| format!("crates/screen/src/composer/part{n}.rs")).collect();
    let mut composer =
        Composer::new(Known::new(&names.iter().map(String::as_str).collect::<Vec<_>>()), History::default());
    composer.set_commands(commands());
    composer.types("see @part<PageDown><Down>");
    assert_snapshot!(pictures(&composer));
}

#[test]
fn the_shell() {
    let mut composer = empty_box();
    composer.types("!");
    let empty = composer.picture(40, 30);
    composer.types("cargo test -p screen composer");
    assert_snapshot!(format!("{empty}\n{}", pictures(&composer)));
}

#[test]
fn a_search_in_the_history() {
    let lines = ["run the tests", "fix the parser\nand its tests\nand its docs", "test it"];
    let mut composer = Composer::new(Known::new(&[]), History::load(lines.map(str::to_owned).into()));
    composer.types("draft<C-r>test");
    let found = pictures(&composer);
    composer.types("zzz");
    assert_snapshot!(format!("{found}\n{}", composer.picture(40, 30)));
}

#[test]
fn a_screen_of_a_few_rows_still_shows_where_one_types() {
    let mut composer = empty_box();
    composer.types("one<C-j>two<C-j>/");
    let low = [1, 2, 3, 4].map(|most| format!("{most} rows\n{}", composer.picture(20, most))).join("\n");
    composer.types("<C-u><Back><C-u><Back><C-u>/");
    let open = [1, 2, 3, 4, 6].map(|most| format!("{most} rows\n{}", composer.picture(20, most))).join("\n");
    assert_snapshot!(format!("{low}\n{open}"));
}
