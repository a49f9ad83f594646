use std::sync::Arc;

use super::super::testing::{Known, empty_box, submitted};
use super::super::{Composer, History, Typed};

fn with_history(lines: &[&str]) -> Composer {
    let known: Arc<Known> = Known::new(&[]);
    Composer::new(known, History::load(lines.iter().map(|line| (*line).to_owned()).collect()))
}

#[test]
fn up_and_down_walk_the_history_and_keep_the_draft() {
    let mut composer = with_history(&["first", "second"]);
    for (keys, seen) in [
        ("dra<Up>", "second|"),
        ("<Up>", "first|"),
        ("<Up>", "first|"),
        (" more<Down>", "second|"),
        ("<Up>", "first more|"),
        ("<Down><Down>", "dra|"),
        ("<Down>", "dra|"),
    ] {
        composer.types(keys);
        assert_eq!(composer.seen(), seen, "after {keys}");
    }
    assert_eq!(composer.types("ft<Enter>"), submitted("draft"));
    assert_eq!(composer.remembered(), ["first", "second", "draft"]);
}

#[test]
fn an_entry_of_several_lines_is_passed_by_one_up_and_walked_by_downs() {
    let mut composer = with_history(&["one", "two\nlines"]);
    composer.types("<Up>");
    assert_eq!(composer.seen(), "two|\nlines");
    composer.types("<Up>");
    assert_eq!(composer.seen(), "one|");
    composer.types("<Down>");
    assert_eq!(composer.seen(), "two\nlines|");
}

#[test]
fn a_recalled_command_does_not_open_its_completion() {
    let mut composer = empty_box();
    composer.types("one<Enter>/cost<Enter><Up>");
    assert_eq!(composer.seen(), "/cost|");
    assert!(!composer.is_open());
    composer.types("<Up>");
    assert_eq!(composer.seen(), "one|");
}

#[test]
fn a_shell_command_comes_back_as_one_and_pasted_text_never_does() {
    let mut composer = empty_box();
    composer.types("!ls<Enter>");
    composer.paste("!rm x");
    composer.types("<Enter>");
    assert_eq!(composer.remembered(), ["!ls", " !rm x"]);
    composer.types("<Up>");
    assert_eq!(composer.seen(), " !rm x|");
    composer.types("<Up>");
    assert_eq!(composer.seen(), "!ls|");
    assert_eq!(composer.types("<Enter>"), Some(Typed::Shell("ls".to_owned())));
}

#[test]
fn a_pasted_mark_comes_back_as_a_mark_and_is_remembered_whole() {
    let mut composer = empty_box();
    let text = "row\n".repeat(30);
    composer.types("see ");
    composer.paste(&text);
    composer.types(" ok<Enter>");
    assert_eq!(composer.remembered(), [format!("see {text} ok")]);
    composer.types("<Up>");
    assert_eq!(composer.seen(), "see [pasted 1: 30 lines] ok|");
    assert_eq!(composer.types("<Enter>"), submitted(&format!("see {text} ok")));
    assert_eq!(composer.remembered().len(), 1, "the same again is not remembered again");
    let mut composer = with_history(&[&"row\n".repeat(300)]);
    composer.types("<Up>");
    assert_eq!(composer.seen(), "[pasted 1: 300 lines]|");
}

#[test]
fn a_search_shows_what_fits_and_enter_puts_it_in_the_box() {
    let mut composer = with_history(&["fix main", "run tests", "fix domain\nand more"]);
    composer.types("draft<C-r>");
    assert_eq!(composer.offered(), [">fix domain", "run tests", "fix main"]);
    composer.types("fix<C-r>");
    assert_eq!(composer.offered(), ["fix domain", ">fix main"]);
    assert_eq!(composer.types("<Enter>"), Some(Typed::Nothing));
    assert_eq!(composer.seen(), "fix main|");
    composer.types("<Down><Down><Down><Down>");
    assert_eq!(composer.seen(), "draft|");
}

#[test]
fn esc_leaves_the_search_and_the_draft_as_it_was() {
    let mut composer = with_history(&["fix main"]);
    composer.types("dra<C-r>fixx");
    assert!(composer.is_open());
    assert_eq!(composer.offered(), Vec::<String>::new());
    composer.types("<Back>");
    assert_eq!(composer.offered(), [">fix main"]);
    assert_eq!(composer.types("<Esc>"), Some(Typed::Nothing));
    assert!(!composer.is_open());
    assert_eq!(composer.seen(), "dra|");
}

#[test]
fn a_question_mark_and_a_paste_are_words_of_the_search() {
    let mut composer = with_history(&["why?", "what"]);
    composer.types("<C-r>");
    composer.paste("wh\nx");
    assert_eq!(composer.types("y?"), Some(Typed::Nothing));
    assert_eq!(composer.offered(), [">why?"]);
    assert_eq!(composer.types("<C-c>"), None);
    assert!(!composer.is_open());
}
